package dev.torchffm.examples.relu;

import dev.torchffm.DType;
import dev.torchffm.Mode;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.nn.Linear;
import dev.torchffm.nn.Module;
import dev.torchffm.nn.Sequential;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;

/** How many activations are exactly 0. */
final class Sparsity {

    private Sparsity() {}

    /** The share of zeros after each activation, over all units and samples. */
    static List<Double> of(Sequential network, Samples samples) {
        var shares = new ArrayList<Double>();
        try (Mode _ = Torch.noGrad();
                Arena arena = Arena.ofConfined()) {
            Tensor x = samples.x().in(arena);
            for (Module module : Network.modules(network)) {
                x = module.forward(x);
                if (!(module instanceof Linear)) {
                    shares.add(x.eq(0).to(DType.FLOAT32).mean().item().doubleValue());
                }
            }
        }
        return shares;
    }
}
