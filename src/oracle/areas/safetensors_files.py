"""safetensors files beside the Python package: right ones, malformed ones, and saved ones."""

import json
import math
import tempfile

import safetensors
import safetensors.torch

import inputs
import malformed
from program import Program, verb

SIZES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}
NAMES = ["a", "b", "c.weight", "é", "", "😀", 'q"', "\n"]
NUMBERS = [
    *map(str, range(20)), "-0", "01", "-1", "1.0", "1e0", "0e0", "1e400", "0x1", "null", "true", '"1"', "[]", "{}",
    "9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616", "NaN",
    "4611686018427387904", "0,4611686018427387904,4",
]
DTYPE_NAMES = [*SIZES, "F4", "F8_E4M3", "F8_E5M2", "F8_E8M0", "U16", "U32", "U64", "C64", "f32", "null", "\\u004632"]
VALUES = ["null", "1", "[]", "{}", '"x"', '["F32"]', '{"F32":null}', '{"0":0,"1":8}', "[0]", "[0,0,0]", "[[0,0]]"]
TOKENS = [
    *'{}[],: \n\t\f\v\0"\\\'+-.0é/#\ufeff\u00a0', *NUMBERS, *VALUES, *(f',"y":{value}' for value in NUMBERS + VALUES),
    "\\u0041", "\\ud83d\\ude00", "\\ud83d", "\\ude00", "\\n", "\\/", "\\x41", "//", "e0", '"__metadata__":null,',
    ',"dtype":"F32"', ',"data_offsets":[0,0]', ',"shape":[' + "1," * 64 + "1]", '["F32",[0],[0,0]]',
    ',"y":' + "[" * 127 + "]" * 127, ',"y":' + "[" * 126 + "]" * 126,
]


def load(data):
    """The tensors whose dtypes are served: safetensors.torch.load refuses a file whole that has an F4 besides."""
    entries = [(name, entry) for name, entry in safetensors.deserialize(data) if entry["dtype"] in SIZES]
    tensors = safetensors.torch._view2torch(entries)
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        with safetensors.safe_open(file.name, "pt") as opened:
            metadata = opened.metadata() or {}
    return {"tensors": tensors, "metadata": metadata}


def save(tensors, metadata):
    """The package takes neither gaps nor shared memory, which Java does; what it cannot read again is an error."""
    data = safetensors.torch.save({name: x.contiguous().clone() for name, x in tensors.items()}, metadata)
    load(data)
    return data.hex()


verb(load, "safetensors.load")
verb(save, "safetensors.save")


def programs(random):
    while True:
        program = Program()
        if random.random() < 0.15:
            names = random.sample(NAMES + ["__metadata__"] * (random.random() < 0.05), random.randint(0, 4))
            tensors = {name: program.tensor(inputs.tensor(random)) for name in names}
            # The package writes several texts in any order.
            metadata = random.choice([None, {}, {random.choice(NAMES): random.choice(NAMES)}])
            program.call("safetensors.save", tensors, metadata)
        else:
            program.call("safetensors.load", file(random))
        yield program


def file(random):
    header, data = whole(random)
    header = malformed.spoil(random, header, TOKENS, NUMBERS, DTYPE_NAMES, NAMES).encode()
    if random.random() < 0.03:
        header += random.choice([b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xe2\x82"])
    return malformed.longer(random, len(header)).to_bytes(8, "little") + header + malformed.resize(random, data)


def whole(random):
    """A right header in any layout, and its data, which BOOL takes too."""
    entries, end = [], 0
    for i in range(random.randint(0, 3)):
        dtype, shape = random.choice(list(SIZES)), inputs.sizes(random)
        start, end = end, end + SIZES[dtype] * math.prod(shape)
        odd = random.random()  # which the package takes
        entry = {"dtype": {dtype: None} if odd < 0.01 else dtype, "shape": shape, "data_offsets": [start, end]}
        entries.append((random.choice(NAMES) + str(i), list(entry.values()) if odd > 0.99 else entry))
    if random.random() < 0.4:
        texts = {random.choice(NAMES) + str(i): random.choice(NAMES) for i in range(random.randint(0, 2))}
        entries.append(("__metadata__", texts))
    random.shuffle(entries)
    text = json.dumps(dict(entries), ensure_ascii=random.random() < 0.5, indent=random.choice([None, None, 1]))
    return text + " " * random.choice([0, 0, 1, 7, -len(text.encode()) % 8]), bytes(random.choices([0, 1], k=end))
