"""Lists keys and shapes of the models of keras.applications.

    pip install tensorflow-cpu keras==3.15.1
    python keras-keys.py keras-keys.json.gz

The result is as torch-keys.py writes it, without epsilon and padding. Weights are made, and thrown away.
"""
import gzip
import json
import sys
from importlib.metadata import version

import keras

MODELS = {
    **{f'EfficientNetB{i}': f'efficientnet-b{i}' for i in range(8)},
    **{f'EfficientNetV2{m}': f'efficientnet-v2-{m.lower()}' for m in ('B0', 'B1', 'B2', 'B3', 'S', 'M', 'L')},
    'MobileNetV2': 'mobilenet-v2',
    'MobileNetV3Small': 'mobilenet-v3-small',
    'MobileNetV3Large': 'mobilenet-v3-large',
    **{f'ResNet{d}': f'resnet-{d}-v1' for d in (50, 101, 152)},
}


def describe(model, base):
    network = getattr(keras.applications, model)(weights=None)
    shape = lambda weight: 'x'.join(str(size) for size in weight.shape)
    weights = [f'{layer.name}/{weight.name} {shape(weight)}' for layer in network.layers for weight in layer.weights]
    keras.backend.clear_session()
    return {
        'library': 'keras',
        'version': version('keras'),
        'model': model,
        'base': base,
        'weights': '\n'.join(weights),
    }


def main(path):
    models = [describe(model, base) for model, base in MODELS.items()]
    lists = sorted({model['weights'] for model in models})
    result = {'models': [{**model, 'weights': lists.index(model['weights'])} for model in models], 'lists': lists}
    with open(path, 'wb') as file:
        # Neither a time nor a name in it: equal lists are equal files.
        with gzip.GzipFile(filename='', fileobj=file, mode='wb', mtime=0) as packed:
            packed.write(json.dumps(result, separators=(',', ':')).encode())


main(sys.argv[1])
