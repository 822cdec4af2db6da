"""Made-up ground: steppe desert with wadis, escarpments, dunes, rock plains and a river, from a seed.

Theory: octaves of smooth noise over a plain that falls towards the home side; scarps and dune fields are added;
then water is let run: a priority flood (Barnes, Lehman & Mulla 2014) on every third cell gives each cell the
neighbour it drains to, catchments are summed downstream, and the channels of three sizes are cut into the ground
as wadis.  They are connected by construction and cross the line where the water does.
The river's surface is level in steps, as water is in the elevation models that people really have.

Limits: no rock layers, no roads, no buildings; relief is plausible, not that of any real place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from watchline.geo.line import LineFrame
from watchline.geo.terrain import Terrain
from watchline.sim.drainage import channels

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]
Progress = Callable[[float], None]

COARSE = 3  # the drainage is found on every third cell
# Wavelength and standard deviation of each octave of relief, metres.
OCTAVES_M = ((24_000, 20.0), (9_000, 9.0), (3_500, 5.5), (1_300, 3.2), (500, 1.3), (210, 0.55), (95, 0.22))
FALL = 0.0042  # mean fall of the plain towards the home side, m per m
# Catchment in km^2 from which a channel is cut, its depth, half width of the bed and of the whole cut, metres.
WADIS = ((0.4, 4.5, 8.0, 55.0), (4.0, 8.0, 18.0, 85.0), (30.0, 14.0, 40.0, 150.0))


@dataclass(frozen=True)
class GroundSpec:
    """How far the ground reaches beyond the line, and how fine it is; river_m: offset of the river, 0 for none."""

    beyond_ends_m: float = 11_000.0
    each_side_m: float = 20_000.0
    cell_m: float = 30.0
    river_m: float = 14_000.0


def build_terrain(
    line: LineFrame, seed: int, spec: GroundSpec | None = None, progress: Progress | None = None
) -> Terrain:
    """Return the ground around a line, float32 heights in metres on the site grid.

    The same line, seed and spec give the same heights.  progress: called with 0..1.
    222 x 44 km of 30 m cells: about 5 s and 0.5 GiB on one core (`design/004-simulator.md`).
    """
    spec = spec or GroundSpec()
    say = progress or (lambda share: None)
    rng = np.random.default_rng([seed, 0x6F0])
    x_m, y_m = _axes(line, spec)
    home_y = -_outside_sign(line)  # +1 when the home side is towards grid north
    height = _plain(rng, x_m, y_m, spec.cell_m, home_y)
    say(0.3)
    _add_scarps(rng, height, x_m, y_m)
    _add_dunes(rng, height, spec.cell_m)
    say(0.5)
    level, river_y = _river_course(rng, x_m, y_m, height, home_y, spec)
    if spec.river_m:
        _cut_valley(height, y_m, level, river_y)
    _cut_wadis(rng, height, spec.cell_m, y_m, river_y)
    say(0.9)
    if spec.river_m:
        _fill_river(height, y_m, level, river_y, spec.cell_m)
    say(1.0)
    return Terrain(height, float(x_m[0]), float(y_m[0]), spec.cell_m)


def water_cells(terrain: Terrain) -> NDArray[np.bool_]:
    """Return (rows, cols) where the ground is exactly level over 3 x 3 cells: standing or flattened water."""
    height = terrain.height_m
    kernel = np.ones((3, 3), np.uint8)
    level = cv2.dilate(height, kernel) - cv2.erode(height, kernel) == 0.0
    return np.asarray(cv2.dilate(level.astype(np.uint8), kernel), bool)


def _outside_sign(line: LineFrame) -> float:
    """Return +1 when outside is towards grid north, -1 when towards grid south."""
    east = line.xy_m[-1, 0] >= line.xy_m[0, 0]
    return 1.0 if (line.home_sign < 0) == bool(east) else -1.0


def _axes(line: LineFrame, spec: GroundSpec) -> tuple[F8, F8]:
    reach = np.array([spec.beyond_ends_m, spec.each_side_m])
    west, south = line.xy_m.min(axis=0) - reach
    east, north = line.xy_m.max(axis=0) + reach
    # Whole multiples of the coarse cell, so that the drainage grid fits.
    cols = COARSE * int(np.ceil((east - west) / spec.cell_m / COARSE))
    rows = COARSE * int(np.ceil((north - south) / spec.cell_m / COARSE))
    x0, y0 = np.floor(west / spec.cell_m) * spec.cell_m, np.ceil(north / spec.cell_m) * spec.cell_m
    return x0 + spec.cell_m * np.arange(cols), y0 - spec.cell_m * np.arange(rows)


def smooth_noise(rng: np.random.Generator, shape: tuple[int, int], wave_cells: float) -> F4:
    """Return noise of unit variance that varies over about `wave_cells` cells."""
    half = max(1.0, wave_cells / 2)
    rows, cols = int(np.ceil(shape[0] / half)) + 4, int(np.ceil(shape[1] / half)) + 4
    small = rng.standard_normal((rows, cols)).astype(np.float32)
    size = (round(cols * half), round(rows * half))
    out = cv2.resize(small, size, interpolation=cv2.INTER_CUBIC)[: shape[0], : shape[1]]
    # Interpolating between samples loses variance; 1.35 brings it back to about one.
    return np.asarray(out * np.float32(1.35), np.float32)


def _plain(rng: np.random.Generator, x_m: F8, y_m: F8, cell_m: float, home_y: float) -> F4:
    shape = (len(y_m), len(x_m))
    height = np.empty(shape, np.float32)
    height[:] = (310.0 - FALL * home_y * (y_m - y_m.mean()))[:, None]
    # Rock plains are rougher at short range than gravel: the fine octaves swell and fade over 6 km.
    rough = np.clip(0.8 + 0.7 * smooth_noise(rng, shape, 6000 / cell_m), 0.2, 2.5)
    for wave_m, sd_m in OCTAVES_M:
        if wave_m < 2 * cell_m:
            continue
        octave = smooth_noise(rng, shape, wave_m / cell_m)
        octave *= np.float32(sd_m)
        if wave_m < 2000:
            octave *= rough
        height += octave
    return height


def _add_scarps(rng: np.random.Generator, height: F4, x_m: F8, y_m: F8) -> None:
    """Add steps of 15..45 m that wander along the strip, rising away from the river, with gaps."""
    count = max(1, round((x_m[-1] - x_m[0]) / 45_000))
    span = y_m[0] - y_m[-1]
    for k in range(count):
        centre = x_m[0] + (k + rng.uniform(0.1, 0.9)) / count * (x_m[-1] - x_m[0])
        half = rng.uniform(12_000, 32_000)
        window = np.clip(1.6 - 1.6 * np.abs(x_m - centre) / half, 0.0, 1.0)
        base = y_m.mean() + rng.uniform(-0.25, 0.3) * span
        course = base + 900 * _wander(rng, x_m, 7000) + 220 * _wander(rng, x_m, 1300) + 60 * _wander(rng, x_m, 350)
        step = rng.uniform(18, 46) * window * np.clip(0.75 + 0.4 * _wander(rng, x_m, 4000), 0.1, 1.3)
        width = 17.0 + 8.0 * np.abs(_wander(rng, x_m, 2500))
        arg = np.clip((y_m[:, None] - course[None, :]) / width[None, :], -30, 30).astype(np.float32)
        height += step.astype(np.float32)[None, :] / (1 + np.exp(-arg))


def _wander(rng: np.random.Generator, x_m: F8, wave_m: float) -> F8:
    """Return (N,) smooth noise of unit variance along x."""
    knots = rng.standard_normal(int((x_m[-1] - x_m[0]) / wave_m) + 6)
    at = (x_m - x_m[0]) / wave_m + 1.5
    k = at.astype(int)
    f = at - k
    f = f * f * (3 - 2 * f)
    return np.asarray((knots[k] * (1 - f) + knots[k + 1] * f) * 1.3)


def _add_dunes(rng: np.random.Generator, height: F4, cell_m: float) -> None:
    """Add sand ridges in patches: crests across the prevailing wind, 4..10 m high."""
    where = np.clip(smooth_noise(rng, height.shape, 14_000 / cell_m) - 1.0, 0.0, 1.0)
    if not where.any():
        return
    # Noise stretched along the crests, folded so that it has sharp tops.
    rows, cols = height.shape
    long = smooth_noise(rng, (rows, max(8, cols // 3)), 420 / cell_m)
    ridge = 1.0 - np.abs(cv2.resize(long, (cols, rows), interpolation=cv2.INTER_LINEAR))
    height += (where * np.clip(ridge, -0.2, 1.0) * np.float32(9.0)).astype(np.float32)


def _river_course(
    rng: np.random.Generator, x_m: F8, y_m: F8, height: F4, home_y: float, spec: GroundSpec
) -> tuple[F8, F8]:
    """Return (cols,) the water level and the grid north of the river; without a river its course is the edge."""
    edge = y_m.mean() + home_y * (abs(y_m[0] - y_m[-1]) / 2 - spec.each_side_m)
    if not spec.river_m:
        return np.zeros(len(x_m)), np.full(len(x_m), y_m[-1] if home_y < 0 else y_m[0])
    course = edge + home_y * spec.river_m + 700 * _wander(rng, x_m, 9000) + 260 * _wander(rng, x_m, 2300)
    row = np.clip(np.searchsorted(-y_m, -course), 0, len(y_m) - 1)
    plain = np.minimum.accumulate(height[row, np.arange(len(x_m))].astype(float) - 38.0)
    smooth = np.convolve(np.pad(plain, 400, mode="edge"), np.ones(801) / 801, mode="valid")
    reach = (np.arange(len(x_m)) * spec.cell_m // 3000).astype(int)
    return np.asarray(np.round(smooth[np.searchsorted(reach, reach)], 1), float), course


def _cut_valley(height: F4, y_m: F8, level: F8, river_y: F8) -> None:
    off = np.abs(y_m[:, None] - river_y[None, :]).astype(np.float32)
    near = np.clip((1900 - off) / 1200, 0.0, 1.0)
    near = near * near * (3 - 2 * near)
    floor = level.astype(np.float32)[None, :] + 1.5 + 0.004 * off
    height += near * (np.minimum(floor + 0.15 * (height - floor), height) - height)


def _fill_river(height: F4, y_m: F8, level: F8, river_y: F8, cell_m: float) -> None:
    off = np.abs(y_m[:, None] - river_y[None, :])
    wet = off < max(90.0, 2.1 * cell_m)
    height[wet] = np.broadcast_to(level.astype(np.float32), height.shape)[wet]


def _cut_wadis(rng: np.random.Generator, height: F4, cell_m: float, y_m: F8, river_y: F8) -> None:
    rows, cols = height.shape
    coarse: F4 = np.asarray(
        cv2.resize(height, (cols // COARSE, rows // COARSE), interpolation=cv2.INTER_AREA), np.float32
    )
    sink_row = np.searchsorted(-y_m[1::COARSE], -river_y[1::COARSE]).clip(0, rows // COARSE - 1)
    sizes_cells = np.array([km2 * 1e6 / (cell_m * COARSE) ** 2 for km2, _, _, _ in WADIS])
    filled, mask = channels(coarse, sink_row, sizes_cells, COARSE, int(rng.integers(1 << 30)))
    height += cv2.resize(filled - coarse, (cols, rows), interpolation=cv2.INTER_LINEAR)
    cut = np.zeros_like(height)
    for k, (_, depth, bed, bank) in enumerate(WADIS):
        away = cv2.distanceTransform((mask <= k).astype(np.uint8), cv2.DIST_L2, 3) * np.float32(cell_m)
        share = np.clip((bank - away) / (bank - bed), 0, 1)
        share *= share * (3 - 2 * share)
        np.maximum(cut, np.float32(depth) * share, out=cut)
    # Depth varies along a wadi; banks are ragged.
    cut *= np.clip(1.0 + 0.22 * smooth_noise(rng, height.shape, 900 / cell_m), 0.5, 1.5)
    height -= cut
