package dev.torchffm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.internal.events.ModelRunEvent;
import dev.torchffm.internal.events.OperatorEvent;
import dev.torchffm.internal.events.Recorder;
import dev.torchffm.internal.events.TensorMemoryEvent;
import dev.torchffm.nn.MyReLU;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import jdk.jfr.Event;
import jdk.jfr.EventType;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What the Flight Recorder has of operators and of memory. */
final class EventsTest {

    private static final String OPERATOR = "Operator";
    private static final String MEMORY = "TensorMemory";

    private static final Path PAGE = Path.of("docs/performance.md");

    /** Of the tensor that is called. */
    private static final int BYTES = 6 * Float.BYTES;

    private static final int MIB = 1 << 20;

    private static Tensor floats() {
        return Tensor.of(1, -2, 3, -4, 5, -6f);
    }

    private static RecordedEvent only(List<RecordedEvent> events) {
        assertEquals(1, events.size(), events.toString());
        return events.getFirst();
    }

    private static void assertCall(String operator, long bytes, RecordedEvent event) {
        assertEquals("dev.torchffm.Operator", event.getEventType().getName());
        assertEquals(operator, event.getString("operator"));
        assertEquals(bytes, event.getLong("bytes"));
        assertFalse(event.getBoolean("failed"));
        assertTrue(event.getDuration().isPositive());
    }

    // ---- operators ----

    private static Arguments call(String operator, int bytes, Consumer<Tensor> call) {
        return Arguments.of(operator, bytes, call);
    }

    static final List<Arguments> OPERATORS = List.of(
            call("aten::add.Tensor", 3 * BYTES, x -> x.add(x)),
            call("aten::tanh_", BYTES, x -> x.tanh_()),
            call("aten::reshape", BYTES, x -> x.reshape(2, 3)),
            call("aten::sum", BYTES + Float.BYTES, x -> x.sum()),
            call("aten::sort", 4 * BYTES, x -> Torch.call("aten::sort", x)), // its indices are twice as long
            call("aten::cat", 4 * BYTES, x -> Aten.cat(List.of(x, x))));

    static final List<Arguments> CLAMPS = List.of(
            call("aten::clamp", 2 * BYTES, x -> x.clamp(0, null)),
            call("aten::clamp_", BYTES, x -> x.clamp_(0, null)),
            call("aten::clamp.out", 2 * BYTES, x -> x.clamp(0, 1, floats())),
            call("aten::clamp_min", 2 * BYTES, x -> x.clampMin(0)),
            call("aten::clamp_min_", BYTES, x -> x.clampMin_(0)),
            call("aten::clamp_max", 2 * BYTES, x -> x.clampMax(0)),
            call("aten::clamp_max_", BYTES, x -> x.clampMax_(0)),
            call("aten::relu", 2 * BYTES, Tensor::relu),
            call("aten::relu_", BYTES, Tensor::relu_));

    @ParameterizedTest
    @FieldSource("OPERATORS")
    void operatorsHaveNamesAndBytes(String operator, int bytes, Consumer<Tensor> call) throws Throwable {
        Tensor x = floats();
        assertCall(operator, bytes, only(Recorded.of(() -> call.accept(x), OPERATOR)));
    }

    static Stream<Arguments> clampsByAllKernels() {
        return Stream.of(Kernels.values()).flatMap(kernels -> CLAMPS.stream()
                .map(call -> Arguments.of(call.get()[0], call.get()[1], call.get()[2], kernels)));
    }

    @ParameterizedTest
    @MethodSource("clampsByAllKernels")
    void clampsHaveNamesAndBytes(String operator, int bytes, Consumer<Tensor> call, Kernels kernels) throws Throwable {
        Tensor x = floats();
        try (Mode _ = Torch.kernels(kernels)) {
            assertCall(operator, bytes, only(Recorded.of(() -> call.accept(x), OPERATOR)));
        }
    }

    @Test
    void largeResultsAreOneCall() throws Throwable {
        try (Arena arena = Arena.ofConfined()) {
            Tensor x = Torch.zeros(arena, 2 * MIB);
            assertCall("aten::relu", 16 * MIB, only(Recorded.of(x::relu, OPERATOR)));
        }
    }

    @Test
    void arraysAreCallsToo() throws Throwable {
        float[] values = {1, -2, 3, -4, 5, -6};
        assertCall("aten::clamp_", BYTES, only(Recorded.of(() -> new MyReLU(true).forward(values), OPERATOR)));
    }

    @Test
    void backwardIsACall() throws Throwable {
        Tensor loss = floats().requiresGrad_(true).sum();
        List<RecordedEvent> events = Recorded.of(loss::backward, OPERATOR);
        assertEquals("aten::_backward", events.getLast().getString("operator"));
    }

