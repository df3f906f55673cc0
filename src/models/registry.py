"""The models of `make models`: each package's name, and what makes the models in it."""

from dataclasses import dataclass, field

import torch
from torch import nn
from torch.export import Dim
from torch.nn import functional as F

# A dynamic size of 1 is refused by a package that checks its inputs, unless it was compiled so.
ANY_SIZE = {"aot_inductor.check_lowerbound": False}


@dataclass
class Model:
    """A module, the calls that are made of it (by the first it is exported), and how it is exported."""
    module: nn.Module
    calls: list  # of (args, kwargs)
    dynamic: object = None
    configs: dict = field(default_factory=dict)
    outside: bool = False  # its weights lie in a file of their own


PACKAGES = {}


def package(make):
    """Lists a function that makes a Model, or several by their names, as the package of the function's name."""
    PACKAGES[make.__name__] = make
    return make


def positional(*calls):
    return [(args, {}) for args in calls]


def batch(dims=1, most=1024):
    """The first size of one input is dynamic."""
    return ({0: Dim("batch", min=1, max=most)},)


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(16, 64)
        self.output = nn.Linear(64, 4)

    def forward(self, x):
        return self.output(torch.relu(self.hidden(x)))


@package
def mlp():
    return Model(Network(), positional(*[(torch.randn(size, 16),) for size in (8, 1, 2, 100)]), batch(), ANY_SIZE)


class Classifier(nn.Module):
    """Convolutions with batch norm, for images of 32 by 32 pixels."""

    def __init__(self):
        super().__init__()
        sizes = [3, 16, 32, 64]
        self.blocks = nn.Sequential(*[
            nn.Sequential(nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU(), nn.MaxPool2d(2))
            for a, b in zip(sizes, sizes[1:])])
        self.output = nn.Linear(64, 10)

    def forward(self, images):
        return self.output(self.blocks(images).mean((2, 3)))


@package
def images():
    module = Classifier()
    with torch.no_grad():  # so that the norms have something to do
        for _ in range(3):
            module(torch.randn(16, 3, 32, 32) * 2 + 1)
    # Exported by a batch below 16, a convolution takes no more than 15.
    calls = positional(*[(torch.randn(size, 3, 32, 32),) for size in (32, 1, 5, 64)])
    return Model(module, calls, batch(), ANY_SIZE)


