"""The user's own detection network: pictures to its input, its output to boxes.  Running it is the caller's.

Heads that are understood, told by the shapes of the outputs (C classes, N boxes; a batch of one throughout):

    one output (4 + C, N)       YOLO v8, v9, v11: x, y, w, h of the middle in input pixels, then one score a class
    one output (N, 5 + C)       YOLO v5, v7: the same, an objectness between, which multiplies the classes'
    one output (N, 6)           end to end: x0, y0, x1, y1, score, class; no suppression is needed
    two outputs (N, C or C + 1) and (N, 4)   DETR: logits and middles, widths, heights as shares of the input;
                                with C + 1 the last is "nothing" and scores are a softmax, else sigmoids

Tiling: a picture larger than the input is cut into overlapping tiles, so that a far subject keeps its few pixels;
`zoom` > 1 enlarges them first.  Boxes of all tiles are joined by class-wise non-maximum suppression.

Rules: pure; every detection carries `made_by`, the name, version and hash of what made it.  Scores are the
network's own and are promised nothing until they have been calibrated on this camera.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from watchline.domain.batches import CLASSES
from watchline.domain.frames import PixelDetection

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]
Run = Callable[[F4], Sequence[NDArray[Any]]]

OVERLAP_SHARE = 0.2  # of a tile; a subject larger than this may be cut by every tile
SAME_SHARE = 0.5  # intersection over union from which two boxes are one subject
LEAST_SCORE = 0.05
MOST_BOXES = 300
LOW_PERCENT, HIGH_PERCENT = 0.5, 99.5  # of a deep picture, shown to the network as black and white
GREY = 0.5  # what fills a tile beyond the picture

# What networks call things, in our words; anything else is "unknown".
WORDS = {
    "person": ("person", "people", "pedestrian", "human", "rider", "group"),
    "vehicle": (
        "vehicle",
        "car",
        "truck",
        "bus",
        "van",
        "motorcycle",
        "motorbike",
        "othervehicle",
        "train",
        "tractor",
    ),
    "animal": ("animal", "bird", "dog", "cat", "horse", "sheep", "cow", "camel", "goat", "deer", "elephant", "bear"),
}


@dataclass(frozen=True)
class Network:
    """A network ready to run.

    run: float32 (1, channels, rows, cols) of 0..1 to its outputs; rows, cols, channels: of its input; names: what it
    calls its classes; made_by: name, version and hash for every score; zoom: how much pictures are enlarged first.
    """

    run: Run
    rows: int
    cols: int
    channels: int
    names: tuple[str, ...]
    made_by: str
    zoom: float = 1.0


def detect(network: Network, pixels: NDArray[Any], least_score: float = LEAST_SCORE) -> tuple[PixelDetection, ...]:
    """Return what the network finds in one picture, surest first.

    pixels: (rows, cols) any real dtype.  Raises ValueError if the outputs are of no known head.
    """
    grey = _grey(pixels)
    if network.zoom != 1.0:
        large = cv2.resize(grey, None, fx=network.zoom, fy=network.zoom, interpolation=cv2.INTER_LINEAR)
        grey = np.asarray(large, np.float32)
    parts = [np.zeros((0, 5 + len(network.names)))]
    for x0, y0 in tiles(grey.shape, (network.rows, network.cols)):
        tile = np.full((network.rows, network.cols), GREY, np.float32)
        cut = grey[y0 : y0 + network.rows, x0 : x0 + network.cols]
        tile[: cut.shape[0], : cut.shape[1]] = cut
        found = boxes_of(network, network.run(np.repeat(tile[None, None], network.channels, axis=1)))
        found = found[found[:, 4] >= least_score][:MOST_BOXES]
        found[:, :2] += (x0, y0)
        parts.append(found)
    rows = np.concatenate(parts)
    rows[:, :4] /= network.zoom
    rows = rows[distinct(rows)]
    return tuple(_detection(network, row) for row in rows if _inside(row, pixels.shape))


def tiles(shape: tuple[int, ...], size: tuple[int, int]) -> list[tuple[int, int]]:
    """Return (x0, y0) of tiles of `size` (rows, cols) that cover a picture with at least OVERLAP_SHARE of overlap.

    >>> tiles((512, 640), (512, 640)), len(tiles((512, 640), (320, 320)))
    ([(0, 0)], 6)
    """
    return [(x, y) for y in _starts(shape[0], size[0]) for x in _starts(shape[1], size[1])]


def _starts(length: int, size: int) -> list[int]:
    if length <= size:
        return [0]
    count = int(np.ceil((length - size) / (size * (1.0 - OVERLAP_SHARE)))) + 1
    return [round(v) for v in np.linspace(0, length - size, count)]


def boxes_of(network: Network, outputs: Sequence[NDArray[Any]]) -> F8:
    """Return (N, 5 + C) x, y, w, h of corners and sides in input pixels, highest score, and the scores by class."""
    c = len(network.names)
    arrays = [np.asarray(o, np.float64)[0] for o in outputs if np.ndim(o) == 3]
    if len(arrays) == 1:
        rows = _one_output(arrays[0], c)
    elif len(arrays) == 2:
        rows = _two_outputs(arrays, c, network)
    else:
        raise ValueError(f"the network's outputs {[np.shape(o) for o in outputs]} are of no known head")
    rows = rows[np.isfinite(rows).all(axis=1)]
    return rows[np.argsort(-rows[:, 4], kind="stable")]


def _one_output(array: NDArray[np.float64], c: int) -> F8:
    if array.shape[1] == 6 and c != 1:
        rows = np.zeros((len(array), 5 + c))
        rows[:, :2], rows[:, 2:4] = array[:, :2], array[:, 2:4] - array[:, :2]
        kind = np.clip(array[:, 5].astype(int), 0, c - 1)
        rows[np.arange(len(array)), 5 + kind] = array[:, 4]
        rows[:, 4] = array[:, 4]
        return rows
    if array.shape[0] == 4 + c:
        return _from_middle(array[:4].T, array[4:].T)
    if array.shape[1] == 5 + c:
        return _from_middle(array[:, :4], array[:, 4:5] * array[:, 5:])
    raise ValueError(f"the network's output {array.shape} fits neither YOLO layout for {c} classes")


def _two_outputs(arrays: list[NDArray[np.float64]], c: int, network: Network) -> F8:
    # Three classes and "nothing" are four columns as well; but shares of the input are never negative, logits are.
    box, logit = sorted(arrays, key=lambda a: (a.shape[1] != 4, float(a.min(initial=0.0)) < -0.5))
    if box.shape[1] != 4 or logit.shape[1] not in (c, c + 1):
        raise ValueError(f"the network's outputs {[a.shape for a in arrays]} are of no known head for {c} classes")
    if logit.shape[1] == c + 1:
        e = np.exp(logit - logit.max(axis=1, keepdims=True))
        score = (e / e.sum(axis=1, keepdims=True))[:, :c]
    else:
        score = 1.0 / (1.0 + np.exp(-np.clip(logit, -50.0, 50.0)))
    return _from_middle(box * [network.cols, network.rows, network.cols, network.rows], score)


def _from_middle(middle: F8, score: F8) -> F8:
    corner = middle[:, :2] - middle[:, 2:] / 2.0
    return np.column_stack([corner, middle[:, 2:], score.max(axis=1), score])


def distinct(rows: F8) -> NDArray[np.int64]:
    """Return the indexes of rows that are no second box on a surer row's subject; rows as of `boxes_of`."""
    order = np.argsort(-rows[:, 4], kind="stable")
    kind = rows[:, 5:].argmax(axis=1) if rows.shape[1] > 5 else np.zeros(len(rows), int)
    x0, y0, w, h = rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3]
    keep: list[int] = []
    for k in order:
        j = np.array([i for i in keep if kind[i] == kind[k]], np.int64)
        across = np.minimum(x0[j] + w[j], x0[k] + w[k]) - np.maximum(x0[j], x0[k])
        down = np.minimum(y0[j] + h[j], y0[k] + h[k]) - np.maximum(y0[j], y0[k])
        both = np.clip(across, 0, None) * np.clip(down, 0, None)
        # A tile's edge cuts a subject: the piece lies in the whole, so the smaller of the two areas counts.
        share = both / np.maximum(np.minimum(w[j] * h[j], w[k] * h[k]), 1e-9)
        if not np.any(share > SAME_SHARE):
            keep.append(int(k))
        if len(keep) >= MOST_BOXES:
            break
    return np.array(keep, np.int64)


