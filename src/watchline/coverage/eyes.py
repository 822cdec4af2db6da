"""Cameras and radars in their places: what terrain hides from each, and the detection rate each gives.

Theory: a sensor that looks at a place every tau seconds with P_d per look gives the rate -ln(1 - P_d) / tau (1/s)
where the place is in sight.  A panning head looks at a place in the share of its time at the stops that cover it.
P_d is `sensing.detection.p_detect`.  The chance s of being in sight comes from the least visible height of the cell
(`geo.viewshed`) and the elevation's error, which is the same at every look: over the time T that a crosser is in one
place, that leaves of rate T what `sensing.detection.seen_of` says.

Rules: a place whose sight is unknown gives nothing.
Limits: radars are taken as seeing every mover at walking pace.  T is at the crosser's pace on firm level ground;
sight from two sensors to one place, and from one sensor to places SIGHT_HOLDS_M apart, counts as independent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from watchline.domain.site import Sensor, Site
from watchline.geo.sight import REFRACTION_LIGHT, REFRACTION_RADIO
from watchline.geo.terrain import Terrain
from watchline.geo.viewshed import least_visible_around
from watchline.sensing.camera import half_height_rad
from watchline.sensing.detection import Crosser, p_detect, p_in_sight, place_s, seen_of, sure_of

F8 = NDArray[np.float64]
F4 = NDArray[np.float32]

SEEN_BY_EYE = ("thermal_camera", "drone_camera", "radar")
P_MOST = 0.999  # of one look
HIDDEN_MOST_HEIGHTS, HIDDEN_MOST_M = 3.0, 5.0  # deeper than this nobody is seen, whatever the elevation's error


@dataclass(frozen=True)
class Eye:
    """A camera or radar in its place: what terrain hides from it and which directions it covers.

    need: least visible height of the cells around it; stops (K, 2): grid bearing of its axis, and the share of its
    time there; half_rad half of its field of view, tilt_rad and tilt_half_rad likewise up and down; period_s between
    looks at a stop that is on.
    """

    index: int
    need: Terrain
    x_m: float
    y_m: float
    z_m: float
    range_m: float
    stops: F8
    half_rad: float
    tilt_rad: float
    tilt_half_rad: float
    period_s: float

    def corner(self, terrain: Terrain) -> tuple[int, int]:
        """Return row and column, on the terrain, of the first cell of the field of view."""
        return (
            round((terrain.y0_m - self.need.y0_m) / terrain.cell_m),
            round((self.need.x0_m - terrain.x0_m) / terrain.cell_m),
        )


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
    share = (1.0,) if pan is None else pan.time_shares
    period_s = sensor.scan_period_s if pan is None else pan.dwell_s
    return Eye(
        index,
        need,
        x,
        y,
        float(place_m[2]),
        sensor.max_range_m,
        np.column_stack([np.radians(stops_deg) + convergence_rad, share]),
        math.radians(min(sensor.hfov_deg, 360.0)) / 2.0,
        math.radians(sensor.tilt_deg),
        half_height_rad(sensor),
        period_s,
    )


def eyes_of(site: Site, place_m: F8, convergence_rad: F8, terrain: Terrain) -> list[Eye]:
    """Return every camera and radar of a site; place_m (N, 3), convergence_rad (N,) by sensor."""
    return [
        eye_of(k, sensor, place_m[k], float(convergence_rad[k]), terrain)
        for k, sensor in enumerate(site.sensors)
        if sensor.kind in SEEN_BY_EYE
    ]


def add_eye(
    rate: F4,
    terrain: Terrain,
    eye: Eye,
    performance: F8,
    crosser: Crosser,
    quality: float,
    enough: float = 1.0,
    moving: F4 | None = None,
    least: float = 0.0,
) -> None:
    """Add one eye's detection rate (1/s) of a crosser to the field, in place.

    enough: as `seen_of` has it; least: as `sure_of` has it; moving (rows, cols): the share of the time in each cell
    that somebody goes and does not stand (`exposure.moving`), all of it if left out.
    """
    top, left = eye.corner(terrain)
    _add(
        rate,
        np.ones_like(rate) if moving is None else moving,
        eye.need.height_m,
        terrain.height_m,
        top,
        left,
        seat_of(eye),
        eye.stops,
        performance,
        crosser.height_m,
        place_s(crosser),
        quality,
        enough,
        least,
    )


def add_eye_at(
    rates: F8,
    cell_rc: NDArray[np.int64],
    terrain: Terrain,
    eye: Eye,
    performances: F8,
    crosser: Crosser,
    quality: float,
    enough: float = 1.0,
) -> None:
    """Add one eye's rates in cells cell_rc (M, 2) under each of performances (J, 13) to rates (J, M), in place."""
    top, left = eye.corner(terrain)
    _add_at(
        rates,
        cell_rc,
        eye.need.height_m,
        terrain.height_m,
        top,
        left,
        seat_of(eye),
        eye.stops,
        performances,
        crosser.height_m,
        place_s(crosser),
        quality,
        enough,
    )


