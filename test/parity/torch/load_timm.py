"""Opens exported folders in timm, strictly, and computes logits of images that are scaled as the folder's config says.

usage: load_timm.py REQUEST.json ANSWER.json

REQUEST is a list of {"folder": PATH, "images": PATH of float32 values in 0..255, "shape": [batch, height, width, 3]}.
ANSWER is a list of what `run` gives: logits, and what timm made of the config.
"""

import json
import sys
import warnings

import numpy
import safetensors.torch
import timm
import torch


def run(folder, images, shape):
    model = timm.create_model(f"local-dir:{folder}", pretrained=True).eval()
    state = safetensors.torch.load_file(f"{folder}/model.safetensors")
    missing, unexpected = model.load_state_dict(state, strict=True)
    assert not missing and not unexpected
    config = model.pretrained_cfg
    # The names are all of those that the network has, no more.
    assert sorted(state) == sorted(model.state_dict()), set(state) ^ set(model.state_dict())
    with open(f"{folder}/config.json") as file:
        described = json.load(file)
    by_name = timm.create_model(
        described["architecture"],
        num_classes=described["num_classes"],
        checkpoint_path=f"{folder}/model.safetensors",
        **described.get("model_args", {}),
    ).eval()
    pixels = numpy.fromfile(images, "float32").reshape(shape) / 255
    scaled = (pixels - numpy.array(config["mean"])) / numpy.array(config["std"])
    x = torch.from_numpy(scaled.astype("float32").transpose(0, 3, 1, 2).copy())
    with torch.no_grad():
        logits = model(x)
        assert torch.equal(logits, by_name(x))
    other = timm.create_model(f"local-dir:{folder}", pretrained=True, num_classes=3)
    return {
        "logits": logits.flatten().tolist(),
        "labels": config["label_names"],
        "architecture": config["architecture"],
        "inputSize": list(config["input_size"]),
        "numFeatures": described["num_features"],
        "inFeatures": model.get_classifier().in_features,
        "otherHead": other.get_classifier().out_features,
    }


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    request, answer = sys.argv[1:]
    with open(request) as file:
        rows = [run(**row) for row in json.load(file)]
    with open(answer, "w") as file:
        json.dump(rows, file)
