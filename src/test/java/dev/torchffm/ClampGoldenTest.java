package dev.torchffm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.GoldenCases.GoldenCase;
import dev.torchffm.testing.TorchExtension;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** PyTorch's own results of clamp, bit for bit: dtype, sizes, strides, the whole storage, errors. */
@ExtendWith(TorchExtension.class)
@Tag("kernels")
final class ClampGoldenTest {

    static Stream<GoldenCase> cases() {
        return Stream.concat(GoldenCases.read("clamp.jsonl"), GoldenCases.read("extra.jsonl"))
                .filter(golden -> !golden.needsBoolBound());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void clampGivesPyTorchsBits(GoldenCase golden) {
        for (Way way : Way.values()) {
            try (Mode _ = way.open();
                    Arena arena = way.arena()) {
                check(golden, arena);
            } catch (AssertionError e) {
                throw new AssertionError(way + ": " + e.getMessage(), e);
            }
        }
    }

    private static void check(GoldenCase golden, Arena arena) {
        MemorySegment storage = golden.storage(arena);
        Tensor self = Tensor.fromSegment(
                arena,
                storage,
                golden.dtype("dtype"),
                golden.longs("sizes"),
                golden.longs("strides"),
                golden.json().get("storage_offset").asLong());
        String before = hex(storage);
        if (golden.has("expect_error")) {
            var failure = assertThrows(TorchException.class, () -> golden.apply(self));
            assertEquals(golden.text("expect_error"), GoldenCases.firstLine(failure));
            assertEquals(before, hex(storage));
            return;
        }
        long address = self.dataPtr();
        Tensor result = golden.apply(self);
        assertEquals(golden.dtype("expect_dtype"), result.dtype());
        assertArrayEquals(golden.longs("expect_sizes"), result.sizes());
        assertArrayEquals(golden.longs("expect_strides"), result.strides());
        assertElements(golden, golden.bytes("expect_bytes"), GoldenCases.elements(result), result.dtype());
        if (golden.text("op").endsWith("_")) {
            assertSame(self, result);
            assertEquals(address, result.dataPtr());
            assertElements(
                    golden, golden.bytes("expect_storage"), storage.toArray(ValueLayout.JAVA_BYTE), result.dtype());
        } else {
            assertNotSame(self, result);
            assertEquals(before, hex(storage));
        }
    }

    private static double real(MemorySegment elements, DType dtype, long place) {
        return new Elements(elements, dtype, new Layout(new long[0], new long[0], 0)).real(place);
    }

    /** Bit for bit, but where PyTorch's own NaN bits depend on the machine: NaN as NaN. */
    private static void assertElements(GoldenCase golden, byte[] expected, byte[] actual, DType dtype) {
        if (!golden.json().path("isa_dependent").asBoolean()) {
            assertEquals(HexFormat.of().formatHex(expected), HexFormat.of().formatHex(actual));
            return;
        }
        assertEquals(expected.length, actual.length);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment left = arena.allocate(expected.length, 8).copyFrom(MemorySegment.ofArray(expected));
            MemorySegment right = arena.allocate(actual.length, 8).copyFrom(MemorySegment.ofArray(actual));
            for (int i = 0; i < expected.length / dtype.byteSize(); i++) {
                double want = real(left, dtype, i);
                double have = real(right, dtype, i);
                long place = (long) i * dtype.byteSize();
                boolean sameBits =
                        left.asSlice(place, dtype.byteSize()).mismatch(right.asSlice(place, dtype.byteSize())) < 0;
                assertTrue(
                        Double.isNaN(want) ? Double.isNaN(have) : sameBits, "element " + i + ": " + want + ", " + have);
            }
        }
    }

    private static String hex(MemorySegment segment) {
        return HexFormat.of().formatHex(segment.toArray(ValueLayout.JAVA_BYTE));
    }
}
