""".npy files beside NumPy: right ones, malformed ones, and saved ones."""

import io
import math

import numpy
import torch

import inputs
import malformed
from program import DTYPES, Program, verb

NUMBERS = [
    *map(str, range(6)), "-1", "-0", "+2", "02", "00", "0_0", "1_0", "1__0", "1_", "0x2", "0X2", "0x_2", "0o2",
    "0b10", "2L", "2l", "2LL", "0x2L", "2.0", "2e0", "2j", "2+0j", "1*2", "True", "None", "'2'", "(2)", "(2,)",
    "9223372036854775807", "9223372036854775808", "18446744073709551616", "4611686018427387904",
    "0, 4611686018427387904, 4", "\u0662", "2if",
]
DESCRS = [
    "f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "b1", "c8", "V4", "O", "S3", "U3", "M8[s]", "f 4", "f04",
    "f+4", "()f4", "(1,)f4", "1f4", "f4,", "f4,f4", " f4", "f4 ", "float32", "Float32", "int", "long", "bool", "half",
    "e", "q", "",
]
TRUTHS = ["True", "False", "true", "1", "0", "None", "'True'", "not True", "(True)", "TrueL", "[]"]
TOKENS = [
    *"{}()[],:'\" \n\r\t\f\v\0-+L_u|<>=é*.;x#\\\u00a0\ufeff", *NUMBERS, *DESCRS, *TRUTHS, "'shape'", "'descr'",
    "'x': 1", "b'x'", "u'<f4'", "r'<f4'", "'<' 'f4'", "'''<f4'''", "('<f4', ())", "[('a', '<f4')]", "()", "(2)",
    "(1,)", "1, " * 64,
]


def load(data):
    """Of an array of one of the dtypes; else it is refused, as in Java."""
    array = torch.from_numpy(numpy.load(io.BytesIO(data)))
    if array.dtype not in DTYPES:
        raise TypeError(f"no tensor of {array.dtype}")
    return torch.empty(0, dtype=array.dtype) if array.shape == (0,) else array  # NumPy gives it any stride


def save(tensor):
    file = io.BytesIO()
    numpy.save(file, tensor.numpy())
    return file.getvalue().hex()


verb(load, "npy.load")
verb(save, "npy.save")


def programs(random):
    while True:
        program = Program()
        if random.random() < 0.15:
            program.call("npy.save", program.tensor(inputs.tensor(random)))
        else:
            program.call("npy.load", file(random))
        yield program


def file(random):
    header, data = whole(random)
    header = malformed.spoil(random, header, TOKENS, NUMBERS, DESCRS, TRUTHS)
    major, minor = random.choice([1, 1, 2, 3]), random.random() < 0.01
    if random.random() < 0.02:
        major = random.randint(0, 5)
    header = header.encode("utf-8" if major == 3 else "latin1", "replace")
    bits = 16 if major == 1 else 32
    length = malformed.longer(random, len(header)) % 2**bits
    start = b"\x93NUMPY" + bytes([major, minor]) + length.to_bytes(bits // 8, "little")
    return start + header + malformed.resize(random, data)


def whole(random):
    """A right header in any layout, and its data, which bool takes too."""
    dtype = numpy.dtype(random.choice(["f2", "f4", "f8", "i1", "u1", "i2", "i4", "i8", "?"]))
    shape = tuple(inputs.sizes(random))
    bare = dtype.str[1:]
    descr = random.choice([dtype.str, dtype.str, dtype.name, dtype.char, bare, "=" + dtype.char, "|" + bare])
    fields = [f"'descr': {descr!r}", f"'fortran_order': {random.random() < 0.5}", f"'shape': {shape}"]
    if random.random() < 0.3:
        random.shuffle(fields)
    text = "{" + random.choice([", ", ",", " ,\n"]).join(fields) + random.choice(["", ", ", ","]) + "}"
    if random.random() < 0.2:
        text = text.replace("'", '"')
    data = bytes(random.choices([0, 1], k=math.prod(shape) * dtype.itemsize))
    return text + random.choice(["", " ", "\n", "   \n"]), data
