package dev.torchffm;

import dev.torchffm.internal.Operator;
import dev.torchffm.internal.Scalar;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.DoublePredicate;
import java.util.function.LongPredicate;
import java.util.stream.DoubleStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** What the values of an operator must be where others end the process; checked-operators.txt says which are checked. */
enum ValueRule {
    /** No infinity and no NaN. */
    FINITE("finite values") {
        @Override
        boolean allows(Tensor tensor) {
            return !tensor.dtype().isFloatingPoint() || allReal(tensor, Double::isFinite);
        }

        @Override
        boolean allows(double number) {
            return Double.isFinite(number);
        }
    },

    /** Not the least integer of its type, whose negative is none. */
    NO_LEAST("no integer that is its type's least") {
        @Override
        boolean allows(Tensor tensor) {
            return switch (tensor.dtype()) {
                case INT64 -> allIntegers(tensor, value -> value != Long.MIN_VALUE && !isNarrowed(tensor, value));
                case INT32 -> allIntegers(tensor, value -> value != Integer.MIN_VALUE);
                default -> true;
            };
        }

        /** A tensor without dimensions is computed in the other's type. */
        private boolean isNarrowed(Tensor tensor, long value) {
            return tensor.dim() == 0 && (int) value == Integer.MIN_VALUE;
        }

        @Override
        boolean allows(long number) {
            return number != Long.MIN_VALUE && number != Integer.MIN_VALUE;
        }
    },

    /** Singular values of matrices, which some norms ask for. */
    SPECTRAL("finite values for singular values") {
        @Override
        void require(Operator operator, @Nullable Object[] arguments) {
            if (arguments.length > 1
                    && arguments[0] instanceof Tensor self
                    && self.dim() > 1
                    && (arguments[1] instanceof Number order && Math.abs(order.doubleValue()) == 2
                            || "nuc".equals(arguments[1]))
                    && !FINITE.allows(self)) {
                throw refused(operator, 0, self);
            }
        }
    },

    /** Counts. */
    NO_NEGATIVE("no integers below 0") {
        @Override
        boolean allows(Tensor tensor) {
            return tensor.dtype().isFloatingPoint() || allIntegers(tensor, value -> value >= 0);
        }

        @Override
        boolean allows(long number) {
            return number >= 0;
        }
    },

    /** libtorch computes addresses of elements that are not there. */
    NO_EMPTY("tensors with elements") {
        @Override
        boolean allows(Tensor tensor) {
            return tensor.numel() > 0;
        }
    },

    /** libtorch takes a stride of 0 of the reduced dimension for one of 1. */
    NO_STRIDE_0("a dimension with no stride of 0: call contiguous() first") {
        @Override
        void require(Operator operator, @Nullable Object[] arguments) {
            if (arguments.length > 1 && arguments[0] instanceof Tensor self && arguments[1] instanceof Number number) {
                long dim = number.longValue() < 0 ? number.longValue() + self.dim() : number.longValue();
                if (dim >= 0 && dim < self.dim() && self.strides()[(int) dim] == 0 && self.sizes()[(int) dim] > 1) {
                    throw refused(operator, 0, self);
                }
            }
        }
    },

    /** The number of a way to interpolate or to pad; by another, results are what lies in memory. */
    MODE("0, 1 or 2") {
        @Override
        boolean allows(long number) {
            return number >= 0 && number <= 2;
        }
    },

    /** Strides of transposed convolutions, whose time grows with their product. */
    FEW("integers from -256 to 256") {
        @Override
        boolean allows(long number) {
            return number >= -256 && number <= 256;
        }
    },

    /** Strides of convolutions, whose products overflow. */
    SMALL("integers from -4096 to 4096") {
        @Override
        boolean allows(long number) {
            return number >= -4096 && number <= 4096;
        }
    },

    /** Kernels, dilations and their like, whose products overflow. */
    NO_LARGE("integers from -65536 to 65536") {
        @Override
        boolean allows(long number) {
            return number >= -65536 && number <= 65536;
        }
    },

    /** Sizes and paddings, whose products overflow. */
    NO_HUGE("integers from -2^30 to 2^30") {
        @Override
        boolean allows(long number) {
            return number >= -(1L << 30) && number <= 1L << 30;
        }
    },

    /** The greatest integer and 1 is none. */
    NO_GREATEST("no 9223372036854775807") {
        @Override
        boolean allows(long number) {
            return number != Long.MAX_VALUE;
        }
    },

    /** Scales, by which sizes are divided. */
    NO_TINY("numbers of 1e-6 or more, or none above 0") {
        @Override
        boolean allows(double number) {
            return !(number > 0 && number < 1e-6);
        }
    },

