/**
 * Tensors in off-heap memory, shared with native libtorch without a copy.
 *
 * <p>Native access must be allowed: {@code --enable-native-access=dev.torchffm} on the module path, {@code
 * ALL-UNNAMED} on the class path.
 */
@SuppressWarnings("requires-automatic") // ONNX Runtime is an automatic module
module dev.torchffm {
    requires com.fasterxml.jackson.core;
    requires jdk.jfr;
    requires static org.jspecify;

    // Each for the part that is named after it; not transitive, so that users of other parts do not need it.
    requires static com.microsoft.onnxruntime;
    requires static org.apache.arrow.c;
    requires static org.apache.arrow.memory.core;
    requires static org.apache.arrow.vector;
    requires static org.junit.jupiter.api;

    exports dev.torchffm;
    exports dev.torchffm.interop;
    exports dev.torchffm.io;
    exports dev.torchffm.model;
    exports dev.torchffm.nn;
    exports dev.torchffm.optim;
    exports dev.torchffm.testing;
}
