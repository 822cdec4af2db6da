"""People in drone pictures (HIT-UAV, ../shared): the single-picture detector, the gate of size by range, a
user's network.

    python benchmarks/hituav.py [--model OUT.onnx]     OUT.onnx as written by builders/train_small_detector.py

Range is known from altitude and depression (file names) and the row of the picture, so a person's size in pixels is
known too; the gate keeps boxes within a factor of the expected size.  Scored on the pictures that the builder holds
out, so both columns are of the same pictures.  AP of people, one-to-one by centre within the box grown by 4 px (the
shared scoring); cars and bicycles are neither hit nor false.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import time
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np

from watchline.domain.frames import Frame, PixelDetection
from watchline.vision import VisionSettings, init, own_detector, step

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
DATA = SHARED / "data" / "thermal" / "hituav"
HALF_ROWS = 256.0
FOCALS_PX = np.arange(500.0, 4000.0, 100.0)  # of which the one that makes size times range most alike is taken
GATE = (0.4, 2.5)  # of the size that our own boxes have around people at that range


def load(path: Path, name: str) -> ModuleType:
    """Import a script by its path."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def is_held_out(name: str) -> bool:
    """Return whether the builder keeps this picture for scoring; the same rule as there."""
    return int(name.rsplit("_", 1)[1].split(".")[0]) // 100 % 3 == 0


def range_m(entry: Any, y_px: float, focal_px: float) -> float:
    """Return the slant range of flat ground at a picture's row."""
    down = math.radians(entry["depression_deg"]) + math.atan((y_px - HALF_ROWS) / focal_px)
    return entry["alt_m"] / math.sin(min(max(down, math.radians(8.0)), math.pi - math.radians(8.0)))


def size_px(box: Any) -> float:
    """Return the side of a square of the box's area."""
    return math.sqrt(max(box[2] * box[3], 1e-6))


def detections(picture: Any) -> tuple[PixelDetection, ...]:
    """Return ten candidates a picture of the single-picture detector."""
    settings = VisionSettings(mode="stills", false_alarms_per_picture=10.0)
    return step(init(settings), Frame("uav", 0, 0.0, picture), 0.0)[1].detections


def gated(found: Any, entry: Any, sizes: Sizes, *, soft: bool) -> list[PixelDetection]:
    """Return what has a person's size at its place; soft: the score falls with the distance from it instead."""
    out = []
    for d in found:
        ratio = size_px(d.bbox_px) * range_m(entry, d.y_px, sizes.focal_px) / sizes.ours
        if not soft and GATE[0] <= ratio <= GATE[1]:
            out.append(d)
        elif soft:
            out.append(replace(d, score=d.score - 0.5 * (math.log(ratio) / sizes.spread) ** 2 / math.log(10.0)))
    return out


@dataclass(frozen=True)
class Sizes:
    """Learned on pictures that are not scored.  focal_px; person: size times range of people's true boxes, px
    m; ours: of our boxes around them; spread: of its logarithm."""

    focal_px: float
    person: float
    ours: float
    spread: float


def learn_sizes(truth: Any, names: list[str]) -> Sizes:
    """Fit the lens to the people's sizes, and the size of our own boxes around them."""
    people = [(truth[n], b["bbox"]) for n in names for b in truth[n]["frames"][0] if b["class"] == "person"]

    def products(focal_px: float) -> Any:
        return np.array([size_px(b) * range_m(t, b[1] + b[3] / 2, focal_px) for t, b in people])

    focal_px = float(min(FOCALS_PX, key=lambda f: np.std(np.log(products(f)))))
    size = products(focal_px)
    ratio = size / np.median(size)
    inside = np.mean((ratio > 0.5) & (ratio < 2.0))
    print(f"{len(size)} people: size x range within 0.5..2 of its median {inside:.3f}, lens {focal_px:.0f}")
    ours = []
    for name in names[::2]:
        boxes = [b["bbox"] for b in truth[name]["frames"][0] if b["class"] == "person"]
        grey = cv2.imread(str(DATA / truth[name]["file"]), cv2.IMREAD_GRAYSCALE)
        for d in detections(grey):
            if any(b[0] <= d.x_px <= b[0] + b[2] and b[1] <= d.y_px <= b[1] + b[3] for b in boxes):
                ours.append(math.log(size_px(d.bbox_px) * range_m(truth[name], d.y_px, focal_px)))
    middle = float(np.median(ours))
    return Sizes(focal_px, float(np.median(size)), math.exp(middle), float(np.std(ours)))


