package dev.torchffm.model;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.TorchException;
import dev.torchffm.internal.Operator;
import dev.torchffm.internal.UncheckedCalls;
import dev.torchffm.internal.events.ModelRunEvent;
import dev.torchffm.internal.events.Recorder;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A model that PyTorch's AOTInductor compiled into a {@code .pt2} package, run without Python on the caller's memory.
 *
 * {@snippet class="dev.torchffm.examples.ModelSnippets" region="run"}
 *
 * <p><b>Trust.</b> A package holds native code for this process, which is run as any other: load one only from whom you
 * would take a program.
 *
 * <p><b>Memory.</b> Inputs are read where they are. Outputs are libtorch's memory and live where results of operators do,
 * in the arena of the first input; they outlive the model. An output that is an input, or a view of one, shares its
 * memory; one that is a constant of the model is a copy.
 *
 * <p><b>Threads.</b> Any thread, platform or virtual, may call any method. As many runs are under way at once as the
 * model has instances ({@link Options}); further callers wait for their turn. A run's operators use libtorch's threads.
 *
 * <p><b>State.</b> The instances share the model's constants. A model that changes a buffer, such as a counter or a cache,
 * has one state and one instance: more are refused. Runs record no gradients.
 *
 * <p><b>Inputs</b> are checked before the compiled code reads them, by the package's own rules: their number, dtypes, sizes,
 * the ranges of dynamic sizes, strides. The package's C++ source, which PyTorch puts beside the library, tells which
 * inputs and constants the model writes; of a package without it, that counts as all.
 *
 * <p>Source: the PyTorch page "AOTInductor: Ahead-Of-Time Compilation for Torch.Export-ed Models".
 */
public final class CompiledModel implements AutoCloseable {

    /**
     * How a model is loaded.
     *
     * @param instances how many runs may be under way at once, 1 or more
     * @param model the model's name in the package, or null for the only one, or the one that is called "model"
     */
    public record Options(int instances, @Nullable String model) {

        private static final int MAX_INSTANCES = 1024;

        /**
         * Checks the number of instances.
         *
         * @throws IllegalArgumentException when it is not 1 to 1,024
         */
        public Options {
            if (instances < 1 || instances > MAX_INSTANCES) {
                throw new IllegalArgumentException("instances is " + instances + ", and must be 1 to " + MAX_INSTANCES);
            }
        }

        /** {@return options with a number of instances}
         *
         * @param instances how many runs may be under way at once, 1 to 1,024
         */
        public static Options instances(int instances) {
            return new Options(instances, null);
        }

        /** {@return these options for a model of a package with several}
         *
         * @param name the model's name
         */
        public Options model(String name) {
            return new Options(instances, Objects.requireNonNull(name, "name"));
        }
    }

    private static final Pattern PLACE = Pattern.compile("inputs\\[(\\d+)]");

    private final String name;
    private final NativeModel model;
    private final Operator operator;
    private final CallSpec inputSpec;
    private final CallSpec outputSpec;
    private final Map<String, Constant> constants;

    /** How many dimensions each input has at least. */
    private final int[] leastDims;

    /** The caller's tensors that the model stands on; and one of each of their arenas, for the calls. */
    private final List<Tensor> weights;

    private final List<Tensor> kept;

    private final int instances;
    private final Semaphore free;
    private volatile boolean closed;

    /** Of those who have all instances. */
    private boolean freed;

    private CompiledModel(
            String name, NativeModel model, ModelSource source, Map<String, Tensor> given, int instances) {
        this.name = name;
        this.model = model;
        this.instances = instances;
        free = new Semaphore(instances);
        weights = Weights.set(model, source, given);
        kept = oneOfEachArena(weights);
        List<NativeModel.Constant> held = model.constants();
        constants = describe(held);
        refuseSharedState(held, source);
        inputSpec = CallSpec.parse(model.inputSpec());
        outputSpec = CallSpec.parse(model.outputSpec());
        List<String> inputs = model.inputs();
        var writes = new boolean[inputs.size()];
        for (int i = 0; i < writes.length; i++) {
            writes[i] = source.mayWrite(inputs.get(i));
        }
        leastDims = inputs.stream().mapToInt(source::dimsRead).toArray();
        operator = model.prepare(writes, source.mostThreads());
    }

