"""Measure how the product's vision errs on rendered pictures, and write `sim/camera_errors.toml`.

    python builders/fit_camera_errors.py [--quick] [--write]

Walkers cross the view of one demonstration camera at many ranges and contrasts; a look is two seconds of
pictures; it detects when any of them holds a confirmed detection within four pixels of the walker.  The
probability is fitted as p_max / (1 + (snr50 / snr)^(1 / log_width)) by maximum likelihood, over the peak
contrast that `sim/camera_model.py` computes.  False alarms are counted on pictures without anybody, in two winds.
"""

from __future__ import annotations

import argparse
import math
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from watchline import vision
from watchline.sim.camera_model import contrast_snr
from watchline.sim.demo import Demo, demo_site
from watchline.sim.scene import Scene
from watchline.sim.thermal import ThermalCamera
from watchline.sim.weather import transmission

TABLE = Path(__file__).resolve().parents[1] / "src" / "watchline" / "sim" / "camera_errors.toml"
LOOK_S, WARM_S, NEAR_PX = 2.0, 20.0, 4.0
START_S = 1_516_665_600.0


def scene_of(t_s: float, walkers: NDArray[np.float64], surface_c: NDArray[np.float64], wind: float) -> Scene:
    """Return a clear night with walkers at grid positions (N, 4: place and velocity)."""
    n = len(walkers)
    return Scene(
        t_s=t_s,
        id=np.arange(1, n + 1, dtype=np.int32),
        xy_m=walkers[:, :2],
        v_m_s=walkers[:, 2:],
        heading_rad=np.zeros(n),
        kind=np.zeros(n, np.uint8),
        posture=np.zeros(n, np.uint8),
        surface_c=surface_c,
        size_m=np.tile([0.5, 1.7], (n, 1)),
        above_m=np.zeros(n),
        air_c=4.0,
        ground_c=1.0,
        sun=0.0,
        visibility_m=np.full(1, 20_000.0),
        dust=np.zeros(1),
        rain_mm_h=np.zeros(1),
        wind_m_s=np.full(1, wind),
        sensor_up=np.ones(1, bool),
        lens=np.ones(1),
    )


def camera_of(demo: Demo, seed: int) -> ThermalCamera:
    """Return the demonstration's first camera with pictures."""
    return ThermalCamera(demo.site, demo.line, demo.terrain, 0, seed=seed)


