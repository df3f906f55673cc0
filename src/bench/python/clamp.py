"""PyTorch's peer of the benchmark: prints the nanoseconds of each iteration, one a line."""

import os
import sys
import time

import torch


def main(operation, size, iterations, milliseconds):
    x = torch.randn(size)
    out = torch.empty(size)
    run = {
        "clamp_": lambda: x.clamp_(min=0),
        "clampMin_": lambda: x.clamp_min_(0),
        "clamp": lambda: x.clamp(min=0),
        "clampOut": lambda: torch.clamp(x, min=0, out=out),
    }[operation]

    def iteration():
        calls, batch, start = 0, 1, time.perf_counter_ns()
        while True:
            for _ in range(batch):
                run()
            calls += batch
            elapsed = time.perf_counter_ns() - start
            if elapsed >= milliseconds * 1_000_000:
                return elapsed / calls
            batch = calls  # as many again, so that the clock is read seldom

    iteration()  # warms up
    for _ in range(iterations):
        print(iteration())


torch.set_num_threads(os.cpu_count())
if sys.argv[1] == "about":
    print(f"PyTorch {torch.__version__}, inference_mode, {torch.get_num_threads()} threads")
else:
    with torch.inference_mode():
        main(sys.argv[1], *map(int, sys.argv[2:]))
