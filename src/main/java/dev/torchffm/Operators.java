package dev.torchffm;

import dev.torchffm.internal.CallFrame;
import dev.torchffm.internal.Operator;
import dev.torchffm.internal.Scalar;
import java.lang.foreign.Arena;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Calls of operators: Java's values in, Java's values out. */
final class Operators {

    private Operators() {}

    // ---- operators that give one tensor; those with few arguments need no array of them ----

    /** Calls an operator on a tensor. */
    static Tensor tensor(Operator operator, Tensor self) {
        try (CallFrame frame = CallFrame.take()) {
            put(frame, self);
            return called(frame, operator, self);
        }
    }

    /** Calls an operator on two tensors. */
    static Tensor tensor(Operator operator, Tensor self, Tensor other) {
        try (CallFrame frame = CallFrame.take()) {
            put(frame, self);
            put(frame, other);
            return called(frame, operator, self, other);
        }
    }

    /** Calls an operator on a tensor and a number. */
    static Tensor tensor(Operator operator, Tensor self, Number number) {
        try (CallFrame frame = CallFrame.take()) {
            put(frame, self);
            put(frame, number, "number");
            return called(frame, operator, self);
        }
    }

    private static Tensor called(CallFrame frame, Operator operator, Tensor... tensors) {
        TorchException.check(frame.call(operator));
        Reference.reachabilityFence(tensors);
        return newTensor(frame, 0, firstArena(tensors), operator, tensors);
    }

    /** Calls an operator that gives one tensor, which goes where the first argument's results go. */
    static Tensor tensor(Operator operator, Tensor self, @Nullable Object... more) {
        var arguments = new @Nullable Object[1 + more.length];
        arguments[0] = self;
        System.arraycopy(more, 0, arguments, 1, more.length);
        return tensor(self.resultArena, operator, arguments);
    }

    /** Calls an operator that gives one tensor. */
    static Tensor tensor(@Nullable Arena resultArena, Operator operator, @Nullable Object... arguments) {
        try (CallFrame frame = CallFrame.take()) {
            run(frame, operator, arguments);
            var result = (Tensor) Objects.requireNonNull(take(frame, 0, resultArena, operator, arguments));
            recordWritten(frame, operator, arguments);
            return result;
        }
    }

    /** Calls an operator in place; its name ends with an underscore. */
    static Tensor inPlace(Operator operator, Tensor self, @Nullable Object... more) {
        self.requireWritable("self");
        return tensor(operator, self, more);
    }

    /** Calls an operator. */
    static List<@Nullable Object> call(@Nullable Arena resultArena, Operator operator, @Nullable Object... arguments) {
        try (CallFrame frame = CallFrame.take()) {
            run(frame, operator, arguments);
            List<@Nullable Object> results = takeAll(frame, resultArena, operator, arguments);
            recordWritten(frame, operator, arguments);
            return results;
        }
    }

    /** Runs a compiled model on tensors; others are kept alive for its length. */
    static List<@Nullable Object> run(Operator model, @Nullable Object[] inputs, List<?> kept) {
        try (CallFrame frame = CallFrame.take()) {
            putTensors(frame, 0, Arrays.asList(inputs));
            if (!kept.isEmpty()) {
                putTensors(frame, 1, kept);
            }
            TorchException.check(frame.call(model));
            Reference.reachabilityFence(inputs);
            Reference.reachabilityFence(kept);
            return takeAll(frame, firstArena(inputs), model, inputs);
        }
    }

    private static List<@Nullable Object> takeAll(
            CallFrame frame, @Nullable Arena resultArena, Operator operator, @Nullable Object[] arguments) {
        int count = frame.resultCount();
        if (count == 1) {
            return Collections.singletonList(take(frame, 0, resultArena, operator, arguments));
        }
        var results = new ArrayList<@Nullable Object>(count);
        for (int i = 0; i < count; i++) {
            results.add(take(frame, i, resultArena, operator, arguments));
        }
        return Collections.unmodifiableList(results);
    }

    /** Updates the history of the first argument if the operator wrote it. Other written arguments have no history. */
    private static void recordWritten(CallFrame frame, Operator operator, @Nullable Object[] arguments) {
        if (operator.writesFirst() && History.gradientsWereRequested() && arguments[0] instanceof Tensor written) {
            Adoption.wrote(frame, operator, written, tensorsIn(arguments));
        }
    }

    /** Puts the arguments into a frame and calls an operator on them. */
    static void run(CallFrame frame, Operator operator, @Nullable Object... arguments) {
        TorchException.requireLibtorch();
        for (int i = 0; i < arguments.length; i++) {
            put(frame, i, arguments[i]);
        }
        TorchException.check(operator.resolve());
        if (operator.writesFirst()) {
            Overlap.refuse(operator, arguments);
        }
        try {
            TorchException.check(
                    operator.hasResultList()
                            ? frame.call(operator, ResultCount.of(operator, arguments))
                            : frame.call(operator));
        } finally {
            Reference.reachabilityFence(arguments); // keeps the tensors, and so their histories, until here
        }
    }

    /** Where results of the first tensor live that is no parameter, as a module's input is none; else of the first. */
    static @Nullable Arena firstArena(@Nullable Object[] arguments) {
        if (arguments.length > 0 && arguments[0] instanceof Tensor first && !first.handle.parameter()) {
            return first.resultArena;
        }
        List<Tensor> tensors = tensorsIn(arguments);
        for (Tensor tensor : tensors) {
            if (!tensor.handle.parameter()) {
                return tensor.resultArena;
            }
        }
        return tensors.isEmpty() ? null : tensors.getFirst().resultArena;
    }