    static final List<Consumer<Tensor>> FAILURES =
            List.of(x -> x.add(Tensor.of(1f, 2f)), x -> x.clamp((Number) null, null), x -> x.sum(7));

    @ParameterizedTest
    @FieldSource("FAILURES")
    void failuresAreToldAsSuch(Consumer<Tensor> call) throws Throwable {
        Tensor x = floats();
        var event = only(Recorded.of(() -> assertThrows(TorchException.class, () -> call.accept(x)), OPERATOR));
        assertTrue(event.getBoolean("failed"));
        assertTrue(event.getLong("bytes") >= BYTES);
        assertTrue(event.getDuration().isPositive());
    }

    enum Kind {
        PLATFORM(Thread.ofPlatform()),
        VIRTUAL(Thread.ofVirtual());

        private final Thread.Builder builder;

        Kind(Thread.Builder builder) {
            this.builder = builder;
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void eventsNameTheirThread(Kind kind) throws Throwable {
        Tensor x = floats();
        Runnable calls = () -> {
            x.tanh();
            x.relu();
        };
        List<RecordedEvent> events =
                Recorded.of(() -> kind.builder.name("calls").start(calls).join(), OPERATOR);
        assertEquals(2, events.size());
        for (RecordedEvent event : events) {
            assertEquals("calls", event.getThread().getJavaName());
            assertEquals(kind == Kind.VIRTUAL, event.getThread().isVirtual());
        }
    }

    // ---- memory ----

    /** The bytes in arenas that somebody closes, each time that this thread changes them. */
    private static List<Long> named(Executable work) throws Throwable {
        String me = Thread.currentThread().getName();
        return Recorded.of(work, MEMORY).stream()
                .filter(event -> event.getThread().getJavaName().equals(me)) // the collector frees automatic memory
                .map(event -> event.getLong("inUse") - event.getLong("automatic"))
                .toList();
    }

    @Test
    void memoryInUseIsThatOfOpenArenas() throws Throwable {
        List<Long> named = named(EventsTest::takeAndFree);
        long before = named.getLast();
        assertEquals(List.of(before + MIB, before + 3 * MIB, before + 2 * MIB, before), named);
    }

    private static void takeAndFree() {
        try (Arena outer = Arena.ofConfined()) {
            try (Arena inner = Arena.ofConfined()) {
                Tensor x = Torch.zeros(inner, MIB / 4);
                x.view(2, -1);
                x.sum(); // too small to count
                x.in(outer).to(DType.FLOAT64);
            }
        }
    }

    /** By libtorch's memory, and by memory that was used before. */
    @Test
    void refusedResultsAreNotInUse() throws Throwable {
        long bytes = 8 * MIB;
        try (Arena arena = Arena.ofConfined()) {
            Tensor x = Torch.zeros(arena, bytes / Float.BYTES);
            Arena closed = Arena.ofConfined();
            closed.close();
            List<Long> named = named(() -> {
                assertThrows(IllegalStateException.class, x.in(closed)::tanh);
                assertThrows(IllegalStateException.class, x.in(closed)::relu);
            });
            long before = named.getLast();
            assertEquals(List.of(before + bytes, before, before + bytes, before), named);
        }
    }

    @Test
    void automaticMemoryIsToldApart() throws Throwable {
        try (Arena arena = Arena.ofConfined()) {
            Tensor x = Torch.zeros(arena, MIB);
            RecordedEvent event =
                    Recorded.of(() -> x.in(Arena.ofAuto()).tanh(), MEMORY).getFirst();
            assertTrue(event.getLong("automatic") >= 4 * MIB);
            assertTrue(event.getLong("inUse") >= event.getLong("automatic") + 4 * MIB);
        }
    }

    @Test
    void recycledBlocksAreTold() throws Throwable {
        long size = 6 * MIB; // a block's size
        try (Arena arena = Arena.ofConfined()) {
            Tensor x = Torch.zeros(arena, size / Float.BYTES);
            clamp(x, 2); // leaves two blocks, of which one is taken
            RecordedEvent event = only(Recorded.of(() -> clamp(x, 1), "Recycling"));
            assertEquals(size, event.getLong("bytes"));
            assertTrue(event.getBoolean("reused"));
            assertTrue(event.getLong("kept") >= size);
        }
    }

    private static void clamp(Tensor x, int count) {
        try (Arena arena = Arena.ofConfined()) {
            for (int i = 0; i < count; i++) {
                x.in(arena).clamp(0, null);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void collectionsAskedForAreTold(Collector collector, @TempDir Path folder) throws Exception {
        var result =
                new ChildJvm(folder).option("-Xmx64m").option(collector.option).run(Collecting.class);
        assertEquals(0, result.exitCode(), result.output());
        assertEquals(collector.said, result.output());
    }

    enum Collector {
        HEEDS("-XX:-DisableExplicitGC", "held true, freed true, collected true\n"),
        HEEDS_NOT("-XX:+DisableExplicitGC", "held true, freed false, collected false\n");

        private final String option;
        private final String said;

        Collector(String option, String said) {
            this.option = option;
            this.said = said;
        }
    }

    /** Fills more than half of the heap's size. */
    static final class Collecting {
        static void main() throws Throwable {
            RecordedEvent first = Recorded.byDefault(Collecting::fill).stream()
                    .filter(event -> event.getEventType().getName().equals("dev.torchffm.Collection"))
                    .findFirst()
                    .orElseThrow();
            System.out.println("held " + (first.getLong("held") > 32 * MIB) + ", freed " + (first.getLong("freed") > 0)
                    + ", collected " + first.getBoolean("collected"));
        }

        private static void fill() {
            for (int i = 0; i < 40; i++) {
                Torch.zeros(MIB / 4);
            }
        }
    }

    // ---- what a recording has ----

    @Test
    void nothingIsMadeWhereNobodyRecords() throws Throwable {
        assertFalse(Recorder.hasOperators());
        assertFalse(Recorder.hasMemory());
        Recorded.of(
                () -> {
                    assertTrue(Recorder.hasOperators());
                    assertFalse(Recorder.hasMemory());
                },
                OPERATOR);
        assertFalse(Recorder.hasOperators());
    }

    /** The first event of a class registers it with the JDK, which would cost each start a hundred milliseconds. */
    @Test
    void noEventIsLoadedWithoutARecorder(@TempDir Path folder) throws Exception {
        var result = new ChildJvm(folder).option("-Xlog:class+load").run(Calls.class);
        assertEquals(0, result.exitCode(), result.output());
        assertTrue(result.output().contains(" " + Recorder.class.getName() + " "));
        assertFalse(result.output().contains("jdk.jfr.Event "));
    }

    @Test
    void recorderMayBeMissing(@TempDir Path folder) throws Exception {
        var result = new ChildJvm(folder)
                .option("--limit-modules")
                .option("java.base")
                .run(Calls.class);
        assertEquals(new ChildJvm.Result(0, ""), result);
    }

    @Test
    void whatCostsEachCallMustBeAskedFor() throws Throwable {
        Tensor x = Torch.zeros(2 * MIB);
        Set<String> names = Recorded.byDefault(() -> x.relu().tanh_()).stream()
                .map(event -> event.getEventType().getName())
                .collect(Collectors.toSet());
        assertTrue(names.contains("dev.torchffm.Recycling"));
        assertFalse(names.contains("dev.torchffm.Operator"));
        assertFalse(names.contains("dev.torchffm.TensorMemory"));
        assertEquals("false", byDefault(OperatorEvent.class, "enabled"));
        assertEquals("0 ns", byDefault(OperatorEvent.class, "threshold"));
        assertEquals("false", byDefault(TensorMemoryEvent.class, "enabled"));
        assertEquals("10/s", byDefault(TensorMemoryEvent.class, "throttle"));
        assertEquals("true", byDefault(ModelRunEvent.class, "enabled"));
        assertEquals("1 ms", byDefault(ModelRunEvent.class, "threshold"));
    }

    private static String byDefault(Class<? extends Event> kind, String setting) {
        return EventType.getEventType(kind).getSettingDescriptors().stream()
                .filter(descriptor -> descriptor.getName().equals(setting))
                .findFirst()
                .orElseThrow()
                .getDefaultValue();
    }

    /** The page's own option, and its table. */
    @Test
    void pageSaysHowToRecord(@TempDir Path folder) throws Exception {
        String page = Files.readString(PAGE);
        String option = Pattern.compile("-XX:StartFlightRecording:\\S+")
                .matcher(page)
                .results()
                .findFirst()
                .orElseThrow()
                .group();
        var result = new ChildJvm(folder).option(option).run(Calls.class);
        assertEquals(0, result.exitCode(), result.output());
        assertFalse(result.output().contains("exist"), result.output());
        Set<String> recorded = RecordingFile.readAllEvents(folder.resolve("run.jfr")).stream()
                .map(event -> event.getEventType().getName())
                .filter(name -> name.startsWith("dev.torchffm."))
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(Set.of("dev.torchffm.Operator", "dev.torchffm.Recycling", "dev.torchffm.TensorMemory"), recorded);
        for (String name : recorded) {
            assertTrue(page.contains("| `" + name + "` |"), name);
        }
    }

    static final class Calls {
        static void main() {
            Torch.zeros(2 * MIB).relu().tanh_();
        }
    }
}
