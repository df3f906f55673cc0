package dev.torchffm;

import dev.torchffm.internal.Operator;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An operator that generated methods call. Results live where the first tensor does that is no parameter.
 *
 * @param rules what its values must be
 */
record TypedOperator(Operator operator, List<ValueRule.Check> rules) {

    static TypedOperator of(String name) {
        return of(name, "");
    }

    static TypedOperator of(String name, String rules) {
        return new TypedOperator(Operator.of(name), ValueRule.of(rules));
    }

    // ---- one tensor; few arguments need no array of them ----

    Tensor tensor(TensorMethods self) {
        return isPlain() && self != null
                ? Operators.tensor(operator, (Tensor) self)
                : tensor(new @Nullable Object[] {self});
    }

    Tensor tensor(TensorMethods self, @Nullable TensorMethods other) {
        return isPlain() && self != null && other != null
                ? Operators.tensor(operator, (Tensor) self, (Tensor) other)
                : tensor(new @Nullable Object[] {self, other});
    }

    Tensor tensor(TensorMethods self, @Nullable Number number) {
        return isPlain() && self != null && number != null
                ? Operators.tensor(operator, (Tensor) self, number)
                : tensor(new @Nullable Object[] {self, number});
    }

    Tensor tensor(@Nullable Object... arguments) {
        @Nullable Object[] checked = checked(arguments);
        return Operators.tensor(Operators.firstArena(checked), operator, checked);
    }

    /** For operators that take no tensor. */
    Tensor tensorIn(Arena resultArena, @Nullable Object... arguments) {
        return Operators.tensor(Tensor.requireArena(resultArena), operator, checked(arguments));
    }

    /** Writes the first argument, and gives it back. */
    Tensor inPlace(@Nullable Object... arguments) {
        if (arguments[0] instanceof Tensor self) {
            self.requireWritable("self");
        }
        return tensor(arguments);
    }

    // ---- other results ----

    List<@Nullable Object> call(@Nullable Object... arguments) {
        @Nullable Object[] checked = checked(arguments);
        return Operators.call(Operators.firstArena(checked), operator, checked);
    }

    List<Tensor> tensors(@Nullable Object... arguments) {
        var tensors = new ArrayList<Tensor>();
        call(arguments).forEach(result -> tensors.add((Tensor) Objects.requireNonNull(result)));
        return Collections.unmodifiableList(tensors);
    }

    long integer(@Nullable Object... arguments) {
        return (long) Objects.requireNonNull(call(arguments).getFirst());
    }

    double real(@Nullable Object... arguments) {
        return (double) Objects.requireNonNull(call(arguments).getFirst());
    }

    boolean bool(@Nullable Object... arguments) {
        return (boolean) Objects.requireNonNull(call(arguments).getFirst());
    }

    DType dtype(@Nullable Object... arguments) {
        return (DType) Objects.requireNonNull(call(arguments).getFirst());
    }

    /** The tensor among the results of {@link #call}. */
    static Tensor tensor(List<@Nullable Object> results, int index) {
        return (Tensor) Objects.requireNonNull(results.get(index));
    }

    // ---- arguments ----

    /** Whether arguments need no more checks than the shim's. */
    private boolean isPlain() {
        return rules.isEmpty();
    }

    private @Nullable Object[] checked(@Nullable Object[] given) {
        @Nullable Object[] arguments = Operators.copied(given);
        for (ValueRule.Check rule : rules) {
            rule.require(operator, arguments);
        }
        return arguments;
    }
}
