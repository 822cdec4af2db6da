"""How well each detection fits each track, and what else could have caused it: a new subject, a rock, chance.

Theory: likelihood ratios of the Poisson multi-Bernoulli filter.  What no track explains is new or false, as the
undetected field and the learned rate of false detections there make it.  A rock is a warm stone that one sensor
reports now and then and no other ever.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from watchline.sensing import learned as lessons
from watchline.sensing.detection import RANGE_MAX, p_detect
from watchline.tracking import clutter as false_alarms
from watchline.tracking.arrays import Learned, Tracks
from watchline.tracking.field import Ground, per_m2
from watchline.tracking.measurement import (
    ACROSS_M,
    BEARING,
    CLASS,
    FORM,
    NUMBERS,
    PLACE,
    RANGE,
    SD_BEARING,
    SD_RANGE,
    absorb,
    numbers,
)
from watchline.tracking.motion import (
    MODES,
    STAND,
)
from watchline.tracking.world import World

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]

GATE_D2 = 30.0  # squared normalised distance over up to three numbers
OPEN_CLASS = 0.15  # added to every class of every look, so that no look is taken for certain
P_TOUCH = 0.7  # chance that the fence tells of somebody who goes through it
ROCK_SEEN = 0.3  # a rock's own sensor reports it in about every third look
LEAST_SEEN = 0.01  # who stands just outside a sector or behind a bush may be seen after all


@numba.njit(cache=True)
def near_enough(tracks: Tracks, i: int, place: F8, det: F8) -> bool:
    """Return whether a detection may belong to a track, roughly and never too strictly."""
    mean, cov = tracks.mean[i], tracks.cov[i]
    spare = 6.0 * math.sqrt(max(cov[0, 0], cov[1, 1])) + 15.0
    if det[FORM] == PLACE:
        reach = spare + 6.0 * det[SD_BEARING]
        return bool(abs(det[BEARING] - mean[0]) < reach and abs(det[RANGE] - mean[1]) < reach)
    dx, dy = mean[0] - place[0], mean[1] - place[1]
    rho = max(math.sqrt(dx * dx + dy * dy), 1.0)
    off = abs((det[BEARING] - math.atan2(dx, dy) + math.pi) % (2 * math.pi) - math.pi)
    if off * rho > spare + 6.0 * det[SD_BEARING] * rho and rho > spare:
        return False
    return math.isnan(det[RANGE]) or abs(det[RANGE] - rho) < spare + 8.0 * det[SD_RANGE] + 0.05 * rho


@numba.njit(cache=True)
def class_gain(klass: F8, det: F8) -> float:
    """Return how much better a detection's class fits a track than it fits anything."""
    total = 0.0
    for c in range(4):
        total += klass[c] * (det[CLASS + c] + OPEN_CLASS)
    return total / (0.25 + OPEN_CLASS)


@numba.njit(cache=True)
def all_pairs(
    world: World, lesson: Learned, tracks: Tracks, near: I8, count: int, sensor: int, dets: F8, pair_track: I8,
    pair_det: I8, pair_x: F8, pair_p: F8, pair_l: F8,
) -> int:  # fmt: skip
    """Fill every pair of a track in view and a detection inside the gate, with the update it would make.

    pair_x (P, M, 4), pair_p (P, M, 4, 4), pair_l (P, M) likelihoods.
    """
    nu, h, r = np.empty(NUMBERS), np.zeros((NUMBERS, 4)), np.empty(NUMBERS)
    place, unit = world.place[sensor], world.unit[sensor]
    n = 0
    for a in range(count):
        i = near[a]
        for j in range(dets.shape[0]):
            if n >= pair_track.shape[0] or not near_enough(tracks, i, place, dets[j]):
                continue
            least = np.inf
            for m in range(MODES):
                k = numbers(tracks.x[i, m], place, dets[j], lesson.bias[unit], lesson.bias_var[unit], nu, h, r)
                log_l, d2 = absorb(tracks.x[i, m], tracks.p[i, m], k, nu, h, r, pair_x[n, m], pair_p[n, m])
                if dets[j, FORM] == PLACE:
                    # Only who is at the fence can shake it; how far across is no measurement.
                    log_l += math.log(math.sqrt(2 * math.pi) * ACROSS_M)
                pair_l[n, m] = math.exp(log_l) if d2 < GATE_D2 else 0.0
                least = min(least, d2)
            if least < GATE_D2:
                pair_track[n], pair_det[n] = a, j
                n += 1
    return n


