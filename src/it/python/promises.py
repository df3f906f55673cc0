"""PyTorch and torch-ffm in one process, by JPype. Prints a line for each promise that holds: promises.py CLASSES"""

import contextlib
import gc
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import weakref

import jpype
import jpype.imports
import numpy
import torch
from torch.utils._python_dispatch import TorchDispatchMode

CLASSES = sys.argv[1]
jpype.startJVM("--enable-native-access=ALL-UNNAMED", classpath=[CLASSES])

from dev.torchffm import DType, Tensor, Torch, TorchException
from dev.torchffm.internal import DlPackExports
from dev.torchffm.nn import MyReLU
from java.lang import System
from java.lang.foreign import Arena
from torch_ffm import to_java, to_torch


PROMISES = []


def promise(function):
    PROMISES.append(function)
    return function


def until(condition):
    """Waits for what another thread does, and keeps the interpreter busy."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it does not happen"
        System.gc()
        sum(range(10000))


def floats(*values):
    return Tensor.of(jpype.JArray(jpype.JFloat)(values))


@promise
def a_tensor_of_pytorch_is_rectified_in_its_own_memory():
    x = torch.tensor([1.0, -2.0, 3.0, -4.0])
    with Arena.ofConfined() as arena:
        y = to_java(x, arena)
        z = MyReLU(True).forward(y)
        assert z == y and z.dataPtr() == x.data_ptr()
        assert str(z) == "tensor([1., 0., 3., 0.])"
    assert x.tolist() == [1, 0, 3, 0]


@promise
def strides_and_every_dtype_are_shared():
    dtypes = [str(t).lower() for t in DType.values()]
    assert len(dtypes) == 10
    for name in dtypes:
        x = torch.zeros(4, 6, dtype=getattr(torch, name))[1:, ::2].t()
        with Arena.ofConfined() as arena:
            y = to_java(x, arena)
            assert str(y.dtype()).lower() == name and y.dataPtr() == x.data_ptr()
            assert list(y.sizes()) == list(x.shape) and list(y.strides()) == list(x.stride())


@promise
def a_java_tensor_is_rectified_in_python():
    y = floats(1, -2)
    x = to_torch(y)
    assert x.data_ptr() == y.dataPtr() and x.dtype == torch.float32
    x.relu_()
    assert str(y) == "tensor([1., 0.])"


@promise
def memory_of_java_lives_as_long_as_pythons_tensor():
    x = to_torch(Torch.ones(1000))
    System.gc()
    assert x.sum() == 1000 and DlPackExports.count() >= 1
    del x
    gc.collect()
    until(lambda: DlPackExports.count() == 0)


def numbers():
    """A tensor, and a reference to the array whose memory it is over."""
    array = numpy.ones(1000, numpy.float32)
    return torch.from_numpy(array), weakref.ref(array)


@promise
def memory_of_python_lives_as_long_as_the_arena():
    x, array = numbers()
    arena = Arena.ofConfined()
    y = to_java(x, arena)
    del x
    gc.collect()
    assert array() is not None and y.sum().item() == 1000
    arena.close()
    gc.collect()
    assert array() is None


@promise
def java_frees_memory_of_python_while_python_is_busy():
    x, array = numbers()
    y = to_java(x, Arena.ofAuto())
    del x, y
    gc.collect()
    until(lambda: array() is None)


def leaf(*values):
    return floats(*values).requiresGrad_(True)


def is_recorded():
    """Whether Java's results are recorded, and whether they are inference tensors."""
    x = leaf(1, -2)
    results = [x.relu(), x.clamp(0, None), x.mul(x), x.clone(), Torch.call("aten::cos", x)[0], MyReLU().forward(x)]
    recorded = {bool(y.requiresGrad()) for y in results}
    inference = {bool(y.isInference()) for y in [*results, floats(1), Torch.zeros(2)]}
    assert len(recorded) == 1 and len(inference) == 1, (recorded, inference)
    return recorded.pop(), inference.pop()


def is_recorded_by_python():
    x = torch.ones(2, requires_grad=True)
    return x.relu().requires_grad, x.relu().is_inference()


PYTHONS_MODES = [torch.no_grad, torch.inference_mode, torch.enable_grad]
# With what is_recorded() gives in them.
JAVAS_MODES = [(Torch.noGrad, (False, False)), (Torch.inferenceMode, (False, True))]


