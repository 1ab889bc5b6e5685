"""Opens exported models in Keras, runs them on images, and trains each of them for one step.

usage: read_models.py REQUEST.json ANSWER.json

REQUEST is a list of {"package": "keras" | "tf_keras", "model": PATH, "images": PATH of float32 values, "shape": [...]}.
ANSWER is a list of {"output": [...], "outputShape", "inputShape", "loss": of the step, "changed": the share of the weights
that it changed}.
"""

import importlib
import json
import sys

import numpy as np


def run(package, model, images, shape):
    keras = importlib.import_module(package)
    opened = keras.models.load_model(model)
    pixels = np.fromfile(images, "float32").reshape(shape)
    output = np.asarray(opened([pixels] if isinstance(opened.input, list) else pixels, training=False))
    # Tracing takes longer than the step.
    opened.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse", run_eagerly=True)
    before = [np.array(weight) for weight in opened.get_weights()]
    loss = opened.train_on_batch(pixels[:2], output[:2] + 1)
    after = opened.get_weights()
    changed = sum(not np.array_equal(a, b) for a, b in zip(before, after))
    return {
        "output": [float(value) for value in output.flatten()],
        "outputShape": list(output.shape),
        "inputShape": list(opened.input_shape),
        "loss": float(loss),
        "changed": changed / max(1, len(before)),
    }


if __name__ == "__main__":
    request, answer = sys.argv[1:]
    with open(request) as file:
        rows = [run(**row) for row in json.load(file)]
    with open(answer, "w") as file:
        json.dump(rows, file)
