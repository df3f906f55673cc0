"""Writes the .safetensors files beside it as the format's page says. The elements count up from -2, or from 0."""
import json
import os
import struct

os.chdir(os.path.dirname(os.path.abspath(__file__)))
CODES = {"F64": "d", "F32": "f", "F16": "e", "I64": "q", "I32": "i", "I16": "h", "I8": "b", "U8": "B", "BOOL": "B"}


def elements(dtype, count):
    if dtype == "BF16":
        return b"".join(struct.pack("<f", i - 2)[2:] for i in range(count))
    values = [i % 2 if dtype == "BOOL" else i if dtype == "U8" else i - 2 for i in range(count)]
    return struct.pack(f"<{count}{CODES[dtype]}", *values)


def save(name, entries, metadata=None, alignment=8):
    header, data = {} if metadata is None else {"__metadata__": metadata}, b""
    for key, dtype, shape in entries:
        count = 1
        for size in shape:
            count *= size
        begin, data = len(data), data + elements(dtype, count)
        header[key] = {"dtype": dtype, "shape": shape, "data_offsets": [begin, len(data)]}
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % alignment)
    with open(name + ".safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


# In the order in which the Python package stores them.
ORDER = ("I64", "F64", "F32", "I32", "BF16", "F16", "I16", "I8", "U8", "BOOL")
save("all", [(dtype.lower() + ".weight", dtype, [2, 3]) for dtype in ORDER], {"format": "pt", "note": "a\x1f\n\u00e9"})
save("shapes", [("a.empty", "F32", [2, 0, 3]), ("b", "F32", [4]), ("\u00e9", "F32", []), ("\uffee", "F32", [1, 2]),
                ("\U0001f600", "F32", [3])])
save("none", [])
save("none-but-metadata", [], {"format": "np"})
# As no version of the Python package orders them: a float after a byte, in a header without padding.
save("misaligned", [("byte", "U8", [1]), ("floats", "F32", [3]), ("bytes", "I8", [2])], alignment=1)
