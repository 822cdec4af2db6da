"""The last seconds of a tracker: what it knew then, and what has come in since, so that late scans find their place.

Theory: a scan that comes late is not used at a later time than its own.  The newest state before it is taken up again
and everything since is used once more, in order of time: the result is that of scans which came in order, exactly.

Rules: scans later than KEEP_S are counted and not used.  What is kept is values: a history can be stored and
replayed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchline.tracking.engine import run
from watchline.tracking.hidden.cloud import FREE, no_clouds
from watchline.tracking.look.scratch import scratch
from watchline.tracking.reading import Scans, no_scans
from watchline.tracking.sensors.world import T, World
from watchline.tracking.track.rows import LOST, LOST_KEPT, TRACK, copied, nothing_learned, resized
from watchline.tracking.undetected.field import Ground, nobody_looked

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]
Rows = NDArray[np.void]

KEEP_S = 12.0
MOST_NEW_CLOUDS = 64  # in EVERY_S
PAIRS = 4096  # of tracks and detections that one look has room for before more is made
EVERY_S = 1.0  # states are kept this far apart
LATE_S = (3.0, 1.5)  # where the next late scans will find a state: few are later than that


@dataclass(frozen=True)
class Known:
    """Everything a tracker knows, before any scan at or after t_s.

    tracks (N,) of `rows.TRACK`; units (U,) of UNIT; clock (3,) as in `engine.py`; clouds (C,) of `cloud.CLOUD`;
    lost: ring of LOST, ever (1,) how many there ever were; amount (R * C,) undetected subjects of each cell before
    the looks in unseen (S, BINS * CELLS), and tally (6,), as in `field.py`; passed (K,) undetected subjects beyond
    the far edge, by stretch.
    """

    t_s: float
    tracks: Rows
    units: Rows
    clock: F8
    clouds: Rows
    lost: Rows
    ever: I8
    amount: F8
    unseen: F4
    tally: F8
    passed: F8


@dataclass(frozen=True)
class History:
    """states: in order of time, the last is the present; scans: those since the first state; late: refused so far."""

    states: tuple[Known, ...]
    scans: Scans
    late: int


def begin(world: World, per_cell: F8) -> History:
    """Return the history of a tracker that knows nothing; per_cell (R * C,) undetected subjects expected."""
    first = Known(
        -math.inf, np.zeros(0, TRACK), nothing_learned(world), np.full(3, -np.inf), no_clouds(0),
        np.zeros(LOST_KEPT, LOST), np.zeros(1, np.int64), per_cell.copy(), nobody_looked(world), np.zeros(6),
        np.zeros(0),
    )  # fmt: skip
    return History((first,), no_scans(), 0)


def heard(world: World, ground: Ground, history: History, new: Scans) -> History:
    """Return the history after more scans, whenever they were made."""
    if len(new.sensor) == 0:
        return history
    fit = int(np.searchsorted(new.scan[:, T], history.states[0].t_s, side="left"))
    late = history.late + fit
    if fit == len(new.sensor):
        return History(history.states, history.scans, late)
    if fit:
        new = new.part(fit, len(new.sensor))
    scans, first_s = history.scans.merged(new), float(new.scan[0, T])
    states = [state for state in history.states if state.t_s <= first_s]
    come_late = len(states) < len(history.states)
    return _forget(History(tuple(_gone_on(world, ground, states, scans, come_late)), scans, late))


def _gone_on(world: World, ground: Ground, states: list[Known], scans: Scans, come_late: bool) -> list[Known]:
    """Return the states with everything since the last one used: the newest, and some before it if scans come late.

    The present as it was stays only if it is EVERY_S younger than the state before it.
    """
    known, times = states[-1], scans.scan[:, T]
    at = int(np.searchsorted(times, known.t_s, side="left"))
    if at < len(times) and len(states) > 1 and known.t_s - states[-2].t_s < EVERY_S:
        states = states[:-1]
    last_s = float(times[-1])
    back_s = [last_s - back for back in LATE_S] if come_late else []
    for before in (*back_s, math.nextafter(last_s, math.inf)):
        end = int(np.searchsorted(times, before, side="left"))
        if end > at and (end == len(times) or before - known.t_s >= EVERY_S):
            known = _used(world, ground, known, scans.part(at, end), before)
            states = [*states, known]
            at = end
    return states


def _used(world: World, ground: Ground, known: Known, scans: Scans, t_s: float) -> Known:
    n, most = len(known.tracks), int(np.diff(scans.first).max())
    tracks, units, lost = resized(known.tracks, n + len(scans.det)), copied(known.units), copied(known.lost)
    hidden = len(known.clouds)
    clouds = no_clouds(hidden + min(n, MOST_NEW_CLOUDS))
    clouds[:hidden] = known.clouds
    clock, ever, amount = known.clock.copy(), known.ever.copy(), known.amount.copy()
    unseen, tally, passed = known.unseen.copy(), known.tally.copy(), known.passed.copy()
    at, pairs = 0, PAIRS
    while at < len(scans.scan):
        room = scratch(world, len(tracks), most, pairs, len(amount))
        n, at = run(
            world, ground, tracks, n, units, clock, clouds, lost, ever, amount, unseen, tally, passed, at,
            scans.sensor, scans.scan, scans.first, scans.det, scans.key, room,
        )  # fmt: skip
        pairs *= 8
    used = np.flatnonzero(clouds["key"] != FREE)
    clouds = clouds[: used[-1] + 1] if len(used) else no_clouds(0)
    return Known(t_s, tracks[:n], units, clock, clouds, lost, ever, amount, unseen, tally, passed)


def _forget(history: History) -> History:
    """Drop the states and scans that no late scan can need."""
    newest = float(history.scans.scan[-1, T])
    states = history.states
    keep = 0
    while keep + 1 < len(states) and states[keep + 1].t_s <= newest - KEEP_S:
        keep += 1
    if keep == 0:
        return history
    states = states[keep:]
    at = int(np.searchsorted(history.scans.scan[:, T], states[0].t_s, side="left"))
    return History(states, history.scans.part(at, len(history.scans.sensor)), history.late)
