"""Prints of tensors: elements of all kinds and magnitudes, shapes, summaries, and what is said of gradients."""

import contextlib
import math

import torch

import inputs
from program import DTYPES, FLOATING, INTEGRAL, Program, verb

verb(repr, "print")
verb(torch.nn.Parameter, "print.parameter")
verb(lambda x: x.sum().backward(), "print.backward")
verb(lambda x: x.grad, "print.grad")


@verb
def aten(name, *arguments):
    """An operator by its name; its only result, or a list."""
    packet, _, overload = name.partition(".")
    result = getattr(getattr(torch.ops.aten, packet), overload or "default")(*arguments)
    return result[0] if isinstance(result, (list, tuple)) and len(result) == 1 else result


@verb
def typed(name, x, *arguments):
    """An operator that Java has a method for."""
    if name.startswith("leaky_relu"):
        return torch.nn.functional.leaky_relu(x, *arguments, inplace=name.endswith("_"))
    return getattr(x, name)(*arguments)


# Java's methods, by their arguments behind the tensor.
TYPED = {
    "": "neg exp log sqrt sigmoid sigmoid_ tanh tanh_ relu relu_ t sum mean argmax contiguous detach clone",
    "number": "add sub mul div eq leaky_relu leaky_relu_ clamp_min clamp_min_ clamp_max clamp_max_ clamp clamp_",
    "tensor": "add sub mul div eq prelu matmul copy_",
    "dim": "softmax sum mean argmax",
}

# Of one tensor, with the arguments that follow it.
UNARY = """abs acos acosh alias asin asinh atan atanh ceil clone cos cosh deg2rad detach digamma erf erfc erfinv exp
exp2 expm1 floor frac lgamma log log10 log1p log2 log_sigmoid logit mish neg rad2deg reciprocal relu relu6 round
rsqrt sigmoid sign silu sin sinc sinh softplus special_i0 special_ndtr special_log_ndtr special_entr special_erfcx
sqrt square tan tanh trunc t sum mean max min prod std var median trace matrix_exp diagonal diag triu tril
nonzero argmax selu gelu hardtanh hardswish hardsigmoid celu elu isnan logical_not view_as squeeze
nan_to_num nansum trapezoid.dx cumulative_trapezoid.dx slogdet det logdet inverse pinverse expand_as leaky_relu cov
corrcoef aminmax count_nonzero angle""".split()
WITH_NUMBERS = {
    "add.Scalar": 1, "sub.Scalar": 1, "mul.Scalar": 1, "div.Scalar": 1, "rsub.Scalar": 1, "pow.Tensor_Scalar": 1,
    "pow.Scalar": -1, "fmod.Scalar": 1, "remainder.Scalar": 1, "eq.Scalar": 1, "clamp": 2, "clamp_min": 1, "clamp_max": 1,
    "hardshrink": 1, "softshrink": 1, "threshold": 2, "lerp.Scalar": -2,
}
WITH_DIM = """softmax.int log_softmax.int sum.dim_IntList mean.dim cumsum cumprod unsqueeze squeeze.dim max.dim
min.dim flip sort logsumexp unbind.int amax amin cummax prod.dim_int std.dim var.dim roll argsort median.dim
logcumsumexp diff norm.ScalarOpt_dim""".split()
BINARY = """add.Tensor sub.Tensor mul.Tensor div.Tensor matmul mm maximum minimum pow.Tensor_Tensor atan2 dot outer
mse_loss l1_loss smooth_l1_loss huber_loss kl_div cross_entropy_loss copysign.Tensor hypot fmax fmin fmod.Tensor
remainder.Tensor dist cosine_similarity prelu logaddexp where.ScalarOther cat stack ger inner kron tensordot vdot
binary_cross_entropy_with_logits poisson_nll_loss soft_margin_loss xlogy.Tensor cdist bmm trapezoid.x linear
floor_divide true_divide.Tensor special_xlog1py rms_norm expand_as view_as masked_fill.Tensor""".split()
IN_PLACE = ["add_.Scalar", "mul_.Scalar", "exp_", "tanh_", "sigmoid_", "relu_", "clamp_", "neg_", "zero_", "fill_.Scalar",
            "leaky_relu_", "abs_", "sqrt_", "detach_", "div_.Scalar", "clamp_min_", "round_"]