    /** A polynomial's time grows with its degree. */
    LOW_DEGREE("degrees from -65536 to 65536") {
        @Override
        void require(Operator operator, @Nullable Object[] arguments) {
            boolean low = arguments.length < 2
                    || switch (arguments[1]) {
                        case Tensor tensor -> allReal(tensor, degree -> Math.abs(degree) <= 65536);
                        case Number number -> Math.abs(number.doubleValue()) <= 65536;
                        case null, default -> true;
                    };
            if (!low) {
                throw refused(operator, 1, arguments[1]);
            }
        }
    },

    /** Bags share out the row of indices. */
    OFFSETS("a row of indices, and a row of offsets from 0 up to their number, where include_last_offset ends it") {
        @Override
        void require(Operator operator, @Nullable Object[] arguments) {
            boolean ended = arguments.length > 7 && Boolean.TRUE.equals(arguments[7]);
            if (arguments.length > 2 && arguments[1] instanceof Tensor indices && arguments[2] instanceof Tensor row) {
                if (indices.dim() != 1) {
                    throw refused(operator, 1, indices);
                }
                if (row.dim() != 1 || !areOffsets(row, indices.numel(), ended)) {
                    throw refused(operator, 2, row);
                }
            }
        }
    },

    /** The gradient of a window in the padding alone is written beyond the memory. */
    WINDOWS("windows that hold an element each: less padding or dilation") {
        @Override
        void require(Operator operator, @Nullable Object[] arguments) {
            int axes = operator.name().replaceAll("\\D", "").charAt(0) - '0';
            if (arguments.length > 1 && arguments[0] instanceof Tensor self && self.dim() >= axes) {
                for (int axis = 0; axis < axes; axis++) {
                    long kernel = at(arguments, 1, axis, 1);
                    long stride = at(arguments, 2, axis, kernel);
                    long size = self.sizes()[self.dim() - axes + axis];
                    if (!holdElements(size, kernel, stride, at(arguments, 3, axis, 0), at(arguments, 4, axis, 1))) {
                        throw refused(operator, 0, self);
                    }
                }
            }
        }
    },

    /** Weights of one observation are written. */
    OBSERVATIONS("two observations or more where weights are given") {
        @Override
        void require(Operator operator, @Nullable Object[] arguments) {
            boolean weighted = Arrays.stream(arguments).skip(1).anyMatch(Tensor.class::isInstance);
            if (weighted
                    && arguments[0] instanceof Tensor self
                    && (self.dim() == 0 || self.sizes()[self.dim() - 1] < 2)) {
                throw refused(operator, 0, self);
            }
        }
    },

    /** The least integer divided by -1 is none. */
    NO_TRUNCATED_OVERFLOW("no least integer that is divided by -1: \"floor\" wraps around") {
        @Override
        void require(Operator operator, @Nullable Object[] arguments) {
            if (Arrays.asList(arguments).contains("trunc")
                    && arguments.length > 1
                    && arguments[0] instanceof Tensor dividend
                    && arguments[1] != null
                    && overflows(dividend, arguments[1])) {
                throw refused(operator, 0, dividend);
            }
        }
    },

    /** libtorch divides the difference of end and start by the step, as integers. */
    FEW_STEPS("a start and an end that lie closer together") {
        @Override
        void require(Operator operator, @Nullable Object[] arguments) {
            if (arguments.length > 2
                    && arguments[0] instanceof Number start
                    && arguments[1] instanceof Number end
                    && arguments[2] instanceof Number step
                    && end.longValue() - start.longValue() == Long.MIN_VALUE
                    && step.longValue() == -1) {
                throw refused(operator, 1, end);
            }
        }
    };

    /** A rule for all arguments, or for the one of an index. */
    record Check(ValueRule rule, int index) {
        void require(Operator operator, @Nullable Object[] arguments) {
            if (index < 0) {
                rule.require(operator, arguments);
            } else if (index < arguments.length) {
                rule.require(operator, index, arguments[index]);
            }
        }
    }

    private final String need;

    /** The rules of these names, which are in small letters; an index follows a colon. */
    static List<Check> of(String names) {
        return names.isEmpty()
                ? List.of()
                : Arrays.stream(names.split(" ")).map(ValueRule::check).toList();
    }

    private static Check check(String name) {
        String[] parts = name.split(":");
        ValueRule rule = valueOf(parts[0].replace('-', '_').toUpperCase(Locale.ROOT));
        return new Check(rule, parts.length > 1 ? Integer.parseInt(parts[1]) : -1);
    }

    ValueRule(String need) {
        this.need = need;
    }

    boolean allows(Tensor tensor) {
        return true;
    }

    boolean allows(long number) {
        return true;
    }

    boolean allows(double number) {
        return true;
    }

    /** Throws where libtorch would not survive the arguments. */
    void require(Operator operator, @Nullable Object[] arguments) {
        for (int i = 0; i < arguments.length; i++) {
            require(operator, i, arguments[i]);
        }
    }