class Attention(nn.Module):
    """One layer of a transformer: attention of four heads, then two linear layers."""

    def __init__(self, width):
        super().__init__()
        self.before = nn.LayerNorm(width)
        self.project = nn.Linear(width, 3 * width)
        self.join = nn.Linear(width, width)
        self.after = nn.LayerNorm(width)
        self.feed = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x, mask):
        batch, length, width = x.shape
        q, k, v = self.project(self.before(x)).view(batch, length, 3, 4, width // 4).permute(2, 0, 3, 1, 4)
        attended = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = x + self.join(attended.transpose(1, 2).reshape(batch, length, width))
        return x + self.feed(self.after(x))


class Encoder(nn.Module):
    """Token ids with a mask, true at the words, to one vector a text."""

    def __init__(self, words=1000, width=64, longest=128):
        super().__init__()
        self.words = nn.Embedding(words, width)
        self.places = nn.Embedding(longest, width)
        self.layers = nn.ModuleList([Attention(width) for _ in range(2)])

    def forward(self, tokens, mask):
        x = self.words(tokens) + self.places(torch.arange(tokens.shape[1]))
        for layer in self.layers:
            x = layer(x, mask[:, None, None, :])
        weights = mask[:, :, None].to(x.dtype)
        return (x * weights).sum(1) / weights.sum(1)


@package
def text():
    def call(texts, length):
        lengths = torch.randint(1, length + 1, (texts, 1))
        return torch.randint(0, 1000, (texts, length)), torch.arange(length)[None, :] < lengths
    sizes = {0: Dim("texts", min=1, max=64), 1: Dim("length", min=1, max=128)}
    return Model(Encoder(), positional(call(3, 7), call(1, 5), call(8, 128), call(5, 1)), (sizes, sizes), ANY_SIZE)


class Nested(nn.Module):
    def forward(self, pair, *, scale, shift):
        left, (first, second) = pair["left"], pair["right"]
        sums = left + first
        return {"sum": sums, "list": [left * scale, (second - shift, first.amax())], "both": (sums, second.t())}


@package
def nested():
    def call():
        pair = {"left": torch.randn(2, 3), "right": [torch.randn(3), torch.randn(2, 3)]}
        return (pair,), {"scale": torch.tensor(2.5), "shift": torch.randn(2, 1)}
    return Model(Nested(), [call() for _ in range(3)])


class Running(nn.Module):
    """Nested inputs and outputs, and a buffer that it changes."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(3, 4))
        self.register_buffer("total", torch.zeros(4))

    def forward(self, pair, *, scale):
        left, (first, second) = pair["left"], pair["right"]
        self.total.add_(left @ self.weight)
        return {"total": self.total, "list": [self.total * scale, (first, second.sum())]}


@package
def small():
    def call():
        pair = {"left": torch.randn(3), "right": [torch.randn(2), torch.randint(9, (5,))]}
        return (pair,), {"scale": torch.randn(4)}
    return Model(Running(), [call() for _ in range(3)])


class DTypes(nn.Module):
    def __init__(self):
        super().__init__()
        self.brain = nn.Linear(32, 8, dtype=torch.bfloat16)
        self.factor = nn.Parameter(torch.randn(32, dtype=torch.float16))
        self.register_buffer("table", torch.arange(-8, 8, dtype=torch.int32))

    def forward(self, brain, half, ints, longs, octets):
        return {
            "bfloat16": torch.tanh(self.brain(brain)), "float16": half * self.factor, "int32": self.table[longs] * ints,
            "int64": longs.cumsum(0), "uint8": (octets ^ 0x5A) + 7, "bool": ints > longs, "float64": ints.double() / 3,
            "argmax": half.argmax(-1), "int16": ints.to(torch.int16), "int8": longs.to(torch.int8)}


@package
def dtypes():
    def call():
        return (torch.randn(5, 32).bfloat16(), torch.randn(5, 32).half(), torch.randint(-99, 99, (6,)).int(),
                torch.randint(0, 16, (6,)), torch.randint(0, 256, (11,)).byte())
    return Model(DTypes(), positional(*[call() for _ in range(3)]))


class Counter(nn.Module):
    """Adds what it was ever given, and counts what was positive."""

    def __init__(self):
        super().__init__()
        self.register_buffer("total", torch.zeros(4))
        self.register_buffer("positive", torch.zeros((), dtype=torch.int64))

    def forward(self, x):
        self.total.add_(x)
        self.positive.add_((x > 0).sum())
        return self.total, self.positive, self.total / self.positive


@package
def counter():
    return Model(Counter(), positional(*[(torch.randn(4),) for _ in range(5)]))


@package
def large():
    """207 MB of weights."""
    module = nn.Sequential(*[layer for _ in range(4) for layer in (nn.Linear(3600, 3600), nn.ReLU())])
    return Model(module, positional((torch.randn(2, 3600),), (torch.randn(2, 3600),)))


class Kept(nn.Module):
    """Gives back what it does not compute."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(2, 3))
        self.register_buffer("fixed", torch.arange(3))

    def forward(self, x):
        y = x + 1
        return {"weight": self.weight, "transposed": self.weight.t(), "fixed": self.fixed, "input": x,
                "view": x.view(-1), "part": x[1], "sum": y, "again": y, "turned": y.t(), "none": None}


@package
def kept():
    return Model(Kept(), positional(*[(torch.randn(2, 3),) for _ in range(2)]))


class Weightless(nn.Module):
    """Has every kind of constant: parameters, buffers that are saved and that are not, and a plain tensor.

    Vectors of up to 8 numbers would be compiled in, whatever the weights.
    """

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(16, 33)  # the package counts bytes in steps of 64
        self.norm = nn.BatchNorm1d(33)
        self.register_buffer("shift", torch.randn(33), persistent=False)
        self.plain = torch.arange(33)

    def forward(self, x):
        return self.norm(self.linear(x)) * self.plain + self.shift


@package
def weightless():
    calls = positional(*[(torch.randn(size, 16),) for size in (8, 1, 3)])
    return Model(Weightless(), calls, batch(), ANY_SIZE, outside=True)


class Scale(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.factor = nn.Parameter(torch.randn(size))

    def forward(self, x):
        return x * self.factor


@package
def two():
    """Two models in one package. Those of the same code would be taken for the same, whatever their weights."""
    return {name: Model(Scale(size), positional(*[(torch.randn(2, size),) for _ in range(2)]))
            for name, size in (("small", 3), ("wide", 300))}


class Sizes(nn.Module):
    def forward(self, x, twice, same):
        return (twice.view(-1, 2).sum(1) + x) * same, same.shape[0]


@package
def sizes():
    """One size is that of two inputs, and twice as large in a third."""
    size = Dim("size", min=1, max=100)
    calls = positional(*[(torch.randn(n), torch.randn(2 * n), torch.randn(n, 1)) for n in (6, 1, 2, 100)])
    return Model(Sizes(), calls, ({0: size}, {0: 2 * size}, {0: size}), ANY_SIZE)
