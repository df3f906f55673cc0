"""Renews the golden files by what real PyTorch answers: golden.py PYTHON …, each a Python with another PyTorch.

A case is asked of each PyTorch. Where all answer alike it is one line; else one line for each answer, with the
"versions" that give it. The inputs are those of the files themselves and of `bounds_out_of_range`.
"""

import json
import os
import pathlib
import subprocess
import sys

RESOURCES = pathlib.Path(__file__).parent.parent / "test/resources"
GOLDEN, REFERENCE = RESOURCES / "golden", RESOURCES / "nn"
FILES = ["clamp", "extra", "grad", "repr"]
ANSWERS = ("expect_", "text", "isa_dependent", "versions")


# ---- in a Python with PyTorch, which gets the inputs on stdin and prints its version and the answers ----

def number(bound):
    if bound is None:
        return None
    return float.fromhex(bound["value"]) if bound["kind"] == "float" else bound["value"]


def bits(tensor):
    import torch
    dense = tensor.detach().clone(memory_format=torch.contiguous_format).flatten()
    return bytes(dense.view(torch.uint8).tolist()).hex()


def over(case, text, dtype, sizes):
    """A tensor over memory of its own, no view of another, and all of that memory."""
    import torch
    dtype = getattr(torch, dtype)
    storage = torch.frombuffer(bytearray.fromhex(text), dtype=dtype) if text else torch.empty(0, dtype=dtype)
    layout = (case.get("storage_offset", 0), sizes) + ((case["strides"],) if "strides" in case else ())
    return torch.empty(0, dtype=dtype).set_(storage.untyped_storage(), *layout), storage


def call(case, x):
    op, bounds = case["op"], {name: number(case[name]) for name in ("min", "max")}
    if op.startswith("relu"):
        bounds = {}
    elif op.startswith(("clamp_min", "clamp_max")):
        bounds = {name: bound for name, bound in bounds.items() if name == op[6:9]}
    return getattr(x, op)(**bounds)


def result(case):
    x, storage = over(case, case["storage"], case["dtype"], case["sizes"])
    y = call(case, x)
    answer = {"expect_dtype": str(y.dtype)[6:], "expect_sizes": list(y.shape), "expect_strides": list(y.stride()),
              "expect_bytes": bits(y)}
    return answer | ({"expect_storage": bits(storage)} if case["op"].endswith("_") else {})


def gradient(case):
    leaf, _ = over(case, case["storage"], case["dtype"], case["sizes"])
    leaf.requires_grad_()
    fresh = case["on_leaf"] or not case["op"].endswith("_")
    call(case, leaf if fresh else leaf.clone()).backward(over({}, case["grad_output"], case["dtype"], case["sizes"])[0])
    return {"expect_grad": bits(leaf.grad)}


def printed(case):
    return {"text": repr(over(case, case["storage"], case["dtype"], case["sizes"])[0])}


def answer(case):
    ask = printed if "op" not in case else gradient if "grad_output" in case else result
    try:
        return ask(case)
    except Exception as failure:  # of whatever kind, it is the answer
        return {"expect_error": str(failure).split("\n")[0]}


def notebook():
    """The ReLU notebook, whose identities and addresses are numbered as they come."""
    import torch
    lines, numbers = [], {}

    def show(*values):
        lines.append(" ".join(str(value) for value in values))

    def place(name, x):
        for what, value in (("id", id(x)), ("data_ptr", x.data_ptr())):
            show(f"{what}({name}): {numbers.setdefault(value, len(numbers) + 1)}")

    x = torch.arange(-10, 10)
    show("Original test tensor: \n", x)
    show("Test tensor after ReLU operation: \n", torch.relu(x))
    torch.manual_seed(0)
    x = torch.randn(5, 5)
    show("Original test tensor: \n", x)
    show("After ReLU: \n", torch.relu(x))
    x = torch.tensor([1., -2., 3., -4., 5.])
    show("Original Tensor:", x)
    place("x", x)
    show("-" * 40)
    y = torch.relu(x)
    show("After torch.relu(x) (NOT inplace):")
    show("Tensor y:", y)
    place("y", y)
    show("The non-implace instance return DIFFERENT tensors:", "FAILED" if y is x else "PASSED")
    show("-" * 40)
    z = x.relu_()
    show("After x.relu_() (INPLACE):")
    show("Tensor x:", z)
    place("x", z)
    show("The non-implace instance return SAME tensors:", "PASSED" if z is x else "FAILED")
    show("-" * 40)
    return "\n".join(lines) + "\n"


