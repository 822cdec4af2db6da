"""Room in which one look is worked out: made once, used look after look, so that the loop makes no arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from watchline.tracking.hidden.cloud import PLACES
from watchline.tracking.sensors.world import CLASSES, World
from watchline.tracking.track.measurement import NUMBERS
from watchline.tracking.track.motion import MODES, WORK
from watchline.tracking.track.rows import TRACK

# A track in view.  row: of the tracks; seer: row among its seers; pd of each way of moving, in sector and sight;
# base: prior P_d of each class; shown: chance of being in sector and sight; mean_pd over ways of moving; away:
# chance of no sign; alone: no other sensor has reported it; none: chance that it caused no detection; mean, cov
# (xx, xy, yy): where it is by the time of the look; rho, bearing, spare: from the sensor, and how far around it may
# be; total: sum of messages; dealt: of what it is dealt; shared: chance that what is dealt to it is another track's.
VIEW = np.dtype(
    [
        ("row", np.int64), ("seer", np.int64), ("pd", np.float64, (MODES,)), ("base", np.float64, (CLASSES,)),
        ("shown", np.float64), ("mean_pd", np.float64), ("away", np.float64), ("none", np.float64),
        ("mean", np.float64, (2,)), ("cov", np.float64, (3,)),
        ("rho", np.float64), ("bearing", np.float64), ("spare", np.float64), ("total", np.float64),
        ("dealt", np.float64), ("shared", np.float64), ("alone", np.bool_),
    ],
    align=True,
)  # fmt: skip

# A track in view and a detection inside its gate.  of: its row of views; x, p: what the detection would make of each
# model, like: how likely each made it; real, rock: as a subject and as a rock; weight: ratio to everything else that
# could have made it; beta: probability; to, fro: messages.
PAIR = np.dtype(
    [
        ("of", np.int64), ("det", np.int64), ("x", np.float64, (MODES, 4)), ("p", np.float64, (MODES, 4, 4)),
        ("like", np.float64, (MODES,)), ("real", np.float64), ("rock", np.float64), ("weight", np.float64),
        ("beta", np.float64), ("to", np.float64), ("fro", np.float64),
    ],
    align=True,
)  # fmt: skip

# A detection.  back: density of what is new or false there; real: its share that is new; new: chance that no track
# caused it; total: sum of messages; dealt: of what it is dealt.
FOUND = np.dtype(
    [("back", np.float64), ("real", np.float64), ("new", np.float64), ("total", np.float64), ("dealt", np.float64)]
)

# nu, h, r as `measurement.numbers` fills them; own, mean, cov: of one model; x, p, kernel, new_p: of one place of a
# cloud; take: of which place each is made anew.
TOOLS = np.dtype(
    [
        ("nu", np.float64, (NUMBERS,)), ("h", np.float64, (NUMBERS, 4)), ("r", np.float64, (NUMBERS,)),
        ("own", np.float64, (MODES,)), ("mean", np.float64, (4,)), ("cov", np.float64, (4, 4)),
        ("x", np.float64, (4,)), ("p", np.float64, (2, 4)), ("kernel", np.float64, (4, 4)),
        ("new_p", np.float64, (4, 4)), ("take", np.int64, (PLACES,)),
    ]
)  # fmt: skip


class Scratch(NamedTuple):
    """views (rows of tracks,), pairs (no look has more), found (of the largest look,), tools, work.

    home (rows of tracks, 3) of every track, close together: most looks read nothing else of most tracks; near (S,
    rows of tracks) and kept (S,): rows that may concern each sensor until the next tidying; reach (S,): of each
    sensor in these scans, -1 for one without; active (S,): those that have one, from west to east, their number in
    looking (1,), their farthest reach in farthest (1,); sides (5,) of the look at hand; before (R * C,) of the
    undetected field; pooled (U, 3) of lessons; blank (1,) a track's row of zeros.
    """

    views: NDArray[np.void]
    pairs: NDArray[np.void]
    found: NDArray[np.void]
    tools: NDArray[np.void]
    work: NDArray[np.void]
    home: NDArray[np.float64]
    near: NDArray[np.int32]
    kept: NDArray[np.int64]
    reach: NDArray[np.float64]
    active: NDArray[np.int64]
    looking: NDArray[np.int64]
    farthest: NDArray[np.float64]
    sides: NDArray[np.float64]
    before: NDArray[np.float64]
    pooled: NDArray[np.float64]
    blank: NDArray[np.void]


def scratch(world: World, tracks: int, detections: int, pairs: int, cells: int) -> Scratch:
    """Return room for so many tracks, detections and pairs of both in a look, and a field of so many cells."""
    eyes = len(world.eyes)
    return Scratch(
        np.empty(tracks, VIEW), np.empty(pairs, PAIR), np.empty(detections, FOUND), np.zeros(1, TOOLS),
        np.zeros(1, WORK), np.empty((tracks, 3)), np.empty((eyes, tracks), np.int32), np.zeros(eyes, np.int64),
        np.empty(eyes), np.empty(eyes, np.int64), np.zeros(1, np.int64), np.zeros(1), np.zeros(5), np.empty(cells),
        np.empty((len(world.unit_kind), 3)), np.zeros(1, TRACK),
    )  # fmt: skip