VIEWS = ["select.int", "slice.Tensor", "view", "transpose.int", "t", "diagonal", "unsqueeze", "expand", "permute", "alias",
         "squeeze", "narrow", "unfold", "detach", "view_as", "reshape"]


def programs(random):
    while True:
        kind = random.random()
        program = Program()
        if kind < 0.5:
            elements(random, program)
        elif kind < 0.6:
            summary(random, program)
        elif kind < 0.85:
            recorded(random, program)
        else:
            view_in_place(random, program)
        yield program


def elements(random, program):
    dtype = random.choice(list(DTYPES))
    shape = inputs.sizes(random, 5, 3) if random.random() < 0.5 else inputs.sizes(random, 2, 30)
    x = inputs.strided(random, dtype, shape, lambda count: magnitudes(random, dtype, count))
    x = program.tensor(x, dtype.is_floating_point and random.random() < 0.2)
    program.call("print", x)
    modes = random.choice(["no_grad", "inference_mode"])
    with program.mode(modes) if random.random() < 0.2 else contextlib.nullcontext():
        y = program.call(*random.choice([("aten", "clone"), ("print.parameter",)]), x)
    if y is None:
        return
    program.call("print", y)
    if x.value.requires_grad and y.value.requires_grad:
        program.call("print.backward", y)
        gradient = program.call("print.grad", x)
        if gradient.value is not None:
            program.call("print", gradient)


def magnitudes(random, dtype, count):
    """Numbers of one magnitude or of several, whole ones or not, with special ones or without."""
    if not dtype.is_floating_point:
        least, most = (0, 1) if dtype == torch.bool else (torch.iinfo(dtype).min, torch.iinfo(dtype).max)
        reach = 10 ** random.randint(0, 19)
        return torch.tensor([random.randint(max(least, -reach), min(most, reach)) for _ in range(count)], dtype=dtype)
    middle = random.choice([0, 0, random.uniform(-12, 12), random.uniform(-330, 308)])
    spread = random.choice([0.1, 1, 3, 6])
    whole, special = random.random() < 0.3, random.choice([0, 0, 0.1, 0.9])
    numbers = []
    for _ in range(count):
        number = random.choice([-1, 1]) * 10 ** min(max(middle + random.uniform(-spread, spread), -330), 308)
        number = float(round(number)) if whole else number
        number = round(number, 4) + 0.00005 if random.random() < 0.1 else number
        numbers.append(random.choice(inputs.SPECIAL) if random.random() < special else number)
    return torch.tensor(numbers, dtype=torch.float64).to(dtype)


def summary(random, program):
    """About a thousand elements and more, from a small memory."""
    shape = random.choice([
        [random.choice([999, 1000, 1001, 100000])], [random.randint(1, 2000), random.randint(1, 2000)],
        [random.randint(1, 30) for _ in range(3)], [random.randint(1, 9) for _ in range(random.randint(4, 6))],
        [1, random.randint(990, 1100)], [random.randint(990, 1100), 1], [2, 3, 400], [6, 7, 40], [40, 7, 6], [0, 2000],
    ])
    dtype = random.choice(list(DTYPES))
    kept = [size if math.prod(shape) < 1100 or random.random() < 0.5 and size < 60 else 1 for size in shape]
    x = magnitudes(random, dtype, math.prod(kept)).reshape(kept).expand(shape)
    program.call("print", program.tensor(x, dtype.is_floating_point and random.random() < 0.5))


def small(random, dtype):
    return inputs.tame(random, dtype, random.choice([[], [3], [3], [2, 3], [3, 3], [3, 3], [3, 3], [2, 3, 3]]))


def recorded(random, program):
    """A result's grad_fn, after one operator or two."""
    x = program.tensor(small(random, random.choice(FLOATING)), random.random() < 0.9)
    for _ in range(random.randint(1, 2)):
        with program.mode("no_grad") if random.random() < 0.1 else contextlib.nullcontext():
            chosen = method if random.random() < 0.4 else operator
            result = program.call(*chosen(random, program, x))
        if result is None or not isinstance(result.value, torch.Tensor):
            break
        x = result
        program.call("print", x)


