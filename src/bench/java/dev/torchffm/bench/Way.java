package dev.torchffm.bench;

/** The ways of torch-ffm; a peer stands beside the ways that do the same as it does. */
public enum Way {
    /** As it is when nobody asks for a mode. */
    NO_MODE("no mode"),
    /** Without a mode, each operator by its name. */
    CALL("no mode, `Torch.call`"),
    /** In inference mode. */
    INFERENCE("inference mode"),
    /** By the shim's own loops. */
    SHIM("`Kernels.SHIM`");

    final String title;

    Way(String title) {
        this.title = title;
    }
}