@numba.njit(cache=True)
def behind(
    world: World,
    lesson: Learned,
    ground: Ground,
    amount: F8,
    sensor: int,
    dets: F8,
    expected: float,
    back: F8,
    real: F8,
) -> None:
    """Fill back (D,), the density of false detections and of new subjects at each detection, and real (D,) its share
    that is a new subject."""
    unit, place = world.unit[sensor], world.place[sensor]
    row = world.performance[0, sensor]
    for j in range(dets.shape[0]):
        det = dets[j]
        if det[FORM] == PLACE:
            false = false_alarms.FALSE_PER_M_S
            new = per_m2(ground, amount, det[BEARING], det[RANGE]) * P_TOUCH * math.sqrt(2 * math.pi) * ACROSS_M
        else:
            a, q = false_alarms.cell_of(det[BEARING], det[RANGE], row[RANGE_MAX])
            false = false_alarms.density(lesson.clutter, unit, a, q, expected, row[RANGE_MAX])
            if math.isnan(det[RANGE]):
                back[j], real[j] = max(false, 1e-12) * row[RANGE_MAX], 0.0
                continue
            new = 0.0
            for k in range(-1, 2):
                rho = max(det[RANGE] + 1.2 * k * det[SD_RANGE], 1.0)
                x, y = place[0] + rho * math.sin(det[BEARING]), place[1] + rho * math.cos(det[BEARING])
                shift = lesson.shift[unit, 0, lessons.cell_of(rho, row[RANGE_MAX])]
                p = lessons.p_corrected(p_detect(row, min(rho, row[RANGE_MAX]), np.nan, 1.0), shift)
                new += per_m2(ground, amount, x, y) * rho * max(p, 0.02) / 3.0
            if not math.isnan(det[4]):
                # Both densities are per m/s as well: what anything may have as radial speed, evenly within 10 m/s.
                false *= 0.1
                new *= 0.1
        back[j] = false + new
        real[j] = new / max(back[j], 1e-300)


@numba.njit(cache=True)
def p_rock_seen(world: World, tracks: Tracks, i: int, sensor: int, shown: float) -> float:
    """Return the chance that a rock is reported: only by the sensor that began it."""
    alone = world.unit[tracks.sensor[i]] == world.unit[sensor] and tracks.other[i] < 0
    return ROCK_SEEN * shown if alone else 0.0


@numba.njit(cache=True)
def p_unseen(
    world: World, tracks: Tracks, i: int, seer: int, pd: F8, sensor: int, shown: float, fence: bool
) -> float:
    """Return the chance that this look says nothing of a track that is there."""
    if fence:
        return 1.0
    mean = 0.0
    for m in range(MODES):
        mean += tracks.mu[i, m] * pd[m]
    rock = tracks.rock[i]
    return float(
        1.0 - (1.0 - rock) * tracks.seer_p[i, seer] * mean - rock * p_rock_seen(world, tracks, i, sensor, shown)
    )


@numba.njit(cache=True)
def likelihoods(
    world: World, tracks: Tracks, i: int, seer: int, pd: F8, like: F8, sensor: int
) -> tuple[float, float]:
    """Return the likelihood of a detection if the track is a subject and if it is a rock, each with its share."""
    real = 0.0
    for m in range(MODES):
        real += tracks.mu[i, m] * max(pd[m], LEAST_SEEN) * like[m]
    rock = tracks.rock[i]
    return (1.0 - rock) * tracks.seer_p[i, seer] * real, rock * p_rock_seen(world, tracks, i, sensor, 1.0) * like[
        STAND
    ]
