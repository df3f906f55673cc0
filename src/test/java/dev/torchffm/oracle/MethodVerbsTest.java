package dev.torchffm.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.torchffm.Selection;
import dev.torchffm.Tensor;
import dev.torchffm.TensorElements;
import dev.torchffm.TensorIndexing;
import dev.torchffm.TensorOperators;
import dev.torchffm.Torch;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** No method of a tensor is left out of the oracle. */
class MethodVerbsTest {

    /** Methods, by the beginning of their signatures, that have no verb of that name, and where they are compared. */
    private static final Map<String, String> ELSEWHERE = Map.ofEntries(
            Map.entry("Tensor.clamp", "areas/clamp.py"),
            Map.entry("Tensor.relu", "areas/clamp.py"),
            Map.entry("Tensor.toString(", "areas/printing.py"),
            Map.entry("Tensor.dataPtr(", "Observer, of every result"),
            Map.entry("Tensor.fromSegment(Arena,", "the steps named tensor"),
            Map.entry("Torch.rand", "areas/random_numbers.py"),
            Map.entry("Torch.manualSeed(", "areas/random_numbers.py"),
            Map.entry("Torch.noGrad(", "the steps named open"),
            Map.entry("Torch.inferenceMode(", "the steps named open"),
            Map.entry("Torch.kernels(", "the steps named open"),
            Map.entry("Tensor.at(Index[])", "the verbs of Selection"),
            Map.entry("Tensor.call(", "the verb call_method"),
            Map.entry("Selection.toString(", "IndexingTest: it is toTensor().toString()"),
            Map.entry("Torch.call(Arena,", "ten lines that both forms share"),
            Map.entry("Torch.callUnchecked(", "NamedOperatorsTest: it is call() without its checks"),
            Map.entry("Torch.getNumThreads(", "ThreadsTest: it changes no result"),
            Map.entry("Torch.setNumThreads(", "ThreadsTest: it changes no result"));

    private static String signature(Method method) {
        String parameters = Arrays.stream(method.getParameterTypes())
                .map(Class::getSimpleName)
                .collect(Collectors.joining(","));
        String owner = method.getDeclaringClass().getSimpleName();
        return owner.replaceFirst("Tensor.+", "Tensor") + "." + method.getName() + "(" + parameters + ")";
    }

    private static boolean isElsewhere(String signature) {
        return ELSEWHERE.keySet().stream().anyMatch(signature::startsWith);
    }

    @Test
    void everyPublicMethodHasAVerb() {
        var missing = Stream.of(
                        Tensor.class,
                        TensorElements.class,
                        TensorIndexing.class,
                        TensorOperators.class,
                        Selection.class,
                        Torch.class)
                .flatMap(type -> Arrays.stream(type.getDeclaredMethods()))
                .filter(method -> Modifier.isPublic(method.getModifiers()) && !method.isSynthetic())
                .map(MethodVerbsTest::signature)
                .filter(signature -> !isElsewhere(signature))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(missing).hasSizeGreaterThan(70).contains("Tensor.to(DType)", "Torch.zeros(Arena,long[])");
        missing.removeIf(Verbs::has);
        assertThat(missing).isEmpty();
    }
}
