package dev.torchffm.oracle;

import dev.torchffm.nn.AvgPool2d;
import dev.torchffm.nn.BatchNorm;
import dev.torchffm.nn.BatchNorm1d;
import dev.torchffm.nn.BatchNorm2d;
import dev.torchffm.nn.Conv2d;
import dev.torchffm.nn.Dropout;
import dev.torchffm.nn.ELU;
import dev.torchffm.nn.Embedding;
import dev.torchffm.nn.Flatten;
import dev.torchffm.nn.GELU;
import dev.torchffm.nn.LayerNorm;
import dev.torchffm.nn.MaxPool2d;
import dev.torchffm.nn.Module;
import dev.torchffm.nn.SiLU;
import dev.torchffm.nn.Softmax;
import dev.torchffm.nn.Softplus;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Layers by their names and options. */
final class Layers {

    private Layers() {}

    static Module layer(String name, Arguments a) {
        return switch (name) {
            case "Conv2d" -> new Conv2d(a.integer(0), a.integer(1), conv(a));
            case "MaxPool2d" ->
                new MaxPool2d(new MaxPool2d.Options(pair(a, 0), pair(a, 1), pair(a, 2), pair(a, 3), a.truth(4)));
            case "AvgPool2d" ->
                new AvgPool2d(new AvgPool2d.Options(
                        pair(a, 0), pair(a, 1), pair(a, 2), a.truth(3), a.truth(4), integerOrNull(a, 5)));
            case "BatchNorm1d" -> new BatchNorm1d(a.integer(0), norm(a));
            case "BatchNorm2d" -> new BatchNorm2d(a.integer(0), norm(a));
            case "LayerNorm" ->
                new LayerNorm(a.integers(0), new LayerNorm.Options(a.real(1), a.truth(2), a.truth(3), a.dtype(4)));
            case "Embedding" ->
                new Embedding(
                        a.integer(0),
                        a.integer(1),
                        new Embedding.Options(
                                integerOrNull(a, 2), realOrNull(a, 3), a.real(4), a.truth(5), a.dtype(6)));
            case "Dropout" -> new Dropout(a.real(0), a.truth(1));
            case "Flatten" -> new Flatten(a.integer(0), a.integer(1));
            case "Softmax" -> new Softmax(a.integer(0));
            case "GELU" -> new GELU(a.text(0));
            case "SiLU" -> new SiLU(a.truth(0));
            case "ELU" -> new ELU(a.real(0), a.truth(1));
            case "Softplus" -> new Softplus(a.real(0), a.real(1));
            default -> throw new AssertionError(name);
        };
    }

    private static Conv2d.Options conv(Arguments a) {
        String word = a.any(4) instanceof String text ? text : null;
        return new Conv2d.Options(
                pair(a, 2),
                pair(a, 3),
                word == null ? pair(a, 4) : List.of(0L),
                word,
                pair(a, 5),
                a.integer(6),
                a.truth(7),
                a.text(8),
                a.dtype(9));
    }

    private static BatchNorm.Options norm(Arguments a) {
        return new BatchNorm.Options(a.real(1), realOrNull(a, 2), a.truth(3), a.truth(4), a.truth(5), a.dtype(6));
    }

    /** One number or two. */
    private static List<Long> pair(Arguments a, int place) {
        return a.any(place) instanceof Number number
                ? List.of(number.longValue())
                : a.list(place).stream().map(one -> ((Number) one).longValue()).toList();
    }

    private static @Nullable Long integerOrNull(Arguments a, int place) {
        return a.any(place) == null ? null : (Long) a.integer(place);
    }

    private static @Nullable Double realOrNull(Arguments a, int place) {
        return a.any(place) == null ? null : (Double) a.real(place);
    }
}
