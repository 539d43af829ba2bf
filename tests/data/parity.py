#!/usr/bin/env python3
"""Writes parity.safetensors: what PyTorch computes with the weights of a model file, for `tests/parity.rs`.
Usage: parity.py MODEL, with torch, numpy, safetensors and pillow installed. The images are crops of astronaut.png."""

import json
import math
import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file, save_file

HERE = pathlib.Path(__file__).parent


def main():
    with safe_open(sys.argv[1], "pt") as file:
        meta = file.metadata()
    size, stages = int(meta["image_size"]), int(math.log2(int(meta["image_size"]) / 4))
    w = {name: value.float() for name, value in load_file(sys.argv[1]).items()}

    def encode(x):
        for k in range(1, stages + 1):
            x = F.leaky_relu(F.conv2d(x, w[f"enc.conv{k}.weight"], w[f"enc.conv{k}.bias"], 2, 2), 0.2)
        x = F.elu(F.linear(x.flatten(1), w["enc.fc1.weight"], w["enc.fc1.bias"]))
        return F.linear(x, w["enc.mu.weight"], w["enc.mu.bias"])

    def decode(z):
        x = F.relu(F.linear(z, w["dec.fc.weight"], w["dec.fc.bias"])).view(len(z), -1, 4, 4)
        for k in range(1, stages):
            name = f"dec.deconv{k}"
            x = F.relu(F.conv_transpose2d(x, w[f"{name}.weight"], w[f"{name}.bias"], 2, 2, 1))
        return torch.tanh(F.conv_transpose2d(x, w["dec.out.weight"], w["dec.out.bias"], 2, 2, 1))

    photo = Image.open(HERE / "astronaut.png").convert("RGB")
    crops = [(224 + dx, 100 + dy, side) for dx, dy, side in [(0, 0, 165), (6, -4, 150), (-9, 5, 190), (60, 160, 240)]]
    boxes = [(x - s / 2, y - s / 2, x + s / 2, y + s / 2) for x, y, s in crops]
    pixels = [np.asarray(photo.crop(tuple(map(round, b))).resize((size, size), Image.BOX)) for b in boxes]
    x = torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2).float() / 127.5 - 1
    weight = torch.zeros(size, size)
    weight[size // 5 : size // 3, size // 3 : 2 * size // 3] = 1
    weight[size // 4, size // 2] = 0.25
    colour = torch.tensor([-0.8, -0.7, -0.5])
    mu = encode(x)
    z = mu.detach().clone().requires_grad_(True)
    made = decode(z)
    loss = (weight * (made - colour.view(3, 1, 1)) ** 2).sum((1, 2, 3)) / (3 * weight.sum())
    (grad,) = torch.autograd.grad(loss.sum(), z)
    tensors = dict(x=x, mu=mu, z=z, reconstruction=made, weight=weight, colour=colour, loss=loss, grad=grad)
    made_of = json.dumps({"torch": torch.__version__, "model": meta["name"]})
    save_file({k: v.detach().contiguous() for k, v in tensors.items()}, HERE / "parity.safetensors", {"made_of": made_of})


if __name__ == "__main__":
    main()
