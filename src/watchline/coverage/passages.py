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

from watchline.coverage.eyes import Eye, looked_at, of_a_look, seat_of
from watchline.coverage.reference_routes import ReferenceRoutes
from watchline.coverage.watchers import REACH_RANGES, Watcher
from watchline.geo.terrain import Terrain
from watchline.sensing.detection import SIGHT_SURE, Crosser, p_detect, p_in_sight, place_s, seen_of
from watchline.sensing.observer import MOST_PER_S, eye_constant_m3_s, sweep_width_m

F8 = NDArray[np.float64]
F4 = NDArray[np.float32]
I8 = NDArray[np.int64]

RANGES = 96  # equal steps of a sensor's range
# Chance of showing: of many looks -ln(1 - s) is left, so steps grow finer towards what counts as certain.
LEFT = np.array([0.0, 0.05, 0.15, 0.3, 0.5, 0.7, 0.95, 1.2, 1.5, 1.8, 2.1, 2.4, 2.75, 3.1, 3.5])
SIGHTS = np.append(1.0 - np.exp(-LEFT), (np.nextafter(SIGHT_SURE, 0.0), 1.0))


@dataclass(frozen=True)
class Looks:
    """What one eye has of the routes.

    route (L,) those it can see at all; looks (L, (RANGES + 1) * len(SIGHTS)) how many looks fall on each of them, by
    range (steps of step_m) and chance of showing; most are 0.  in_place: how many fall on a crosser in one
    place; enough: as `seen_of` has it.
    """

    route: I8
    looks: csr_array
    step_m: float
    in_place: float
    enough: float


@dataclass(frozen=True)
class Presence:
    """What one party on watch has of the routes: seconds (L, (RANGES + 1) * len(SIGHTS)), as `Looks` has looks.

    place_s: how long a crosser is in one place.
    """

    route: I8
    seconds: csr_array
    step_m: float
    place_s: float
    flies: bool


def looks_of(eye: Eye, terrain: Terrain, routes: ReferenceRoutes, crosser: Crosser, enough: float) -> Looks:
    """Return what an eye has of a crosser's routes, which are on the terrain's cells."""
    top, left = eye.corner(terrain)
    near, cell = routes.within(top, left, *eye.need.height_m.shape)
    route, local = np.unique(routes.route[near], return_inverse=True)
    out = np.zeros((len(route), RANGES + 1, len(SIGHTS)), np.float32)
    step_m = eye.range_m / RANGES
    share = _count_looks(
        out, local, cell - np.array([top, left]), routes.seconds[near] / eye.period_s, eye.need.height_m,
        terrain.height_m, top, left, seat_of(eye), eye.stops, crosser.height_m, step_m,
    )  # fmt: skip
    some, table = _by_range_and_sight(out)
    return Looks(route[some], table, step_m, share * place_s(crosser) / eye.period_s, enough)


def exposure_by_eye(looks: Looks, performances: F8, quality: float) -> F8:
    """Return (J, L) exposure of the eye's routes under each of performances (J, 13)."""
    # The last step is the sensor's whole range, and not a rounding beyond it, where P_d is 0.
    ranges = np.clip(looks.step_m * np.arange(RANGES + 1), 1.0, looks.step_m * RANGES * (1.0 - 1e-12))
    rate = _rate_table(performances, ranges, SIGHTS, quality, looks.in_place, looks.enough)
    return np.asarray((looks.looks @ rate.reshape(len(performances), -1).T).T)


def presence_of(
    places: list[Watcher], terrain: Terrain, routes: ReferenceRoutes, crosser: Crosser, reach_m: float
) -> Presence:
    """Return what one party has of a crosser's routes, as far as reach_m, from its places by their shares."""
    step_m = reach_m / RANGES
    corners = [_corner(one.need, terrain) for one in places]
    near = [routes.within(*at, *one.need.height_m.shape) for at, one in zip(corners, places, strict=True)]
    route = np.unique(np.concatenate([routes.route[mine] for mine, _ in near]))
    out = np.zeros((len(route), RANGES + 1, len(SIGHTS)), np.float32)
    for one, (top, left), (mine, cell) in zip(places, corners, near, strict=True):
        eye = np.array([(one.need.y0_m - one.y_m) / terrain.cell_m, (one.x_m - one.need.x0_m) / terrain.cell_m])
        _count_seconds(
            out, np.searchsorted(route, routes.route[mine]), cell - np.array([top, left]),
            one.share * routes.seconds[mine], one.need.height_m, eye, terrain.cell_m, crosser.height_m, step_m,
        )  # fmt: skip
    some, table = _by_range_and_sight(out)
    return Presence(route[some], table, step_m, place_s(crosser), places[0].flies)


