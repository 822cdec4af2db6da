"""Measure the size and speed at which vision sees each kind of subject, on rendered pictures, for `sensing/kind.py`.

    python builders/fit_subject_kinds.py ROWS.npz [--runs 24] [--seed 1]      render, watch, keep what was measured
    python builders/fit_subject_kinds.py ROWS.npz --fit                      print the table of means and covariances

Subjects of every kind cross the view of a demonstration camera at 250 to 2500 m, at their usual speeds.  What is
confirmed and stands on a subject gives a row: kind, width and height in metres, cross speed in metres a second, the
error of a box's side in metres.  Two or more people in one box are a group.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from watchline import vision
from watchline.ops.locate import BOX_SD_PX, size_m
from watchline.sensing import signature
from watchline.sensing.camera import Camera, locate
from watchline.sensing.kind import FEATURES, KINDS
from watchline.sim.demo import demo_site
from watchline.sim.scene import Scene
from watchline.sim.thermal import ThermalCamera

START_S, WARM_S, WATCH_S, LOOK_S = 1_516_665_600.0, 10, 40, 2.0
# kind of signature, usual speed and its spread m/s, height over ground m, how many walk together
CAST = (
    ("person", signature.PERSON, 1.2, 0.4, 0.0, 1),
    ("person", signature.CHILD, 1.0, 0.4, 0.0, 1),
    ("group", signature.PERSON, 1.1, 0.3, 0.0, 5),
    ("vehicle", signature.VEHICLE, 8.0, 4.0, 0.0, 1),
    ("animal", signature.SHEEP, 0.7, 0.4, 0.0, 1),
    ("animal", signature.CAMEL, 1.2, 0.5, 0.0, 1),
    ("animal", signature.DOG, 1.8, 1.0, 0.0, 1),
    ("animal", signature.GAZELLE, 2.5, 1.5, 0.0, 1),
    ("bird", signature.BIRD, 11.0, 3.0, 8.0, 1),
)


def cast(camera: ThermalCamera, rng: np.random.Generator) -> tuple[Scene, dict[int, str]]:
    """Return a night with a dozen subjects in view, and what each is."""
    bearing, rows, kinds = camera.optics().bearing_rad, [], {}
    for _ in range(12):
        name, sort, mean, sd, above, count = CAST[rng.integers(len(CAST))]
        away = math.exp(rng.uniform(math.log(250.0), math.log(2500.0)))
        turn = bearing + rng.uniform(-0.5, 0.5) * math.radians(camera.spec.hfov_deg)
        heading, speed = rng.uniform(0, 2 * math.pi), max(0.2, rng.normal(mean, sd))
        place = camera.eye_m[:2] + away * np.array([math.sin(turn), math.cos(turn)])
        velocity = speed * np.array([math.sin(heading), math.cos(heading)])
        place = place - velocity * (WARM_S + rng.uniform(0, WATCH_S))
        for _ in range(count):
            number = len(rows) + 1
            kinds[number] = "person" if name == "group" else name
            beside = rng.normal(0, 1.2, 2) if count > 1 else np.zeros(2)
            rows.append((number, sort, *(place + beside), *velocity, heading, above))
    n = len(rows)
    a = np.array(rows, float)
    sort = a[:, 1].astype(np.uint8)
    air = float(rng.uniform(-2.0, 18.0))
    ground = air - float(rng.uniform(1.0, 6.0))
    outline = signature.outline_m()[sort] * rng.uniform(0.88, 1.12, (n, 1))
    return Scene(
        START_S, a[:, 0].astype(np.int32), a[:, 2:4], a[:, 4:6], a[:, 6], sort, np.zeros(n, np.uint8),
        signature.surface_c(air)[sort] + rng.normal(0, 1.0, n), outline, a[:, 7], air, ground, 0.0,
        np.full(1, 20_000.0), np.zeros(1), np.zeros(1), np.full(1, float(rng.uniform(1, 6))), np.ones(1, bool),
        np.ones(1),
    ), kinds  # fmt: skip


def holds(box: tuple[float, float, float, float], x_px: float, y_px: float) -> bool:
    """Return whether a place lies in a box grown by a pixel."""
    x, y, w, h = box
    return x - 1 <= x_px <= x + w + 1 and y - 1 <= y_px <= y + h + 1


def watch(camera: ThermalCamera, scene: Scene, kinds: dict[int, str]) -> list[tuple[float, ...]]:
    """Return rows (kind, width, height, cross speed, error of a side, range) of one run, one each track and look."""
    state = vision.init(vision.VisionSettings(rate_hz=camera.spec.rate_hz))
    eye = Camera(camera.spec, camera.eye_m, camera.convergence_rad)
    seen: dict[tuple[int, int], list[tuple[float, ...]]] = defaultdict(list)
    for second in range(WARM_S + WATCH_S):
        t = START_S + second
        for frame in camera.frames(scene, t, t + 1.0):
            state, result = vision.step(state, frame, frame.t_s)
            for d in result.detections:
                _, y, w, h = d.bbox_px
                inside = [b for b in camera.last_boxes if holds(d.bbox_px, b.x_px, b.y_px)]
                if not d.confirmed or not inside or len({kinds[b.id] for b in inside}) > 1:
                    continue
                kind = "group" if kinds[inside[0].id] == "person" and len(inside) > 1 else kinds[inside[0].id]
                foot, jitter = np.array([y + h - 0.5]), result.health.jitter_px
                at = locate(eye, camera.terrain, np.array([d.x_px]), foot, 0, jitter)
                if np.isfinite(at.range_m[0]):
                    look = (d.track, int(second // LOOK_S))
                    side = float(at.bearing_rad[0] * at.range_m[0])
                    wide, tall = (float(v) for v in size_m(eye, np.array([[w, h]]), at.range_m)[0])
                    error = BOX_SD_PX * eye.ifov_rad * float(at.range_m[0])
                    seen[look].append((KINDS.index(kind), wide, tall, frame.t_s, side, error, float(at.range_m[0])))
    rows = []
    for track in {k[0] for k in seen}:
        looks = sorted(k for k in seen if k[0] == track)
        for before, now in pairwise(looks):
            a, b = seen[before][-1], seen[now][-1]
            speed = abs(b[4] - a[4] * b[6] / max(a[6], 1.0)) / max(b[3] - a[3], 0.3)
            rows.append((b[0], b[1], b[2], speed, b[5], b[6]))
    return rows


def fit(rows: NDArray[np.float64]) -> None:
    """Print means and covariances of the logarithms, as `sensing/kind.py` holds them."""
    print("# kind: mean of ln width, ln height, ln (cross speed + 0.2); covariance rows")
    for k, name in enumerate(KINDS[:-1]):
        mine = rows[rows[:, 0] == k]
        x = np.log(np.column_stack([np.maximum(mine[:, 1:3], 0.05), mine[:, 3] + 0.2]))
        cov = np.cov(x.T)
        mean, spread = np.round(x.mean(axis=0), 2).tolist(), np.round(cov, 2).tolist()
        print(f'    "{name}": ({mean}, {spread}),  # {len(mine)} looks')
    print(f"# features: {FEATURES}")


def main() -> None:
    """Render or fit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", type=Path)
    parser.add_argument("--runs", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fit", action="store_true")
    options = parser.parse_args()
    if options.fit:
        fit(np.load(options.rows)["rows"])
        return
    demo, rng, rows = demo_site(1, length_m=12_000.0), np.random.default_rng(options.seed), []
    cameras = [k for k, s in enumerate(demo.site.sensors) if s.kind == "thermal_camera" and s.pan is None]
    for run in range(options.runs):
        camera = ThermalCamera(demo.site, demo.line, demo.terrain, cameras[run % len(cameras)], seed=run)
        rows += watch(camera, *cast(camera, rng))
        print(run, len(rows), file=sys.stderr, flush=True)
        np.savez(options.rows, rows=np.array(rows))


if __name__ == "__main__":
    main()
