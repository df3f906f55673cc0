package dev.torchffm.interop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.ChildJvm;
import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.examples.DlPackSnippets;
import dev.torchffm.internal.DlPackExports;
import dev.torchffm.testing.TorchExtension;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tensors exported by DLPack: one memory, kept until the deleter runs. */
@ExtendWith(TorchExtension.class)
final class DlPackExportTest {

    /** Earlier tests called their deleters, but the last note may be on its way. */
    @BeforeEach
    void nothingIsExported() {
        awaitExports(0);
    }

    /** Waits for the note of a deleter that was called. */
    private static void awaitExports(int count) {
        ForeignTensor.await(() -> DlPackExports.count() <= count, Thread::onSpinWait);
        assertEquals(count, DlPackExports.count());
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void exportWritesTheStructOfDlPack(DType dtype) {
        for (boolean versioned : new boolean[] {false, true}) {
            MemorySegment memory = Arena.ofAuto().allocate(24L * dtype.byteSize(), 8);
            Tensor x = Tensor.fromSegment(Arena.ofAuto(), memory, dtype, new long[] {2, 1, 3}, new long[] {8, 9, 2}, 1);
            MemorySegment managed = ForeignTensor.export(versioned, x);
            MemorySegment tensor = ForeignTensor.tensor(versioned, managed);
            if (versioned) {
                assertEquals(1, managed.reinterpret(80).get(ValueLayout.JAVA_INT, ForeignTensor.MAJOR));
                assertEquals(0, managed.reinterpret(80).get(ValueLayout.JAVA_LONG, ForeignTensor.FLAGS));
            }
            assertEquals(x.dataPtr(), tensor.get(ValueLayout.JAVA_LONG, ForeignTensor.DATA));
            assertEquals(1L, tensor.get(ValueLayout.JAVA_LONG, ForeignTensor.DEVICE_TYPE)); // and device_id 0
            assertEquals(3, tensor.get(ValueLayout.JAVA_INT, ForeignTensor.NDIM));
            assertEquals(ForeignTensor.code(dtype), tensor.get(ValueLayout.JAVA_BYTE, ForeignTensor.CODE));
            assertEquals(8 * dtype.byteSize(), tensor.get(ValueLayout.JAVA_BYTE, ForeignTensor.BITS));
            assertEquals(1, tensor.get(ValueLayout.JAVA_SHORT, ForeignTensor.LANES));
            assertArrayEquals(new long[] {2, 1, 3}, numbers(tensor, ForeignTensor.SHAPE));
            assertArrayEquals(new long[] {8, 1, 2}, numbers(tensor, ForeignTensor.STRIDES));
            assertEquals(0, tensor.get(ValueLayout.JAVA_LONG, ForeignTensor.BYTE_OFFSET));
            assertEquals(1, DlPackExports.count());
            ForeignTensor.delete(versioned, managed);
            awaitExports(0);
        }
    }

    private static long[] numbers(MemorySegment tensor, long field) {
        return tensor.get(ValueLayout.ADDRESS, field).reinterpret(24).toArray(ValueLayout.JAVA_LONG);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void exportAndImportShareOneMemory(boolean versioned) {
        Tensor x = Tensor.of(-1f, 2f, -3f);
        MemorySegment managed = ForeignTensor.export(versioned, x);
        try (Arena borrowed = Arena.ofConfined()) {
            Tensor y = ForeignTensor.importInto(borrowed, versioned, managed);
            assertEquals(x.dataPtr(), y.dataPtr());
            y.relu_();
            assertArrayEquals(new float[] {0, 2, 0}, x.toFloatArray());
            x.segment().setAtIndex(ValueLayout.JAVA_FLOAT, 1, 42);
            assertArrayEquals(new float[] {0, 42, 0}, y.toFloatArray());
            assertEquals(1, DlPackExports.count());
        }
        awaitExports(0);
        assertArrayEquals(new float[] {0, 42, 0}, x.toFloatArray());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void exportServesManyConsumers(boolean versioned) {
        Tensor x = Torch.ones(3);
        MemorySegment first = ForeignTensor.export(versioned, x);
        MemorySegment second = ForeignTensor.export(versioned, x);
        assertNotEquals(first, second);
        ForeignTensor.release(versioned, first);
        awaitExports(1);
        try (Arena borrowed = Arena.ofConfined()) {
            assertArrayEquals(
                    new float[] {1, 1, 1},
                    ForeignTensor.importInto(borrowed, versioned, second).toFloatArray());
        }
        awaitExports(0);
    }

    /** A tensor whose owner lets go of it, and who is told when the memory is freed. */
    private static MemorySegment exportAndForget(boolean versioned, AtomicBoolean freed) {
        Arena arena = Arena.ofAuto();
        MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1, 2, 3);
        MemorySegment.NULL.reinterpret(arena, _ -> freed.set(true));
        return ForeignTensor.export(versioned, Tensor.fromSegment(memory, DType.FLOAT32, 3));
    }

    private static void collectUntil(AtomicBoolean freed) {
        ForeignTensor.await(freed::get, System::gc);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void exportKeepsMemoryBeyondItsOwner(boolean versioned) {
        var freed = new AtomicBoolean();
        MemorySegment managed = exportAndForget(versioned, freed);
        var other = new AtomicBoolean();
        MemorySegment.NULL.reinterpret(Arena.ofAuto(), _ -> other.set(true));
        collectUntil(other);
        assertFalse(freed.get());
        try (Arena borrowed = Arena.ofConfined()) {
            assertArrayEquals(
                    new float[] {1, 2, 3},
                    ForeignTensor.importInto(borrowed, versioned, managed).toFloatArray());
        }
        collectUntil(freed);
        assertEquals(0, DlPackExports.count());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void exportKeepsMemoryBeyondTheTensorsArena(boolean versioned, Arena arena) {
        MemorySegment managed;
        try (Arena handles = Arena.ofConfined()) {
            MemorySegment memory = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, 1, 2, 3);
            Tensor x = Tensor.fromSegment(handles, memory, DType.FLOAT32, new long[] {3}, new long[] {1}, 0);
            managed = ForeignTensor.export(versioned, x);
        }
        Tensor y = ForeignTensor.importInto(arena, versioned, managed);
        assertArrayEquals(new float[] {1, 2, 3}, y.toFloatArray());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void exportTakesLibtorchsMemoryAndViews(boolean versioned) {
        var view =
                (Tensor) Torch.call("aten::select.int", Torch.ones(2, 3), 0, 1).getFirst();
        for (Tensor x : List.of(view, view.clone())) {
            MemorySegment managed = ForeignTensor.export(versioned, x);
            try (Arena borrowed = Arena.ofConfined()) {
                Tensor y = ForeignTensor.importInto(borrowed, versioned, managed);
                assertEquals(x.dataPtr(), y.dataPtr());
                assertArrayEquals(new float[] {1, 1, 1}, y.toFloatArray());
            }
        }
        awaitExports(0);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void exportRefusesMemoryThatCanBeClosed(boolean versioned, Arena shared) {
        try (Arena confined = Arena.ofConfined()) {
            for (Tensor x : List.of(
                    Tensor.of(confined, 1f, 2f),
                    Tensor.of(shared, 1f, 2f),
                    Tensor.of(confined, 1f, 2f).in(Arena.ofAuto()),
                    Tensor.of(shared, 1f, 2f).clone())) {
                var refusal = assertThrows(IllegalArgumentException.class, () -> ForeignTensor.export(versioned, x));
                assertTrue(refusal.getMessage().contains("tensor.in(Arena.ofAuto()).clone()"), refusal.getMessage());
                // As the text says.
                ForeignTensor.release(
                        versioned,
                        ForeignTensor.export(versioned, x.in(Arena.ofAuto()).clone()));
            }
        }
        Tensor x = Tensor.fromSegment(Arena.global().allocate(8, 8), DType.FLOAT32, 2);
        ForeignTensor.release(versioned, ForeignTensor.export(versioned, x));
        awaitExports(0);
        Arena closed = Arena.ofConfined();
        Tensor dead = Tensor.of(closed, 1f);
        closed.close();
        assertThrows(IllegalStateException.class, () -> ForeignTensor.export(versioned, dead));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void exportKeepsADirectBuffer(boolean versioned, Arena arena) {
        var dropped = new AtomicReference<WeakReference<ByteBuffer>>();
        MemorySegment managed = exportBuffer(versioned, dropped);
        System.gc();
        assertNotNull(dropped.get().get());
        try (Arena borrowed = Arena.ofConfined()) {
            Tensor y = ForeignTensor.importInto(borrowed, versioned, managed);
            assertArrayEquals(new float[] {1, 2, 3}, y.toFloatArray());
        }
        awaitExports(0);
        ForeignTensor.await(() -> dropped.get().get() == null, System::gc);
        MemorySegment closable = MemorySegment.ofBuffer(arena.allocate(8).asByteBuffer());
        assertThrows(
                IllegalArgumentException.class,
                () -> ForeignTensor.export(versioned, Tensor.fromSegment(closable, DType.INT8, 8)));
    }

    /** In a frame of its own, which keeps nothing when it is left. */
    private static MemorySegment exportBuffer(boolean versioned, AtomicReference<WeakReference<ByteBuffer>> dropped) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(12).order(ByteOrder.nativeOrder());
        buffer.asFloatBuffer().put(new float[] {1, 2, 3});
        dropped.set(new WeakReference<>(buffer));
        return ForeignTensor.export(versioned, Buffers.tensor(buffer.asFloatBuffer(), 3));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void exportRefusesGradients(boolean versioned) {
        Tensor x = Tensor.of(1f, 2f).requiresGrad_(true);
        var refusal = assertThrows(IllegalArgumentException.class, () -> ForeignTensor.export(versioned, x));
        assertTrue(refusal.getMessage().contains("tensor.detach()"), refusal.getMessage());
        var detached = x.detach();
        MemorySegment managed = ForeignTensor.export(versioned, detached);
        assertEquals(
                x.dataPtr(), ForeignTensor.tensor(versioned, managed).get(ValueLayout.JAVA_LONG, ForeignTensor.DATA));
        ForeignTensor.release(versioned, managed);
        awaitExports(0);
    }

    @Test
    void exportLegacyRefusesReadOnlyMemory(Arena arena) {
        MemorySegment memory = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, -1, 2);
        Tensor x = Tensor.fromSegment(memory.asReadOnly(), DType.FLOAT32, 2);
        var refusal = assertThrows(IllegalArgumentException.class, () -> DlPack.exportLegacy(x));
        assertTrue(refusal.getMessage().startsWith("the memory is read-only"), refusal.getMessage());
        assertEquals(0, DlPackExports.count());
        MemorySegment managed = DlPack.exportVersioned(x);
        assertEquals(1, managed.reinterpret(80).get(ValueLayout.JAVA_LONG, ForeignTensor.FLAGS));
        Tensor y = DlPack.importVersioned(managed, arena);
        assertThrows(IllegalArgumentException.class, y::relu_);
        assertArrayEquals(new float[] {-1, 2}, y.toFloatArray());
    }

    // ---- threads, and the end ----

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void deletersRunOnManyThreads(boolean versioned) throws Exception {
        var freed = new ArrayList<AtomicBoolean>();
        try (var threads = Executors.newFixedThreadPool(4)) {
            var tasks = new ArrayList<Future<?>>();
            for (int i = 0; i < 400; i++) {
                var flag = new AtomicBoolean();
                freed.add(flag);
                MemorySegment managed = exportAndForget(versioned, flag);
                tasks.add(threads.submit(() -> ForeignTensor.delete(versioned, managed)));
                tasks.add(threads.submit(
                        () -> ForeignTensor.delete(versioned, exportAndForget(versioned, new AtomicBoolean()))));
            }
            for (Future<?> task : tasks) {
                task.get();
            }
        }
        awaitExports(0);
        freed.forEach(DlPackExportTest::collectUntil);
    }

    /** A consumer's thread that the JVM has never heard of: the deleter is what it runs. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void deleterRunsOnAThreadUnknownToTheJvm(boolean versioned) throws Throwable {
        Linker linker = Linker.nativeLinker();
        var create = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("pthread_create"),
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT,
                        ValueLayout.ADDRESS,
                        ValueLayout.ADDRESS,
                        ValueLayout.ADDRESS,
                        ValueLayout.ADDRESS));
        var join = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("pthread_join"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
        var freed = new AtomicBoolean();
        MemorySegment managed = exportAndForget(versioned, freed);
        MemorySegment deleter = ForeignTensor.deleterOf(versioned, managed);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment thread = arena.allocate(ValueLayout.ADDRESS);
            assertEquals(0, (int) create.invokeExact(thread, MemorySegment.NULL, deleter, managed));
            assertEquals(0, (int) join.invokeExact(thread.get(ValueLayout.ADDRESS, 0), MemorySegment.NULL));
        }
        awaitExports(0);
        collectUntil(freed);
    }

    /** How a process ends; its C library then calls the deleter, as a library that is unloaded does. */
    enum End {
        RETURN,
        EXIT,
        HALT,
        HOOK
    }

    @ParameterizedTest
    @EnumSource(End.class)
    void deleterRunsWhenTheJvmEnds(End end, @TempDir Path folder) throws Exception {
        var result = new ChildJvm(folder).run(Ending.class, end.name());
        assertEquals(new ChildJvm.Result(0, "2 lent\n"), result);
    }

    static final class Ending {
        static void main(String[] arguments) throws Throwable {
            Linker linker = Linker.nativeLinker();
            var atExit = linker.downcallHandle(
                    linker.defaultLookup().findOrThrow("__cxa_atexit"),
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
            for (boolean versioned : new boolean[] {false, true}) {
                MemorySegment managed = ForeignTensor.export(versioned, Tensor.of(1f));
                MemorySegment deleter = ForeignTensor.deleterOf(versioned, managed);
                if (arguments[0].equals("HOOK")) {
                    Runtime.getRuntime().addShutdownHook(new Thread(() -> ForeignTensor.delete(versioned, managed)));
                } else if ((int) atExit.invokeExact(deleter, managed, MemorySegment.NULL) != 0) {
                    throw new AssertionError("__cxa_atexit");
                }
            }
            System.out.println(DlPackExports.count() + " lent");
            switch (arguments[0]) {
                case "EXIT" -> System.exit(0);
                case "HALT" -> Runtime.getRuntime().halt(0);
                default -> {}
            }
        }
    }

    @Test
    void snippetHolds() {
        assertArrayEquals(new float[] {1, 0, 3}, DlPackSnippets.dlpack().toFloatArray());
        awaitExports(0);
    }
}
