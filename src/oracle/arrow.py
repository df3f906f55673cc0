"""Arrays of pyarrow to Java and back by the C Data Interface, in one process: arrow.py FOLDER SEED CASES CLASSPATH.

The JVM is that of JAVA_HOME. LIBTORCH must be unset, so that Java uses this PyTorch's libtorch.
"""

import ctypes
import json
import pathlib
import random
import sys

import jpype
import numpy
import pyarrow

from program import DTYPES  # and with it torch, whose libtorch Java then uses

# The part of the outcomes, in hundredths.
SHARE = 3
TYPES = {
    pyarrow.float16(): "FLOAT16", pyarrow.float32(): "FLOAT32", pyarrow.float64(): "FLOAT64", pyarrow.int8(): "INT8",
    pyarrow.uint8(): "UINT8", pyarrow.int16(): "INT16", pyarrow.int32(): "INT32", pyarrow.int64(): "INT64",
}
# Each with a value of it.
OTHERS = {
    pyarrow.bool_(): True, pyarrow.uint16(): 1, pyarrow.uint64(): 1, pyarrow.string(): "x", pyarrow.date32(): 1,
    pyarrow.timestamp("s"): 1, pyarrow.list_(pyarrow.int8()): [1, 2], pyarrow.list_(pyarrow.int8(), 2): [1, 2],
    pyarrow.decimal128(5): 1, pyarrow.null(): None,
}
REFUSALS = "IllegalArgumentException", "UnsupportedOperationException"
RELEASE = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


class Structs:
    """An ArrowArray and an ArrowSchema, whose places hold 8 bytes each, and how often each was released."""

    def __init__(self):
        self.array, self.schema = (ctypes.c_int64 * 10)(), (ctypes.c_int64 * 9)()
        self.addresses = ctypes.addressof(self.array), ctypes.addressof(self.schema)
        self.released, self.kept = [0, 0], []

    def java(self):
        names = "ArrowArray", "ArrowSchema"
        return [jpype.JClass("org.apache.arrow.c." + name).wrap(at) for name, at in zip(names, self.addresses)]

    def count_releases(self):
        for which, struct, place in (0, self.array, 8), (1, self.schema, 7):
            original = RELEASE(struct[place])

            def release(address, which=which, original=original):
                self.released[which] += 1
                original(address)

            self.kept.append(RELEASE(release))
            struct[place] = ctypes.cast(self.kept[-1], ctypes.c_void_p).value