def _corner(need: Terrain, terrain: Terrain) -> tuple[int, int]:
    """Return row and column, on the terrain, of a field of view's first cell."""
    row, col = (terrain.y0_m - need.y0_m) / terrain.cell_m, (need.x0_m - terrain.x0_m) / terrain.cell_m
    return round(row), round(col)


def exposure_by_watcher(presence: Presence, seen_from_m: float) -> F8:
    """Return (L,) exposure of the routes by one who sees a subject from seen_from_m (`sensing.observer`)."""
    ranges = np.maximum(presence.step_m * np.arange(RANGES + 1), 1.0)
    rate = np.minimum(eye_constant_m3_s(sweep_width_m(seen_from_m)) / ranges**3, MOST_PER_S)
    in_sight = np.where(ranges <= REACH_RANGES * seen_from_m, rate, 0.0) * presence.place_s
    seen = _seen_table(in_sight, SIGHTS, 1.0) / presence.place_s
    return np.asarray(presence.seconds @ seen.ravel())


def _by_range_and_sight(counted: F4) -> tuple[NDArray[np.bool_], csr_array]:
    """Return which of (L, RANGES + 1, len(SIGHTS)) hold anything, and those, flat."""
    some = np.asarray(counted.any(axis=(1, 2)))
    return some, csr_array(counted[some].reshape(int(some.sum()), counted.shape[1] * counted.shape[2]).astype(float))


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
) -> float:
    """Count looks into out by route, range and sight; return the mean share of the eye's looks that cover them."""
    covering = total = 0.0
    for m in range(len(route)):
        r, c = cell_rc[m, 0], cell_rc[m, 1]
        share, distance = looked_at(need[r, c], ground[top + r, left + c], r, c, seat, stops, height_m)
        if share <= 0.0:
            continue
        n = share * looks[m]
        covering, total = covering + n * share, total + n
        _put(out[route[m]], n, distance / step_m, p_in_sight(need[r, c], height_m))
    return covering / total if total > 0.0 else 1.0


@numba.njit(cache=True)
def _count_seconds(
    out: F4, route: I8, cell_rc: I8, seconds: F8, need: F4, eye_rc: F8, cell_m: float, height_m: float, step_m: float
) -> None:
    for m in range(len(route)):
        r, c = cell_rc[m, 0], cell_rc[m, 1]
        distance = cell_m * math.sqrt((r - eye_rc[0]) ** 2 + (c - eye_rc[1]) ** 2)
        if distance >= RANGES * step_m:
            continue
        _put(out[route[m]], seconds[m], distance / step_m, p_in_sight(need[r, c], height_m))


@numba.njit(cache=True)
def _put(out: F4, n: float, step: float, sight: float) -> None:
    """Add n to (RANGES + 1, len(SIGHTS)) where range and sight lie between the middles."""
    i, fi = _between(step, RANGES)
    k = 0
    while k < len(SIGHTS) - 2 and sight > SIGHTS[k + 1]:
        k += 1
    fk = 1.0 if sight >= SIGHT_SURE else (sight - SIGHTS[k]) / (SIGHTS[k + 1] - SIGHTS[k])
    out[i, k] += n * (1.0 - fi) * (1.0 - fk)
    out[i + 1, k] += n * fi * (1.0 - fk)
    out[i, k + 1] += n * (1.0 - fi) * fk
    out[i + 1, k + 1] += n * fi * fk


@numba.njit(cache=True)
def _between(x: float, steps: int) -> tuple[int, float]:
    i = min(int(x), steps - 1)
    return i, min(x - i, 1.0)


@numba.njit(cache=True)
def _rate_table(performances: F8, ranges: F8, sights: F8, quality: float, in_place: float, enough: float) -> F8:
    """Return (J, ranges, sights) the exposure to a look where `in_place` looks fall on one place."""
    out = np.zeros((len(performances), len(ranges), len(sights)))
    of_looks = np.zeros(len(ranges))
    for j in range(len(performances)):
        for i in range(len(ranges)):
            of_looks[i] = in_place * of_a_look(p_detect(performances[j], ranges[i], quality, 1.0))
        out[j] = _seen_table(of_looks, sights, enough) / in_place
    return out


@numba.njit(cache=True)
def _seen_table(in_sight: F8, sights: F8, enough: float) -> F8:
    """Return (ranges, sights) what sight leaves of exposures in one place."""
    out = np.zeros((len(in_sight), len(sights)))
    for i in range(len(in_sight)):
        for k in range(len(sights)):
            out[i, k] = seen_of(in_sight[i], sights[k], enough)
    return out
