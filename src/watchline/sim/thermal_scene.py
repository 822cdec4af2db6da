"""The still part of a thermal picture: which ground each pixel sees, and how warm it is by the hour.

Theory: for each bearing the steepest slope so far is kept along the range; a pixel sees the ground where that
first reaches its own elevation, found by bisection because the running maximum never falls.
Ground temperature is the day's mean plus what the sun adds on slopes that face it, plus texture of six wavelengths
averaged over the pixel's footprint, shrubs, and stones that keep the day's heat; through air it fades towards the
air's own temperature.

Limits: 30 m cells carry no gullies or boulders of their own; texture stands in for them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from watchline.geo.terrain import Terrain, bilinear
from watchline.sim.chance import uniform
from watchline.sim.sight import DROP_PER_M2
from watchline.sim.weather import transmission

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]

MARGIN_PX = 6  # drawn beyond the picture's edges, so that a shaking camera never runs out
FAR_M = 14_000.0
SAMPLES = 6  # points averaged in a pixel's footprint
WAVES_M = (0.7, 2.0, 6.0, 20.0, 70.0, 260.0)
WAVES_K = (0.9, 0.8, 0.6, 0.55, 0.5, 0.5)  # weights of the octaves before scaling by the hour


@dataclass(frozen=True)
class Optics:
    """A pinhole camera: eye (3,) on the grid, bearing and tilt of its axis, focal length and size in pixels.

    Pixel centres are at whole numbers; the axis meets the picture's middle, ((width - 1) / 2, (height - 1) / 2).
    """

    eye_m: F8
    bearing_rad: float
    tilt_rad: float
    focal_px: float
    width_px: int
    height_px: int

    def rays(self, margin_px: int) -> tuple[F8, F8]:
        """Return (rows, cols) grid bearing and elevation of every pixel, with a margin all round."""
        x = np.arange(-margin_px, self.width_px + margin_px) - (self.width_px - 1) / 2
        y = np.arange(-margin_px, self.height_px + margin_px) - (self.height_px - 1) / 2
        right, down = np.meshgrid(x / self.focal_px, y / self.focal_px)
        ahead = math.cos(self.tilt_rad) + down * math.sin(self.tilt_rad)
        up = math.sin(self.tilt_rad) - down * math.cos(self.tilt_rad)
        return self.bearing_rad + np.arctan2(right, ahead), np.arctan2(up, np.hypot(right, ahead))

    def project(self, xyz_m: F8) -> F8:
        """Return (N, 3) column, row and ground range of places (N, 3); NaN columns behind the camera."""
        off = xyz_m[:, :2] - self.eye_m[:2]
        away = np.maximum(np.hypot(off[:, 0], off[:, 1]), 1e-3)
        up = xyz_m[:, 2] - self.eye_m[2] - DROP_PER_M2 * away**2
        turn = np.arctan2(off[:, 0], off[:, 1]) - self.bearing_rad
        right, level = away * np.sin(turn), away * np.cos(turn)
        depth = level * math.cos(self.tilt_rad) + up * math.sin(self.tilt_rad)
        rise = up * math.cos(self.tilt_rad) - level * math.sin(self.tilt_rad)
        depth = np.where(depth > 1.0, depth, np.nan)
        col = (self.width_px - 1) / 2 + self.focal_px * right / depth
        row = (self.height_px - 1) / 2 - self.focal_px * rise / depth
        return np.column_stack([col, row, away])


@dataclass(frozen=True)
class Ground:
    """Maps with a margin (rows, cols): range_m (inf for sky), texture of unit variance, shrub 0..1 share,
    stone 0..1 share, the ground's slope east and north, and elevation of the ray."""

    range_m: F4
    texture: F4
    shrub: F4
    stone: F4
    east: F4
    north: F4
    elevation_rad: F4


def see_ground(optics: Optics, terrain: Terrain, key: int) -> Ground:
    """Return what every pixel sees; about 0.2 s for 320 x 256."""
    bearing, elevation = optics.rays(MARGIN_PX)
    fine = 0.5 / optics.focal_px
    first = float(bearing.min()) - fine
    count = int((bearing.max() - first) / fine) + 3
    ranges = _range_steps()
    t = terrain
    steepest = _profiles(t.height_m, t.x0_m, t.y0_m, t.cell_m, optics.eye_m, first, fine, count, ranges)
    range_m = _meet(steepest, ranges, bearing, elevation, first, fine)
    maps = _dress(
        t.height_m, t.x0_m, t.y0_m, t.cell_m, optics.eye_m, bearing, range_m, 1.0 / optics.focal_px, key,
        np.array(WAVES_M), np.array(WAVES_K),
    )  # fmt: skip
    texture, shrub, stone, east, north = (m.astype(np.float32) for m in maps)
    seen = np.isfinite(range_m)
    if seen.any():
        texture[seen] = (texture[seen] - texture[seen].mean()) / max(float(texture[seen].std()), 1e-3)
    return Ground(range_m.astype(np.float32), texture, shrub, stone, east, north, elevation.astype(np.float32))


