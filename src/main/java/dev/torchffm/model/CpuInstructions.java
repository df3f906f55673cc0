package dev.torchffm.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a package's {@code AOTI_CPU_ISA} asks of the processor.
 *
 * <p>Source: PyTorch's torch/_inductor/cpu_vec_isa.py, and Linux's /proc/cpuinfo.
 */
final class CpuInstructions {

    private static final Path CPUINFO = Path.of("/proc/cpuinfo");

    /** What PyTorch's name stands for, where it is more than the flag of the same name. */
    private static final Map<String, List<String>> FLAGS = Map.of(
            "AVX2", List.of("avx2", "fma", "f16c"),
            "AVX512", List.of("avx512f", "avx512dq", "avx512vl", "avx512bw", "fma"));

    /** Of a package that needs none of them. */
    private static final String NONE = "INVALID_VEC_ISA";

    private CpuInstructions() {}

    /** The first of the instructions that this processor lacks. */
    static Optional<String> missing(String isa) throws IOException {
        return missing(isa, flags());
    }

    /** The first of the instructions that a processor with these flags lacks. */
    static Optional<String> missing(String isa, Set<String> has) {
        return Arrays.stream(isa.split(" "))
                .filter(name -> !name.isEmpty() && !name.equals(NONE))
                .filter(name -> !has.containsAll(FLAGS.getOrDefault(name, List.of(name.toLowerCase(Locale.ROOT)))))
                .findFirst();
    }

    private static Set<String> flags() throws IOException {
        for (String line : Files.readAllLines(CPUINFO)) {
            if (line.startsWith("flags") || line.startsWith("Features")) {
                return new HashSet<>(Arrays.asList(
                        line.substring(line.indexOf(':') + 1).strip().split(" ")));
            }
        }
        return Set.of();
    }
}
