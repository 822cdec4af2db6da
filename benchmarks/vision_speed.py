"""How many 640 x 512 cameras at 15 Hz does a core carry, beside OpenCV's MOG2 and KNN?

    python benchmarks/vision_speed.py [--quick]

Made-up ground with camera noise of 4 counts and four walkers, 16 bit, one thread.  Every method sees the same
pictures in the same run; a picture's time is processor time, so that others on the machine disturb less, and the
smallest of several rounds is taken.  MOG2 and KNN only subtract the background: no shake, no tracks, no calibrated
rate.  Memory: what six cameras' states add to the process.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import resource
import time
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from watchline.domain.frames import Frame
from watchline.vision import VisionSettings, init, step

ROWS, COLS, RATE_HZ, CAMERAS = 512, 640, 15.0, 6
U2 = NDArray[np.uint16]


def pictures(count: int, seed: int) -> list[U2]:
    """Return pictures of stones and hills with four walkers of 3 times the noise."""
    rng = np.random.default_rng(seed)
    hills = cv2.GaussianBlur(rng.normal(0, 1, (ROWS, COLS)).astype(np.float32), (0, 0), 12) * 900
    stones = cv2.GaussianBlur(rng.normal(0, 1, (ROWS, COLS)).astype(np.float32), (0, 0), 1.5) * 60
    yy, xx = np.mgrid[0:ROWS, 0:COLS].astype(np.float32)
    made = []
    for k in range(count):
        picture = 3000 + hills + stones + rng.normal(0, 4, hills.shape)
        for n in range(4):
            x, y = 100 + 0.35 * k + 110 * n, 120 + 90 * n
            picture = picture + 12 * np.exp(-0.5 * (((xx - x) / 0.9) ** 2 + ((yy - y) / 1.2) ** 2))
        made.append(np.round(picture).astype(np.uint16))
    return made


def seconds_per_picture(look: Callable[[int, U2], None], made: list[U2], warm: int) -> float:
    """Return processor seconds of the quickest third of the pictures after the first few."""
    spent = []
    for k, picture in enumerate(made):
        before = time.process_time()
        look(k, picture)
        if k >= warm:
            spent.append(time.process_time() - before)
    return float(np.mean(np.sort(spent)[: max(len(spent) // 3, 1)]))


def watcher(settings: VisionSettings) -> Callable[[int, U2], None]:
    """Return a camera of ours."""
    held = [init(settings)]

    def look(k: int, picture: U2) -> None:
        held[0], _ = step(held[0], Frame("cam", k, k / RATE_HZ, picture), k / RATE_HZ)

    return look


def subtractor(made: cv2.BackgroundSubtractor) -> Callable[[int, U2], None]:
    """Return one of OpenCV's, on 8 bit as it wants it."""

    def look(_: int, picture: U2) -> None:
        made.apply(cv2.convertScaleAbs(picture, alpha=0.25, beta=-625))

    return look


def memory_mb(made: list[U2]) -> float:
    """Return what six more cameras add to the process at its fullest, MB."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cameras = [watcher(VisionSettings(rate_hz=RATE_HZ)) for _ in range(CAMERAS)]
    for k, picture in enumerate(made[:20]):
        for look in cameras:
            look(k, picture)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def main() -> None:
    """Print the rows."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--quick", action="store_true")
    ask.add_argument("--profile", action="store_true", help="also print where our time goes")
    asked = ask.parse_args()
    cv2.setNumThreads(1)
    made = pictures(40 if asked.quick else 90, 1)
    rows = {
        "ours, through track before detect": watcher(VisionSettings(rate_hz=RATE_HZ)),
        "MOG2": subtractor(cv2.createBackgroundSubtractorMOG2(detectShadows=False)),
        "KNN": subtractor(cv2.createBackgroundSubtractorKNN(detectShadows=False)),
    }
    for name, look in rows.items():
        spent = seconds_per_picture(look, made, 20)
        rate = 1 / spent
        print(f"{name:36s} {1e3 * spent:6.1f} ms a picture, {rate:5.0f} pictures/s, {rate / RATE_HZ:4.1f} cameras")
    stills = seconds_per_picture(watcher(VisionSettings(mode="stills")), made[:30], 5)
    hot = seconds_per_picture(watcher(VisionSettings(mode="stills", polarity="hot")), made[:30], 5)
    print(f"{'stills, hot and cold':36s} {1e3 * stills:6.1f} ms a picture; hot only {1e3 * hot:.1f} ms")
    print(f"memory of {CAMERAS} cameras: {memory_mb(made):.0f} MB")
    if asked.profile:
        profile = cProfile.Profile()
        look = watcher(VisionSettings(rate_hz=RATE_HZ))
        profile.enable()
        for k, picture in enumerate(made[:60]):
            look(k, picture)
        profile.disable()
        pstats.Stats(profile).sort_stats("tottime").print_stats(28)


if __name__ == "__main__":
    main()
