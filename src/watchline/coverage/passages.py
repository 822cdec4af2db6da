"""Reference routes held against sensors that change every minute: geometry once, performance live.

Theory: the exposure that a sensor adds to a route is the sum over its pieces of seconds times the rate at that range
and sight.  What depends on the ground (how long the route is at which range, how much of the subject shows, which
share of the looks covers it) is counted once, into bins of range and of sight with weights that are linear between
their middles; what changes (who is working, the air, measured contrast, what is believed of the sensor) is a short
table times that count.  So a night's weather costs milliseconds, and a dark sensor a subtraction.

Accuracy: 0.5 % of a sensor's exposure with RANGES bins (`tests/unit/coverage/test_passages.py`).
Limits: the same as those of `eyes.py` and `watchers.py`, whose rates these are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from watchline.coverage.eyes import P_MOST, Eye, looked_at, seat_of
from watchline.coverage.reference_routes import ReferenceRoutes
from watchline.coverage.watchers import REACH_RANGES, Watcher
from watchline.geo.terrain import Terrain
from watchline.sensing.detection import p_detect, p_in_sight
from watchline.sensing.observer import MOST_PER_S, eye_constant_m3_s, sweep_width_m

F8 = NDArray[np.float64]
F4 = NDArray[np.float32]
I8 = NDArray[np.int64]

RANGES = 96  # equal steps of a sensor's range
SIGHTS = np.array([0.0, 0.02, 0.08, 0.2, 0.35, 0.5, 0.65, 0.78, 0.88, 0.95, 0.985, 1.0])  # chance of showing


@dataclass(frozen=True)
class Looks:
    """What one eye has of the routes.

    route (L,) those it can see at all; looks (L, (RANGES + 1) * len(SIGHTS)) how many looks fall on each of them, by
    range (steps of step_m) and chance of showing; most are 0.
    """

    route: I8
    looks: csr_array
    step_m: float


@dataclass(frozen=True)
class Presence:
    """What one party on watch has of the routes: seconds (L, RANGES + 1) in sight, by range."""

    route: I8
    seconds: F4
    step_m: float
    flies: bool


def looks_of(eye: Eye, terrain: Terrain, routes: ReferenceRoutes, height_m: float) -> Looks:
    """Return what an eye has of the routes, which are on the terrain's cells, for a subject of this height."""
    top, left = eye.corner(terrain)
    near, cell = routes.within(top, left, *eye.need.height_m.shape)
    route, local = np.unique(routes.route[near], return_inverse=True)
    out = np.zeros((len(route), RANGES + 1, len(SIGHTS)), np.float32)
    step_m = eye.range_m / RANGES
    _count_looks(
        out, local, cell - np.array([top, left]), routes.seconds[near] / eye.period_s, eye.need.height_m,
        terrain.height_m, top, left, seat_of(eye), eye.stops, height_m, step_m,
    )  # fmt: skip
    some = out.any(axis=(1, 2))
    table = out[some].reshape(int(some.sum()), (RANGES + 1) * len(SIGHTS))
    return Looks(route[some], csr_array(table.astype(float)), step_m)


def exposure_by_eye(looks: Looks, performances: F8, quality: float) -> F8:
    """Return (J, L) exposure of the eye's routes under each of performances (J, 13)."""
    # The last step is the sensor's whole range, and not a rounding beyond it, where P_d is 0.
    ranges = np.clip(looks.step_m * np.arange(RANGES + 1), 1.0, looks.step_m * RANGES * (1.0 - 1e-12))
    rate = _rate_table(performances, ranges, SIGHTS, quality)
    return np.asarray((looks.looks @ rate.reshape(len(performances), -1).T).T)