def _range_steps() -> F8:
    steps = [15.0]
    while steps[-1] < FAR_M:
        steps.append(steps[-1] + max(4.0, 0.005 * steps[-1]))
    return np.array(steps)


@numba.njit(cache=True)
def _profiles(
    height: F4, x0: float, y0: float, cell: float, eye: F8, first: float, fine: float, count: int, ranges: F8
) -> F8:
    out = np.empty((count, ranges.shape[0]))
    for i in range(count):
        sx, sy = np.sin(first + i * fine), np.cos(first + i * fine)
        top = -1e9
        for j in range(ranges.shape[0]):
            r = ranges[j]
            z = bilinear(height, (eye[0] + sx * r - x0) / cell, (y0 - eye[1] - sy * r) / cell)
            if not np.isnan(z):
                top = max(top, (z - DROP_PER_M2 * r * r - eye[2]) / r)
            out[i, j] = top
    return out


@numba.njit(cache=True)
def _meet(steepest: F8, ranges: F8, bearing: F8, elevation: F8, first: float, fine: float) -> F8:
    rows, cols = bearing.shape
    last = ranges.shape[0] - 1
    out = np.empty((rows, cols))
    for r in range(rows):
        for c in range(cols):
            i = int((bearing[r, c] - first) / fine + 0.5)
            slope = np.tan(elevation[r, c])
            if steepest[i, last] < slope:
                out[r, c] = np.inf
                continue
            low, high = 0, last
            while low < high:
                middle = (low + high) // 2
                if steepest[i, middle] >= slope:
                    high = middle
                else:
                    low = middle + 1
            if low == 0:
                out[r, c] = ranges[0]
                continue
            rise = steepest[i, low] - steepest[i, low - 1]
            f = (slope - steepest[i, low - 1]) / rise if rise > 0 else 1.0
            out[r, c] = ranges[low - 1] + f * (ranges[low] - ranges[low - 1])
    return out


@numba.njit(cache=True)
def _lattice(x: float, y: float, wave: float, key: int, layer: int) -> float:
    u, v = x / wave, y / wave
    i, j = int(np.floor(u)), int(np.floor(v))
    fu, fv = u - i, v - j
    fu, fv = fu * fu * (3 - 2 * fu), fv * fv * (3 - 2 * fv)
    a = uniform(key, i + 1_000_000, j + 1_000_000, layer)
    b = uniform(key, i + 1_000_001, j + 1_000_000, layer)
    c = uniform(key, i + 1_000_000, j + 1_000_001, layer)
    d = uniform(key, i + 1_000_001, j + 1_000_001, layer)
    return float(((a * (1 - fu) + b * fu) * (1 - fv) + (c * (1 - fu) + d * fu) * fv - 0.5) * 4.0)