    /**
     * Loads the only model of a package, or the one that is called "model", with one instance and the package's weights.
     *
     * @param file the {@code .pt2} package
     * @return the model, which the caller closes
     * @throws IOException when the file cannot be read, or its library not be unpacked into the system's temporary folder
     * @throws IllegalArgumentException when it is no package that can run here: the text says why, and what to do
     * @throws TorchException when libtorch cannot be loaded, or the model fails
     */
    public static CompiledModel load(Path file) throws IOException {
        return load(file, Map.of(), Options.instances(1));
    }

    /**
     * Loads a model with the package's weights.
     *
     * @param file the {@code .pt2} package
     * @param options how many instances, and which model
     * @return the model, which the caller closes
     * @throws IOException when the file cannot be read, or its library not be unpacked into the system's temporary folder
     * @throws IllegalArgumentException when it is no package that can run here, or the options do not fit it
     * @throws TorchException when libtorch cannot be loaded, or the model fails
     */
    public static CompiledModel load(Path file, Options options) throws IOException {
        return load(file, Map.of(), options);
    }

    /**
     * Loads a model with the caller's weights and one instance.
     *
     * @param file the {@code .pt2} package
     * @param weights see {@link #load(Path, Map, Options)}
     * @return the model, which the caller closes
     * @throws IOException when the file cannot be read, or its library not be unpacked into the system's temporary folder
     * @throws IllegalArgumentException when it is no package that can run here, or the weights do not fit it
     * @throws IllegalStateException when the arena of a weight is closed
     * @throws WrongThreadException when a weight is confined to another thread
     * @throws TorchException when libtorch cannot be loaded, or the model fails
     */
    public static CompiledModel load(Path file, Map<String, Tensor> weights) throws IOException {
        return load(file, weights, Options.instances(1));
    }

    /**
     * Loads a model.
     *
     * <p>Weights are used where they are, without a copy, and must not be closed before the model is: a run refuses to
     * read what is closed. Copied are those that the model may write, and those whose strides are not the module's.
     *
     * @param file the {@code .pt2} package
     * @param weights by the module's names, as in a safetensors file of its {@code state_dict()}. A package without weights
     *     needs all, and leaves out what it does not know; of one with weights those are exchanged that are named
     * @param options how many instances, and which model
     * @return the model, which the caller closes
     * @throws IOException when the file cannot be read, or its library not be unpacked into the system's temporary folder
     * @throws IllegalArgumentException when it is no package that can run here, or weights or options do not fit it: the
     *     text says why, and what to do
     * @throws IllegalStateException when the arena of a weight is closed
     * @throws WrongThreadException when a weight is confined to another thread
     * @throws TorchException when libtorch cannot be loaded, or the model fails
     */
    public static CompiledModel load(Path file, Map<String, Tensor> weights, Options options) throws IOException {
        Map<String, Tensor> given = Map.copyOf(weights);
        Objects.requireNonNull(options, "options");
        ModelPackage.requireLinux(System.getProperty("os.name"));
        try (Arena arena = Arena.ofConfined()) {
            Torch.zeros(arena, 0); // loads libtorch
        }
        try (ModelPackage opened = ModelPackage.open(file)) {
            String name = opened.model(options.model());
            opened.requireServed(name);
            var source = new ModelSource(opened.source(name));
            NativeModel model = open(opened, name, options.instances());
            try {
                return new CompiledModel(name + " of " + file.getFileName(), model, source, given, options.instances());
            } catch (IllegalArgumentException e) {
                model.close();
                throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
            } catch (RuntimeException | Error e) {
                model.close();
                throw e;
            }
        }
    }

    /** Opens the library, which the system keeps in memory when its file is gone. */
    private static NativeModel open(ModelPackage opened, String name, int instances) throws IOException {
        Path folder = Files.createTempDirectory("torch-ffm-model-");
        Path library = folder.resolve("model.so");
        try {
            opened.unpackLibrary(name, library);
            try {
                LibraryFile.prepare(library);
                return NativeModel.open(library, instances);
            } catch (IOException | IllegalArgumentException | TorchException e) {
                String text = String.valueOf(e.getMessage()).replace(folder + "/", "");
                throw opened.notLoaded(name, text, e);
            }
        } finally {
            Files.deleteIfExists(library);
            Files.deleteIfExists(folder);
        }
    }

    private static List<Tensor> oneOfEachArena(List<Tensor> tensors) {
        var kept = new LinkedHashMap<Object, Tensor>();
        for (Tensor tensor : tensors) {
            kept.putIfAbsent(tensor.segment().scope(), tensor);
        }
        return List.copyOf(kept.values());
    }

