"""Writes the MATLAB files beside it, small ones of the layouts of Oxford Flowers-102, Stanford Cars and ImageNet's development kit, by scipy (1.17.1 when they were made): python write.py"""

import pathlib
import re

import numpy as np
import scipy.io

here = pathlib.Path(__file__).parent


def save(name, **variables):
    scipy.io.savemat(here / name, variables, do_compression=True)


def structures(entries, fields):
    array = np.empty((1, len(entries)), dtype=[(field, object) for field in fields])
    for i, entry in enumerate(entries):
        array[0, i] = entry
    return array


# Flowers: image i of 1..306 is of class (i - 1) % 102 + 1; the sets take 102 images each, from behind.
images = np.arange(1, 307)
save("imagelabels.mat", labels=((images - 1) % 102 + 1).astype(np.uint8)[None, :])
by_set = images[::-1].reshape(3, 1, 102).astype(np.uint16)
save("setid.mat", trnid=by_set[0], valid=by_set[1], tstid=by_set[2])

# Cars: image i of each set is of class 196 - i.
names = np.empty((1, 196), dtype=object)
names[0] = [f"Make {i // 14} Model {i} Coupé" for i in range(1, 197)]
save("cars_meta.mat", class_names=names)
save("cars_meta_of_3.mat", class_names=names[:, :3])
fields = ["bbox_x1", "bbox_y1", "bbox_x2", "bbox_y2", "class", "fname"]
for name in ["cars_train_annos.mat", "cars_test_annos_withlabels.mat"]:
    boxes = [(39, 116, 569, 375, np.uint8(196 - i), f"{i + 1:05d}.jpg") for i in range(196)]
    save(name, annotations=structures(boxes, fields))

# ImageNet: class i of 0..999 has the number (7 i + 3) % 1000 + 1; behind the classes come synsets above them.
labels = (here / "../../../../models/labels/imagenet-1k.ts").read_text()
wnids = re.findall(r"^(n\d{8}) ", labels, re.MULTILINE)
assert len(wnids) == 1000
number_of = {wnid: (7 * i + 3) % 1000 + 1 for i, wnid in enumerate(wnids)}
synsets = [(number_of[wnid], wnid, "a word, another", "what it is", 0, np.empty((1, 0)), 0, 1300) for wnid in wnids]
synsets.append((1001, "n00001740", "entity", "that which is", 2, np.array([[3, 4]]), 19, 0))
synsets.sort(key=lambda synset: synset[0])
columns = ["ILSVRC2012_ID", "WNID", "words", "gloss", "num_children", "children", "wordnet_height", "num_train_images"]
save("meta.mat", synsets=structures(synsets, columns).T)
