package dev.torchffm;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** What {@code make fuzz-operators} found of libtorch's operators; read when the first one is called by name. */
final class OperatorLists {

    /** What an operator does that does not survive its values or writes its inputs, by its name with the overload. */
    static final Map<String, String> UNCHECKED = read("unchecked-operators.txt");

    /** The names of rules for calls of an operator, by its name with or without the overload. */
    static final Map<String, String> CHECKED = read("checked-operators.txt");

    private OperatorLists() {}

    /** Lines of a name, a blank and a text; those that start with # are comments. */
    private static Map<String, String> read(String file) {
        try (InputStream lines = OperatorLists.class.getResourceAsStream(file)) {
            return new String(Objects.requireNonNull(lines, file).readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> line.split(" ", 2))
                    .collect(Collectors.toUnmodifiableMap(line -> line[0], line -> line[1]));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
