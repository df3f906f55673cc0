package dev.torchffm.internal.loading;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;

/** What a failure means, in words: the message of some of Java's exceptions is a file's name alone. */
final class Reason {

    private Reason() {}

    static String of(Throwable failure) {
        return switch (failure) {
            case NoSuchFileException e -> e.getFile() + ": there is no such file or folder, and none can be made there";
            case AccessDeniedException e ->
                e.getFile() + ": this user may not write it, or not enter (execute) a folder above it";
            case FileAlreadyExistsException e -> e.getFile() + " is there, and is no folder";
            case VirtualMachineError e -> "the JVM has no room: " + e.getMessage();
            default -> failure.getMessage() == null ? failure.toString() : failure.getMessage();
        };
    }
}
