package dev.torchffm.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * A peer that JMH measures. A subclass has a method for each {@link Operation} that it can do, over tensors
 * of normal random numbers. The same tensors are used again and again: the times do not depend on the values.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public abstract class PeerState {

    /** Names the file where the first fork writes what it measures. */
    static final String ABOUT_PROPERTY = "dev.torchffm.bench.about";

    @Param("8")
    public long size;

    @Param("NO_MODE")
    public Way way;

    /** Makes the tensors. JMH calls this, the operations and {@link #close} on one thread. */
    abstract void open();

    abstract void close();

    /** {@return versions and settings} */
    abstract String about() throws IOException;

    @Setup
    public final void setup() throws IOException {
        open();
        Path about = Path.of(System.getProperty(ABOUT_PROPERTY));
        if (Files.notExists(about)) {
            Files.writeString(about, about());
        }
    }

    @TearDown
    public final void tearDown() {
        close();
    }
}