@promise
def pythons_modes_do_not_change_what_java_records():
    for mode in PYTHONS_MODES:
        with mode():
            enabled = torch.is_grad_enabled(), torch.is_inference_mode_enabled()
            assert is_recorded() == (True, False), mode
            assert enabled == (torch.is_grad_enabled(), torch.is_inference_mode_enabled()), mode


@promise
def javas_modes_do_not_change_what_python_records():
    for mode, wanted in JAVAS_MODES:
        with mode():
            assert is_recorded() == wanted
            assert torch.is_grad_enabled() and not torch.is_inference_mode_enabled()
            assert is_recorded_by_python() == (True, False)
        assert is_recorded() == (True, False) and is_recorded_by_python() == (True, False)


@promise
def modes_of_both_are_open_at_once():
    for mode, wanted in JAVAS_MODES:
        for python in PYTHONS_MODES:
            with python():
                before = is_recorded_by_python()
                with mode():
                    assert is_recorded() == wanted
                    assert is_recorded_by_python() == before
                assert is_recorded() == (True, False)


@promise
def exceptions_leave_no_mode():
    for mode in [contextlib.nullcontext, Torch.noGrad, Torch.inferenceMode]:
        for failing in (
            lambda: floats(1, 2).clamp(None, None),
            lambda: leaf(1, 2).matmul(leaf(1, 2, 3)),
            lambda: Torch.call("aten::bmm", leaf(1), leaf(1)),
        ):
            try:
                with mode():
                    failing()
                raise AssertionError("no exception")
            except TorchException as e:
                assert "\n" not in str(e.getMessage())
            assert is_recorded() == (True, False) and is_recorded_by_python() == (True, False)


@promise
def backward_runs_in_java_within_pythons_modes():
    for mode in PYTHONS_MODES:
        with mode():
            x = leaf(1, -2, 3)
            x.mul(x).relu().sum().backward()
            assert list(x.grad().toFloatArray()) == [2, -4, 6]
            Torch.call("aten::sgn", y := leaf(1, 2))[0].sum().backward()  # libtorch gives zeros without memory
            assert not y.grad().isInference() and list(y.grad().toFloatArray()) == [0, 0]


@promise
def autocast_and_dispatch_modes_of_python_are_pythons():
    class Counting(TorchDispatchMode):
        calls = 0

        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            Counting.calls += 1
            return function(*args, **kwargs or {})

    x = Torch.ones(2, 2)
    with torch.autocast("cpu", torch.bfloat16):
        assert x.matmul(x).dtype() == DType.FLOAT32
        assert torch.ones(2, 2).matmul(torch.ones(2, 2)).dtype == torch.bfloat16
    with Counting():
        assert x.add(x).relu().sum().item() == 8 and Counting.calls == 0
        torch.ones(2).relu()
        assert Counting.calls > 0


@promise
def factories_give_their_documented_dtype():
    torch.set_default_dtype(torch.float64)
    try:
        made = [Torch.zeros(2), Torch.ones(2), Torch.empty(2), Torch.rand(2), Torch.randn(2), Torch.arange(2.5)]
        made += [Torch.full([2], 1.5), MyReLU().forward(leaf(1))]
        assert {str(y.dtype()) for y in made} == {"FLOAT32"}
        assert Torch.arange(3).dtype() == DType.INT64
    finally:
        torch.set_default_dtype(torch.float32)


@promise
def threads_of_python_call_java_at_once():
    failures = []

    def work():
        try:
            for _ in range(100):
                x = torch.full((50,), -1.0)
                with Arena.ofConfined() as arena, torch.no_grad():
                    MyReLU(True).forward(to_java(x, arena))
                    assert is_recorded() == (True, False)
                assert x.sum() == 0
        except BaseException as e:
            failures.append(e)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures


@promise
def another_libtorch_is_refused_beside_pythons():
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "libtorch_cpu.so").touch()
        child = subprocess.run(
            [sys.executable, "-c", USE, CLASSES], capture_output=True, text=True, env={**os.environ, "LIBTORCH": folder}
        )
    assert child.returncode != 0
    assert "another libtorch is loaded in this process, " + torch.__path__[0] in child.stderr, child.stderr


USE = """
import sys, torch, jpype
jpype.startJVM("--enable-native-access=ALL-UNNAMED", classpath=[sys.argv[1]])
jpype.JClass("dev.torchffm.Torch").zeros(2)
"""

print("PyTorch", torch.__version__, "and torch-ffm in one process:")
for function in PROMISES:
    function()
    print(" ", function.__name__.replace("_", " "))
