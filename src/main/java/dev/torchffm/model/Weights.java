package dev.torchffm.model;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Puts the caller's tensors in the place of a model's constants. */
final class Weights {

    private final List<NativeModel.Constant> constants;
    private final ModelSource source;
    private final List<Tensor> used = new ArrayList<>();

    /** Whether constants are computed of others: then weights are read while nothing keeps their arenas open. */
    private final boolean folds;

    private Weights(List<NativeModel.Constant> constants, ModelSource source) {
        this.constants = constants;
        this.source = source;
        folds = constants.stream().anyMatch(NativeModel.Constant::isFolded);
    }

    /**
     * Sets the constants that weights name.
     *
     * @return the tensors that the model stands on from then on
     * @throws IllegalArgumentException when a weight does not fit, or the model lacks one then
     */
    static List<Tensor> set(NativeModel model, ModelSource source, Map<String, Tensor> weights) {
        var setter = new Weights(model.constants(), source);
        setter.set(model, weights);
        return setter.used;
    }

    private void set(NativeModel model, Map<String, Tensor> weights) {
        var names = new TreeSet<String>();
        var missing = new TreeSet<String>();
        var indices = new ArrayList<Integer>();
        boolean hasOwn = false;
        for (int i = 0; i < constants.size(); i++) {
            NativeModel.Constant constant = constants.get(i);
            if (constant.isFolded()) {
                continue;
            }
            names.add(constant.name());
            hasOwn |= constant.isSet();
            Tensor weight = weights.get(constant.name());
            if (weight != null) {
                used.add(fitting(i, constant, weight));
                indices.add(i);
            } else if (!constant.isSet()) {
                missing.add(constant.name());
            }
        }
        if (!missing.isEmpty()) {
            throw new IllegalArgumentException("the package has no weights for " + missing
                    + ": give them by load(file, weights). In Python they are in the exported program's state_dict and"
                    + " constants");
        }
        if (hasOwn && !names.containsAll(weights.keySet())) {
            var unknown = new TreeSet<>(weights.keySet());
            unknown.removeAll(names);
            throw new IllegalArgumentException("weights has " + unknown + ", and the model's constants are " + names);
        }
        model.setConstants(indices, used);
    }

    /** The tensor itself, or a copy: of what the model may write, and of what must lie in another order. */
    private Tensor fitting(int index, NativeModel.Constant constant, Tensor weight) {
        String name = "weights." + constant.name();
        DType dtype = TorchDType.of(constant.dtypeCode())
                .orElseThrow(() -> new IllegalArgumentException(
                        name + " must have libtorch's dtype " + constant.dtypeCode() + ", which is none of DType"));
        if (weight.dtype() != dtype) {
            throw new IllegalArgumentException(name + " is " + weight.dtype() + ", and must be " + dtype);
        }
        long[] sizes = constant.isSet() ? constant.sizes() : source.sizes(index).orElse(weight.sizes());
        if (!Arrays.equals(weight.sizes(), sizes)) {
            throw new IllegalArgumentException(name + " has sizes " + Arrays.toString(weight.sizes())
                    + ", and must have " + Arrays.toString(sizes));
        }
        long[] strides =
                constant.isSet() ? constant.strides() : source.strides(index).orElse(rowMajor(sizes));
        if (constant.isSet() && !folds && source.neverReads(constant.variable())) {
            throw new IllegalArgumentException(
                    name + " is not read by the model, which has it in another form: compile it without freezing");
        }
        if (folds || source.mayWrite(constant.variable()) || !Arrays.equals(weight.strides(), strides)) {
            return copy(weight, sizes, strides);
        }
        return weight;
    }

    private static long[] rowMajor(long[] sizes) {
        long[] strides = new long[sizes.length];
        long step = 1;
        for (int d = sizes.length - 1; d >= 0; d--) {
            strides[d] = step;
            step *= Math.max(1, sizes[d]);
        }
        return strides;
    }

    private static Tensor copy(Tensor weight, long[] sizes, long[] strides) {
        long last = 0;
        for (int d = 0; d < sizes.length; d++) {
            last += Math.max(0, sizes[d] - 1) * strides[d];
        }
        int elementBytes = weight.dtype().byteSize();
        Arena arena = Arena.ofAuto();
        MemorySegment memory = arena.allocate((last + 1) * elementBytes, 64);
        return Tensor.fromSegment(arena, memory, weight.dtype(), sizes, strides, 0)
                .copy_(weight.detach());
    }
}