def watch(
    camera: ThermalCamera, walkers: NDArray[np.float64], surface_c: NDArray[np.float64], seconds: float, wind: float
) -> tuple[list[tuple[float, bool]], list[tuple[float, float]], int, int]:
    """Return looks (snr, detected), centroid errors, false alarms and looks of one run."""
    state = vision.init(vision.VisionSettings(rate_hz=camera.spec.rate_hz))
    nobody = np.zeros((0, 4))
    seen: dict[tuple[int, int], list[float]] = {}
    errors: list[tuple[float, float]] = []
    false = 0
    pixel, netd = math.radians(camera.spec.hfov_deg) / camera.spec.width_px, camera.spec.netd_k
    for second in range(int(WARM_S + seconds)):
        t = START_S + second
        moved = walkers.copy()
        moved[:, :2] += walkers[:, 2:] * (second - WARM_S)
        out = second < WARM_S
        scene = scene_of(t + 1.0, nobody if out else moved, surface_c[:0] if out else surface_c, wind)
        for frame in camera.frames(scene, t, t + 1.0):
            state, result = vision.step(state, frame, frame.t_s)
            boxes = [b for b in camera.last_boxes if 4 < b.x_px < 316 and 4 < b.y_px < 252]
            sure = [d for d in result.detections if d.confirmed]
            for b in boxes:
                through = transmission(b.range_m, 0.0, 0.0)
                snr = contrast_snr(b.surface_c - scene.ground_c, 0.5, 1.7 * b.shown, b.range_m, pixel, netd, through)
                close = [d for d in sure if math.hypot(d.x_px - b.x_px, d.y_px - b.y_px) < NEAR_PX]
                row = seen.setdefault((b.id, int(second // LOOK_S)), [snr, 0.0])
                if close:
                    row[1] = 1.0
                    errors.append((close[0].x_px - b.x_px, close[0].y_px - b.y_px))
            far = [d for d in sure if all(math.hypot(d.x_px - b.x_px, d.y_px - b.y_px) > 12 for b in boxes)]
            false += len(far) > 0
    # The first looks of a walker are the tracker's start-up, not its sensitivity.
    looks = [(snr, hit > 0) for (_, look), (snr, hit) in seen.items() if look * LOOK_S > WARM_S + 6]
    return looks, errors, false, int(seconds / LOOK_S)


def walkers_at(camera: ThermalCamera, range_m: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return three walkers across the view, the first from the left, at about one range."""
    bearing = camera.optics().bearing_rad
    out = []
    for k in range(3):
        turn = bearing + (-0.1 + 0.09 * k)
        away = range_m * rng.uniform(0.93, 1.07)
        place = camera.eye_m[:2] + away * np.array([math.sin(turn), math.cos(turn)])
        along = 1.2 * np.array([math.cos(bearing), -math.sin(bearing)])
        out.append([*place, *along])
    return np.array(out)


def fit(looks: list[tuple[float, bool]]) -> tuple[float, float, float]:
    """Return p_max, snr50 and log_width of greatest likelihood."""
    snr = np.array([max(s, 1e-3) for s, _ in looks])
    hit = np.array([h for _, h in looks], float)

    def loss(x: NDArray[np.float64]) -> float:
        p_max, snr50, width = 1 / (1 + math.exp(-x[0])), math.exp(x[1]), min(1.5, max(0.08, math.exp(x[2])))
        p = np.clip(p_max / (1 + np.exp(np.clip(-np.log(snr / snr50) / width, -50, 50))), 1e-6, 1 - 1e-6)
        return -float((hit * np.log(p) + (1 - hit) * np.log(1 - p)).sum())

    best = minimize(loss, np.array([2.5, 1.2, -1.2]), method="Nelder-Mead").x
    return 1 / (1 + math.exp(-best[0])), math.exp(best[1]), min(1.5, max(0.08, math.exp(best[2])))


def rewrite(values: dict[str, float]) -> None:
    """Put new numbers into the table, keeping its comments."""
    text = TABLE.read_text(encoding="utf-8")
    for name, value in values.items():
        text = re.sub(rf"(?m)^{name} = \S+", f"{name} = {value:.4g}", text)
    TABLE.write_text(text, encoding="utf-8")


def main() -> None:
    """Measure, print and, when asked, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    demo = demo_site(1, length_m=12_000.0)
    rng = np.random.default_rng(1)
    ranges = np.geomspace(600, 3400, 4 if options.quick else 8)
    warmths = (3.0, 8.0) if options.quick else (1.5, 3.0, 5.0, 9.0)
    looks: list[tuple[float, bool]] = []
    errors: list[tuple[float, float]] = []
    for n, range_m in enumerate(ranges):
        for warmth in warmths:
            camera = camera_of(demo, n)
            found = watch(camera, walkers_at(camera, float(range_m), rng), np.full(3, 1.0 + warmth), 50.0, 3.0)
            looks += found[0]
            errors += found[1]
    p_max, snr50, width = fit(looks)
    snr, hit = np.array([s for s, _ in looks]), np.array([h for _, h in looks])
    print("snr band   looks  detected  fitted")
    for low, high in ((0, 1), (1, 2), (2, 3), (3, 4), (4, 6), (6, 10), (10, 20), (20, 80)):
        inside = (snr >= low) & (snr < high)
        if inside.any():
            p = p_max / (1 + (snr50 / max(float(np.median(snr[inside])), 0.05)) ** (1 / width))
            print(f"{low:3d}..{high:<3d}   {inside.sum():6d}   {hit[inside].mean():6.3f}   {p:6.3f}")
    rates = []
    for wind in (3.0, 10.0):
        camera = camera_of(demo, 99)
        none = np.zeros((0, 4))
        _, _, false, count = watch(camera, none, np.zeros(0), 120.0 if options.quick else 600.0, wind)
        rates.append((false / camera.spec.rate_hz / LOOK_S) / count)
        print(f"wind {wind:4.1f} m/s: {false} pictures with a false confirmed detection, {rates[-1]:.4f} per look")
    spread = np.array(errors)
    sd = 1.4826 * np.median(np.abs(spread - np.median(spread, axis=0)), axis=0)
    print(f"centroid error {sd[0]:.2f} x {sd[1]:.2f} px; p_max {p_max:.3f} snr50 {snr50:.2f} log_width {width:.3f}")
    if options.write:
        values = {"p_max": min(p_max, 0.99), "snr50": snr50, "log_width": width}
        values |= {"bearing_px": max(0.15, sd[0]), "elevation_px": max(0.2, sd[1])}
        # Never below one in a thousand looks: some minutes of pictures cannot show less.
        values |= {"false_per_look": max(0.001, rates[0]), "false_per_wind": max(0.0002, (rates[1] - rates[0]) / 6)}
        rewrite(values)


if __name__ == "__main__":
    main()
