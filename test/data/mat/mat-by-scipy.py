"""Writes by-scipy.mat and by-scipy-plain.mat, one variable of each kind, by scipy (1.17.1 when they were made): python mat-by-scipy.py"""

import pathlib

import numpy as np
import scipy.io


def row(entries, fields):
    """A 1 x n structure array."""
    array = np.empty((1, len(entries)), dtype=[(field, object) for field in fields])
    for i, entry in enumerate(entries):
        array[0, i] = entry
    return array


cells = np.empty((1, 4), dtype=object)
cells[0] = ["AM General Hummer SUV 2000", "Crème brûlée", "€ 20 Ω", ""]
variables = {
    "bytes": np.array([[1, 2, 3], [4, 5, 6]], dtype=np.uint8),
    "doubles": np.array([[-1.5, 1e300]]),
    "shorts": np.array([[-300], [301]], dtype=np.int16),
    "large": np.array([[2**40]], dtype=np.float64),
    "line": "tench, Tinca tinca",
    "lines": np.array(["ab", "cd"]),
    "names": cells,
    # As in Stanford Cars' annotations.
    "annotations": row([(39, 14, "00001.jpg"), (np.uint8(3), 196, "00002.jpg")], ["bbox_x1", "class", "fname"]),
    # As in the synsets of ImageNet's development kit: a column, with fields that nobody asks for.
    "synsets": row(
        [(1, "n02119789", "kit fox, Vulpes macrotis", 0, np.empty((0, 0))), (1001, "n00001740", "entity", 2, np.array([[3, 4]]))],
        ["ILSVRC2012_ID", "WNID", "words", "num_children", "children"],
    ).T,
    "nested": {"inner": {"value": 7.0}},
    "complex": np.array([[1 + 2j]]),
}
here = pathlib.Path(__file__).parent
scipy.io.savemat(here / "by-scipy.mat", variables, do_compression=True)
scipy.io.savemat(here / "by-scipy-plain.mat", variables, do_compression=False)
