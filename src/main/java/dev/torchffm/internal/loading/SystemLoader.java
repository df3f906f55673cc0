package dev.torchffm.internal.loading;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.Charset;

/** The system's loader of libraries. Source: POSIX, {@code dlfcn.h}; its numbers are Linux's and macOS's. */
final class SystemLoader {

    private static final int LAZY = 1;
    private static final int ONLY_LOADED = Platform.CURRENT.name().startsWith("linux") ? 4 : 16;

    /** How Java reads and writes the names of files, which may be any bytes. */
    static final Charset NAMES = Charset.forName(System.getProperty("sun.jnu.encoding"));

    // All are made before the first is called, for the text of a failure is kept until the next call only.
    private static final MethodHandle OPEN = function("dlopen", FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_INT));
    private static final MethodHandle FIND = function("dlsym", FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS));
    private static final MethodHandle DESCRIBE = function("dladdr", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));
    private static final MethodHandle FAILURE = function("dlerror", FunctionDescriptor.of(ADDRESS));

    private SystemLoader() {}

    private static MethodHandle function(String name, FunctionDescriptor type) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type);
    }

    /** Loads a library, by its path. */
    static MemorySegment open(String path) {
        return open(path, LAZY);
    }

    /** The library of a name if it is loaded, else NULL. */
    static MemorySegment loaded(String name) {
        return open(name, LAZY | ONLY_LOADED);
    }

    private static MemorySegment open(String library, int mode) {
        try (Arena arena = Arena.ofConfined()) {
            return (MemorySegment) OPEN.invokeExact(bytes(library, arena), mode);
        } catch (Throwable e) {
            throw new AssertionError(e); // these functions throw nothing
        }
    }

    /** The address of a function of a library, or of one that it needs; else NULL. */
    static MemorySegment find(MemorySegment library, String function) {
        try (Arena arena = Arena.ofConfined()) {
            return (MemorySegment) FIND.invokeExact(library, bytes(function, arena));
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /** The file of a function. */
    static String file(MemorySegment function) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment info = arena.allocate(ADDRESS, 4); // Dl_info, the file's name first
            int _ = (int) DESCRIBE.invokeExact(function, info);
            return text(info.get(ADDRESS, 0));
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /** Why the call before this one failed. */
    static String failure() {
        try {
            return text((MemorySegment) FAILURE.invokeExact());
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    private static MemorySegment bytes(String name, Arena arena) {
        return arena.allocateFrom(JAVA_BYTE, (name + '\0').getBytes(NAMES));
    }

    private static String text(MemorySegment start) {
        String bytes = start.reinterpret(Long.MAX_VALUE).getString(0, ISO_8859_1);
        return new String(bytes.getBytes(ISO_8859_1), NAMES);
    }
}
