"""PyTorch's DataLoader with Pillow and torchvision's transforms.

python torch_loader.py JOB    # JSON: see job.ts
"""

import json
import multiprocessing
import sys

import PIL
import torch
import torchvision
from PIL import Image, features
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

import rounds

job = json.loads(sys.argv[1])


class Photographs(Dataset):
    def __init__(self, files, transform):
        self.files = files
        self.transform = transform

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        # As torchvision's ImageFolder opens them.
        with open(self.files[index], "rb") as file:
            return self.transform(Image.open(file).convert("RGB"))


everything = [
    transforms.RandomHorizontalFlip(),
    transforms.ColorJitter(brightness=0.4, contrast=0.4, saturation=0.4),
    transforms.RandAugment(num_ops=2, magnitude=9),
]
transform = transforms.Compose(
    [
        transforms.RandomResizedCrop(job["imageSize"]),
        *(everything if job["augmented"] else []),
        transforms.PILToTensor(),
    ]
)
loader = DataLoader(
    Photographs(rounds.files_of(job) * job["repeats"], transform),
    batch_size=job["batchSize"],
    num_workers=job["workers"],
    # Otherwise each pass would start them anew.
    persistent_workers=True,
)


def one_pass():
    return sum(batch.shape[0] for batch in loader)


jpeg = f"libjpeg-turbo {features.version('libjpeg_turbo')}" if features.check("libjpeg_turbo") else "libjpeg"
simd = "Pillow-SIMD" if "post" in PIL.__version__ else "Pillow"
rounds.serve(
    f"PyTorch {torch.__version__}, torchvision {torchvision.__version__}, {simd} {PIL.__version__} with {jpeg}",
    one_pass,
    workers=lambda: [child.pid for child in multiprocessing.active_children()],
)
