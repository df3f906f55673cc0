package dev.torchffm.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.DType;
import dev.torchffm.Recorded;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import java.io.IOException;
import java.util.List;
import jdk.jfr.consumer.RecordedEvent;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** What the Flight Recorder has of a compiled model's runs. */
@EnabledOnOs(value = OS.LINUX, architectures = "amd64") // as the package is
final class ModelEventsTest {

    private static CompiledModel model;

    @BeforeAll
    static void load() throws IOException {
        model = CompiledModel.load(TestPackage.MLP);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    /** What the model calls is no event of its own. */
    @Test
    void runHasNameBytesAndWait() throws Throwable {
        Tensor input = Torch.zeros(8, 16);
        List<RecordedEvent> events = Recorded.of(() -> model.run(input), "ModelRun", "Operator");
        assertEquals(1, events.size(), events.toString());
        RecordedEvent event = events.getFirst();
        assertEquals("dev.torchffm.ModelRun", event.getEventType().getName());
        assertEquals("model of mlp.pt2", event.getString("model"));
        assertEquals(8 * (16 + 4) * Float.BYTES, event.getLong("bytes"));
        assertFalse(event.getBoolean("failed"));
        assertEquals(Thread.currentThread().threadId(), event.getThread().getJavaThreadId());
        assertFalse(event.getDuration("waited").isNegative());
        assertTrue(event.getDuration("waited").compareTo(event.getDuration()) <= 0);
    }

    @Test
    void failedRunIsToldAsSuch() throws Throwable {
        Tensor input = Torch.zeros(8, 16).to(DType.FLOAT64);
        List<RecordedEvent> events =
                Recorded.of(() -> assertThrows(IllegalArgumentException.class, () -> model.run(input)), "ModelRun");
        assertEquals(1, events.size(), events.toString());
        assertTrue(events.getFirst().getBoolean("failed"));
        assertEquals(8 * 16 * Double.BYTES, events.getFirst().getLong("bytes"));
    }
}