def in_our_words(names: Sequence[str], scores: F8) -> tuple[float, float, float, float]:
    """Return probabilities over `CLASSES` from a network's scores; what it does not say stays unknown."""
    out = np.zeros(len(CLASSES))
    for name, score in zip(names, scores, strict=True):
        ours = next((word for word, theirs in WORDS.items() if name.strip().lower() in theirs), "unknown")
        out[CLASSES.index(ours)] += float(np.clip(score, 0.0, 1.0))
    out /= max(float(out.sum()), 1.0)
    out[-1] += 1.0 - out.sum()
    a, b, c, d = (float(v) for v in out)
    return a, b, c, d


def _detection(network: Network, row: F8) -> PixelDetection:
    x, y, w, h, score = (float(v) for v in row[:5])
    return PixelDetection(
        x_px=x + w / 2.0 - 0.5,
        y_px=y + h / 2.0 - 0.5,
        bbox_px=(x, y, w, h),
        score=score,
        snr=float("nan"),
        p_class=in_our_words(network.names, row[5:]),
        made_by=network.made_by,
    )


def _inside(row: F8, shape: tuple[int, ...]) -> bool:
    return bool(0 <= row[0] + row[2] / 2 <= shape[1] and 0 <= row[1] + row[3] / 2 <= shape[0])


