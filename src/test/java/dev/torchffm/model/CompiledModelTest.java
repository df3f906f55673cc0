package dev.torchffm.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.TorchException;
import dev.torchffm.internal.Handles;
import dev.torchffm.model.CompiledModel.Options;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The small package run, on the caller's memory. */
@EnabledOnOs(value = OS.LINUX, architectures = "amd64") // as the packages are
final class CompiledModelTest {

    private static final int BATCH = 8;

    private static CompiledModel model;
    private static Map<String, Tensor> calls;

    @BeforeAll
    static void load() throws IOException {
        model = CompiledModel.load(TestPackage.MLP);
        calls = TestPackage.calls(TestPackage.MLP, Arena.ofAuto());
    }

    @AfterAll
    static void close() {
        model.close();
    }

    /** The input of a batch that has its answer. */
    private static Tensor input() {
        return calls.get("0.input.0");
    }

    private static void assertAnswer(Tensor result) {
        assertClose(calls.get("0.output.0"), result);
    }

    /** The package's sums are those of the module but for their order. */
    private static void assertClose(Tensor expected, Tensor actual) {
        assertArrayEquals(expected.sizes(), actual.sizes());
        assertArrayEquals(expected.toFloatArray(), actual.toFloatArray(), 1e-6f);
    }

    private static void assertRefused(String text, Executable call) {
        assertEquals(text, assertThrows(IllegalArgumentException.class, call).getMessage());
    }

    private static Tensor over(MemorySegment memory, long... sizes) {
        return Tensor.fromSegment(memory, DType.FLOAT32, sizes);
    }

    // ---- results ----

    @Test
    void givesWhatTheModuleGives() {
        for (int call = 0; call < TestPackage.CALL_COUNT; call++) {
            List<Tensor> results = model.run(calls.get(call + ".input.0"));
            assertEquals(1, results.size());
            assertClose(calls.get(call + ".output.0"), results.getFirst());
            assertEquals(DType.FLOAT32, results.getFirst().dtype());
            assertFalse(results.getFirst().requiresGrad());
        }
    }

    @Test
    void givesTheSameBitsEachTimeAndInEachWay() {
        float[] bits = model.run(input()).getFirst().toFloatArray();
        assertArrayEquals(bits, model.run(List.of(input())).getFirst().toFloatArray());
        assertArrayEquals(bits, ((Tensor) model.call(List.of(input()), Map.of())).toFloatArray());
        Tensor output = Torch.zeros(BATCH, 4);
        model.run(List.of(input()), List.of(output));
        assertArrayEquals(bits, output.toFloatArray());
    }

    @Test
    void resultsAreUnmodifiable() {
        List<Tensor> results = model.run(input());
        assertThrows(UnsupportedOperationException.class, results::clear);
    }

    @Test
    void takesAnyBatchThatThePackageAllows() {
        for (int batch : new int[] {1, 2, 1024}) {
            assertArrayEquals(
                    new long[] {batch, 4},
                    model.run(Torch.ones(batch, 16)).getFirst().sizes());
        }
    }

