package dev.torchffm;

import dev.torchffm.internal.CallFrame;
import dev.torchffm.internal.Operator;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Goes back through a history, whose memory is kept alive meanwhile. */
final class Gradients {

    /** No operator of the dispatcher; the shim calls it as one. */
    private static final Operator GRAD = Operator.of("torch::autograd::grad");

    private static final Operator ONES_LIKE = Operator.of("aten::ones_like");

    private Gradients() {}

    /** Adds the gradients of a tensor to those of the leaves that it was computed from. */
    static void backward(Tensor self, @Nullable Tensor gradOutput, boolean retainGraph) {
        if (gradOutput != null) {
            requireSizes(0, self, gradOutput); // libtorch itself would sum it
        }
        // libtorch may keep gradOutput's memory as a leaf's gradient, so Java's memory is copied to libtorch's.
        Tensor given = gradOutput == null || gradOutput.storage.ofLibtorch()
                ? gradOutput
                : Operators.tensor(Ops.CLONE, gradOutput);
        self.requireAlive();
        try (CallFrame frame = CallFrame.take()) {
            self.history.visitAllMemory(self.handle, frame::keepAlive);
            Operators.run(frame, Ops.BACKWARD, self, List.of(), given, retainGraph, false);
        }
        if (!retainGraph) {
            self.history.forget(); // libtorch has freed what it kept, and refuses a second backward
        }
    }

    /**
     * The gradients of inputs. The outputs' histories are kept, as libtorch frees only what it went through, and that may
     * not be all.
     */
    static List<@Nullable Tensor> grad(
            List<Tensor> outputs,
            List<Tensor> inputs,
            @Nullable List<@Nullable Tensor> gradOutputs,
            boolean retainGraph,
            boolean createGraph,
            boolean allowUnused) {
        List<Tensor> from = List.copyOf(outputs);
        List<Tensor> of = List.copyOf(inputs);
        requireSome("outputs", from);
        requireSome("inputs", of);
        if (gradOutputs != null && gradOutputs.size() != from.size()) {
            throw new IllegalArgumentException("gradOutputs has " + gradOutputs.size() + " elements, and must have "
                    + from.size() + ", one for each of outputs");
        }
        var given = new ArrayList<Tensor>();
        for (int i = 0; i < from.size(); i++) {
            given.add(gradOutput(i, from.get(i), gradOutputs == null ? null : gradOutputs.get(i)));
        }
        boolean recorded = from.stream().allMatch(Tensor::requiresGrad); // what is not is libtorch's to refuse
        if (recorded && !of.stream().allMatch(Tensor::requiresGrad)) {
            throw new TorchException("One of the differentiated Tensors does not require grad", null);
        }
        Object[] arguments = {from, of, given, retainGraph || createGraph, createGraph, true};
        try (CallFrame frame = CallFrame.take()) {
            for (Tensor output : from) {
                output.requireAlive();
                output.history.visitAllMemory(output.handle, frame::keepAlive);
            }
            Operators.run(frame, GRAD, arguments);
            var gradients = new ArrayList<@Nullable Tensor>();
            for (int i = 0; i < of.size(); i++) {
                var gradient = (Tensor) Operators.take(frame, i, of.getFirst().resultArena, GRAD, arguments);
                if (gradient == null && !allowUnused) { // Python's words, as libtorch's name its argument
                    throw new TorchException(
                            "The differentiated Tensor at index " + i + " appears to not have been used"
                                    + " in the graph. Set allowUnused if this is the desired behavior.",
                            null);
                }
                gradients.add(gradient);
            }
            return Collections.unmodifiableList(gradients);
        }
    }

    private static void requireSome(String name, List<Tensor> tensors) {
        if (tensors.isEmpty()) {
            throw new IllegalArgumentException(name + " is empty, and must hold a tensor");
        }
    }

    /** The gradient of an output that is given, or 1. */
    private static Tensor gradOutput(int index, Tensor output, @Nullable Tensor given) {
        if (given != null) {
            requireSizes(index, output, given);
            return given;
        }
        if (output.numel() != 1 && output.requiresGrad()) {
            throw new TorchException("grad can be implicitly created only for scalar outputs", null);
        }
        return Operators.tensor((Arena) null, ONES_LIKE, output);
    }

    private static void requireSizes(int index, Tensor output, Tensor gradOutput) {
        if (!Arrays.equals(gradOutput.sizes(), output.sizes())) {
            throw new TorchException(
                    "Mismatch in shape: grad_output[" + index + "] has a shape of torch.Size("
                            + Arrays.toString(gradOutput.sizes()) + ") and output[" + index
                            + "] has a shape of torch.Size(" + Arrays.toString(output.sizes()) + ").",
                    null);
        }
    }
}
