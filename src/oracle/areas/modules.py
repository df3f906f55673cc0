"""Modules of seeded parameters: forward, backward, prints, state; and the functions that modules call."""

import contextlib
import math

import torch
from torch import nn
from torch.nn import functional

import inputs
from areas import layers
from program import DTYPES, FLOATING, INTEGRAL, Program, verb


class MyReLU(nn.Module):
    """The notebook's, printed as PyTorch's own activations are."""

    def __init__(self, inplace=False):
        super().__init__()
        self.inplace = inplace

    def forward(self, x):
        return torch.clamp_(x, min=0) if self.inplace else torch.clamp(x, min=0)

    def extra_repr(self):
        return "inplace=True" if self.inplace else ""


class Block(nn.Module):
    """A module with a parameter, a buffer and two modules of its own."""

    def __init__(self, body, tail):
        super().__init__()
        self.scale = nn.Parameter(torch.ones([], dtype=torch.float64))
        self.register_buffer("calls", torch.zeros([], dtype=torch.int64))
        self.body = body
        self.tail = tail

    def forward(self, x):
        self.calls += 1
        return self.tail(self.body(x) + x) * self.scale

    def extra_repr(self):
        return "body and tail,\nscaled"


MODULES = {
    "MyReLU": MyReLU, "ReLU": nn.ReLU, "LeakyReLU": nn.LeakyReLU, "Sigmoid": nn.Sigmoid, "Tanh": nn.Tanh,
    "PReLU": lambda count, init, dtype: nn.PReLU(count, init, dtype=dtype),
    "Linear": lambda inputs, outputs, bias, dtype: nn.Linear(inputs, outputs, bias, dtype=dtype),
    "Sequential": lambda *modules: nn.Sequential(*map(build, modules)),
    "Block": lambda body, tail: Block(build(body), build(tail)),
    **layers.LAYERS,
}


def build(module):
    """A module of a list of its name and its options; a module itself is kept."""
    return MODULES[module[0]](*module[1:]) if isinstance(module, list) else module


def seeded(seed, module):
    torch.manual_seed(seed)
    return build(module)


verb(seeded, "module")
verb(lambda module, x: module(x), "module.forward")
verb(lambda y, gradient: y.backward(gradient), "module.backward")
verb(lambda module, name: (dict(module.named_parameters(remove_duplicate=False))
                           | dict(module.named_buffers(remove_duplicate=False)))[name], "module.parameter")
verb(lambda module: [list(dict(module.named_parameters())), list(dict(module.named_buffers())),
                     list(dict(module.named_children()))], "module.names")
verb(lambda module: len(list(module.parameters())), "module.count")
verb(lambda module: module.state_dict(), "module.state")
verb(lambda module: module.zero_grad(), "module.zero_grad")
verb(torch.clone, "module.copy")
verb(functional.linear, "functional.linear")
verb(functional.mse_loss, "functional.mse_loss")
verb(functional.cross_entropy, "functional.cross_entropy")


@verb
def train(module, training):
    module.train(training)


@verb
def load_loosely(module, state):
    """The names that were left alone, in the alphabet's order."""
    keys = module.load_state_dict(state, strict=False)
    return [sorted(keys.missing_keys), sorted(keys.unexpected_keys)]


@verb
def load(module, state):
    module.load_state_dict(state)


def programs(random):
    while True:
        program = Program()
        random.choice([one_module, one_module, network, linear, mse_loss, cross_entropy, layer, layer, layer, embedding,
                       block])(random, program)
        yield program


def in_a_mode(random, program):
    """Mostly none."""
    chosen = random.random()
    if chosen < 0.8:
        return contextlib.nullcontext()
    return program.mode("no_grad" if chosen < 0.9 else "inference_mode" if chosen < 0.95 else "shim")


def one_module(random, program):
    """Any input, fit or not."""
    dtype = random.choice(FLOATING)
    shape = inputs.sizes(random, 4, 4)
    module = program.call("module", random.randint(-2**40, 2**40), spec(random, dtype, shape))
    if module is None:
        return
    named(program, module)
    right = dtype if random.random() < 0.8 else random.choice(list(DTYPES))
    x = program.tensor(inputs.strided(random, right, shape), right.is_floating_point and random.random() < 0.5)
    given = program.call("module.copy", x) if random.random() < 0.4 else x
    with in_a_mode(random, program):
        y = program.call("module.forward", module, given)
    ended(random, program, module, y)
    program.look()


