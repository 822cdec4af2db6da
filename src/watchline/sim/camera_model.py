"""How simulated thermal cameras and their detectors err.

Theory: a look detects a body with a probability that rises with its peak contrast over noise: temperature
difference to the ground, times transmission, times the share of a pixel it fills after the optics' blur, over NETD.
What the ground hides does not count.  Range comes from the picture: an error of elevation becomes
r^2 / eye height of range, between 2 and 20 %.  False alarms come at random, from warm stones that
stay, and from birds and beasts, which are bodies like any other.

Rules: nothing here is shared with `sensing`'s own model of detection.
"""

from __future__ import annotations

import math
import tomllib
from importlib import resources
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from watchline.sensing import signature
from watchline.sim.chance import normal, poisson, turned, uniform
from watchline.sim.movers import Bodies, Nodes, place
from watchline.sim.sight import hidden_m
from watchline.sim.weather import Sky, transmission

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]

BLUR_PX = 0.85  # optics 0.8 px and the pixel's own 0.29 px
NOMINAL_K = 6.0  # contrast at which a camera calls itself at full quality
ROCKS = 2  # persistent warm stones in each camera's view


class Errors(NamedTuple):
    """The table of `camera_errors.toml`; its comments say what each number is."""

    p_max: float
    snr50: float
    log_width: float
    still_factor: float
    still_after_s: float
    false_per_look: float
    false_per_wind: float
    bearing_px: float
    elevation_px: float
    bias_rad: float
    rock_p: float


class Eyes(NamedTuple):
    """What every sensor is, (S,): kind 0 camera, 1 radar, 2 fence; place, bearings on the grid, and limits.

    convergence_rad: grid bearing less true bearing; pixel_rad: angle of one pixel; bias_rad: its bearing bias;
    stretch: index of its weather; lens: share of contrast a dirty lens leaves; middle, span: all it ever looks at.
    """

    kind: I4
    x: F8
    y: F8
    z: F8
    convergence_rad: F8
    hfov_rad: F8
    vfov_rad: F8
    tilt_rad: F8
    range_m: F8
    pixel_rad: F8
    netd_k: F8
    bias_rad: F8
    sd_bearing_rad: F8
    sd_range_m: F8
    least_speed: F8
    stretch: I4
    lens: F8
    middle: F8
    span: F8


class Land(NamedTuple):
    """The terrain's numbers, for kernels."""

    height: F4
    x0: float
    y0: float
    cell: float


class Looks(NamedTuple):
    """Looks due in a step, by time: (L,) number, sensor, time, middle of the sector on the grid, its width."""

    number: I8
    sensor: I4
    t_s: F8
    bearing: F8
    width: F8


class Found(NamedTuple):
    """Detections of a step, filled from the front: the columns of `DetectionBatch`; body 0 for false alarms."""

    look: I4
    body: I4
    t_s: F8
    bearing: F8
    range_m: F8
    sd_bearing: F8
    sd_range: F8
    range_rate: F8
    s_m: F8
    snr: F8
    p_class: F8


OUTLINES = np.stack([signature.outline_m(p) for p in (0, 1, 2, 0)])
CLASS_OF = np.array([int(np.argmax(s.p_class)) for s in signature.SUBJECTS], dtype=np.int32)


def camera_errors() -> Errors:
    """Return the packaged table."""
    text = resources.files("watchline.sim").joinpath("camera_errors.toml").read_text(encoding="utf-8")
    return Errors(**tomllib.loads(text))


@numba.njit(cache=True)
def contrast_snr(
    difference_k: float, wide_m: float, tall_m: float, range_m: float, pixel_rad: float, netd_k: float, through: float
) -> float:
    """Return peak contrast over noise of a box of `wide_m` x `tall_m` seen through `through` of the air."""
    across = wide_m / (range_m * pixel_rad) / (2 * math.sqrt(2.0) * BLUR_PX)
    up = tall_m / (range_m * pixel_rad) / (2 * math.sqrt(2.0) * BLUR_PX)
    return abs(difference_k) * through * math.erf(across) * math.erf(up) / netd_k


