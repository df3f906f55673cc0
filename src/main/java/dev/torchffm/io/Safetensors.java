package dev.torchffm.io;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.TorchException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel.MapMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Files of named tensors, {@code .safetensors}: mapped without a copy, and saved as the Python package saves them.
 *
 * {@snippet class="dev.torchffm.examples.IoSnippets" region="safetensors"}
 *
 * <p>All ten dtypes of {@link DType} are read and written: F64 F32 F16 BF16 I64 I32 I16 I8 U8 BOOL. In a file with
 * tensors of the format's other dtypes, such as F8_E4M3 or U16, the rest is read.
 *
 * <p>A file is checked as the Python package does it before anything is mapped: its header is at most 100,000,000 bytes
 * of UTF-8, and the tensors take every byte after it once, without gap or overlap. Keys of an entry other than
 * {@code dtype}, {@code shape} and {@code data_offsets} are skipped. The package takes some files that are refused here:
 * <ul>
 *   <li>a name of a tensor or of a text in {@code __metadata__} that comes twice, which the format disallows;
 *   <li>an entry that is an array, or a dtype that is an object, of which the format knows nothing;
 *   <li>more than 64 dimensions, or sizes whose product, those of 0 left out, takes 2^63 bytes or more;
 *   <li>more than 262,144 tensors, with 1,048,576 dimensions together, or as many texts in {@code __metadata__} as
 *       tensors, so that a file's header takes at most some 500 MB of heap.
 * </ul>
 *
 * <p>Any thread may use these methods.
 *
 * <p>Source: the safetensors page "Format".
 */
public final class Safetensors {

    private Safetensors() {}

    /**
     * Maps a file once, as tensors over that mapping.
     *
     * <p>Nothing is copied where a tensor begins at a multiple of its element size in the file, as it does in every
     * file that is saved by this class or by today's Python package; else READ_ONLY and PRIVATE
     * copy that tensor into the arena's memory, and READ_WRITE is refused.
     *
     * <p>{@link Npy#map} says what a write into a tensor does, and that the file must not be shortened.
     *
     * @param path the file
     * @param mode READ_ONLY, PRIVATE or READ_WRITE
     * @param arena of the mapping and the tensors, which are gone when it is closed
     * @return the tensors by name, in the header's order; unmodifiable. Those of a dtype that {@link DType} lacks are not
     *     among them, and {@code get} of their names throws an IllegalArgumentException that tells the dtype;
     *     a save of the map leaves them out
     * @throws IOException when the file cannot be opened, read or mapped
     * @throws IllegalArgumentException when it is not a whole safetensors file, or holds what a tensor cannot be, or is
     *     not of the default file system
     * @throws IllegalStateException when the arena is closed
     * @throws WrongThreadException when the arena is confined to another thread
     */
    public static Map<String, Tensor> map(Path path, MapMode mode, Arena arena) throws IOException {
        Objects.requireNonNull(arena, "arena");
        try (TensorFile file = TensorFile.open(path, mode)) {
            SafetensorsHeader header = SafetensorsHeader.read(file);
            Map<String, TensorEntry> entries = header.tensors();
            List<Tensor> tensors = file.map(entries.values(), arena);
            Map<String, Tensor> named = LinkedHashMap.newLinkedHashMap(tensors.size());
            int i = 0;
            for (String name : entries.keySet()) {
                named.put(name, tensors.get(i++));
            }
            return new NamedTensors(file, named, header.others());
        }
    }

    /**
     * Reads what a file's {@code __metadata__} says, after the same checks as {@link #map}.
     *
     * @return the texts in the header's order, none where there is no {@code __metadata__}; unmodifiable
     * @throws IOException when the file cannot be opened or read
     * @throws IllegalArgumentException when it is not a whole safetensors file of the default file system
     */
    public static Map<String, String> metadata(Path path) throws IOException {
        try (TensorFile file = TensorFile.open(path, MapMode.READ_ONLY)) {
            Map<String, String> metadata = SafetensorsHeader.read(file).metadata();
            return metadata == null ? Map.of() : Collections.unmodifiableMap(metadata);
        }
    }

