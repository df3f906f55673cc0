package dev.torchffm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Optimizers' steps, internals of libtorch that users reach, which trust that their lists of tensors fit. */
enum FusedStep {
    SGD("aten::_fused_sgd_", 3, 10),
    ADAM("aten::_fused_adam_", 6, 13);

    private static final int GRADIENTS = 1;

    private final String operator;
    private final int listCount;

    /** Those of mixed precision left out. */
    private final int argumentCount;

    FusedStep(String operator, int listCount, int argumentCount) {
        this.operator = operator;
        this.listCount = listCount;
        this.argumentCount = argumentCount;
    }

    /** The step that an operator is, or null. */
    static @Nullable FusedStep named(String operator) {
        return Arrays.stream(values())
                .filter(step -> step.operator.equals(operator))
                .findFirst()
                .orElse(null);
    }

    /**
     * Counts the versions of what was written, which libtorch's fused operators do not: a backward that needs what was
     * overwritten then fails. A copy onto itself does that and no more.
     */
    static void tellWritten(List<List<Tensor>> lists) {
        for (int i = 0; i < lists.size(); i++) {
            if (i != GRADIENTS && Graph.isInUse()) {
                lists.get(i).stream()
                        .filter(tensor -> !tensor.isInference()) // which has no versions
                        .forEach(tensor -> tensor.copy_(tensor));
            }
        }
    }

    /**
     * The lists of tensors among the arguments, checked: each is empty where the optimizer has no use for it, or has a
     * contiguous tensor of each parameter's sizes and dtype; the last of several are the counts of the steps.
     */
    List<List<Tensor>> fittingLists(@Nullable Object[] arguments) {
        if (arguments.length != argumentCount) {
            throw new IllegalArgumentException("operator is " + operator + " with " + arguments.length
                    + " arguments, and must have " + argumentCount + ", of them " + listCount
                    + " lists of tensors first");
        }
        var lists = new ArrayList<List<Tensor>>();
        for (int i = 0; i < listCount; i++) {
            lists.add(Operator.tensorsIn(new Object[] {arguments[i]}));
        }
        List<Tensor> parameters = lists.getFirst();
        boolean adam = this == ADAM;
        for (int i = 0; i < listCount; i++) {
            boolean isNeeded = adam
                    ? i != 4 || Boolean.TRUE.equals(arguments[11])
                    : i != 2 || !(arguments[4] instanceof Number momentum) || momentum.doubleValue() != 0;
            List<Tensor> list = lists.get(i);
            if (list.size() != parameters.size() && (isNeeded || !list.isEmpty())) {
                throw new IllegalArgumentException("arguments[" + i + "] has " + list.size()
                        + " tensors, and must have as many as there are parameters, " + parameters.size());
            }
            for (int j = 0; j < list.size(); j++) {
                String name = "arguments[" + i + "][" + j + "]";
                if (i != GRADIENTS && list.get(j).isRecorded()) {
                    throw new IllegalArgumentException(name
                            + " requires gradients, and a fused step is not recorded: call it within Torch.noGrad()");
                }
                requireFitting(name, list.get(j), parameters.get(j), adam && i == 5);
            }
        }
        return lists;
    }

    private static void requireFitting(String name, Tensor tensor, Tensor parameter, boolean isCount) {
        boolean fits = isCount
                ? tensor.dtype() == DType.FLOAT32 && tensor.numel() == 1
                : tensor.dtype() == parameter.dtype()
                        && Arrays.equals(tensor.sizes(), parameter.sizes())
                        && tensor.dtype().isFloatingPoint()
                        && tensor.isContiguous();
        if (!fits) {
            throw new IllegalArgumentException(name + " is a " + tensor.dtype() + " tensor of sizes "
                    + Arrays.toString(tensor.sizes()) + " and strides " + Arrays.toString(tensor.strides())
                    + ", and must be "
                    + (isCount
                            ? "a FLOAT32 tensor of one element"
                            : "contiguous, floating-point, and of the parameter's dtype, " + parameter.dtype()
                                    + ", and sizes, " + Arrays.toString(parameter.sizes())));
        }
    }
}
