"""What a tracker knows, as plain arrays: tracks, what has been learned of sensors, who was given up.

Rules: rows of `TRACK` are in order of birth; a row is a Bernoulli: one subject, or one persistent false source, or
nobody.  Everything here is changed in place by the compiled loops and copied at the room's door.  Compiled functions
take a row (`track`, `own`, ...) as a whole: numba passes its address.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from watchline.sensing import learned
from watchline.tracking.sensors import clutter
from watchline.tracking.sensors.world import CLASSES, World
from watchline.tracking.track.motion import MODES

Rows = NDArray[np.void]
Row = Any  # one of them, inside a compiled loop

SEERS = 8  # sensors a track remembers of whether they can see it
TRACE = 12  # contributions a track remembers

# key: scan and detection it began with, which never change; t: time of the state; exist_t: by which exist is told;
# x, p, mu of each way of moving; mean, cov of the mixture; exist: that there is anything; rock: that it is a
# persistent false source, if anything; klass over the classes; first, last: first and latest detection; hits;
# mixed: chance that it is no longer who it was but another of its party; sensor, other: last and last different one
# that saw it; seer: units that looked at it (-1: free), seer_p that they can see it, seer_t when that was said,
# seer_hits and seer_looks (expected hits) of each, seer_eye whence it saw the track last (-1: never), seer_told
# what it told of the place by seer_told_s, as `registration.py` says; trace: ring of t, scan, sensor, share;
# traced: how many ever; shown: 1 while it is believed; shown_s: since when (NaN never); gap: how long it was last
# unseen (0: never longer than GAP_S) and same: the chance that it is still the same subject; home: place and reach
# until the next tidying; cloud: row of clouds while it is out of sight for long, else -1.
TRACK = np.dtype(
    [
        ("key", np.int64), ("t", np.float64), ("exist_t", np.float64),
        ("x", np.float64, (MODES, 4)), ("p", np.float64, (MODES, 4, 4)),
        ("mu", np.float64, (MODES,)), ("mean", np.float64, (4,)), ("cov", np.float64, (4, 4)),
        ("exist", np.float64), ("rock", np.float64), ("klass", np.float64, (4,)), ("first", np.float64),
        ("last", np.float64), ("hits", np.int32), ("mixed", np.float64), ("sensor", np.int32), ("other", np.int32),
        ("seer", np.int32, (SEERS,)), ("seer_p", np.float64, (SEERS,)), ("seer_t", np.float64, (SEERS,)),
        ("seer_hits", np.float64, (SEERS,)), ("seer_looks", np.float64, (SEERS,)), ("seer_eye", np.int32, (SEERS,)),
        ("seer_told", np.float64, (SEERS, 2)), ("seer_told_s", np.float64, (SEERS,)),
        ("trace", np.float64, (TRACE, 4)), ("traced", np.int32), ("shown", np.uint8), ("shown_s", np.float64),
        ("gap", np.float64), ("same", np.float64), ("home", np.float64, (3,)), ("cloud", np.int32),
    ],
    align=True,
)  # fmt: skip

# What looks have taught of a unit.  turns: looks at each sector; false: false detections by sector and ring; looks:
# counts of looks at sure tracks, shift: of logit P_d by class and range, both `sensing`'s; bias, bias_var: lasting
# errors as in `registration.py`; p_ring: P_d of a walker by range for looks of quality p_ring_at (-1: to be made
# anew); bears_s: the last look that was used of a unit that tells bearings only (-inf: none, or it tells ranges).
UNIT = np.dtype(
    [
        ("turns", np.float64, (clutter.SECTORS,)), ("false", np.float64, (clutter.SECTORS, clutter.RINGS)),
        ("looks", np.float64, (3, CLASSES, learned.CELLS)), ("shift", np.float64, (CLASSES, learned.CELLS)),
        ("p_ring", np.float32, (learned.CELLS,)), ("p_ring_at", np.float64), ("bears_s", np.float64),
        ("bias", np.float64, (2,)), ("bias_var", np.float64, (2,)),
    ],
    align=True,
)  # fmt: skip

# A track that was given up, in a ring: key, when, existence, rock, why (REASONS).
LOST = np.dtype(
    [("key", np.int64), ("t", np.float64), ("exist", np.float64), ("rock", np.float64), ("why", np.int64)], align=True
)
REASONS = ("not there", "a false source", "place unknown", "never confirmed")
LOST_KEPT = 512


def resized(tracks: Rows, rows: int) -> Rows:
    """Return a copy with this many rows, the rest of them room for what begins."""
    out = np.empty(rows, TRACK)
    out[: len(tracks)].view(np.uint8)[:] = tracks.view(np.uint8)
    return out


def copied(rows: Rows) -> Rows:
    """Return a copy: as bytes, for numpy copies structured rows field by field."""
    out = np.empty_like(rows)
    out.view(np.uint8)[:] = rows.view(np.uint8)
    return out


def nothing_learned(world: World) -> Rows:
    """Return (U,) what is known of the units before the first look."""
    units = np.zeros(len(world.unit_kind), UNIT)
    units["p_ring_at"], units["bears_s"] = -1.0, -np.inf
    units["bias_var"] = np.square(world.bias_sd)
    return units