    /**
     * Saves tensors without {@code __metadata__}; see {@link #save(Path, Map, Map)}.
     *
     * @throws IOException when the file cannot be written, or the path is a folder, a device or another file that is not
     *     regular
     * @throws IllegalArgumentException as there
     */
    public static void save(Path path, Map<String, Tensor> tensors) throws IOException {
        write(path, tensors, null);
    }

    /**
     * Saves tensors as the Python package does, byte for byte: the widest dtypes first, those of one dtype by name, the
     * elements in row-major order from a multiple of 8 bytes on.
     *
     * <p>The file is written beside the path under another name and then moved there, so that a failure leaves what
     * was there before, and tensors that are mapped from it stay as they are. What a killed process leaves there is
     * deleted by the next save of that file. A tensor that is not contiguous is
     * first copied in memory, one at a time. Tensors over the same memory are written one by one. The tensors must not
     * change meanwhile.
     *
     * @param path the file; a regular one that is there is replaced, and its mode kept; a symbolic link to one, or to
     *     nothing, is replaced itself
     * @param tensors read
     * @param metadata any texts, written in this order
     * @throws IOException when the file cannot be written, or the path is a folder, a device or another file that is not
     *     regular
     * @throws IllegalArgumentException when a name is {@code __metadata__}, a text is not Unicode, there are more than
     *     262,144 tensors or texts, the header would be longer than 100,000,000 bytes, or the path is not of the
     *     default file system
     * @throws TorchException when there is no memory to copy a tensor that is not contiguous
     */
    public static void save(Path path, Map<String, Tensor> tensors, Map<String, String> metadata) throws IOException {
        write(path, tensors, Objects.requireNonNull(metadata, "metadata"));
    }

    private static void write(Path path, Map<String, Tensor> tensors, @Nullable Map<String, String> metadata)
            throws IOException {
        Objects.requireNonNull(path, "path");
        List<Map.Entry<String, Tensor>> inOrder = inOrder(Objects.requireNonNull(tensors, "tensors"));
        if (metadata != null) {
            metadata.forEach((key, value) -> {
                requireUnicode("metadata's key", key);
                requireUnicode("metadata's value", value);
            });
        }
        Map<String, TensorEntry> entries = new LinkedHashMap<>();
        long offset = 0;
        for (Map.Entry<String, Tensor> entry : inOrder) {
            Tensor tensor = entry.getValue();
            long bytes = tensor.numel() * tensor.dtype().byteSize();
            entries.put(
                    entry.getKey(),
                    new TensorEntry(entry.getKey(), tensor.dtype(), tensor.sizes(), false, offset, bytes));
            offset += bytes;
            if (offset < 0) {
                throw new IllegalArgumentException("tensors take 2^63 bytes or more, and must take less");
            }
        }
        byte[] start = new SafetensorsHeader(metadata, entries, Map.of()).toBytes();
        NewFile.write(path, start.length + offset, file -> {
            file.append(start);
            for (Map.Entry<String, Tensor> entry : inOrder) {
                file.append(entry.getValue());
            }
        });
    }

    /** As the Python package orders them, names by their bytes in UTF-8. */
    private static List<Map.Entry<String, Tensor>> inOrder(Map<String, Tensor> tensors) {
        var entries = new ArrayList<Map.Entry<String, Tensor>>();
        tensors.forEach((name, tensor) -> {
            requireUnicode("tensors' name", name);
            Objects.requireNonNull(tensor, "tensor");
            if (name.equals(SafetensorsHeader.METADATA)) {
                throw new IllegalArgumentException(
                        "tensors has the name " + name + ", which the format uses for its metadata");
            }
            entries.add(Map.entry(name, tensor));
        });
        entries.sort(Comparator.<Map.Entry<String, Tensor>>comparingInt(entry ->
                        SafetensorsHeader.ORDER.indexOf(entry.getValue().dtype()))
                .thenComparing(entry -> entry.getKey().getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned));
        return entries;
    }

    private static void requireUnicode(String what, String text) {
        Objects.requireNonNull(text, "text");
        if (!SafetensorsHeader.isUnicode(text)) {
            throw new IllegalArgumentException(
                    what + " is " + TensorFile.quote(text) + ", and must be Unicode, without unpaired surrogates");
        }
    }
}
