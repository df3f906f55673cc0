"""Writes reference.json and model.safetensors beside it: what PyTorch computes, on one thread.

`make golden` runs it, and makes sure that PyTorch 2.13, 2.14 and 2.15 write the same.

Elements are the hexadecimal bytes of the tensor's memory, in row-major order, little-endian.
"""
import json
import os
import struct

import torch
from torch import nn
from torch.nn import functional as F

os.chdir(os.path.dirname(os.path.abspath(__file__)))
torch.set_num_threads(1)
DTYPES = {"FLOAT32": torch.float32, "FLOAT64": torch.float64, "FLOAT16": torch.float16, "BFLOAT16": torch.bfloat16}


def text(tensor):
    tensor = tensor.detach().contiguous()
    if tensor.dtype == torch.bfloat16:
        tensor = tensor.view(torch.int16)
    return tensor.numpy().tobytes().hex()


def leaf(values, dtype):
    return torch.tensor(values, dtype=torch.float64).to(dtype).requires_grad_(True)


def linears():
    for seed, inputs, outputs, bias in ((0, 2, 3, True), (0, 64, 32, True), (1, 17, 5, False), (-1, 1, 1, True)):
        torch.manual_seed(seed)
        layer = nn.Linear(inputs, outputs, bias=bias)
        yield {"seed": seed, "in": inputs, "out": outputs, "weight": text(layer.weight),
               "bias": text(layer.bias) if bias else None, "repr": repr(layer)}


INPUTS = [-3.5, -1.0, -0.25, -1e-3, -0.0, 0.0, 1e-3, 0.25, 1.0, 3.5, float("inf"), float("-inf"), 5.9e-39, 2.0, -7.0, 0.5]


def piecewise():
    """ReLU, LeakyReLU, PReLU: values and gradients."""
    for name, dtype in DTYPES.items():
        for case, module in (("ReLU", nn.ReLU()), ("LeakyReLU", nn.LeakyReLU(0.125)), ("PReLU", nn.PReLU(1, 0.25))):
            module.to(dtype)
            x = leaf(INPUTS, dtype)
            grad = torch.arange(1, len(INPUTS) + 1).to(dtype)
            y = module(x)
            y.backward(grad)
            yield {"module": case, "dtype": name, "input": text(x), "output": text(y), "grad_output": text(grad),
                   "grad": text(x.grad)}


def smooth():
    """Sigmoid and tanh, but FLOAT64's tanh: libtorch calls MKL for it, where it was built with MKL."""
    for case, module, names in (("Sigmoid", nn.Sigmoid(), ("FLOAT32", "FLOAT64")), ("Tanh", nn.Tanh(), ("FLOAT32",))):
        for name in names:
            x = leaf([i / 16 for i in range(-100, 100)], DTYPES[name])
            grad = torch.arange(1, x.numel() + 1).to(DTYPES[name])
            y = module(x)
            y.backward(grad)
            yield {"module": case, "dtype": name, "input": text(x), "output": text(y), "grad_output": text(grad),
                   "grad": text(x.grad)}


def layer():
    for name in ("FLOAT32", "FLOAT64"):
        torch.manual_seed(3)
        x, w, b, g = (torch.randn(*s, dtype=DTYPES[name]) for s in ((4, 5), (3, 5), (3,), (4, 3)))
        for t in (x, w, b):
            t.requires_grad_(True)
        y = F.linear(x, w, b)
        y.backward(g)
        yield {"dtype": name, "input": text(x), "weight": text(w), "bias": text(b), "grad_output": text(g),
               "output": text(y), "grads": [text(x.grad), text(w.grad), text(b.grad)]}