@numba.njit(cache=True)
def detection_p(snr: float, errors: Errors) -> float:
    """Return the probability that one look detects a moving body of this contrast."""
    if snr <= 0:
        return 0.0
    return errors.p_max / (1.0 + math.exp(-math.log(snr / errors.snr50) / errors.log_width))


@numba.njit(cache=True)
def camera_look(
    n: int,
    look: int,
    looks: Looks,
    eyes: Eyes,
    land: Land,
    nodes: Nodes,
    bodies: Bodies,
    live: NDArray[np.int64],
    surface_c: F8,
    outlines: F8,
    class_of: I4,
    sky: Sky,
    errors: Errors,
    key: int,
    found: Found,
) -> int:
    """Write what a camera detects in one look from place `n` on; return the next free place."""
    s, t, middle, width = looks.sensor[look], looks.t_s[look], looks.bearing[look], looks.width[look]
    ex, ey, ez = eyes.x[s], eyes.y[s], eyes.z[s]
    w = eyes.stretch[s]
    number = looks.number[look]
    for slot in live:
        x, y, vx, vy, posture, _node = place(nodes, slot, t)
        r = math.hypot(x - ex, y - ey)
        if r > eyes.range_m[s] * 1.1 or r < 20.0:
            continue
        off = turned(math.atan2(x - ex, y - ey) - middle)
        if abs(off) > width / 2:
            continue
        kind = bodies.kind[slot]
        wide, tall = outlines[posture, kind, 0], outlines[posture, kind, 1]
        hidden = hidden_m(land.height, land.x0, land.y0, land.cell, ex, ey, ez, x, y)
        shown = min(tall, bodies.above_m[slot] + tall - hidden)
        if shown <= 0.05:
            continue
        ground_z = _ground(land, x, y)
        elevation = math.atan2(ground_z + bodies.above_m[slot] - ez, r)
        if abs(elevation - eyes.tilt_rad[s]) > eyes.vfov_rad[s] / 2:
            continue
        # Ground differs from place to place; a body's dress and load stay with it for a minute at least.
        spot = normal(key, int(x // 60.0) + 100_000, int(y // 60.0) + 100_000, 1) * 0.8
        dress = math.exp(0.35 * normal(key, bodies.id[slot] * 4096 + s, int(t // 60.0), 2))
        difference = (surface_c[kind] + bodies.warmth_k[slot] - sky.ground_c) * dress - spot
        through = transmission(r, sky.dust[w], sky.rain_mm_h[w]) * eyes.lens[s]
        snr = contrast_snr(difference, wide, shown, r, eyes.pixel_rad[s], eyes.netd_k[s], through)
        p = detection_p(snr, errors)
        still = bodies.still_s[slot] if vx * vx + vy * vy < 1e-6 else 0.0
        if still > errors.still_after_s and posture != 3:
            p *= errors.still_factor
        p = 1.0 - (1.0 - p) ** bodies.ease[slot]
        body = bodies.id[slot]
        if uniform(key, number, body, 10) > p or n >= found.look.shape[0]:
            continue
        bearing = (
            middle + off + eyes.bias_rad[s] + errors.bearing_px * eyes.pixel_rad[s] * normal(key, number, body, 11)
        )
        eye_m = max(3.0, ez - ground_z)
        _measure(n, look, bearing, r, eye_m, s, eyes, errors, normal(key, number, body, 12), found)
        found.t_s[n] = t
        found.body[n] = body
        found.snr[n] = snr * math.exp(0.15 * normal(key, number, body, 13))
        pixels = shown / (r * eyes.pixel_rad[s])
        _classes(n, class_of[kind], pixels, key, number, body, found)
        n += 1
    return _camera_false(n, look, looks, eyes, land, sky, errors, key, found)


@numba.njit(cache=True)
def _ground(land: Land, x: float, y: float) -> float:
    rows, cols = land.height.shape
    c = min(max(int((x - land.x0) / land.cell + 0.5), 0), cols - 1)
    r = min(max(int((land.y0 - y) / land.cell + 0.5), 0), rows - 1)
    return float(land.height[r, c])


@numba.njit(cache=True)
def _measure(
    n: int,
    look: int,
    bearing: float,
    r: float,
    eye_m: float,
    s: int,
    eyes: Eyes,
    errors: Errors,
    z: float,
    found: Found,
) -> None:
    share = min(0.2, max(0.02, r * errors.elevation_px * eyes.pixel_rad[s] / eye_m))
    measured = r * (1.0 + share * z)
    believed = min(0.2, max(0.02, measured * errors.elevation_px * eyes.pixel_rad[s] / eye_m))
    found.look[n] = look
    found.s_m[n] = np.nan
    found.bearing[n] = bearing
    found.range_m[n] = max(10.0, measured)
    found.sd_bearing[n] = eyes.sd_bearing_rad[s]
    found.sd_range[n] = max(10.0, measured) * believed
    found.range_rate[n] = np.nan


@numba.njit(cache=True)
def _classes(n: int, true: int, pixels: float, key: int, number: int, body: int, found: Found) -> None:
    """Fill class probabilities: the more pixels, the surer; wrong now and then."""
    sure = 1.0 - math.exp(-pixels / 3.0)
    total = 0.0
    for k in range(4):
        weight = 0.12 + 0.2 * uniform(key, number, body, 20 + k)
        if k == true:
            weight += 1.6 * sure * uniform(key, number, body, 25)
        if k == 3:
            weight += 0.6 * (1.0 - sure)
        found.p_class[n, k] = weight
        total += weight
    for k in range(4):
        found.p_class[n, k] /= total


@numba.njit(cache=True)
def _camera_false(
    n: int, look: int, looks: Looks, eyes: Eyes, land: Land, sky: Sky, errors: Errors, key: int, found: Found
) -> int:
    s, number = looks.sensor[look], looks.number[look]
    mean = errors.false_per_look + errors.false_per_wind * max(0.0, sky.wind_m_s[eyes.stretch[s]] - 4.0)
    for k in range(poisson(key, number, 0, 30, mean)):
        # Anywhere in the picture's ground: depressions are uniform, so most are near.
        u = uniform(key, number, k, 31)
        near, far = 300.0, eyes.range_m[s]
        r = 1.0 / (u / near + (1.0 - u) / far)
        bearing = looks.bearing[look] + (uniform(key, number, k, 32) - 0.5) * looks.width[look]
        n = _false(n, look, s, bearing, r, eyes, land, looks, errors, key, k, found)
    minute = int(looks.t_s[look] // 60.0)
    for k in range(ROCKS):
        lasts = 1 + int(9 * uniform(key, s, k, 40))
        if uniform(key, s * 16 + k, minute // lasts, 41) > 0.25 or uniform(key, number, k, 42) > errors.rock_p:
            continue
        bearing = eyes.middle[s] + (uniform(key, s, k, 43) - 0.5) * eyes.span[s]
        if abs(turned(bearing - looks.bearing[look])) < looks.width[look] / 2:
            r = 500.0 + 2500.0 * uniform(key, s, k, 44)
            n = _false(n, look, s, bearing, r, eyes, land, looks, errors, key, 50 + k, found)
    return n


@numba.njit(cache=True)
def _false(
    n: int,
    look: int,
    s: int,
    bearing: float,
    r: float,
    eyes: Eyes,
    land: Land,
    looks: Looks,
    errors: Errors,
    key: int,
    k: int,
    found: Found,
) -> int:
    if n >= found.look.shape[0]:
        return n
    number = looks.number[look]
    x, y = eyes.x[s] + r * math.sin(bearing), eyes.y[s] + r * math.cos(bearing)
    if hidden_m(land.height, land.x0, land.y0, land.cell, eyes.x[s], eyes.y[s], eyes.z[s], x, y) > 0.5:
        return n
    eye_m = max(3.0, eyes.z[s] - _ground(land, x, y))
    bearing += errors.bearing_px * eyes.pixel_rad[s] * normal(key, number, k, 33)
    _measure(n, look, bearing, r, eye_m, s, eyes, errors, normal(key, number, k, 34), found)
    found.t_s[n] = looks.t_s[look]
    found.body[n] = 0
    found.snr[n] = errors.snr50 * (1.0 + 0.6 * abs(normal(key, number, k, 35)))
    _classes(n, 3, 1.0, key, number, 100_000 + k, found)
    return n + 1
