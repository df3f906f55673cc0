package dev.torchffm.examples.relu;

import dev.torchffm.Mode;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.nn.Module;
import dev.torchffm.nn.Sequential;
import java.lang.foreign.Arena;
import java.util.HashSet;
import java.util.OptionalLong;
import java.util.stream.LongStream;

/** The memory that a network's activations take. */
final class Footprint {

    private static final int PASSES = 21;

    private Footprint() {}

    /** The bytes of all results of a pass that is not recorded; what stands on memory that was there counts nothing. */
    static long ofResults(Sequential network, Samples samples) {
        try (Mode _ = Torch.noGrad();
                Arena arena = Arena.ofConfined()) {
            Tensor x = samples.x().in(arena);
            var seen = new HashSet<>();
            seen.add(x.dataPtr());
            long bytes = 0;
            for (Module module : Network.modules(network)) {
                x = module.forward(x);
                bytes += seen.add(x.dataPtr()) ? x.segment().byteSize() : 0;
            }
            return bytes;
        }
    }

    /**
     * The bytes by which the process grows in a pass that is recorded, what libtorch keeps for the gradients included:
     * the median of some, for others allocate meanwhile.
     */
    static OptionalLong ofRecordedPass(Module network, Samples samples) {
        if (NativeHeap.bytesInUse().isEmpty()) {
            return OptionalLong.empty();
        }
        return LongStream.generate(() -> growth(network, samples))
                .limit(PASSES)
                .sorted()
                .skip(PASSES / 2)
                .findFirst();
    }

    private static long growth(Module network, Samples samples) {
        try (Arena arena = Arena.ofConfined()) {
            long before = NativeHeap.bytesInUse().orElseThrow();
            Tensor _ = network.forward(samples.x().in(arena));
            return NativeHeap.bytesInUse().orElseThrow() - before;
        }
    }
}
