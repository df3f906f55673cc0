package dev.torchffm.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** What the figures hold for. */
final class Machine {

    private Machine() {}

    /** {@return processor, system and JDK} */
    static String about() throws IOException {
        String cpu = System.getProperty("os.arch");
        Path cpus = Path.of("/proc/cpuinfo");
        if (Files.isReadable(cpus)) {
            try (Stream<String> lines = Files.lines(cpus)) {
                cpu = lines.filter(line -> line.startsWith("model name"))
                        .map(line -> line.replaceFirst(".*: ", ""))
                        .findFirst()
                        .orElse(cpu);
            }
        }
        return cpu + ", " + Runtime.getRuntime().availableProcessors() + " cores, " + System.getProperty("os.name")
                + " " + System.getProperty("os.version").replaceFirst("-.*", "") + ", JDK " + Runtime.version();
    }

    /** {@return the threads of OpenMP in every process} */
    static String threads() {
        return "`OMP_NUM_THREADS=" + System.getenv("OMP_NUM_THREADS")
                + "` in every process, 1 for operators, the network and models; `OMP_WAIT_POLICY` "
                + System.getenv().getOrDefault("OMP_WAIT_POLICY", "not set");
    }
}
