package dev.torchffm.oracle;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/** Every verb by its name; the classes named …Verbs have them by area. */
final class Verbs {

    private static final Map<String, Verb> ALL = new HashMap<>();

    static {
        ALL.putAll(ClampVerbs.all());
        ALL.putAll(OperatorVerbs.all());
        ALL.putAll(RandomVerbs.all());
        ALL.putAll(ModuleVerbs.all());
        ALL.putAll(OptimizerVerbs.all());
        ALL.putAll(PrintingVerbs.all());
        ALL.putAll(FactoryVerbs.all());
        ALL.putAll(GradientVerbs.all());
        ALL.putAll(MethodVerbs.all());
        ALL.putAll(FileVerbs.all());
        ALL.putAll(IndexingVerbs.all());
    }

    private Verbs() {}

    static Verb of(String name) {
        if (OperatorVerbs.isName(name)) {
            return arguments -> OperatorVerbs.call(name, arguments);
        }
        if (!has(name)) {
            throw new AssertionError("no verb " + name);
        }
        return Objects.requireNonNull(ALL.get(name));
    }

    static boolean has(String name) {
        return ALL.containsKey(name);
    }
}