def array(random):
    """Of any type, with nulls or without, and mostly a slice."""
    kind = random.choice(list(TYPES) if random.random() < 0.85 else list(OTHERS))
    count, nulls = random.choice([0, 1, 2, 7, 8, 9, 31, 64, 65, 100]), random.choice([0, 0, 0, 0.05, 0.5, 1])
    mask = numpy.array([random.random() < nulls for _ in range(count)], bool)
    if kind in TYPES:
        values = numpy.frombuffer(random.randbytes(count * kind.bit_width // 8), kind.to_pandas_dtype())
        x = pyarrow.array(values, kind, mask=mask if nulls or random.random() < 0.3 else None)
    else:
        x = pyarrow.array([None if null else OTHERS[kind] for null in mask], kind)
    for _ in range(random.choice([0, 1, 1, 2])):
        start = random.randint(0, len(x))
        x = x.slice(start, random.randint(0, len(x) - start))
    if random.random() < 0.5:
        x.null_count  # is known from here on
    return x


def imported(random, record):
    """An array is imported, without a copy, and released once."""
    x = array(random)
    fits = x.type in TYPES and x.null_count == 0
    expected = {"released": [1, 1], "rest": 0}
    if fits:
        size = x.type.bit_width // 8
        data = x.buffers()[1].to_pybytes()[x.offset * size:(x.offset + len(x)) * size] if len(x) else b""
        address = x.buffers()[1].address + x.offset * size if len(x) else None
        expected |= {"dtype": TYPES[x.type], "sizes": [len(x)], "bytes": data.hex(), "address": address}
    structs = Structs()
    x._export_to_c(*structs.addresses)
    structs.count_releases()
    program = f"{x.type} {x.to_pylist()} offset {x.offset}"

    def call(arena, allocator):
        tensor = jpype.JClass("dev.torchffm.interop.ArrowCData").importFrom(*structs.java(), allocator, arena)
        return describe(tensor, len(x))

    actual = within(call)
    actual["released"] = structs.released
    record("arrow.import", expected if fits else expected | {"error": "no tensor of it"}, actual, program)


def exported(random, record):
    """A tensor is exported, without a copy, where Arrow has its dtype, and it has one dimension and no gaps."""
    dtype = random.choice(list(DTYPES.values()))
    count, step, offset = random.choice([0, 1, 2, 9, 64]), random.choice([1, 1, 1, 2]), random.choice([0, 0, 1, 3])
    flat, closable = random.random() < 0.9, random.random() < 0.1
    fits = dtype in TYPES.values() and flat and not closable and (step == 1 or count < 2)
    kind = next((kind for kind, name in TYPES.items() if name == dtype), None)
    type_ = jpype.JClass("dev.torchffm.DType").valueOf(dtype)
    size = int(type_.byteSize())
    data = bytes(random.choices([0, 1], k=(offset + 1 + count * step) * size))
    arena = jpype.JClass("java.lang.foreign.Arena")
    owner = arena.ofConfined() if closable else arena.ofAuto()
    memory = owner.allocate(len(data), 8)
    ctypes.memmove(memory.address(), data, len(data))
    longs = jpype.JArray(jpype.JLong)
    sizes, strides = ([count], [step]) if flat else ([1, count], [1, step])
    tensor = jpype.JClass("dev.torchffm.Tensor").fromSegment(owner, memory, type_, longs(sizes), longs(strides), offset)
    start = memory.address() + offset * size
    expected = {"type": str(kind), "nulls": 0, "bytes": data[offset * size:(offset + count) * size].hex(),
                "address": start if count else None, "rest": 0}

    def call(_, allocator):
        structs = Structs()
        jpype.JClass("dev.torchffm.interop.ArrowCData").exportTo(tensor, allocator, *structs.java())
        y = pyarrow.Array._import_from_c(*structs.addresses)
        y.validate(full=True)
        values = y.buffers()[1]
        held = values.to_pybytes()[:len(y) * size].hex() if len(y) else ""
        return {"type": str(y.type), "nulls": y.null_count, "bytes": held,
                "address": values.address if len(y) else None}

    actual = within(call)
    program = f"{dtype} sizes {sizes} strides {strides} offset {offset} {'confined' if closable else 'automatic'} arena"
    record("arrow.export", expected if fits else {"error": "no array of it", "rest": 0}, actual, program)
    if closable:
        owner.close()


def describe(tensor, count):
    data = bytes(tensor.segment().toArray(jpype.JClass("java.lang.foreign.ValueLayout").JAVA_BYTE))
    return {"dtype": str(tensor.dtype()), "sizes": [int(size) for size in tensor.sizes()], "bytes": data.hex(),
            "address": int(tensor.dataPtr()) if count else None}


def within(call):
    """What a call gives within an arena and an allocator, which are closed afterwards; or its refusal."""
    allocator = jpype.JClass("org.apache.arrow.memory.RootAllocator")(jpype.JLong(2**62))
    arena = jpype.JClass("java.lang.foreign.Arena").ofConfined()
    try:
        seen = call(arena, allocator)
    except tuple(jpype.JClass("java.lang." + name) for name in REFUSALS) as refusal:
        seen = {"refused": f"{refusal.getClass().getSimpleName()}: {refusal.getMessage()}"}
    arena.close()
    seen["rest"] = int(allocator.getAllocatedMemory())
    allocator.close()
    return seen


def difference(expected, actual):
    """As in Outcome.java, but that what is the same after a refusal too is compared."""
    if "error" in expected and "refused" not in actual:
        return "accepted: " + expected["error"]
    if "refused" in actual and "error" not in expected:
        return "refused: " + actual["refused"]
    names = [name for name in expected if name != "error" and expected[name] != actual[name]]
    return "differs: " + names[0] if names else None


def main(folder, seed, cases, classpath):
    jpype.startJVM("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
                   "--add-opens=java.base/java.nio=ALL-UNNAMED", classpath=classpath.split(":"))
    source = random.Random(f"{seed} arrow")
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "arrow.outcomes", "w", encoding="utf-8") as file:

        def record(verb, expected, actual, program):
            seen = {"verb": verb, "difference": difference(expected, actual), "expected": expected, "actual": actual}
            print(json.dumps(seen | {"program": program}), file=file)

        wanted = int(cases) * SHARE // 100
        for _ in range(wanted):
            source.choice([imported, imported, exported])(source, record)
    print(f"arrow: {wanted} outcomes over libtorch {jpype.JClass('dev.torchffm.Torch').libtorchVersion()}")


if __name__ == "__main__":
    main(*sys.argv[1:])
