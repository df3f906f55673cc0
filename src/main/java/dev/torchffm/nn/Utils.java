package dev.torchffm.nn;

import dev.torchffm.Aten;
import dev.torchffm.Mode;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.TorchException;
import java.util.List;
import java.util.Objects;

/**
 * What is done to the gradients of parameters.
 *
 * <p>Source: the PyTorch page "torch.nn.utils".
 */
public final class Utils {

    private Utils() {}

    /** Scales gradients down by their 2-norm: {@code clipGradNorm_(parameters, maxNorm, 2, false)}. */
    public static Tensor clipGradNorm_(List<Tensor> parameters, double maxNorm) {
        return clipGradNorm_(parameters, maxNorm, 2, false);
    }

    /**
     * Scales gradients in place, all by one factor, so that the norm of all their elements together is maxNorm at most.
     *
     * {@snippet class="dev.torchffm.examples.NnSnippets" region="clip"}
     *
     * <p>Source: the PyTorch page "torch.nn.utils.clip_grad_norm_".
     *
     * @param parameters those without a gradient are left out
     * @param maxNorm the greatest norm
     * @param normType which norm; infinity for the greatest absolute value
     * @param errorIfNonfinite whether a norm that is infinite or NaN is refused
     * @return the norm before, a tensor of no dimension
     * @throws dev.torchffm.TorchException when errorIfNonfinite is true and the norm is not finite; nothing is changed then
     */
    public static Tensor clipGradNorm_(
            List<Tensor> parameters, double maxNorm, double normType, boolean errorIfNonfinite) {
        try (Mode _ = Torch.noGrad()) {
            List<Tensor> gradients = parameters.stream()
                    .map(Tensor::grad)
                    .filter(Objects::nonNull)
                    .toList();
            if (gradients.isEmpty()) {
                return Torch.zeros();
            }
            List<Tensor> norms = gradients.stream()
                    .map(gradient -> Aten.linalgVectorNorm(gradient, normType))
                    .toList();
            Tensor total = Aten.linalgVectorNorm(Aten.stack(norms), normType);
            if (errorIfNonfinite && !Double.isFinite(total.item().doubleValue())) {
                throw new TorchException("The total norm of order " + normType + " for gradients from `parameters` is"
                        + " non-finite, so it cannot be clipped. To disable this error and scale the gradients by the"
                        + " non-finite norm anyway, set errorIfNonfinite to false");
            }
            // In Python's steps, so that each rounding is the same.
            Tensor factor = total.add(1e-6).reciprocal().mul(maxNorm).clamp(null, 1.0);
            gradients.forEach(gradient -> gradient.mul_(factor));
            return total;
        }
    }
}
