"""Hours without subjects: is the rate that was asked for the rate that is given, also where it is one a minute?

    python benchmarks/vision_hours.py FOLDER [--minutes 15] [--seeds 1] [--first 0]
        [--kinds noise,compressed,h264,rendered]

Each piece (kind, seed) is so many minutes of one camera at 9 pictures a second without anybody; its counts are kept
in FOLDER and the piece is skipped when they are there, so hours gather over runs.  Printed for each kind: hours,
detections asked for and given at each rate with the 95 % interval, and the confirmed tracks with the upper bound of
their rate.  Detections come in bursts, several of one thing, so the interval is that of a Poisson count of as many
independent events as have the same relative spread: the square of the sum over the sum of squares of the detections
of each tracklet.  The first two minutes teach the camera its own tails and are not counted.
Kinds: 16-bit noise, MPEG-4 part 2 or whatever OpenCV encodes with, its encoder starting anew every 1500 pictures;
rendered scenes in wind and weather; and, with the package `av`, what `CODECS` names: H.264 as a camera sends it
(h264, 3 kB a picture), so coarse that a still scene is silent between key pictures (h264-28, .2 kB), with few and
with many key pictures and at a steady rate of bits, H.265, VP8, VP9, MPEG-2 and motion JPEG.
Needs ../shared for the real backgrounds; rendered scenes need nothing.
"""

from __future__ import annotations

import argparse
import importlib
import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
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
ENCODERS = {"h264": "libx264", "hevc": "libx265", "vp8": "libvpx", "vp9": "libvpx-vp9"}
X264 = {"preset": "veryfast", "tune": "zerolatency", "threads": "1"}
VPX = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "b": "60000"}
X265 = "keyint=60:log-level=none:pools=none:frame-threads=1:bframes=0"
CODECS = {
    "h264": ("h264", {"crf": "22", "g": "50", **X264}),
    "h264-28": ("h264", {"crf": "28", "g": "50", **X264}),
    "h264-rare-keys": ("h264", {"crf": "30", "g": "250", **X264}),
    "h264-many-keys": ("h264", {"crf": "26", "g": "15", **X264}),
    "h264-steady": ("h264", {"b": "40000", "maxrate": "60000", "bufsize": "60000", "g": "45", **X264}),
    "h265": ("hevc", {"crf": "30", "preset": "ultrafast", "x265-params": X265}),
    "vp8": ("vp8", {"g": "60", **VPX}),
    "vp9": ("vp9", {"g": "90", **VPX}),
    "mpeg2": ("mpeg2video", {"qmin": "10", "qmax": "10", "g": "12"}),
    "mjpeg": ("mjpeg", {"qmin": "12", "qmax": "12"}),
}
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
    if kind in CODECS:
        yield from _encoded(scene / 8, count, seed, kind)
        return
    part = 1500
    for k in range(0, count, part):
        yield from compressed(scene / 8, min(part, count - k), 1000 * seed + k)


def _encoded(scene: Any, count: int, seed: int, kind: str) -> Iterator[Any]:
    """Yield 8-bit pictures of a scene with noise that a real encoder has been through."""
    av, rng = importlib.import_module("av"), np.random.default_rng(seed)
    codec, options = CODECS[kind]
    out = av.CodecContext.create(ENCODERS.get(codec, codec), "w")
    out.height, out.width, out.framerate, out.time_base = *scene.shape, 9, Fraction(1, 9)
    out.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    if codec == "mpeg2video":  # knows only the rates of television
        out.framerate, out.time_base = 25, Fraction(1, 25)
    out.bit_rate, out.options = int(options.get("b", "200000")), dict(options)
    back = av.CodecContext.create(codec, "r")
    for k in range(count + 1):
        frame = None
        if k < count:
            noisy = np.clip(scene + rng.normal(0, 1.5, scene.shape), 0, 255).astype(np.uint8)
            frame = av.VideoFrame.from_ndarray(cv2.cvtColor(noisy, cv2.COLOR_GRAY2RGB), format="rgb24")
            frame = frame.reformat(format=out.pix_fmt)
            frame.pts = k
        for packet in out.encode(frame):
            yield from (f.to_ndarray(format="gray") for f in back.decode(packet))
    yield from (f.to_ndarray(format="gray") for f in back.decode(None))


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
    """Return the counts of one piece; given: at each rate the detections of each tracklet."""
    count = int(minutes * 60.0 * RATE_HZ)
    state, sure, n = init(EVERYTHING), set[int](), 0
    given: list[dict[int, int]] = [{} for _ in PER_MINUTE]
    limits = -np.log10(np.array(PER_MINUTE) / (60.0 * RATE_HZ))
    for n, picture in enumerate(pictures(kind, seed, count)):
        state, found = step(state, Frame("e", n, n / RATE_HZ, np.asarray(picture)), n / RATE_HZ)
        if n / RATE_HZ < LEARNING_S:
            continue
        for d in found.detections:
            assert d.track is not None
            for held, limit in zip(given, limits, strict=True):
                if d.score >= limit:
                    held[d.track] = held.get(d.track, 0) + 1
            if d.confirmed:
                sure.add(d.track)
    pictures_ = max(n + 1 - int(LEARNING_S * RATE_HZ), 0)
    each = [sorted(held.values()) for held in given]
    return {"kind": kind, "seed": seed, "pictures": pictures_, "given": each, "tracks": len(sure)}


def interval(each: list[int]) -> tuple[int, float, float]:
    """Return the sum of bursts and its 95 % interval; of nothing, at most what single events could be."""
    total, squares = sum(each), sum(k * k for k in each)
    if total == 0:
        return 0, 0.0, float(chi2.ppf(0.975, 2) / 2)
    events = total * total / squares
    low, high = chi2.ppf(0.025, 2 * events) / 2, chi2.ppf(0.975, 2 * (events + 1)) / 2
    return total, float(low * total / events), float(high * total / events)


def main() -> None:
    """Gather and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path)
    options.add_argument("--minutes", type=float, default=15.0)
    options.add_argument("--seeds", type=int, default=1)
    options.add_argument("--first", type=int, default=0, help="seed of the first piece, which chooses the scene")
    options.add_argument("--kinds", default="noise,compressed,h264,rendered")
    asked = options.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    for seed, kind in itertools.product(range(asked.first, asked.first + asked.seeds), asked.kinds.split(",")):
        path = asked.folder / f"{kind}-{seed}-{asked.minutes:g}.json"
        if not path.exists():
            path.write_text(json.dumps(piece(kind, seed, asked.minutes)))
    held = [json.loads(path.read_text()) for path in sorted(asked.folder.glob("*.json"))]
    for kind in sorted({h["kind"] for h in held}):
        mine = [h for h in held if h["kind"] == kind]
        hours = sum(h["pictures"] for h in mine) / RATE_HZ / 3600.0
        rows = [interval([c for h in mine for c in h["given"][k]]) for k in range(len(PER_MINUTE))]
        cells = "  ".join(
            f"{asked_for:g}: {n / hours / 60:.2f} ({low / hours / 60:.2f} to {high / hours / 60:.2f})"
            for asked_for, (n, low, high) in zip(PER_MINUTE, rows, strict=True)
        )
        print(f"{kind}: {hours:.2f} camera-hours; a minute asked: given  {cells}")
        tracks = sum(h["tracks"] for h in mine)
        print(
            f"  tracks confirmed {tracks}, at most {chi2.ppf(0.95, 2 * (tracks + 1)) / 2 / hours:.1f} an hour (95 %)"
        )


if __name__ == "__main__":
    main()
