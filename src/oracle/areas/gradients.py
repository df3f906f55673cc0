"""Gradient programs: operators in place and out of place, views, backward, modes; some steps are errors."""

import torch

import inputs
from areas import clamp, methods  # clamp: its verbs
from program import DTYPES, FLOATING, MODES, Program, gradient, verb


def grad(x):
    """Another object each time, as in Java."""
    grad = gradient(x)
    return None if grad is None else grad.detach()


def clear_grad_(x):
    x.grad = None
    return x


def zero_grad_(x):
    if x.grad is not None:
        x.grad.zero_()
    return x


def grad_of(outputs, inputs, grad_outputs=None, retain_graph=False, create_graph=False, allow_unused=False):
    """Other objects, as libtorch may give those of grad_outputs."""
    retained = retain_graph or create_graph
    gradients = torch.autograd.grad(outputs, inputs, grad_outputs, retained, create_graph, allow_unused=allow_unused)
    return [None if one is None else one.clone() for one in gradients]


def call(name, *arguments):
    operator, _, overload = name.removeprefix("aten::").partition(".")
    return getattr(getattr(torch.ops.aten, operator), overload or "default")(*arguments)


verb(torch.Tensor.backward, "Tensor.backward()")
verb(torch.Tensor.backward, "Tensor.backward(Tensor)")
verb(torch.Tensor.backward, "Tensor.backward(Tensor,boolean)")
verb(grad_of, "Torch.grad(List,List)")
verb(grad_of, "Torch.grad(List,List,List,boolean,boolean,boolean)")
verb(lambda gradients, index: gradients[index], "gradients.at")
verb(torch.Tensor.requires_grad_, "Tensor.requiresGrad_(boolean)")
verb(torch.detach, "Tensor.detach()")
verb(grad, "Tensor.grad()")
verb(clear_grad_, "Tensor.clearGrad_()")
verb(zero_grad_, "Tensor.zeroGrad_()")
verb(call, "Torch.call(String,Object[])")

ALONE = ["neg", "exp", "log", "sqrt", "sigmoid", "tanh", "t", "sum", "mean", "clone", "contiguous", "sigmoid_", "tanh_"]
WITH_ANOTHER = ["add", "sub", "mul", "div", "copy_", "copy_"]
CLAMPS = {
    "clamp": (-0.5, 0.5), "clamp_": (None, 1), "clamp_min": (0.25,), "clamp_min_": (0,), "clamp_max": (1,),
    "clamp_max_": (-0.25,), "relu": (), "relu_": (),
}
NAMED = ["sin", "abs", "softplus", "gelu", "silu", "log1p", "rsqrt", "erf", "hardtanh", "max", "prod", "logsumexp",
         "var", "exp_", "abs_", "sqrt_", "zero_", "neg_", "detach_", "alias", "view_as", "squeeze", "ones_like",
         "pow.Tensor_Scalar", "pow_.Scalar", "cumsum", "sort", "log_softmax.int", "flip", "fill_.Scalar", "mul_.Scalar",
         "add_.Scalar", "mul_.Tensor"]
NAMED_WITH_ANOTHER = ["maximum", "minimum", "add_.Tensor", "mul_.Tensor", "sub_.Tensor", "div_.Tensor",
                      "pow.Tensor_Tensor", "atan2", "expand_as", "mse_loss", "addcmul", "where.self",
                      "masked_fill_.Scalar", "masked_fill_.Tensor", "fill_.Tensor", "cat", "stack"]


def programs(random):
    while True:
        program = Program()
        dtype = random.choice([torch.float32, torch.float32, torch.float64, *FLOATING])
        shape = random.choice([[], [1], [3], [2, 3], [2, 3], [2, 2], [2, 1, 3], [0, 3], [20]])
        pool = [leaf(random, program, dtype, shape, True)]
        if random.random() < 0.6:  # no leaf: may be written in place
            pool.append(program.call("Tensor.mul(Number)", pool[0], number(random)))
        for _ in range(random.randint(3, 12)):
            step(random, program, pool)
        recorded = [x for x in pool if x.value.requires_grad]
        if recorded:
            program.call("Tensor.backward()", program.call("Tensor.sum()", random.choice(recorded[-3:])))
        yield program.look()


def leaf(random, program, dtype, shape, requires_grad):
    return methods.tame(random, program, dtype, shape, requires_grad)


