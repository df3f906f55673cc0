package dev.torchffm.examples;

import dev.torchffm.Aten;
import dev.torchffm.DType;
import dev.torchffm.Tensor;
import java.util.List;

/** The code of the tables in docs/operators.md: what users of PyTorch write most. */
public final class OperatorTable {

    private OperatorTable() {}

    /** Element by element. */
    public static List<Tensor> pointwise(Tensor x, Tensor y) {
        return List.of(
                x.add(y),
                x.add(y, 2),
                x.sub(1),
                x.mul(y),
                x.div(y),
                x.div(y, "floor"),
                x.neg(),
                x.exp(),
                x.log(),
                x.abs(),
                x.log1p(),
                x.sqrt(),
                x.rsqrt(),
                x.sin(),
                x.floor(),
                x.round(),
                x.sign(),
                x.reciprocal(),
                x.erf(),
                x.pow(2),
                x.pow(y),
                x.maximum(y),
                x.minimum(y),
                x.fmod(y),
                x.remainder(2),
                x.lerp(y, 0.5),
                x.addcmul(y, y),
                x.clamp(0, 1),
                x.clamp(y, null),
                x.nanToNum(),
                Aten.rsub(x, 1));
    }

    /** In place. */
    public static List<Tensor> inPlace(Tensor x, Tensor y) {
        return List.of(
                x.fill_(1),
                x.zero_(),
                x.add_(y),
                x.mul_(2),
                x.clamp_(0, null),
                x.copy_(y),
                x.normal_(),
                x.uniform_(),
                x.bernoulli_(0.5));
    }

    /** Comparisons, and what they are for. */
    public static List<Tensor> compared(Tensor x, Tensor y) {
        Tensor mask = x.gt(0);
        return List.of(
                x.eq(y),
                x.ne(0),
                x.gt(y),
                x.ge(0),
                x.lt(0),
                x.le(0),
                mask.logicalAnd(mask),
                mask.logicalNot(),
                x.isclose(y),
                x.isnan(),
                x.isfinite(),
                Aten.where(mask, x, y),
                Aten.where(mask, x, 0),
                x.maskedFill(mask, 0),
                x.maskedSelect(mask),
                x.nonzero());
    }

    /** Reductions. */
    public static List<Tensor> reduced(Tensor x) {
        return List.of(
                x.sum(),
                x.sum(0),
                x.sum(0, true),
                x.mean(0),
                x.std(),
                x.var(0),
                x.max(),
                x.max(1).values(),
                x.max(1).indices(),
                x.min(1).values(),
                x.amax(0, 1),
                x.argmax(1, true),
                x.argmin(),
                x.prod(),
                x.all(),
                x.any(),
                x.cumsum(0),
                x.cumprod(0),
                x.logsumexp(0),
                x.median(),
                x.quantile(0.5),
                x.countNonzero(),
                x.norm(),
                x.histc(4),
                Aten.linalgVectorNorm(x),
                Aten.linalgNorm(x));
    }

    /** Shapes. */
    public static List<Tensor> shaped(Tensor x) {
        return List.of(
                x.reshape(3, 2),
                x.view(-1),
                x.permute(1, 0),
                x.transpose(0, 1),
                x.t(),
                x.unsqueeze(0),
                x.unsqueeze(0).squeeze(0),
                x.flatten(),
                x.expand(2, 3),
                x.repeat(2, 1),
                x.flip(1),
                x.roll(1, 0),
                x.tril(),
                x.diag(),
                x.unfold(1, 2, 1),
                Aten.pad(x, new long[] {1, 1}),
                Aten.constantPadNd(x, new long[] {1, 1}, 0.5));
    }

    /** Joined, split, indexed. */
    public static List<Object> joined(Tensor x, Tensor indices) {
        return List.of(
                Aten.cat(List.of(x, x), 1),
                Aten.stack(List.of(x, x)),
                x.split(1),
                x.chunk(2),
                x.unbind(),
                Aten.meshgrid(List.of(indices, indices), "ij"),
                x.narrow(1, 0, 2),
                x.select(0, 1),
                x.indexSelect(1, indices),
                x.gather(1, indices.expand(2, 2)),
                x.scatter(1, indices.expand(2, 2), 0.5),
                x.scatterAdd(1, indices.expand(2, 2), x),
                Aten.slice(x, 1, 0L, 2L),
                x.index(List.of(indices)),
                x.indexPut(List.of(indices), x),
                Aten.oneHot(indices),
                Aten._unique2(x).first());
    }

