"""Parts of a tensor by x[…], read and written; tensors of nested lists; operators by names without an overload."""

import contextlib

import torch

import inputs
from areas import methods, operators  # the verbs "Tensor.clone()" and "backward of the sum"
from program import DTYPES, MODES, Program, verb

# ---- verbs: an index is a list of numbers, None, "...", [start, stop, step], and tensors ----


def index(parts):
    """One alone stands without a tuple, as users write it."""
    made = tuple(... if part == "..." and isinstance(part, str) else slice(*part) if isinstance(part, list) else part
                 for part in parts)
    return made[0] if len(made) == 1 else made


def read(x, parts):
    return x[index(parts)]


def write(x, parts, value):
    x[index(parts)] = value


for name in ["Tensor.at(Slice[])", "Tensor.at(Object[])", "Selection.toTensor()"]:
    verb(read, name)
for name in ["Tensor.get(long)", "Tensor.at(long)"]:
    verb(lambda x, place: x[place], name)
verb(write, "Selection.copy_(Tensor)")
verb(lambda x, parts, value: write(x, parts, torch.full((), value, dtype=x.dtype)), "Selection.fill_(Number)")
verb(lambda x, dim: x.size(dim), "Tensor.size(long)")
for name in ["Tensor.of(Object[])", "Tensor.of(Arena,Object[])"]:
    verb(lambda dtype, dims, values: torch.tensor(values, dtype=dtype), name)


@verb
def copy_to_part(x, parts, source):
    return x[index(parts)].copy_(source)


@verb
def call_method(name, *arguments):
    """By the name of the operator alone: PyTorch finds the overload."""
    results = getattr(torch.ops.aten, name)(*arguments)
    results = [torch.ops.aten.alias(result) if result is arguments[0] and not name.endswith("_") else result
               for result in (results if isinstance(results, (list, tuple)) else [results])]
    return results[0] if len(results) == 1 else results


# ---- indices ----


def place(random, size):
    return random.randint(-size - 1, size) if random.random() < 0.05 or not size else random.randrange(-size, size)


def some_slice(random, size):
    bound = lambda: random.choice([None, None, random.randint(-size - 2, size + 2), 2**62, -2**63])
    return [bound(), bound(), random.choice([None, None, 1, 2, 3])]


def places(random, program, size, shape):
    """A tensor of places in a dimension, of sizes that broadcast with a shape."""
    kept = [1 if random.random() < 0.2 else one for one in shape[random.randint(0, len(shape)):]]
    dtype = random.choice([torch.int64] * 6 + [torch.int32] * 3 + [random.choice(list(DTYPES))])
    if not size and random.random() < 0.9:
        kept = [0]
    low, high = (0, 0) if not size else (-size, size - 1)
    low, high = (low - 1, high + 1) if random.random() < 0.03 else (low, high)

    def make(count):
        return torch.tensor([random.randint(low, high) for _ in range(count)], dtype=torch.float64).to(dtype)
    return program.tensor(inputs.strided(random, dtype, kept, make))


def mask(random, program, sizes):
    dtype = torch.bool if random.random() < 0.95 else torch.uint8
    wrong = random.random() < 0.05
    return program.tensor(inputs.strided(random, dtype, [size + 1 for size in sizes] if wrong else sizes,
                                         lambda count: inputs.values(random, torch.bool, count).to(dtype)))


def parts(random, program, x, tensors):
    """One for some of the dimensions, from the first."""
    sizes, made, at, rest = list(x.value.shape), [], 0, False
    shape = [random.randint(1, 3) for _ in range(random.randint(0, 2))]
    while at < len(sizes) and random.random() < 0.9:
        kind = random.choice(["place", "slice", "slice", "None", "..."] + ["places", "places", "mask"] * tensors)
        if kind == "place":
            made.append(place(random, sizes[at]))
        elif kind == "slice":
            made.append(some_slice(random, sizes[at]))
        elif kind == "None":
            made.append(None)
            at -= 1
        elif kind == "places":
            made.append(places(random, program, sizes[at], shape))
        elif kind == "mask":
            count = random.randint(0, min(2, len(sizes) - at))
            made.append(mask(random, program, sizes[at:at + count]))
            at += count - 1
        elif not rest:
            rest = True
            made.append("...")
            at += random.randint(0, len(sizes) - at) - 1
        at += 1
    if random.random() < 0.03:
        made += [0] * (len(sizes) + 1)
    return made or [random.choice([None, "..."])]


def source(random, program, x, made):
    """Of the part's sizes, mostly; broadcast, or with more dimensions of length 1."""
    try:
        shape = list(read(x.value, program._read(made)).shape)
    except Exception:
        shape = []
    shape = [1 if random.random() < 0.1 else size for size in shape[random.randint(0, len(shape))
                                                                      if random.random() < 0.3 else 0:]]
    if random.random() < 0.2:
        shape = [1] * random.randint(1, 2) + shape
    if random.random() < 0.05:
        shape = inputs.sizes(random)
    dtype = x.value.dtype if random.random() < 0.9 else random.choice(list(DTYPES))
    return program.tensor(inputs.strided(random, dtype, shape))


