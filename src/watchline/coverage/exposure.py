"""The exposure field: how fast a subject gathers detection at each place, from all sensors that are working.

Theory: a sensor that looks at a place every tau seconds with P_d per look gives the rate -ln(1 - P_d) / tau (1/s);
rates of sensors add.  A panning head looks at a place in the share of its stops that cover it.  P_d is
`sensing.detection.p_detect` at the class's own size and contrast, times the chance of being in sight, from the
least visible height of the cell (`geo.viewshed`).  A fence gives its exposure once, across the cells it runs through.

Rules: a silent sensor gives nothing; so does a place whose sight is unknown.
Limits: looks of one sensor are not independent of each other: turn exposure into a probability by frailty
(`sensing.glimpse.p_miss`), never by exp(-H).  Radars are taken as seeing every mover at walking pace.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from watchline.domain.site import Sensor, Site
from watchline.geo.line import LineFrame
from watchline.geo.sight import REFRACTION_LIGHT
from watchline.geo.terrain import Terrain
from watchline.geo.viewshed import REFRACTION_RADIO, least_visible_around
from watchline.sensing.detection import KINDS, P_FENCE, Crosser, p_detect, p_in_sight, performance_table

F8 = NDArray[np.float64]
F4 = NDArray[np.float32]

WALL_OF_TOUCH = -math.log(1.0 - P_FENCE)  # exposure of one passage of an instrumented fence
SEEN_BY_EYE = ("thermal_camera", "radar")


@dataclass(frozen=True)
class Eye:
    """A camera or radar in its place: what terrain hides from it and which directions it covers.

    need: least visible height of the cells around it; stops_rad (K,) grid bearings of its axis; half_rad half of its
    field of view, tilt_rad and tilt_half_rad likewise up and down; period_s between looks at a stop that is on.
    """

    index: int
    need: Terrain
    x_m: float
    y_m: float
    z_m: float
    range_m: float
    stops_rad: F8
    half_rad: float
    tilt_rad: float
    tilt_half_rad: float
    period_s: float


def eye_of(index: int, sensor: Sensor, place_m: F8, convergence_rad: float, terrain: Terrain) -> Eye:
    """Return what a sensor can see from `place_m` (3,), exactly on the bilinear surface (0.01 to 0.5 s)."""
    x, y = float(place_m[0]), float(place_m[1])
    light = sensor.kind != "radar"
    need = least_visible_around(
        terrain,
        (x, y),
        mast_m=sensor.mast_m,
        range_m=sensor.max_range_m,
        refraction_k=REFRACTION_LIGHT if light else REFRACTION_RADIO,
    )
    pan = sensor.pan
    stops_deg = [sensor.azimuth_deg] if pan is None else np.linspace(pan.from_deg, pan.to_deg, pan.stops)
    period_s = sensor.scan_period_s if pan is None else pan.dwell_s
    return Eye(
        index,
        need,
        x,
        y,
        float(place_m[2]),
        sensor.max_range_m,
        np.radians(stops_deg) + convergence_rad,
        math.radians(min(sensor.hfov_deg, 360.0)) / 2.0,
        math.radians(sensor.tilt_deg),
        math.radians(sensor.hfov_deg * sensor.height_px / sensor.width_px) / 2.0 if light else math.pi,
        period_s,
    )


def eyes_of(site: Site, place_m: F8, convergence_rad: F8, terrain: Terrain) -> list[Eye]:
    """Return every camera and radar of a site; place_m (N, 3), convergence_rad (N,) by sensor."""
    return [
        eye_of(k, sensor, place_m[k], float(convergence_rad[k]), terrain)
        for k, sensor in enumerate(site.sensors)
        if sensor.kind in SEEN_BY_EYE
    ]


def rate_per_s(
    shape: tuple[int, int],
    terrain: Terrain,
    eyes: list[Eye],
    site: Site,
    crosser: Crosser,
    *,
    dark: frozenset[int] = frozenset(),
    quality: float = 1.0,
) -> F4:
    """Return (rows, cols) float32 detection rate on the terrain's cells, from eyes that are not dark.

    quality: contrast now over nominal, 0..1, the same everywhere (weather and hour).
    """
    rate = np.zeros(shape, np.float32)
    table = performance_table(site.sensors, crosser)
    for eye in eyes:
        if eye.index not in dark:
            left = round((eye.need.x0_m - terrain.x0_m) / terrain.cell_m)
            top = round((terrain.y0_m - eye.need.y0_m) / terrain.cell_m)
            _add(
                rate,
                eye.need.height_m,
                terrain.height_m,
                top,
                left,
                (eye.x_m - eye.need.x0_m) / terrain.cell_m,
                (eye.need.y0_m - eye.y_m) / terrain.cell_m,
                eye.z_m,
                terrain.cell_m,
                eye.range_m,
                eye.stops_rad,
                eye.half_rad,
                eye.tilt_rad,
                eye.tilt_half_rad,
                eye.period_s,
                table[eye.index],
                crosser.height_m,
                quality,
            )
    return rate


@numba.njit(cache=True)
def _add(
    rate: F4,
    need: F4,
    ground: F4,
    top: int,
    left: int,
    eye_col: float,
    eye_row: float,
    eye_z: float,
    cell_m: float,
    range_m: float,
    stops: F8,
    half: float,
    tilt: float,
    tilt_half: float,
    period_s: float,
    performance: F8,
    height_m: float,
    quality: float,
) -> None:
    """Add one sensor's rate to the field, in place; need is its window at (top, left) of the field."""
    for r in range(need.shape[0]):
        for c in range(need.shape[1]):
            hidden = need[r, c]
            if np.isnan(hidden) or hidden > 3.0 * height_m + 5.0:
                continue
            dx, dy = (c - eye_col) * cell_m, (eye_row - r) * cell_m
            distance = math.sqrt(dx * dx + dy * dy)
            if distance > range_m:
                continue
            up = math.atan2(ground[top + r, left + c] + 0.5 * height_m - eye_z, max(distance, 1.0))
            if abs(up - tilt) > tilt_half:
                continue
            bearing, covering = math.atan2(dx, dy), 0
            for k in range(stops.shape[0]):
                off = abs((bearing - stops[k] + math.pi) % (2 * math.pi) - math.pi)
                covering += off <= half
            if covering == 0:
                continue
            # Radial speed above every radar's least: a walker's, towards it.
            pd = p_detect(performance, distance, quality, 1.0) * p_in_sight(hidden, height_m)
            share = covering / stops.shape[0]
            rate[top + r, left + c] -= np.float32(share * math.log(1.0 - min(pd, 0.999)) / period_s)


