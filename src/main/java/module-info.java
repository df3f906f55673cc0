/** Tensors in off-heap memory, shared with libtorch through the Foreign Function and Memory API. */
module dev.torchffm {
    requires static transitive org.jspecify;

    exports dev.torchffm;
    exports dev.torchffm.nn;
}
