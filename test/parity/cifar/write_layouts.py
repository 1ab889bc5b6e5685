"""Writes CIFAR's other layouts of files in the binary one, by numpy, pyarrow and Pillow: write_layouts.py BINARY LABELS OUT

LABELS are the label bytes of a record in their order, for example coarse,fine.
"""

import io
import json
import pathlib
import pickle
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

source, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[3])
labels = sys.argv[2].split(",")
suffix = "" if labels == ["label"] else "_label"


def png(planes):
    buffer = io.BytesIO()
    Image.fromarray(planes.reshape(3, 32, 32).transpose(1, 2, 0)).save(buffer, "png")
    return {"bytes": buffer.getvalue(), "path": None}


splits = {"train": [], "test": []}
for file in sorted(source.glob("*.bin")):
    records = np.fromfile(file, np.uint8).reshape(-1, len(labels) + 3072)
    splits["test" if "test" in file.name else "train"].append(records)
    for protocol in (2, 5):
        folder = out / f"python-{protocol}"
        folder.mkdir(parents=True, exist_ok=True)
        batch = {f"{name}{suffix}s": records[:, i].tolist() for i, name in enumerate(labels)}
        batch["data"] = np.ascontiguousarray(records[:, len(labels) :])
        if protocol == 5:
            batch = {key.encode(): value for key, value in batch.items()}
        (folder / file.stem).write_bytes(pickle.dumps(batch, protocol=protocol))

features = {"img": {"_type": "Image"}}
features |= {f"{name}{suffix}": {"dtype": "int64", "_type": "Value"} for name in labels}
metadata = {"huggingface": json.dumps({"info": {"features": features}})}
for split, parts in splits.items():
    records = np.concatenate(parts)
    columns = {"img": [png(row) for row in records[:, len(labels) :]]}
    columns |= {f"{name}{suffix}": pa.array(records[:, i].astype(np.int64)) for i, name in enumerate(labels)}
    folder = out / "parquet"
    folder.mkdir(exist_ok=True)
    table = pa.table(columns).replace_schema_metadata(metadata)
    pq.write_table(table, folder / f"{split}-00000-of-00001.parquet", row_group_size=100)
