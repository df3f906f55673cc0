package dev.torchffm.oracle;

import static java.util.Map.entry;

import dev.torchffm.Tensor;
import dev.torchffm.io.Npy;
import dev.torchffm.io.Safetensors;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** Files: their bytes in, what they hold out, or the other way round. */
final class FileVerbs {

    private FileVerbs() {}

    static Map<String, Verb> all() {
        return Map.ofEntries(
                entry("safetensors.load", a -> load(a, FileVerbs::safetensors)),
                entry(
                        "safetensors.save",
                        a -> save(file -> {
                            Map<String, Tensor> tensors = map(a.dictionary(0), Tensor.class);
                            if (a.any(1) == null) {
                                Safetensors.save(file, tensors);
                            } else {
                                Safetensors.save(file, tensors, map(a.dictionary(1), String.class));
                            }
                        })),
                entry("npy.load", a -> load(a, file -> Npy.map(file, MapMode.READ_ONLY, Arena.ofAuto()))),
                entry("npy.save", a -> save(file -> Npy.save(file, a.tensor(0)))));
    }

    private static Map<String, Map<String, ?>> safetensors(Path file) throws IOException {
        return Map.of(
                "tensors", Safetensors.map(file, MapMode.READ_ONLY, Arena.ofAuto()),
                "metadata", Safetensors.metadata(file));
    }

    private static <T> Map<String, T> map(Map<?, ?> values, Class<T> type) {
        var map = new LinkedHashMap<String, T>();
        values.forEach((key, value) -> map.put((String) key, type.cast(value)));
        return map;
    }

    private static Object load(Arguments arguments, Reader reader) {
        return withFile(file -> {
            Files.write(file, arguments.bytes(0));
            return reader.read(file);
        });
    }

    private static Object save(Writer writer) {
        return withFile(file -> {
            writer.write(file);
            return HexFormat.of().formatHex(Files.readAllBytes(file));
        });
    }

    /** Any file is read or refused by an IllegalArgumentException: another exception is a fault, and ends the run. */
    private static Object withFile(Reader action) {
        try {
            Path file = Files.createTempFile("oracle", null);
            try {
                return action.read(file);
            } catch (IllegalArgumentException refusal) {
                String message = Objects.requireNonNull(refusal.getMessage());
                throw new IllegalArgumentException(
                        message.replace(file + ": ", "").replaceAll("\\s", " "), refusal);
            } finally {
                Files.delete(file);
            }
        } catch (IllegalArgumentException refusal) {
            throw refusal;
        } catch (IOException | RuntimeException fault) {
            throw new AssertionError(fault);
        }
    }

    /** Makes a value of a file. */
    private interface Reader {
        Object read(Path file) throws IOException;
    }

    private interface Writer {
        void write(Path file) throws IOException;
    }
}