    private void require(Operator operator, int index, @Nullable Object value) {
        if (value != null && !allowsAny(value)) {
            throw refused(operator, index, value);
        }
    }

    private boolean allowsAny(Object value) {
        return switch (value) {
            case Tensor tensor -> allows(tensor);
            case Tensor[] tensors ->
                Arrays.stream(tensors).filter(Objects::nonNull).allMatch(this::allows);
            case List<?> list -> list.stream().allMatch(element -> element == null || allowsAny(element));
            case long[] numbers -> LongStream.of(numbers).allMatch(this::allows);
            case int[] numbers -> Arrays.stream(numbers).asLongStream().allMatch(this::allows);
            case double[] numbers -> DoubleStream.of(numbers).allMatch(this::allows);
            case Double number -> allows(number.doubleValue());
            case Float number -> allows(number.doubleValue());
            case Number number -> allows(number.longValue());
            default -> true;
        };
    }

    IllegalArgumentException refused(Operator operator, int index, @Nullable Object value) {
        String given =
                switch (value) {
                    case Tensor tensor -> tensor.dtype() + " " + Arrays.toString(tensor.sizes());
                    case Tensor[] tensors -> "a list of " + tensors.length + " tensors";
                    case List<?> list
                    when list.stream().anyMatch(Tensor.class::isInstance) -> "a list of " + list.size() + " tensors";
                    case long[] numbers -> Arrays.toString(numbers);
                    case int[] numbers -> Arrays.toString(numbers);
                    case double[] numbers -> Arrays.toString(numbers);
                    case null, default -> String.valueOf(value);
                };
        return new IllegalArgumentException("arguments[" + index + "] is " + given + ", and " + operator + " needs "
                + need + "; libtorch does not survive others");
    }

    // ---- windows ----

    /** What a list says of an axis, or its one number of all. */
    private static long at(@Nullable Object[] arguments, int index, int axis, long initial) {
        return switch (index < arguments.length ? arguments[index] : null) {
            case long[] list when list.length > 0 -> list[Math.min(axis, list.length - 1)];
            case int[] list when list.length > 0 -> list[Math.min(axis, list.length - 1)];
            case Number number when !(number instanceof Double || number instanceof Float) -> number.longValue();
            case null, default -> initial; // libtorch refuses fractions
        };
    }

    /** Whether each window that starts in the padding reaches an element of so many. */
    private static boolean holdElements(long size, long kernel, long stride, long padding, long dilation) {
        for (long start = -padding; start < 0 && stride > 0 && dilation > 0; start += stride) {
            long first = start + Math.ceilDiv(-start, dilation) * dilation;
            if (size > 0 && (first >= size || first > start + (kernel - 1) * dilation)) {
                return false;
            }
        }
        return true;
    }

    // ---- elements ----

    private static boolean overflows(Tensor dividend, Object divisor) {
        boolean narrow =
                dividend.dtype() == DType.INT32 || divisor instanceof Tensor tensor && tensor.dtype() == DType.INT32;
        LongPredicate isMinusOne = value -> value == -1 || narrow && (int) value == -1;
        LongPredicate isLeast = value -> value == Long.MIN_VALUE || narrow && (int) value == Integer.MIN_VALUE;
        boolean byMinusOne =
                switch (divisor) {
                    case Tensor tensor -> !allIntegers(tensor, isMinusOne.negate());
                    case Number number ->
                        Scalar.kind("arguments[1]", number) == Scalar.INTEGER && isMinusOne.test(number.longValue());
                    default -> false;
                };
        return byMinusOne && !allIntegers(dividend, isLeast.negate());
    }

    /** Whether offsets start at 0, never fall, and do not pass the number of indices, which the last one is if ended. */
    private static boolean areOffsets(Tensor row, long indices, boolean ended) {
        if (row.dtype().isFloatingPoint()) {
            return true; // libtorch refuses them
        }
        var last = new long[] {-1};
        boolean rise = allIntegers(row, offset -> {
            boolean fits = last[0] < 0 ? offset == 0 : offset >= last[0] && offset <= indices;
            last[0] = offset;
            return fits;
        });
        return rise && row.numel() > (ended ? 1 : 0) && (!ended || last[0] == indices);
    }

    /** Whether all elements pass; those of floating-point tensors do. */
    private static boolean allIntegers(Tensor tensor, LongPredicate predicate) {
        var elements = new Elements(tensor.segment(), tensor.dtype(), tensor.layout());
        return tensor.dtype().isFloatingPoint()
                || tensor.layout().allMatch(place -> predicate.test(elements.integer(place)));
    }

    private static boolean allReal(Tensor tensor, DoublePredicate predicate) {
        var elements = new Elements(tensor.segment(), tensor.dtype(), tensor.layout());
        return tensor.layout().allMatch(place -> predicate.test(elements.real(place)));
    }
}
