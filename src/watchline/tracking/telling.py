"""What is told of the tracks at a moment: places by then, and errors with all that does not average out in them."""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from watchline.sensing.subject import with_speed
from watchline.tracking.engine import LOST_S
from watchline.tracking.groups import likely_counts, parties, who_is_who
from watchline.tracking.sensors.registration import lasting
from watchline.tracking.track.motion import WORK, age, move_to
from watchline.tracking.track.rows import TRACK

F8 = NDArray[np.float64]
Rows = NDArray[np.void]

LEAST_TOLD = 0.1  # a track less likely than this is not told of


@numba.njit(cache=True)
def worth_telling(tracks: Rows, now: float) -> Rows:
    """Return a copy of the tracks that are told of, brought to `now`.

    Those are the ones shown, and likely ones, unless contact has been lost meanwhile.
    """
    n, work = 0, np.zeros(1, WORK)
    rows = np.empty(len(tracks), np.int64)
    for i in range(len(tracks)):
        track = tracks[i]
        likely = track.shown == 1 or track.exist * (1.0 - track.rock) > LEAST_TOLD
        if likely and now - track.last < LOST_S:
            rows[n] = i
            n += 1
    out = np.empty(n, TRACK)
    for k in range(n):
        out[k] = tracks[rows[k]]
        move_to(out[k], now, work[0])
        age(out[k], now)
    return out


@numba.njit(cache=True)
def said_of(tracks: Rows, units: Rows, eyes: Rows, now: float) -> tuple[F8, F8, F8, F8, F8]:
    """Return mean (N, 4), what is said of the error (N, 4: xx, xy, yy of the place, one of the velocity), chance that
    it is there, class (N, 4), and size of party of tracks that `worth_telling` gave."""
    n = len(tracks)
    mean, cov, speed, sd, mixed = np.empty((n, 4)), np.empty((n, 4)), np.empty(n), np.empty(n), np.empty(n)
    exist, klass, shown = np.empty(n), np.empty((n, 4)), np.empty(n, np.bool_)
    for i in range(n):
        track = tracks[i]
        for c in range(4):
            mean[i, c], klass[i, c] = track.mean[c], track.klass[c]
        mixed[i] = track.mixed
        exist[i], shown[i] = track.exist * (1.0 - track.rock), track.shown == 1
        speed[i] = math.hypot(mean[i, 2], mean[i, 3])
        cov[i, 3] = 0.5 * (track.cov[2, 2] + track.cov[3, 3])
        sd[i] = math.sqrt(cov[i, 3])
    party = parties(mean, shown)
    unknown, lasts = who_is_who(mean, party, mixed), lasting(tracks, units, eyes, now)
    for i in range(n):
        for c in range(3):
            r, s = (0, 0) if c == 0 else ((0, 1) if c == 1 else (1, 1))
            cov[i, c] = tracks[i].cov[r, s] + unknown[i, r, s] + lasts[i, r, s]
    return mean, cov, exist, with_speed(klass, speed, sd), likely_counts(party, exist)
