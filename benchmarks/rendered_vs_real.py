"""Is a rendered picture easier than a real one?  The same walkers, the same detectors, both backgrounds.

    python benchmarks/rendered_vs_real.py [--quick]

Backgrounds: real 16-bit clips of fixed thermal cameras (../shared/data/thermal/cptv, those without animals; the
script ends without them) and pictures of the six demonstration cameras, in crops of 160 x 120, at night and at
noon.  Into both go the same synthetic walkers at stated contrast over temporal noise.
Printed for each: temporal noise and how heavy its tails are, spatial clutter over noise, false alarms of a
per-pixel temporal z detector at three thresholds, and Pd at 0.1 and 1 false alarms a picture by contrast, with
each clip's own threshold, the mean over clips.  Rendered is meant to be no easier than real.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from watchline.sim.demo import Demo, demo_site
from watchline.sim.thermal import ThermalCamera
from watchline.sim.world import World, start_of
from watchline.sources.pictures import open_pictures

SHARED = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "thermal" / "cptv"
ROWS, COLS = 120, 160
WARM_UP = 30
SNRS = (3.0, 5.0, 8.0, 12.0, 20.0)
F4 = NDArray[np.float32]


def real_clips(most: int) -> list[F4]:
    """Return the target-free clips as counts (pictures, rows, columns)."""
    truth = json.loads((SHARED / "gt.json").read_text())
    clips = []
    for name in sorted(k for k, v in truth.items() if v["kind"] != "animals"):
        pictures = [f.pixels.astype(np.float32) for f in open_pictures(str(SHARED / name)) if not f.shutter][:most]
        if len(pictures) > 2 * WARM_UP:
            clips.append(np.array(pictures))
    return clips


def rendered_clips(demo: Demo, hours: tuple[float, ...], count: int) -> list[F4]:
    """Return crops of the demonstration's cameras with nobody in them."""
    clips = []
    cameras = [k for k, s in enumerate(demo.site.sensors) if s.pictures]
    for hour in hours:
        world = World(demo.site, demo.line, demo.terrain, seed=3, start_s=start_of(demo.site) + 3600.0 * hour)
        scene = world.step(world.now_s + 1.0).scene
        keep = np.zeros(len(scene.id), bool)
        empty = {n: getattr(scene, n)[keep] for n in ("id", "xy_m", "v_m_s", "heading_rad", "kind", "posture")}
        empty |= {n: getattr(scene, n)[keep] for n in ("surface_c", "size_m", "above_m")}
        bare = type(scene)(**{n: getattr(scene, n) for n in scene.__slots__} | empty)
        for k in cameras:
            camera = ThermalCamera(demo.site, demo.line, demo.terrain, k, seed=5)
            rate = demo.site.sensors[k].rate_hz
            frames = camera.frames(bare, world.now_s, world.now_s + count / rate)
            whole = np.array([f.pixels[50 : 50 + ROWS, 80 : 80 + COLS] for f in frames if not f.shutter], np.float32)
            clips.append(whole)
    return clips


def noise_of(clip: F4) -> tuple[float, float, float]:
    """Return temporal noise in counts, share of its samples beyond 4 sd, and spatial clutter over noise."""
    step = np.diff(clip[WARM_UP:], axis=0) / np.sqrt(2)
    # Real cores filter in time and repeat most values, so a median says 0: the mean square without its top 1 %.
    square = step**2
    sd = float(np.sqrt(np.minimum(square, np.percentile(square, 99)).mean()))
    mean = clip[WARM_UP:].mean(axis=0)
    local = mean - cv2.GaussianBlur(mean, (0, 0), 3.0)
    return sd, float((np.abs(step) > 4 * sd).mean()), float(1.4826 * np.median(np.abs(local)) / sd)


def with_walkers(clip: F4, snr: float, rng: np.random.Generator) -> tuple[F4, list[NDArray[np.float64]]]:
    """Return the clip with two walkers of a peak contrast over its own noise, and where they are."""
    out, places = clip.copy(), []
    rows, cols = clip.shape[1:]
    y, x = np.mgrid[:rows, :cols]
    sd = noise_of(clip)[0]
    ways = []
    for _ in range(2):
        angle = rng.uniform(-0.35, 0.35) + (np.pi if rng.random() < 0.5 else 0.0)
        ways.append((rng.uniform(0.3, 0.7) * cols, rng.uniform(0.25, 0.75) * rows, angle))
    for k in range(len(clip)):
        now = []
        for x0, y0, angle in ways:
            away = 0.35 * (k - len(clip) / 2)
            px, py = x0 + away * np.cos(angle), y0 + away * np.sin(angle)
            if k < WARM_UP or not (6 < px < cols - 7 and 6 < py < rows - 7):
                continue
            out[k] += snr * sd * np.exp(-0.5 * (((x - px) / 0.9) ** 2 + ((y - py) / 1.2) ** 2))
            now.append((px, py))
        places.append(np.array(now).reshape(-1, 2))
    return out, places