@dataclass(frozen=True)
class Ribbon:
    """The cells the line runs through: cell (M,) flat indices, s_m (M,) chainage of each."""

    cell: NDArray[np.int64]
    s_m: F8


def ribbon(line: LineFrame, terrain: Terrain) -> Ribbon:
    """Return the cells under the line, each once, in order of chainage; 8-connected."""
    s = np.arange(0.0, line.length_m, terrain.cell_m / 3.0)
    xy = line.xy_m_from_sd(np.column_stack([s, np.zeros_like(s)]))
    rows, cols = terrain.height_m.shape
    col = np.rint((xy[:, 0] - terrain.x0_m) / terrain.cell_m).astype(np.int64)
    row = np.rint((terrain.y0_m - xy[:, 1]) / terrain.cell_m).astype(np.int64)
    inside = (row >= 0) & (row < rows) & (col >= 0) & (col < cols)
    cell, first = np.unique(row[inside] * cols + col[inside], return_index=True)
    order = np.argsort(first)
    return Ribbon(cell[order], s[inside][first[order]])


def add_fences(
    rate: F4, under: Ribbon, site: Site, crosser: Crosser, cell_m: float, dark: frozenset[int] = frozenset()
) -> None:
    """Add what instrumented fences notice, in place: one touch, spread over the way through a cell."""
    touch = np.float32(WALL_OF_TOUCH * crosser.speed_m_s / cell_m)
    for k, sensor in enumerate(site.sensors):
        if KINDS[sensor.kind] == KINDS["fence_sensor"] and k not in dark:
            low, high = 1000.0 * (sensor.from_km or 0.0), 1000.0 * (sensor.to_km or 0.0)
            rate.ravel()[under.cell[(under.s_m >= low) & (under.s_m <= high)]] += touch


def walking_speed_m_s(terrain: Terrain, under: Ribbon, site: Site, crosser: Crosser) -> F4:
    """Return (rows, cols) how fast a crosser goes: slower on slopes, held up by wire and trench, 0 where it cannot.

    Slope: v exp(-3.5 |gradient|), Tobler's law without its downhill bonus; barriers: their delay for walkers or
    vehicles times their condition, spent in the cells they run through.
    """
    down, right = np.gradient(terrain.height_m, terrain.cell_m)
    slope = np.hypot(down, right)
    speed = (crosser.speed_m_s * np.exp(-3.5 * slope)).astype(np.float32)
    speed[~(slope <= crosser.slope_max)] = 0.0
    flat = speed.ravel()
    for barrier in site.barriers:
        delay_s = barrier.delay_vehicle_s if crosser.name == "vehicle" else barrier.delay_walker_s
        here = under.cell[(under.s_m >= 1000.0 * barrier.from_km) & (under.s_m <= 1000.0 * barrier.to_km)]
        pace = 1.0 / np.maximum(flat[here], 1e-6) + delay_s * barrier.condition / terrain.cell_m
        flat[here] = np.where(flat[here] > 0, 1.0 / pace, 0.0)
    return np.asarray(speed, np.float32)
