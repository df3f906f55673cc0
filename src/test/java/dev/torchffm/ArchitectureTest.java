package dev.torchffm;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.AnnotatedParameterizedType;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The house of docs/architecture.md: no floor names one above it; and the rules of size and of names. */
final class ArchitectureTest {

    private static final JavaClasses CLASSES = new ClassFileImporter().importPath(Path.of("target/classes"));

    private static final DescribedPredicate<JavaClass> HIDDEN =
            resideInAnyPackage("dev.torchffm.internal..", "dev.torchffm.bindings");

    // ---- Java ----

    @Test
    void packagesNameNoneAboveThem() {
        layeredArchitecture()
                .consideringAllDependencies()
                .layer("top")
                .definedBy(
                        "dev.torchffm.interop",
                        "dev.torchffm.io",
                        "dev.torchffm.model",
                        "dev.torchffm.nn",
                        "dev.torchffm.optim",
                        "dev.torchffm.testing")
                .layer("tensors")
                .definedBy("dev.torchffm")
                .layer("internal")
                .definedBy("dev.torchffm.internal")
                .layer("loading")
                .definedBy("dev.torchffm.internal.loading")
                .layer("events")
                .definedBy("dev.torchffm.internal.events")
                .layer("bindings")
                .definedBy("dev.torchffm.bindings")
                .whereLayer("top")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("tensors")
                .mayOnlyBeAccessedByLayers("top")
                .whereLayer("internal")
                .mayOnlyBeAccessedByLayers("top", "tensors")
                .whereLayer("loading")
                .mayOnlyBeAccessedByLayers("top", "tensors", "internal")
                .whereLayer("events")
                .mayOnlyBeAccessedByLayers("top", "tensors", "internal")
                .whereLayer("bindings")
                .mayOnlyBeAccessedByLayers("top", "tensors", "internal", "loading")
                .ensureAllClassesAreContainedInArchitecture()
                .check(CLASSES);
    }

    @Test
    void packagesOfTheTopFloorNameNoneOfTheirOwn() {
        slices().matching("dev.torchffm.(interop|io|model|nn|optim|testing)")
                .should()
                .notDependOnEachOther()
                .check(CLASSES);
    }

    /** These may name each other; what else is in their package lies below. */
    @Test
    void tensorIsNamedByItsOwnFloorAlone() {
        DescribedPredicate<JavaClass> floor = belongToAnyOf(
                Tensor.class,
                Adoption.class,
                Clamp.class,
                Gradients.class,
                Index.class,
                Indexing.class,
                NamedOperators.class,
                Nested.class,
                Operators.class,
                Ops.class,
                Overlap.class,
                Overloads.class,
                ResultCount.class,
                Results.class,
                Schema.class,
                Schema.Parameter.class,
                Selection.class,
                Slice.class,
                TensorIndexing.class,
                ValueRule.class,
                TypedOperator.class,
                TensorOperators.class,
                TensorMethods.class,
                TensorMethodOperators.class,
                Aten.class,
                AtenOperators.class,
                TensorElements.class,
                TensorText.class,
                Torch.class);
        noClasses()
                .that(resideInAnyPackage("dev.torchffm").and(DescribedPredicate.not(floor)))
                .should()
                .dependOnClassesThat(floor)
                .check(CLASSES);
    }

    /** These follow the user's locale; each has a form that takes a Locale. */
    @Test
    void nothingFollowsTheDefaultLocale() {
        noClasses()
                .that(DescribedPredicate.not(resideInAnyPackage("dev.torchffm.bindings")))
                .should()
                .callMethod(String.class, "toLowerCase")
                .orShould()
                .callMethod(String.class, "toUpperCase")
                .orShould()
                .callMethod(String.class, "format", String.class, Object[].class)
                .orShould()
                .callMethod(String.class, "formatted", Object[].class)
                .orShould()
                .callMethod(PrintStream.class, "printf", String.class, Object[].class)
                .check(CLASSES);
    }

    @Test
    void publicApiNamesNothingInternal() {
        List<String> wrong = CLASSES.stream()
                .filter(type -> isPublic(type.getModifiers()) && !HIDDEN.test(type))
                .flatMap(ArchitectureTest::signatures)
                .toList();
        assertEquals(List.of(), wrong);
    }

