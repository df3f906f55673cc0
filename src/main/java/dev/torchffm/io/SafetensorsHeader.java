package dev.torchffm.io;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import dev.torchffm.DType;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The header of a safetensors file.
 *
 * <p>Source: the safetensors page "Format".
 *
 * @param metadata null where there is none
 * @param tensors by name, in the header's order
 * @param others the dtypes, by name, of the tensors that no tensor of ours can be
 */
record SafetensorsHeader(
        @Nullable Map<String, String> metadata, Map<String, TensorEntry> tensors, Map<String, String> others) {

    static final String METADATA = "__metadata__";

    /** The Python package's own limit. */
    private static final int MAX_BYTES = 100_000_000;

    /** The Python package's own limit: objects and arrays in one another. */
    private static final int MAX_DEPTH = 127;

    /** The most tensors, and the most texts of the metadata: each takes far more bytes of heap than of the file. */
    static final int MAX_ENTRIES = 1 << 18;

    /** The most dimensions of all tensors together, for the same reason. */
    static final int MAX_DIMENSIONS = 1 << 20;

    private static final int LENGTH_BYTES = 8;

    /** The dtypes in the order in which the Python package stores them: those of the widest elements first. */
    static final List<DType> ORDER = List.of(
            DType.INT64,
            DType.FLOAT64,
            DType.FLOAT32,
            DType.INT32,
            DType.BFLOAT16,
            DType.FLOAT16,
            DType.INT16,
            DType.INT8,
            DType.UINT8,
            DType.BOOL);

    /** The bits of an element of the format's other dtypes. */
    private static final Map<String, Integer> OTHER_BITS = Map.ofEntries(
            Map.entry("F4", 4),
            Map.entry("F6_E2M3", 6),
            Map.entry("F6_E3M2", 6),
            Map.entry("F8_E4M3", 8),
            Map.entry("F8_E4M3FNUZ", 8),
            Map.entry("F8_E5M2", 8),
            Map.entry("F8_E5M2FNUZ", 8),
            Map.entry("F8_E8M0", 8),
            Map.entry("U16", 16),
            Map.entry("U32", 32),
            Map.entry("U64", 64),
            Map.entry("C64", 64));

    /** Names are not cached, so that a hostile file leaves nothing in memory. */
    private static final JsonFactory JSON = new JsonFactoryBuilder()
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .recyclerPool(JsonRecyclerPools.nonRecyclingPool()) // by default a thread keeps what holds a class loader
            .disable(JsonWriteFeature.WRITE_HEX_UPPER_CASE) // as the Python package
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxNumberLength(MAX_BYTES)
                    .maxNameLength(MAX_BYTES)
                    .maxStringLength(MAX_BYTES)
                    .build())
            .build();

    private static String name(DType dtype) {
        return switch (dtype) {
            case FLOAT64 -> "F64";
            case FLOAT32 -> "F32";
            case FLOAT16 -> "F16";
            case BFLOAT16 -> "BF16";
            case INT64 -> "I64";
            case INT32 -> "I32";
            case INT16 -> "I16";
            case INT8 -> "I8";
            case UINT8 -> "U8";
            case BOOL -> "BOOL";
        };
    }

    /** The dtype of a name, or null where there is none. */
    private static @Nullable DType dtype(String name) {
        return ORDER.stream()
                .filter(dtype -> name(dtype).equals(name))
                .findFirst()
                .orElse(null);
    }

    /** Whether UTF-8 can encode the text: it has no unpaired surrogates. */
    static boolean isUnicode(String text) {
        return StandardCharsets.UTF_8.newEncoder().canEncode(text);
    }

    // ---- written ----

    /** The file's bytes before the elements, exactly as the Python package writes them. */
    byte[] toBytes() throws IOException {
        checkCount("tensors", tensors);
        long dimensions = tensors.values().stream()
                .mapToLong(tensor -> tensor.sizes().length)
                .sum();
        if (dimensions > MAX_DIMENSIONS) {
            throw new IllegalArgumentException(
                    "tensors have " + dimensions + " dimensions together, and may have " + MAX_DIMENSIONS + " at most");
        }
        if (metadata != null) {
            checkCount("metadata", metadata);
        }
        var json = new StringWriter();
        try (JsonGenerator generator = JSON.createGenerator(json)) {
            write(generator);
        }
        byte[] text = json.toString().getBytes(StandardCharsets.UTF_8);
        int length = Math.ceilDiv(text.length, LENGTH_BYTES) * LENGTH_BYTES;
        if (length > MAX_BYTES) {
            throw new IllegalArgumentException(
                    "the header takes " + length + " bytes, and may take " + MAX_BYTES + " at most");
        }
        byte[] bytes = Arrays.copyOf(
                ByteBuffer.allocate(LENGTH_BYTES + text.length)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(length)
                        .put(text)
                        .array(),
                LENGTH_BYTES + length);
        Arrays.fill(bytes, LENGTH_BYTES + text.length, bytes.length, (byte) ' ');
        return bytes;
    }

    private static void checkCount(String what, Map<?, ?> entries) {
        if (entries.size() > MAX_ENTRIES) {
            throw new IllegalArgumentException(
                    what + " has " + entries.size() + " entries, and may have " + MAX_ENTRIES + " at most");
        }
    }

    private void write(JsonGenerator generator) throws IOException {
        generator.writeStartObject();
        if (metadata != null) {
            generator.writeObjectFieldStart(METADATA);
            for (Map.Entry<String, String> entry : metadata.entrySet()) {
                generator.writeStringField(entry.getKey(), entry.getValue());
            }
            generator.writeEndObject();
        }
        for (Map.Entry<String, TensorEntry> entry : tensors.entrySet()) {
            TensorEntry tensor = entry.getValue();
            generator.writeObjectFieldStart(entry.getKey());
            generator.writeStringField("dtype", name(tensor.dtype()));
            generator.writeFieldName("shape");
            generator.writeArray(tensor.sizes(), 0, tensor.sizes().length);
            generator.writeFieldName("data_offsets");
            generator.writeArray(new long[] {tensor.start(), tensor.start() + tensor.bytes()}, 0, 2);
            generator.writeEndObject();
        }
        generator.writeEndObject();
    }

    // ---- read ----

    static SafetensorsHeader read(TensorFile file) throws IOException {
        byte[] field = file.read(0, LENGTH_BYTES, "the header's length");
        long length = ByteBuffer.wrap(field).order(ByteOrder.LITTLE_ENDIAN).getLong();
        if (length < 0 || length > MAX_BYTES) {
            throw file.refused("its header has " + Long.toUnsignedString(length) + " bytes, and may have " + MAX_BYTES
                    + " at most");
        }
        byte[] text = file.read(LENGTH_BYTES, (int) length, "the header");
        long start = LENGTH_BYTES + length;
        // Decoded while it is parsed: as one string it would take some 400 MB of heap.
        var characters = new InputStreamReader(new ByteArrayInputStream(text), StandardCharsets.UTF_8.newDecoder());
        try (JsonParser json = JSON.createParser(characters)) {
            return new Parser(json, file, start, new ArrayList<>()).header();
        } catch (JacksonException e) {
            throw file.refused("its header must be valid JSON, and is not: " + e.getOriginalMessage(), e);
        } catch (CharacterCodingException e) {
            throw file.refused("its header must be UTF-8, and is not", e);
        }
    }

    /** The bytes that a tensor takes, and its name in messages. */
    private record Part(String name, long start, long bytes) {}

    /** Reads the JSON, in the forms that a header may have. */
    private record Parser(JsonParser json, TensorFile file, long start, List<Part> parts) {

        SafetensorsHeader header() throws IOException {
            Map<String, String> metadata = null;
            boolean hasMetadata = false;
            Map<String, TensorEntry> tensors = new LinkedHashMap<>();
            Map<String, String> others = new LinkedHashMap<>();
            int dimensions = 0;
            next(JsonToken.START_OBJECT, "its header");
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = unicode(json.currentName());
                checkNew(
                        "its header",
                        name,
                        name.equals(METADATA) ? hasMetadata : tensors.containsKey(name) || others.containsKey(name));
                if (name.equals(METADATA)) {
                    hasMetadata = true;
                    metadata = metadata();
                } else {
                    checkCount("tensors", parts.size());
                    Description tensor = description("the tensor " + TensorFile.quote(name));
                    dimensions += tensor.sizes().length;
                    if (dimensions > MAX_DIMENSIONS) {
                        throw file.refused("its tensors have more than " + MAX_DIMENSIONS
                                + " dimensions together, the most that are read");
                    }
                    Part part = part(tensor);
                    parts.add(part);
                    DType dtype = dtype(tensor.dtype());
                    if (dtype == null) {
                        others.put(name, tensor.dtype());
                    } else {
                        tensors.put(
                                name,
                                new TensorEntry(part.name(), dtype, tensor.sizes(), false, part.start(), part.bytes()));
                    }
                }
            }
            if (json.nextToken() != null) {
                throw file.refused("its header must end with the JSON object, and goes on with "
                        + TensorFile.quote(json.getText()));
            }
            checkCovers();
            return new SafetensorsHeader(metadata, tensors, others);
        }

        private void checkCount(String what, int before) {
            if (before == MAX_ENTRIES) {
                throw file.refused("its header has more than " + MAX_ENTRIES + " " + what + ", the most that are read");
            }
        }

        /** The format disallows that a key comes twice. */
        private void checkNew(String what, String key, boolean isThere) {
            if (isThere) {
                throw file.refused(what + " has the key " + TensorFile.quote(key) + " twice");
            }
        }

        private @Nullable Map<String, String> metadata() throws IOException {
            if (json.nextToken() == JsonToken.VALUE_NULL) {
                return null;
            }
            require(JsonToken.START_OBJECT, METADATA);
            Map<String, String> metadata = new LinkedHashMap<>();
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                checkCount("texts in " + METADATA, metadata.size());
                String key = unicode(json.currentName());
                checkNew(METADATA, key, metadata.containsKey(key));
                metadata.put(key, string(METADATA + "'s " + TensorFile.quote(key)));
            }
            return metadata;
        }

        /** Checks that the tensors take every byte from the start to the file's end, each byte once. */
        private void checkCovers() {
            parts.sort(Comparator.comparingLong(Part::start).thenComparingLong(Part::bytes));
            long end = start;
            for (Part part : parts) {
                if (part.start() != end) {
                    throw file.refused(part.name() + " begins at byte " + (part.start() - start) + " of the data, and"
                            + " must begin where the one before it ends, at " + (end - start));
                }
                end += part.bytes();
            }
            if (end != file.size()) {
                throw file.refused("it has " + (file.size() - start) + " bytes after its header, and the tensors take "
                        + (end - start));
            }
        }

        /** What the header says of a tensor. */
        private record Description(String name, String dtype, long[] sizes, long[] offsets) {}

        private Description description(String name) throws IOException {
            String dtype = null;
            long[] sizes = null;
            long[] offsets = null;
            next(JsonToken.START_OBJECT, name);
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                switch (unicode(json.currentName())) {
                    case "dtype" -> {
                        checkNew(name, "dtype", dtype != null);
                        dtype = string(name + "'s dtype");
                    }
                    case "shape" -> {
                        checkNew(name, "shape", sizes != null);
                        sizes = integers(name + "'s shape", TensorFile.MAX_DIM);
                    }
                    case "data_offsets" -> {
                        checkNew(name, "data_offsets", offsets != null);
                        offsets = integers(name + "'s data_offsets", 2);
                    }
                    default -> skipValue();
                }
            }
            if (dtype == null || sizes == null || offsets == null || offsets.length < 2) {
                throw file.refused(name + " must have a dtype, a shape and two data_offsets");
            }
            return new Description(name, dtype, sizes, offsets);
        }

        private Part part(Description tensor) {
            long[] offsets = tensor.offsets();
            long bytes = bytes(tensor);
            if (offsets[1] - offsets[0] != bytes) {
                throw file.refused(tensor.name() + " has the data_offsets " + Arrays.toString(offsets)
                        + ", and its elements (" + tensor.dtype() + ", sizes " + Arrays.toString(tensor.sizes())
                        + ") take " + bytes + " bytes");
            }
            if (offsets[1] > file.size() - start) {
                throw file.refused("it has " + (file.size() - start) + " bytes after its header, and " + tensor.name()
                        + " has the data_offsets " + Arrays.toString(offsets));
            }
            return new Part(tensor.name(), start + offsets[0], bytes);
        }

        private long bytes(Description tensor) {
            DType dtype = dtype(tensor.dtype());
            if (dtype != null) {
                return file.bytes(tensor.name(), dtype.byteSize(), tensor.sizes());
            }
            Integer bits = OTHER_BITS.get(tensor.dtype());
            if (bits == null) {
                throw file.refused(tensor.name() + " has the dtype " + TensorFile.quote(tensor.dtype())
                        + ", and must have one of "
                        + Stream.concat(
                                        ORDER.stream().map(SafetensorsHeader::name),
                                        OTHER_BITS.keySet().stream().sorted())
                                .collect(Collectors.joining(" ")));
            }
            if (bits >= Byte.SIZE) {
                return file.bytes(tensor.name(), bits / Byte.SIZE, tensor.sizes());
            }
            long elements = file.bytes(tensor.name(), 1, tensor.sizes());
            long rest = elements % Byte.SIZE * bits;
            if (rest % Byte.SIZE != 0) {
                throw file.refused(tensor.name() + " has " + elements + " elements of " + tensor.dtype()
                        + ", and must take whole bytes");
            }
            return elements / Byte.SIZE * bits + rest / Byte.SIZE;
        }

        private String string(String what) throws IOException {
            next(JsonToken.VALUE_STRING, what);
            return unicode(json.getText());
        }

        private long[] integers(String what, int max) throws IOException {
            next(JsonToken.START_ARRAY, what);
            var integers = new long[max];
            int count = 0;
            while (json.nextToken() != JsonToken.END_ARRAY) {
                if (count == max) {
                    throw file.refused(what + " has more than " + max + " numbers, the most that are allowed");
                }
                if (json.currentToken() != JsonToken.VALUE_NUMBER_INT
                        || json.getText().startsWith("-")) { // -0 too
                    throw file.refused(what + " has " + TensorFile.quote(json.getText())
                            + ", and must have integers of 0 or more");
                }
                integers[count++] = json.getLongValue();
            }
            return Arrays.copyOf(integers, count);
        }

        /** Reads over the value of another key, and refuses in it what the Python package refuses. */
        private void skipValue() throws IOException {
            int depth = 0;
            do {
                switch (json.nextToken()) {
                    case START_OBJECT, START_ARRAY -> depth++;
                    case END_OBJECT, END_ARRAY -> depth--;
                    case FIELD_NAME, VALUE_STRING -> unicode(json.getText());
                    case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> {
                        if (Double.isInfinite(json.getDoubleValue())) {
                            throw file.refused("its header's " + TensorFile.quote(json.getText())
                                    + " must be in the range of a double, and is not");
                        }
                    }
                    default -> {}
                }
            } while (depth > 0);
        }

        private void next(JsonToken token, String what) throws IOException {
            json.nextToken();
            require(token, what);
        }

        private void require(JsonToken token, String what) throws IOException {
            if (json.currentToken() != token) {
                throw file.refused(what + " is " + TensorFile.quote(Objects.requireNonNullElse(json.getText(), ""))
                        + ", and must be a JSON "
                        + switch (token) {
                            case START_OBJECT -> "object";
                            case START_ARRAY -> "array";
                            default -> "string";
                        });
            }
        }

        private String unicode(String text) {
            if (!isUnicode(text)) {
                throw file.refused("its header's " + TensorFile.quote(text) + " must be Unicode, and is not");
            }
            return text;
        }
    }
}
