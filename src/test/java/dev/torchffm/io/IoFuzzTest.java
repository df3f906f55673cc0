package dev.torchffm.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.torchffm.Tensor;
import dev.torchffm.internal.Handles;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Any bytes as a file: tensors whose every byte is there, or a refusal that names the file; the file stays. */
final class IoFuzzTest {

    private static final List<MapMode> MODES = List.of(MapMode.READ_ONLY, MapMode.PRIVATE, MapMode.READ_WRITE);

    @FuzzTest
    void npy(byte[] bytes) throws IOException {
        run(bytes, Npy.class, (file, mode, arena) -> List.of(Npy.map(file, mode, arena)));
    }

    @FuzzTest
    void safetensors(byte[] bytes) throws IOException {
        run(bytes, Safetensors.class, (file, mode, arena) -> {
            Map<String, Tensor> tensors = Safetensors.map(file, mode, arena);
            Safetensors.metadata(file);
            return List.copyOf(tensors.values());
        });
    }

    private interface Reader {
        List<Tensor> read(Path file, MapMode mode, Arena arena) throws IOException;
    }

    private static void run(byte[] bytes, Class<?> format, Reader reader) throws IOException {
        Path file = Files.createTempFile(format.getSimpleName(), ".fuzz");
        try {
            Files.write(file, bytes);
            for (MapMode mode : MODES) {
                long handles = Handles.live();
                try (Arena arena = Arena.ofConfined()) {
                    reader.read(file, mode, arena).forEach(IoFuzzTest::assertReadable);
                } catch (IllegalArgumentException e) {
                    assertTrue(e.getMessage().startsWith(file + ": "), e::toString);
                }
                assertTrue(Handles.live() <= handles, "handles are left");
                assertEquals(
                        -1, MemorySegment.ofArray(bytes).mismatch(MemorySegment.ofArray(Files.readAllBytes(file))));
            }
        } finally {
            Files.delete(file);
        }
    }

    private static void assertReadable(Tensor x) {
        MemorySegment elements = x.segment();
        assertEquals(x.numel() * x.dtype().byteSize(), elements.byteSize());
        for (long i = 0; i < elements.byteSize(); i++) {
            elements.get(ValueLayout.JAVA_BYTE, i);
        }
        if (x.numel() <= 64) {
            assertEquals(x.numel(), x.clone().numel());
        }
    }
}
