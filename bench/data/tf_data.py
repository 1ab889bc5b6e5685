"""tf.data with TensorFlow's own decoder, which decodes only what is cut out.

python tf_data.py JOB    # JSON: see job.ts
"""

import json
import math
import sys

import tensorflow as tf

import rounds

job = json.loads(sys.argv[1])
SIDE = job["imageSize"]
TRIES = 10


def random_box(shape):
    """top, left, height, width: drawn as by torchvision's RandomResizedCrop.

    tf.image.sample_distorted_bounding_box draws smaller parts: of its area the square root is uniform.
    """
    height, width = shape[0], shape[1]
    area = tf.cast(height * width, tf.float32) * tf.random.uniform([TRIES], 0.08, 1.0)
    ratio = tf.exp(tf.random.uniform([TRIES], math.log(3 / 4), math.log(4 / 3)))
    across = tf.cast(tf.round(tf.sqrt(area * ratio)), tf.int32)
    down = tf.cast(tf.round(tf.sqrt(area / ratio)), tf.int32)
    first = tf.argmax(tf.cast((across <= width) & (down <= height), tf.int32))
    across = tf.minimum(across[first], width)
    down = tf.minimum(down[first], height)
    top = tf.random.uniform([], 0, height - down + 1, tf.int32)
    left = tf.random.uniform([], 0, width - across + 1, tf.int32)
    return tf.stack([top, left, down, across])


def load(path):
    content = tf.io.read_file(path)
    box = random_box(tf.image.extract_jpeg_shape(content))
    part = tf.image.decode_and_crop_jpeg(content, box, channels=3)
    return tf.cast(tf.image.resize(part, [SIDE, SIDE]) + 0.5, tf.uint8)


dataset = (
    tf.data.Dataset.from_tensor_slices(rounds.files_of(job) * job["repeats"])
    .map(load, num_parallel_calls=tf.data.AUTOTUNE)
    .batch(job["batchSize"])
    .prefetch(tf.data.AUTOTUNE)
)


def one_pass():
    return sum(batch.shape[0] for batch in dataset)


rounds.serve(f"TensorFlow {tf.__version__}", one_pass)