def step(random, program, pool, depth=0):
    # The latest are the most interesting.
    x = random.choice(pool[-3:] if random.random() < 0.7 else pool)
    kind = random.choice(["alone"] * 4 + ["another"] * 4 + ["number"] * 2 + ["clamp"] * 2 + ["special"] * 2
                         + ["view"] * 3 + ["named"] * 3 + ["named another"] * 3 + ["backward"] * 5 + ["grad"] * 3 + ["history"] * 3
                         + ["mode"] + ["leaf"])
    if kind == "mode" and depth < 2:
        with program.mode(random.choice(list(MODES))):
            for _ in range(random.randint(1, 4)):
                step(random, program, pool, depth + 1)
    elif kind == "leaf":
        dtype = x.value.dtype if random.random() < 0.7 else random.choice(list(DTYPES))
        requires_grad = dtype.is_floating_point and random.random() < 0.7
        pool.append(leaf(random, program, dtype, methods.another(random, x.value.shape), requires_grad))
    elif kind == "grad":
        given(random, program, pool, x)
    else:
        name, arguments = choose(random, program, pool, kind, x)
        result = program.call(name, *arguments)
        if result is None or not isinstance(result.value, torch.Tensor) or result in pool:
            return
        if name != "Tensor.grad()":
            pool.append(result)
        elif not result.value.is_inference():  # once: recorded, it would be another object than the leaf's own
            program.call("Torch.call(String,Object[])", "aten::mul_.Scalar", result, number(random))


def choose(random, program, pool, kind, x):
    """A verb and its arguments."""
    if kind == "another":
        return f"Tensor.{random.choice(WITH_ANOTHER)}(Tensor)", [x, partner(random, program, pool, x)]
    if kind == "number":
        return f"Tensor.{random.choice(['add', 'sub', 'mul', 'div'])}(Number)", [x, number(random)]
    if kind == "clamp":
        name = random.choice(list(CLAMPS))
        return name, [x, *CLAMPS[name]]
    if kind == "special":
        return special(random, program, pool, x)
    if kind == "view":
        return "Torch.call(String,Object[])", view(random, x)
    if kind == "named":
        return "Torch.call(String,Object[])", named(random, x)
    if kind == "named another":
        return "Torch.call(String,Object[])", named_with_another(random, program, x, partner(random, program, pool, x))
    if kind == "backward":
        return backward(random, program, pool, x)
    if kind == "history":
        return history(random, x)
    return f"Tensor.{random.choice(ALONE)}()", [x]


def number(random):
    return random.choice([random.randint(-3, 3), random.uniform(-2, 2)])


def partner(random, program, pool, x):
    """One that broadcasts with x, of the program's or a new one."""
    same = [other for other in pool if other.value.shape == x.value.shape or other.value.dim() == 0]
    if same and random.random() < 0.7:
        return random.choice(same)
    pool.append(leaf(random, program, x.value.dtype, methods.another(random, x.value.shape), random.random() < 0.5
                     and x.value.is_floating_point()))
    return pool[-1]


def special(random, program, pool, x):
    dims = max(x.value.dim(), 1)
    dim = random.randrange(-dims, dims)
    name = random.choice(["leakyRelu(Number)", "leakyRelu_(Number)", "prelu(Tensor)", "softmax(long)",
                          "sum(long,boolean)", "mean(long,boolean)", "matmul(Tensor)", "reshape(long[])", "to(DType)"])
    if name.startswith("leakyRelu"):
        arguments = [random.choice([0.01, 0.5, 0, 1, -0.5])]
    elif name == "prelu(Tensor)":
        count = x.value.shape[1] if x.value.dim() > 1 and random.random() < 0.5 else 1
        arguments = [leaf(random, program, x.value.dtype, [count], x.value.is_floating_point())]
        pool.append(arguments[0])
    elif name == "matmul(Tensor)":
        rows = x.value.shape[-1] if x.value.dim() else 1
        shape = random.choice([[rows], [rows, 2]])
        arguments = [leaf(random, program, x.value.dtype, shape, x.value.is_floating_point())]
        pool.append(arguments[0])
    elif name == "reshape(long[])":
        arguments = methods.with_shape(random, program, x)[1:]
    elif name == "to(DType)":
        arguments = [random.choice([*FLOATING, torch.int64])]
    else:
        arguments = [dim] if name == "softmax(long)" else [dim, random.random() < 0.5]
    return "Tensor." + name, [x, *arguments]


def view(random, x):
    shape, dims = list(x.value.shape), max(x.value.dim(), 1)
    dim, other = random.randrange(dims), random.randrange(dims)
    size = shape[dim] if shape else 1
    return random.choice([
        ["aten::slice.Tensor", x, dim, random.randint(0, size), random.randint(0, size), random.randint(1, 2)],
        ["aten::slice.Tensor", x, dim, 0, max(size - 1, 1)],
        ["aten::select.int", x, dim, random.randint(0, max(size - 1, 0))],
        ["aten::transpose.int", x, dim, other],
        ["aten::view", x, random.choice([[-1], [1, *shape], [*shape, 1]])],
        ["aten::expand", x, random.choice([[2, *shape], shape])],
        ["aten::unsqueeze", x, dim],
        ["aten::narrow", x, dim, 0, random.randint(0, size)],
        ["aten::diagonal", x] if len(shape) > 1 else ["aten::alias", x],
        ["aten::detach", x],
    ])


