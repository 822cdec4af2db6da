"""Who can be seen in a look, and how likely: sector, range, sight, speed, and whether this sensor can see it at all.

Theory: P_d is `sensing`'s, corrected by what has been learned, averaged over classes and over where the track may be.
Whether a sensor can see a track at all (a bush, an awning) is a hidden state of two values per track and sensor.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from watchline.domain.batches import KIND_FENCE, KIND_RADAR
from watchline.sensing import learned as lessons
from watchline.sensing.detection import MIN_SPEED, P_SLOW_RADAR, RANGE_MAX, p_detect
from watchline.tracking.arrays import SEERS, Learned, Tracks
from watchline.tracking.motion import (
    MODES,
    advance,
    blend,
    survival,
)
from watchline.tracking.pairing import P_TOUCH
from watchline.tracking.world import AZ0, AZ1, CLASSES, QUALITY, REACH, T, World, p_sight

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]

SEEN_AT_FIRST = 0.97  # prior that a sensor with a track in range and sight can see it
SEEN_AGAIN_S = 300.0  # how soon what hides a subject from one sensor changes


@numba.njit(cache=True)
def normal_cdf(x: float) -> float:
    return 0.5 * math.erfc(-x / 1.4142135623730951)


@numba.njit(cache=True)
def may_concern(world: World, tracks: Tracks, i: int, sensor: int, scan: F8) -> bool:
    """Return whether a track may lie in this look, with 4 sigma to spare."""
    dt = scan[T] - tracks.t[i]
    mean, cov = tracks.mean[i], tracks.cov[i]
    px, py = mean[0] + dt * mean[2], mean[1] + dt * mean[3]
    grown = max(cov[0, 0], cov[1, 1]) + dt * dt * max(cov[2, 2], cov[3, 3]) + 1.0
    spare = 4.0 * math.sqrt(grown) + 2.0 * abs(dt)
    dx, dy = px - world.place[sensor, 0], py - world.place[sensor, 1]
    if world.kind[sensor] >= KIND_FENCE:
        reach = 0.5 * scan[REACH] + 100.0
        return bool(abs(dx) < reach and abs(dy) < reach)
    reach = scan[REACH] + spare
    if abs(dx) > reach or abs(dy) > reach:
        return False
    distance = math.sqrt(dx * dx + dy * dy)
    if distance > reach:
        return False
    if scan[AZ1] - scan[AZ0] >= 2 * math.pi - 1e-6 or distance < spare:
        return True
    half = 0.5 * (scan[AZ1] - scan[AZ0])
    off = abs((math.atan2(dx, dy) - 0.5 * (scan[AZ0] + scan[AZ1]) + math.pi) % (2 * math.pi) - math.pi)
    return bool(off <= half + min(spare / distance, 0.5))


@numba.njit(cache=True)
def move_to(tracks: Tracks, i: int, t: float) -> None:
    """Bring a track to the time of a look, never back."""
    dt = t - tracks.t[i]
    if dt <= 0.0:
        return
    advance(tracks.x[i], tracks.p[i], tracks.mu[i], tracks.klass[i], dt)
    blend(tracks.x[i], tracks.p[i], tracks.mu[i], tracks.mean[i], tracks.cov[i])
    tracks.exist[i] *= survival(dt)
    tracks.t[i] = t


@numba.njit(cache=True)
def in_sector(tracks: Tracks, i: int, place: F8, scan: F8) -> float:
    """Return the chance that a track lies between the sides and inside the reach of a look."""
    dx, dy = tracks.mean[i, 0] - place[0], tracks.mean[i, 1] - place[1]
    rho = max(math.sqrt(dx * dx + dy * dy), 1.0)
    ux, uy = dx / rho, dy / rho
    cov = tracks.cov[i]
    along = max(ux * ux * cov[0, 0] + 2 * ux * uy * cov[0, 1] + uy * uy * cov[1, 1], 0.01)
    p = normal_cdf((scan[REACH] - rho) / math.sqrt(along))
    if scan[AZ1] - scan[AZ0] >= 2 * math.pi - 1e-6:
        return p
    across = max(uy * uy * cov[0, 0] - 2 * ux * uy * cov[0, 1] + ux * ux * cov[1, 1], 0.01)
    sd = math.sqrt(across) / rho
    half = 0.5 * (scan[AZ1] - scan[AZ0])
    off = (math.atan2(dx, dy) - 0.5 * (scan[AZ0] + scan[AZ1]) + math.pi) % (2 * math.pi) - math.pi
    return p * (normal_cdf((half - off) / sd) - normal_cdf((-half - off) / sd))


@numba.njit(cache=True)
def chances(world: World, lesson: Learned, tracks: Tracks, i: int, sensor: int, scan: F8, pd: F8, base: F8) -> float:
    """Fill pd (M,) P_d of each way of moving, in sector and sight, and base (CLASSES,) the prior P_d of each class.

    Return the chance of being in sector and in sight.
    """
    place, unit = world.place[sensor], world.unit[sensor]
    mean, cov = tracks.mean[i], tracks.cov[i]
    if world.kind[sensor] >= KIND_FENCE:
        for m in range(MODES):
            pd[m] = P_TOUCH
        return 1.0
    dx, dy = mean[0] - place[0], mean[1] - place[1]
    rho = max(math.sqrt(dx * dx + dy * dy), 1.0)
    inside = in_sector(tracks, i, place, scan)
    if inside < 1e-3:
        pd[:] = 0.0
        return 0.0
    shown = inside * p_sight(world, sensor, mean[0], mean[1], cov[0, 0], cov[0, 1], cov[1, 1])
    p, slow = 0.0, world.performance[0, sensor, MIN_SPEED]
    for c in range(CLASSES):
        row = world.performance[c, sensor]
        base[c] = p_detect(row, min(rho, row[RANGE_MAX]), scan[QUALITY], slow + 1.0)
        share = tracks.klass[i, c] + (tracks.klass[i, CLASSES] if c == 0 else 0.0)
        p += share * lessons.p_corrected(base[c], lesson.shift[unit, c, lessons.cell_of(rho, row[RANGE_MAX])])
    for m in range(MODES):
        moves = 1.0
        if world.kind[sensor] == KIND_RADAR and slow > 0.0:
            x, q = tracks.x[i, m], tracks.p[i, m]
            rate = (dx * x[2] + dy * x[3]) / rho
            var = (dx * dx * q[2, 2] + 2 * dx * dy * q[2, 3] + dy * dy * q[3, 3]) / rho**2
            sd = math.sqrt(max(var, 1e-4))
            moves = 1.0 - normal_cdf((slow - rate) / sd) + normal_cdf((-slow - rate) / sd)
        pd[m] = shown * (moves * p + (1.0 - moves) * min(p, P_SLOW_RADAR))
    return shown


@numba.njit(cache=True)
def seer_of(tracks: Tracks, i: int, unit: int, t: float) -> int:
    """Return the row of a unit among those that a track remembers, brought to time t; the stalest gives way."""
    stalest = 0
    for k in range(SEERS):
        if tracks.seer[i, k] == unit:
            stay = math.exp(-max(t - tracks.seer_t[i, k], 0.0) / SEEN_AGAIN_S)
            tracks.seer_p[i, k] = SEEN_AT_FIRST + (tracks.seer_p[i, k] - SEEN_AT_FIRST) * stay
            tracks.seer_t[i, k] = max(t, tracks.seer_t[i, k])
            return k
        if tracks.seer[i, k] < 0:
            if tracks.seer[i, stalest] >= 0:
                stalest = k
        elif tracks.seer[i, stalest] >= 0 and tracks.seer_t[i, k] < tracks.seer_t[i, stalest]:
            stalest = k
    tracks.seer[i, stalest], tracks.seer_p[i, stalest], tracks.seer_t[i, stalest] = unit, SEEN_AT_FIRST, t
    tracks.seer_hits[i, stalest], tracks.seer_looks[i, stalest] = 0.0, 0.0
    return stalest
