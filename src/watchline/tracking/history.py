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
from watchline.tracking.sensors.world import World
from watchline.tracking.track.rows import LOST, LOST_KEPT, TRACK, nothing_learned, resized
from watchline.tracking.undetected.field import Ground

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]
Rows = NDArray[np.void]

KEEP_S = 12.0
MOST_NEW_CLOUDS = 64  # in EVERY_S
EVERY_S = 2.0  # states are kept this far apart
LATE_S = 3.0  # scans are seldom later


@dataclass(frozen=True)
class Scans:
    """Scans and their detections as the compiled loop reads them, in order of time.

    sensor (K,), scan (K, 6) as in `world.py`, count (K,) detections of each; det (D, WIDTH) and key (D,) in the same
    order.
    """

    sensor: I4
    scan: F8
    count: I8
    det: F8
    key: I8

    def part(self, rows: slice) -> Scans:
        """Return some of the scans with their detections."""
        a = int(self.count[: rows.start].sum())
        b = a + int(self.count[rows].sum())
        return Scans(self.sensor[rows], self.scan[rows], self.count[rows], self.det[a:b], self.key[a:b])

    def merged(self, more: Scans) -> Scans:
        """Return both, in order of time."""
        both = [
            np.concatenate([getattr(self, f), getattr(more, f)]) for f in ("sensor", "scan", "count", "det", "key")
        ]
        return Scans(*both).in_order()

    def in_order(self) -> Scans:
        """Return them in order of time; of equal times the lower sensor, then the lower scan number first."""
        order = np.lexsort((self.scan[:, 5], self.sensor, self.scan[:, 0]))
        if np.array_equal(order, np.arange(len(order))):
            return self
        first = np.concatenate([[0], np.cumsum(self.count)])[:-1]
        rows = _ranges(first[order], self.count[order])
        return Scans(self.sensor[order], self.scan[order], self.count[order], self.det[rows], self.key[rows])


def _ranges(first: I8, count: I8) -> I8:
    within = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
    return np.asarray(np.repeat(first, count) + within)


@dataclass(frozen=True)
class Known:
    """Everything a tracker knows, before any scan at or after t_s.

    tracks (N,) of `rows.TRACK`; units (U,) of UNIT; clock (3,) as in `engine.py`; clouds (C,) of `cloud.CLOUD`;
    lost: ring of LOST, ever (1,) how many there ever were; amount (R * C,) undetected subjects of each cell; tally
    (6,) as in `field.py`; passed (K,) undetected subjects beyond the far edge, by stretch.
    """

    t_s: float
    tracks: Rows
    units: Rows
    clock: F8
    clouds: Rows
    lost: Rows
    ever: I8
    amount: F8
    tally: F8
    passed: F8


@dataclass(frozen=True)
class History:
    """states: in order of time, the last is the present; scans: those since the first state; late: refused so far."""

    states: tuple[Known, ...]
    scans: Scans
    late: int


def begin(world: World, per_cell: F8, no_scans: Scans) -> History:
    """Return the history of a tracker that knows nothing; per_cell (R * C,) undetected subjects expected."""
    first = Known(
        -math.inf, np.zeros(0, TRACK), nothing_learned(world), np.full(3, -np.inf), no_clouds(0),
        np.zeros(LOST_KEPT, LOST),
        np.zeros(1, np.int64), per_cell.copy(), np.zeros(6),
        np.zeros(0),
    )  # fmt: skip
    return History((first,), no_scans, 0)


def heard(world: World, ground: Ground, history: History, new: Scans) -> History:
    """Return the history after more scans, whenever they were made."""
    if len(new.sensor) == 0:
        return history
    new = new.in_order()
    fit = int(np.searchsorted(new.scan[:, 0], history.states[0].t_s, side="left"))
    late = history.late + fit
    if fit == len(new.sensor):
        return History(history.states, history.scans, late)
    if fit:
        new = new.part(slice(fit, len(new.sensor)))
    scans, first_s = history.scans.merged(new), float(new.scan[0, 0])
    states = [state for state in history.states if state.t_s <= first_s]
    return _forget(History(tuple(_gone_on(world, ground, states, scans)), scans, late))


def _gone_on(world: World, ground: Ground, states: list[Known], scans: Scans) -> list[Known]:
    """Return the states with everything since the last one used: the newest, and one LATE_S before it if that is new.

    The present as it was stays only if it is EVERY_S younger than the state before it.
    """
    known, times = states[-1], scans.scan[:, 0]
    at = int(np.searchsorted(times, known.t_s, side="left"))
    if at < len(times) and len(states) > 1 and known.t_s - states[-2].t_s < EVERY_S:
        states = states[:-1]
    for before in (float(times[-1]) - LATE_S, float(np.nextafter(times[-1], math.inf))):
        end = int(np.searchsorted(times, before, side="left"))
        if end > at and (end == len(times) or before - known.t_s >= EVERY_S):
            known = _used(world, ground, known, scans.part(slice(at, end)), before)
            states = [*states, known]
            at = end
    return states


def _used(world: World, ground: Ground, known: Known, scans: Scans, t_s: float) -> Known:
    n = len(known.tracks)
    tracks = resized(known.tracks, n + len(scans.det))
    units, clock, lost, ever = known.units.copy(), known.clock.copy(), known.lost.copy(), known.ever.copy()
    hidden = len(known.clouds)
    clouds = no_clouds(hidden + min(n, MOST_NEW_CLOUDS))
    clouds[:hidden] = known.clouds
    amount, tally, passed = known.amount.copy(), known.tally.copy(), known.passed.copy()
    ends = np.cumsum(scans.count)
    n = run(
        world, ground, tracks, n, units, clock, clouds, lost, ever, amount, tally, passed, scans.sensor, scans.scan,
        ends - scans.count, ends, scans.det, scans.key, scratch(len(tracks), int(scans.count.max())),
    )  # fmt: skip
    used = np.flatnonzero(clouds["key"] != FREE)
    clouds = clouds[: used[-1] + 1].copy() if len(used) else no_clouds(0)
    return Known(t_s, tracks[:n].copy(), units, clock, clouds, lost, ever, amount, tally, passed)


def _forget(history: History) -> History:
    """Drop the states and scans that no late scan can need."""
    newest = float(history.scans.scan[-1, 0])
    states = history.states
    keep = 0
    while keep + 1 < len(states) and states[keep + 1].t_s <= newest - KEEP_S:
        keep += 1
    if keep == 0:
        return history
    states = states[keep:]
    at = int(np.searchsorted(history.scans.scan[:, 0], states[0].t_s, side="left"))
    return History(states, history.scans.part(slice(at, len(history.scans.sensor))), history.late)
