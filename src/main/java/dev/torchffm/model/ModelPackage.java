package dev.torchffm.model;

import com.fasterxml.jackson.core.JacksonException;
import dev.torchffm.Torch;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * A {@code .pt2} file, a zip whose entries stand in one folder: read and checked before anything of it is unpacked.
 *
 * <p>Source: PyTorch's torch/csrc/export/pt2_archive_constants.h and torch/csrc/inductor/aoti_package/model_package_loader.cpp.
 */
final class ModelPackage implements AutoCloseable {

    private static final String MODELS = "data/aotinductor/";
    private static final String VERSION = "0";
    private static final String DEFAULT_MODEL = "model";

    private static final String RECIPE = "In Python: torch._inductor.aoti_compile_and_package("
            + "torch.export.export(module.eval(), example_inputs), package_path=\"model.pt2\")";

    private static final String PICKLE =
            "it is a pickle, as torch.save writes it: load it in Python and compile it. " + RECIPE;

    /** For the small files of a package, and for the source of a model. */
    private static final long MAX_TEXT = 1 << 20;

    private static final long MAX_SOURCE = 1 << 28;

    private final Path path;
    private final ZipFile zip;

    /** By their names in the folder. */
    private final Map<String, ZipEntry> entries;

    private ModelPackage(Path path, ZipFile zip, Map<String, ZipEntry> entries) {
        this.path = path;
        this.zip = zip;
        this.entries = entries;
    }

    /**
     * Opens a package.
     *
     * @throws IOException when the file cannot be read
     * @throws IllegalArgumentException when it is none, with what it is and what to do
     */
    static ModelPackage open(Path path) throws IOException {
        if (path.getFileSystem() != FileSystems.getDefault()) {
            throw refused(path, "it must be of the default file system, not of one such as a zip's");
        }
        if (!Files.exists(path)) {
            throw new NoSuchFileException(path.toString());
        }
        if (!Files.isRegularFile(path)) {
            throw refused(path, "it is a folder, a device or so, and must be a regular file");
        }
        try {
            var zip = new ZipFile(path.toFile(), StandardCharsets.UTF_8);
            try {
                var opened = new ModelPackage(path, zip, entries(path, zip));
                opened.requirePackage();
                return opened;
            } catch (RuntimeException | IOException e) {
                zip.close();
                throw e;
            }
        } catch (ZipException | EOFException e) {
            throw noZip(path, e);
        }
    }

    /** Checks that the system, as Java names it, is one on which the shim opens models. */
    static void requireLinux(String system) {
        if (!system.equals("Linux")) {
            throw new IllegalArgumentException("compiled models run on Linux only, and this is " + system);
        }
    }

    private static IllegalArgumentException noZip(Path path, IOException cause) throws IOException {
        try (InputStream in = Files.newInputStream(path)) {
            int first = in.read();
            String is = first == 0x80
                    ? PICKLE
                    : "it is no zip, or cut off (" + reason(cause) + "), and a .pt2 package is one";
            return new IllegalArgumentException(path + ": " + is, cause);
        }
    }

    /** The entries, whose names and lengths are checked: all lie in one folder. */
    private static Map<String, ZipEntry> entries(Path path, ZipFile zip) throws IOException {
        Map<String, ZipEntry> entries = LinkedHashMap.newLinkedHashMap(zip.size());
        long bytes = 0;
        long size = Files.size(path);
        for (ZipEntry entry : Collections.list(zip.entries())) {
            String name = entry.getName();
            int slash = name.indexOf('/');
            String inner = name.substring(slash + 1);
            Set<String> parts = new HashSet<>(Arrays.asList(name.split("/", -1)));
            if (slash < 1 || parts.contains("..") || name.indexOf('\\') >= 0 || name.indexOf('\0') >= 0) {
                throw refused(
                        path, "it has an entry with the name " + quote(name) + ", and names must lie in one folder");
            }
            if (entry.getCompressedSize() > size - bytes) {
                throw refused(path, "its entries are longer than the file");
            }
            bytes += entry.getCompressedSize();
            if (entries.put(inner, entry) != null) {
                throw refused(path, "it has " + quote(inner) + " twice");
            }
        }
        return entries;
    }