def presence_of(
    places: list[Watcher], terrain: Terrain, routes: ReferenceRoutes, height_m: float, reach_m: float
) -> Presence:
    """Return what one party has of the routes, as far as reach_m, from every place of its beat by its share."""
    out = np.zeros((routes.count, RANGES + 1), np.float32)
    step_m = reach_m / RANGES
    for one in places:
        need = one.need
        top = round((terrain.y0_m - need.y0_m) / terrain.cell_m)
        left = round((need.x0_m - terrain.x0_m) / terrain.cell_m)
        near, cell = routes.within(top, left, *need.height_m.shape)
        eye = np.array([(need.y0_m - one.y_m) / terrain.cell_m, (one.x_m - need.x0_m) / terrain.cell_m])
        _count_seconds(
            out, routes.route[near], cell - np.array([top, left]), one.share * routes.seconds[near], need.height_m,
            eye, terrain.cell_m, height_m, step_m,
        )  # fmt: skip
    some = out.any(axis=1)
    return Presence(np.flatnonzero(some), out[some], step_m, places[0].flies)


def exposure_by_watcher(presence: Presence, seen_from_m: float) -> F8:
    """Return (L,) exposure of the routes by one who sees a subject from seen_from_m (`sensing.observer`)."""
    ranges = np.maximum(presence.step_m * np.arange(RANGES + 1), 1.0)
    rate = np.minimum(eye_constant_m3_s(sweep_width_m(seen_from_m)) / ranges**3, MOST_PER_S)
    return np.asarray(presence.seconds @ np.where(ranges <= REACH_RANGES * seen_from_m, rate, 0.0))


@numba.njit(cache=True)
def _count_looks(
    out: F4,
    route: I8,
    cell_rc: I8,
    looks: F8,
    need: F4,
    ground: F4,
    top: int,
    left: int,
    seat: F8,
    stops: F8,
    height_m: float,
    step_m: float,
) -> None:
    for m in range(len(route)):
        r, c = cell_rc[m, 0], cell_rc[m, 1]
        share, distance = looked_at(need[r, c], ground[top + r, left + c], r, c, seat, stops, height_m)
        if share <= 0.0:
            continue
        sight = p_in_sight(need[r, c], height_m)
        i, fi = _between(distance / step_m, RANGES)
        k = 0
        while k < len(SIGHTS) - 2 and sight > SIGHTS[k + 1]:
            k += 1
        fk = (sight - SIGHTS[k]) / (SIGHTS[k + 1] - SIGHTS[k])
        n = share * looks[m]
        out[route[m], i, k] += n * (1.0 - fi) * (1.0 - fk)
        out[route[m], i + 1, k] += n * fi * (1.0 - fk)
        out[route[m], i, k + 1] += n * (1.0 - fi) * fk
        out[route[m], i + 1, k + 1] += n * fi * fk


@numba.njit(cache=True)
def _count_seconds(
    out: F4, route: I8, cell_rc: I8, seconds: F8, need: F4, eye_rc: F8, cell_m: float, height_m: float, step_m: float
) -> None:
    for m in range(len(route)):
        r, c = cell_rc[m, 0], cell_rc[m, 1]
        distance = cell_m * math.sqrt((r - eye_rc[0]) ** 2 + (c - eye_rc[1]) ** 2)
        if distance >= RANGES * step_m:
            continue
        i, fi = _between(distance / step_m, RANGES)
        n = seconds[m] * p_in_sight(need[r, c], height_m)
        out[route[m], i] += n * (1.0 - fi)
        out[route[m], i + 1] += n * fi


@numba.njit(cache=True)
def _between(x: float, steps: int) -> tuple[int, float]:
    i = min(int(x), steps - 1)
    return i, min(x - i, 1.0)


@numba.njit(cache=True)
def _rate_table(performances: F8, ranges: F8, sights: F8, quality: float) -> F8:
    """Return (J, ranges, sights) -ln(1 - P_d) of a look."""
    out = np.zeros((len(performances), len(ranges), len(sights)))
    for j in range(len(performances)):
        for i in range(len(ranges)):
            p = p_detect(performances[j], ranges[i], quality, 1.0)
            for k in range(len(sights)):
                out[j, i, k] = -math.log(1.0 - min(p * sights[k], P_MOST))
    return out
