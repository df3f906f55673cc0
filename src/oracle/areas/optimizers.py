"""SGD, Adam and AdamW over a hundred steps, on parameters of given gradients and on networks that learn.

PyTorch's optimizers are loops of single operators, and round in another order than its fused kernels, which Java calls.
So a program compares either with the fused kernels, bit for bit, or with the loops, bit for bit where both round alike
and else nearly.
"""

import copy
import math

import torch
from torch.nn import functional

import inputs
from areas import modules
from program import FLOATING, INTEGRAL, Program, bits, verb

STEPS = 100

# How far values may be off after some steps: in units of the dtype's eps, relative to values above 1.
ROUNDING = 64
# Networks that learn make a difference of the last bit a thousand or a hundred million times larger in a hundred steps,
# with PyTorch's own fused kernels too; so those that are compared nearly have FLOAT64.
LEARNING = 1e-3


class Optimizer:
    """Prints as Java's does: what it prints is not compared."""

    def __init__(self, optimizer):
        self.optimizer = optimizer

    def __str__(self):
        return "optimizer"


@verb
def SGD(parameters, lr, momentum, dampening, weight_decay, nesterov, maximize, fused):
    return Optimizer(torch.optim.SGD(parameters, lr, momentum, dampening, weight_decay, nesterov, maximize=maximize,
                                     fused=fused))


@verb
def Adam(parameters, lr, beta1, beta2, eps, weight_decay, amsgrad, maximize, fused):
    return Optimizer(torch.optim.Adam(parameters, lr, (beta1, beta2), eps, weight_decay, amsgrad, maximize=maximize,
                                      fused=fused))


@verb
def AdamW(parameters, lr, beta1, beta2, eps, weight_decay, amsgrad, maximize, fused):
    return Optimizer(torch.optim.AdamW(parameters, lr, (beta1, beta2), eps, weight_decay, amsgrad, maximize=maximize,
                                       fused=fused))


def state(optimizer):
    """By the paths of what is in it, with the options that Java has."""
    saved = optimizer.optimizer.state_dict()
    flat = {f"state.{index}.{name}": tensor for index, one in saved["state"].items()
            for name, tensor in one.items() if tensor is not None}
    group = saved["param_groups"][0]
    names = ("lr momentum dampening weight_decay nesterov maximize params" if "momentum" in group else
             "lr betas eps weight_decay amsgrad maximize params")
    for name in names.split():
        value = group[name]
        dtype = torch.bool if isinstance(value, bool) else torch.int64 if name == "params" else torch.float64
        flat["param_groups.0." + name] = torch.tensor(value, dtype=dtype)
    return flat


def set_lr(optimizer, lr):
    optimizer.optimizer.param_groups[0]["lr"] = lr


def load(optimizer, other):
    optimizer.optimizer.load_state_dict(copy.deepcopy(other.optimizer.state_dict()))


def clip(parameters, max_norm, norm_type, error):
    return torch.nn.utils.clip_grad_norm_(parameters, max_norm, norm_type, error)


def backward(parameter, gradient):
    """The gradient as bytes."""
    values = torch.tensor(list(gradient), dtype=torch.uint8).view(parameter.dtype)
    parameter.clone().backward(values.reshape(parameter.size()))


def learn(optimizer, module, x, target, loss):
    """A step; the loss goes where it is compared as the parameters are."""
    optimizer.optimizer.zero_grad()
    now = functional.mse_loss(module(x), target)
    now.backward()
    optimizer.optimizer.step()
    loss.copy_(now.detach())


verb(state, "optimizer.state")
verb(set_lr, "optimizer.lr")
verb(load, "optimizer.load")
verb(clip, "optimizer.clip")
verb(backward, "optimizer.backward")
verb(learn, "optimizer.learn")
verb(lambda optimizer: optimizer.optimizer.step(), "optimizer.step")
verb(lambda optimizer: optimizer.optimizer.zero_grad(), "optimizer.zero_grad")
verb(lambda tensors: [bits(tensor) for tensor in tensors], "optimizer.bits")
# Java compares its tensors with PyTorch's bytes.
verb(lambda tensors, expected, tolerance: True, "optimizer.near")


def programs(random):
    while True:
        for kind in [given, given, given, network, *[refused] * 20]:
            program = Program()
            kind(random, program)
            if program.outcomes():
                yield program


def made(random, program, parameters, dtype):
    """An optimizer, and how its parameters are compared: None is bit for bit."""
    sixteen = torch.finfo(dtype).bits == 16
    fused = random.random() < 0.4 or None
    lr = random.choice([0.1, 0.01, 1e-3, random.uniform(0, 0.2)])
    decay = random.choice([0.0, 0.0, 0.01, random.uniform(0, 0.3)])
    if random.random() < 0.5:
        momentum = random.choice([0.0, 0.9, random.uniform(0, 0.99)])
        nesterov = momentum > 0 and random.random() < 0.3
        dampening = 0.0 if nesterov or random.random() < 0.5 else random.uniform(-0.5, 1)
        optimizer = program.call("SGD", parameters, lr, momentum, dampening, decay, nesterov, random.random() < 0.2,
                                 None if sixteen else fused)
        return optimizer, None if fused or sixteen or momentum == 0 else ROUNDING
    # The loops round each operator to 16 bits, where an eps of 1e-8 may be 0; the fused kernel computes in 32 bits.
    fused = fused or sixteen or None
    eps = random.choice([1e-8, 1e-3, 0.1])
    betas = random.choice([(0.9, 0.999), (0.0, 0.5), (random.uniform(0, 0.99), random.uniform(0, 0.999))])
    name = random.choice(["Adam", "AdamW"])
    optimizer = program.call(name, parameters, lr, *betas, eps, decay, random.random() < 0.3, random.random() < 0.2,
                             fused)
    return optimizer, None if fused else ROUNDING


