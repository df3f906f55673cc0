package dev.torchffm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.internal.Handles;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The memory of a process stays flat. Each in a JVM of its own with a small heap. */
@Tag("repeated")
final class ResidentMemoryTest {

    private static final int ROUNDS = Integer.getInteger("memory.rounds", 200_000);

    /** Growth after warm-up that is no leak but the slack of malloc and of the collector. */
    private static final long SLACK = 64 << 20;

    enum Load {
        /** Tensors that nobody closes. */
        AUTOMATIC_TENSORS {
            @Override
            void run(int rounds) {
                for (int i = 0; i < rounds / 2; i++) {
                    Tensor.of(i, -2f, 3f, -4f).clamp(0, null);
                }
            }
        },
        /** Results of 1 MiB, each a few bytes for the garbage collector. */
        LARGE_AUTOMATIC_TENSORS {
            @Override
            void run(int rounds) {
                for (int i = 0; i < rounds / 100; i++) {
                    Torch.ones(1 << 18).clamp_(0, null);
                }
            }
        },
        /** The same in automatic arenas of the user's own. */
        LARGE_TENSORS_IN_NAMED_AUTOMATIC_ARENAS {
            @Override
            void run(int rounds) {
                for (int i = 0; i < rounds / 100; i++) {
                    Torch.ones(Arena.ofAuto(), 1 << 18).clamp_(0, null);
                }
            }
        },
        IN_PLACE_CALLS {
            @Override
            void run(int rounds) {
                try (Arena arena = Arena.ofConfined()) {
                    Tensor x = Tensor.of(arena, 1f, -2f, 3f, -4f);
                    long handles = Handles.live();
                    for (int i = 0; i < rounds * 5; i++) {
                        x.clamp_(0, null);
                    }
                    if (Handles.live() != handles) {
                        throw new AssertionError((Handles.live() - handles) + " handles more");
                    }
                }
            }
        },
        /** Long strings, of which einsum skips the blanks. */
        STRINGS {
            @Override
            void run(int rounds) {
                String product = "i,i->" + " ".repeat(1000);
                try (Arena arena = Arena.ofConfined()) {
                    List<Tensor> vectors = List.of(Tensor.of(arena, 1f, 2f), Tensor.of(arena, 3f, 4f));
                    for (int i = 0; i < rounds; i++) {
                        try (Arena results = Arena.ofConfined()) {
                            Torch.call(results, "aten::einsum", product, vectors);
                        }
                    }
                }
            }
        },
        FAILED_CALLS {
            @Override
            void run(int rounds) {
                try (Arena arena = Arena.ofConfined()) {
                    Tensor x = Tensor.of(arena, 1f, -2f, 3f, -4f);
                    for (int i = 0; i < rounds / 10; i++) {
                        try {
                            x.clamp((Number) null, null);
                            throw new AssertionError("no failure");
                        } catch (TorchException expected) {
                            continue;
                        }
                    }
                }
            }
        };

        abstract void run(int rounds);
    }

    @ParameterizedTest
    @EnumSource(Load.class)
    void residentMemoryIsFlat(Load load, @TempDir Path folder) throws Exception {
        var result = new ChildJvm(folder)
                .option("-Xmx64m")
                .option("-Xms64m")
                .option("-XX:+AlwaysPreTouch")
                .run(Loaded.class, load.name(), Integer.toString(ROUNDS));
        assertEquals(0, result.exitCode(), result.output());
        String[] bytes = result.output().strip().split(" ");
        System.out.println(
                load + " after " + ROUNDS + " rounds: RSS " + result.output().strip());
        assertTrue(Long.parseLong(bytes[1]) - Long.parseLong(bytes[0]) < SLACK, result.output());
    }

    /** Prints the resident bytes after half of the load, when the collector has found its pace, and after the whole. */
    static final class Loaded {
        static void main(String[] arguments) throws IOException {
            Load load = Load.valueOf(arguments[0]);
            int rounds = Integer.parseInt(arguments[1]);
            load.run(rounds / 2);
            long before = residentBytes();
            load.run(rounds - rounds / 2);
            System.out.println(before + " " + residentBytes());
        }

        private static long residentBytes() throws IOException {
            String pages = Files.readString(Path.of("/proc/self/statm")).split(" ")[1];
            return Long.parseLong(pages) * 4096;
        }
    }
}
