"""clamp, clamp_min, clamp_max, relu: fresh, in place, and into `out`."""

import contextlib

import torch

import inputs
from program import DTYPES, Program, verb

verb(torch.clamp, "clamp")
verb(torch.clamp_, "clamp_")
verb(torch.clamp_min, "clamp_min")
verb(torch.clamp_min_, "clamp_min_")
verb(torch.clamp_max, "clamp_max")
verb(torch.clamp_max_, "clamp_max_")
verb(torch.relu, "relu")
verb(torch.relu_, "relu_")
verb(lambda x, low, high, out: torch.clamp(x, low, high, out=out), "clamp.out")
verb(lambda x, low, out: torch.clamp_min(x, low, out=out), "clamp_min.out")
verb(lambda x, high, out: torch.clamp_max(x, high, out=out), "clamp_max.out")


def programs(random):
    while True:
        program = Program()
        value = inputs.tensor(random)
        shim, right = random.random() < 0.4, random.random() < 0.95
        if shim and value.dtype in (torch.float16, torch.bfloat16):
            value = value.nan_to_num()
        x = program.tensor(value)
        with program.mode("shim") if shim else contextlib.nullcontext():
            for _ in range(random.randint(1, 3)):
                call(random, program, x, right, shim)
        yield program.look() if right else program


def number(random, shim):
    """Bits of a NaN of 16 bits are libtorch's vectors', which the shim's loops do not have."""
    value = inputs.number(random)
    return 0 if shim and value != value else value


def call(random, program, x, right, shim):
    """With right sizes, or wrong ones, for `out`."""
    low, high = number(random, shim), number(random, shim)
    name = random.choice(["clamp", "clamp", "clamp_min", "clamp_max", "relu"])
    bounds = {
        "clamp": random.choice([(low, None), (None, high), (low, high), (low, high), (None, None)]),
        "clamp_min": (low,), "clamp_max": (high,), "relu": (),
    }[name]
    way = random.choice(["", "_", ".out"])
    if way == ".out" and name != "relu":
        program.call(name + ".out", x, *bounds, out(random, program, x.value, right))
    else:
        program.call(name + way.replace(".out", ""), x, *bounds)


def out(random, program, x, right):
    """Mostly of the right dtype."""
    dtype = x.dtype if random.random() < 0.8 else random.choice(list(DTYPES))
    return program.tensor(inputs.strided(random, dtype, x.size() if right else inputs.sizes(random)))
