"""The calls of a package in a safetensors file: their tensors, and where each tensor stands in its call.

The tensor CALL.input.N is the Nth of a call's arguments when they are flattened, CALL.output.N the Nth of its result.
The metadata "calls" is a list of {"model", "args", "kwargs", "result"}, nested as in Python, with N in the place
of the tensor.
"""

import json

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch.utils import _pytree as pytree


def numbered(tree):
    """The tree with numbers in the places of its tensors; None stays."""
    leaves, spec = pytree.tree_flatten(tree)
    return pytree.tree_unflatten([None if leaf is None else place for place, leaf in enumerate(leaves)], spec)


def tensors(call, kind, tree):
    """The tree's tensors by their names in the file. A number becomes a tensor, as it does in a package."""
    return {f"{call}.{kind}.{place}": torch.as_tensor(leaf).detach().clone(memory_format=torch.contiguous_format)
            for place, leaf in enumerate(pytree.tree_leaves(tree)) if leaf is not None}


def save(path, records, tensors):
    # Sorted, so that names come in another order than the module's.
    save_file(tensors, path, {"calls": json.dumps(records, sort_keys=True)})


def load(path):
    """The records of the calls, and the tensors by their names."""
    with safe_open(path, "pt") as file:
        return json.loads(file.metadata()["calls"]), {name: file.get_tensor(name) for name in file.keys()}


def inputs(record, call, tensors):
    """The tensors of a call's arguments, in order."""
    count = len(pytree.tree_leaves((record["args"], record["kwargs"])))
    return [tensors[f"{call}.input.{place}"] for place in range(count)]