def main() -> None:
    """Print one row for each way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path)
    options = parser.parse_args()
    if not DATA.is_dir():
        print("skipped: no shared data")
        return
    scoring = load(SHARED / "bench" / "thermal" / "eval.py", "scoring")
    truth = json.loads((DATA / "gt.json").read_text())
    sizes = learn_sizes(truth, sorted(n for n in truth if not is_held_out(n)))
    held = sorted(name for name in truth if is_held_out(name))
    greys = {n: cv2.imread(str(DATA / truth[n]["file"]), cv2.IMREAD_GRAYSCALE) for n in held}
    plain = {n: detections(greys[n]) for n in held}
    rows: dict[str, dict[str, Any]] = {
        "single-picture detector": plain,
        "with the gate of size by range": {n: gated(plain[n], truth[n], sizes, soft=False) for n in held},
        "with size by range in the score": {n: gated(plain[n], truth[n], sizes, soft=True) for n in held},
    }
    if options.model is not None:
        rows |= _by_network(options.model, greys, plain)
    boxes = {n: [{**b, "ignore": int(b["class"] != "person")} for b in truth[n]["frames"][0]] for n in held}
    cut = {n: {**truth[n], "frames": [boxes[n]]} for n in held}
    people = sum(b["class"] == "person" for n in held for b in boxes[n])
    print(f"{len(held)} pictures held out, {people} people.  AP, Pd at 0.2 / 1 / 3 / 10 false alarms a picture")
    for label, found in rows.items():
        predicted = {n: {"frames": [[{"bbox": list(d.bbox_px), "score": d.score} for d in found[n]]]} for n in held}
        r = scoring.box_eval(predicted, cut, 4, 0, (0.2, 1, 3, 10))
        pd = "  ".join(f"{r[f'Pd@{far}FA/frame']:.3f}" for far in ("0.2", "1", "3", "10"))
        print(f"{label:52s} {r['AP']:.3f}   {pd}")


def _by_network(path: Path, greys: dict[str, Any], plain: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what the network finds of people: alone, and as a second opinion on ours."""
    from watchline.sources.own_model import load_model

    m = load_model(path)
    network = own_detector.Network(m.run, m.rows, m.cols, m.channels, m.names, m.made_by)
    started = time.process_time()
    alone = {n: own_detector.detect(network, grey, 0.02) for n, grey in greys.items()}
    print(f"network {m.made_by}: {1e3 * (time.process_time() - started) / len(greys):.0f} ms of one core a picture")
    people = {n: [replace(d, score=d.p_class[0]) for d in found if d.p_class[0] > 0.01] for n, found in alone.items()}
    both: dict[str, Any] = {}
    for n, ours in plain.items():
        index = own_detector.supported(ours, people[n])
        # Logarithm of the network's odds, and what our own score adds where both see something.
        score = {k: math.log(max(d.score, 1e-3) / max(1 - d.score, 1e-3)) for k, d in enumerate(people[n])}
        for d, k in zip(ours, index, strict=True):
            if k >= 0:
                score[k] += 0.5 * max(d.score + 1.0, 0.0)
        both[n] = [replace(d, score=score[k]) for k, d in enumerate(people[n])]
    return {"the network alone (the ONNX seam)": people, "the network, ours added where both see it": both}


if __name__ == "__main__":
    main()
