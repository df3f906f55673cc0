"""Tensors of torch-ffm, in a JVM that JPype started, over the memory of PyTorch's, and the other way round."""

import ctypes

import torch
from jpype import JClass

api = ctypes.pythonapi
api.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
api.PyCapsule_GetPointer.restype = ctypes.c_void_p
api.PyCapsule_SetName.argtypes = [ctypes.py_object, ctypes.c_char_p]
api.PyCapsule_New.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
api.PyCapsule_New.restype = ctypes.py_object

# A capsule refers to its name, so the names must stay.
FULL, EMPTY = b"dltensor_versioned", b"used_dltensor_versioned"


def to_java(x, arena):
    """A Java tensor over the memory of x, which it keeps until the arena is closed."""
    capsule = x.__dlpack__(max_version=(1, 0))
    struct = JClass("java.lang.foreign.MemorySegment").ofAddress(api.PyCapsule_GetPointer(capsule, FULL))
    y = JClass("dev.torchffm.interop.DlPack").importVersioned(struct, arena)
    api.PyCapsule_SetName(capsule, EMPTY)
    return y


def to_torch(y):
    """A PyTorch tensor over the memory of y, which it keeps."""
    struct = JClass("dev.torchffm.interop.DlPack").exportVersioned(y)
    return torch.from_dlpack(api.PyCapsule_New(struct.address(), FULL, None))
