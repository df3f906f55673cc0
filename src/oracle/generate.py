"""Writes the programs of every area: generate.py FOLDER SEED CASES [AREA …]."""

import importlib
import pathlib
import random
import sys
import time
import warnings

import numpy
import torch

# Each area's part of the outcomes, in hundredths. An area is a module with `programs(random)`, which never ends.
AREAS = {
    "clamp": 16, "gradients": 12, "printing": 8, "random_numbers": 4, "modules": 8, "optimizers": 6, "methods": 10,
    "operators": 20, "safetensors_files": 4, "npy_files": 4, "indexing": 5,
}

# Few operators make results as large as that of small arguments.
MOST_LETTERS = 1_000_000


def main(folder, seed, cases, areas):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    about = f"PyTorch {torch.__version__}, NumPy {numpy.__version__}, seed {seed}"
    (folder / "about.txt").write_text(about)
    print(about, flush=True)
    for area in areas or AREAS:
        begin = time.time()
        wanted, written = int(cases) * AREAS[area] // 100, 0
        torch.manual_seed(int(seed))
        source = importlib.import_module("areas." + area).programs(random.Random(f"{seed} {area}"))
        with open(folder / (area + ".jsonl"), "w", encoding="utf-8") as file:
            while written < wanted:
                program = next(source)
                line = program.line()
                if len(line) < MOST_LETTERS:
                    written += program.outcomes()
                    print(line, file=file)
        print(f"{area}: {written} outcomes in {time.time() - begin:.0f} s", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:4], sys.argv[4:])
