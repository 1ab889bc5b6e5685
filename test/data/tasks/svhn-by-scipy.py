"""Writes svhn-by-scipy.mat, SVHN's layout with two images, by scipy (1.17.1 when it was made): python svhn-by-scipy.py svhn-by-scipy.mat"""

import sys

import numpy as np
import scipy.io

row, column, channel, image = np.meshgrid(*map(np.arange, (32, 32, 3, 2)), indexing="ij")
pixels = ((8 * row + column + 85 * channel + 40 * image) % 256).astype(np.uint8)
labels = np.array([[10], [3]], dtype=np.uint8)
scipy.io.savemat(sys.argv[1], {"note": "written by scipy", "X": pixels, "y": labels}, do_compression=True)