    /** A copy of arguments, so that those that are checked are those that are passed. */
    static @Nullable Object[] copied(@Nullable Object[] given) {
        @Nullable Object[] arguments = given.clone();
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = switch (arguments[i]) {
                case List<?> list -> Collections.unmodifiableList(new ArrayList<>(list));
                case Tensor[] array -> array.clone();
                case long[] array -> array.clone();
                case int[] array -> array.clone();
                case double[] array -> array.clone();
                case AtomicLong number -> number.longValue();
                case AtomicInteger number -> number.longValue();
                case null, default -> arguments[i];
            };
        }
        return arguments;
    }

    /** The tensors among arguments and in their lists, in order. */
    static List<Tensor> tensorsIn(@Nullable Object[] arguments) {
        var tensors = new ArrayList<Tensor>();
        for (Object argument : arguments) {
            switch (argument) {
                case Tensor tensor -> tensors.add(tensor);
                case List<?> list -> list.forEach(element -> addTensor(tensors, element));
                case Tensor[] array -> Arrays.asList(array).forEach(element -> addTensor(tensors, element));
                case null, default -> {}
            }
        }
        return tensors;
    }

    private static void addTensor(List<Tensor> tensors, @Nullable Object element) {
        if (element instanceof Tensor tensor) {
            tensors.add(tensor);
        }
    }

    // ---- values in ----

    private static void put(CallFrame frame, int index, @Nullable Object value) {
        if (value instanceof Tensor tensor) { // the common case
            put(frame, tensor);
        } else {
            putOther(frame, index, value);
        }
    }

    private static void putOther(CallFrame frame, int index, @Nullable Object value) {
        switch (value) {
            case null -> frame.none();
            case Boolean bool -> frame.bool(bool);
            case Number number -> put(frame, number, "arguments[" + index + "]");
            case DType dtype -> frame.dtype(dtype.code);
            case String string when string.indexOf('\0') < 0 -> frame.string(string);
            case String string ->
                throw new IllegalArgumentException("arguments[" + index + "] is " + string.replace("\0", "\\0")
                        + ", and must have no NUL character");
            case long[] integers -> frame.integers(integers);
            case int[] integers ->
                frame.integers(Arrays.stream(integers).asLongStream().toArray());
            case double[] reals -> frame.reals(reals);
            case boolean[] bools -> frame.bools(bools);
            case Tensor[] tensors -> putTensors(frame, index, Arrays.asList(tensors));
            case List<?> tensors -> putTensors(frame, index, tensors);
            default ->
                throw new IllegalArgumentException("arguments[" + index + "] is a "
                        + value.getClass().getName() + ", and must be a Tensor,"
                        + " Number, Boolean, String, DType, null, an array of long, int, double or boolean, or a list of"
                        + " tensors");
        }
    }

    /** Puts a tensor into a call, and keeps it alive for its length. */
    private static void put(CallFrame frame, Tensor tensor) {
        tensor.history.read(tensor.handle);
        frame.tensor(tensor.handle(), tensor.storage.isReadOnly(), tensor.byteSize());
        try {
            if (!tensor.handle.automatic()) {
                frame.keepAlive(tensor.handle());
            }
            tensor.history.visitMemory(frame::keepAlive); // libtorch's memory lives in the handle's arena
        } catch (IllegalStateException | WrongThreadException e) {
            tensor.requireAlive(); // says which tensor
            throw e;
        }
    }

    private static void put(CallFrame frame, Number number, String name) {
        if (Scalar.kind(name, number) == Scalar.REAL) {
            frame.real(number.doubleValue());
        } else {
            frame.integer(Scalar.bits(number));
        }
    }

    private static void putTensors(CallFrame frame, int index, List<?> tensors) {
        frame.beginTensors(tensors.size());
        for (Object element : tensors) {
            if (element instanceof Tensor tensor) {
                put(frame, tensor);
            } else if (element == null) {
                frame.none();
            } else {
                throw new IllegalArgumentException("arguments[" + index + "] holds a "
                        + element.getClass().getName()
                        + ", and a list must hold tensors; pass numbers as a long[], double[] or boolean[]");
            }
        }
        frame.endList();
    }

    // ---- values out ----

    /** Takes a result of the call that {@link #run} made. */
    static @Nullable Object take(
            CallFrame frame, int index, @Nullable Arena resultArena, Operator operator, @Nullable Object[] arguments) {
        if (!frame.isTensor(index)) {
            int dtype = frame.dtypeCode(index);
            return dtype < 0 ? frame.value(index) : DType.of(dtype);
        }
        int same = frame.sameAs(index);
        if (same >= 0) {
            return arguments[same];
        }
        if (frame.resultCount() > 1) {
            TorchException.check(frame.describe(index));
        }
        return newTensor(frame, index, resultArena, operator, arguments);
    }

    /** Makes a tensor of a result that is a new tensor, and is described. */
    private static Tensor newTensor(
            CallFrame frame, int index, @Nullable Arena resultArena, Operator operator, @Nullable Object[] arguments) {
        boolean sharesMemory = frame.sharesMemory(index);
        if (!sharesMemory && !frame.requiresGrad()) {
            Layout similar = arguments.length > 0 && arguments[0] instanceof Tensor first ? first.layout() : null;
            return Adoption.unrecorded(resultArena, frame, index, similar);
        }
        List<Tensor> tensors = tensorsIn(arguments);
        return sharesMemory && operator == Ops.DETACH
                ? Adoption.detached(resultArena, frame, index, tensors)
                : Adoption.result(resultArena, frame, index, sharesMemory, tensors);
    }
}