def _grey(pixels: NDArray[Any]) -> F4:
    """Return greys 0..1; deep pictures are stretched between their percentiles."""
    if pixels.dtype == np.uint8:
        return np.asarray(pixels, np.float32) / np.float32(255.0)
    low, high = (float(v) for v in np.percentile(pixels[::2, ::2], [LOW_PERCENT, HIGH_PERCENT]))
    stretched = (np.asarray(pixels, np.float32) - low) / max(high - low, 1e-6)
    return np.asarray(np.clip(stretched, 0.0, 1.0), np.float32)


def joined(ours: Sequence[PixelDetection], theirs: Sequence[PixelDetection]) -> tuple[PixelDetection, ...]:
    """Return our detections, in the class that the network gives them, and after them what only the network found.

    A detection of ours keeps its score, which is calibrated; its `made_by` says whose word its class is.
    """
    index = supported(ours, theirs)
    kept = [
        d if k < 0 else replace(d, p_class=theirs[k].p_class, made_by=f"class by {theirs[k].made_by}")
        for d, k in zip(ours, index, strict=True)
    ]
    return (*kept, *(t for k, t in enumerate(theirs) if k not in index))


def supported(ours: Sequence[PixelDetection], theirs: Sequence[PixelDetection]) -> list[int]:
    """Return for each of our detections the index of the network's box that holds its middle, surest first, or -1."""
    out = []
    for d in ours:
        holds = [
            k
            for k, t in enumerate(theirs)
            if t.bbox_px[0] - 2 <= d.x_px <= t.bbox_px[0] + t.bbox_px[2] + 2
            and t.bbox_px[1] - 2 <= d.y_px <= t.bbox_px[1] + t.bbox_px[3] + 2
        ]
        out.append(holds[0] if holds else -1)
    return out
