package dev.torchffm.io;

import dev.torchffm.Tensor;
import dev.torchffm.TorchException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * NumPy's files of one array, {@code .npy}: mapped as a tensor without a copy, and saved as NumPy saves them.
 *
 * {@snippet class="dev.torchffm.examples.IoSnippets" region="npy"}
 *
 * <table class="striped">
 * <caption>dtypes</caption>
 * <thead><tr><th>NumPy's descr</th><th>dtype</th></tr></thead>
 * <tbody>
 * <tr><td>{@code <f2 <f4 <f8}</td><td>FLOAT16, FLOAT32, FLOAT64</td></tr>
 * <tr><td>{@code |i1 <i2 <i4 <i8}</td><td>INT8, INT16, INT32, INT64</td></tr>
 * <tr><td>{@code |u1}</td><td>UINT8</td></tr>
 * <tr><td>{@code |b1}</td><td>BOOL</td></tr>
 * </tbody>
 * </table>
 *
 * <p>NumPy's other names of these are read too: without a byte order or with {@code |} or {@code =}, letters such as
 * {@code f} and {@code ?}, words such as {@code float32}. Every other dtype is refused: big-endian ones, wider unsigned
 * ones, complex ones, Python objects and structures. NumPy has no BFLOAT16.
 *
 * <p>A header is read as NumPy reads it, with Python 2's {@code 2L} in versions 1.0 and 2.0. NumPy takes some that are
 * refused here:
 * <ul>
 *   <li>a key that comes twice, a size below 0, and sizes whose product, those of 0 left out, takes 2^63 bytes or more;
 *   <li>a descr such as {@code 'f 4'}, {@code 'f04'}, {@code '(1,)f4'} or {@code ('<f4', ())};
 *   <li>comments, backslashes, raw strings, strings in three quotes or side by side, a blank before {@code L}, and
 *       parentheses after a sign or round a key or the dict.
 * </ul>
 * White space round the dict is skipped, also where Python takes it for an indent.
 *
 * <p>Any thread may use these methods.
 *
 * <p>Source: the NumPy page "numpy.lib.format".
 */
public final class Npy {

    /** NumPy's own limit, its {@code max_header_size}. */
    private static final int MAX_HEADER = 10_000;

    private static final int VERSION = NpyHeader.MAGIC.length;

    private Npy() {}

    /**
     * Maps a file's array as a tensor. An array in Fortran order has column-major strides.
     *
     * <p>Nothing is copied where the elements begin at a multiple of their size in the file, as they do in every file
     * that NumPy wrote; else READ_ONLY and PRIVATE copy them into the arena's memory, and READ_WRITE is refused.
     *
     * <table class="striped">
     * <caption>What a write into the tensor does</caption>
     * <thead><tr><th>mode</th><th>a write</th></tr></thead>
     * <tbody>
     * <tr><td>READ_ONLY</td><td>is refused</td></tr>
     * <tr><td>PRIVATE</td><td>stays in memory, the file is left alone</td></tr>
     * <tr><td>READ_WRITE</td><td>changes the file; {@code x.segment().force()} sends it to the device at once</td></tr>
     * </tbody>
     * </table>
     *
     * <p>PRIVATE and READ_WRITE need a file that the process may write to. A mapped file may be renamed and deleted,
     * but it <em>must not be shortened</em>: an access beyond its new end is an {@link InternalError} in Java, and in
     * libtorch the end of the process. The elements are not checked; those of a BOOL array must be 0 or 1.
     *
     * @param path the file, of format version 1.0, 2.0 or 3.0; what follows the array is left alone
     * @param mode READ_ONLY, PRIVATE or READ_WRITE
     * @param arena of the mapping and the tensor, which are gone when it is closed
     * @throws IOException when the file cannot be opened, read or mapped
     * @throws IllegalArgumentException when it is not a whole .npy file, or holds an array that a tensor cannot be, or
     *     is not of the default file system
     * @throws IllegalStateException when the arena is closed
     * @throws WrongThreadException when the arena is confined to another thread
     */
    public static Tensor map(Path path, FileChannel.MapMode mode, Arena arena) throws IOException {
        Objects.requireNonNull(arena, "arena");
        try (TensorFile file = TensorFile.open(path, mode)) {
            return file.map(List.of(read(file)), arena).getFirst();
        }
    }

    private static TensorEntry read(TensorFile file) throws IOException {
        byte[] start = file.read(0, VERSION + 2, "the start of an .npy file");
        if (!Arrays.equals(start, 0, VERSION, NpyHeader.MAGIC, 0, VERSION)) {
            throw file.refused("it does not begin with \\x93NUMPY, and an .npy file must");
        }
        int major = start[VERSION];
        int minor = start[VERSION + 1];
        if (major < 1 || major > 3 || minor != 0) {
            throw file.refused("it has the format version " + Byte.toUnsignedInt(start[VERSION]) + "."
                    + Byte.toUnsignedInt(start[VERSION + 1]) + ", and must have 1.0, 2.0 or 3.0");
        }
        int width = major == 1 ? 2 : 4;
        byte[] field = Arrays.copyOf(file.read(start.length, width, "the header's length"), 8);
        long length = ByteBuffer.wrap(field).order(ByteOrder.LITTLE_ENDIAN).getLong();
        if (length > MAX_HEADER) {
            throw file.refused("its header has " + length + " bytes, and may have " + MAX_HEADER + " at most");
        }
        int begin = start.length + width;
        Charset charset = major == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1;
        String text = file.decode(file.read(begin, (int) length, "the header"), charset);
        NpyHeader header = NpyHeader.parse(text, major, file);

        long elements = begin + length;
        long bytes = file.bytes("the array", header.dtype().byteSize(), header.sizes());
        var entry =
                new TensorEntry("the array", header.dtype(), header.sizes(), header.fortranOrder(), elements, bytes);
        if (file.size() - elements < bytes) {
            throw file.refused(
                    "it has " + (file.size() - elements) + " bytes after its header, and " + entry + " takes " + bytes);
        }
        return entry;
    }

    /**
     * Saves a tensor as NumPy's {@code save} does, byte for byte: in format version 1.0; a tensor whose elements lie in
     * column-major order without a gap in Fortran order, every other in row-major order.
     *
     * <p>The file is written beside the path under another name and then moved there, so that a failure leaves what
     * was there before, and tensors that are mapped from it stay as they are. What a killed process leaves there is
     * deleted by the next save of that file. A tensor with gaps is first copied in
     * memory. The tensor must not change meanwhile.
     *
     * @param path the file; a regular one that is there is replaced, and its mode kept; a symbolic link to one, or to
     *     nothing, is replaced itself
     * @param tensor read
     * @throws IOException when the file cannot be written, or the path is a folder, a device or another file that is not
     *     regular
     * @throws IllegalArgumentException for BFLOAT16, and for a path that is not of the default file system
     * @throws TorchException when there is no memory to copy a tensor with gaps
     */
    public static void save(Path path, Tensor tensor) throws IOException {
        Objects.requireNonNull(path, "path");
        Objects.requireNonNull(tensor, "tensor");
        NpyHeader header = NpyHeader.of(tensor);
        byte[] start = header.toBytes();
        NewFile.write(path, start.length + tensor.numel() * tensor.dtype().byteSize(), file -> {
            file.append(start);
            if (header.fortranOrder()) {
                file.append(tensor.segment());
            } else {
                file.append(tensor);
            }
        });
    }
}
