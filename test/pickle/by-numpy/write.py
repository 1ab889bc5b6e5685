"""Writes the pickles beside it by numpy (2.4.6 when they were made): python write.py"""

import pathlib
import pickle

import numpy as np

here = pathlib.Path(__file__).parent


def save(name, value, protocol=4):
    (here / f"{name}.pickle").write_bytes(pickle.dumps(value, protocol=protocol))


for protocol in range(2, 6):
    value = {
        "data": np.arange(250, 274, dtype=np.int64).astype(np.uint8).reshape(2, 12),
        b"bytes": np.array([[1, 2, 3, 4]], dtype=np.uint8)[:, ::2],
        "wide": np.array([1, -2, 2**40]),
        "labels": [3, 300, -1],
        "names": ["apple", "crème brûlée"],
    }
    save(f"protocol-{protocol}", value, protocol)
save("column-major", np.asfortranarray(np.arange(6, dtype=np.uint8).reshape(2, 3)))
save("column-major-5", np.asfortranarray(np.arange(6, dtype=np.uint8).reshape(2, 3)), 5)
save("big-endian", np.array([1, 2], dtype=">i4"))
save("floats", np.array([1.5]))
save("objects", np.array(["a", None], dtype=object))
save("scalar", [np.int64(1)])