    /** JShell shows no value of such a type, and makes no variable of it. */
    @Test
    void noResultHasAnnotatedTypeArguments() {
        List<String> wrong = CLASSES.stream()
                .filter(type -> isPublic(type.getModifiers()) && !HIDDEN.test(type))
                .flatMap(type -> Arrays.stream(type.reflect().getMethods()))
                .filter(method -> isAnnotatedWithin(method.getAnnotatedReturnType()))
                .map(Method::toGenericString)
                .toList();
        assertEquals(List.of(), wrong);
    }

    private static boolean isAnnotatedWithin(AnnotatedType type) {
        return type instanceof AnnotatedParameterizedType generic
                && Arrays.stream(generic.getAnnotatedActualTypeArguments())
                        .anyMatch(argument -> argument.getAnnotations().length > 0 || isAnnotatedWithin(argument));
    }

    /** The supertypes and members of a public class that users see and that name what they do not. */
    private static Stream<String> signatures(JavaClass type) {
        Stream<String> supertypes = Stream.concat(type.getRawSuperclass().stream(), type.getRawInterfaces().stream())
                .filter(HIDDEN)
                .map(named -> type.getName() + " is a " + named.getName());
        Stream<String> members = type.getMembers().stream()
                .filter(member -> isPublic(member.getModifiers()))
                .filter(member -> member.getAllInvolvedRawTypes().stream().anyMatch(HIDDEN))
                .map(JavaMember::getFullName);
        return Stream.concat(supertypes, members);
    }

    private static boolean isPublic(Set<JavaModifier> modifiers) {
        return modifiers.contains(JavaModifier.PUBLIC) || modifiers.contains(JavaModifier.PROTECTED);
    }

    // ---- C ----

    @Test
    void headerHas34FunctionsAtMost() throws IOException {
        String header = Files.readString(Path.of("native/include/torch_ffm.h"));
        long functions = Pattern.compile("(?m)^TFFM_API \\w+ \\w+\\(")
                .matcher(header)
                .results()
                .count();
        assertTrue(functions > 0 && functions <= 34, functions + " functions");
    }

    @Test
    void nativeUnitsIncludeEachOtherInNoCircle() throws IOException {
        Map<String, Set<String>> included = includes(Path.of("native/src"), Path.of("native/include"));
        assertTrue(included.getOrDefault("call", Set.of()).contains("operator"));
        // What includes nothing that is left is in no circle.
        while (included.keySet().removeIf(unit -> Collections.disjoint(included.get(unit), included.keySet()))) {}
        assertEquals(Set.of(), included.keySet());
    }

    /** Which other units each includes. A unit is a header with its source; a table, which includes nothing, is its own. */
    private static Map<String, Set<String>> includes(Path... folders) throws IOException {
        Map<String, Set<String>> included = new TreeMap<>();
        for (Path folder : folders) {
            for (Path file : filesIn(folder)) {
                String unit = unit(file.getFileName().toString());
                Set<String> units = included.computeIfAbsent(unit, _ -> new TreeSet<>());
                Pattern.compile("(?m)^#include \"(.*)\"")
                        .matcher(Files.readString(file))
                        .results()
                        .map(include -> unit(include.group(1)))
                        .filter(other -> !other.equals(unit))
                        .forEach(units::add);
            }
        }
        return included;
    }

    private static String unit(String file) {
        return file.replaceFirst("\\.(c|cpp|h|hpp)$", "");
    }

    // ---- tests ----

    @Test
    void testNamesHave45LettersAtMost() throws IOException {
        for (Path file : filesIn(Path.of("src/test/java"))) {
            Set<String> names = Pattern.compile("(?m)^ +void (\\w{46,})\\(")
                    .matcher(Files.readString(file))
                    .results()
                    .map(method -> method.group(1))
                    .collect(Collectors.toSet());
            assertEquals(Set.of(), names, file.toString());
        }
    }

    private static List<Path> filesIn(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).toList();
        }
    }
}
