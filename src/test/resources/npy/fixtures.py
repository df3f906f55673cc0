"""Writes the .npy files beside it, with NumPy 1.24. The elements count up from -2, or from 0 where unsigned."""
import os
import warnings

import numpy as np

warnings.simplefilter("ignore")  # that versions 2.0 and 3.0 are not needed
os.chdir(os.path.dirname(os.path.abspath(__file__)))


def counting(descr, *shape):
    start = 0 if descr in ("u1", "b1") else -2
    return (np.arange(int(np.prod(shape))) + start).astype(descr).reshape(shape)


for descr in ("f2", "f4", "f8", "i1", "u1", "i2", "i4", "i8", "b1"):
    np.save(f"{descr}-c.npy", counting(descr, 2, 3))
    np.save(f"{descr}-f.npy", np.asfortranarray(counting(descr, 2, 3)))
np.save("scalar.npy", counting("f8"))
np.save("one.npy", counting("i4", 1))
np.save("vector.npy", counting("f4", 7))
np.save("column.npy", np.asfortranarray(counting("f4", 5, 1)))
np.save("deep-c.npy", counting("i2", 2, 1, 3, 2, 1, 2, 1, 2))
np.save("deep-f.npy", np.asfortranarray(counting("i2", 2, 1, 3, 2, 1, 2, 1, 2)))
np.save("empty.npy", np.zeros((2, 0, 3), "f4"))
np.save("empty-vector.npy", np.zeros(0, "i8"))
for version in (1, 2, 3):
    with open(f"version{version}.npy", "wb") as file:
        np.lib.format.write_array(file, counting("f4", 2, 3), (version, 0))
for descr in (">f4", "<u4", "<c8", "<U3", "<M8[s]", "O", "V6"):
    np.save("refused-" + "".join(c for c in descr if c.isalnum()) + ("-big" if descr[0] == ">" else "") + ".npy",
            np.zeros((2, 3), descr))
np.save("refused-struct.npy", np.zeros(3, [("x", "<f4"), ("y", "<i4")]))
