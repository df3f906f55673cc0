/** Tensors in off-heap memory, shared with libtorch through the Foreign Function and Memory API. */
module dev.torchffm {
    requires static transitive org.jspecify;
    requires static transitive org.junit.jupiter.api; // for dev.torchffm.testing alone

    exports dev.torchffm;
    exports dev.torchffm.nn;
    exports dev.torchffm.testing;
}
