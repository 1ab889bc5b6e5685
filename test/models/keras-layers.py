"""Writes keras-layers.json beside this file: what holds weights in the networks of keras.applications.

For each network and each class of layers: how many, and the first 16 hexadecimal digits of the SHA-256 of
their names and the shapes of their weights, one layer a line, in the order of `model.layers`. Weights of
Normalization are left out: Keras 2 and 3 keep different ones.

    pip install keras tensorflow-cpu && python keras-layers.py
"""

import hashlib
import json
import pathlib

import keras
from keras import applications


def networks():
    for i in range(8):
        yield f"efficientnet-b{i}", getattr(applications, f"EfficientNetB{i}")(weights=None)
    for name in ("B0", "B1", "B2", "B3", "S", "M", "L"):
        yield f"efficientnet-v2-{name.lower()}", getattr(applications, f"EfficientNetV2{name}")(weights=None)
    for width in (0.35, 0.5, 0.75, 1.0, 1.3, 1.4):
        yield f"mobilenet-v2 {width:g}", applications.MobileNetV2(weights=None, alpha=width)
    for width in (0.75, 1.0):
        yield f"mobilenet-v3-small {width:g}", applications.MobileNetV3Small(weights=None, alpha=width)
        yield f"mobilenet-v3-large {width:g}", applications.MobileNetV3Large(weights=None, alpha=width)


def digests(model):
    lines = {}
    for layer in model.layers:
        kind = type(layer).__name__
        if layer.weights and kind != "Normalization":
            shapes = json.dumps([list(weight.shape) for weight in layer.weights], separators=(",", ":"))
            lines.setdefault(kind, []).append(f"{layer.name} {shapes}\n")
    return {
        kind: [len(of_kind), hashlib.sha256("".join(of_kind).encode()).hexdigest()[:16]]
        for kind, of_kind in sorted(lines.items())
    }


def block(rows, indent):
    lines = ",\n".join(f"{indent}  {json.dumps(name)}: {value}" for name, value in rows.items())
    return f"{{\n{lines}\n{indent}}}"


found = {
    name: block({kind: json.dumps(each) for kind, each in digests(model).items()}, "    ")
    for name, model in networks()
}
text = block({"keras": json.dumps(keras.__version__), "networks": block(found, "  ")}, "")
pathlib.Path(__file__).with_suffix(".json").write_text(text + "\n")