    // ---- memory ----

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void readsTheCallersMemoryWhereItIs(boolean readOnly) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(4L * BATCH * 16, 64);
            Tensor x = over(readOnly ? memory.asReadOnly() : memory, BATCH, 16);
            float[] ofZeros = model.run(x).getFirst().toFloatArray();
            input().copyTo(memory);
            assertAnswer(model.run(x).getFirst());
            memory.fill((byte) 0);
            assertArrayEquals(ofZeros, model.run(x).getFirst().toFloatArray());
            assertEquals(-1, memory.mismatch(arena.allocate(memory.byteSize())), "the input was written");
        }
    }

    @Test
    void readsMemoryThatIsAlignedToAnElementOnly() {
        MemorySegment memory = Arena.ofAuto().allocate(4L * BATCH * 16 + 4, 64).asSlice(4);
        input().copyTo(memory);
        assertAnswer(model.run(over(memory, BATCH, 16)).getFirst());
    }

    @Test
    void writesTheCallersOwnMemory() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(4L * BATCH * 4, 64);
            Tensor output = over(memory, BATCH, 4);
            model.run(List.of(input()), List.of(output));
            assertEquals(memory.address(), output.dataPtr());
            assertArrayEquals(output.toFloatArray(), memory.toArray(ValueLayout.JAVA_FLOAT));
            assertAnswer(output);
        }
    }

    @Test
    void writesOutputsOfAnyStrides() {
        Tensor output = Torch.zeros(4, BATCH).t();
        model.run(List.of(input()), List.of(output));
        assertAnswer(output.contiguous());
    }

    /** What is made on the way does not stay in an arena that lives long. */
    @Test
    void copiedOutputsLeaveNothingInTheInputsArena() {
        try (Arena arena = Arena.ofConfined()) {
            Tensor x = Torch.ones(arena, 1024, 16);
            Tensor output = Torch.zeros(arena, 1024, 4);
            long handles = Handles.live();
            for (int i = 0; i < 100; i++) {
                model.run(List.of(x), List.of(output));
            }
            assertTrue(Handles.live() <= handles, "handles are left"); // fewer where the collector frees others
        }
    }

    @Test
    void refusedOutputsAreNotWritten() {
        Tensor output = Torch.zeros(BATCH, 5);
        assertRefused(
                "outputs[0] is FLOAT32 with sizes [8, 5], and must be FLOAT32 with sizes [8, 4]",
                () -> model.run(List.of(input()), List.of(output)));
        assertRefused(
                "outputs[0] is INT64 with sizes [8, 4], and must be FLOAT32 with sizes [8, 4]",
                () -> model.run(
                        List.of(input()),
                        List.of(Tensor.fromSegment(Arena.ofAuto().allocate(256, 64), DType.INT64, BATCH, 4))));
        Tensor right = Torch.zeros(BATCH, 4);
        assertRefused(
                "outputs has 2 tensors, and the model gives 1",
                () -> model.run(List.of(input()), List.of(right, output)));
        assertRefused("outputs has 0 tensors, and the model gives 1", () -> model.run(List.of(input()), List.of()));
        Tensor readOnly = over(Arena.ofAuto().allocate(128, 64).asReadOnly(), BATCH, 4);
        assertRefused(
                "outputs[0] stands on read-only memory, and must be written",
                () -> model.run(List.of(input()), List.of(readOnly)));
        Tensor leaf = Torch.zeros(BATCH, 4).requiresGrad_(true);
        assertRefused(
                "outputs[0] requires gradients, and must be written", () -> model.run(List.of(input()), List.of(leaf)));
        for (Tensor unwritten : List.of(output, right, readOnly, leaf.detach())) {
            assertArrayEquals(new float[(int) unwritten.numel()], unwritten.toFloatArray());
        }
    }

    @Test
    void outputsInAClosedArenaAreRefused() {
        Tensor output;
        try (Arena arena = Arena.ofConfined()) {
            output = Torch.zeros(arena, BATCH, 4);
        }
        assertThrows(IllegalStateException.class, () -> model.run(List.of(input()), List.of(output)));
    }

    @Test
    void resultsLiveInTheInputsArena() {
        Tensor result;
        try (Arena arena = Arena.ofConfined()) {
            result = model.run(Torch.ones(arena, BATCH, 16)).getFirst();
            assertEquals(32, result.numel());
        }
        assertThrows(IllegalStateException.class, result::toFloatArray);
    }

    @Test
    void resultsOutliveTheModel() throws IOException {
        Tensor result;
        try (CompiledModel closed = CompiledModel.load(TestPackage.MLP)) {
            result = closed.run(input()).getFirst();
        }
        assertAnswer(result);
    }

    // ---- inputs that do not fit ----

    @Test
    void refusesAWrongNumberOfInputs() {
        assertRefused("inputs has 0 tensors, and the model takes 1: ((Tensor), {})", () -> model.run());
        assertRefused("inputs has 2 tensors, and the model takes 1: ((Tensor), {})", () -> model.run(input(), input()));
        assertThrows(NullPointerException.class, () -> model.run((Tensor) null));
    }

    @Test
    void refusesAWrongDType() {
        for (DType dtype : DType.values()) {
            if (dtype != DType.FLOAT32) {
                MemorySegment memory = Arena.ofAuto().allocate((long) BATCH * 16 * dtype.byteSize(), 64);
                assertRefused(
                        "inputs[0] is " + dtype + ", and must be FLOAT32",
                        () -> model.run(Tensor.fromSegment(memory, dtype, BATCH, 16)));
            }
        }
    }

    @Test
    void refusesWrongSizes() {
        assertRefused("inputs[0] has sizes [8, 15], and size 1 must be 16", () -> model.run(Torch.ones(BATCH, 15)));
        assertRefused(
                "inputs[0] has sizes [1025, 16], and size 0 must be 1024 or less",
                () -> model.run(Torch.ones(1025, 16)));
        assertRefused(
                "inputs[0] has sizes [0, 16], and must not be empty: the compiled code may read elements all the same",
                () -> model.run(Torch.ones(0, 16)));
    }

    @Test
    void refusesAWrongNumberOfDimensions() {
        assertRefused("inputs[0] has 3 dimensions, and must have 2", () -> model.run(Torch.ones(BATCH, 16, 1)));
        for (long[] sizes : new long[][] {{}, {16}, {BATCH}}) {
            assertRefused(
                    "inputs[0] has " + sizes.length + " dimensions, and must have 2 or more",
                    () -> model.run(Torch.ones(sizes)));
        }
        for (long[] sizes : new long[][] {{BATCH, 16, 2}, {1, BATCH, 16}, {8, 16, 1, 1, 1, 1, 1}}) {
            String text = assertThrows(IllegalArgumentException.class, () -> model.run(Torch.ones(sizes)))
                    .getMessage();
            assertTrue(text.startsWith("inputs[0] has "), text);
        }
    }

    @Test
    void refusesWrongStrides() {
        assertRefused(
                "inputs[0] has strides [1, 8], and stride 0 must be 16; contiguous() gives a copy in a row",
                () -> model.run(Torch.ones(16, BATCH).t()));
        MemorySegment memory = Arena.ofAuto().allocate(4L * BATCH * 32, 64);
        Tensor everySecond =
                Tensor.fromSegment(Arena.ofAuto(), memory, DType.FLOAT32, new long[] {8, 16}, new long[] {16, 2}, 0);
        assertRefused(
                "inputs[0] has strides [16, 2], and stride 1 must be 1; contiguous() gives a copy in a row",
                () -> model.run(everySecond));
        assertEquals(1, model.run(everySecond.contiguous()).size());
    }

    /** What is in a row already, contiguous() leaves as it is. */
    @Test
    void tellsHowASizeOfOneGetsItsStride() {
        Tensor row = Torch.ones(16, 1).t();
        assertTrue(row.isContiguous());
        assertRefused(
                "inputs[0] has strides [1, 1], and stride 0 must be 16; reshape to the same sizes gives it",
                () -> model.run(row));
        assertEquals(1, model.run(row.reshape(1, 16)).size());
    }

    @Test
    void refusesAnInputThatRequiresGradients() {
        Tensor x = Torch.ones(BATCH, 16).requiresGrad_(true);
        assertRefused(
                "inputs[0] requires gradients, which compiled models do not have: give its detach()",
                () -> model.run(x));
        assertEquals(1, model.run(x.detach()).size());
    }

    @Test
    void refusesAnInputOfAClosedArena() {
        Tensor x;
        try (Arena arena = Arena.ofConfined()) {
            x = Torch.ones(arena, BATCH, 16);
        }
        String text =
                assertThrows(IllegalStateException.class, () -> model.run(x)).getMessage();
        assertEquals(
                "the arena of the FLOAT32 tensor with sizes [8, 16] is closed: use the tensor before, or give it an arena"
                        + " that lives longer",
                text);
    }

    @Test
    void refusesAnInputOfAnotherThread() throws Exception {
        try (var executor = Executors.newSingleThreadExecutor()) {
            Arena arena = executor.submit(() -> Arena.ofConfined()).get();
            Tensor x = executor.submit(() -> Torch.ones(arena, BATCH, 16)).get();
            String text =
                    assertThrows(WrongThreadException.class, () -> model.run(x)).getMessage();
            assertEquals(
                    "the arena of the FLOAT32 tensor with sizes [8, 16] is confined to another thread: use the tensor"
                            + " there, or make it in a shared or an automatic arena",
                    text);
            executor.submit(arena::close).get();
        }
    }

    // ---- structure ----

    @Test
    void callTakesTheStructureOfTheModule() {
        assertAnswer((Tensor) model.call(List.of(input()), Map.of()));
        assertRefused(
                "args is a List of 0, and must be a List of 1", () -> model.call(List.of(), Map.of("x", input())));
        assertRefused(
                "kwargs is a Map with the keys [x], and must be a Map with the keys []",
                () -> model.call(List.of(input()), Map.of("x", input())));
        assertRefused(
                "args[0] is null, and must be a Tensor", () -> model.call(Arrays.asList((Object) null), Map.of()));
        assertRefused("args[0] is a java.lang.String, and must be a Tensor", () -> model.call(List.of("x"), Map.of()));
        assertRefused(
                "args[0] is a List of 1, and must be a Tensor", () -> model.call(List.of(List.of(input())), Map.of()));
    }

    @Test
    void tellsItsNameAndStructure() {
        assertEquals("CompiledModel(model of mlp.pt2: ((Tensor), {}) -> Tensor)", model.toString());
    }

    @Test
    void listsItsConstants() {
        assertEquals(
                "{hidden.weight=Constant[dtype=FLOAT32, sizes=[64, 16]],"
                        + " hidden.bias=Constant[dtype=FLOAT32, sizes=[64]],"
                        + " output.weight=Constant[dtype=FLOAT32, sizes=[4, 64]]}",
                model.constants().toString());
        assertThrows(
                UnsupportedOperationException.class, () -> model.constants().clear());
    }

    // ---- options, and the end ----

    @Test
    void optionsAreChecked() {
        for (int instances : new int[] {Integer.MIN_VALUE, -1, 0, 1025, Integer.MAX_VALUE}) {
            assertRefused("instances is " + instances + ", and must be 1 to 1024", () -> Options.instances(instances));
        }
        assertEquals(new Options(2, "encoder"), Options.instances(2).model("encoder"));
        assertThrows(NullPointerException.class, () -> Options.instances(1).model(null));
        assertThrows(NullPointerException.class, () -> CompiledModel.load(TestPackage.MLP, (Options) null));
        assertThrows(NullPointerException.class, () -> CompiledModel.load(null));
    }

    @Test
    void closesOnce() throws IOException {
        CompiledModel closed = CompiledModel.load(TestPackage.MLP, Options.instances(3));
        assertEquals(1, closed.run(input()).size());
        closed.close();
        closed.close();
        String text = assertThrows(IllegalStateException.class, () -> closed.run(input()))
                .getMessage();
        assertEquals("CompiledModel(model of mlp.pt2: ((Tensor), {}) -> Tensor) is closed", text);
        assertEquals(3, closed.constants().size());
    }

    @Test
    void aRefusedLoadLeavesNothing() throws IOException {
        List<Path> files = temporary();
        long libraries = mappedLibraries();
        CompiledModel.load(TestPackage.MLP).close();
        assertThrows(
                IllegalArgumentException.class,
                () -> CompiledModel.load(TestPackage.MLP, Map.of("hidden.wait", Torch.ones(1))));
        assertEquals(files, temporary());
        assertEquals(libraries, mappedLibraries());
    }

    private static List<Path> temporary() throws IOException {
        try (var files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return files.filter(file -> file.getFileName().toString().startsWith("torch-ffm-model-"))
                    .sorted()
                    .toList();
        }
    }

    /** The parts of models' libraries that are in memory. */
    private static long mappedLibraries() throws IOException {
        try (var lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.filter(line -> line.contains("torch-ffm-model-")).count();
        }
    }

    // ---- a package without its source ----

    @Test
    void anInputThatMayBeWrittenCountsAsWritten(@TempDir Path folder) throws IOException {
        Path file = TestPackage.mlp().without(".wrapper.cpp").write(folder);
        try (CompiledModel unknown = CompiledModel.load(file)) {
            Tensor x = Torch.ones(BATCH, 16);
            Tensor sum = Torch.parameter(Torch.ones(BATCH, 16)).mul(x).sum();
            unknown.run(x);
            String text = assertThrows(TorchException.class, sum::backward).getMessage();
            assertTrue(text.contains("modified by an inplace operation"), text);
        }
    }

    @Test
    void withoutItsSourceAModelMayWriteAll(@TempDir Path folder) throws IOException {
        Path file = TestPackage.mlp().without(".wrapper.cpp").write(folder);
        try (CompiledModel unknown = CompiledModel.load(file)) {
            assertAnswer(unknown.run(input().clone()).getFirst());
            assertRefused(
                    "inputs[0] stands on read-only memory, and the model writes it, or its source does not tell:"
                            + " give its clone()",
                    () -> unknown.run(input()));
            Tensor weight = Torch.zeros(4, 64);
            try (CompiledModel exchanged = CompiledModel.load(file, Map.of("output.weight", weight))) {
                float[] before = exchanged.run(input().clone()).getFirst().toFloatArray();
                weight.fill_(1); // a copy is used, as the model may write it
                assertArrayEquals(
                        before, exchanged.run(input().clone()).getFirst().toFloatArray());
            }
        }
        assertRefused(
                file + ": instances is 2, and must be 1: the model changes hidden.weight, or its source does not tell,"
                        + " and instances share what they change",
                () -> CompiledModel.load(file, Options.instances(2)));
    }

    // ---- threads ----

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void manyCallersShareFewInstances(boolean virtual) throws Exception {
        float[] right = model.run(input()).getFirst().toFloatArray();
        var tasks = new ArrayList<Callable<Boolean>>();
        try (CompiledModel shared = CompiledModel.load(TestPackage.MLP, Options.instances(2));
                var executor =
                        virtual ? Executors.newVirtualThreadPerTaskExecutor() : Executors.newFixedThreadPool(64)) {
            Tensor wrong = Torch.ones(BATCH, 15);
            for (int caller = 0; caller < 64; caller++) {
                boolean fails = caller % 8 == 7;
                tasks.add(() -> {
                    boolean all = true;
                    for (int i = 0; i < 50; i++) {
                        if (fails) {
                            assertThrows(IllegalArgumentException.class, () -> shared.run(wrong));
                        } else {
                            all &= Arrays.equals(
                                    right, shared.run(input()).getFirst().toFloatArray());
                        }
                    }
                    return all;
                });
            }
            for (var result : executor.invokeAll(tasks)) {
                assertTrue(result.get());
            }
        }
    }
}
