"""The compiled loop: scans in order of time, tidying as time goes by; see `look.py` for one scan.

Rules: what happens depends on the scans and their order of time only, never on how they were cut into steps.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from watchline.sensing import learned as lessons
from watchline.tracking import clutter as false_alarms
from watchline.tracking.arrays import LOST_KEPT, Learned, Lost, Tracks
from watchline.tracking.field import Ground, give_back, spread
from watchline.tracking.look import LEAST_EXIST, T, one_look
from watchline.tracking.motion import LIFETIME_S
from watchline.tracking.world import World

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]

TIDY_S = 1.0
SPREAD_S = 10.0  # how often the undetected move and the corrections of P_d are made anew
SHOW = 0.6  # a subject likelier than this is shown ...
HIDE = 0.3  # ... until it is less likely than this
SHOW_HITS = 3
LOST_S = 300.0  # a track that no sensor has touched for this long is lost contact
LOST_SD_M = 400.0  # so is one whose place is not known to better than this
NOT_THERE, FALSE_SOURCE, PLACE_UNKNOWN, DOUBLE, NEVER = range(5)
DOUBLE_D2 = 0.05  # tracks nearer than this in their joint error, moving alike, are one
DOUBLE_SPEED_M_S = 1.0


@numba.njit(cache=True)
def run(
    world: World, ground: Ground, tracks: Tracks, n: int, lesson: Learned, lost: Lost, amount: F8, tally: F8,
    sensors: I4, scans: F8, low: I8, high: I8, dets: F8, keys: I8,
) -> int:  # fmt: skip
    """Use every scan in turn, in place; new tracks are appended.  Return the number of tracks.

    scans (K, 6) in order of time, sensors (K,), low and high (K,) the rows of dets of each; keys (D,).
    """
    for k in range(scans.shape[0]):
        n = up_to(world, ground, tracks, n, lesson, lost, amount, tally, scans[k, T])
        n = one_look(
            world, ground, tracks, n, lesson, amount, tally, sensors[k], scans[k], dets[low[k] : high[k]],
            keys[low[k] : high[k]],
        )  # fmt: skip
    return n


@numba.njit(cache=True)
def up_to(
    world: World, ground: Ground, tracks: Tracks, n: int, lesson: Learned, lost: Lost, amount: F8, tally: F8, t: float
) -> int:
    """Tidy as often as is due before time t; return the number of tracks."""
    clock = lesson.clock
    if not clock[0] > -np.inf:
        clock[0] = math.floor(t / TIDY_S) * TIDY_S
        clock[1] = math.floor(t / SPREAD_S) * SPREAD_S
    if t >= clock[0]:
        # After a silence one tidying does for all that were due.
        clock[0] = math.floor(t / TIDY_S) * TIDY_S
        n = tidy(ground, tracks, n, lost, amount, tally, clock[0], world.tune)
        clock[0] += TIDY_S
    if t >= clock[1] + SPREAD_S:
        now = math.floor(t / SPREAD_S) * SPREAD_S
        dt, clock[1] = now - clock[1], now
        spread(ground, amount, tally, dt)
        lesson.looks[:] *= math.exp(-dt / lessons.MEMORY_S)
        lesson.clutter[:] *= math.exp(-dt / false_alarms.MEMORY_S)
        lessons.corrections(lesson.looks, world.unit_kind, lesson.shift)
    return n


@numba.njit(cache=True)
def tidy(ground: Ground, tracks: Tracks, n: int, lost: Lost, amount: F8, tally: F8, now: float, tune: F8) -> int:
    """Show what has earned it, give up what is no longer believed, in place; return the number of tracks."""
    kept = 0
    for i in range(n):
        real = tracks.exist[i] * (1.0 - tracks.rock[i])
        alive = real * math.exp(-max(now - tracks.t[i], 0.0) / LIFETIME_S)
        sd = math.sqrt(variance_at(tracks, i, now))
        if tracks.shown[i] == 0 and alive > tune[1] and tracks.hits[i] >= SHOW_HITS and sd < tune[7]:
            tracks.shown[i] = 1
            if math.isnan(tracks.shown_s[i]):
                tracks.shown_s[i] = now
        elif tracks.shown[i] == 1 and (alive < tune[2] or sd > 1.3 * tune[7]):
            tracks.shown[i] = 0
        why = reason(tracks, i, alive, now, tune)
        if why < 0 and tracks.cov[i, 0, 0] < 100.0 and doubled(tracks, i, kept):
            why = DOUBLE
        if why < 0:
            if kept != i:
                move_row(tracks, i, kept)
            kept += 1
            continue
        give_back(ground, amount, tally, tracks.mean[i, 0], tracks.mean[i, 1], 0.0 if why == DOUBLE else alive)
        if not math.isnan(tracks.shown_s[i]):
            row = lost.count[0] % LOST_KEPT
            lost.key[row] = tracks.key[i]
            lost.what[row, 0], lost.what[row, 1] = now, tracks.exist[i]
            lost.what[row, 2], lost.what[row, 3] = tracks.rock[i], why
            lost.count[0] += 1
    return kept


@numba.njit(cache=True)
def variance_at(tracks: Tracks, i: int, now: float) -> float:
    """Return the larger of the two position variances of a track by now, if nobody looks."""
    dt, grown, cov = max(now - tracks.t[i], 0.0), 0.0, tracks.cov[i]
    for a in range(2):
        grown = max(grown, cov[a, a] + 2 * dt * cov[a, a + 2] + dt * dt * cov[a + 2, a + 2])
    return grown


@numba.njit(cache=True)
def reason(tracks: Tracks, i: int, alive: float, now: float, tune: F8) -> int:
    """Return why a track has to go, -1 if it stays."""
    if tracks.exist[i] < LEAST_EXIST:
        return NOT_THERE
    if alive < LEAST_EXIST and tracks.rock[i] < 0.9:
        return NOT_THERE
    unseen = now - tracks.last[i]
    if unseen > LOST_S:
        return PLACE_UNKNOWN
    grown = variance_at(tracks, i, now)
    if unseen > 5.0 and grown > LOST_SD_M**2 and tracks.hits[i] > 1:
        return PLACE_UNKNOWN
    if tracks.hits[i] < SHOW_HITS and unseen > 60.0 and alive < 0.5:
        return NEVER
    return -1


@numba.njit(cache=True)
def doubled(tracks: Tracks, i: int, before: int) -> bool:
    """Return whether an older track says the same."""
    for k in range(before):
        dx, dy = tracks.mean[i, 0] - tracks.mean[k, 0], tracks.mean[i, 1] - tracks.mean[k, 1]
        if abs(dx) > 3.0 or abs(dy) > 3.0 or tracks.t[i] != tracks.t[k]:
            continue
        a, b = tracks.cov[i], tracks.cov[k]
        sxx, sxy, syy = a[0, 0] + b[0, 0], a[0, 1] + b[0, 1], a[1, 1] + b[1, 1]
        d2 = (syy * dx * dx - 2.0 * sxy * dx * dy + sxx * dy * dy) / (sxx * syy - sxy * sxy)
        dv = math.hypot(tracks.mean[i, 2] - tracks.mean[k, 2], tracks.mean[i, 3] - tracks.mean[k, 3])
        if d2 < DOUBLE_D2 and dv < DOUBLE_SPEED_M_S and tracks.exist[i] < 0.99:
            return True
    return False


@numba.njit(cache=True)
def move_row(tracks: Tracks, i: int, to: int) -> None:
    """Copy row i to row `to`."""
    tracks.key[to], tracks.t[to], tracks.x[to], tracks.p[to] = tracks.key[i], tracks.t[i], tracks.x[i], tracks.p[i]
    tracks.mu[to], tracks.mean[to], tracks.cov[to] = tracks.mu[i], tracks.mean[i], tracks.cov[i]
    tracks.exist[to], tracks.rock[to], tracks.klass[to] = tracks.exist[i], tracks.rock[i], tracks.klass[i]
    tracks.first[to], tracks.last[to], tracks.hits[to] = tracks.first[i], tracks.last[i], tracks.hits[i]
    tracks.sensor[to], tracks.other[to] = tracks.sensor[i], tracks.other[i]
    tracks.seer[to], tracks.seer_p[to], tracks.seer_t[to] = tracks.seer[i], tracks.seer_p[i], tracks.seer_t[i]
    tracks.seer_hits[to], tracks.seer_looks[to] = tracks.seer_hits[i], tracks.seer_looks[i]
    tracks.trace[to], tracks.traced[to] = tracks.trace[i], tracks.traced[i]
    tracks.shown[to], tracks.shown_s[to] = tracks.shown[i], tracks.shown_s[i]
