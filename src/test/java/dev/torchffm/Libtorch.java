package dev.torchffm;

/** The libtorch that the tests run over. */
public final class Libtorch {

    private Libtorch() {}

    /** Whether it is of this version, major and minor. */
    static boolean isVersion(String version) {
        return Torch.libtorchVersion().startsWith(version + ".");
    }

    /** Whether it is of version 2 and this minor version, or a later one. */
    public static boolean isSince(int minor) {
        String[] parts = Torch.libtorchVersion().split("\\.");
        return parts[0].equals("2") && Integer.parseInt(parts[1]) >= minor;
    }
}
