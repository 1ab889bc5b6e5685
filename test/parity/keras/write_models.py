"""Writes models of Keras with random weights, as .h5, .keras and .weights.h5, and their logits for one image.

usage: write_models.py FOLDER keras|tf_keras MODEL:SIZE...

MODEL is a class of keras.applications, or 'Transfer': a model in a chain in a model, with augmentation and with
arithmetic on tensors. Batch normalization has the statistics of a few images, changed a little at random, so that the
logits of these weights are of a sane size.
"""

import importlib
import json
import os
import sys

import numpy as np

CLASSES = 10


def image(size):
    """x[h, w, c] = 127.5 (1 + sin(0.05 h + 0.031 w + 1.7 c))"""
    h, w, c = np.meshgrid(np.arange(size), np.arange(size), np.arange(3), indexing="ij")
    return (127.5 * (1 + np.sin(0.05 * h + 0.031 * w + 1.7 * c))).astype("float32")[np.newaxis]


def transfer(keras, size):
    layers = keras.layers
    applications = keras.applications
    base = applications.MobileNetV2(weights=None, include_top=False, input_shape=(size, size, 3), alpha=0.35)
    augmentation = keras.Sequential([layers.RandomFlip("horizontal"), layers.RandomRotation(0.1)], name="augment")
    inputs = keras.Input((size, size, 3))
    x = applications.mobilenet_v2.preprocess_input(augmentation(inputs))
    x = base(x, training=False)
    head = keras.Sequential(
        [layers.GlobalAveragePooling2D(), layers.Dropout(0.2), layers.Dense(CLASSES, name="logits")], name="head"
    )
    return keras.Model(inputs, head(x))


def leaves(model):
    for layer in model.layers:
        if hasattr(layer, "layers"):
            yield from leaves(layer)
        else:
            yield layer


def randomise(keras, model, size, seed):
    random = np.random.RandomState(seed)
    norms = [layer for layer in leaves(model) if isinstance(layer, keras.layers.BatchNormalization)]
    for layer in leaves(model):
        if isinstance(layer, keras.layers.Normalization):
            mean, variance, count = layer.get_weights()
            mean, variance = random.uniform(0.3, 0.6, mean.shape), random.uniform(0.04, 0.08, mean.shape)
            layer.set_weights([mean, variance, count])
            layer.finalize_state()  # What it computes with is not the weights themselves.
        elif layer not in norms:
            weights = layer.get_weights()
            # Biases; the random kernels of Keras stay.
            layer.set_weights([0.1 * random.normal(size=w.shape) if w.ndim == 1 else w for w in weights])
    momenta = [layer.momentum for layer in norms]
    for layer in norms:
        _, _, mean, variance = layer.get_weights()
        gamma, beta = random.uniform(0.5, 1.5, mean.shape), 0.1 * random.normal(size=mean.shape)
        layer.set_weights([gamma, beta, mean, variance])
        layer.momentum = 0.0
    images = np.concatenate([image(size), image(size)[:, ::-1], random.uniform(0, 255, (2, size, size, 3))])
    calibrate(model, images.astype("float32"))
    for layer, momentum in zip(norms, momenta):
        layer.momentum = momentum
        gamma, beta, mean, variance = layer.get_weights()
        deviation = np.sqrt(variance)
        mean = mean + 0.1 * deviation * random.normal(size=mean.shape)
        layer.set_weights([gamma, beta, mean, variance * random.uniform(0.8, 1.2, mean.shape) + 1e-4])


def calibrate(model, images):
    """Runs images through in training, layer by layer, so that models called with training=False take part."""
    x = images
    nested = [layer for layer in model.layers if hasattr(layer, "layers")]
    if not nested:
        model(x, training=True)
        return
    for layer in nested:
        x = layer(x / 127.5 - 1 if layer.name.startswith("mobilenet") else x, training=True)


def logits(keras, model, size):
    last = model
    while hasattr(last, "layers"):
        last = last.layers[-1]
    last.activation = keras.activations.linear
    return np.asarray(model(image(size), training=False))[0]


def write(keras, folder, name, size):
    keras.utils.set_random_seed(1)
    if name == "Transfer":
        model = transfer(keras, size)
    else:
        build = getattr(keras.applications, name)
        model = build(weights=None, input_shape=(size, size, 3), classes=CLASSES)
    randomise(keras, model, size, seed=2)
    path = os.path.join(folder, name)
    model.save(f"{path}.h5")
    model.save(f"{path}.keras")
    model.save_weights(f"{path}.weights.h5")
    values = logits(keras, model, size)
    assert np.isfinite(values).all() and 1e-2 < np.abs(values).max() < 1e3 and values.std() > 1e-3, values
    with open(f"{path}.json", "w") as file:
        json.dump([float(value) for value in values], file)


if __name__ == "__main__":
    folder, package, *models = sys.argv[1:]
    for entry in models:
        name, size = entry.split(":")
        write(importlib.import_module(package), folder, name, int(size))