    private static Map<String, Constant> describe(List<NativeModel.Constant> constants) {
        var described = new LinkedHashMap<String, Constant>();
        for (NativeModel.Constant constant : constants) {
            Optional<DType> dtype = TorchDType.of(constant.dtypeCode());
            if (constant.isSet() && dtype.isPresent()) {
                List<Long> sizes = Arrays.stream(constant.sizes()).boxed().toList();
                described.put(constant.name(), new Constant(dtype.get(), sizes));
            }
        }
        return Collections.unmodifiableMap(described);
    }

    private void refuseSharedState(List<NativeModel.Constant> constants, ModelSource source) {
        if (instances == 1) {
            return;
        }
        for (NativeModel.Constant constant : constants) {
            if (!constant.isFolded() && source.mayWrite(constant.variable())) {
                throw new IllegalArgumentException("instances is " + instances + ", and must be 1: the model changes "
                        + constant.name() + ", or its source does not tell, and instances share what they change");
            }
        }
    }

    /**
     * Runs the model.
     *
     * @param inputs the tensors of its inputs, in order
     * @return the tensors of its outputs, in order; one that is None is left out; unmodifiable
     * @throws IllegalArgumentException when an input is not what the model takes: the text names it and the rule. Also when
     *     one requires gradients, or stands on read-only memory that the model may write
     * @throws IllegalStateException when the model is closed, or the arena of an input or a weight
     * @throws WrongThreadException when an input or a weight is confined to another thread
     * @throws TorchException when the model fails
     */
    public List<Tensor> run(Tensor... inputs) {
        return run(List.of(inputs));
    }

    /**
     * Runs the model.
     *
     * @param inputs the tensors of its inputs, in order
     * @return the tensors of its outputs, in order; one that is None is left out; unmodifiable
     * @throws IllegalArgumentException when an input is not what the model takes; see {@link #run(Tensor...)}
     * @throws IllegalStateException when the model is closed, or the arena of an input or a weight
     * @throws WrongThreadException when an input or a weight is confined to another thread
     * @throws TorchException when the model fails
     */
    public List<Tensor> run(List<Tensor> inputs) {
        List<Tensor> results = tensors(results(inputs));
        return results.contains(null)
                ? results.stream().filter(Objects::nonNull).toList()
                : results;
    }

    private List<@Nullable Object> results(List<Tensor> inputs) {
        List<Tensor> given = List.copyOf(inputs);
        requireInputs(given);
        ModelRunEvent event = Recorder.modelRun();
        List<@Nullable Object> results = List.of();
        free.acquireUninterruptibly();
        try {
            if (event != null) {
                event.waited();
            }
            if (closed) {
                throw new IllegalStateException(this + " is closed");
            }
            results = UncheckedCalls.caller().run(operator, given, kept);
            if (event != null) {
                event.succeeded();
            }
            return results;
        } catch (TorchException e) {
            Optional<String> mismatch = InputMismatch.of(String.valueOf(e.getMessage()), given);
            throw mismatch.isPresent() ? new IllegalArgumentException(mismatch.get(), e) : e;
        } finally {
            free.release();
            if (event != null && event.isLong()) {
                event.write(name, byteSize(given) + byteSize(results));
            }
        }
    }

    private static long byteSize(List<?> tensors) {
        long bytes = 0;
        for (Object element : tensors) {
            if (element instanceof Tensor tensor) { // an output may be null
                bytes += tensor.numel() * tensor.dtype().byteSize();
            }
        }
        return bytes;
    }

    @SuppressWarnings("unchecked") // a model's results are tensors, or null
    private static List<Tensor> tensors(List<?> results) {
        return (List<Tensor>) results;
    }

    private void requireInputs(List<Tensor> inputs) {
        int count = model.inputCount();
        if (inputs.size() != count) {
            throw new IllegalArgumentException(
                    "inputs has " + inputs.size() + " tensors, and the model takes " + count + ": " + inputSpec
                            + (inputSpec.leaves() > count ? ", of which some were fixed when it was exported" : ""));
        }
        for (int i = 0; i < count; i++) {
            Tensor input = inputs.get(i);
            if (input.dim() < leastDims[i]) {
                throw new IllegalArgumentException("inputs[" + i + "] has " + input.dim()
                        + " dimensions, and must have " + leastDims[i] + " or more");
            }
            if (input.numel() == 0) {
                throw new IllegalArgumentException("inputs[" + i + "] has sizes " + Arrays.toString(input.sizes())
                        + ", and must not be empty: the compiled code may read elements all the same");
            }
        }
    }

