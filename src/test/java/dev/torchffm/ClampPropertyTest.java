package dev.torchffm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.ClampCases.ClampCase;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;

/** What holds for clamp on any tensor: any dtype, shape, strides, offset, bounds and values. */
@Tag("repeated")
@Tag("kernels")
final class ClampPropertyTest {

    @Provide
    Arbitrary<ClampCase> cases() {
        return ClampCases.any();
    }

    @Property
    void clampGivesTheOraclesBitsAndKeepsItsInput(@ForAll("cases") ClampCase given) {
        try (Mode _ = given.way().open();
                Arena arena = given.way().arena()) {
            MemorySegment storage = given.storage(arena);
            byte[] before = bytes(storage);
            Tensor x = given.tensor(arena, storage);
            Tensor result = x.clamp(given.min(), given.max());
            ClampOracle oracle = given.oracle();
            assertNotSame(x, result);
            assertEquals(oracle.result, result.dtype());
            assertArrayEquals(given.sizes(), result.sizes());
            assertAgree(oracle, Arrays.stream(elements(x)).map(oracle::clamp).toArray(), elements(result));
            assertArrayEquals(before, bytes(storage));
        }
    }

    @Property
    void clampGivesPyTorchsStrides(@ForAll("cases") ClampCase given) {
        try (Mode _ = given.way().open();
                Arena arena = given.way().arena()) {
            Tensor result = given.tensor(arena, given.storage(arena)).clamp(given.min(), given.max());
            assertArrayEquals(given.resultStrides(), result.strides());
        }
    }

    @Property
    void clampInPlaceIsClampAndWritesNothingElse(@ForAll("cases") ClampCase given) {
        try (Mode _ = given.way().open();
                Arena arena = given.way().arena()) {
            MemorySegment storage = given.storage(arena);
            byte[] before = bytes(storage);
            Tensor x = given.tensor(arena, storage);
            if (given.refusalInPlace() instanceof String refusal) {
                var failure = assertThrows(TorchException.class, () -> x.clamp_(given.min(), given.max()));
                assertTrue(String.valueOf(failure.getMessage()).startsWith(refusal), failure.getMessage());
                assertArrayEquals(before, bytes(storage));
                return;
            }
            long address = x.dataPtr();
            long[] own = elements(x);
            long[] newResult = elements(x.clamp(given.min(), given.max()));
            assertSame(x, x.clamp_(given.min(), given.max()));
            assertEquals(address, x.dataPtr());
            assertArrayEquals(given.sizes(), x.sizes());
            assertArrayEquals(given.strides(), x.strides());
            assertAgree(given.oracle(), newResult, elements(x));
            setElements(x, own);
            assertArrayEquals(before, bytes(storage), "bytes outside the view");
        }
    }

    @Property
    void clampTwiceIsClampOnce(@ForAll("cases") ClampCase given) {
        try (Mode _ = given.way().open();
                Arena arena = given.way().arena()) {
            Tensor once = given.tensor(arena, given.storage(arena)).clamp(given.min(), given.max());
            Tensor twice = once.clamp(given.min(), given.max());
            assertEquals(once.dtype(), twice.dtype());
            assertAgree(given.oracle(), elements(once), elements(twice));
        }
    }

    private static byte[] bytes(MemorySegment storage) {
        return storage.toArray(ValueLayout.JAVA_BYTE);
    }

    /** The bits of the elements in row-major order. */
    private static long[] elements(Tensor tensor) {
        MemorySegment memory = tensor.segment();
        return Arrays.stream(ClampCases.places(tensor.sizes(), tensor.strides()))
                .map(place -> ClampOracle.read(memory, tensor.dtype(), place))
                .toArray();
    }

    private static void setElements(Tensor tensor, long[] elements) {
        long[] places = ClampCases.places(tensor.sizes(), tensor.strides());
        for (int i = 0; i < places.length; i++) {
            ClampOracle.write(tensor.segment(), tensor.dtype(), places[i], elements[i]);
        }
    }

    private static void assertAgree(ClampOracle oracle, long[] expected, long[] actual) {
        assertEquals(expected.length, actual.length);
        for (int i = 0; i < expected.length; i++) {
            if (!oracle.agrees(expected[i], actual[i], false)) {
                assertEquals(Long.toHexString(expected[i]), Long.toHexString(actual[i]), "element " + i);
            }
        }
    }
}