# An eye's numbers for compiled loops.
COL, ROW, Z, CELL, RANGE, HALF, TILT, TILT_HALF, PERIOD = range(9)


def seat_of(eye: Eye) -> F8:
    """Return an eye's numbers for compiled loops."""
    cell = eye.need.cell_m
    col, row = (eye.x_m - eye.need.x0_m) / cell, (eye.need.y0_m - eye.y_m) / cell
    rest = (eye.z_m, cell, eye.range_m, eye.half_rad, eye.tilt_rad, eye.tilt_half_rad, eye.period_s)
    return np.array([col, row, *rest])


@numba.njit(cache=True)
def _add(
    rate: F4,
    moving: F4,
    need: F4,
    ground: F4,
    top: int,
    left: int,
    seat: F8,
    stops: F8,
    performance: F8,
    height_m: float,
    place: float,
    quality: float,
    enough: float,
    least: float,
) -> None:
    for r in range(need.shape[0]):
        for c in range(need.shape[1]):
            share, distance = looked_at(need[r, c], ground[top + r, left + c], r, c, seat, stops, height_m)
            if share > 0.0:
                seen = _rate(share, distance, need[r, c], seat, performance, height_m, place, quality, enough, least)
                rate[top + r, left + c] += np.float32(moving[top + r, left + c] * seen)


@numba.njit(cache=True)
def _add_at(
    rates: F8,
    cell_rc: NDArray[np.int64],
    need: F4,
    ground: F4,
    top: int,
    left: int,
    seat: F8,
    stops: F8,
    performances: F8,
    height_m: float,
    place: float,
    quality: float,
    enough: float,
) -> None:
    for m in range(cell_rc.shape[0]):
        r, c = cell_rc[m, 0] - top, cell_rc[m, 1] - left
        if not (0 <= r < need.shape[0] and 0 <= c < need.shape[1]):
            continue
        share, distance = looked_at(need[r, c], ground[top + r, left + c], r, c, seat, stops, height_m)
        if share > 0.0:
            for j in range(performances.shape[0]):
                rates[j, m] += _rate(
                    share, distance, need[r, c], seat, performances[j], height_m, place, quality, enough, 0.0
                )


@numba.njit(cache=True)
def looked_at(
    hidden: float, ground_z: float, r: int, c: int, seat: F8, stops: F8, height_m: float
) -> tuple[float, float]:
    """Return the share of the eye's looks that cover a cell, 0 for none, and its distance."""
    if np.isnan(hidden) or hidden > HIDDEN_MOST_HEIGHTS * height_m + HIDDEN_MOST_M:
        return 0.0, 0.0
    dx, dy = (c - seat[COL]) * seat[CELL], (seat[ROW] - r) * seat[CELL]
    distance = math.sqrt(dx * dx + dy * dy)
    if distance > seat[RANGE]:
        return 0.0, distance
    up = math.atan2(ground_z + 0.5 * height_m - seat[Z], max(distance, 1.0))
    if abs(up - seat[TILT]) > seat[TILT_HALF]:
        return 0.0, distance
    bearing, share = math.atan2(dx, dy), 0.0
    for k in range(stops.shape[0]):
        off = abs((bearing - stops[k, 0] + math.pi) % (2 * math.pi) - math.pi)
        if off <= seat[HALF]:
            share += stops[k, 1]
    return share, distance


@numba.njit(cache=True)
def _rate(
    share: float,
    distance: float,
    hidden: float,
    seat: F8,
    performance: F8,
    height_m: float,
    place: float,
    quality: float,
    enough: float,
    least: float,
) -> float:
    """Return the rate (1/s) of a cell that a share of the looks covers, of one who is `place` seconds in a place."""
    # Radial speed above every radar's least: a walker's, towards it.
    in_sight = share * of_a_look(p_detect(performance, distance, quality, 1.0)) / seat[PERIOD]
    return seen_of(in_sight * place, sure_of(p_in_sight(hidden, height_m), least), enough) / place


@numba.njit(cache=True)
def of_a_look(p: float) -> float:
    """Return the exposure to one look that reports with p."""
    return -math.log(1.0 - min(p, P_MOST))