def named(random, x):
    name = random.choice(NAMED)
    dims = max(x.value.dim(), 1)
    dim = random.randrange(dims)
    more = {
        "pow.Tensor_Scalar": [random.choice([2, 3, 0.5, 0, -1])], "pow_.Scalar": [random.choice([2, 0.5])],
        "cumsum": [dim], "sort": [dim], "flip": [[dim]], "log_softmax.int": [dim], "logsumexp": [[dim], False],
        "fill_.Scalar": [number(random)], "mul_.Scalar": [number(random)], "add_.Scalar": [number(random)],
        "mul_.Tensor": [random.choice([number(random), 1e300])],
        "view_as": [x], "var": [random.random() < 0.5],
    }.get(name, [])
    return ["aten::" + name, x, *more]


def named_with_another(random, program, x, other):
    name = random.choice(NAMED_WITH_ANOTHER)
    if name in ("cat", "stack"):
        return ["aten::" + name, [x, other]]
    if name == "addcmul":
        return ["aten::addcmul", x, other, other]
    if name.endswith("fill_.Tensor") and random.random() < 0.8:
        other = leaf(random, program, x.value.dtype, [], x.value.is_floating_point() and random.random() < 0.5)
    if name.startswith(("where", "masked_fill")):
        mask = leaf(random, program, torch.bool, methods.another(random, x.value.shape), False)
        last = number(random) if name.endswith("Scalar") else other
        return ["aten::" + name, mask, x, last] if name == "where.self" else ["aten::" + name, x, mask, last]
    return ["aten::" + name, x, other]


def backward(random, program, pool, x):
    """Without a gradient where that can be; else with a right or a wrong one."""
    # Of strides beside sizes of 1, Python's own 1 keeps the tensor's, and libtorch's is row-major.
    plain = x.value.stride() == torch.empty(x.value.shape).stride()
    if plain and random.random() < (0.5 if x.value.numel() == 1 else 0.1):
        return "Tensor.backward()", [x]
    wrong = random.random() < 0.15
    shape = inputs.sizes(random) if wrong else x.value.shape
    dtype = x.value.dtype if random.random() < 0.9 else random.choice(list(DTYPES))
    same = [other for other in pool if other.value.shape == x.value.shape]
    given = (random.choice(same) if same and random.random() < 0.3 else
             leaf(random, program, dtype, shape, dtype.is_floating_point and random.random() < 0.1))
    if stands_on_input(program, given.value):
        # PyTorch may keep the given gradient as a leaf's, and add to it later; Java copies one over its memory.
        given = program.call("Tensor.clone()", given)
    if random.random() < 0.3:
        return "Tensor.backward(Tensor,boolean)", [x, given, random.random() < 0.9]
    return "Tensor.backward(Tensor)", [x, given]


def given(random, program, pool, x):
    """Gradients of one or two results with respect to one to three others, which may be recorded in turn."""
    outputs = [x, random.choice(pool)] if random.random() < 0.2 else [x]
    recorded = [one for one in pool if one.value.requires_grad]
    wanted = random.choices(recorded if recorded and random.random() < 0.95 else pool, k=random.randint(1, 3))
    if all(one.value.numel() == 1 for one in outputs) and random.random() < 0.4:
        gradients = program.call("Torch.grad(List,List)", outputs, wanted)
    else:
        grad_outputs = [None if one.value.numel() == 1 and random.random() < 0.5 else
                        leaf(random, program, one.value.dtype, one.value.shape if len(outputs) > 1 or
                             random.random() < 0.95 else inputs.sizes(random), one.value.is_floating_point() and random.random() < 0.2)
                        for one in outputs]
        gradients = program.call("Torch.grad(List,List,List,boolean,boolean,boolean)", outputs, wanted, grad_outputs,
                                 random.random() < 0.9, random.random() < 0.4, random.random() < 0.9)
    for index, one in enumerate(gradients.value if gradients else []):
        if one is not None and random.random() < 0.5:
            pool.append(program.call("gradients.at", gradients, index))


def stands_on_input(program, tensor):
    storage = tensor.untyped_storage().data_ptr()
    given = [one.value for one in program.variables if one.storage is not None]
    return any(one.untyped_storage().data_ptr() == storage for one in given)


def history(random, x):
    name = random.choice(["detach()", "grad()", "grad()", "clearGrad_()", "zeroGrad_()", "requiresGrad()",
                          "isInference()", "requiresGrad_(boolean)"])
    return "Tensor." + name, [x, random.random() < 0.5] if name == "requiresGrad_(boolean)" else [x]