LAYERS = {
    "conv": (lambda: nn.Conv2d(2, 4, 3, stride=2, padding=1), (2, 2, 5, 6)),
    "grouped": (lambda: nn.Conv2d(4, 6, (2, 3), dilation=(1, 2), groups=2, bias=False), (1, 4, 4, 6)),
    "same": (lambda: nn.Conv2d(1, 2, (2, 3), padding="same"), (2, 1, 3, 3)),
    "reflected": (lambda: nn.Conv2d(1, 2, 3, padding=(0, 2), padding_mode="reflect"), (1, 1, 4, 5)),
    "circular": (lambda: nn.Conv2d(1, 2, 2, padding="same", padding_mode="circular"), (1, 3, 4)),
    "max_pool": (lambda: nn.MaxPool2d(2), (1, 2, 5, 4)),
    "max_pool_options": (lambda: nn.MaxPool2d((3, 2), 1, (1, 0), 1, ceil_mode=True), (1, 2, 5, 4)),
    "avg_pool": (lambda: nn.AvgPool2d(3, (1, 2), 1, False, False, None), (1, 2, 5, 4)),
    "batch_norm_1d": (lambda: nn.BatchNorm1d(3), (5, 3)),
    "batch_norm_2d": (lambda: nn.BatchNorm2d(2, 1e-3, None, bias=False), (3, 2, 2, 3)),
    "batch_norm_untracked": (lambda: nn.BatchNorm2d(2, affine=False, track_running_stats=False), (3, 2, 2, 3)),
    "layer_norm": (lambda: nn.LayerNorm((2, 3)), (4, 2, 3)),
    "layer_norm_options": (lambda: nn.LayerNorm(5, 1e-3, True, False), (4, 5)),
    "embedding": (lambda: nn.Embedding(5, 3, padding_idx=-2), (2, 4)),
    "embedding_options": (lambda: nn.Embedding(5, 3, max_norm=1.5, norm_type=1.0, scale_grad_by_freq=True), (7,)),
    "dropout": (lambda: nn.Dropout(0.25, True), (3, 2)),
    "flatten": (lambda: nn.Flatten(), (2, 3, 2)), "softmax": (lambda: nn.Softmax(-1), (2, 3)),
    "gelu": (lambda: nn.GELU("tanh"), (9,)), "silu": (lambda: nn.SiLU(), (9,)),
    "silu_inplace": (lambda: nn.SiLU(True), (9,)), "elu": (lambda: nn.ELU(0.5, True), (9,)),
    "softplus": (lambda: nn.Softplus(2.0, 1.0), (9,)),
}


def state(module):
    return {name: {"dtype": {torch.float32: "FLOAT32", torch.int64: "INT64"}[one.dtype], "sizes": list(one.shape),
                   "elements": text(one)} for name, one in module.state_dict().items()}


def layers():
    """What they are at first, compute, learn and print; dropout computes in evaluation mode only."""
    for name, (make, shape) in LAYERS.items():
        torch.manual_seed(11)
        module = make()
        entry = {"layer": name, "repr": repr(module), "first": state(module), "sizes": shape}
        indices = name.startswith("embedding")
        x = torch.tensor([3, 0, 2, 2, 4, 3, 1, 3][:torch.Size(shape).numel()]).reshape(shape) if indices else (
            torch.randn(shape).requires_grad_(True))
        entry["input"] = x.flatten().tolist() if indices else text(x)
        module.train(name != "dropout")
        y = module(x if indices else x.clone())
        if y.requires_grad:
            grad = torch.randn(y.shape)
            y.backward(grad)
            entry["grad_output"] = text(grad)
        grads = [p.grad for p in ([] if indices else [x]) + list(module.parameters())]
        entry |= {"output_sizes": list(y.shape), "output": text(y), "grads": [text(grad) for grad in grads],
                  "last": state(module)}
        module.eval()
        entry["evaluated"] = text(module(x if indices else x.detach().clone()))
        yield entry


def losses():
    for name in ("FLOAT32", "FLOAT64"):
        torch.manual_seed(4)
        x = torch.randn(6, 3, dtype=DTYPES[name], requires_grad=True)
        target = torch.randn(6, 3, dtype=DTYPES[name])
        classes = torch.tensor([0, 2, 1, 1, -100, 0])
        for loss, value in (("mse", F.mse_loss(x, target)), ("cross_entropy", F.cross_entropy(x, classes))):
            x.grad = None
            value.backward()
            yield {"loss": loss, "dtype": name, "input": text(x), "target": text(target), "classes": classes.tolist(),
                   "output": text(value), "grad": text(x.grad)}


