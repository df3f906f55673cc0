"""Layers, and activations with options: random ones, each with an input that mostly fits."""

import torch
from torch import nn

import inputs
from program import DTYPES


def pair(value):
    return tuple(value) if isinstance(value, list) else value


LAYERS = {
    "Conv2d": lambda inner, outer, kernel, stride, padding, dilation, groups, bias, mode, dtype: nn.Conv2d(
        inner, outer, pair(kernel), pair(stride), pair(padding), pair(dilation), groups, bias, mode, dtype=dtype),
    "MaxPool2d": lambda kernel, stride, padding, dilation, ceil: nn.MaxPool2d(
        pair(kernel), pair(stride), pair(padding), pair(dilation), False, ceil),
    "AvgPool2d": lambda kernel, stride, padding, ceil, count, divisor: nn.AvgPool2d(
        pair(kernel), pair(stride), pair(padding), ceil, count, divisor),
    "BatchNorm1d": lambda *options: batch_norm(nn.BatchNorm1d, *options),
    "BatchNorm2d": lambda *options: batch_norm(nn.BatchNorm2d, *options),
    "LayerNorm": lambda shape, eps, affine, bias, dtype: nn.LayerNorm(shape, eps, affine, bias, dtype=dtype),
    "Embedding": lambda count, size, padding, max_norm, norm, scale, dtype: nn.Embedding(
        count, size, padding, max_norm, norm, scale, dtype=dtype),
    "Dropout": nn.Dropout, "Flatten": nn.Flatten, "Softmax": nn.Softmax, "GELU": nn.GELU, "SiLU": nn.SiLU,
    "ELU": nn.ELU, "Softplus": nn.Softplus,
}


def batch_norm(kind, features, eps, momentum, affine, bias, track, dtype):
    return kind(features, eps, momentum, affine, track, dtype=dtype, bias=bias)


def one_or_two(random, least, most):
    return random.choice([random.randint(least, most), [random.randint(least, most), random.randint(least, most)]])


def layer(random, dtype):
    """The name and options of a layer, and sizes of an input."""
    return random.choice([conv, conv, max_pool, avg_pool, norm_1d, norm_2d, layer_norm, plain, plain])(random, dtype)


def image(random, channels):
    return random.choice([[2], [1], [3], [], [0]]) + [channels, random.randint(1, 7), random.randint(1, 7)]


def conv(random, dtype):
    groups = random.choice([1, 1, 1, 2, 3])
    inner, outer = groups * random.randint(1, 2), groups * random.randint(0, 3)
    strides = one_or_two(random, 1, 2) if random.random() < 0.5 else 1
    word = random.random() < 0.2
    padding = random.choice(["same", "valid"]) if word else one_or_two(random, 0, 2)
    mode = random.choice(["zeros", "zeros", "zeros", "reflect", "replicate", "circular"])
    spec = ["Conv2d", inner + (random.random() < 0.03), outer, one_or_two(random, 1, 3), strides, padding,
            one_or_two(random, 1, 2), groups, random.random() < 0.7, mode, dtype]
    return spec, image(random, inner)


def max_pool(random, dtype):
    kernel = one_or_two(random, 1, 3)
    stride = kernel if random.random() < 0.5 else one_or_two(random, 1, 2)
    # PyTorch writes beyond the gradient for a window that lies between the elements.
    padding, dilation = random.choice([(one_or_two(random, 0, 1), 1), (0, one_or_two(random, 1, 2))])
    spec = ["MaxPool2d", kernel, stride, padding, dilation, random.random() < 0.3]
    return spec, image(random, random.randint(1, 3))


def avg_pool(random, dtype):
    kernel = one_or_two(random, 1, 3)
    spec = ["AvgPool2d", kernel, kernel if random.random() < 0.5 else one_or_two(random, 1, 2), one_or_two(random, 0, 1),
            random.random() < 0.3, random.random() < 0.7, random.choice([None, None, 1, 5, 0])]
    return spec, image(random, random.randint(1, 3))


def norm(random, name, channels, dtype):
    return [name, channels + (random.random() < 0.03), random.choice([1e-5, 1e-3, 0.0]),
            random.choice([0.1, 0.1, 0.5, None, 0.0, 1.0]), random.random() < 0.8, random.random() < 0.8,
            random.random() < 0.8, dtype]


def norm_1d(random, dtype):
    channels = random.randint(1, 4)
    shape = random.choice([[3, channels], [2, channels, 3], [1, channels], [0, channels], [2, channels, 2, 2], [channels]])
    return norm(random, "BatchNorm1d", channels, dtype), shape


def norm_2d(random, dtype):
    channels = random.randint(1, 4)
    return norm(random, "BatchNorm2d", channels, dtype), image(random, channels)


def layer_norm(random, dtype):
    shape = inputs.sizes(random, 2, 5) or [random.randint(1, 9)]
    before = random.choice([[], [2], [2, 3], [0]])
    wrong = random.random() < 0.05
    return ["LayerNorm", shape, random.choice([1e-5, 1e-2]), random.random() < 0.8, random.random() < 0.8,
            dtype], before + ([7] if wrong else shape)


def plain(random, dtype):
    """Without sizes of its own."""
    shape = inputs.sizes(random, 4, 4)
    inplace = random.random() < 0.3
    spec = random.choice([
        ["Dropout", random.choice([0.5, 0.1, 0.0, 1.0, random.random()]), inplace],
        ["Flatten", random.choice([1, 0, -2, 2]), random.choice([-1, 1, 2])], ["Softmax", random.randint(-3, 3)],
        ["GELU", random.choice(["none", "tanh"])], ["SiLU", inplace],
        ["ELU", random.choice([1.0, 0.5, -0.5, 0.0]), inplace],
        ["Softplus", random.choice([1.0, 2.0, 0.5]), random.choice([20.0, 1.0])],
    ])
    return spec, shape


def embedding(random, dtype):
    """Its name and options, and numbers of its vectors."""
    count, size = random.randint(1, 6), random.randint(0, 4)
    spec = ["Embedding", count, size, random.choice([None, None, 0, -1, count - 1]),
            random.choice([None, None, 0.5, 2.0]), random.choice([2.0, 1.0, 2.5]), random.random() < 0.3, dtype]
    kind = random.choice([torch.int64, torch.int64, torch.int32])
    kind = kind if random.random() < 0.97 else random.choice(list(DTYPES))
    shape = inputs.sizes(random, 3, 4)
    least, most = (0, count - 1) if random.random() < 0.97 else (-1, count)
    return spec, torch.randint(least, most + 1, shape).to(kind)
