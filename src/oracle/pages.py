"""Names PyTorch's page for each operator, for bindings/schemas/pages.txt: pages.py SCHEMAS...

A line is the operator, whether it is a method of torch.Tensor or a function, and the page, if there is one.
"""

import sys

import torch

# Operators whose page has another name.
OTHERS = {
    "_unique2": "torch.unique",
    "affine_grid_generator": "torch.nn.functional.affine_grid",
    "binary_cross_entropy_with_logits": "torch.nn.functional.binary_cross_entropy_with_logits",
    "col2im": "torch.nn.functional.fold",
    "constant_pad_nd": "torch.nn.functional.pad",
    "cross_entropy_loss": "torch.nn.functional.cross_entropy",
    "gru": "torch.nn.GRU",
    "im2col": "torch.nn.functional.unfold",
    "log_sigmoid": "torch.nn.functional.logsigmoid",
    "log_sigmoid_forward": "torch.nn.functional.logsigmoid",
    "nll_loss2d": "torch.nn.functional.nll_loss",
    "nll_loss_nd": "torch.nn.functional.nll_loss",
    "pad_sequence": "torch.nn.utils.rnn.pad_sequence",
    "rnn_relu": "torch.nn.RNN",
    "rnn_tanh": "torch.nn.RNN",
    "scaled_dot_product_attention": "torch.nn.functional.scaled_dot_product_attention",
    "slice": "torch.Tensor.narrow",
    "split_with_sizes": "torch.split",
    "unique_dim": "torch.unique",
}

# The same by how a name begins.
BEGINNINGS = {
    "upsample_": "torch.nn.functional.interpolate",
    "reflection_pad": "torch.nn.functional.pad",
    "replication_pad": "torch.nn.functional.pad",
    "grid_sampler": "torch.nn.functional.grid_sample",
}

# Where functions are, by how an operator's name begins; the first one that has it.
PLACES = [
    ("linalg_", "torch.linalg", torch.linalg),
    ("fft_", "torch.fft", torch.fft),
    ("special_", "torch.special", torch.special),
    ("", "torch.Tensor", torch.Tensor),
    ("", "torch.nn.functional", torch.nn.functional),
    ("", "torch", torch),
]


def page(name):
    """The page of an operator, or None."""
    if name in OTHERS:
        return OTHERS[name]
    for beginning, place, module in PLACES:
        rest = name.removeprefix(beginning)
        if name.startswith(beginning) and getattr(getattr(module, rest, None), "__doc__", None):
            return f"{place}.{rest}"
    base = name.removesuffix("_with_indices").removesuffix("_with_index").removesuffix("_")
    if base != name:
        return page(base)
    return next((found for beginning, found in BEGINNINGS.items() if name.startswith(beginning)), None)


def main(files):
    """Prints the pages of all operators whose schemas are in the files."""
    names = set()
    for file in files:
        with open(file, encoding="utf-8") as lines:
            names.update(line.removeprefix("aten::").split("(")[0].split(".")[0] for line in lines)
    for name in sorted(names):
        if name.startswith("_") and name not in OTHERS:
            continue
        found = page(name)
        kind = "method" if hasattr(torch.Tensor, name) else "function"
        if found or kind == "method":
            print(*filter(None, (name, kind, found)))


if __name__ == "__main__":
    main(sys.argv[1:])