def layer(random, program):
    """A layer in both modes, and some steps back."""
    dtype = random.choice(FLOATING)
    chosen, shape = layers.layer(random, dtype)
    module = program.call("module", random.randint(-2**40, 2**40), chosen)
    if module is None:
        return
    named(program, module)
    for _ in range(random.randint(1, 3)):
        if random.random() < 0.4:
            program.call("train", module, random.random() < 0.3)
        right = dtype if random.random() < 0.95 else random.choice(list(DTYPES))
        x = program.tensor(inputs.strided(random, right, shape, lambda count: inputs.tame(random, right, [count])),
                           right.is_floating_point and random.random() < 0.5)
        given = program.call("module.copy", x) if random.random() < 0.5 else x
        with in_a_mode(random, program):
            y = program.call("module.forward", module, given)
        ended(random, program, module, y)
    program.look()


def embedding(random, program):
    chosen, numbers = layers.embedding(random, random.choice(FLOATING))
    module = program.call("module", random.randint(-2**40, 2**40), chosen)
    named(program, module)
    for _ in range(random.randint(1, 2)):
        with in_a_mode(random, program):
            y = program.call("module.forward", module, program.tensor(numbers))
        ended(random, program, module, y)
    program.look()


def block(random, program):
    """Modules that others have registered: names, modes, states that fit or not."""
    dtype = random.choice(FLOATING)
    channels = random.randint(1, 3)
    body = ["Sequential", ["Conv2d", channels, channels, 3, 1, 1, 1, 1, random.random() < 0.5, "zeros", dtype],
            ["BatchNorm2d", channels, 1e-5, 0.1, True, True, True, dtype], ["ReLU", random.random() < 0.5]]
    tail = random.choice([["Dropout", 0.5, False], ["SiLU", False], ["AvgPool2d", 2, 2, 0, False, True, None], [
        "Block", ["Sequential"], ["BatchNorm2d", channels, 1e-5, None, False, True, True, dtype]]])
    module = program.call("module", random.randint(-2**40, 2**40), ["Block", body, tail])
    program.call("module.names", module)
    parameters = named(program, module)
    x = program.tensor(inputs.tame(random, dtype, [2, channels, 4, 4]), random.random() < 0.5)
    for _ in range(random.randint(1, 3)):
        if random.random() < 0.5:
            program.call("train", module, random.random() < 0.5)
        with in_a_mode(random, program):
            y = program.call("module.forward", module, x)
        ended(random, program, module, y)
        if random.random() < 0.5:
            state = program.call("module.state", module)
            program.call(random.choice(["load", "load_loosely"]), module, loaded(random, program, parameters, state.value))
            if program.steps[-1]["expect"] is not None and "error" in program.steps[-1]["expect"]:
                return  # PyTorch has loaded what fits
    program.look()


def spec(random, dtype, shape):
    size = shape[-1] if shape and random.random() < 0.9 else random.randint(0, 4)
    channels = shape[1] if len(shape) > 1 and random.random() < 0.7 else random.choice([1, 1, 2, 3])
    return random.choice([
        ["MyReLU", random.random() < 0.5], ["ReLU", random.random() < 0.5], ["Sigmoid"], ["Tanh"],
        ["LeakyReLU", slope(random), random.random() < 0.5], ["PReLU", channels, slope(random), dtype],
        ["Linear", size, random.randint(0, 40), random.random() < 0.7, dtype],
        ["Linear", size, random.randint(1, 5), random.random() < 0.7, dtype],
    ])


def slope(random):
    return random.choice([0.01, 0.25, 0.5, -1.5, 0.0, -0.0, 1.0, 2.0, 1e-5, 1e16, 123456789.0, 1e22, 5e-324, math.inf,
                          random.gauss(0, 1), 10 ** random.uniform(-323, 308)])


def named(program, module):
    return [program.call("module.parameter", module, name) for name in module.value.state_dict()]


def ended(random, program, y_of, y):
    """A backward where there is something to go back."""
    if y is None or not isinstance(y.value, torch.Tensor) or not y.value.requires_grad and random.random() < 0.9:
        return
    dtype = y.value.dtype if random.random() < 0.95 else random.choice(FLOATING)
    gradient = program.tensor(inputs.tame(random, dtype, list(y.value.size())))
    program.call("module.backward", y, None if y.value.numel() == 1 and random.random() < 0.5 else gradient)
    if y_of is not None and random.random() < 0.1:
        program.call("module.zero_grad", y_of)


