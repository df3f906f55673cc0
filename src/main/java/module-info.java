/**
 * Tensors in off-heap memory, shared with native libtorch without a copy.
 *
 * <p>Native access must be allowed: {@code --enable-native-access=dev.torchffm} on the module path, {@code
 * ALL-UNNAMED} on the class path.
 */
module dev.torchffm {
    requires static org.jspecify;
    requires static org.junit.jupiter.api; // for dev.torchffm.testing alone; not transitive, or all would need it

    exports dev.torchffm;
    exports dev.torchffm.nn;
    exports dev.torchffm.testing;
}
