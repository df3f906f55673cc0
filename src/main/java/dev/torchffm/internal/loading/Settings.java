package dev.torchffm.internal.loading;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The system properties that tune a process. A wrong value is kept, and makes {@link Libraries#load()} fail. */
public final class Settings {

    static final String KERNELS_PROPERTY = "dev.torchffm.kernels";
    static final String RECYCLED_PROPERTY = "dev.torchffm.recycled";
    static final String VERIFY_PROPERTY = "dev.torchffm.verify";

    /** Whether threads clamp by the shim's own loops by default. */
    public static final boolean SHIM_KERNELS;

    /** The most bytes that are kept to be used again for large results. */
    public static final long RECYCLED_BYTES;

    /** Whether unpacked libraries are compared with their hashes before they are loaded. */
    static final boolean VERIFY;

    private static final @Nullable IllegalArgumentException WRONG;

    static {
        boolean shimKernels = false;
        long recycledBytes = 0;
        boolean verify = false;
        IllegalArgumentException wrong = null;
        try {
            shimKernels = shimKernels();
            recycledBytes = recycledBytes();
            verify = verify();
        } catch (IllegalArgumentException e) {
            wrong = e;
        }
        SHIM_KERNELS = shimKernels;
        RECYCLED_BYTES = recycledBytes;
        VERIFY = verify;
        WRONG = wrong;
    }

    private Settings() {}

    /** Throws an IllegalArgumentException if a value is wrong. */
    static void check() {
        if (WRONG != null) {
            throw WRONG;
        }
    }

    private static boolean shimKernels() {
        String value = System.getProperty(KERNELS_PROPERTY, "libtorch");
        return switch (value.toLowerCase(Locale.ROOT)) {
            case "shim" -> true;
            case "libtorch" -> false;
            default -> throw wrong(KERNELS_PROPERTY, value, "shim or libtorch");
        };
    }

    private static boolean verify() {
        String value = System.getProperty(VERIFY_PROPERTY, "false");
        return switch (value.toLowerCase(Locale.ROOT)) {
            case "true" -> true;
            case "false" -> false;
            default -> throw wrong(VERIFY_PROPERTY, value, "true or false");
        };
    }

    private static long recycledBytes() {
        String value = System.getProperty(RECYCLED_PROPERTY);
        if (value == null) {
            return Runtime.getRuntime().maxMemory() / 4;
        }
        try {
            long bytes = Long.parseLong(value);
            if (bytes >= 0) {
                return bytes;
            }
        } catch (NumberFormatException _) {
            // The exception below has the rule.
        }
        throw wrong(RECYCLED_PROPERTY, value, "a number of bytes, 0 or more");
    }

    private static IllegalArgumentException wrong(String property, String value, String rule) {
        return new IllegalArgumentException(
                "the system property " + property + " is \"" + value + "\", and must be " + rule);
    }
}
