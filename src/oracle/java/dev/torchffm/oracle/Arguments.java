package dev.torchffm.oracle;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The arguments of a call, by their places. */
record Arguments(List<@Nullable Object> values) {

    /** Those but the first. */
    Arguments rest() {
        return new Arguments(values.subList(1, values.size()));
    }

    @Nullable
    Object any(int place) {
        return values.get(place);
    }

    Tensor tensor(int place) {
        return Objects.requireNonNull(tensorOrNull(place));
    }

    @Nullable
    Tensor tensorOrNull(int place) {
        return (Tensor) values.get(place);
    }

    Number number(int place) {
        return Objects.requireNonNull(numberOrNull(place));
    }

    /** A boolean counts as 0 or 1, as it does in Python. */
    @Nullable
    Number numberOrNull(int place) {
        return values.get(place) instanceof Boolean truth ? Integer.valueOf(truth ? 1 : 0) : (Number) values.get(place);
    }

    long integer(int place) {
        return number(place).longValue();
    }

    double real(int place) {
        return number(place).doubleValue();
    }

    boolean truth(int place) {
        return (Boolean) Objects.requireNonNull(values.get(place));
    }

    String text(int place) {
        return (String) Objects.requireNonNull(values.get(place));
    }

    DType dtype(int place) {
        return (DType) Objects.requireNonNull(values.get(place));
    }

    byte[] bytes(int place) {
        return (byte[]) Objects.requireNonNull(values.get(place));
    }

    long[] integers(int place) {
        return list(place).stream()
                .mapToLong(value -> ((Number) Objects.requireNonNull(value)).longValue())
                .toArray();
    }

    List<Tensor> tensors(int place) {
        return list(place).stream().map(Tensor.class::cast).toList();
    }

    List<?> list(int place) {
        return (List<?>) Objects.requireNonNull(values.get(place));
    }

    Map<?, ?> dictionary(int place) {
        return (Map<?, ?>) Objects.requireNonNull(values.get(place));
    }

    <T> T as(Class<T> type, int place) {
        return type.cast(values.get(place));
    }
}