    private void requirePackage() throws IOException {
        if (entries.containsKey("constants.pkl")
                || entries.keySet().stream().anyMatch(name -> name.startsWith("code/"))) {
            throw refused("it is a TorchScript file, which PyTorch has given up: export the module instead. " + RECIPE);
        }
        if (entries.containsKey("data.pkl")) {
            throw refused(PICKLE);
        }
        if (!entries.containsKey("archive_version")) {
            throw refused("it has no archive_version, and so is no .pt2 package. " + RECIPE);
        }
        requireUnpacked();
        String version = text("archive_version", MAX_TEXT);
        if (!version.equals(VERSION)) {
            throw refused("its archive_version is " + quote(version) + ", and must be " + VERSION
                    + ": a newer PyTorch has written it");
        }
        String byteOrder = entries.containsKey("byteorder") ? text("byteorder", MAX_TEXT) : "little";
        if (!byteOrder.equals("little")) {
            throw refused("its byteorder is " + quote(byteOrder) + ", and must be little");
        }
        if (models().isEmpty()) {
            throw refused(
                    entries.keySet().stream().anyMatch(name -> name.startsWith("models/"))
                            ? "it was written by torch.export.save, and has a graph and no library. In Python:"
                                    + " torch._inductor.aoti_compile_and_package(torch.export.load(\""
                                    + path.getFileName()
                                    + "\"), package_path=\"compiled.pt2\")"
                            : "it has no model in " + MODELS + ". " + RECIPE);
        }
    }

    /** So that no small file becomes a large one. */
    private void requireUnpacked() {
        entries.forEach((name, entry) -> {
            if (entry.getMethod() != ZipEntry.STORED || entry.getSize() != entry.getCompressedSize()) {
                throw refused("its entry " + quote(name) + " is packed, and PyTorch writes all as they are");
            }
        });
    }

    private Set<String> models() {
        var models = new TreeSet<String>();
        for (String name : entries.keySet()) {
            int end = name.startsWith(MODELS) ? name.indexOf('/', MODELS.length()) : -1;
            if (end > 0) {
                models.add(name.substring(MODELS.length(), end));
            }
        }
        return models;
    }

    /** The model of a name; without one that called "model", or the only one. */
    String model(@Nullable String name) {
        Set<String> models = models();
        if (name == null && models.size() == 1) {
            return models.iterator().next();
        }
        String chosen = name == null ? DEFAULT_MODEL : name;
        if (!models.contains(chosen)) {
            throw refused(
                    name == null
                            ? "it has the models " + models + ": name one by Options.model"
                            : "it has no model " + quote(name) + ", but " + models);
        }
        return chosen;
    }

    /**
     * Checks that a model can run here.
     *
     * @throws IllegalArgumentException with the reason, and what to do
     */
    void requireServed(String model) throws IOException {
        String library = only(model, ".so")
                .orElseThrow(() -> refused("its model " + quote(model)
                        + " has no library: compile it without aot_inductor.package_cpp_only. " + RECIPE));
        Map<?, ?> metadata = metadata(model, library.substring(0, library.length() - ".so".length()));
        require(metadata, "AOTI_PLATFORM", "linux", "another system: compile it on Linux");
        require(metadata, "AOTI_MACHINE", machine(), "another processor: compile it on one like this");
        require(
                metadata,
                "AOTI_DEVICE_KEY",
                "cpu",
                "another device: compile it with the module and its inputs on the CPU");
        if (metadata.get("AOTI_CPU_ISA") instanceof String isa) {
            Optional<String> missing = CpuInstructions.missing(isa);
            if (missing.isPresent()) {
                throw refused("its model " + quote(model) + " was compiled for processors with " + isa
                        + ", and this one lacks "
                        + missing.get() + ": compile it here, or for any by"
                        + " inductor_configs={\"cpp.march\": \"x86-64\", \"cpp.simdlen\": 1}");
            }
        }
        refuseProxyExecutor(model);
        for (String name : entries.keySet()) {
            if (name.startsWith(folder(model)) && name.contains("custom_obj")) {
                throw refused("its model " + quote(model) + " has torchbind objects, such as "
                        + name.substring(name.lastIndexOf('/') + 1)
                        + ", which only PyTorch can make: export a module without them");
            }
        }
        if (only(model, ".blob").isPresent()) {
            throw refused(
                    "its model " + quote(model) + " has its weights in a file of their own: compile it without"
                            + " aot_inductor.package_constants_on_disk_format; weights of a safetensors file are given to load");
        }
    }

    private void require(Map<?, ?> metadata, String key, String here, String remedy) {
        Object is = metadata.get(key);
        if (is != null && !is.equals(here)) {
            throw refused("it was compiled for " + is + " (" + key + "), and this is " + here + ", " + remedy);
        }
    }

    private static String machine() {
        String machine = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        return machine.equals("amd64") ? "x86_64" : machine;
    }

    private Map<?, ?> metadata(String model, String stem) throws IOException {
        String name = stem + "_metadata.json";
        if (!entries.containsKey(name)) {
            throw refused("its model " + quote(model) + " has no metadata: a PyTorch older than 2.6 has compiled it");
        }
        return map(name);
    }

