"""Train a small detector of people and vehicles on HIT-UAV pictures, on one CPU core, and write it as ONNX.

    python builders/train_small_detector.py OUT.onnx [--steps 2200] [--minutes 55]

Needs torch, onnx, onnxscript and opencv in an environment of its own (`pip install torch onnx onnxscript
opencv-python-headless`), and ../shared/data/thermal/hituav.  It proves the seam for a user's own network
(`watchline detect --model`); no weights are kept in the repository.

The network: about 90 000 weights, a centre map on every fourth pixel, a wider branch on every eighth, and
boxes beside it. Its output is laid out as YOLO v8 does: (1, 4 + classes, cells), rows x, y, w, h in pixels of
the input, then one score a class.  Pictures whose frame number lies in every third hundred are never trained
on; `is_held_out` is the one truth of that, and the benchmark uses it too.  Same seed, same machine, same weights.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "thermal" / "hituav"
CLASSES = ("person", "vehicle")
CLASS_OF = {"person": 0, "car": 1, "othervehicle": 1}
ROWS, COLS, CROP, STRIDE, BATCH = 512, 640, 256, 4, 8


def is_held_out(name: str) -> bool:
    """Return whether a picture is kept for scoring: its frame number lies in every third hundred."""
    return int(name.rsplit("_", 1)[1].split(".")[0]) // 100 % 3 == 0


class Net(nn.Module):
    """Greys 0..1 (N, 1, rows, cols) to centre logits (N, classes, r, c) and boxes (N, 4, r, c)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(_conv(1, 16, 2), _conv(16, 32, 2))
        self.near = nn.Sequential(_conv(32, 32), _conv(32, 32))
        self.wide = nn.Sequential(_conv(32, 48, 2), _conv(48, 48, dilation=2), _conv(48, 32, dilation=4))
        self.join = _conv(32, 32)
        self.centre = nn.Conv2d(32, len(CLASSES), 1)
        self.box = nn.Conv2d(32, 4, 1)
        nn.init.constant_(self.centre.bias, -4.0)

    def forward(self, grey: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = self.stem((grey - 0.5) * 4.0)
        wide = F.interpolate(self.wide(x), scale_factor=2.0, mode="nearest")
        x = self.join(self.near(x) + wide)
        return self.centre(x), self.box(x)


class AsYolo8(nn.Module):
    """The network with its output in YOLO v8's layout; a cell that is no local maximum scores nothing."""

    def __init__(self, net: Net) -> None:
        super().__init__()
        self.net = net
        r, c = ROWS // STRIDE, COLS // STRIDE
        y, x = torch.meshgrid(torch.arange(r), torch.arange(c), indexing="ij")
        self.register_buffer("cell", torch.stack([x, y]).float()[None])

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        logit, box = self.net(images)
        score = torch.sigmoid(logit)
        score = score * (score >= F.max_pool2d(score, 3, 1, 1)).float()
        centre = (self.cell + 0.5 + box[:, :2]) * STRIDE
        size = torch.exp(box[:, 2:]) * STRIDE
        return torch.cat([centre, size, score], 1).flatten(2)


def _conv(a: int, b: int, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    conv = nn.Conv2d(a, b, 3, stride, dilation, dilation, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(b), nn.ReLU(inplace=True))


def load() -> list[tuple[np.ndarray, np.ndarray]]:
    """Return pictures with their boxes: rows x, y, w, h, class; class -1 is ignored ground."""
    truth = json.loads((DATA / "gt.json").read_text())
    out = []
    for name in sorted(n for n in truth if not is_held_out(n)):
        grey = cv2.imread(str(DATA / truth[name]["file"]), cv2.IMREAD_GRAYSCALE)
        rows = [[*b["bbox"], CLASS_OF.get(b["class"], -1)] for b in truth[name]["frames"][0]]
        out.append((grey, np.array(rows, np.float32).reshape(-1, 5)))
    return out


def sample(data: list[Any], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return one crop: greys, centre map (0..1), box targets and weights."""
    grey, boxes = data[rng.integers(len(data))]
    boxes, scale = boxes.copy(), float(np.exp(rng.uniform(-0.5, 0.4)))
    grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    boxes[:, :4] *= scale
    side = (max(0, CROP - grey.shape[0]), max(0, CROP - grey.shape[1]))
    grey = cv2.copyMakeBorder(grey, 0, side[0], 0, side[1], cv2.BORDER_REFLECT)
    y0, x0 = rng.integers(grey.shape[0] - CROP + 1), rng.integers(grey.shape[1] - CROP + 1)
    if len(boxes) and rng.random() < 0.7:  # most crops hold somebody
        b = boxes[rng.integers(len(boxes))]
        x0 = int(np.clip(b[0] - rng.uniform(0, CROP), 0, grey.shape[1] - CROP))
        y0 = int(np.clip(b[1] - rng.uniform(0, CROP), 0, grey.shape[0] - CROP))
    crop = grey[y0 : y0 + CROP, x0 : x0 + CROP].astype(np.float32) / 255.0
    boxes[:, :2] -= (x0, y0)
    if rng.random() < 0.5:
        crop, boxes[:, 0] = crop[:, ::-1], CROP - boxes[:, 0] - boxes[:, 2]
    crop = (crop - 0.5) * rng.uniform(0.6, 1.4) + 0.5 + rng.uniform(-0.15, 0.15)
    return _targets(np.clip(crop + rng.normal(0, 0.01, crop.shape), 0, 1).astype(np.float32), boxes)


def _targets(crop: np.ndarray, boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    n = CROP // STRIDE
    heat, box, weight = np.zeros((2, n, n), np.float32), np.zeros((4, n, n), np.float32), np.ones((n, n), np.float32)
    yy, xx = np.mgrid[0:n, 0:n].astype(np.float32)
    inside = np.zeros((n, n), np.float32)
    for x, y, w, h, kind in boxes:
        cx, cy = (x + w / 2) / STRIDE - 0.5, (y + h / 2) / STRIDE - 0.5
        if not (0 <= cx < n and 0 <= cy < n) or kind < 0:
            weight[
                max(int(y / STRIDE), 0) : int((y + h) / STRIDE) + 1,
                max(int(x / STRIDE), 0) : int((x + w) / STRIDE) + 1,
            ] = 0
            continue
        sx, sy = max(w / STRIDE / 5, 0.6), max(h / STRIDE / 5, 0.6)
        ix, iy = min(round(float(cx)), n - 1), min(round(float(cy)), n - 1)
        heat[int(kind)] = np.maximum(heat[int(kind)], np.exp(-0.5 * (((xx - ix) / sx) ** 2 + ((yy - iy) / sy) ** 2)))
        near = (abs(xx - ix) <= 1) & (abs(yy - iy) <= 1)
        box[:, near] = np.stack(
            [
                cx - xx[near],
                cy - yy[near],
                np.full(near.sum(), np.log(w / STRIDE)),
                np.full(near.sum(), np.log(h / STRIDE)),
            ]
        )
        inside[near] = 1
    return crop[None], heat, np.concatenate([box, inside[None]]), weight[None]


def loss_of(net: Net, batch: list[torch.Tensor]) -> torch.Tensor:
    """Return the focal loss of the centres (Zhou et al. 2019, eq. 1) and the absolute loss of the boxes."""
    crop, heat, box, weight = batch
    logit, said = net(crop)
    p = torch.sigmoid(logit).clamp(1e-5, 1 - 1e-5)
    here = (heat > 0.99).float()
    focal = here * (1 - p) ** 2 * torch.log(p) + (1 - here) * (1 - heat) ** 4 * p**2 * torch.log(1 - p) * weight
    count = here.sum().clamp(min=1)
    inside = box[:, 4:]
    return -focal.sum() / count + (torch.abs(said - box[:, :4]) * inside).sum() / inside.sum().clamp(min=1)


def main() -> None:
    """Train and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--steps", type=int, default=2200)
    parser.add_argument("--minutes", type=float, default=55.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    rng, data, net = np.random.default_rng(options.seed), load(), Net()
    print(f"{len(data)} pictures, {sum(p.numel() for p in net.parameters())} weights")
    optimiser = torch.optim.AdamW(net.parameters(), 2e-3, weight_decay=1e-4)
    started, mean = time.process_time(), 0.0
    for step in range(options.steps):
        share = max(step / options.steps, (time.process_time() - started) / 60.0 / options.minutes)
        if share >= 1.0:
            break
        for group in optimiser.param_groups:
            group["lr"] = 2e-3 * min(1.0, (step + 1) / 100) * 0.5 * (1 + np.cos(np.pi * share)) + 1e-6
        batch = [
            torch.from_numpy(np.stack(part)) for part in zip(*(sample(data, rng) for _ in range(BATCH)), strict=True)
        ]
        loss = loss_of(net, batch)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        mean += (float(loss.detach()) - mean) / min(step + 1, 50)
        if step % 50 == 0:
            print(f"step {step} loss {mean:.3f} {(time.process_time() - started) / 60:.1f} min", flush=True)
    net.eval()
    example = torch.zeros(1, 1, ROWS, COLS)
    torch.onnx.export(
        AsYolo8(net), (example,), str(options.out), input_names=["images"], output_names=["output0"],
        opset_version=18, external_data=False,
    )  # fmt: skip
    _say_what_it_is(options.out)


def _say_what_it_is(path: Path) -> None:
    import onnx

    model = onnx.load(path)
    for key, value in {
        "names": json.dumps(dict(enumerate(CLASSES))),
        "version": "hituav-1",
        "layout": "yolo8",
    }.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.save(model, path)
    print(f"wrote {path}")


if __name__ == "__main__":
    main()
