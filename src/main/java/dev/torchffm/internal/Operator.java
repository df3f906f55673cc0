package dev.torchffm.internal;

import static dev.torchffm.bindings.TorchFfm.tffm_operator_find;

import dev.torchffm.bindings.tffm_operator_info;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * An operator of libtorch, resolved at its first call, by any thread. Until then it is only a name, so that a failure
 * to load libtorch does not break the classes that hold it.
 */
public final class Operator {

    /** What the shim says of the operator, for the life of the process. */
    record Resolved(
            MemorySegment pointer, int resultCount, boolean hasResultList, boolean writesFirst, boolean isModel) {}

    private final String name;
    private final String overload;

    /** Threads that resolve it at once get the same. */
    private volatile @Nullable Resolved resolved;

    private Operator(String name, String overload) {
        this.name = name;
        this.overload = overload;
    }

    /** An operator by its name, such as "aten::sum" or "aten::sum.dim_IntList". */
    public static Operator of(String qualified) {
        int dot = qualified.indexOf('.');
        return dot < 0
                ? new Operator(qualified, "")
                : new Operator(qualified.substring(0, dot), qualified.substring(dot + 1));
    }

    /** A compiled model that is called as an operator. The pointer must live as long as calls are made. */
    public static Operator ofModel(String name, MemorySegment pointer, int outputCount) {
        var operator = new Operator(name, "");
        operator.resolved = new Resolved(pointer, outputCount, false, false, true);
        return operator;
    }

    /** The name without the overload. */
    public String name() {
        return name;
    }

    /** Whether a call writes its first argument; known when it is resolved. */
    public boolean writesFirst() {
        Resolved known = resolved;
        return known != null && known.writesFirst();
    }

    /** Whether a result is a list of tensors; known when it is resolved. */
    public boolean hasResultList() {
        Resolved known = resolved;
        return known != null && known.hasResultList();
    }

    /** What {@link #resolve} found; null before. */
    @Nullable
    Resolved resolved() {
        return resolved;
    }

    /** Resolves the operator and returns the status. */
    public int resolve() {
        if (resolved != null) {
            return Native.OK;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ValueLayout.ADDRESS);
            MemorySegment info = tffm_operator_info.allocate(arena);
            int status = tffm_operator_find(arena.allocateFrom(name), arena.allocateFrom(overload), out, info);
            if (status == Native.OK) {
                resolved = new Resolved(
                        out.get(ValueLayout.ADDRESS, 0),
                        (int) tffm_operator_info.result_count(info),
                        tffm_operator_info.has_result_list(info) != 0,
                        tffm_operator_info.writes_first(info) != 0,
                        false);
            }
            return status;
        }
    }

    @Override
    public String toString() {
        return overload.isEmpty() ? name : name + "." + overload;
    }
}