    private Map<?, ?> map(String name) throws IOException {
        String text = text(name, MAX_TEXT);
        try {
            if (Json.read(text) instanceof Map<?, ?> map) {
                return map;
            }
        } catch (IOException e) {
            String reason = e instanceof JacksonException json ? json.getOriginalMessage() : e.getMessage();
            throw refused("its " + quote(name) + " is no JSON: " + reason);
        }
        throw refused("its " + quote(name) + " must be a JSON object");
    }

    /** Operators without a C function are called by an executor that only libtorch's C++ has. */
    private void refuseProxyExecutor(String model) throws IOException {
        for (String name : entries.keySet()) {
            if (name.startsWith(folder(model))
                    && name.endsWith(".wrapper.json")
                    && map(name).get("nodes") instanceof List<?> nodes
                    && !nodes.isEmpty()) {
                var targets = new TreeSet<String>();
                for (Object node : nodes) {
                    if (node instanceof Map<?, ?> outer && outer.get("node") instanceof Map<?, ?> inner) {
                        targets.add(String.valueOf(inner.get("target")));
                    }
                }
                throw refused("its model " + quote(model) + " calls " + String.join(", ", targets)
                        + " by PyTorch's proxy executor, which is C++ only: use operators that have a C function, or give"
                        + " a custom one such a function by aot_inductor.custom_ops_to_c_shims");
            }
        }
    }

    /** The model's C++ source with its kernels', or empty text where it is not whole. */
    String source(String model) throws IOException {
        if (only(model, ".wrapper.cpp").isEmpty()) {
            return "";
        }
        var source = new StringBuilder();
        for (String name : entries.keySet()) {
            if (name.startsWith(folder(model)) && name.endsWith(".cpp")) {
                if (entries.get(name).getSize() + source.length() > MAX_SOURCE) {
                    return "";
                }
                source.append(text(name, MAX_SOURCE)).append('\n');
            }
        }
        return source.toString();
    }

    /** Writes the model's library. */
    void unpackLibrary(String model, Path target) throws IOException {
        String name = only(model, ".so").orElseThrow();
        try (OutputStream out = Files.newOutputStream(target)) {
            copy(name, out);
        }
    }

    /** What the failure of the system's loader means. */
    IllegalArgumentException notLoaded(String model, String text, Throwable cause) {
        String remedy = text.contains("undefined symbol: aoti_")
                ? ": a newer PyTorch than libtorch " + Torch.libtorchVersion()
                        + " has compiled it; take that one's libtorch, or compile it with this version"
                : text.contains("failed to map segment")
                        ? ": the temporary folder may be mounted noexec; name another by -Djava.io.tmpdir=FOLDER"
                        : "";
        return new IllegalArgumentException(
                path + ": its model " + quote(model) + " cannot be loaded: " + text + remedy, cause);
    }

    private static String folder(String model) {
        return MODELS + model + "/";
    }

    /** The only entry of a model whose name ends so. */
    private Optional<String> only(String model, String ending) {
        return entries.keySet().stream()
                .filter(name -> name.startsWith(folder(model)) && name.endsWith(ending))
                .reduce((first, second) -> {
                    throw refused("its model " + quote(model) + " has two files that end with " + ending + ", "
                            + quote(first) + " and " + quote(second));
                });
    }

    private String text(String name, long limit) throws IOException {
        ZipEntry entry = entries.get(name);
        if (entry.getSize() > limit) {
            throw refused("its " + quote(name) + " has " + entry.getSize() + " bytes, and must have at most " + limit);
        }
        var bytes = new ByteArrayOutputStream();
        copy(name, bytes);
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private void copy(String name, OutputStream out) throws IOException {
        ZipEntry entry = entries.get(name);
        try (var in = new CheckedInputStream(zip.getInputStream(entry), new CRC32())) {
            in.transferTo(out);
            if (in.getChecksum().getValue() != entry.getCrc()) {
                throw refused("its " + quote(name) + " has another checksum than the zip says: the file is damaged");
            }
        } catch (ZipException | EOFException e) {
            throw refused("its " + quote(name) + " cannot be read: " + reason(e));
        }
    }

    private static String reason(IOException e) {
        return e instanceof EOFException ? "the zip leads beyond its end" : String.valueOf(e.getMessage());
    }

    private static String quote(String text) {
        String shown = text.length() <= 80 ? text : text.substring(0, 80) + "…";
        return '"' + shown.replace("\n", "\\n").replace("\0", "\\0") + '"';
    }

    private static IllegalArgumentException refused(Path path, String reason) {
        return new IllegalArgumentException(path + ": " + reason);
    }

    private IllegalArgumentException refused(String reason) {
        return refused(path, reason);
    }

    @Override
    public void close() throws IOException {
        zip.close();
    }
}
