"""Writes small files of CIFAR's other layouts: python write.py, with numpy 2.4.6, datasets 5.2.0 and pillow.

Image i of all splits holds what cifarRecord of test/data/fixtures.ts gives for the shift 20 * i.
"""

import io
import pathlib
import pickle

import datasets
import numpy as np
from PIL import Image

here = pathlib.Path(__file__).parent
TEN = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]


def planes(i):
    at = np.arange(3072)
    return ((100 * (at // 1024) + at % 50 + 20 * i) % 256).astype(np.uint8)


def png(i):
    buffer = io.BytesIO()
    Image.fromarray(planes(i).reshape(3, 32, 32).transpose(1, 2, 0)).save(buffer, "png")
    return {"bytes": buffer.getvalue(), "path": None}


def parquet(path, rows, labels, features):
    target = here / path
    target.parent.mkdir(parents=True, exist_ok=True)
    columns = {"img": [png(i) for i in rows], **labels}
    features = datasets.Features({"img": datasets.Image(), **features})
    datasets.Dataset.from_dict(columns, features=features).to_parquet(target)


ten = {"label": datasets.ClassLabel(names=TEN)}
parquet("cifar10/plain_text/train-00000-of-00001.parquet", range(5), {"label": [1, 2, 3, 4, 5]}, ten)
parquet("cifar10/plain_text/test-00000-of-00001.parquet", range(5, 7), {"label": [9, 0]}, ten)

# Without the names, which are in the catalogue of the task.
hundred = {"fine_label": datasets.Value("int64"), "coarse_label": datasets.Value("int64")}
for split, rows, fine, coarse in [("train", range(2), [99, 0], [19, 4]), ("test", range(2, 3), [42], [7])]:
    labels = {"fine_label": fine, "coarse_label": coarse}
    parquet(f"cifar100/cifar100/{split}-00000-of-00001.parquet", rows, labels, hundred)
    folder = here / "cifar-100-python"
    folder.mkdir(exist_ok=True)
    batch = {
        "filenames": [f"{i}.png" for i in rows],
        "batch_label": "batch 1 of 1",
        "fine_labels": fine,
        "coarse_labels": coarse,
        "data": np.stack([planes(i) for i in rows]),
    }
    # As Python 3 pickles what Python 2 once did: keys as bytes.
    if split == "test":
        batch = {key.encode(): value for key, value in batch.items()}
    (folder / split).write_bytes(pickle.dumps(batch, protocol=2 if split == "train" else 4))