def optimizers():
    cases = [("SGD", o) for o in (
        {"lr": 0.1}, {"lr": 0.1, "weight_decay": 0.01}, {"lr": 0.1, "momentum": 0.9},
        {"lr": 0.1, "momentum": 0.9, "dampening": 0.5}, {"lr": 0.1, "momentum": 0.9, "nesterov": True},
        {"lr": 0.05, "momentum": 0.8, "nesterov": True, "weight_decay": 0.1},
        {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.02, "maximize": True})]
    cases += [("Adam", o) for o in (
        {}, {"lr": 0.1}, {"lr": 0.1, "weight_decay": 0.05}, {"lr": 0.1, "amsgrad": True},
        {"lr": 0.02, "betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.1, "amsgrad": True},
        {"lr": 0.1, "maximize": True})]
    cases += [("AdamW", o) for o in (
        {}, {"lr": 0.1, "weight_decay": 0.5}, {"lr": 0.1, "amsgrad": True, "maximize": True})]
    for kind, options in cases:
        for name in ("FLOAT32", "FLOAT64"):
            torch.manual_seed(5)
            p = torch.randn(19, dtype=DTYPES[name], requires_grad=True)
            optimizer = getattr(torch.optim, kind)([p], **options)
            entry = {"optimizer": kind, "options": options, "dtype": name, "start": text(p), "grads": [], "steps": []}
            for step in range(10):
                p.grad = torch.randn(19, dtype=DTYPES[name]) / (step + 1)  # shrinks, so that amsgrad matters
                optimizer.step()
                entry["grads"].append(text(p.grad))
                entry["steps"].append(text(p))
            yield entry


def network():
    return nn.Sequential(nn.Linear(2, 3), nn.LeakyReLU(), nn.Sequential(nn.Linear(3, 3, bias=False), nn.PReLU(3)),
                         nn.Linear(3, 1))


def refusals():
    """What load_state_dict says to a file that does not fit, without the class's name."""
    state = network().state_dict()
    missing = dict(state)
    del missing["0.bias"], missing["2.1.weight"]
    extra = dict(state)
    extra["4.weight"] = torch.zeros(1)
    sizes = dict(state)
    sizes["0.weight"] = torch.zeros(2, 3)
    sizes["3.bias"] = torch.zeros(())
    all_of_them = dict(sizes)
    del all_of_them["0.bias"]
    all_of_them["x"] = all_of_them["y.z"] = torch.zeros(1)
    for broken in (missing, extra, sizes, all_of_them):
        try:
            network().load_state_dict(broken)
        except RuntimeError as e:
            yield {"sizes": {name: list(t.shape) for name, t in broken.items()}, "message": str(e)}


def reprs():
    for slope in (0.01, 0.0, -0.0, 1.0, 1e-5, 0.0001, 1.5e16, 123456789.0, 1e15, 1e16, -2.5e-7, 0.1,
                  float("inf"), float("nan")):
        yield {"bits": struct.pack("<d", slope).hex(), "repr": repr(nn.LeakyReLU(slope))}


def save(name, tensors):
    """As the safetensors package stores tensors of one dtype: by name."""
    header, data = {}, b""
    for key in sorted(tensors):
        content = bytes.fromhex(text(tensors[key]))
        header[key] = {"dtype": "F32", "shape": list(tensors[key].shape), "data_offsets": [len(data),
                                                                                          len(data) + len(content)]}
        data += content
    header = json.dumps(header, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    with open(name, "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header + data)


def model():
    torch.manual_seed(7)
    net = network()
    with torch.no_grad():
        net[2][1].weight.copy_(torch.tensor([0.25, 0.5, -0.125]))
    save("model.safetensors", net.state_dict())
    x = torch.randn(5, 2)
    return {"seed": 7, "names": list(net.state_dict()), "repr": repr(net), "input": text(x), "output": text(net(x))}


with open("reference.json", "w") as file:
    json.dump({"linears": list(linears()), "piecewise": list(piecewise()), "smooth": list(smooth()),
               "layer": list(layer()), "layers": list(layers()), "losses": list(losses()), "optimizers": list(optimizers()),
               "refusals": list(refusals()), "reprs": list(reprs()), "model": model()}, file, indent=0)
    file.write("\n")
