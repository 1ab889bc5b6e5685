"""Lists keys, shapes, batch-norm epsilon and padding of pretrained models' architectures, as their libraries have them.

    pip install torch timm==1.0.31 torchvision==0.29.2 efficientnet_pytorch==0.7.1
    python torch-keys.py torch-keys.json.gz

The result is compressed JSON: {models: [{library, version, model, base, epsilon, padding, weights}], lists}, where
`weights` is an index into `lists`, and a list is one text of "key 1x2x3" lines. Nothing is allocated: the models are made on
torch's meta device.
"""
import gzip
import json
import sys
import warnings
from importlib.metadata import version

import efficientnet_pytorch
import timm
import torch
import torchvision

B = range(9)
TIMM = {
    **{f'tf_efficientnet_b{i}': f'efficientnet-b{i}' for i in B},
    'tf_efficientnet_l2': 'efficientnet-l2',
    **{f'tf_efficientnet_lite{i}': f'efficientnet-lite{i}' for i in range(5)},
    **{f'tf_efficientnetv2_{m}': f'efficientnet-v2-{m}' for m in ('b0', 'b1', 'b2', 'b3', 's', 'm', 'l')},
    'tf_mobilenetv3_large_100': 'mobilenet-v3-large',
    'tf_mobilenetv3_small_100': 'mobilenet-v3-small',
    **{f'efficientnet_b{i}': f'efficientnet-b{i}' for i in B},
    'efficientnet_l2': 'efficientnet-l2',
    **{f'efficientnet_lite{i}': f'efficientnet-lite{i}' for i in range(5)},
    **{f'efficientnetv2_{m}': f'efficientnet-v2-{m}' for m in ('s', 'm', 'l')},
    'mobilenetv2_100': 'mobilenet-v2',
    'mobilenetv3_large_100': 'mobilenet-v3-large',
    'mobilenetv3_small_100': 'mobilenet-v3-small',
    **{f'resnet{d}': f'resnet-{d}' for d in (50, 101, 152)},
}
TORCHVISION = {
    **{f'resnet{d}': f'resnet-{d}' for d in (50, 101, 152)},
    **{f'efficientnet_b{i}': f'efficientnet-b{i}' for i in range(8)},
    **{f'efficientnet_v2_{m}': f'efficientnet-v2-{m}' for m in 'sml'},
    'mobilenet_v2': 'mobilenet-v2',
    'mobilenet_v3_large': 'mobilenet-v3-large',
    'mobilenet_v3_small': 'mobilenet-v3-small',
}
LUKEMELAS = {f'efficientnet-b{i}': f'efficientnet-b{i}' for i in B}


def padding_of(network):
    """`same` where strided windows are padded as TensorFlow does it: then torch's own padding is 0."""
    strided = [m for m in network.modules() if isinstance(m, torch.nn.Conv2d) and m.stride[0] == 2]
    windows = [m for m in strided if m.kernel_size[0] > 1]
    symmetric = [m.padding[0] == m.kernel_size[0] // 2 for m in windows]
    assert all(symmetric) or not any(symmetric)
    return 'symmetric' if all(symmetric) else 'same'


def epsilon_of(network):
    [epsilon] = {m.eps for m in network.modules() if isinstance(m, torch.nn.BatchNorm2d)}
    return epsilon


def describe(library, model, base, network):
    shape = lambda tensor: 'x'.join(str(size) for size in tensor.shape)
    return {
        'library': library,
        'version': version(library),
        'model': model,
        'base': base,
        'epsilon': epsilon_of(network),
        'padding': padding_of(network),
        'weights': '\n'.join(f'{key} {shape(tensor)}' for key, tensor in network.state_dict().items()),
    }


def main(path):
    warnings.filterwarnings('ignore')
    models = []
    with torch.device('meta'):
        for name, base in TIMM.items():
            models.append(describe('timm', name, base, timm.create_model(name)))
        for name, base in TORCHVISION.items():
            models.append(describe('torchvision', name, base, getattr(torchvision.models, name)()))
        for name, base in LUKEMELAS.items():
            network = efficientnet_pytorch.EfficientNet.from_name(name)
            models.append(describe('efficientnet_pytorch', name, base, network))
    lists = sorted({model['weights'] for model in models})
    result = {'models': [{**model, 'weights': lists.index(model['weights'])} for model in models], 'lists': lists}
    with open(path, 'wb') as file:
        # Neither a time nor a name in it: equal lists are equal files.
        with gzip.GzipFile(filename='', fileobj=file, mode='wb', mtime=0) as packed:
            packed.write(json.dumps(result, separators=(',', ':')).encode())


main(sys.argv[1])
