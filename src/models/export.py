"""Exports the models of registry.py: export.py FOLDER [NAME ...].

Of each package NAME there will be NAME.pt2, NAME.safetensors with calls and what the module gave, and, where the
package has no weights, NAME.weights.safetensors.
"""

import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch._inductor.package import package_aoti
from torch.export.pt2_archive._package_weights import Weights

import calls
from registry import PACKAGES, Model

# With these the compiler hands the weights back, every tensor that the package needs, and packs none.
OUTSIDE = {"aot_inductor.package_constants_in_so": False,
           "aot_inductor.package_constants_on_disk_format": "pickle_weights"}


def export(model):
    args, kwargs = model.calls[0]
    return torch.export.export(model.module, args, kwargs, dynamic_shapes=model.dynamic)


def compiled(model, configs):
    """The files of the compiled model, and its weights by their names where they are to lie outside."""
    program = export(model)
    args, kwargs = program.example_inputs
    options = {"aot_inductor.package": True} | (OUTSIDE if model.outside else {}) | model.configs | configs
    made = torch._inductor.aot_compile(program.module(), args, kwargs, options=options)
    weights = {name: tensor.detach().clone(memory_format=torch.contiguous_format)
               for held in made if isinstance(held, Weights) for name, (tensor, _) in held.items()}
    return [file for file in made if not isinstance(file, Weights)], weights


def answers(models):
    """Each call with what the module gives, as records and tensors."""
    records, tensors = [], {}
    for name, model in models.items():
        for args, kwargs in model.calls:
            with torch.no_grad():
                result = model.module(*args, **kwargs)
            call = len(records)
            records.append({"model": name, **calls.numbered({"args": args, "kwargs": kwargs}),
                            "result": calls.numbered(result)})
            tensors |= calls.tensors(call, "input", (args, kwargs)) | calls.tensors(call, "output", result)
    return records, tensors


def write(folder, name, configs={}):
    """Exports one package."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(17)
    made = PACKAGES[name]()
    models = {"model": made} if isinstance(made, Model) else made
    for model in models.values():
        model.module.eval()
    parts = {part: compiled(model, configs) for part, model in models.items()}
    package_aoti(str(folder / f"{name}.pt2"), {part: files for part, (files, _) in parts.items()})
    for _, weights in parts.values():
        if weights:
            save_file(weights, folder / f"{name}.weights.safetensors")
    calls.save(folder / f"{name}.safetensors", *answers(models))


def main(folder, *names):
    folder = Path(folder)
    for name in names or PACKAGES:
        write(folder, name)
        print(f"{name}.pt2: {(folder / name).with_suffix('.pt2').stat().st_size} bytes", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
