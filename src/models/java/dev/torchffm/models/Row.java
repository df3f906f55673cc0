package dev.torchffm.models;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import java.util.Arrays;
import java.util.Map;

/** What was found of one package: how many outputs, how many of them equal, and how far they are from the module's. */
final class Row {

    static final String HEADER =
            "| package | calls | outputs | equal to the loader's | to eager | the loader's to eager |\n"
                    + "| --- | ---: | ---: | ---: | ---: | ---: |";

    private final String name;
    private int calls;
    private int outputs;
    private int equal;
    private double distance;
    private double loaderDistance;

    Row(String name) {
        this.name = name;
    }

    void add(Call call, Map<Integer, Tensor> given) {
        calls++;
        if (!given.keySet().equals(call.loaded().keySet())) {
            throw new IllegalStateException(name + " gave the outputs " + given.keySet() + ", and the loader "
                    + call.loaded().keySet());
        }
        given.forEach((number, output) -> {
            Tensor loaded = call.loaded().get(number);
            Tensor eager = call.eager().get(number);
            outputs++;
            equal += sameBits(output, loaded) ? 1 : 0;
            distance = Math.max(distance, distance(output, eager));
            loaderDistance = Math.max(loaderDistance, distance(loaded, eager));
        });
    }

    boolean isEqual() {
        return outputs > 0 && equal == outputs;
    }

    private static boolean sameBits(Tensor a, Tensor b) {
        return a.dtype() == b.dtype()
                && Arrays.equals(a.sizes(), b.sizes())
                && a.contiguous().segment().mismatch(b.contiguous().segment()) == -1;
    }

    private static double distance(Tensor a, Tensor b) {
        Tensor difference = a.to(DType.FLOAT64).sub(b.to(DType.FLOAT64)).abs();
        return difference.numel() == 0 ? 0 : difference.max().item().doubleValue();
    }

    @Override
    public String toString() {
        return "| %s | %d | %d | %d | %.2g | %.2g |".formatted(name, calls, outputs, equal, distance, loaderDistance);
    }
}
