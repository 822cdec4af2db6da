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
from watchline.tracking.field import BORN, EXPECTED, SHOWN, Ground, give_back, spread
from watchline.tracking.look import LEAST_EXIST, one_look
from watchline.tracking.motion import LIFETIME_S
from watchline.tracking.world import T, World

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]

TIDY_S = 1.0
SPREAD_S = 10.0  # how often the undetected move and the corrections of P_d are made anew
SHOW = 0.5  # a subject likelier than this is shown ...
HIDE = 0.08  # ... until it is less likely than this: one turn without a sign hides nobody
SHOW_HITS = 2
SHOW_SD_M = 150.0  # and nobody whose place is less sure than this is said to be anywhere
SCALE_WEIGHT = 3.0  # subjects that the expected density is worth
LOST_S = 330.0  # a track that no sensor has touched for this long is lost contact
LOST_SD_M = 500.0  # so is one whose place is not known to better than this
NOT_THERE, FALSE_SOURCE, PLACE_UNKNOWN, NEVER = range(4)


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
        clock[2] = 1.0
    if t >= clock[0]:
        # After a silence one tidying does for all that were due.
        clock[0] = math.floor(t / TIDY_S) * TIDY_S
        n = tidy(ground, tracks, n, lost, amount, tally, clock[0])
        clock[0] += TIDY_S
    if t >= clock[1] + SPREAD_S:
        now = math.floor(t / SPREAD_S) * SPREAD_S
        dt, clock[1] = now - clock[1], now
        rescale(lesson, amount, tally)
        spread(ground, amount, tally, dt, clock[2])
        lesson.looks[:] *= math.exp(-dt / lessons.MEMORY_S)
        lesson.clutter[:] *= math.exp(-dt / false_alarms.MEMORY_S)
        lessons.corrections(lesson.looks, world.unit_kind, lesson.shift)
    return n


@numba.njit(cache=True)
def rescale(lesson: Learned, amount: F8, tally: F8) -> None:
    """Let the number of subjects shown so far set the field's scale (gamma-Poisson), in place."""
    old = lesson.clock[2]
    new = (SCALE_WEIGHT + tally[SHOWN]) / (SCALE_WEIGHT + tally[EXPECTED])
    lesson.clock[2] = new
    for k in range(amount.shape[0]):
        tally[BORN] += amount[k] * (new / old - 1.0)
        amount[k] *= new / old


@numba.njit(cache=True)
def tidy(ground: Ground, tracks: Tracks, n: int, lost: Lost, amount: F8, tally: F8, now: float) -> int:
    """Show what has earned it, give up what is no longer believed, in place; return the number of tracks."""
    kept = 0
    for i in range(n):
        real = tracks.exist[i] * (1.0 - tracks.rock[i])
        alive = real * math.exp(-max(now - tracks.t[i], 0.0) / LIFETIME_S)
        sd = math.sqrt(variance_at(tracks, i, now))
        if tracks.shown[i] == 0 and alive > SHOW and tracks.hits[i] >= SHOW_HITS and sd < SHOW_SD_M:
            tracks.shown[i] = 1
            if math.isnan(tracks.shown_s[i]):
                tracks.shown_s[i] = now
                tally[SHOWN] += 1.0
        elif tracks.shown[i] == 1 and (alive < HIDE or sd > 1.3 * SHOW_SD_M):
            tracks.shown[i] = 0
        why = reason(tracks, i, alive, now)
        if why < 0:
            if kept != i:
                move_row(tracks, i, kept)
            kept += 1
            continue
        give_back(ground, amount, tally, tracks.mean[i, 0], tracks.mean[i, 1], alive)
        if not math.isnan(tracks.shown_s[i]):
            row = lost.ever[0] % LOST_KEPT
            lost.key[row] = tracks.key[i]
            lost.what[row, 0], lost.what[row, 1] = now, tracks.exist[i]
            lost.what[row, 2], lost.what[row, 3] = tracks.rock[i], why
            lost.ever[0] += 1
    return kept


@numba.njit(cache=True)
def variance_at(tracks: Tracks, i: int, now: float) -> float:
    """Return the larger of the two position variances of a track by now, if nobody looks."""
    dt, grown, cov = max(now - tracks.t[i], 0.0), 0.0, tracks.cov[i]
    for a in range(2):
        grown = max(grown, cov[a, a] + 2 * dt * cov[a, a + 2] + dt * dt * cov[a + 2, a + 2])
    return grown


@numba.njit(cache=True)
def reason(tracks: Tracks, i: int, alive: float, now: float) -> int:
    """Return why a track has to go, -1 if it stays."""
    if tracks.exist[i] < LEAST_EXIST:
        return FALSE_SOURCE if tracks.rock[i] > 0.5 else NOT_THERE
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
    tracks.gap[to], tracks.same[to] = tracks.gap[i], tracks.same[i]