def network(random, program):
    """Several modules, one perhaps twice; trained parameters go from one network into another."""
    dtype = random.choice(FLOATING)
    widths = [random.randint(1, 6) for _ in range(random.randint(2, 4))]
    layers = []
    for wide, next_wide in zip(widths, widths[1:]):
        layers.append(["Linear", wide, next_wide, random.random() < 0.8, dtype])
        layers.append(spec(random, dtype, [1, next_wide]))
        if layers[-1][0] == "Linear":
            layers.pop()
    layers = layers[:1] + [["Sequential", *layers[1:]]] if random.random() < 0.3 else layers
    if random.random() < 0.2:
        layers.append(program.call("module", 0, ["PReLU", 1, 0.25, dtype]))
        layers.append(layers[-1])
    seed = random.randint(-2**63, 2**63 - 1)
    module = program.call("module", seed, ["Sequential", *layers])
    if module is None:
        return
    program.call("module.count", module)
    parameters = named(program, module)
    shape = random.choice([[widths[0]], [3, widths[0]], [2, 3, widths[0]], [0, widths[0]], [3, widths[0] + 1]])
    x = program.tensor(inputs.tame(random, dtype, shape), random.random() < 0.3)
    for _ in range(random.randint(1, 2)):
        with in_a_mode(random, program):
            y = program.call("module.forward", module, x)
        ended(random, program, module, y)
    if random.random() < 0.5:
        state = program.call("module.state", module)
        changed = loaded(random, program, parameters, state.value)
        program.call("load", module, changed)
        if program.steps[-1]["expect"] is not None:
            return  # PyTorch has loaded what fits
        program.call("module.forward", module, x)
    program.look()


def loaded(random, program, parameters, state):
    """A state of other values, mostly one that fits."""
    names, changed = list(state), {}
    fault = random.choice([None, None, "missing", "unexpected", "size"])
    odd = random.choice(names)
    for name, old in state.items():
        kinds = list(DTYPES) if old.dtype.is_floating_point else INTEGRAL
        dtype = old.dtype if random.random() < 0.8 else random.choice(kinds)
        shape = list(old.size())
        if name == odd and fault == "size":
            shape = random.choice([[], [1], shape + [1], shape[:-1], [size + 1 for size in shape], shape[::-1]])
        if name != odd or fault != "missing":
            values = inputs.strided(random, dtype, shape)
            changed[name] = program.tensor(values if old.dtype.is_floating_point else values.clamp(0, 99))
    if fault == "unexpected":
        changed[random.choice(["", "weight", odd + ".", "9.weight", odd.upper()])] = random.choice(parameters)
    return changed


def linear(random, program):
    """Functional.linear of sizes that mostly fit."""
    dtype = random.choice(FLOATING)
    many, few = random.randint(0, 9), random.randint(0, 4)
    shape = [random.randint(0, 3) for _ in range(random.randint(0, 3))] + [many]
    weight = random.choice([[few, many], [few, many], [few, many], [many], [few, many + 1], [2, few, many], []])
    bias = random.choice([None, None, [few], [few], [few], [1], [], [few + 1], [2, few]])
    call(random, program, "functional.linear", *(
        None if sizes is None else mostly(random, program, dtype, sizes) for sizes in (shape, weight, bias)))


def mostly(random, program, dtype, shape, make=inputs.tame):
    """A tensor mostly of the dtype, perhaps with a gradient."""
    dtype = dtype if random.random() < 0.95 else random.choice(list(DTYPES))
    return program.tensor(inputs.strided(random, dtype, shape, lambda count: make(random, dtype, [count])),
                          dtype.is_floating_point and random.random() < 0.4)


def call(random, program, name, *arguments):
    with in_a_mode(random, program):
        y = program.call(name, *arguments)
    if y is not None:
        ended(random, program, None, y)
    program.look()


def mse_loss(random, program):
    dtype = random.choice(FLOATING)
    shape = inputs.sizes(random, 4, 4)
    other = random.choice([
        shape, shape, shape, shape[1:], [1] * len(shape), [1 if random.random() < 0.5 else size for size in shape],
        [2] + shape, inputs.sizes(random),
    ])
    make = inputs.tame if random.random() < 0.8 else lambda random, dtype, count: inputs.values(random, dtype, *count)
    call(random, program, "functional.mse_loss",
         mostly(random, program, dtype, shape, make), mostly(random, program, dtype, other, make))


def cross_entropy(random, program):
    """Targets of indices, some to be ignored or out of range, or of probabilities; sizes that mostly fit."""
    dtype = random.choice(FLOATING)
    classes = random.choice([1, 2, 3, 5, 17])
    batch, rest = random.choice([[], [1], [3], [4], [0]]), [random.randint(0, 3) for _ in range(random.randint(0, 3))]
    shape = batch + [classes] + (rest if batch else [])
    x = mostly(random, program, dtype, shape)
    if random.random() < 0.6:
        sizes = random.choice([batch + (rest if batch else [])] * 5 + [[], [2], shape, batch + [1]])
        odd = [-1, classes, 2**40]
        chosen = [random.choice([-100, *range(classes)] if random.random() < 0.99 else odd)
                  for _ in range(math.prod(sizes))]
        wanted = torch.tensor(chosen, dtype=torch.int64).reshape(sizes)
        wanted = wanted if random.random() < 0.9 else wanted.clamp(0, classes).to(random.choice(list(DTYPES)))
        target = program.tensor(wanted)
    else:
        sizes = random.choice([shape] * 5 + [shape[1:], [1] * len(shape), shape + [1]])
        target = mostly(random, program, dtype, sizes)
    call(random, program, "functional.cross_entropy", x, target)
