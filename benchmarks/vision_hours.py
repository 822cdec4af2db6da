"""Hours without subjects: is the rate that was asked for the rate that is given, also where it is one a minute?

    python benchmarks/vision_hours.py FOLDER [--minutes 30] [--seeds 1] [--kinds noise,compressed,rendered]

Each piece (kind, seed) is so many minutes of one camera at 9 pictures a second without anybody; its counts are kept
in FOLDER and the piece is skipped when they are there, so hours gather over runs.  Printed for each kind: hours,
detections asked for and given at each rate with the 95 % Poisson interval, and the confirmed tracks with the upper
bound of their rate.  The first two minutes teach the camera its own tails and are not counted.
Needs ../shared for the real backgrounds; rendered scenes need nothing.
"""

from __future__ import annotations

import argparse
import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import chi2
from vision_real import backgrounds, compressed

from watchline.domain.frames import Frame
from watchline.sim.demo import demo_site
from watchline.sim.thermal import ThermalCamera
from watchline.sim.world import World, start_of
from watchline.vision import VisionSettings, init, step

RATE_HZ = 9.0
LEARNING_S = 120.0
SCENE_S = 5.0
OF_EACH = ("id", "xy_m", "v_m_s", "heading_rad", "kind", "posture", "surface_c", "size_m", "above_m")
PER_MINUTE = (60.0, 20.0, 6.0, 2.0, 1.0, 0.3)
EVERYTHING = VisionSettings(false_alarms_per_picture=10.0)


def pictures(kind: str, seed: int, count: int) -> Iterator[Any]:
    """Yield so many pictures of one kind in which nobody is."""
    if kind == "rendered":
        yield from itertools.islice(_rendered(seed), count)
        return
    scenes = backgrounds()
    scene = scenes[seed % len(scenes)][1]
    rng = np.random.default_rng(seed)
    if kind == "noise":
        for _ in range(count):
            yield np.round(scene + 500 + rng.normal(0, 4, scene.shape))
        return
    part = 1500
    for k in range(0, count, part):
        yield from compressed(scene / 8, min(part, count - k), 1000 * seed + k)


def _rendered(seed: int) -> Iterator[Any]:
    """Yield pictures of a camera of the demonstration line from which everybody is taken, in its weather and wind."""
    demo = demo_site(1)
    world = World(
        demo.site, demo.line, demo.terrain, seed=seed, start_s=start_of(demo.site) + 3600.0 * (5 * seed % 24)
    )
    cameras = [k for k, s in enumerate(demo.site.sensors) if s.pictures]
    camera = ThermalCamera(demo.site, demo.line, demo.terrain, cameras[seed % len(cameras)], seed=seed)
    while True:
        began_s = world.now_s
        scene = world.step(began_s + SCENE_S).scene
        nobody = np.zeros(len(scene.id), bool)
        bare = replace(scene, **{name: getattr(scene, name)[nobody] for name in OF_EACH})
        for frame in camera.frames(bare, began_s, began_s + SCENE_S):
            if not frame.shutter:
                yield np.asarray(frame.pixels, np.float32)[50:306, 80:400]


def piece(kind: str, seed: int, minutes: float) -> dict[str, Any]:
    """Return the counts of one piece."""
    count = int(minutes * 60.0 * RATE_HZ)
    state, given, sure, n = init(EVERYTHING), np.zeros(len(PER_MINUTE)), set[int](), 0
    limits = -np.log10(np.array(PER_MINUTE) / (60.0 * RATE_HZ))
    for n, picture in enumerate(pictures(kind, seed, count)):
        state, found = step(state, Frame("e", n, n / RATE_HZ, np.asarray(picture)), n / RATE_HZ)
        if n / RATE_HZ < LEARNING_S:
            continue
        scores = np.array([d.score for d in found.detections])
        given += (scores[:, None] >= limits).sum(axis=0) if len(scores) else 0
        sure |= {d.track for d in found.detections if d.confirmed and d.track is not None}
    pictures_ = max(n + 1 - int(LEARNING_S * RATE_HZ), 0)
    return {"kind": kind, "seed": seed, "pictures": pictures_, "given": given.tolist(), "tracks": len(sure)}


def main() -> None:
    """Gather and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path)
    options.add_argument("--minutes", type=float, default=30.0)
    options.add_argument("--seeds", type=int, default=1)
    options.add_argument("--kinds", default="noise,compressed,rendered")
    asked = options.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    for seed, kind in itertools.product(range(asked.seeds), asked.kinds.split(",")):
        path = asked.folder / f"{kind}-{seed}-{asked.minutes:g}.json"
        if not path.exists():
            path.write_text(json.dumps(piece(kind, seed, asked.minutes)))
    held = [json.loads(path.read_text()) for path in sorted(asked.folder.glob("*.json"))]
    for kind in sorted({h["kind"] for h in held}):
        mine = [h for h in held if h["kind"] == kind]
        hours = sum(h["pictures"] for h in mine) / RATE_HZ / 3600.0
        given = np.sum([h["given"] for h in mine], axis=0)
        low, high = chi2.ppf(0.025, 2 * given) / 2, chi2.ppf(0.975, 2 * (given + 1)) / 2
        cells = "  ".join(
            f"{a:g}: {n / hours / 60:.2f} ({np.nan_to_num(lo) / hours / 60:.2f} to {hi / hours / 60:.2f})"
            for a, n, lo, hi in zip(PER_MINUTE, given, low, high, strict=True)
        )
        tracks = sum(h["tracks"] for h in mine)
        print(f"{kind}: {hours:.2f} camera-hours; a minute asked: given  {cells}")
        print(
            f"  tracks confirmed {tracks}, at most {chi2.ppf(0.95, 2 * (tracks + 1)) / 2 / hours:.1f} an hour (95 %)"
        )


if __name__ == "__main__":
    main()
