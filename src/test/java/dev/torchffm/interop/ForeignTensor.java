package dev.torchffm.interop;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Another library's tensor: a struct of DLPack's, written by its header's offsets, whose deleter counts its calls. */
public final class ForeignTensor {

    // Where the fields of a DLTensor lie in it.
    public static final long DATA = 0;
    public static final long DEVICE_TYPE = 8;
    public static final long NDIM = 16;
    public static final long CODE = 20;
    public static final long BITS = 21;
    public static final long LANES = 22;
    public static final long SHAPE = 24;
    public static final long STRIDES = 32;
    public static final long BYTE_OFFSET = 40;

    // Where those of a DLManagedTensorVersioned lie.
    public static final long MAJOR = 0;
    public static final long MINOR = 4;
    public static final long FLAGS = 24;

    private static final FunctionDescriptor DELETER = FunctionDescriptor.ofVoid(ValueLayout.ADDRESS);

    public final boolean versioned;

    /** The struct that ownership passes with. */
    public final MemorySegment managed;

    /** The DLTensor in it. */
    public final MemorySegment tensor;

    private final AtomicInteger deletions = new AtomicInteger();
    private final AtomicInteger strangers = new AtomicInteger();

    /** A row-major tensor that is fine, over the data and in the arena. */
    public ForeignTensor(Arena arena, boolean versioned, MemorySegment data, DType dtype, long... shape) {
        this.versioned = versioned;
        managed = arena.allocate(versioned ? 80 : 64, 8);
        tensor = tensor(versioned, managed);
        if (versioned) {
            managed.set(ValueLayout.JAVA_INT, MAJOR, 1);
        }
        deleter(arena);
        tensor.set(ValueLayout.ADDRESS, DATA, data);
        tensor.set(ValueLayout.JAVA_INT, DEVICE_TYPE, 1);
        dtype(code(dtype), 8 * dtype.byteSize());
        shape(arena, shape, null);
    }

    private void deleter(Arena arena) {
        try {
            var count =
                    MethodHandles.lookup().bind(this, "delete", MethodType.methodType(void.class, MemorySegment.class));
            managed.set(
                    ValueLayout.ADDRESS,
                    versioned ? 16 : 56,
                    Linker.nativeLinker().upcallStub(count, DELETER, arena));
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private void delete(MemorySegment self) {
        (self.address() == managed.address() ? deletions : strangers).incrementAndGet();
    }

    public void noDeleter() {
        managed.set(ValueLayout.ADDRESS, versioned ? 16 : 56, MemorySegment.NULL);
    }

    public void dtype(int code, int bits) {
        tensor.set(ValueLayout.JAVA_BYTE, CODE, (byte) code);
        tensor.set(ValueLayout.JAVA_BYTE, BITS, (byte) bits);
        tensor.set(ValueLayout.JAVA_SHORT, LANES, (short) 1);
    }

    public void shape(Arena arena, long[] shape, long @Nullable [] strides) {
        tensor.set(ValueLayout.JAVA_INT, NDIM, shape.length);
        tensor.set(ValueLayout.ADDRESS, SHAPE, arena.allocateFrom(ValueLayout.JAVA_LONG, shape));
        tensor.set(
                ValueLayout.ADDRESS,
                STRIDES,
                strides == null ? MemorySegment.NULL : arena.allocateFrom(ValueLayout.JAVA_LONG, strides));
    }

    /** How often the deleter was called with this struct; with another is a mistake. */
    public int deletions() {
        if (strangers.get() != 0) {
            throw new AssertionError("the deleter was given another struct");
        }
        return deletions.get();
    }

    public Tensor importInto(Arena arena) {
        return importInto(arena, versioned, managed);
    }

    public void release() {
        release(versioned, managed);
    }

    public static Tensor importInto(Arena arena, boolean versioned, MemorySegment managed) {
        return versioned ? DlPack.importVersioned(managed, arena) : DlPack.importLegacy(managed, arena);
    }

    public static MemorySegment export(boolean versioned, Tensor tensor) {
        return versioned ? DlPack.exportVersioned(tensor) : DlPack.exportLegacy(tensor);
    }

    public static void release(boolean versioned, MemorySegment managed) {
        if (versioned) {
            DlPack.releaseVersioned(managed);
        } else {
            DlPack.releaseLegacy(managed);
        }
    }

    /** The DLTensor in a struct. */
    public static MemorySegment tensor(boolean versioned, MemorySegment managed) {
        return managed.reinterpret(versioned ? 80 : 64).asSlice(versioned ? 32 : 0, 48);
    }

    /** The address of the deleter of a struct. */
    public static MemorySegment deleterOf(boolean versioned, MemorySegment managed) {
        return managed.reinterpret(80).get(ValueLayout.ADDRESS, versioned ? 16 : 56);
    }

    /** Calls a struct's deleter as its consumer does. */
    public static void delete(boolean versioned, MemorySegment managed) {
        try {
            Linker.nativeLinker()
                    .downcallHandle(deleterOf(versioned, managed), DELETER)
                    .invokeExact(managed);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /** Does a thing until a condition holds; ten seconds is far more than any needs. */
    public static void await(BooleanSupplier condition, Runnable meanwhile) {
        long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - start > 10_000_000_000L) {
                throw new AssertionError("ten seconds have passed");
            }
            meanwhile.run();
        }
    }

    /** DLPack's code of a type. */
    public static int code(DType dtype) {
        return switch (dtype) {
            case INT8, INT16, INT32, INT64 -> 0;
            case UINT8 -> 1;
            case FLOAT16, FLOAT32, FLOAT64 -> 2;
            case BFLOAT16 -> 4;
            case BOOL -> 6;
        };
    }
}
