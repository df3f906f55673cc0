package dev.torchffm;

import static dev.torchffm.FuzzInput.assertConsistent;
import static dev.torchffm.FuzzInput.refusedOr;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The general operator call, with any name and any arguments: results that hold together, or a clear refusal. */
final class NamedOperatorsFuzzTest {

    /** An operator and the types of its arguments. */
    record Signature(String operator, List<String> types) {

        static Signature parse(String line) {
            List<String> words = List.of(line.split(" "));
            return new Signature(words.getFirst(), words.subList(1, words.size()));
        }
    }

    private static final List<Signature> OPERATORS = operators();

    /** What operators take as strings. */
    private static final List<String> WORDS = List.of(
            "trunc", "floor", "add", "multiply", "sum", "mean", "prod", "amin", "left", "right", "reflect", "tanh");

    private static List<Signature> operators() {
        try (InputStream lines = NamedOperatorsFuzzTest.class.getResourceAsStream("operators.txt")) {
            return new String(Objects.requireNonNull(lines).readAllBytes())
                    .lines()
                    .map(Signature::parse)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Names of any letters, and documented ones, with arguments of any types. */
    @FuzzTest
    void anyArguments(FuzzedDataProvider data) {
        FuzzInput.run(data, input -> {
            String operator =
                    switch (input.choice(4)) {
                        case 0 -> input.string();
                        case 1 -> "aten::" + input.string();
                        default -> OPERATORS.get(input.choice(OPERATORS.size())).operator();
                    };
            var arguments = new @Nullable Object[input.choice(8)];
            for (int i = 0; i < arguments.length; i++) {
                arguments[i] = any(input);
            }
            call(input, operator, arguments);
        });
    }

    /** Documented operators, with arguments most of which are of the right types. */
    @FuzzTest
    void fittingArguments(FuzzedDataProvider data) {
        FuzzInput.run(data, input -> call(input, OPERATORS.get(input.choice(OPERATORS.size()))));
    }

    static void call(FuzzInput input, Signature signature) {
        int count = signature.types().size() - (input.rarely() ? input.choice(3) : 0);
        var arguments = new @Nullable Object[Math.max(0, count)];
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = input.rarely() && input.rarely()
                    ? any(input)
                    : fitting(input, signature.types().get(i));
        }
        call(input, signature.operator(), arguments);
    }

    private static void call(FuzzInput input, String operator, @Nullable Object[] arguments) {
        LastCall.write(operator, arguments);
        List<@Nullable Object> results = refusedOr(() -> Torch.call(input.arena, operator, arguments));
        Stream<?> given = results == null ? Stream.empty() : results.stream();
        Stream.concat(given, Arrays.stream(arguments)).forEach(value -> {
            if (value instanceof Tensor tensor) {
                assertConsistent(tensor);
            }
        });
    }

    private static @Nullable Object fitting(FuzzInput input, String type) {
        if (type.endsWith("?")) {
            return input.choice(4) == 0 ? null : fitting(input, type.substring(0, type.length() - 1));
        }
        return switch (type) {
            case "Tensor" -> input.tensor();
            case "Tensor[]", "Tensor?[]" -> tensors(input);
            case "int" -> input.integer();
            case "int[]" -> input.integers(5);
            case "float" -> input.real();
            case "float[]" -> reals(input);
            case "bool" -> input.bool();
            case "bool[]" -> bools(input);
            case "Scalar" -> input.scalar();
            case "Scalar[]" -> input.bool() ? reals(input) : input.integers(5);
            case "ScalarType" -> input.dtype();
            case "str" -> input.bool() ? input.string() : WORDS.get(input.choice(WORDS.size()));
            // The degree of a polynomial, whose time grows with it.
            case "byte" -> (byte) input.choice(256);
            case "INT8" -> input.tensor(DType.INT8);
            default -> null;
        };
    }

    private static @Nullable Object any(FuzzInput input) {
        return switch (input.choice(14)) {
            case 0 -> null;
            case 1 -> input.bool();
            case 2 -> input.number();
            case 3 -> input.dtype();
            case 4 -> input.string();
            case 5 -> input.integers(5);
            case 6 -> Arrays.stream(input.integers(5)).mapToInt(i -> (int) i).toArray();
            case 7 -> reals(input);
            case 8 -> bools(input);
            case 9 -> tensors(input);
            case 10 -> tensors(input).toArray(Tensor[]::new);
            case 11 -> Arrays.asList(input.number(), "");
            case 12 -> new Object();
            default -> input.tensor();
        };
    }

    private static List<@Nullable Tensor> tensors(FuzzInput input) {
        var tensors = new ArrayList<@Nullable Tensor>();
        for (int i = input.choice(4); i > 0; i--) {
            tensors.add(input.orNull(input.tensor()));
        }
        return tensors;
    }

    private static double[] reals(FuzzInput input) {
        var reals = new double[input.choice(5)];
        Arrays.setAll(reals, i -> input.real());
        return reals;
    }

    private static boolean[] bools(FuzzInput input) {
        var bools = new boolean[input.choice(5)];
        for (int i = 0; i < bools.length; i++) {
            bools[i] = input.bool();
        }
        return bools;
    }

    /** The text of the last call, in a file that outlives a crash of the JVM. */
    private static final class LastCall {

        private static final MemorySegment TEXT = map(Path.of("target", "last-call.txt"));

        private static MemorySegment map(Path path) {
            try (FileChannel file = FileChannel.open(
                    path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                return file.map(FileChannel.MapMode.READ_WRITE, 0, 1 << 14, Arena.global());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        static void write(String operator, @Nullable Object[] arguments) {
            byte[] text = (operator + "\n"
                            + Arrays.stream(arguments).map(LastCall::text).collect(Collectors.joining("\n")) + "\n")
                    .getBytes();
            int length = (int) Math.min(text.length, TEXT.byteSize());
            TEXT.fill((byte) ' ');
            MemorySegment.copy(MemorySegment.ofArray(text), 0, TEXT, 0, length);
        }

        private static String text(@Nullable Object argument) {
            return switch (argument) {
                case Tensor x ->
                    x.dtype() + " sizes " + Arrays.toString(x.sizes()) + " strides " + Arrays.toString(x.strides())
                            + " offset " + x.storageOffset() + " " + x;
                case List<?> list -> list.stream().map(LastCall::text).collect(Collectors.joining(", ", "[", "]"));
                case Tensor[] array -> text(Arrays.asList(array));
                case null, default ->
                    Arrays.deepToString(new @Nullable Object[] {argument}) + " "
                            + (argument == null ? "" : argument.getClass().getSimpleName());
            };
        }
    }
}
