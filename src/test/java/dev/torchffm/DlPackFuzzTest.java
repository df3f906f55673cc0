package dev.torchffm;

import static dev.torchffm.FuzzInput.assertConsistent;
import static dev.torchffm.FuzzInput.refusedOr;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.torchffm.internal.DlPackExports;
import dev.torchffm.internal.Native;
import dev.torchffm.interop.ForeignTensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** Structs of DLPack's with anything in them: a tensor of just what they say, or a clear refusal, and one deletion. */
final class DlPackFuzzTest {

    @FuzzTest
    void importStruct(FuzzedDataProvider data) {
        FuzzInput.run(data, input -> {
            boolean versioned = input.bool();
            MemorySegment memory = input.arena.allocate(input.choice(1 << 10), 64);
            DType dtype = input.dtype();
            var foreign = new ForeignTensor(input.arena, versioned, memory, dtype);
            // Arrays are as long as any rank that is not refused.
            long[] sizes = Arrays.copyOf(input.sizes(), 70);
            long[] strides = Arrays.copyOf(input.strides(4), 70);
            foreign.shape(input.arena, sizes, input.orNull(strides));
            int dim = input.rarely() ? (int) input.integer() : input.choice(5);
            foreign.tensor.set(ValueLayout.JAVA_INT, ForeignTensor.NDIM, dim);
            spoil(input, foreign);
            boolean known = !versioned || foreign.managed.get(ValueLayout.JAVA_INT, ForeignTensor.MAJOR) == 1;
            boolean borrowed;
            try (Arena arena = Arena.ofConfined()) {
                Tensor x = refusedOr(() -> foreign.importInto(arena));
                borrowed = x != null;
                assertEquals(known ? 0 : 1, foreign.deletions());
                if (borrowed) {
                    assertEquals(dim, x.dim());
                    assertTrue(dim <= Native.MAX_DIM);
                    assertArrayEquals(Arrays.copyOf(sizes, dim), x.sizes());
                    assertIn(foreign, memory, x);
                }
            }
            assertEquals(borrowed || !known ? 1 : 0, foreign.deletions());
        });
    }

    private static void spoil(FuzzInput input, ForeignTensor foreign) {
        MemorySegment tensor = foreign.tensor;
        switch (input.choice(20)) {
            case 10 -> tensor.set(ValueLayout.ADDRESS, ForeignTensor.DATA, MemorySegment.NULL);
            case 11 -> tensor.set(ValueLayout.JAVA_INT, ForeignTensor.DEVICE_TYPE, (int) input.integer());
            case 12 -> tensor.set(ValueLayout.JAVA_BYTE, ForeignTensor.CODE, (byte) input.choice(256));
            case 13 -> tensor.set(ValueLayout.JAVA_BYTE, ForeignTensor.BITS, (byte) input.choice(256));
            case 14 -> tensor.set(ValueLayout.JAVA_SHORT, ForeignTensor.LANES, (short) input.integer());
            case 15 -> tensor.set(ValueLayout.ADDRESS, ForeignTensor.SHAPE, MemorySegment.NULL);
            case 16 -> tensor.set(ValueLayout.JAVA_LONG, ForeignTensor.BYTE_OFFSET, input.integer());
            case 17 -> tensor.set(ValueLayout.JAVA_LONG, ForeignTensor.BYTE_OFFSET, input.choice(1 << 10));
            case 18 -> {
                if (foreign.versioned) {
                    foreign.managed.set(ValueLayout.JAVA_LONG, ForeignTensor.FLAGS, input.integer());
                }
            }
            case 19 -> {
                if (foreign.versioned) {
                    foreign.managed.set(ValueLayout.JAVA_INT, ForeignTensor.MAJOR, (int) input.integer());
                }
            }
            default -> {}
        }
    }

    /** Where the memory is as long as the struct says, its elements are there. */
    private static void assertIn(ForeignTensor foreign, MemorySegment memory, Tensor x) {
        if (x.numel() == 0) {
            return;
        }
        long offset = foreign.tensor.get(ValueLayout.JAVA_LONG, ForeignTensor.BYTE_OFFSET);
        assertEquals(memory.address() + offset, x.dataPtr());
        long bytes = x.segment().byteSize();
        if (offset >= 0 && bytes <= memory.byteSize() && offset <= memory.byteSize() - bytes) {
            assertConsistent(x);
        }
    }

    @FuzzTest
    void exportTensor(FuzzedDataProvider data) {
        FuzzInput.run(data, input -> {
            boolean versioned = input.bool();
            Tensor like = input.tensor();
            MemorySegment memory = Arena.ofAuto().allocate(like.segment().byteSize(), 64);
            boolean readOnly = input.rarely();
            Tensor x = Tensor.fromSegment(
                    input.arena,
                    readOnly ? memory.asReadOnly() : memory,
                    like.dtype(),
                    like.sizes(),
                    like.strides(),
                    0);
            assertThrows(IllegalArgumentException.class, () -> ForeignTensor.export(versioned, like));
            MemorySegment managed = refusedOr(() -> ForeignTensor.export(versioned, x));
            assertEquals(!versioned && readOnly, managed == null);
            if (managed != null) {
                try (Arena arena = Arena.ofConfined()) {
                    Tensor y = ForeignTensor.importInto(arena, versioned, managed);
                    assertEquals(x.dtype(), y.dtype());
                    assertArrayEquals(x.sizes(), y.sizes());
                    assertEquals(x.numel() == 0 ? 0 : x.dataPtr(), y.dataPtr());
                    assertEquals(x.segment().byteSize(), y.segment().byteSize());
                    assertEquals(readOnly, y.segment().isReadOnly());
                    assertConsistent(y);
                }
            }
            ForeignTensor.await(() -> DlPackExports.count() == 0, Thread::onSpinWait);
        });
    }
}