def compare(program, tensors, tolerance):
    if tolerance is None:
        program.call("optimizer.bits", tensors)
    else:
        program.call("optimizer.near", tensors, [bytes.fromhex(bits(one.value)) for one in tensors], float(tolerance))


def given(random, program):
    """Gradients that are given, or missing, perhaps of two steps together."""
    dtype = random.choice(FLOATING)
    parameters = []
    for _ in range(random.randint(1, 3)):
        shape = random.choice([[1], [7], [16], [33], [], [0], [3, 5], [random.randint(1, 70)]])
        count = math.prod(shape)
        memory = inputs.tame(random, dtype, [count + 3])
        offset = random.choice([0, 0, 1, 3])
        parameters.append(program.tensor(memory[offset:offset + count].reshape(shape), True))
    optimizer, tolerance = made(random, program, parameters, dtype)
    clipped = random.random() < 0.3
    scale, missing, kept = random.choice([1, 1, 1e-3, 10]), random.choice([0, 0.3]), random.choice([0, 0.2])
    for step in range(STEPS):
        for one in parameters:
            if step == 0 or random.random() >= missing:
                gradient = (inputs.tame(random, torch.float64, list(one.value.size())) * scale).to(dtype)
                program.call("optimizer.backward", one, bytes.fromhex(bits(gradient)))
        if clipped and tolerance is None:
            program.call("optimizer.clip", parameters, random.choice([0.5, 1.0, 10.0]),
                         random.choice([2.0, 2.0, 1.0, math.inf, 3.0]), random.random() < 0.2)
        if random.random() < 0.03:
            program.call("optimizer.lr", optimizer, random.uniform(0, 0.2))
        if random.random() < 0.03:
            optimizer = again(random, program, parameters, optimizer)
        program.call("optimizer.step", optimizer)
        compare(program, parameters, tolerance)
        if tolerance is None and random.random() < 0.03:
            program.call("optimizer.state", optimizer)
        if random.random() >= kept:
            program.call("optimizer.zero_grad", optimizer)
    if tolerance is None:
        program.look()


def again(random, program, parameters, optimizer):
    """Another optimizer of the kind, which takes over the state."""
    kind = type(optimizer.value.optimizer).__name__
    other = program.call("SGD", parameters, 0.5, 0.5, 0.0, 0.0, False, False, None) if kind == "SGD" else program.call(
        kind, parameters, 0.5, 0.5, 0.5, 0.1, 0.0, random.random() < 0.5, False, None)
    program.call("optimizer.load", other, optimizer)
    return other


def network(random, program):
    dtype = random.choice(FLOATING)
    wide, hidden, narrow = random.randint(1, 5), random.randint(1, 20), random.randint(1, 3)
    activation = random.choice([["MyReLU", random.random() < 0.5], ["Tanh"], ["Sigmoid"], ["PReLU", 1, 0.25, dtype],
                                ["LeakyReLU", 0.01, False]])
    module = program.call("module", random.randint(0, 2**32), [
        "Sequential", ["Linear", wide, hidden, True, dtype], activation, ["Linear", hidden, narrow, True, dtype]])
    parameters = modules.named(program, module)
    optimizer, tolerance = made(random, program, parameters, dtype)
    if tolerance is not None and dtype != torch.float64:
        return
    x = program.tensor(inputs.tame(random, dtype, [8, wide]))
    target = program.tensor(inputs.tame(random, dtype, [8, narrow]))
    loss = program.tensor(torch.zeros([], dtype=dtype))
    for _ in range(STEPS):
        program.call("optimizer.learn", optimizer, module, x, target, loss)
        compare(program, [loss, *parameters], None if tolerance is None else LEARNING / torch.finfo(dtype).eps)
    if tolerance is None:
        program.look()


def refused(random, program):
    """Options and parameters of which some are not allowed."""
    parameters = [program.tensor(inputs.tame(random, torch.float32, [3]), True)]
    odd = random.random()
    if odd < 0.1:
        parameters = []
    elif odd < 0.2:
        parameters = [program.call("module.copy", parameters[0])]
    elif odd < 0.3:
        parameters = [program.tensor(inputs.tame(random, random.choice(FLOATING), [2, 3]).t(), True)]
    elif odd < 0.4:
        parameters = [program.tensor(inputs.tame(random, random.choice(INTEGRAL), [2]))]
    elif odd < 0.5:
        parameters *= 2
    options = [random.choice([0.1, 0.0, 1.0, -0.1, -1e-9, 2, math.inf, math.nan]) if random.random() < 0.4 else 0.5
               for _ in range(5)]
    if random.random() < 0.5:
        program.call("SGD", parameters, *options[:4], random.random() < 0.5, False, None)
    else:
        program.call(random.choice(["Adam", "AdamW"]), parameters, *options, random.random() < 0.5, False, None)
