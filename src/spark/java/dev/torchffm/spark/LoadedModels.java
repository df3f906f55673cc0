package dev.torchffm.spark;

import dev.torchffm.Tensor;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;

/** The models of this process: each is loaded by its first task, while others wait, and closed when the process ends. */
final class LoadedModels {

    private static final Map<UUID, UnaryOperator<Tensor>> LOADED = new ConcurrentHashMap<>();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(LoadedModels::close, "torch-ffm models"));
    }

    private LoadedModels() {}

    static UnaryOperator<Tensor> get(Model model) {
        return LOADED.computeIfAbsent(model.id(), _ -> {
            try {
                return Objects.requireNonNull(model.loader().load(), "its loader gave null");
            } catch (Exception | LinkageError e) { // an error would end the executor
                throw new IllegalStateException("model " + model + " cannot be loaded: " + e.getMessage(), e);
            }
        });
    }

    private static void close() {
        for (UnaryOperator<Tensor> model : LOADED.values()) {
            if (model instanceof AutoCloseable closeable) {
                try {
                    closeable.close();
                } catch (Exception e) {
                    System.getLogger(LoadedModels.class.getName())
                            .log(System.Logger.Level.WARNING, "a model failed to close", e);
                }
            }
        }
    }
}
