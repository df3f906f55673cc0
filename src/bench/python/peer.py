"""PyTorch's peer of the benchmark: prints the nanoseconds of each iteration, one a line."""

import contextlib
import math
import sys
import timeit

import torch
from torch import nn
from torch.nn import functional


class MyReLU(nn.Module):
    def forward(self, x):
        return torch.clamp(x, min=0)


network = nn.Sequential(nn.Linear(2, 8), MyReLU(), nn.Linear(8, 1))  # outside the mode, as parameters learn
optimizer = torch.optim.SGD(network.parameters(), lr=0.1)


def step(x, y):
    optimizer.zero_grad()
    loss = functional.mse_loss(network(x), y)
    loss.backward()
    optimizer.step()


CLAMPS = {
    "clamp_": "x.clamp_(min=0)",
    "clampMin_": "x.clamp_min_(0)",
    "clamp": "x.clamp(min=0)",
    "clampOut": "torch.clamp(x, min=0, out=y)",
}
OPERATORS = {
    "add": "x.add(y)",
    "mul": "x.mul(y)",
    "tanh": "x.tanh()",
    "matmul": "x.matmul(y)",
    "sum": "x.sum()",
    "softmax": "x.softmax(1)",
}
NETWORK = {"forward": "network(x)", "step": "step(x, y)"}
MODELS = {"mlp": (16,), "images": (3, 32, 32)}  # with the sizes of a sample


def timer(operation, size):
    if operation in CLAMPS:
        x, y = torch.randn(size), torch.empty(size)
    elif operation in OPERATORS:
        side = math.isqrt(size)
        x, y = torch.randn(side, side), torch.randn(side, side)
    elif operation in MODELS:
        x = torch.randn(size, *MODELS[operation])
        y = torch._inductor.aoti_load_package(f"target/bench/models/{operation}.pt2")
    else:
        x, y = torch.randn(size, 2), torch.randn(size, 1)
    statement = (CLAMPS | OPERATORS | NETWORK | dict.fromkeys(MODELS, "y(x)"))[operation]
    return timeit.Timer(statement, globals={**globals(), "x": x, "y": y})


def iteration(run, milliseconds):
    calls, batch, elapsed = 0, 1, 0
    while elapsed < milliseconds / 1000:
        elapsed += run.timeit(batch)
        calls += batch
        batch = calls  # as many again, so that the clock is read seldom
    return elapsed / calls * 1e9


def main(operation, size, iterations, milliseconds):
    run = timer(operation, size)
    iteration(run, milliseconds)  # warms up
    for _ in range(iterations):
        print(iteration(run, milliseconds))


way, operation, *numbers = sys.argv[1:]
if operation == "about":
    print(f"PyTorch {torch.__version__}, threads: {torch.get_num_threads()}")
else:
    with torch.inference_mode() if way == "INFERENCE" else contextlib.nullcontext():
        main(operation, *map(int, numbers))
