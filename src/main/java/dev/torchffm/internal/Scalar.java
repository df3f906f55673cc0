package dev.torchffm.internal;

import java.math.BigInteger;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A {@code Number} as libtorch's Scalar sees it: its kind and its bits, passed without an object. */
public final class Scalar {

    /** The kind of null. */
    public static final int NONE = 0;

    /** The kind of a number whose bits are those of a long. */
    public static final int INTEGER = 1;

    /** The kind of a number whose bits are those of a double. */
    public static final int REAL = 2;

    private Scalar() {}

    /** The kind; {@code name} is the argument's name, for exceptions. */
    public static int kind(String name, @Nullable Number number) {
        return switch (number) {
            case null -> NONE;
            case Float _, Double _ -> REAL;
            case Integer _, Long _, Short _, Byte _, AtomicInteger _, AtomicLong _ -> INTEGER;
            case BigInteger big when big.bitLength() < Long.SIZE -> INTEGER;
            case BigInteger big ->
                throw new IllegalArgumentException(name + " is " + big + ", and an integer must fit into 64 bits");
            default ->
                throw new IllegalArgumentException(
                        name + " is a " + number.getClass().getName() + ", " + number
                                + ", and must be a Float, a Double or an integral Number");
        };
    }

    /** Returns a number that libtorch can take, and refuses others. */
    public static Number require(String name, Number number) {
        kind(name, Objects.requireNonNull(number, name));
        return number;
    }

    /** The bits of a number that has passed {@link #kind}. */
    public static long bits(@Nullable Number number) {
        return switch (number) {
            case null -> 0;
            case Float real -> Double.doubleToRawLongBits(real.doubleValue());
            case Double real -> Double.doubleToRawLongBits(real);
            default -> number.longValue();
        };
    }
}
