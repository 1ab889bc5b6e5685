"""Runs SavedModels in TensorFlow's Python: saved_model.py IMAGES SIZE FOLDER OUT [FOLDER OUT ...], float32 files without a header."""

import sys

import keras
import numpy as np
import tensorflow as tf

images, size, *places = sys.argv[1:]
pixels = np.fromfile(images, np.float32).reshape(-1, int(size), int(size), 3)


def run(folder, out):
    loaded = tf.saved_model.load(folder)
    signature = loaded.signatures["serving_default"]
    ((name, spec),) = signature.structured_input_signature[1].items()
    assert (name, spec.shape.as_list()) == ("images", [None, int(size), int(size), 3]), spec
    # One by one and together: the batch is open.
    rows = [signature(images=tf.constant(pixels[i : i + 1]))["logits"].numpy() for i in range(2)]
    together = signature(images=tf.constant(pixels))["logits"].numpy()
    assert np.abs(np.concatenate(rows) - together[:2]).max() < 1e-3 * max(1, np.abs(together).max())
    together.astype(np.float32).tofile(out)
    # Also as a layer of Keras 3.
    layer = keras.layers.TFSMLayer(folder, call_endpoint="serving_default")
    assert np.abs(layer(pixels[:2])["logits"].numpy() - together[:2]).max() < 1e-3 * max(1, np.abs(together).max())


for folder, out in zip(places[::2], places[1::2], strict=True):
    run(folder, out)
