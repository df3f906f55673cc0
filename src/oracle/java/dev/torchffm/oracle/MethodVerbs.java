package dev.torchffm.oracle;

import static java.util.Map.entry;

import dev.torchffm.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Array;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** The methods of a tensor, by their signatures. */
final class MethodVerbs {

    private MethodVerbs() {}

    static Map<String, Verb> all() {
        var all = new HashMap<String, Verb>(operators());
        all.putAll(readers());
        return all;
    }

    private static Map<String, Verb> operators() {
        return Map.ofEntries(
                entry("Tensor.neg()", a -> a.tensor(0).neg()),
                entry("Tensor.exp()", a -> a.tensor(0).exp()),
                entry("Tensor.log()", a -> a.tensor(0).log()),
                entry("Tensor.sqrt()", a -> a.tensor(0).sqrt()),
                entry("Tensor.sigmoid()", a -> a.tensor(0).sigmoid()),
                entry("Tensor.sigmoid_()", a -> a.tensor(0).sigmoid_()),
                entry("Tensor.tanh()", a -> a.tensor(0).tanh()),
                entry("Tensor.tanh_()", a -> a.tensor(0).tanh_()),
                entry("Tensor.t()", a -> a.tensor(0).t()),
                entry("Tensor.sum()", a -> a.tensor(0).sum()),
                entry("Tensor.mean()", a -> a.tensor(0).mean()),
                entry("Tensor.argmax()", a -> a.tensor(0).argmax()),
                entry("Tensor.contiguous()", a -> a.tensor(0).contiguous()),
                entry("Tensor.clone()", a -> a.tensor(0).clone()),
                entry("Tensor.add(Tensor)", a -> a.tensor(0).add(a.tensor(1))),
                entry("Tensor.add(Number)", a -> a.tensor(0).add(a.number(1))),
                entry("Tensor.sub(Tensor)", a -> a.tensor(0).sub(a.tensor(1))),
                entry("Tensor.sub(Number)", a -> a.tensor(0).sub(a.number(1))),
                entry("Tensor.mul(Tensor)", a -> a.tensor(0).mul(a.tensor(1))),
                entry("Tensor.mul(Number)", a -> a.tensor(0).mul(a.number(1))),
                entry("Tensor.div(Tensor)", a -> a.tensor(0).div(a.tensor(1))),
                entry("Tensor.div(Number)", a -> a.tensor(0).div(a.number(1))),
                entry("Tensor.eq(Tensor)", a -> a.tensor(0).eq(a.tensor(1))),
                entry("Tensor.eq(Number)", a -> a.tensor(0).eq(a.number(1))),
                entry("Tensor.leakyRelu(Number)", a -> a.tensor(0).leakyRelu(a.number(1))),
                entry("Tensor.leakyRelu_(Number)", a -> a.tensor(0).leakyRelu_(a.number(1))),
                entry("Tensor.prelu(Tensor)", a -> a.tensor(0).prelu(a.tensor(1))),
                entry("Tensor.copy_(Tensor)", a -> a.tensor(0).copy_(a.tensor(1))),
                entry("Tensor.matmul(Tensor)", a -> a.tensor(0).matmul(a.tensor(1))),
                entry("Tensor.equal(Tensor,Tensor)", a -> Tensor.equal(a.tensor(0), a.tensor(1))),
                entry("Tensor.equal(Tensor)", a -> a.tensor(0).equal(a.tensor(1))),
                entry("Tensor.to(DType)", a -> a.tensor(0).to(a.dtype(1))),
                entry("Tensor.softmax(long)", a -> a.tensor(0).softmax(a.integer(1))),
                entry("Tensor.reshape(long[])", a -> a.tensor(0).reshape(a.integers(1))),
                entry("Tensor.sum(long,boolean)", a -> a.tensor(0).sum(a.integer(1), a.truth(2))),
                entry("Tensor.mean(long,boolean)", a -> a.tensor(0).mean(a.integer(1), a.truth(2))),
                entry("Tensor.argmax(long,boolean)", a -> a.tensor(0).argmax(a.integer(1), a.truth(2))));
    }

    /** What a tensor says of itself, and its elements. */
    private static Map<String, Verb> readers() {
        return Map.ofEntries(
                entry("Tensor.dtype()", a -> a.tensor(0).dtype().name()),
                entry("Tensor.sizes()", a -> list(a.tensor(0).sizes())),
                entry("Tensor.strides()", a -> list(a.tensor(0).strides())),
                entry("Tensor.storageOffset()", a -> a.tensor(0).storageOffset()),
                entry("Tensor.dim()", a -> a.tensor(0).dim()),
                entry("Tensor.numel()", a -> a.tensor(0).numel()),
                entry("Tensor.isContiguous()", a -> a.tensor(0).isContiguous()),
                entry("Tensor.isInference()", a -> a.tensor(0).isInference()),
                entry("Tensor.requiresGrad()", a -> a.tensor(0).requiresGrad()),
                entry("Tensor.in(Arena)", a -> a.tensor(0).in(Arena.ofAuto()).neg()),
                entry("Tensor.segment()", a -> hex(a.tensor(0).segment())),
                entry("Tensor.copyTo(MemorySegment)", a -> copied(a.tensor(0), a.integer(1))),
                entry("Tensor.item()", a -> value(a.tensor(0).item())),
                entry("Tensor.toFloatArray()", a -> elements(a.tensor(0).toFloatArray())),
                entry("Tensor.toDoubleArray()", a -> elements(a.tensor(0).toDoubleArray())),
                entry("Tensor.toLongArray()", a -> elements(a.tensor(0).toLongArray())),
                entry("Tensor.toIntArray()", a -> elements(a.tensor(0).toIntArray())),
                entry("Tensor.toShortArray()", a -> elements(a.tensor(0).toShortArray())),
                entry("Tensor.toByteArray()", a -> elements(a.tensor(0).toByteArray())),
                entry("Tensor.toBooleanArray()", a -> elements(a.tensor(0).toBooleanArray())));
    }

    private static List<?> list(long[] values) {
        return Arrays.stream(values).boxed().toList();
    }

    private static String hex(MemorySegment segment) {
        return HexFormat.of().formatHex(segment.toArray(ValueLayout.JAVA_BYTE));
    }

    private static String copied(Tensor tensor, long length) {
        var target = new byte[Math.toIntExact(length)];
        tensor.copyTo(MemorySegment.ofArray(target));
        return HexFormat.of().formatHex(target);
    }

    private static List<?> elements(Object array) {
        return IntStream.range(0, Array.getLength(array))
                .mapToObj(i -> value(Array.get(array, i)))
                .toList();
    }

    /** A number in one of the types that the observer knows. */
    private static Object value(Object element) {
        return switch (element) {
            case Float real -> real.doubleValue();
            case Short integer -> integer.longValue();
            case Byte integer -> integer.longValue();
            default -> element;
        };
    }
}
