package dev.torchffm.examples.relu;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.OptionalLong;

/** What malloc has given out in this process, the elements of libtorch's tensors included: glibc's own count. */
final class NativeHeap {

    private static final StructLayout MALLINFO2 = MemoryLayout.structLayout(
            ValueLayout.JAVA_LONG.withName("arena"),
            ValueLayout.JAVA_LONG.withName("ordblks"),
            ValueLayout.JAVA_LONG.withName("smblks"),
            ValueLayout.JAVA_LONG.withName("hblks"),
            ValueLayout.JAVA_LONG.withName("hblkhd"),
            ValueLayout.JAVA_LONG.withName("usmblks"),
            ValueLayout.JAVA_LONG.withName("fsmblks"),
            ValueLayout.JAVA_LONG.withName("uordblks"),
            ValueLayout.JAVA_LONG.withName("fordblks"),
            ValueLayout.JAVA_LONG.withName("keepcost"));

    private static final long MAPPED = MALLINFO2.byteOffset(PathElement.groupElement("hblkhd"));
    private static final long IN_HEAPS = MALLINFO2.byteOffset(PathElement.groupElement("uordblks"));

    private NativeHeap() {}

    /** The bytes in use, where the C library tells. */
    static OptionalLong bytesInUse() {
        Linker linker = Linker.nativeLinker();
        return linker.defaultLookup().find("mallinfo2").stream()
                .mapToLong(function -> inUse(linker.downcallHandle(function, FunctionDescriptor.of(MALLINFO2))))
                .findFirst();
    }

    private static long inUse(MethodHandle mallinfo2) {
        try (Arena arena = Arena.ofConfined()) {
            var info = (MemorySegment) mallinfo2.invokeExact((SegmentAllocator) arena);
            return info.get(ValueLayout.JAVA_LONG, MAPPED) + info.get(ValueLayout.JAVA_LONG, IN_HEAPS);
        } catch (Throwable e) {
            throw new IllegalStateException("mallinfo2 failed", e);
        }
    }
}