def method(random, program, x):
    """A call of a method, mostly with arguments of the right kind."""
    if random.random() < 0.2:
        return random.choice([("typed", "to", x, random.choice(list(DTYPES))), ("typed", "reshape", x, [-1])])
    kind, names = random.choice(list(TYPED.items()))
    name = random.choice(names.split())
    if kind == "tensor":
        return "typed", name, x, partner(random, program, x)
    if kind == "dim":
        return ("typed", name, x, random.randint(-2, 1), random.random() < 0.5)[:4 if name == "softmax" else 5]
    return ("typed", name, x) + ((random.choice([2, 0.5, 0, -1]),) if kind == "number" else ())


def partner(random, program, x):
    """Another tensor of the same dtype and sizes."""
    dtype = x.value.dtype
    return program.tensor(inputs.tame(random, dtype, list(x.value.size())),
                          dtype.is_floating_point and random.random() < 0.5)


def operator(random, program, x):
    return "aten", *named(random, program, x)


def named(random, program, x):
    """A name and arguments, mostly of the right kind."""
    kind = random.choice(["unary", "number", "dim", "binary", "binary", "in place", "view"])
    number = random.choice([2, 0.5, 3, 1, 1.5])
    if kind == "unary":
        return unary(random, x, random.choice(UNARY))
    if kind == "number":
        name, count = random.choice(list(WITH_NUMBERS.items()))
        return {1: (name, x, number), 2: (name, x, -1, number), -1: (name, number, x), -2: (name, x, x, number)}[count]
    if kind == "dim":
        return with_dim(random, x, random.choice(WITH_DIM))
    if kind == "in place":
        return in_place(x, random.choice(IN_PLACE), number)
    if kind == "view":
        return view(random, x, random.choice(VIEWS))
    return binary(random, program, x, partner(random, program, x), random.choice(BINARY))


def unary(random, x, name):
    if name in ("view_as", "expand_as"):
        return name, x, x
    return name, x


def with_dim(random, x, name):
    if name in ("sum.dim_IntList", "mean.dim", "flip", "amax", "amin", "logsumexp", "std.dim", "var.dim"):
        return name, x, [-1]
    if name == "roll":
        return name, x, [1], [-1]
    if name == "diff":
        return name, x, 1, -1
    return (name, x, 2, [-1]) if name == "norm.ScalarOpt_dim" else (name, x, -1)


def binary(random, program, x, other, name):
    if name in ("cat", "stack"):
        return name, [x, other], 0
    if name == "linear":
        return name, x, other, None
    if name == "tensordot":
        return name, x, other, [0], [0]
    if name == "rms_norm":
        return name, x, [3], other
    if name in ("where.ScalarOther", "masked_fill.Tensor"):
        mask = program.tensor(inputs.tame(random, torch.bool, list(x.value.size())))
        number = program.tensor(inputs.tame(random, x.value.dtype, []))
        return (name, mask, x, 2) if name == "where.ScalarOther" else (name, x, mask, number)
    if name == "poisson_nll_loss":
        return name, x, other, True, False, 1e-8, 1
    return name, x, other


def in_place(x, name, number):
    if name in ("clamp_", "clamp_min_"):
        return name, x, 0
    return (name, x, number) if ".Scalar" in name else (name, x)


def view(random, x, name):
    dim = random.randint(-1, 1)
    return {
        "select.int": (name, x, dim, 0), "slice.Tensor": (name, x, dim, 0, 2), "view": (name, x, [-1]),
        "reshape": (name, x, [-1]), "transpose.int": (name, x, 0, dim), "unsqueeze": (name, x, dim),
        "expand": (name, x, [2] + list(x.value.size())), "permute": (name, x, list(range(x.value.dim()))[::-1]),
        "narrow": (name, x, dim, 0, 1), "unfold": (name, x, dim, 2, 1), "view_as": (name, x, x),
    }.get(name, (name, x))


def view_in_place(random, program):
    """A view, changed itself or by its base, perhaps in another mode."""
    x = program.tensor(small(random, random.choice(FLOATING)), random.random() < 0.8)
    base = program.call("aten", "clone", x) if random.random() < 0.8 else x
    modes = ["no_grad", "inference_mode"] if random.random() < 0.3 else ["no_grad"]
    with program.mode(random.choice(modes)) if random.random() < 0.4 else contextlib.nullcontext():
        seen = program.call("aten", *view(random, base, random.choice(VIEWS)))
    if seen is None:
        return
    with program.mode(random.choice(modes)) if random.random() < 0.2 else contextlib.nullcontext():
        program.call("aten", "mul_.Scalar", random.choice([base, seen]), 2)
    program.call("print", seen)
    program.call("print", base)
