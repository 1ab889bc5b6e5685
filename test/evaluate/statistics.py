"""Writes statistics.json: what scikit-learn, SciPy and NumPy make of two models' logits.

    pip install numpy scipy scikit-learn
    python statistics.py > statistics.json
"""

import json

import numpy as np
from scipy.special import softmax
from scipy.stats import binomtest, chi2
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

IMAGES, CLASSES, BINS = 150, 6, 15
random = np.random.default_rng(7)


def model(labels, strength):
    logits = random.normal(size=(IMAGES, CLASSES))
    logits[np.arange(IMAGES), labels] += strength
    # The last class is never said, and quarters make some images equally sure.
    logits[:, -1] -= 20
    return np.round(logits * 4) / 4 + np.arange(CLASSES) / 64


def ece(labels, probabilities):
    confidence, predicted = probabilities.max(axis=1), probabilities.argmax(axis=1)
    edges = np.linspace(0, 1, BINS + 1)
    total, bins = 0.0, []
    for low, high in zip(edges[:-1], edges[1:]):
        inside = (confidence > low) & (confidence <= high)
        count = int(inside.sum())
        if count:
            accuracy = float((predicted[inside] == labels[inside]).mean())
            mean = float(confidence[inside].mean())
            total += abs(accuracy - mean) * count / IMAGES
            bins.append([count, mean, accuracy])
        else:
            bins.append([0, None, None])
    return total, bins


def mcnemar(b, c):
    if b + c < 25:
        p = 1.0 if b + c == 0 else binomtest(b, b + c, 0.5).pvalue
        return min(b, c), float(p)
    statistic = max(0, abs(b - c) - 1) ** 2 / (b + c)
    return statistic, float(chi2.sf(statistic, 1))


labels = np.concatenate([np.arange(CLASSES), random.integers(0, CLASSES - 1, IMAGES - CLASSES)])
first, second = model(labels, 2.0), model(labels, 1.0)
probabilities = softmax(first, axis=1)
predicted = probabilities.argmax(axis=1)
precision, recall, f1, support = precision_recall_fscore_support(labels, predicted, zero_division=0)
macro = precision_recall_fscore_support(labels, predicted, zero_division=0, average="macro")[:3]
error, bins = ece(labels, probabilities)
order = np.argsort(-probabilities.max(axis=1), kind="stable")
right = (predicted == labels)
b = int((right & (second.argmax(axis=1) != labels)).sum())
c = int((~right & (second.argmax(axis=1) == labels)).sum())
PAIRS = [(0, 0), (3, 3), (1, 9), (10, 14), (12, 12), (5, 20), (13, 13), (40, 12), (200, 120), (900, 100)]

print(json.dumps({
    "labels": labels.tolist(),
    "first": first.ravel().tolist(),
    "second": second.ravel().tolist(),
    "classes": [list(row) for row in zip(precision.tolist(), recall.tolist(), f1.tolist(), support.tolist())],
    "macro": [float(value) for value in macro],
    "confusion": confusion_matrix(labels, predicted).tolist(),
    "ece": error,
    "bins": bins,
    "discordant": [b, c],
    "mcnemar": [[b, c, *mcnemar(b, c)] for b, c in PAIRS],
}))
