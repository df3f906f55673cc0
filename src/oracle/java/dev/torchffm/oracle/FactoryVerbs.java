package dev.torchffm.oracle;

import static java.util.Map.entry;

import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** What makes tensors, by its signature. A verb's arguments are the method's but for the arena. */
final class FactoryVerbs {

    private FactoryVerbs() {}

    static Map<String, Verb> all() {
        return Map.ofEntries(
                entry("Tensor.of(float[])", a -> Tensor.of(floats(a))),
                entry("Tensor.of(double[])", a -> Tensor.of(doubles(a))),
                entry("Tensor.of(int[])", a -> Tensor.of(ints(a))),
                entry("Tensor.of(long[])", a -> Tensor.of(longs(a))),
                entry("Tensor.of(short[])", a -> Tensor.of(shorts(a))),
                entry("Tensor.of(byte[])", a -> Tensor.of(bytes(a))),
                entry("Tensor.of(boolean[])", a -> Tensor.of(booleans(a))),
                entry("Torch.zeros(long[])", a -> Torch.zeros(a.integers(0))),
                entry("Torch.zeros(DType,long[])", a -> Torch.zeros(a.dtype(0), a.integers(1))),
                entry("Torch.ones(long[])", a -> Torch.ones(a.integers(0))),
                entry("Torch.ones(DType,long[])", a -> Torch.ones(a.dtype(0), a.integers(1))),
                entry("Torch.empty(long[])", a -> described(Torch.empty(a.integers(0)))),
                entry("Torch.empty(DType,long[])", a -> described(Torch.empty(a.dtype(0), a.integers(1)))),
                entry("Torch.full(long[],Number)", a -> Torch.full(a.integers(0), a.number(1))),
                entry("Torch.full(DType,long[],Number)", a -> Torch.full(a.dtype(0), a.integers(1), a.number(2))),
                entry("Torch.libtorchVersion()", _ -> Torch.libtorchVersion()),
                entry("Torch.parameter(Tensor)", a -> Torch.parameter(a.tensor(0))),
                entry("Torch.arange(Number)", a -> Torch.arange(a.number(0))),
                entry("Torch.arange(Number,Number)", a -> Torch.arange(a.number(0), a.number(1))),
                entry("Torch.arange(Number,Number,Number)", a -> Torch.arange(a.number(0), a.number(1), a.number(2))),
                entry("Tensor.of(Arena,float[])", a -> Tensor.of(Arena.ofAuto(), floats(a))),
                entry("Tensor.of(Arena,double[])", a -> Tensor.of(Arena.ofAuto(), doubles(a))),
                entry("Tensor.of(Arena,int[])", a -> Tensor.of(Arena.ofAuto(), ints(a))),
                entry("Tensor.of(Arena,long[])", a -> Tensor.of(Arena.ofAuto(), longs(a))),
                entry("Tensor.of(Arena,short[])", a -> Tensor.of(Arena.ofAuto(), shorts(a))),
                entry("Tensor.of(Arena,byte[])", a -> Tensor.of(Arena.ofAuto(), bytes(a))),
                entry("Tensor.of(Arena,boolean[])", a -> Tensor.of(Arena.ofAuto(), booleans(a))),
                entry("Torch.zeros(Arena,long[])", a -> Torch.zeros(Arena.ofAuto(), a.integers(0))),
                entry("Torch.zeros(Arena,DType,long[])", a -> Torch.zeros(Arena.ofAuto(), a.dtype(0), a.integers(1))),
                entry("Torch.ones(Arena,long[])", a -> Torch.ones(Arena.ofAuto(), a.integers(0))),
                entry("Torch.ones(Arena,DType,long[])", a -> Torch.ones(Arena.ofAuto(), a.dtype(0), a.integers(1))),
                entry("Torch.empty(Arena,long[])", a -> described(Torch.empty(Arena.ofAuto(), a.integers(0)))),
                entry(
                        "Torch.empty(Arena,DType,long[])",
                        a -> described(Torch.empty(Arena.ofAuto(), a.dtype(0), a.integers(1)))),
                entry("Torch.full(Arena,long[],Number)", a -> Torch.full(Arena.ofAuto(), a.integers(0), a.number(1))),
                entry(
                        "Torch.full(Arena,DType,long[],Number)",
                        a -> Torch.full(Arena.ofAuto(), a.dtype(0), a.integers(1), a.number(2))),
                entry("Torch.arange(Arena,Number)", a -> Torch.arange(Arena.ofAuto(), a.number(0))),
                entry("Torch.arange(Arena,Number,Number)", a -> Torch.arange(Arena.ofAuto(), a.number(0), a.number(1))),
                entry(
                        "Torch.arange(Arena,Number,Number,Number)",
                        a -> Torch.arange(Arena.ofAuto(), a.number(0), a.number(1), a.number(2))),
                entry(
                        "Torch.arange(Arena,DType,Number,Number,Number)",
                        a -> Torch.arange(Arena.ofAuto(), a.dtype(0), a.number(1), a.number(2), a.number(3))),
                entry(
                        "Tensor.fromSegment(MemorySegment,DType,long[])",
                        a -> Tensor.fromSegment(memory(a.bytes(0)), a.dtype(1), a.integers(2))));
    }

    private static List<?> described(Tensor tensor) {
        return List.of(
                tensor.dtype().name(),
                Arrays.stream(tensor.sizes()).boxed().toList(),
                Arrays.stream(tensor.strides()).boxed().toList());
    }

    private static MemorySegment memory(byte[] bytes) {
        return Arena.ofAuto().allocate(bytes.length, 64).copyFrom(MemorySegment.ofArray(bytes));
    }

    // ---- values of each type ----

    private static double[] doubles(Arguments a) {
        return a.list(0).stream().mapToDouble(Double.class::cast).toArray();
    }

    private static float[] floats(Arguments a) {
        double[] values = doubles(a);
        var floats = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }

    private static long[] longs(Arguments a) {
        return a.integers(0);
    }

    private static int[] ints(Arguments a) {
        return Arrays.stream(longs(a)).mapToInt(Math::toIntExact).toArray();
    }

    private static short[] shorts(Arguments a) {
        long[] values = longs(a);
        var shorts = new short[values.length];
        for (int i = 0; i < values.length; i++) {
            shorts[i] = (short) values[i];
        }
        return shorts;
    }

    private static byte[] bytes(Arguments a) {
        long[] values = longs(a);
        var bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    private static boolean[] booleans(Arguments a) {
        List<?> values = a.list(0);
        var booleans = new boolean[values.size()];
        for (int i = 0; i < booleans.length; i++) {
            booleans[i] = (boolean) values.get(i);
        }
        return booleans;
    }
}
