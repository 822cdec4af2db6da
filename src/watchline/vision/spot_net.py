"""A second look at the strongest peaks of a picture: a small network says subject or not, and draws the outline.

Theory.  A flood from a peak knows how far it stands out, not what it looks like; corners of roofs, wave crests
and star-shaped reflections stand out as far as people do.  A network of some twenty thousand weights looks at 32 x 32
pixels around each of the strongest peaks, at a four times coarser view of the same place, and at how the peak
ranks among the picture's own.  `builders/train_spot_net.py` trains it on pictures that we make; both sides use
`patches` and `cues` of this file and so see the same numbers.
It is off (`SpotSettings.looks` is 0) and no weights come with the project: trained on pictures whose licence allows
it, it finds less than the flood alone (design/011).

Rules: run by OpenCV's own network engine on one core, no other dependency; the weights are a file that the
script leaves in this room; same picture in, same answer out.
Limits: outlines reach 16 px from the peak; larger subjects keep the outline of their flood.  OpenCV's network
holds its inputs, so one process looks from one thread (cameras run in processes of their own).
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from functools import cache
from importlib import resources

import cv2
import numpy as np
from numpy.typing import NDArray

from watchline.domain.errors import BadInput

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]

SIDE_PX = 32
COARSE = 4  # the second view covers four times as much
CHANNELS, CUES = 4, 4
HALF = SIDE_PX // 2
WEIGHTS = "spot_net.npz"
LEAST_PEAK = 4.0  # grey steps; a weaker peak is not blown up to full height
LEAST_SCALE = 4.0


def patches(grey: F4, peaks_px: NDArray[np.int64]) -> F4:
    """Return (N, CHANNELS, SIDE_PX, SIDE_PX) what the network sees of each peak.

    grey: (rows, cols) grey steps, subjects bright; peaks_px: (N, 2) column and row of the peaks.
    """
    margin = SIDE_PX
    wide = cv2.copyMakeBorder(grey, margin, margin, margin, margin, cv2.BORDER_REFLECT_101)
    small = (-(-grey.shape[1] // COARSE), -(-grey.shape[0] // COARSE))
    coarse = cv2.resize(grey, small, interpolation=cv2.INTER_AREA)
    wide_coarse = cv2.copyMakeBorder(coarse, margin, margin, margin, margin, cv2.BORDER_REPLICATE)
    near, far = np.empty((2, len(peaks_px), SIDE_PX, SIDE_PX), np.float32)
    low = margin - HALF
    for k, (x, y) in enumerate(peaks_px):
        near[k] = wide[y + low : y + low + SIDE_PX, x + low : x + low + SIDE_PX]
        u, v = x // COARSE, y // COARSE
        far[k] = wide_coarse[v + low : v + low + SIDE_PX, u + low : u + low + SIDE_PX]
    return normalised(near, far, float(coarse.std()) + LEAST_SCALE)


def normalised(near: F4, far: F4, scale: float | F4) -> F4:
    """Return the channels of patches: over their own noise, over their peak, the coarse view, the peak's height.

    near, far: (N, SIDE_PX, SIDE_PX) grey steps; scale: spread of the whole picture, grey steps.
    """
    middle = np.median(near, axis=(1, 2), keepdims=True)
    noise = 1.4826 * np.median(np.abs(near - middle), axis=(1, 2), keepdims=True) + 1.0
    centre = near[:, HALF - 3 : HALF + 3, HALF - 3 : HALF + 3].max(axis=(1, 2), keepdims=True)
    height = np.maximum(centre - middle, LEAST_PEAK)
    over_noise = np.arcsinh((near - middle) / noise / 2.0) / 2.0
    over_peak = np.clip((near - middle) / height, -1.0, 1.5)
    around = np.clip((far - middle) / scale, -3.0, 3.0)
    rank = np.broadcast_to(np.log(height / scale), near.shape)
    return np.stack([over_noise, over_peak, around, rank], axis=1).astype(np.float32)


def cues(prominence: F8, spread: F8, area_px: F8, score: F8) -> F4:
    """Return (N, CUES) what the flood knows of each peak, brought to about unit size."""
    strength = np.log(np.maximum(prominence, 1e-3) / np.sqrt(spread + 1.0))
    columns = [strength, np.clip(score, -3.0, 6.0) / 2.0, np.log(area_px + 1.0) / 2.0, np.log(spread + 1.0) / 2.0]
    return np.stack(columns, axis=1).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Network:
    """What a weights file holds.

    trunk: convolutions, as ONNX; hidden_* (32, F + CUES), (32,) and last_* (1, 32), (1,): the verdict's layers;
    rates (R, 2), rising: log-odds and minus log10 of the false peaks per picture of 80 000 pixels that reach
    them, counted by the builder on made pictures that the network was not trained on.
    """

    trunk: cv2.dnn.Net
    hidden_weight: F4
    hidden_bias: F4
    last_weight: F4
    last_bias: F4
    rates: F8


@cache
def network() -> Network:
    """Return the network of this room's weights file; BadInput where there is none."""
    file = resources.files("watchline.vision").joinpath(WEIGHTS)
    if not file.is_file():
        raise BadInput(
            str(file),
            "no weights come with the project",
            "run builders/train_spot_net.py, or leave SpotSettings.looks 0",
        )
    return read(file.read_bytes())


def read(data: bytes) -> Network:
    """Return the network of a weights file's bytes, as `builders/train_spot_net.py` writes it."""
    with np.load(io.BytesIO(data)) as file:
        parts = {name: file[name] for name in file.files}
    return Network(trunk=cv2.dnn.readNetFromONNX(parts.pop("trunk")), **parts)


def look(seen: F4, known: F4, net: Network | None = None) -> tuple[F4, F4]:
    """Return (N, SIDE_PX, SIDE_PX) chance of each pixel to be subject, and (N,) log-odds of each peak.

    seen: from `patches`; known: from `cues`; net: another one than this room's.
    """
    if len(seen) == 0:
        return np.zeros((0, SIDE_PX, SIDE_PX), np.float32), np.zeros(0, np.float32)
    net = net or network()
    net.trunk.setInput(seen, "seen")
    outline, features = net.trunk.forward(["outline", "features"])
    joined = np.concatenate([features.reshape(len(seen), -1), known], axis=1)
    hidden = np.maximum(joined @ net.hidden_weight.T + net.hidden_bias, 0.0)
    logit = (hidden @ net.last_weight.T + net.last_bias)[:, 0]
    return np.asarray(1.0 / (1.0 + np.exp(-outline[:, 0]))), np.asarray(logit)


def outline_at(chance: F4, least: float = 0.5) -> NDArray[np.uint8]:
    """Return (SIDE_PX, SIDE_PX) 0/1: the connected pixels of at least this chance that hold the peak."""
    inside = (chance >= least).astype(np.uint8)
    _, label = cv2.connectedComponents(inside, connectivity=8)
    middle = label[HALF - 3 : HALF + 3, HALF - 3 : HALF + 3]
    chances = np.where(middle > 0, chance[HALF - 3 : HALF + 3, HALF - 3 : HALF + 3], 0.0)
    if not chances.any():
        return np.zeros_like(inside)
    return np.asarray(label == middle.flat[int(np.argmax(chances))], np.uint8)


def score(logit: F4, pictures: float) -> F8:
    """Return minus log10 of the false alarms per picture that one accepts at this log-odds.

    pictures: how many pictures of 80 000 pixels this one is as large as.
    """
    heights, decades = network().rates.T
    return np.asarray(np.interp(logit.astype(np.float64), heights, decades) - math.log10(pictures))
