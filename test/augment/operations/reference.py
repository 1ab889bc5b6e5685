"""Writes reference.json beside this file: what Pillow makes of one image by each operation,
as base64 of uint8 [height, width, 3].

Needs numpy and Pillow: python reference.py
"""

import base64
import json
import pathlib

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

HEIGHT, WIDTH, GREY = 24, 30, (128, 128, 128)

rows, columns, channels = np.mgrid[0:HEIGHT, 0:WIDTH, 0:3]
waves = 90 + 55 * np.sin(0.45 * columns + 1.3 * channels) * np.cos(0.38 * rows) + 3 * rows + 20 * channels
pixels = np.clip(np.round(waves), 0, 255).astype(np.uint8)
pixels[4:7, 3:9] = (250, 40, 10)
pixels[9:12, 10:15] = (12, 60, 200)
pixels[20, 20] = (255, 255, 255)
image = Image.fromarray(pixels)


def encoded(array):
    return base64.b64encode(array.tobytes()).decode()


def affine(*coefficients):
    return image.transform(
        image.size, Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR, fillcolor=GREY
    )


cases = {
    "brightness": [(m, ImageEnhance.Brightness(image).enhance(1 + m)) for m in (-0.9, -0.37, 0.27, 0.9)],
    "contrast": [(m, ImageEnhance.Contrast(image).enhance(1 + m)) for m in (-0.9, -0.37, 0.27, 0.9)],
    "color": [(m, ImageEnhance.Color(image).enhance(1 + m)) for m in (-0.9, -0.37, 0.27, 0.9)],
    "sharpness": [(m, ImageEnhance.Sharpness(image).enhance(1 + m)) for m in (-0.9, -0.37, 0.27, 0.9)],
    "posterize": [(bits, ImageOps.posterize(image, bits)) for bits in (1, 2, 4, 7, 8)],
    "solarize": [(level, ImageOps.solarize(image, level)) for level in (0, 100, 255, 256)],
    "invert": [(0, ImageOps.invert(image))],
    "auto-contrast": [(0, ImageOps.autocontrast(image))],
    "equalize": [(0, ImageOps.equalize(image))],
    "shear-x": [(m, affine(1, m, 0, 0, 1, 0)) for m in (-0.3, 0.21)],
    "shear-y": [(m, affine(1, 0, 0, m, 1, 0)) for m in (-0.3, 0.21)],
    "translate-x": [(m, affine(1, 0, -m, 0, 1, 0)) for m in (-5, 3)],
    "translate-y": [(m, affine(1, 0, 0, 0, 1, -m)) for m in (-5, 3)],
    "rotate": [
        (m, image.rotate(m, Image.Resampling.BILINEAR, fillcolor=GREY)) for m in (-30, 17, 90, 135)
    ],
}

document = {
    "height": HEIGHT,
    "width": WIDTH,
    "image": encoded(pixels),
    "cases": [
        {"operation": name, "magnitude": magnitude, "result": encoded(np.asarray(result))}
        for name, results in cases.items()
        for magnitude, result in results
    ],
}
path = pathlib.Path(__file__).with_name("reference.json")
path.write_text(json.dumps(document, separators=(",", ":")) + "\n")
