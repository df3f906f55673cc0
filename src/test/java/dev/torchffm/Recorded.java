package dev.torchffm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.function.Executable;

/** What the Flight Recorder has of a piece of work. */
public final class Recorded {

    private static final String PREFIX = "dev.torchffm.";

    private Recorded() {}

    /** All events of some kinds of ours during a piece of work, whatever their defaults are. */
    public static List<RecordedEvent> of(Executable work, String... kinds) throws Throwable {
        try (var recording = new Recording()) {
            for (String kind : kinds) {
                recording.enable(PREFIX + kind).withoutThreshold().with("throttle", "off");
            }
            Set<String> names = Stream.of(kinds).map(PREFIX::concat).collect(Collectors.toSet());
            return run(recording, work).stream()
                    .filter(event -> names.contains(event.getEventType().getName()))
                    .toList(); // others may be on by default
        }
    }

    /** All events of ours that a recording takes that nobody has told which. */
    public static List<RecordedEvent> byDefault(Executable work) throws Throwable {
        try (var recording = new Recording()) {
            return run(recording, work);
        }
    }

    private static List<RecordedEvent> run(Recording recording, Executable work) throws Throwable {
        recording.start();
        try {
            work.execute();
        } finally {
            recording.stop();
        }
        return events(recording);
    }

    private static List<RecordedEvent> events(Recording recording) throws IOException {
        Path file = Files.createTempFile("recording", ".jfr");
        try {
            recording.dump(file);
            return RecordingFile.readAllEvents(file).stream()
                    .filter(event -> event.getEventType().getName().startsWith(PREFIX))
                    .toList();
        } finally {
            Files.delete(file);
        }
    }
}
