"""Writes checkpoints and SavedModels with TensorFlow, and what they compute.

    python make-files.py FOLDER [SIDE]

Needs tensorflow and keras; with tf_keras, whose SavedModels have layers, it writes one of these as well.
In FOLDER: `images.bin` (float32, [2, SIDE, SIDE, 3]), and for each model a folder or file and `NAME.probabilities.bin`.
"""

import os
import sys

os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'

import keras
import numpy as np
import tensorflow as tf

folder = sys.argv[1]
side = int(sys.argv[2]) if len(sys.argv) > 2 else 64
classes = 10
random = np.random.default_rng(7)
images = random.uniform(0, 255, (2, side, side, 3)).astype('float32')
images.tofile(f'{folder}/images.bin')


def settle(model):
    """Statistics of batch normalization that are not all alike."""
    for weight in model.weights:
        if 'moving_mean' in weight.name:
            weight.assign(random.normal(0, 0.3, weight.shape))
        if 'moving_variance' in weight.name:
            weight.assign(random.uniform(0.5, 1.5, weight.shape))


def expect(name, values):
    np.asarray(values, 'float32').tofile(f'{folder}/{name}.probabilities.bin')


def shortened(applications):
    """EfficientNet-B0 with its first two stages alone: every kind of layer is there, and tracing takes seconds."""
    module = applications.efficientnet
    stages = module.DEFAULT_BLOCKS_ARGS[:2]
    return module.EfficientNet(
        1.0, 1.0, side, weights=None, input_shape=(side, side, 3), classes=classes, blocks_args=stages)


model = shortened(keras.src.applications)
settle(model)
model.export(f'{folder}/keras-3-export', verbose=False)
tf.saved_model.save(model, f'{folder}/keras-3-saved')
tf.train.Checkpoint(model=model, optimizer=keras.optimizers.Adam()).save(f'{folder}/keras-3-checkpoint/model')
for name in ['keras-3-export', 'keras-3-saved', 'keras-3-checkpoint']:
    expect(name, model(images, training=False))

try:
    import tf_keras

    old = shortened(tf_keras.src.applications)
    settle(old)
    old.compile('adam', 'categorical_crossentropy')
    old.save(f'{folder}/keras-2-saved')
    expect('keras-2-saved', old(images, training=False))
except ImportError:
    pass

# TensorFlow 1: variables by reference, optimizer slots, moving averages.
v1 = tf.compat.v1
v1.disable_v2_behavior()
with v1.Session(graph=tf.Graph()) as session, session.graph.as_default():
    with v1.variable_scope('net', use_resource=False):
        pixels = v1.placeholder(tf.float32, [None, side, side, 3], 'images')
        kernel = v1.get_variable('conv/kernel', [3, 3, 3, 8], initializer=v1.random_normal_initializer(0, 0.01, seed=1))
        dense = v1.get_variable('dense/kernel', [8, classes], initializer=v1.random_normal_initializer(seed=2))
        statistics = [v1.get_variable(f'bn/{name}', [8], initializer=v1.random_uniform_initializer(0.5, 1.5, seed=i))
                      for i, name in enumerate(['gamma', 'beta', 'moving_mean', 'moving_variance'])]
        hidden = v1.nn.conv2d(pixels, kernel, strides=[1, 2, 2, 1], padding='SAME')
        hidden, _, _ = v1.nn.fused_batch_norm(hidden, *statistics, epsilon=1e-3, is_training=False)
        logits = tf.matmul(tf.reduce_mean(tf.nn.relu6(hidden), [1, 2]), dense, name='logits')
        probabilities = tf.nn.softmax(logits, name='probabilities')
    step = v1.train.MomentumOptimizer(0.1, 0.9).minimize(tf.reduce_mean(logits), v1.train.get_or_create_global_step())
    averages = v1.train.ExponentialMovingAverage(0.9).apply(v1.trainable_variables())
    session.run(v1.global_variables_initializer())
    session.run([step, averages], {pixels: images})
    expected = session.run(probabilities, {pixels: images})
    builder = v1.saved_model.Builder(f'{folder}/version-1-saved')
    info = v1.saved_model.build_tensor_info
    signature = v1.saved_model.build_signature_def(
        {'images': info(pixels)}, {'logits': info(logits), 'probabilities': info(probabilities)}, 'predict')
    builder.add_meta_graph_and_variables(session, ['serve'], {'serving_default': signature})
    builder.save()
    frozen = v1.graph_util.convert_variables_to_constants(session, session.graph_def, ['net/probabilities'])
    with open(f'{folder}/version-1-frozen.pb', 'wb') as file:
        file.write(frozen.SerializeToString())
    v1.train.Saver().save(session, f'{folder}/version-1-checkpoint/model.ckpt')
for name in ['version-1-saved', 'version-1-frozen.pb']:
    expect(name, expected)