def serve():
    import torch
    torch.set_num_threads(1)
    answers = [answer(case) for case in json.load(sys.stdin)]
    version = ".".join(torch.__version__.split(".")[:2])
    json.dump({"version": version, "answers": answers, "notebook": notebook()}, sys.stdout)


# ---- in any Python ----

def bounds_out_of_range():
    """Integral bounds about the ends of each dtype and far beyond them, for some elements and for none."""
    ends = {"uint8": (0, 255), "int8": (-128, 127), "int16": (-2**15, 2**15 - 1), "int32": (-2**31, 2**31 - 1),
            "int64": (-2**63, 2**63 - 1)}
    for dtype, (least, greatest) in ends.items():
        size = (greatest - least).bit_length() // 8
        elements = [least, 0, 1, 50, greatest - 1, greatest]
        storage = b"".join(x.to_bytes(size, "little", signed=least < 0) for x in elements).hex()
        below, above, least_of_all, greatest_of_all = least - 1, greatest + 1, -2**63, 2**63 - 1
        single = [below, below - 255, above, above + 255, least_of_all, greatest_of_all]
        pairs = [(x, None) for x in single] + [(None, x) for x in single] + [
            (below, above), (least_of_all, greatest_of_all), (below, 10), (10, above), (above, 10), (10, below),
            (above, below), (greatest_of_all, least_of_all)]
        for low, high in pairs:
            if any(x is not None and not least_of_all <= x <= greatest_of_all for x in (low, high)):
                continue
            names = ["clamp", "clamp_"] + (["clamp_min", "clamp_min_"] if high is None else
                                           ["clamp_max", "clamp_max_"] if low is None else [])
            for op in names:
                for count in [6, 0] if op.startswith("clamp_m") or op == "clamp" else [6]:
                    given = ",".join(f"{name}={x}" for name, x in (("min", low), ("max", high)) if x is not None)
                    yield {"id": f"range/{op}/{dtype}/contiguous_{count}/{given}", "op": op, "dtype": dtype,
                           "storage": storage if count else "", "sizes": [count], "strides": [1], "storage_offset": 0,
                           "min": low if low is None else {"kind": "int", "value": low},
                           "max": high if high is None else {"kind": "int", "value": high}}


def inputs(file):
    """By id, each without its answers."""
    cases = {}
    for line in (GOLDEN / f"{file}.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        cases[case["id"]] = {name: value for name, value in case.items() if not name.startswith(ANSWERS)}
    if file == "extra":
        cases |= {case["id"]: case for case in bounds_out_of_range()}
    return list(cases.values())


def ask(python, cases):
    """What PyTorch answers with the processor's best instructions, and where plain ones make another answer."""
    best, plain = (json.loads(subprocess.run([python, __file__, "serve"], input=json.dumps(cases), text=True, check=True,
                                             stdout=subprocess.PIPE, env=os.environ | instructions).stdout)
                   for instructions in ({}, {"ATEN_CPU_CAPABILITY": "default"}))
    for case, other in zip(best["answers"], plain["answers"]):
        if case != other:
            case["isa_dependent"] = True
    return best


def write_reference(pythons):
    """What modules, losses and optimizers compute, in which no two versions may differ, and the example's network."""
    written = set()
    subprocess.run([pythons[0], REFERENCE / "resnet.py"], check=True)
    for python in pythons:
        subprocess.run([python, REFERENCE / "reference.py"], check=True)
        written.add((REFERENCE / "reference.json").read_bytes())
    if len(written) > 1:
        sys.exit("The versions compute other numbers, and reference.json holds one of each.")


def main(pythons):
    write_reference(pythons)
    files = {file: inputs(file) for file in FILES}
    told = [ask(python, sum(files.values(), [])) for python in pythons]
    if len({said["notebook"] for said in told}) > 1:
        sys.exit("The versions print other notebooks, and notebook.txt holds one.")
    (GOLDEN / "notebook.txt").write_text(told[0]["notebook"], encoding="utf-8")
    answers = iter(zip(*(said["answers"] for said in told)))
    for file, cases in files.items():
        lines = []
        for case in cases:
            different = {}
            for said, one in zip(told, next(answers)):
                different.setdefault(json.dumps(one, sort_keys=True), []).append(said["version"])
            for one, versions in different.items():
                marks = {"versions": versions} if len(different) > 1 else {}
                lines.append(json.dumps(case | json.loads(one) | marks, sort_keys=True) + "\n")
        (GOLDEN / f"{file}.jsonl").write_text("".join(lines), encoding="utf-8")
        print(f"{file}: {len(cases)} cases, {len(lines) - len(cases)} lines more where versions differ")


if __name__ == "__main__":
    serve() if sys.argv[1:] == ["serve"] else main(sys.argv[1:])
