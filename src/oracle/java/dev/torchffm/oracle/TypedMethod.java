package dev.torchffm.oracle;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.reflect.Array;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A generated method, called by the arguments of its operator.
 *
 * @param places which of the operator's arguments the parameters are
 */
record TypedMethod(String operator, Method method, List<Integer> places) {

    private static final Pattern LINE = Pattern.compile("(\\S+) (\\w+)\\.(\\w+)\\((.*)\\)");

    private static final Map<String, Class<?>> TYPES = Stream.of(
                    long.class,
                    double.class,
                    boolean.class,
                    long[].class,
                    double[].class,
                    boolean[].class,
                    Long.class,
                    Double.class,
                    Boolean.class,
                    Number.class,
                    String.class,
                    DType.class,
                    Tensor.class,
                    List.class)
            .collect(Collectors.toUnmodifiableMap(Class::getSimpleName, type -> type));

    private static final List<TypedMethod> ALL = read();

    private static final Map<String, List<TypedMethod>> BY_OPERATOR =
            ALL.stream().collect(Collectors.groupingBy(TypedMethod::operator));

    /** All methods that bindings/operators.txt names. */
    static List<TypedMethod> all() {
        return ALL;
    }

    /** Those of one operator. */
    static List<TypedMethod> of(String operator) {
        return BY_OPERATOR.getOrDefault(operator, List.of());
    }

    private static List<TypedMethod> read() {
        try (Stream<String> lines = Files.lines(Path.of("bindings/operators.txt"))) {
            return lines.map(LINE::matcher)
                    .filter(Matcher::matches)
                    .map(TypedMethod::parse)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static TypedMethod parse(Matcher line) {
        var types = new ArrayList<Class<?>>();
        var places = new ArrayList<Integer>();
        for (String parameter :
                line.group(4).isEmpty() ? new String[0] : line.group(4).split(",")) {
            String[] words = parameter.split(":");
            types.add(Objects.requireNonNull(TYPES.get(words[0]), words[0]));
            places.add(Integer.valueOf(words[1]));
        }
        return new TypedMethod(line.group(1), find(line.group(2), line.group(3), types), places);
    }

    private static Method find(String owner, String name, List<Class<?>> types) {
        try {
            return Class.forName("dev.torchffm." + owner).getMethod(name, types.toArray(Class<?>[]::new));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private boolean isStatic() {
        return Modifier.isStatic(method.getModifiers());
    }

    /** How many of the operator's arguments a call gives. */
    int given() {
        return places.isEmpty() ? isStatic() ? 0 : 1 : places.getLast() + 1;
    }

    /** The same method with an arena before its parameters, if there is one. */
    Optional<Method> inArena() {
        Class<?>[] types = Stream.concat(Stream.of(Arena.class), Arrays.stream(method.getParameterTypes()))
                .toArray(Class<?>[]::new);
        return Arrays.stream(method.getDeclaringClass().getMethods())
                .filter(other ->
                        other.getName().equals(method.getName()) && Arrays.equals(other.getParameterTypes(), types))
                .findAny();
    }

    // ---- arguments ----

    /** Whether a call of the method means the same as one of the operator with these arguments. */
    boolean serves(@Nullable Object[] arguments) {
        if (arguments.length < given() || !isStatic() && !(arguments[0] instanceof Tensor)) {
            return false;
        }
        for (int place = isStatic() ? 0 : 1; place < arguments.length; place++) {
            int parameter = places.indexOf(place);
            boolean fits = parameter < 0
                    ? isLeftOut(place) && (arguments[place] == null || Boolean.FALSE.equals(arguments[place]))
                    : fits(method.getParameterTypes()[parameter], arguments[place]);
            if (!fits) {
                return false;
            }
        }
        return true;
    }

    /** Whether no method of the operator passes an argument. */
    private boolean isLeftOut(int place) {
        return of(operator).stream().noneMatch(other -> other.places.contains(place));
    }

    private static boolean fits(Class<?> type, @Nullable Object value) {
        if (value == null) {
            return !type.isPrimitive();
        }
        if (type == long.class || type == Long.class) {
            return value instanceof Long;
        }
        if (type == double.class || type == Double.class) {
            return value instanceof Double || value instanceof Long;
        }
        if (type == boolean.class) {
            return value instanceof Boolean;
        }
        if (type == double[].class && value instanceof long[]) {
            return true;
        }
        return type.isInstance(value)
                || value instanceof List<?> list && list.isEmpty() && type.isArray(); // of any elements
    }

    private static @Nullable Object converted(Class<?> type, @Nullable Object value) {
        if ((type == double.class || type == Double.class) && value instanceof Long integer) {
            return integer.doubleValue();
        }
        if (type == double[].class && value instanceof long[] integers) {
            return Arrays.stream(integers).asDoubleStream().toArray();
        }
        return value instanceof List<?> && type.isArray() ? Array.newInstance(type.componentType(), 0) : value;
    }

    // ---- the call ----

    /** Calls it, by arguments that it serves, and gives what {@code Torch.call} gives. */
    List<@Nullable Object> call(@Nullable Object[] arguments) {
        return results(invoked(method, isStatic() ? null : arguments[0], values(arguments)));
    }

    private @Nullable Object[] values(@Nullable Object[] arguments) {
        var values = new @Nullable Object[places.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = converted(method.getParameterTypes()[i], arguments[places.get(i)]);
        }
        return values;
    }

    /** Calls the form with an arena. */
    List<@Nullable Object> callIn(Arena arena, Method inArena, @Nullable Object[] arguments) {
        Stream<@Nullable Object> values = Stream.concat(Stream.of(arena), Arrays.stream(values(arguments)));
        return results(invoked(inArena, null, values.toArray()));
    }

    private static @Nullable Object invoked(Method method, @Nullable Object self, @Nullable Object[] values) {
        try {
            return method.invoke(self, values);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new AssertionError(e);
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
    }

    private List<@Nullable Object> results(@Nullable Object result) {
        return method.getReturnType() == void.class ? List.of() : resultsOf(result);
    }

    private static List<@Nullable Object> resultsOf(@Nullable Object result) {
        return switch (result) {
            case List<?> list -> new ArrayList<>(list);
            case Record several -> {
                var components = new ArrayList<@Nullable Object>();
                for (RecordComponent component : several.getClass().getRecordComponents()) {
                    components.addAll(resultsOf(invoked(component.getAccessor(), several, new Object[0])));
                }
                yield components;
            }
            case null, default -> Arrays.asList(result);
        };
    }
}