def peaks(clip: F4) -> list[list[tuple[float, float, float]]]:
    """Return per picture (score, x, y): local maxima of a blurred temporal z, mean and variance by running sums."""
    # The whole picture's drift is no subject: each picture's own median goes first.
    clip = clip - np.median(clip, axis=(1, 2), keepdims=True)
    mean, var = clip[:WARM_UP].mean(axis=0), clip[:WARM_UP].var(axis=0) + 0.3
    found = []
    for picture in clip:
        z = cv2.GaussianBlur((picture - mean) / np.sqrt(var), (0, 0), 0.9)
        high = (z == cv2.dilate(z, np.ones((5, 5)))) & (z > 1.2)
        rows, cols = np.nonzero(high)
        found.append([(float(z[r, c]), float(c), float(r)) for r, c in zip(rows, cols, strict=True)])
        gap = picture - mean
        # Slow learning, and none from what stands out, as any such detector does.
        calm = np.abs(z) < 3.0
        mean = mean + np.where(calm, 0.03, 0.002) * gap
        var = var + np.where(calm, 0.03, 0.002) * (gap**2 - var)
    return found


def score(
    clips: list[F4], snr: float, rng: np.random.Generator, per_picture: float = 0.1
) -> tuple[float, list[float]]:
    """Return mean Pd at some false alarms a picture and the median clip's false alarms at z of 2.5, 3 and 4."""
    shares, rates = [], []
    for clip in clips:
        true: list[float] = []
        false: list[float] = []
        pictures = 0
        inside, places = with_walkers(clip, snr, rng)
        for k, found in enumerate(peaks(inside)):
            if k < WARM_UP:
                continue
            pictures += 1
            best = [0.0] * len(places[k])
            for s, px, py in found:
                near = [i for i, (tx, ty) in enumerate(places[k]) if np.hypot(px - tx, py - ty) < 3.5]
                if near:
                    best[near[0]] = max(best[near[0]], s)
                else:
                    false.append(s)
            true += best
        ranked = np.sort(np.array(false))[::-1]
        threshold = ranked[min(len(ranked) - 1, int(per_picture * pictures))] if len(ranked) else 0.0
        shares.append(float((np.array(true) > threshold).mean()) if true else 0.0)
        rates.append([float((ranked > z).sum() / pictures) for z in (2.5, 3.0, 4.0)])
    return float(np.mean(shares)), np.median(rates, axis=0).tolist()


def main() -> int:
    """Print both rows of every table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    if not (SHARED / "gt.json").is_file():
        print("skipped: no real clips beside the repository")
        return 0
    count = 120 if options.quick else 200
    demo = demo_site(1)
    sets = {
        "real": real_clips(count),
        "rendered, night": rendered_clips(demo, (0.0,), count),
        "rendered, noon": rendered_clips(demo, (9.0,), count),
    }
    print("set               clips  noise   beyond 4 sd  clutter/noise  false/picture z>2.5  >3    >4")
    for name, clips in sets.items():
        figures = np.median([noise_of(c) for c in clips], axis=0)
        rates = score(clips, 0.0, np.random.default_rng(1))[1]
        print(
            f"{name:16s}  {len(clips):5d}  {figures[0]:5.2f}   {figures[1]:.2e}     {figures[2]:6.2f}        "
            f"{rates[0]:8.2f}        {rates[1]:7.2f} {rates[2]:6.2f}"
        )
    for allowed in (0.1, 1.0):
        print(f"\nPd at {allowed:g} false alarms a picture, by contrast over temporal noise")
        print("set               " + "".join(f"{snr:7.0f}" for snr in SNRS))
        for name, clips in sets.items():
            row = [score(clips, snr, np.random.default_rng(2), allowed)[0] for snr in SNRS]
            print(f"{name:16s}  " + "".join(f"{p:7.2f}" for p in row))
    return 0


if __name__ == "__main__":
    sys.exit(main())
