"""Five updates of each optimizer by PyTorch and timm (float64), and by TensorFlow and Keras (float32).

They are what optimizers.json holds. It was made with torch 2.15, timm 1.0.31, tensorflow 2.21 and Keras 3; the two
parts may run in environments of their own:

    python optimizers.py torch && python optimizers.py tensorflow
"""

import json
import pathlib
import sys

import numpy as np

FILE = pathlib.Path(__file__).with_suffix(".json")
SHAPES = {"conv/kernel": [3, 2, 2, 3], "conv/bias": [3], "bn/gamma": [3], "scale/scale": []}
RATE = 0.05
DECAY = 0.1


def fresh():
    random = np.random.default_rng(7)

    def draw(shape):
        return np.asarray(random.normal(size=shape)).round(4)

    weights = {name: draw(shape) for name, shape in SHAPES.items()}
    gradients = [{name: draw(shape) for name, shape in SHAPES.items()} for _ in range(5)]
    return weights, gradients


def flat(values):
    return {name: np.asarray(value).ravel().tolist() for name, value in values.items()}


def with_torch():
    import timm.optim as timm
    import torch

    optimizers = {
        "sgd": ("PyTorch's SGD", torch.optim.SGD, {}),
        "momentum": ("PyTorch's SGD with momentum", torch.optim.SGD, {"momentum": 0.9}),
        "nesterov": ("PyTorch's SGD, Nesterov", torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
        "rmsprop": ("timm's RMSpropTF", timm.RMSpropTF, {"alpha": 0.9, "eps": 1e-3, "momentum": 0.9}),
        "adam": ("PyTorch's Adam", torch.optim.Adam, {}),
        "adamw": ("PyTorch's AdamW", torch.optim.AdamW, {}),
        "lamb": ("timm's Lamb", timm.Lamb, {"max_grad_norm": None}),
        "lars": ("timm's Lars", timm.Lars, {"momentum": 0.9, "eps": 0}),
        "lion": ("timm's Lion", timm.Lion, {"betas": (0.9, 0.99)}),
    }
    for name, (program, optimizer, options) in optimizers.items():
        weights, gradients = fresh()
        parameters = {key: torch.nn.Parameter(torch.tensor(value)) for key, value in weights.items()}
        kernels = [value for key, value in parameters.items() if key.endswith("kernel")]
        others = [value for key, value in parameters.items() if not key.endswith("kernel")]
        groups = [{"params": kernels, "weight_decay": DECAY}, {"params": others, "weight_decay": 0}]
        built = optimizer(groups, lr=RATE, **options)
        for gradient in gradients:
            for key, parameter in parameters.items():
                parameter.grad = torch.tensor(gradient[key])
            built.step()
        yield program, name, {key: value.detach().numpy() for key, value in parameters.items()}


def with_tensorflow():
    import keras
    import tensorflow as tf

    v1 = tf.compat.v1.train
    optimizers = {
        "momentum": ("Keras's SGD with momentum", keras.optimizers.SGD(RATE, momentum=0.9), True),
        "nesterov": ("Keras's SGD, Nesterov", keras.optimizers.SGD(RATE, momentum=0.9, nesterov=True), True),
        "adam": ("Keras's Adam", keras.optimizers.Adam(RATE, epsilon=1e-8), True),
        "adamw": ("Keras's AdamW", keras.optimizers.AdamW(RATE, epsilon=1e-8, weight_decay=DECAY), False),
        "lion": ("Keras's Lion", keras.optimizers.Lion(RATE, beta_1=0.9, beta_2=0.99, weight_decay=DECAY), False),
        "rmsprop": ("TensorFlow's RMSPropOptimizer", v1.RMSPropOptimizer(RATE, 0.9, 0.9, 1e-3), True),
    }
    for name, (program, optimizer, coupled) in optimizers.items():
        weights, gradients = fresh()
        variables = {key: tf.Variable(value, dtype=tf.float32, name=key) for key, value in weights.items()}
        if not coupled:
            optimizer.exclude_from_weight_decay([value for key, value in variables.items() if "kernel" not in key])
        for gradient in gradients:
            pairs = []
            for key, variable in variables.items():
                value = tf.constant(gradient[key], tf.float32)
                if coupled and key.endswith("kernel"):
                    value += DECAY * variable
                pairs.append((value, variable))
            optimizer.apply_gradients(pairs)
        yield program, name, {key: value.numpy() for key, value in variables.items()}


if __name__ == "__main__":
    parts = {"torch": with_torch, "tensorflow": with_tensorflow}
    found = [
        {"program": program, "optimizer": name, "weights": flat(values)}
        for program, name, values in parts[sys.argv[1]]()
    ]
    programs = {each["program"] for each in found}
    known = json.loads(FILE.read_text())["cases"] if FILE.exists() else []
    weights, gradients = fresh()
    document = {
        "shapes": SHAPES,
        "weights": flat(weights),
        "gradients": [flat(gradient) for gradient in gradients],
        "learningRate": RATE,
        "weightDecay": DECAY,
        "cases": [each for each in known if each["program"] not in programs] + found,
    }
    FILE.write_text(json.dumps(document) + "\n")
