package dev.torchffm.examples;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.interop.ArrowTensors;
import dev.torchffm.io.Npy;
import dev.torchffm.nn.MyReLU;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryType;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Objects;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowFileWriter;

/**
 * A file of floats, however many, is mapped, rectified in place chunk by chunk, and written as an Arrow IPC file, in a
 * heap of some megabytes: the file's pages, the tensor and Arrow's vectors are one memory.
 */
public final class Pipeline {

    private static final int CHUNK = 1 << 24;

    /**
     * What a run was like.
     *
     * @param zeros how many elements are 0 after the ReLU
     * @param copied how many bytes Arrow has in other memory than the file's pages
     */
    public record Figures(long elements, long zeros, long copied) {

        /** The part of the elements that is 0. */
        public double sparsity() {
            return (double) zeros / elements;
        }
    }

    private Pipeline() {}

    /** Takes the folder for both files and how many floats. */
    static void main(String[] arguments) throws IOException {
        Path folder = Files.createDirectories(Path.of(arguments[0]));
        long floats = Long.parseLong(arguments[1]);
        Path source = folder.resolve("floats.npy");
        Path target = folder.resolve("floats.arrow");
        try (Arena arena = Arena.ofConfined()) {
            Npy.save(source, Torch.randn(arena, floats));
        }
        System.out.println("made " + source + ", " + Files.size(source) + " bytes");
        Figures figures = run(source, target);
        System.out.printf(
                "%nsparsity %.4f; bytes copied between libraries: %d%n", figures.sparsity(), figures.copied());
        System.out.println(
                "wrote " + target + ", " + Files.size(target) + " bytes; peak heap " + peakHeapMegabytes() + " MB");
    }

    /** Rectifies the .npy file in place, and writes its elements to the target as Arrow's record batches. */
    public static Figures run(Path source, Path target) throws IOException {
        Tensor x = Npy.map(source, MapMode.READ_WRITE, Arena.ofAuto()); // Arrow is lent what nobody can close
        MemorySegment memory = x.segment();
        var relu = new MyReLU(true);
        long zeros = 0;
        long copied = 0;
        try (BufferAllocator allocator = new RootAllocator();
                var column = new Float4Vector("x", allocator);
                var root = new VectorSchemaRoot(List.of(column));
                var channel = FileChannel.open(
                        target,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.TRUNCATE_EXISTING);
                var writer = new ArrowFileWriter(root, null, channel)) {
            writer.start();
            for (long done = 0; done < x.numel(); done += CHUNK) {
                int count = (int) Math.min(CHUNK, x.numel() - done);
                MemorySegment part = memory.asSlice(done * Float.BYTES, (long) count * Float.BYTES);
                Tensor chunk = relu.forward(Tensor.fromSegment(part, DType.FLOAT32, count));
                zeros += count - nonZeros(chunk);
                try (FieldVector vector = ArrowTensors.vector("x", chunk, allocator)) {
                    vector.makeTransferPair(column).transfer();
                }
                copied += column.getDataBuffer().memoryAddress() == part.address() ? 0 : part.byteSize();
                root.setRowCount(count);
                writer.writeBatch();
                column.clear();
                showProgress(done + count, x.numel());
            }
            writer.end();
        }
        return new Figures(x.numel(), zeros, copied);
    }

    private static long nonZeros(Tensor chunk) {
        var count = (Tensor)
                Objects.requireNonNull(Torch.call("aten::count_nonzero", chunk).getFirst());
        return count.item().longValue();
    }

    private static void showProgress(long done, long all) {
        int tenths = (int) (done * 30 / all);
        System.out.print("\r[" + "#".repeat(tenths) + ".".repeat(30 - tenths) + "] " + done * 100 / all + " %");
        System.out.flush();
    }

    private static long peakHeapMegabytes() {
        return ManagementFactory.getMemoryPoolMXBeans().stream()
                        .filter(pool -> pool.getType() == MemoryType.HEAP)
                        .mapToLong(pool -> pool.getPeakUsage().getUsed())
                        .sum()
                >> 20;
    }
}
