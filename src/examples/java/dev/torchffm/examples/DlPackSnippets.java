package dev.torchffm.examples;

import dev.torchffm.Tensor;
import dev.torchffm.interop.DlPack;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The examples of DlPack's Javadoc; the tests run them. */
public final class DlPackSnippets {

    private DlPackSnippets() {}

    /** A tensor lent out and borrowed back. */
    public static Tensor dlpack() {
        // @start region="dlpack"
        Tensor x = Tensor.of(1f, -2f, 3f);
        MemorySegment lent = DlPack.exportVersioned(x); // for a consumer, who calls its deleter
        try (Arena arena = Arena.ofConfined()) {
            Tensor y = DlPack.importVersioned(lent, arena); // this consumer: y's elements are x's
            y.relu_(); // x is now 1, 0, 3
        } // here the deleter is called
        // @end
        return x;
    }
}
