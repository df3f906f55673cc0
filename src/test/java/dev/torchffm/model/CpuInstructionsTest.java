package dev.torchffm.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The names that PyTorch gives to instructions, and the flags that Linux shows for them. */
final class CpuInstructionsTest {

    private static final Set<String> FLAGS = Set.of(
            "avx2", "fma", "f16c", "avx512f", "avx512dq", "avx512vl", "avx512bw", "avx512_vnni", "amx_tile", "asimd");

    private static Optional<String> missingWithout(String flag, String isa) {
        var flags = new HashSet<>(FLAGS);
        flags.remove(flag);
        return CpuInstructions.missing(isa, flags);
    }

    @Test
    void aProcessorThatHasAllServes() {
        for (String isa : List.of("AVX2", "AVX512 AVX512_VNNI AMX_TILE", "ASIMD", "INVALID_VEC_ISA", "")) {
            assertEquals(Optional.empty(), CpuInstructions.missing(isa, FLAGS), isa);
        }
    }

    @Test
    void eachFlagIsNeeded() {
        for (String flag : List.of("avx2", "fma", "f16c")) {
            assertEquals(Optional.of("AVX2"), missingWithout(flag, "AVX2"), flag);
        }
        for (String flag : List.of("avx512f", "avx512dq", "avx512vl", "avx512bw", "fma")) {
            assertEquals(Optional.of("AVX512"), missingWithout(flag, "AVX512 AVX512_VNNI"), flag);
        }
        assertEquals(Optional.of("AVX512_VNNI"), missingWithout("avx512_vnni", "AVX512 AVX512_VNNI AMX_TILE"));
        assertEquals(Optional.of("AMX_TILE"), missingWithout("amx_tile", "AVX512 AVX512_VNNI AMX_TILE"));
        assertEquals(Optional.of("ASIMD"), missingWithout("asimd", "ASIMD"));
        assertEquals(Optional.empty(), missingWithout("avx2", "AVX512"));
    }
}