@numba.njit(cache=True)
def _dress(
    height: F4,
    x0: float,
    y0: float,
    cell: float,
    eye: F8,
    bearing: F8,
    range_m: F8,
    pixel: float,
    key: int,
    waves: F8,
    weights: F8,
) -> tuple[F8, F8, F8, F8, F8]:
    rows, cols = bearing.shape
    texture, shrub, stone = np.zeros((rows, cols)), np.zeros((rows, cols)), np.zeros((rows, cols))
    east, north = np.zeros((rows, cols)), np.zeros((rows, cols))
    for r in range(rows):
        for c in range(cols):
            if not np.isfinite(range_m[r, c]):
                continue
            above = range_m[max(0, r - 1), c]
            deep = (
                min(abs(above - range_m[r, c]), 0.2 * range_m[r, c]) if np.isfinite(above) else 0.05 * range_m[r, c]
            )
            at = range_m[r, c]
            px, py = eye[0] + np.sin(bearing[r, c]) * at, eye[1] + np.cos(bearing[r, c]) * at
            east[r, c] = _height(height, x0, y0, cell, px + 15, py) - _height(height, x0, y0, cell, px - 15, py)
            north[r, c] = _height(height, x0, y0, cell, px, py + 15) - _height(height, x0, y0, cell, px, py - 15)
            low = _hollow(height, x0, y0, cell, px, py)
            growth = min(0.5, 0.03 + 0.12 * max(0.0, low - 0.7))
            for k in range(SAMPLES):
                turn = (uniform(key, r, c, 200 + k) - 0.5) * pixel
                reach = at + (uniform(key, r, c, 210 + k) - 0.5) * deep
                x = eye[0] + np.sin(bearing[r, c] + turn) * reach
                y = eye[1] + np.cos(bearing[r, c] + turn) * reach
                total = 0.0
                for layer in range(waves.shape[0]):
                    total += weights[layer] * _lattice(x, y, waves[layer], key, 220 + layer)
                texture[r, c] += total / SAMPLES
                patch = _lattice(x, y, 90.0, key, 240)
                if uniform(key, int(x // 2.2) + 1_000_000, int(y // 2.2) + 1_000_000, 241) < growth * max(
                    0.1, 1 + patch
                ):
                    shrub[r, c] += 1.0 / SAMPLES
                if uniform(key, int(x // 1.3) + 1_000_000, int(y // 1.3) + 1_000_000, 242) < 0.004:
                    stone[r, c] += 1.0 / SAMPLES
    return texture, shrub, stone, east / 30.0, north / 30.0


@numba.njit(cache=True)
def _height(height: F4, x0: float, y0: float, cell: float, x: float, y: float) -> float:
    return bilinear(height, (x - x0) / cell, (y0 - y) / cell)


@numba.njit(cache=True)
def _hollow(height: F4, x0: float, y0: float, cell: float, x: float, y: float) -> float:
    """Return how far the ground lies below its surroundings 150 m away, metres."""
    around = 0.0
    for k in range(4):
        angle = k * np.pi / 2 + 0.6
        around += _height(height, x0, y0, cell, x + 150 * np.sin(angle), y + 150 * np.cos(angle)) / 4
    low = around - _height(height, x0, y0, cell, x, y)
    return low if np.isfinite(low) else 0.0


@dataclass(frozen=True)
class Hour:
    """What the still picture depends on at a moment."""

    air_c: float
    ground_c: float
    sun: float
    sun_bearing_rad: float
    dust: float
    rain_mm_h: float


@numba.njit(cache=True)
def through_air(range_m: F4, dust: float, rain_mm_h: float) -> F4:
    """Return (rows, cols) transmission to every pixel's ground; 1 for sky, whose own radiance is given."""
    out = np.ones(range_m.shape, np.float32)
    for r in range(range_m.shape[0]):
        for c in range(range_m.shape[1]):
            if np.isfinite(range_m[r, c]):
                out[r, c] = transmission(range_m[r, c], dust, rain_mm_h)
    return out


def temperature_c(ground: Ground, hour: Hour, tau: F4, clouds: F4) -> F4:
    """Return (rows, cols) apparent temperature, degrees Celsius, before the optics.

    tau: from `through_air`; clouds (rows, cols) unit noise that warms the sky.
    """
    # Slopes that face the sun are warmer; at night, hollows are colder and texture is weak.
    facing = -(ground.east * math.sin(hour.sun_bearing_rad) + ground.north * math.cos(hour.sun_bearing_rad))
    rough_k = 0.75 + 1.3 * hour.sun
    warm_k = max(0.0, hour.ground_c - hour.air_c)
    land = hour.ground_c + 16.0 * hour.sun * facing + rough_k * ground.texture
    land += ground.shrub * (0.75 * (hour.air_c - hour.ground_c) - 0.4)
    land += ground.stone * (2.5 + 0.25 * warm_k)
    land = land * tau + hour.air_c * (1.0 - tau)
    up = np.maximum(ground.elevation_rad, 0.0) * np.float32(180.0 / math.pi)
    # Dry clear sky in 8..12 um: near air temperature at the horizon, tens of kelvin colder a few degrees up.
    haze = min(1.0, 2.0 * hour.dust + 0.1 * hour.rain_mm_h)
    cold = (1.0 - haze) * 32.0 * (1.0 - np.exp(-up / 3.5))
    sky = hour.air_c - 1.0 - cold + (1.0 - haze) * np.float32(3.0) * clouds * (1.0 - np.exp(-up / 2.0))
    return np.where(np.isfinite(ground.range_m), land, sky).astype(np.float32)
