package dev.torchffm.spark;

import dev.torchffm.Tensor;
import dev.torchffm.model.CompiledModel;
import java.io.Serial;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.Objects;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.apache.spark.SparkEnv;

/**
 * What a job applies to batches: not the model itself, but how an executor loads it.
 *
 * <p>Each executor process loads it once, at the first batch, and its tasks share it. It is closed when the process ends,
 * so make one {@code Model} and use it in all jobs: each one made is loaded anew.
 */
public final class Model implements Serializable {

    @Serial
    private static final long serialVersionUID = 1;

    private final UUID id = UUID.randomUUID();
    private final String name;
    private final Loader loader;

    private Model(String name, Loader loader) {
        this.name = name;
        this.loader = loader;
    }

    /** Makes the model in an executor; a lambda or a reference to a constructor serves. */
    @FunctionalInterface
    public interface Loader extends Serializable {

        /**
         * Loads the model.
         *
         * @return called by several tasks at once, with a read-only tensor of a batch's rows that lives until the call's
         *     result is copied, and belongs to the calling thread; closed with the executor process if it is an
         *     {@link AutoCloseable}
         * @throws Exception fails the task, and the next one tries again
         */
        UnaryOperator<Tensor> load() throws Exception;
    }

    /**
     * A model of Java, such as a {@link dev.torchffm.nn.Module}: {@code Model.of("relu", MyReLU::new)}.
     *
     * @param name for messages
     */
    public static Model of(String name, Loader loader) {
        return new Model(Objects.requireNonNull(name, "name"), Objects.requireNonNull(loader, "loader"));
    }

    /**
     * A compiled model of one input and one output.
     *
     * @param file on each executor's machine, or on a disk that they share; a relative one is in the executor's own
     *     working directory
     */
    public static Model compiled(String file) {
        Objects.requireNonNull(file, "file");
        return of(file, () -> {
            int tasks = SparkEnv.get()
                    .conf()
                    .getInt("spark.executor.cores", Runtime.getRuntime().availableProcessors());
            return new Compiled(CompiledModel.load(Path.of(file), CompiledModel.Options.instances(tasks)));
        });
    }

    private record Compiled(CompiledModel model) implements UnaryOperator<Tensor>, AutoCloseable {
        @Override
        public Tensor apply(Tensor input) {
            return model.run(input).getFirst();
        }

        @Override
        public void close() {
            model.close();
        }
    }

    UUID id() {
        return id;
    }

    Loader loader() {
        return loader;
    }

    /** {@return the name} */
    @Override
    public String toString() {
        return name;
    }
}
