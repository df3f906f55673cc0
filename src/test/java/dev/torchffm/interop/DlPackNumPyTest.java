package dev.torchffm.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.torchffm.ChildJvm;
import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.internal.DlPackExports;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** DLPack against NumPy, in a Python within a JVM of its own, where the machine has both. */
final class DlPackNumPyTest {

    private static final int MISSING = 77;

    private static final String WHERE = """
            import sys, sysconfig
            print(sysconfig.get_config_var("LIBDIR") + "/" + sysconfig.get_config_var("INSTSONAME"), sys.prefix, sep="\\n")
            """;

    @Test
    @EnabledOnOs(OS.LINUX)
    void numPyAndLibtorchShareMemory(@TempDir Path folder) throws Exception {
        var result = new ChildJvm(folder).run(Python.class, ofThePath());
        assumeTrue(result.exitCode() != MISSING, () -> "there is no embeddable Python with NumPy: " + result.output());
        assertEquals(0, result.exitCode(), result.output());
        assertTrue(result.output().startsWith("lent, borrowed"), result.output());
    }

    /** {@return the library and the home of the python3 on the PATH; nothing where there is none} */
    private static String[] ofThePath() throws InterruptedException {
        try {
            Process python = new ProcessBuilder("python3", "-c", WHERE)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String output = new String(python.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return python.waitFor() == 0 ? output.split("\n") : new String[0];
        } catch (IOException e) {
            return new String[0];
        }
    }

    static final class Python {

        private static final int RTLD_NOW_GLOBAL = 0x102;

        /** The names of a capsule before and after its struct is taken; they live as long as the capsule. */
        private enum Kind {
            LEGACY("dltensor"),
            VERSIONED("dltensor_versioned");

            final MemorySegment name;
            final MemorySegment used;

            Kind(String name) {
                this.name = Arena.global().allocateFrom(name);
                this.used = Arena.global().allocateFrom("used_" + name);
            }
        }

        private static SymbolLookup python = SymbolLookup.loaderLookup();

        static void main(String[] arguments) throws Throwable {
            var libraries = new ArrayList<String>();
            if (arguments.length == 2) {
                libraries.add(arguments[0]);
                setHome(arguments[1]);
            } else {
                IntStream.rangeClosed(8, 20).forEach(minor -> libraries.add("libpython3." + minor + ".so.1.0"));
            }
            load(libraries);
            call("Py_InitializeEx", null, 0);
            if (!runs("import gc, sys, ctypes, numpy as np")) {
                missing("no numpy");
            }
            lend(Kind.LEGACY);
            borrow(Kind.LEGACY);
            System.out.print("lent, borrowed");
            if (runs("np.zeros(1).__dlpack__(max_version=(1, 0))")) { // NumPy 2.1 and later
                lend(Kind.VERSIONED);
                borrow(Kind.VERSIONED);
                readOnly();
                System.out.print(", versioned too");
            }
            System.out.println();
        }

        private static void setHome(String home) throws Throwable {
            Linker linker = Linker.nativeLinker();
            var setenv = linker.downcallHandle(
                    linker.defaultLookup().findOrThrow("setenv"),
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
            require((int) setenv.invokeExact(text("PYTHONHOME"), text(home), 1) == 0, "setenv");
        }

        /** With its symbols global, for the modules that Python loads want them. */
        private static void load(List<String> libraries) throws Throwable {
            Linker linker = Linker.nativeLinker();
            var dlopen = linker.downcallHandle(
                    linker.defaultLookup().findOrThrow("dlopen"),
                    FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
            for (String library : libraries) {
                MemorySegment name = Arena.global().allocateFrom(library);
                var handle = (MemorySegment) dlopen.invokeExact(name, RTLD_NOW_GLOBAL);
                if (!handle.equals(MemorySegment.NULL)) {
                    python = SymbolLookup.libraryLookup(library, Arena.global());
                    return;
                }
            }
            missing("no libpython3");
        }

        private static void missing(String what) {
            System.out.println(what);
            System.exit(MISSING);
        }

        /** Calls a function of Python's; arguments are ints and segments. */
        private static Object call(String function, MemoryLayout result, Object... arguments) throws Throwable {
            MemoryLayout[] layouts = Arrays.stream(arguments)
                    .map(argument -> argument instanceof Integer ? ValueLayout.JAVA_INT : ValueLayout.ADDRESS)
                    .toArray(MemoryLayout[]::new);
            FunctionDescriptor descriptor =
                    result == null ? FunctionDescriptor.ofVoid(layouts) : FunctionDescriptor.of(result, layouts);
            MethodHandle handle = Linker.nativeLinker().downcallHandle(python.findOrThrow(function), descriptor);
            return handle.invokeWithArguments(arguments);
        }

        private static MemorySegment object(String function, Object... arguments) throws Throwable {
            var object = (MemorySegment) call(function, ValueLayout.ADDRESS, arguments);
            require(!object.equals(MemorySegment.NULL), function);
            return object;
        }

        /** Runs statements in Python's main module; a failure is printed by Python. */
        private static boolean runs(String statements) throws Throwable {
            return (int) call("PyRun_SimpleString", ValueLayout.JAVA_INT, text(statements)) == 0;
        }

        private static void run(String statements) throws Throwable {
            require(runs(statements), statements);
        }

        private static void require(boolean holds, String what) {
            if (!holds) {
                throw new AssertionError(what);
            }
        }

        private static MemorySegment text(String text) {
            return Arena.global().allocateFrom(text);
        }

        private static MemorySegment module() throws Throwable {
            return object("PyImport_AddModule", text("__main__"));
        }

        /** NumPy is the consumer: it takes the struct, and deletes it when the array is collected. */
        private static void lend(Kind kind) throws Throwable {
            Tensor x = Tensor.fromSegment(
                    Arena.ofAuto(),
                    Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, 0, -1, 2, -3, 4, -5, 6),
                    DType.FLOAT32,
                    new long[] {2, 3},
                    new long[] {1, 2},
                    1);
            MemorySegment managed = kind == Kind.LEGACY ? DlPack.exportLegacy(x) : DlPack.exportVersioned(x);
            fromDlPack(kind, managed);
            run("""
                    assert a.ctypes.data == %d
                    assert a.dtype == np.float32 and a.shape == (2, 3) and a.strides == (4, 8)
                    assert a.tolist() == [[-1, -3, -5], [2, 4, 6]]
                    """.formatted(x.dataPtr()));
            x.relu_();
            run("assert a.tolist() == [[0, 0, 0], [2, 4, 6]]");
            // An array that NumPy made from DLPack may be read-only: its memory is written as Python's.
            run("ctypes.c_float.from_address(a.ctypes.data).value = 42");
            require(x.toFloatArray()[0] == 42, "libtorch sees what Python wrote");
            require(DlPackExports.count() == 1, "lent");
            run("del a, capsule; gc.collect()");
            while (DlPackExports.count() > 0) {
                Thread.onSpinWait();
            }
        }

        /** Makes NumPy take a struct as the array a. */
        private static void fromDlPack(Kind kind, MemorySegment managed) throws Throwable {
            MemorySegment capsule = object("PyCapsule_New", managed, kind.name, MemorySegment.NULL);
            call("PyObject_SetAttrString", ValueLayout.JAVA_INT, module(), text("capsule"), capsule);
            call("Py_DecRef", null, capsule);
            run("""
                    class Lent:
                        def __dlpack__(self, **_):
                            return capsule
                        def __dlpack_device__(self):
                            return (1, 0)
                    a = np.from_dlpack(Lent())
                    """);
        }

        /** The flag goes both ways. */
        private static void readOnly() throws Throwable {
            MemorySegment memory = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, 1, -2);
            fromDlPack(
                    Kind.VERSIONED, DlPack.exportVersioned(Tensor.fromSegment(memory.asReadOnly(), DType.FLOAT32, 2)));
            run("assert not a.flags.writeable and a.tolist() == [1, -2]");
            fromDlPack(Kind.VERSIONED, DlPack.exportVersioned(Tensor.fromSegment(memory, DType.FLOAT32, 2)));
            run("assert a.flags.writeable");
            run("b = np.ones(3); b.flags.writeable = False; capsule = b.__dlpack__(max_version=(1, 0))");
            MemorySegment capsule = object("PyObject_GetAttrString", module(), text("capsule"));
            MemorySegment managed = object("PyCapsule_GetPointer", capsule, Kind.VERSIONED.name);
            try (Arena arena = Arena.ofConfined()) {
                Tensor x = DlPack.importVersioned(managed, arena);
                call("PyCapsule_SetName", ValueLayout.JAVA_INT, capsule, Kind.VERSIONED.used);
                require(x.segment().isReadOnly(), "read-only");
                try {
                    x.clamp_(0, null);
                    throw new AssertionError("written");
                } catch (IllegalArgumentException expected) {
                    run("assert b.tolist() == [1, 1, 1]");
                }
            }
        }

        /** NumPy is the producer: its array lives until the arena is closed. */
        private static void borrow(Kind kind) throws Throwable {
            run("""
                    b = np.arange(24, dtype=np.float64).reshape(4, 6)[1:3, ::2]
                    references = sys.getrefcount(b)
                    capsule = b.__dlpack__(%s)
                    address = str(b.ctypes.data)
                    """.formatted(kind == Kind.LEGACY ? "" : "max_version=(1, 0)"));
            MemorySegment capsule = object("PyObject_GetAttrString", module(), text("capsule"));
            MemorySegment managed = object("PyCapsule_GetPointer", capsule, kind.name);
            MemorySegment address = object("PyObject_GetAttrString", module(), text("address"));
            long expected = Long.parseLong(
                    object("PyUnicode_AsUTF8", address).reinterpret(32).getString(0));
            try (Arena arena = Arena.ofConfined()) {
                Tensor x = kind == Kind.LEGACY
                        ? DlPack.importLegacy(managed, arena)
                        : DlPack.importVersioned(managed, arena);
                call("PyCapsule_SetName", ValueLayout.JAVA_INT, capsule, kind.used);
                require(x.dataPtr() == expected, "one address");
                require(x.dtype() == DType.FLOAT64, "one type");
                require(Arrays.equals(x.strides(), new long[] {6, 2}), "the strides");
                require(Arrays.equals(x.toDoubleArray(), new double[] {6, 8, 10, 12, 14, 16}), "the elements");
                x.clamp_(10, null);
                run("assert b.tolist() == [[10, 10, 10], [12, 14, 16]]");
                run("b[1, 2] = -1");
                require(x.toDoubleArray()[5] == -1, "libtorch sees what NumPy wrote");
                run("assert sys.getrefcount(b) == references + 1");
            }
            run("assert sys.getrefcount(b) == references");
        }
    }
}
