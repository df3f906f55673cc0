package dev.torchffm.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What is measured.
 *
 * @param hasStart whether the start is
 * @param areAll whether nothing is left out
 */
record Rows(List<Operation> operations, boolean hasStart, boolean areAll) {

    private static final String START = "startup";

    /**
     * {@return what is named}
     *
     * @param names of groups and operations, and {@code startup}, each after a space; none names all
     */
    static Rows of(String names) {
        if (names.isBlank()) {
            return new Rows(List.of(Operation.values()), true, true);
        }
        var known = new ArrayList<>(List.of(START));
        for (Operation operation : Operation.values()) {
            known.addAll(List.of(operation.name(), group(operation)));
        }
        List<String> named = Arrays.asList(names.strip().split(" +"));
        for (String name : named) {
            if (!known.contains(name)) {
                throw new IllegalArgumentException("ROWS has " + name + ", and may have "
                        + String.join(", ", known.stream().distinct().toList()));
            }
        }
        List<Operation> operations = Arrays.stream(Operation.values())
                .filter(operation -> named.contains(operation.name()) || named.contains(group(operation)))
                .toList();
        return new Rows(operations, named.contains(START), false);
    }

    private static String group(Operation operation) {
        return operation.group.name().toLowerCase(Locale.ROOT);
    }
}
