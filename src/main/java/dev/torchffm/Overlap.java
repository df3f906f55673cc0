package dev.torchffm;

import dev.torchffm.internal.Operator;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Refuses to write memory that another argument stands on too. libtorch does so within one storage; it takes two
 * tensors over Java's memory for two storages, wherever they lie.
 *
 * <p>Source: libtorch's file aten/src/ATen/MemoryOverlap.cpp, whose rules and text these are.
 */
final class Overlap {

    /** Operators that refuse the very memory that they write too; others may read each element before they write it. */
    private static final List<String> REFUSES_THE_SAME = List.of("aten::index_", "aten::put_", "aten::scatter");

    /** Fused steps write several lists. */
    private static final String FUSED = "aten::_fused_";

    private Overlap() {}

    /** Refuses arguments of an operator that writes its first one, or its lists. */
    static void refuse(Operator operator, @Nullable Object[] arguments) {
        List<Tensor> tensors = Operators.tensorsIn(arguments);
        if (tensors.stream().allMatch(tensor -> tensor.storage.ofLibtorch())) {
            return;
        }
        if (operator.name().startsWith(FUSED)) {
            refuseAny(tensors);
            return;
        }
        boolean same = REFUSES_THE_SAME.stream().anyMatch(operator.name()::startsWith);
        tensors.stream().skip(1).forEach(read -> refuse(tensors.getFirst(), read, same));
    }

    /** Sorted by address, each is compared with those that begin before it ends: few, however many there are. */
    private static void refuseAny(List<Tensor> tensors) {
        List<Tensor> sorted = tensors.stream()
                .sorted(Comparator.comparingLong(Overlap::start))
                .toList();
        for (int i = 0; i < sorted.size(); i++) {
            long end = start(sorted.get(i)) + bytes(sorted.get(i));
            for (int j = i + 1; j < sorted.size() && start(sorted.get(j)) < end; j++) {
                refuse(sorted.get(i), sorted.get(j), false);
            }
        }
    }

    /** Refuses to write a tensor that lies partly where another one does; or wholly, if the same memory is refused. */
    static void refuse(Tensor written, Tensor read, boolean same) {
        if (sharesUnseen(written, read, same)) {
            throw new TorchException(
                    "unsupported operation: some elements of the input tensor and the written-to tensor refer to a"
                            + " single memory location. Please clone() the tensor before performing the operation.",
                    null);
        }
    }

    private static boolean sharesUnseen(Tensor a, Tensor b, boolean same) {
        boolean seen = a.storage == b.storage || a.storage.ofLibtorch() && b.storage.ofLibtorch();
        if (seen || !a.layout().fillsABlock() || !b.layout().fillsABlock()) {
            return false; // of others libtorch does not know
        }
        long aStart = start(a);
        long bStart = start(b);
        long aEnd = aStart + bytes(a);
        long bEnd = bStart + bytes(b);
        if (aStart == bStart && aEnd == bEnd) {
            return same || !Arrays.equals(a.layout().strides(), b.layout().strides());
        }
        return aStart < bEnd && bStart < aEnd;
    }

    private static long start(Tensor tensor) {
        return tensor.storage.address()
                + tensor.layout().offset() * tensor.handle.dtype().byteSize();
    }

    private static long bytes(Tensor tensor) {
        return tensor.layout().numel() * tensor.handle.dtype().byteSize();
    }
}
