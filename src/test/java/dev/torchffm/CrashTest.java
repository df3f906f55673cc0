package dev.torchffm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What kills a process in C ends in an exception here. Each in a JVM of its own. */
final class CrashTest {

    enum Danger {
        WRITE_TO_A_READ_ONLY_MAPPING("java.lang.IllegalArgumentException: self stands on read-only memory") {
            @Override
            void run(Path file) throws Exception {
                try (var channel = FileChannel.open(file);
                        Arena arena = Arena.ofConfined()) {
                    MemorySegment mapping = channel.map(MapMode.READ_ONLY, 0, channel.size(), arena);
                    Tensor x = Tensor.fromSegment(mapping, DType.FLOAT32, mapping.byteSize() / 4);
                    x.clamp(0, null);
                    x.clamp_(0, null);
                }
            }
        },
        RESULT_INTO_A_READ_ONLY_MAPPING("java.lang.IllegalArgumentException: out stands on read-only memory") {
            @Override
            void run(Path file) throws Exception {
                try (var channel = FileChannel.open(file);
                        Arena arena = Arena.ofConfined()) {
                    MemorySegment mapping = channel.map(MapMode.READ_ONLY, 0, channel.size(), arena);
                    Tensor out = Tensor.fromSegment(mapping, DType.FLOAT32, 4);
                    Torch.ones(4).clamp(0, null, out);
                }
            }
        },
        CLOSED_ARENA("java.lang.IllegalStateException: ") {
            @Override
            void run(Path file) {
                Tensor x;
                try (Arena arena = Arena.ofConfined()) {
                    x = Tensor.of(arena, 1f, -2f);
                }
                x.clamp_(0, null);
            }
        },
        CLOSED_MAPPING("java.lang.IllegalStateException: ") {
            @Override
            void run(Path file) throws Exception {
                Tensor x;
                try (var channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
                        Arena arena = Arena.ofConfined()) {
                    x = Tensor.fromSegment(channel.map(MapMode.READ_WRITE, 0, 16, arena), DType.FLOAT32, 4);
                }
                x.clamp_(0, null);
            }
        },
        SEGMENT_TOO_SMALL(
                "java.lang.IllegalArgumentException: memory has 16 bytes, and the elements reach to 4294967296") {
            @Override
            void run(Path file) {
                Tensor.fromSegment(Arena.ofAuto().allocate(16, 4), DType.FLOAT32, 1L << 30)
                        .clamp_(0, null);
            }
        },
        JAVA_READS_WHERE_A_FILE_WAS_TRUNCATED("java.lang.InternalError: ") {
            @Override
            void run(Path file) throws Exception {
                try (Arena arena = Arena.ofConfined()) {
                    truncated(file, arena).toFloatArray();
                }
            }
        };

        final String expected;

        Danger(String expected) {
            this.expected = expected;
        }

        abstract void run(Path file) throws Exception;

        /** A tensor over a mapping whose file is cut off afterwards. */
        static Tensor truncated(Path file, Arena arena) throws Exception {
            try (var access = new RandomAccessFile(file.toFile(), "rw")) {
                MemorySegment mapping = access.getChannel().map(MapMode.READ_WRITE, 0, access.length(), arena);
                Tensor tensor = Tensor.fromSegment(mapping, DType.FLOAT32, mapping.byteSize() / 4);
                access.setLength(0);
                return tensor;
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Danger.class)
    void dangerEndsInAnException(Danger danger, @TempDir Path folder) throws Exception {
        var result = new ChildJvm(folder).run(Daredevil.class, danger.name(), file(folder));
        assertEquals(3, result.exitCode(), result.output());
        assertTrue(result.output().startsWith(danger.expected), result.output());
    }

    /** The one that docs/limits.md names as not to be caught: the kernel's SIGBUS finds libtorch at work, not Java. */
    @Test
    void truncatedFileUnderLibtorchEndsTheProcess(@TempDir Path folder) throws Exception {
        var result = new ChildJvm(folder).run(Truncator.class, file(folder));
        assertNotEquals(0, result.exitCode());
        assertTrue(result.output().contains("SIGBUS"), result.output());
    }

    private static String file(Path folder) throws Exception {
        Path file = folder.resolve("floats");
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment floats = arena.allocate(ValueLayout.JAVA_FLOAT, 1 << 14);
            Files.write(file, floats.toArray(ValueLayout.JAVA_BYTE));
        }
        return file.toString();
    }

    /** Does the dangerous thing. */
    static final class Daredevil {
        static void main(String[] arguments) {
            try {
                Danger.valueOf(arguments[0]).run(Path.of(arguments[1]));
            } catch (Exception | InternalError e) {
                System.out.println(e);
                System.exit(3);
            }
        }
    }

    /** Clamps a tensor whose file is gone. */
    static final class Truncator {
        static void main(String[] arguments) throws Exception {
            try (Arena arena = Arena.ofConfined()) {
                Danger.truncated(Path.of(arguments[0]), arena).clamp_(0, null);
            }
        }
    }
}
