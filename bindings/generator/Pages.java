package generator;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** PyTorch's pages of operators, and which are methods of its tensors: schemas/pages.txt. */
final class Pages {

    /** These are methods here too. */
    private static final Set<String> METHODS_TOO = Set.of("leaky_relu", "leaky_relu_");

    private final Map<String, String> pages = new HashMap<>();
    private final Set<String> methods = new HashSet<>(METHODS_TOO);

    Pages(Path file) throws IOException {
        for (String line : Files.readAllLines(file)) {
            String[] words = line.split(" ");
            if (words[1].equals("method")) {
                methods.add(words[0]);
            }
            if (words.length > 2) {
                pages.put(words[0], words[2]);
            }
        }
    }

    /** The name of the page, or null. */
    String page(String operator) {
        return pages.get(operator);
    }

    boolean isMethod(Schema schema) {
        return methods.contains(schema.name()) && schema.takesSelf();
    }
}
