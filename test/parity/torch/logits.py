"""Logits of timm's and torchvision's models on weights that a formula gives, for the tests beside this file.

    pip install torch timm==1.0.31 torchvision==0.29.2 safetensors numpy
    python logits.py expected.json  # what the tests compare with; then: npx biome format --write expected.json
    python logits.py --write FOLDER LIBRARY MODEL IMAGE_SIZE
        # writes model.safetensors, model.pth, model-legacy.pth, and prints the logits: for the tests, where they
        # have such a Python

fill.ts computes the same weights: value i of a tensor comes from a hash of the tensor's name and of i.
"""
import json
import math
import sys
import warnings

import numpy
import safetensors.torch
import timm
import torch
import torchvision

CLASSES = 10
# 67 is odd: there, TensorFlow's padding is symmetric too, but not at every layer below.
MODELS = [
    ('timm', 'tf_efficientnet_b0', 64),
    ('timm', 'efficientnet_lite0', 64),
    ('timm', 'resnet50', 64),
    ('timm', 'efficientnet_b0', 64),
    ('timm', 'efficientnet_b0', 67),
    ('timm', 'mobilenetv2_100', 64),
    ('timm', 'tf_efficientnetv2_s', 64),
    ('timm', 'mobilenetv3_large_100', 64),
    ('torchvision', 'resnet50', 64),
    ('torchvision', 'efficientnet_b0', 64),
    ('torchvision', 'mobilenet_v3_large', 64),
]


def uniform(name, count):
    """Numbers in 0..1, of 32 bits, by name (FNV-1a) and index (the finalizer of MurmurHash3)."""
    seed = 0x811C9DC5
    for byte in name.encode():
        seed = (seed ^ byte) * 0x01000193 & 0xFFFFFFFF
    x = numpy.arange(count, dtype=numpy.uint32) * numpy.uint32(0x9E3779B1) + numpy.uint32(seed)
    x = (x ^ x >> numpy.uint32(16)) * numpy.uint32(0x85EBCA6B)
    x = (x ^ x >> numpy.uint32(13)) * numpy.uint32(0xC2B2AE35)
    x ^= x >> numpy.uint32(16)
    return x / 2.0**32


def fill(name, shape):
    """Kernels by their fan-in; normalizations near 1, their statistics away from what they start as."""
    u = uniform(name, math.prod(shape))
    if len(shape) > 1:
        values = (2 * u - 1) * math.sqrt(4 / math.prod(shape[1:]))
    elif name.endswith('running_var'):
        values = 0.5 + u
    elif name.endswith('weight'):
        values = 0.8 + 0.4 * u
    else:
        values = 0.2 * (2 * u - 1)
    return torch.from_numpy(values.astype(numpy.float32).reshape(shape))


def image(size):
    """x[h, w, c] = sin(0.05 h + 0.031 w + 1.7 c), as [1, 3, height, width]."""
    c, h, w = numpy.meshgrid(numpy.arange(3), numpy.arange(size), numpy.arange(size), indexing='ij')
    return torch.from_numpy(numpy.sin(0.05 * h + 0.031 * w + 1.7 * c).astype(numpy.float32))[None]


def make(library, model):
    if library == 'timm':
        network = timm.create_model(model, num_classes=CLASSES)
    else:
        network = getattr(torchvision.models, model)(num_classes=CLASSES)
    state = network.state_dict()
    for name, tensor in state.items():
        if not name.endswith('num_batches_tracked'):
            tensor.copy_(fill(name, tuple(tensor.shape)))
    return network.eval()


def logits(network, size):
    with torch.no_grad():
        return network(image(size))[0].tolist()


def write(folder, library, model, size):
    network = make(library, model)
    state = network.state_dict()
    safetensors.torch.save_file(state, f'{folder}/model.safetensors', metadata={'format': 'pt'})
    torch.save(state, f'{folder}/model.pth')
    torch.save(state, f'{folder}/model-legacy.pth', _use_new_zipfile_serialization=False)
    print(json.dumps(logits(network, int(size))))


def main(arguments):
    warnings.filterwarnings('ignore')
    if arguments[0] == '--write':
        return write(*arguments[1:])
    rows = [
        {'library': library, 'model': model, 'imageSize': size, 'logits': logits(make(library, model), size)}
        for library, model, size in MODELS
    ]
    with open(arguments[0], 'w') as file:
        file.write(json.dumps(rows, indent=2) + '\n')


main(sys.argv[1:])
