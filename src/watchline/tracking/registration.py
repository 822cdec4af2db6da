"""The lasting errors of each sensor, learned from subjects that other sensors hold too.

Theory: a tower that is turned by a milliradian puts everybody beside where they are, and says so with conviction.
The innovation of a detection is the sensor's lasting error plus the track's: a scalar Kalman filter per error
takes it in, for tracks that another sensor has fixed lately.  What is not known of the error is added to the
detection's own (a consider filter), so that an unaligned sensor is trusted less, not wrongly.
A camera's range comes from the depression of its ray: an error of elevation d gives a range error of d r^2 / h.

Rules: two errors per sensor, TURN (bearing, rad) and LIFT (share of range squared, 1/m; cameras only).
Limits: errors that all sensors share cannot be told from a shift of everybody.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from watchline.tracking.arrays import SEERS, Learned, Tracks
from watchline.tracking.measurement import NUMBERS, TURN, numbers
from watchline.tracking.world import World

F8 = NDArray[np.float64]

LATELY_S = 30.0  # another sensor must have seen the track within this
OTHER_HITS = 3.0
SHARED = 0.4  # of the others' errors that geometry and ranges do not resolve; tuned on seeds 12, 13 with 1 mrad
REPEATED = 4.0  # errors of one track repeat from look to look: each look counts for a quarter


@numba.njit(cache=True)
def align(world: World, lesson: Learned, tracks: Tracks, i: int, sensor: int, det: F8, t: float) -> None:
    """Learn a sensor's lasting errors from a detection of a track, before the track has taken it in; in place."""
    unit = world.unit[sensor]
    if tracks.exist[i] < 0.95 or not held_by_another(tracks, i, unit, t):
        return
    nu, h, r = np.empty(NUMBERS), np.zeros((NUMBERS, 4)), np.empty(NUMBERS)
    count = numbers(tracks.mean[i], world.place[sensor], det, lesson.bias[unit], lesson.bias_var[unit], nu, h, r)
    rho = math.hypot(tracks.mean[i, 0] - world.place[sensor, 0], tracks.mean[i, 1] - world.place[sensor, 1])
    for c in range(min(count, 2)):
        if lesson.bias_var[unit, c] <= 0.0:
            continue
        others, fresh = news(lesson, tracks, i, unit, c)
        gain = 1.0 if c == TURN else rho * rho
        spread = r[c] - lesson.bias_var[unit, c] * gain * gain
        for a in range(4):
            for b in range(4):
                spread += h[c, a] * tracks.cov[i, a, b] * h[c, b]
        take_in(lesson, unit, c, nu[c], fresh * gain, REPEATED * spread, others / fresh**2)


@numba.njit(cache=True)
def take_in(lesson: Learned, unit: int, c: int, nu: float, gain: float, var: float, floor: float) -> None:
    """Update one error, in place; floor: what the others' own errors leave unknown of it."""
    own = lesson.bias_var[unit, c]
    s = own * gain * gain + var
    if nu * nu > 9.0 * s:
        return
    k = own * gain / s
    lesson.bias[unit, c] += k * nu
    # Two sensors see the difference of their errors only: neither is ever known much better than the other.
    lesson.bias_var[unit, c] = max((1.0 - k * gain) * own, min(own, SHARED * floor))


@numba.njit(cache=True)
def news(lesson: Learned, tracks: Tracks, i: int, unit: int, c: int) -> tuple[float, float]:
    """Return what the others' errors add to a track's, as a variance, and how far a track is not this sensor's own.

    A track has taken in a sensor's error as far as it rests on that sensor: the rest shows in the innovation.
    """
    total, mine, others = 0.0, 0.0, 0.0
    for k in range(SEERS):
        if tracks.seer[i, k] >= 0:
            total += tracks.seer_hits[i, k]
    for k in range(SEERS):
        if tracks.seer[i, k] >= 0:
            share = tracks.seer_hits[i, k] / max(total, 1e-9)
            if tracks.seer[i, k] == unit:
                mine = share
            else:
                others += share * share * lesson.bias_var[tracks.seer[i, k], c]
    return others, max(1.0 - mine, 0.2)


@numba.njit(cache=True)
def held_by_another(tracks: Tracks, i: int, unit: int, t: float) -> bool:
    """Return whether another sensor has fixed a track lately."""
    for k in range(SEERS):
        other = tracks.seer[i, k] >= 0 and tracks.seer[i, k] != unit
        if other and tracks.seer_hits[i, k] >= OTHER_HITS and t - tracks.seer_t[i, k] < LATELY_S:
            return True
    return False