    /** Sorted. */
    public static List<Tensor> sorted(Tensor x, Tensor row) {
        return List.of(
                x.sort(1).values(),
                x.topk(2).indices(),
                x.argsort(),
                x.kthvalue(1).values(),
                Aten.searchsorted(row, x),
                Aten.bucketize(x, row));
    }

    /** Linear algebra; a is symmetric and positive definite. */
    public static List<Tensor> linear(Tensor x, Tensor a) {
        return List.of(
                x.matmul(a),
                x.mm(a),
                Aten.einsum("ij,jk->ik", List.of(x, a)),
                a.inverse(),
                Aten.linalgInv(a),
                Aten.linalgSolve(a, a),
                Aten.linalgSvd(x).S(),
                Aten.linalgQr(x).Q(),
                Aten.linalgCholesky(a),
                Aten.linalgEigh(a).eigenvalues(),
                Aten.linalgDet(a),
                Aten.linalgLstsq(a, a).solution(),
                a.addmm(a, a),
                Aten.cdist(x, x),
                Aten.cosineSimilarity(x, x));
    }

    /** Activations. */
    public static List<Tensor> activated(Tensor x) {
        return List.of(
                x.softmax(1),
                x.logSoftmax(1),
                x.relu(),
                x.sigmoid(),
                x.tanh(),
                x.leakyRelu(0.01),
                Aten.gelu(x),
                Aten.silu(x),
                Aten.elu(x),
                Aten.celu(x),
                Aten.selu(x),
                Aten.softplus(x),
                Aten.hardtanh(x),
                Aten.mish(x),
                Aten.relu6(x),
                Aten.hardswish(x),
                Aten.logSigmoid(x),
                Aten.threshold(x, 0.1, 20),
                Aten.dropout(x, 0.5, true));
    }

    /** Layers of pictures. */
    public static List<Tensor> pictures(Tensor image, Tensor weight) {
        return List.of(
                Aten.conv2d(image, weight, null, 1, 1),
                Aten.convTranspose2d(image, weight.transpose(0, 1)),
                Aten.maxPool2d(image, 2),
                Aten.avgPool2d(image, 2),
                Aten.adaptiveAvgPool2d(image, 1),
                Aten.groupNorm(image, 1),
                Aten.pixelShuffle(image.expand(1, 4, 4, 4), 2),
                Aten.upsampleNearest2d(image, new long[] {8, 8}),
                Aten.upsampleBilinear2d(image, new long[] {8, 8}, false));
    }

    /** Layers of features. */
    public static List<Tensor> features(Tensor x, Tensor weight, Tensor indices) {
        return List.of(
                Aten.linear(x, weight),
                Aten.layerNorm(x, new long[] {3}),
                Aten.rmsNorm(x, new long[] {3}),
                Aten.embedding(weight, indices),
                Aten.scaledDotProductAttention(x, x, x));
    }

    /** Losses. */
    public static List<Tensor> losses(Tensor x, Tensor y, Tensor classes) {
        return List.of(
                Aten.mseLoss(x, y),
                Aten.crossEntropyLoss(x, classes),
                Aten.nllLoss(x, classes),
                Aten.l1Loss(x, y),
                Aten.smoothL1Loss(x, y),
                Aten.huberLoss(x, y),
                Aten.klDiv(x, y),
                Aten.binaryCrossEntropyWithLogits(x, y));
    }

    /** New tensors. */
    public static List<Tensor> made(Tensor x) {
        return List.of(
                Aten.zerosLike(x),
                Aten.onesLike(x),
                Aten.fullLike(x, 2),
                Aten.randLike(x),
                Aten.eye(3),
                Aten.linspace(0, 1, 5),
                Aten.randint(10, new long[] {2, 3}),
                Aten.randperm(5),
                x.to(DType.FLOAT64),
                x.abs().multinomial(2),
                x.abs().to(DType.INT64).flatten().bincount());
    }
}
