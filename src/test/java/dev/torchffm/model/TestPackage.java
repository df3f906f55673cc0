package dev.torchffm.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.torchffm.Tensor;
import dev.torchffm.io.Safetensors;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** A package made of the small one: with entries changed, left out, added or damaged. */
final class TestPackage {

    /** A network of 16, 64 and 4 numbers for any batch up to 1,024, compiled for every x86-64. */
    static final Path MLP = resource("mlp.pt2");

    /** A model of nested inputs and outputs that adds to a buffer, likewise. */
    static final Path SMALL = resource("small.pt2");

    static final int CALL_COUNT = 4;

    /** The folder of its model. */
    static final String MODEL = "data/aotinductor/model/";

    private static Path resource(String name) {
        return Path.of(URI.create(Objects.requireNonNull(TestPackage.class.getResource(name), name)
                .toString()));
    }

    /** An entry, and what the zip says of it. */
    record Entry(String name, byte[] bytes, int method, int crc, int size) {

        Entry(String name, byte[] bytes) {
            this(name, bytes, ZipEntry.STORED, crc(bytes), bytes.length);
        }

        private static int crc(byte[] bytes) {
            var crc = new CRC32();
            crc.update(bytes);
            return (int) crc.getValue();
        }

        Entry named(String other) {
            return new Entry(other, bytes, method, crc, size);
        }
    }

    private final List<Entry> entries = new ArrayList<>();

    /** The small package as it is. */
    static TestPackage mlp() {
        var made = new TestPackage();
        try (var zip = new ZipFile(MLP.toFile())) {
            for (ZipEntry entry : (Iterable<ZipEntry>)
                    () -> zip.stream().map(ZipEntry.class::cast).iterator()) {
                made.entries.add(
                        new Entry(entry.getName(), zip.getInputStream(entry).readAllBytes()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return made;
    }

    TestPackage copy() {
        var copy = new TestPackage();
        copy.entries.addAll(entries);
        return copy;
    }

    /** The tensors of calls that the module was made of, such as 0.input.0 and 0.output.0. */
    static Map<String, Tensor> calls(Path file, Arena arena) throws IOException {
        return Safetensors.map(Path.of(file.toString().replace(".pt2", ".safetensors")), MapMode.READ_ONLY, arena);
    }

    /** The entry that ends so. */
    Entry entry(String ending) {
        return entries.stream()
                .filter(entry -> entry.name().endsWith(ending))
                .findFirst()
                .orElseThrow();
    }

    String text(String ending) {
        return new String(entry(ending).bytes(), UTF_8);
    }

    /** Exchanges the entry that ends so. */
    TestPackage replace(String ending, UnaryOperator<Entry> change) {
        Entry entry = entry(ending);
        entries.set(entries.indexOf(entry), change.apply(entry));
        return this;
    }

    /** Exchanges the entry at a place, of those that there are. */
    TestPackage replaceAny(int place, UnaryOperator<Entry> change) {
        entries.set(place % entries.size(), change.apply(entries.get(place % entries.size())));
        return this;
    }

    TestPackage replaceText(String ending, UnaryOperator<String> change) {
        return replace(
                ending,
                entry -> new Entry(
                        entry.name(),
                        change.apply(new String(entry.bytes(), UTF_8)).getBytes(UTF_8)));
    }

    TestPackage replaceBytes(String ending, UnaryOperator<byte[]> change) {
        return replace(ending, entry -> new Entry(entry.name(), change.apply(entry.bytes())));
    }

    TestPackage without(String ending) {
        entries.remove(entry(ending));
        return this;
    }

    /** Adds an entry in the package's folder. */
    TestPackage add(String name, String text) {
        return add(new Entry("mlp/" + name, text.getBytes(UTF_8)));
    }

    TestPackage add(Entry entry) {
        entries.add(entry);
        return this;
    }

    /** Adds the model under another name. */
    TestPackage addModel(String name) {
        for (Entry entry : List.copyOf(entries)) {
            if (entry.name().contains(MODEL)) {
                add(entry.named(entry.name().replace(MODEL, "data/aotinductor/" + name + "/")));
            }
        }
        return this;
    }

    /** Leaves the model out. */
    TestPackage withoutModel() {
        entries.removeIf(entry -> entry.name().contains(MODEL));
        return this;
    }

    Path write(Path folder) throws IOException {
        return Files.write(folder.resolve("made.pt2"), bytes());
    }

    byte[] bytes() {
        var files = new ByteArrayOutputStream();
        var directory = new ByteArrayOutputStream();
        for (Entry entry : entries) {
            byte[] name = entry.name().getBytes(UTF_8);
            int start = files.size();
            files.writeBytes(little(30)
                    .putInt(0x04034b50)
                    .putShort((short) 20)
                    .putShort((short) 0x800)
                    .putShort((short) entry.method())
                    .putInt(0)
                    .putInt(entry.crc())
                    .putInt(entry.bytes().length)
                    .putInt(entry.size())
                    .putShort((short) name.length)
                    .array());
            files.writeBytes(name);
            files.writeBytes(entry.bytes());
            directory.writeBytes(little(46)
                    .putInt(0x02014b50)
                    .putShort((short) 20)
                    .putShort((short) 20)
                    .putShort((short) 0x800)
                    .putShort((short) entry.method())
                    .putInt(0)
                    .putInt(entry.crc())
                    .putInt(entry.bytes().length)
                    .putInt(entry.size())
                    .putShort((short) name.length)
                    .putInt(0)
                    .putInt(0)
                    .putInt(0)
                    .putInt(start)
                    .array());
            directory.writeBytes(name);
        }
        short count = (short) entries.size();
        byte[] end = little(22)
                .putInt(0x06054b50)
                .putInt(0)
                .putShort(count)
                .putShort(count)
                .putInt(directory.size())
                .putInt(files.size())
                .array();
        files.writeBytes(directory.toByteArray());
        files.writeBytes(end);
        return files.toByteArray();
    }

    private static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
