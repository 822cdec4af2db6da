"""What a tracker knows, as plain arrays: tracks, what has been learned, the undetected.

Rules: rows of `Tracks` are in order of birth; a row is a Bernoulli: one subject, or one persistent false source, or
nobody.  Everything here is changed in place by the compiled loops and copied at the room's door.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from watchline.sensing import learned
from watchline.tracking import clutter
from watchline.tracking.motion import MODES
from watchline.tracking.world import CLASSES, World

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]
U1 = NDArray[np.uint8]

SEERS = 8  # sensors a track remembers of whether they can see it
TRACE = 12  # contributions a track remembers


class Tracks(NamedTuple):
    """Tracks, one row each.

    key: scan and detection it began with, which never change; t: time of the state; x (N, M, 4), p (N, M, 4, 4),
    mu (N, M) of each way of moving; mean (N, 4), cov (N, 4, 4) of the mixture; exist: that there is anything;
    rock: that it is a persistent false source, if anything; klass (N, 4) over CLASSES;
    first, last: first and latest detection; hits; sensor, other: last and last different one that saw it;
    seer (N, K) units that looked at it (-1: free), seer_p that they can see it, seer_t when that was said,
    seer_hits and seer_looks (expected hits) of each; trace (N, R, 4) ring of t, scan, sensor, share; traced: how
    many ever; shown: 1 while it is believed; shown_s: since when (NaN never); gap: how long it was last unseen (0:
    never longer than GAP_S) and same: the chance that it is still the same subject.
    """

    key: I8
    t: F8
    x: F8
    p: F8
    mu: F8
    mean: F8
    cov: F8
    exist: F8
    rock: F8
    klass: F8
    first: F8
    last: F8
    hits: I4
    sensor: I4
    other: I4
    seer: I4
    seer_p: F8
    seer_t: F8
    seer_hits: F8
    seer_looks: F8
    trace: F8
    traced: I4
    shown: U1
    shown_s: F8
    gap: F8
    same: F8


class Learned(NamedTuple):
    """What looks have taught: clutter counts, P_d counts and their corrections, lasting errors of each unit.

    bias (U, 2), bias_var (U, 2) as in `registration.py`; clock (3,): next tidy time, last spread of the field, its
    scale.
    """

    clutter: F8
    looks: F8
    shift: F8
    bias: F8
    bias_var: F8
    clock: F8


class Lost(NamedTuple):
    """Ring of tracks that were given up: key, when, existence, rock, why (REASONS), and how many there ever were."""

    key: I8
    what: F8
    ever: I8


REASONS = ("not there", "a false source", "place unknown", "never confirmed")
LOST_KEPT = 512

SHAPES: dict[str, tuple[type[np.generic], tuple[int, ...]]] = {
    "key": (np.int64, ()),
    "t": (np.float64, ()),
    "x": (np.float64, (MODES, 4)),
    "p": (np.float64, (MODES, 4, 4)),
    "mu": (np.float64, (MODES,)),
    "mean": (np.float64, (4,)),
    "cov": (np.float64, (4, 4)),
    "exist": (np.float64, ()),
    "rock": (np.float64, ()),
    "klass": (np.float64, (4,)),
    "first": (np.float64, ()),
    "last": (np.float64, ()),
    "hits": (np.int32, ()),
    "sensor": (np.int32, ()),
    "other": (np.int32, ()),
    "seer": (np.int32, (SEERS,)),
    "seer_p": (np.float64, (SEERS,)),
    "seer_t": (np.float64, (SEERS,)),
    "seer_hits": (np.float64, (SEERS,)),
    "seer_looks": (np.float64, (SEERS,)),
    "trace": (np.float64, (TRACE, 4)),
    "traced": (np.int32, ()),
    "shown": (np.uint8, ()),
    "shown_s": (np.float64, ()),
    "gap": (np.float64, ()),
    "same": (np.float64, ()),
}


def no_tracks(rows: int = 0) -> Tracks:
    """Return rows of zeros."""
    return Tracks(**{name: np.zeros((rows, *extra), dtype) for name, (dtype, extra) in SHAPES.items()})


def rows_of(tracks: Tracks, rows: NDArray[Any] | slice) -> Tracks:
    """Return some rows."""
    return Tracks(**{name: array[rows] for name, array in tracks._asdict().items()})


def resized(tracks: Tracks, rows: int) -> Tracks:
    """Return a copy with this many rows, cut or filled with zeros."""
    out: dict[str, Any] = {}
    for name, array in tracks._asdict().items():
        room = np.zeros((rows, *array.shape[1:]), array.dtype)
        n = min(rows, len(array))
        room[:n] = array[:n]
        out[name] = room
    return Tracks(**out)


def nothing_learned(world: World) -> Learned:
    """Return what is known before the first look."""
    units = len(world.unit_kind)
    return Learned(
        clutter.no_counts(units),
        learned.no_counts(units, CLASSES),
        np.zeros((units, CLASSES, learned.CELLS)),
        np.zeros((units, 2)),
        np.square(world.bias_sd),
        np.full(3, -np.inf),
    )


def nobody_lost() -> Lost:
    """Return an empty ring."""
    return Lost(np.zeros(LOST_KEPT, np.int64), np.zeros((LOST_KEPT, 4)), np.zeros(1, np.int64))


def copied(part: Any) -> Any:
    """Return a copy of a tuple of arrays."""
    return type(part)(*(array.copy() for array in part))
