package dev.torchffm.model;

import java.io.IOException;
import java.nio.file.Path;

/** The library of a package as {@link CompiledModel} opens it, for the benchmark's C program. */
public final class UnpackedLibrary {

    private UnpackedLibrary() {}

    /** Writes the library of a package's only model. */
    public static void write(Path file, Path library) throws IOException {
        try (ModelPackage opened = ModelPackage.open(file)) {
            opened.unpackLibrary(opened.model(null), library);
        }
        LibraryFile.prepare(library);
    }
}
