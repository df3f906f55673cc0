package dev.torchffm;

import dev.torchffm.internal.Operator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Finds the overload that arguments fit, where a name does not say it: {@code aten::mul} of two tensors is
 * {@code aten::mul.Tensor}.
 */
final class Overloads {

    /** No operator has an overload of this name: libtorch then says which there are, each with its schema. */
    private static final String NONE = "?";

    /** The overloads of the names that were called, those without a name first. */
    private static final ConcurrentHashMap<String, List<Schema>> KNOWN = new ConcurrentHashMap<>();

    private Overloads() {}

    /**
     * The name with the overload.
     *
     * @param name one without it
     * @throws IllegalArgumentException when none fits, or several do
     */
    static String choose(String name, @Nullable Object[] arguments) {
        List<Schema> overloads = of(name);
        if (overloads.size() < 2) {
            return overloads.isEmpty() ? name : overloads.getFirst().name();
        }
        Schema first = overloads.getFirst();
        if (first.name().equals(name) && first.takes(arguments, true)) {
            return name;
        }
        // Those that Python would take; else those that take the arguments where Python has names.
        List<Schema> asInPython = fitting(overloads, arguments, false);
        List<Schema> fitting = asInPython.isEmpty() ? fitting(overloads, arguments, true) : asInPython;
        if (fitting.size() != 1) {
            throw new IllegalArgumentException("operator is " + name + ", and of its overloads "
                    + (fitting.isEmpty() ? "none takes " : "several take ")
                    + types(arguments) + ": name one of"
                    + lines(fitting.isEmpty() ? overloads : fitting));
        }
        return fitting.getFirst().name();
    }

    private static List<Schema> fitting(List<Schema> overloads, @Nullable Object[] arguments, boolean byName) {
        var fitting = new ArrayList<Schema>();
        for (Schema schema : overloads) {
            if (schema.takes(arguments, byName)) {
                fitting.add(schema);
            }
        }
        return fitting;
    }

    /** Whether the name was called before. */
    static boolean areKnown(String name) {
        return KNOWN.containsKey(name);
    }

    private static List<Schema> of(String name) {
        List<Schema> known = KNOWN.get(name);
        if (known == null) {
            known = read(name);
            if (!known.isEmpty()) {
                KNOWN.put(name, known);
            }
        }
        return known;
    }

    private static List<Schema> read(String name) {
        TorchException.requireLibtorch();
        try {
            TorchException.check(Operator.of(name + "." + NONE).resolve());
            throw new AssertionError(name + "." + NONE);
        } catch (TorchException failure) {
            return Objects.requireNonNull(failure.getMessage())
                    .lines()
                    .filter(line -> line.startsWith("  " + name))
                    .map(line -> Schema.of(line.strip()))
                    .filter(schema -> schema.name().equals(name) || schema.canBeCalled())
                    .sorted(Comparator.comparing(Schema::name))
                    .toList();
        }
    }

    private static String types(@Nullable Object[] arguments) {
        return Arrays.stream(arguments)
                .map(argument -> switch (argument) {
                    case null -> "null";
                    case List<?> _ -> "List";
                    default -> argument.getClass().getSimpleName();
                })
                .collect(Collectors.joining(", ", "(", ")"));
    }

    private static String lines(List<Schema> schemas) {
        return schemas.stream().map(schema -> "\n  " + schema).collect(Collectors.joining());
    }
}
