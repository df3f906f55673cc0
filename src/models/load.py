"""Calls packages by PyTorch's own loader: load.py FOLDER RESULTS.

Of each package NAME in FOLDER there will be RESULTS/NAME.safetensors with what it gave.
"""

import sys
from pathlib import Path

from safetensors.torch import load_file, save_file
from torch._inductor.package import load_package

import calls


def load(path, model):
    """A model of the package, with its weights where they lie beside it."""
    loaded = load_package(str(path), model)
    weights = path.with_suffix(".weights.safetensors")
    if weights.exists():
        held = load_file(weights)
        loaded.load_constants({name: held[name] for name in loaded.get_constant_fqns()}, check_full_update=True)
    return loaded


def answers(path):
    """What the package gives for each of its calls, in turn."""
    records, tensors = calls.load(path.with_suffix(".safetensors"))
    models = {name: load(path, name) for name in {record["model"]: None for record in records}}
    given = {}
    for call, record in enumerate(records):
        result = models[record["model"]].loader.run(calls.inputs(record, call, tensors))
        given |= calls.tensors(call, "output", result)
    return given


def main(folder, results):
    Path(results).mkdir(parents=True, exist_ok=True)
    for path in sorted(Path(folder).glob("*.pt2")):
        save_file(answers(path), Path(results) / f"{path.stem}.safetensors")


if __name__ == "__main__":
    main(*sys.argv[1:])
