"""Random arguments of an operator, made from its schema. What fits rarely has a hint in hints.py."""

import math

import torch

import hints
import inputs
from program import DTYPES, FLOATING, INTEGRAL

# The known values of strings, by the argument's name.
WORDS = {
    "rounding_mode": ["trunc", "floor"], "approximate": ["none", "tanh"], "UPLO": ["L", "U"], "indexing": ["ij", "xy"],
    "mode": ["reduced", "complete", "r", "constant", "reflect", "replicate", "circular"], "padding": ["same", "valid"],
    "reduce": ["sum", "prod", "mean", "amax", "amin", "add", "multiply"], "side": ["left", "right"],
    "norm": ["forward", "backward", "ortho"], "interpolation": ["linear", "lower", "higher", "midpoint", "nearest"],
    "ord": ["fro", "nuc"], "p": ["fro", "nuc"], "driver": ["gels", "gelsy", "gelsd", "gelss"],
    "equation": ["ij,jk->ik", "ij,ij->", "ij->ji", "ii->i", "i,j->ij", "...i,...i->..."],
}
PLACES = {"dim", "dim0", "dim1", "axis", "axis0", "axis1", "dim2", "source", "destination", "start_dim", "end_dim",
          "batch_dim", "sorted_sequence", "dims"}


def square(random):
    """Sizes of which many fit to one another."""
    most = random.choice([1, 2, 2, 3, 3, 4])
    dims = random.choice([0, 1, 1, 2, 2, 2, 3, 3, 4, 4, 5])
    if random.random() < 0.5:
        return [most] * dims
    return [random.randint(0 if random.random() < 0.1 else 1, 5) for _ in range(dims)]


class Maker:
    """Makes the arguments of one call: tensors of like sizes and dtypes, and small numbers."""

    def __init__(self, random, operator):
        self.random, self.operator = random, operator
        self.shape = square(random)
        self.dtype = random.choice([torch.float32] * 6 + [torch.float64] * 3 + list(DTYPES))
        # Seen as truth values, bytes but 0 and 1 are undefined.
        self.others = FLOATING if operator.base.startswith("view") else list(DTYPES)
        # Polynomials of huge degrees do not come back; the least integer divided by -1 ends the process.
        endless = "polynomial" in operator.name or "lcm" in operator.name or operator.overload.endswith("_mode")
        self.special = operator.pointwise and not endless and random.random() < 0.3

    def arguments(self):
        """Those left out at the end take their defaults."""
        hinted = hints.hinted(self) if self.random.random() < 0.8 else {}
        made = [hinted[argument.name] if argument.name in hinted else self.argument(argument)
                for argument in self.operator.arguments]
        last = len(made)
        while last and self.operator.arguments[last - 1].has_default and self.random.random() < 0.3:
            last -= 1
        return made[:last]

    def make(self, shape, dtype=None):
        """A tensor of this shape and any strides, without special values."""
        dtype = dtype or self.dtype
        return inputs.strided(self.random, dtype, shape, lambda count: inputs.tame(self.random, dtype, [count]))

    def argument(self, argument):
        if argument.has_default and argument.base != "ScalarType" and self.random.random() < 0.3:
            return argument.default
        type_name, base = argument.type, argument.base
        if type_name.startswith("Optional[") and (base in ("Device", "Generator", "Layout")
                                                  or self.random.random() < 0.5):
            return None
        if "List[" not in type_name:
            return self.one(argument.name, base, argument.written)
        if base == "Tensor" and "Optional" in type_name.removeprefix("Optional["):
            return [self.one("index", base) if self.random.random() < 0.7 else None
                    for _ in range(self.random.randint(1, 2))]
        if base == "Tensor":
            return [self.one(argument.name, base, argument.written) for _ in range(self.random.randint(1, 3))]
        return self.numbers(argument, base)

    def one(self, name, base, written=False):
        random = self.random
        if base == "Tensor":
            return self.tensor(name, written)
        if base in ("int", "SymInt"):
            return self.integer(name)
        if base == "number":
            if self.special:
                return inputs.number(random)
            return random.choice([random.randint(-2, 4), random.choice([0.5, 1.0, 2.0, -1.5]), random.uniform(-3, 3)])
        return {
            "float": lambda: random.choice([0.0, 0.1, 0.5, 1.0, 2.0, 1e-5, random.uniform(-2, 2)]),
            "bool": lambda: "sparse" not in name and random.random() < 0.5,  # sparse gradients are no strided tensors
            "str": lambda: random.choice(WORDS.get(name, ["none"])),
            "ScalarType": lambda: random.choice(FLOATING + self.others),
            "Layout": lambda: None,
            "MemoryFormat": lambda: random.choice([0, 1]),
        }[base]()

    def integer(self, name):
        if name in PLACES:
            dims = max(len(self.shape), 1)
            return self.random.randint(-dims, dims - 1) if self.random.random() < 0.9 else self.random.randint(-6, 6)
        if name.endswith("_mode"):
            return self.random.randint(0, 1)  # by others grid_sampler gives memory that is not initialised
        return self.random.choice([0, 1, 1, 1, 2, 2, 3, 4, -1])

    def numbers(self, argument, base):
        random, name = self.random, argument.name
        if base in ("int", "SymInt"):
            if name in PLACES or name.startswith("dim"):
                dims = list(range(len(self.shape)))
                random.shuffle(dims)
                return [dim - len(self.shape) * (random.random() < 0.3) for dim in dims[:random.randint(0, len(dims))]]
            if "size" in name and random.random() < 0.6 and not argument.length:
                return list(self.shape)
            if "stride" in name and not argument.length:
                return [math.prod(self.shape[i + 1:]) for i in range(len(self.shape))]
            if "pad" in name and argument.length and random.random() < 0.7:
                return [random.randint(0, 1)] * argument.length
        fixed = argument.length and argument.length > 1 and random.random() < 0.9
        count = argument.length if fixed else random.randint(0, 4)
        whole = random.random() < 0.5
        make = {
            "int": lambda: random.choice([1, 1, 2, 2, 3, 0]), "bool": lambda: random.random() < 0.5,
            "float": lambda: random.uniform(0, 2),
            "number": lambda: random.randint(1, 3) if whole else random.uniform(0, 2),
        }
        make["SymInt"] = make["int"]
        return [make[base]() for _ in range(count)]

    def tensor(self, name, written=False):
        random, shape, dtype = self.random, self.shape, self.dtype
        if random.random() < 0.2:
            broadcast = [1 if random.random() < 0.5 else size for size in shape]
            shape = broadcast if random.random() < 0.5 else square(random)
        if random.random() < 0.1:
            dtype = random.choice(FLOATING + INTEGRAL)
        if "ind" in name and random.random() < 0.9:
            shape = shape if random.random() < 0.5 else [random.randint(0, 4)]
            most = min(self.shape, default=1)
            numbers = [random.randint(0, max(most - 1, 0)) for _ in range(math.prod(shape))]
            return torch.tensor(numbers, dtype=torch.int64).reshape(shape)
        if name in ("mask", "condition") and random.random() < 0.9:
            dtype = torch.bool
        if self.special:
            return inputs.strided(random, dtype, shape)
        return inputs.tame(random, dtype, shape) if written else self.make(shape, dtype)