def number(random, x):
    """A Boolean is no Number in Java."""
    return inputs.number(random) if random.random() < 0.3 else random.randint(0, 100)


def attempt(random, program, x):
    kind = random.choice(["view", "view", "read", "read", "copy", "write", "write", "fill", "one", "size"])
    if kind == "view":
        return program.call(random.choice(["Tensor.at(Slice[])", "Tensor.at(Object[])"]), x,
                            parts(random, program, x, 0))
    if kind == "read":
        return program.call("Selection.toTensor()", x, parts(random, program, x, 1))
    if kind == "one":
        size = x.value.shape[0] if x.value.dim() else 0
        return program.call(random.choice(["Tensor.get(long)", "Tensor.at(long)"]), x, place(random, size))
    if kind == "size":
        dims = x.value.dim()
        program.call("Tensor.size(long)", x, random.randint(-dims - 1, dims))
        return None
    made = parts(random, program, x, kind != "copy")
    if kind == "fill":
        program.call("Selection.fill_(Number)", x, made, number(random, x))
    elif kind == "write":
        program.call("Selection.copy_(Tensor)", x, made, source(random, program, x, made))
    else:
        return program.call("copy_to_part", x, made, source(random, program, x, made))
    return None


# ---- nested lists ----


def nested(random, program):
    dtype = random.choice([torch.float32, torch.float64, torch.int64, torch.int32, torch.int16, torch.int8, torch.bool])
    sizes = [random.randint(1, 3) for _ in range(random.randint(1, 3))] + [random.randint(0, 4)]
    values = torch.stack([inputs.values(random, dtype, sizes[-1]) for _ in range(torch.Size(sizes[:-1]).numel())])
    values = values.reshape(sizes).tolist()
    if random.random() < 0.1:
        row = values
        while isinstance(row[0], list):
            row = row[random.randrange(len(row))]
            if not row:
                break
        row += row[:1]
    program.call(random.choice(["Tensor.of(Object[])", "Tensor.of(Arena,Object[])"]), dtype, len(sizes), values)


# ---- names without an overload ----

CALLED = ["add", "sub", "mul", "div", "pow", "eq", "gt", "max", "min", "sum", "mean", "amax", "softmax", "log_softmax",
          "clamp", "clamp_min", "maximum", "sort", "topk", "split", "chunk", "squeeze", "unsqueeze", "flip", "std", "var",
          "norm", "any", "all", "cumsum", "prod", "argmax", "where", "select", "slice", "transpose", "permute",
          "reshape", "expand", "fmod", "remainder", "fill", "masked_fill", "roll", "tril", "round", "logsumexp", "relu",
          "mode", "unbind", "repeat", "tile", "flatten", "diagonal", "add_", "mul_", "copy_", "fill_", "lerp",
          "bitwise_and", "floor_divide", "true_divide", "quantile", "nan_to_num", "logical_not", "isin", "stack", "cat"]


def called(random, program):
    """Few overloads take what comes; those that do are mostly one."""
    dtype = random.choice([torch.float32, torch.float64, torch.int64, torch.bool])
    shape = [random.randint(1, 3) for _ in range(random.randint(1, 3))]

    def tensor():
        return program.tensor(inputs.strided(random, dtype, shape, lambda count: inputs.tame(random, dtype, [count])))
    given = [random.choice([
        tensor, tensor, lambda: random.randint(0, 2), lambda: random.randint(-1, 2), lambda: random.uniform(0, 2),
        lambda: [random.randint(0, 1) for _ in range(random.randint(1, 2))], lambda: random.random() < 0.5,
        lambda: None])() for _ in range(random.randint(0, 3))]
    name = random.choice(CALLED)
    if name in ("sort", "std", "var"):  # Python takes truth values for dimensions, and numbers for truth values
        given = [value for value in given[:1] if not isinstance(value, bool)]
    program.call("call_method", name, tensor(), *given)


def programs(random):
    while True:
        program = Program()
        kind = random.random()
        if kind < 0.1:
            nested(random, program)
        elif kind < 0.3:
            called(random, program)
        else:
            x = program.tensor(inputs.tensor(random))
            gradient = x.value.is_floating_point() and random.random() < 0.4
            if gradient:
                x = program.tensor(x.value, requires_grad=True)
                x = program.call("Tensor.clone()", x) if random.random() < 0.8 else x
            with program.mode(random.choice(list(MODES))) if random.random() < 0.1 else contextlib.nullcontext():
                for _ in range(random.randint(1, 4)):
                    result = attempt(random, program, x)
                    if result is not None and isinstance(result.value, torch.Tensor) and random.random() < 0.4:
                        x = result
            if gradient and x.value.requires_grad and random.random() < 0.8:
                program.call("backward of the sum", x)
        yield program.look()