    /**
     * Runs the model, and copies its outputs into the caller's own memory.
     *
     * @param inputs the tensors of its inputs, in order
     * @param outputs where its outputs go, in order: of their dtypes and sizes, any strides; written when all fit
     * @throws IllegalArgumentException when an input or an output is not what the model takes or gives; then no output is
     *     written
     * @throws IllegalStateException when the model is closed, or the arena of a tensor
     * @throws WrongThreadException when a tensor is confined to another thread
     * @throws TorchException when the model fails
     */
    public void run(List<Tensor> inputs, List<Tensor> outputs) {
        try (Arena arena = Arena.ofConfined()) { // ends with the results, which are copied out of it
            List<Tensor> targets =
                    outputs.stream().map(output -> output.in(arena)).toList();
            List<Tensor> results =
                    run(inputs.stream().map(input -> input.in(arena)).toList());
            requireOutputs(targets, results);
            for (int i = 0; i < targets.size(); i++) {
                targets.get(i).copy_(results.get(i));
            }
        }
    }

    private static void requireOutputs(List<Tensor> targets, List<Tensor> results) {
        if (targets.size() != results.size()) {
            throw new IllegalArgumentException(
                    "outputs has " + targets.size() + " tensors, and the model gives " + results.size());
        }
        for (int i = 0; i < targets.size(); i++) {
            Tensor target = targets.get(i);
            Tensor result = results.get(i);
            if (target.dtype() != result.dtype() || !Arrays.equals(target.sizes(), result.sizes())) {
                throw new IllegalArgumentException("outputs[" + i + "] is " + target.dtype() + " with sizes "
                        + Arrays.toString(target.sizes()) + ", and must be " + result.dtype() + " with sizes "
                        + Arrays.toString(result.sizes()));
            }
            if (target.segment().isReadOnly() || target.requiresGrad()) {
                throw new IllegalArgumentException("outputs[" + i + "] "
                        + (target.requiresGrad() ? "requires gradients" : "stands on read-only memory")
                        + ", and must be written");
            }
        }
    }

    /**
     * Calls the model as Python calls the module, with nested inputs and outputs: a List for a list or a tuple, a Map for a
     * dict. Values other than tensors were fixed when the model was exported; null may stand in their place.
     *
     * {@snippet class="dev.torchffm.examples.ModelSnippets" region="call"}
     *
     * @param args the inputs by position
     * @param kwargs the inputs by name
     * @return a Tensor, or a List or a Map of such values; null for None; unmodifiable
     * @throws IllegalArgumentException when an input is not what the model takes: the text names it by its path. Also when
     *     the package does not tell its structure
     * @throws IllegalStateException when the model is closed, or the arena of an input or a weight
     * @throws WrongThreadException when an input or a weight is confined to another thread
     * @throws TorchException when the model fails
     */
    public @Nullable Object call(List<?> args, Map<String, ?> kwargs) {
        List<CallSpec.Leaf> leaves = inputSpec.flatten(args, kwargs, model.inputCount());
        try {
            return outputSpec.unflatten(
                    results(leaves.stream().map(CallSpec.Leaf::tensor).toList()));
        } catch (IllegalArgumentException e) {
            throw byPath(e, leaves);
        }
    }

    /** The refusal of an input by its place, with its path instead. */
    private static IllegalArgumentException byPath(IllegalArgumentException refusal, List<CallSpec.Leaf> leaves) {
        Matcher place = PLACE.matcher(String.valueOf(refusal.getMessage()));
        return place.lookingAt()
                ? new IllegalArgumentException(
                        leaves.get(Integer.parseInt(place.group(1))).path() + place.replaceFirst(""), refusal)
                : refusal;
    }

    /**
     * The tensors that the model holds.
     *
     * @return by the module's names, in the model's order; unmodifiable. Those are left out that are computed of others, and
     *     those of a dtype that {@link DType} lacks
     */
    public Map<String, Constant> constants() {
        return constants;
    }

    /** Closes the model when no run is under way any more; later runs are refused. Closing again does nothing. */
    @Override
    public void close() {
        closed = true; // first, so that callers do not keep the instances busy
        free.acquireUninterruptibly(instances);
        try {
            if (!freed) {
                freed = true;
                model.close();
            }
        } finally {
            free.release(instances);
        }
    }

    /** {@return the model's name and file, and the structure of its inputs and outputs} */
    @Override
    public String toString() {
        return "CompiledModel(" + name + ": " + inputSpec + " -> " + outputSpec + ")";
    }
}
