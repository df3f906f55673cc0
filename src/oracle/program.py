"""A program: calls of PyTorch, one after the other, each with what PyTorch answered. The runner makes them in Java."""

import contextlib
import json
import re

import torch

DTYPES = {
    torch.uint8: "UINT8", torch.int8: "INT8", torch.int16: "INT16", torch.int32: "INT32", torch.int64: "INT64",
    torch.float16: "FLOAT16", torch.bfloat16: "BFLOAT16", torch.float32: "FLOAT32", torch.float64: "FLOAT64",
    torch.bool: "BOOL",
}
FLOATING = [dtype for dtype in DTYPES if dtype.is_floating_point]
INTEGRAL = [dtype for dtype in DTYPES if not dtype.is_floating_point]

# The shim's own loops are Java's alone, and must give the same.
MODES = {"no_grad": torch.no_grad, "inference_mode": torch.inference_mode, "shim": contextlib.nullcontext}

# The name of a call, and how PyTorch does it. Each area adds its own; Java's are in the classes named …Verbs.
VERBS = {}


def verb(function, name=None):
    """Adds a verb; also a decorator."""
    VERBS[name or function.__name__] = function
    return function


def first_line(error):
    """In libtorch's own words: Python gives its types other names."""
    return re.sub(r"\btorch\.(\w+)Tensor\b", r"CPU\1Type", (str(error).splitlines() or [""])[0])


def bits(tensor):
    """The bytes of the elements in row-major order."""
    dense = tensor.detach().clone(memory_format=torch.contiguous_format).reshape(-1)
    return dense.view(torch.uint8).numpy().tobytes().hex() if dense.numel() else ""


def all_bytes(storage):
    return torch.empty(0, dtype=torch.uint8).set_(storage).numpy().tobytes().hex()


def gradient(tensor):
    """None too of a view whose history PyTorch forbids to ask for."""
    try:
        return tensor.grad
    except RuntimeError:
        return None


class Variable:
    """What a call gave: its name in the program, and its value here."""

    def __init__(self, name, value, storage=None):
        self.name, self.value, self.storage = name, value, storage


class Program:
    def __init__(self):
        self.steps, self.variables = [], []

    def tensor(self, tensor, requires_grad=False):
        """An input: Java makes it over memory of its own, of the same bytes, with the same strides and offset."""
        storage = tensor.detach().untyped_storage()
        copy = torch.UntypedStorage(storage.nbytes())
        copy.copy_(storage)
        # An empty view may lie behind its storage in PyTorch; Java's segments have no such place.
        offset = tensor.storage_offset() if tensor.numel() else 0
        own = torch.empty(0, dtype=tensor.dtype).set_(copy, offset, tensor.size(), tensor.stride()).data  # of version 0
        own.requires_grad_(requires_grad)
        variable = self._name(own, copy)
        self.steps.append({
            "do": "tensor", "as": variable.name, "dtype": DTYPES[own.dtype], "storage": all_bytes(copy),
            "sizes": list(own.size()), "strides": list(own.stride()), "offset": own.storage_offset(),
            "requires_grad": requires_grad,
        })
        return variable

    def call(self, name, *arguments):
        """Calls, and notes the answer; None after an error, which is an answer too."""
        step = {"do": name, "args": [self._write(argument) for argument in arguments]}
        self.steps.append(step)
        try:
            value = VERBS[name](*[self._read(argument) for argument in arguments])
        except Exception as error:
            step["expect"] = {"error": first_line(error)}
            return None
        step["expect"] = self.observe(value)
        variable = self._name(value)
        step["as"] = variable.name
        return variable

    @contextlib.contextmanager
    def mode(self, name):
        self.steps.append({"do": "open", "args": [name]})
        with MODES[name]():
            yield
        self.steps.append({"do": "close"})

    def look(self):
        """Notes what has become of each tensor: its elements, its gradient, and the whole storage of an input."""
        for variable in list(self.variables):
            if isinstance(variable.value, torch.Tensor):
                seen = self._describe(variable.value)
                if variable.storage is not None:
                    seen["storage"] = all_bytes(variable.storage)
                grad = gradient(variable.value)
                seen["grad"] = None if grad is None else self._describe(grad)
                self.steps.append({"do": "look", "args": [{"var": variable.name}], "expect": seen})
        return self

    def outcomes(self):
        return sum("expect" in step for step in self.steps)

    def line(self):
        return json.dumps({"steps": self.steps}, separators=(",", ":"))

    def observe(self, value):
        if isinstance(value, torch.Tensor):
            for variable in self.variables:
                if variable.value is value:
                    return {"same": variable.name}
            seen = self._describe(value)
            place = self._place(value)
            if place is not None:
                seen["at"] = place
            return seen
        if isinstance(value, (list, tuple)):
            return [self.observe(one) for one in value]
        if isinstance(value, dict):
            return {"dict": {key: self.observe(one) for key, one in value.items()}}
        if isinstance(value, float):
            return {"float": value.hex()}
        if value is None or isinstance(value, (bool, int, str)):
            return value
        return {"object": str(value)}

    def _describe(self, tensor):
        return {
            "dtype": DTYPES[tensor.dtype], "sizes": list(tensor.size()), "strides": list(tensor.stride()),
            "requires_grad": tensor.requires_grad, "bits": bits(tensor),
        }

    def _place(self, tensor):
        """The first variable with the same storage, and how many bytes behind its first element this one's lies."""
        for variable in self.variables:
            other = variable.value
            if (isinstance(other, torch.Tensor) and tensor.numel() and other.numel()
                    and other.untyped_storage().data_ptr() == tensor.untyped_storage().data_ptr()):
                return [variable.name, tensor.data_ptr() - other.data_ptr()]
        return None

    def _name(self, value, storage=None):
        for variable in self.variables:
            if variable.value is value and isinstance(value, torch.Tensor):
                return variable
        variable = Variable("v%d" % len(self.variables), value, storage)
        self.variables.append(variable)
        return variable

    def _read(self, argument):
        if isinstance(argument, Variable):
            return argument.value
        if isinstance(argument, (list, tuple)):
            return [self._read(one) for one in argument]
        if isinstance(argument, dict):
            return {key: self._read(one) for key, one in argument.items()}
        return argument

    def _write(self, argument):
        if isinstance(argument, Variable):
            return {"var": argument.name}
        if isinstance(argument, (list, tuple)):
            return [self._write(one) for one in argument]
        if isinstance(argument, dict):
            return {"dict": {key: self._write(one) for key, one in argument.items()}}
        if isinstance(argument, torch.dtype):
            return {"dtype": DTYPES[argument]}
        if isinstance(argument, bytes):
            return {"bytes": argument.hex()}
        if isinstance(argument, float):
            return {"float": argument.hex()}
        return argument
