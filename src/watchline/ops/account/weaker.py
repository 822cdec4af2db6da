"""Stretches whose chance of noticing a crosser has dropped because sensors are dark, and what would bring it back.

Held against the same minute with nothing dark, so that dusk and dust, which no repair mends, are no drop.  A drop is
told once for each run of kilometres, again when it has changed by TELL_CHANGE, and when it is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]

DROP = 0.2  # of the chance of noticing a walker
BACK = 0.1  # a drop is over when less than this is missing
TELL_CHANGE = 0.1
CAUSE_SHARE = 0.15  # a dark sensor that would bring back less than this of the drop is no cause of it


@dataclass(frozen=True)
class Weaker:
    """One run of kilometres: chance of noticing now, with nothing dark, and with a patrol that stands in its middle.

    causes: indexes of the dark sensors behind it; from_km, to_km whole kilometres but for the line's end.
    """

    from_km: float
    to_km: float
    now: float
    usual: float
    causes: tuple[int, ...] = ()
    with_patrol: float | None = None


def dropped(told: Sequence[Weaker], now: F8, usual: F8, length_km: float) -> list[Weaker]:
    """Return what is to be told of a minute, without causes; told: what is told last and not over.

    now, usual (S,): chance of noticing a walker by kilometre, NaN where none goes.
    """
    loss = np.nan_to_num(usual - now)
    out = []
    free = np.ones(len(loss), bool)
    for one in told:
        rows = slice(int(one.from_km), int(np.ceil(one.to_km)))
        free[rows] = False
        worst = int(one.from_km) + int(np.argmax(loss[rows]))
        current = replace(one, now=float(now[worst]), usual=float(usual[worst]))
        if loss[worst] < BACK or abs((current.usual - current.now) - (one.usual - one.now)) >= TELL_CHANGE:
            out.append(current)
    weak = np.flatnonzero(free & (loss >= DROP))
    for run in np.split(weak, np.flatnonzero(np.diff(weak) > 1) + 1):
        if len(run):
            worst = int(run[np.argmax(loss[run])])
            last_km = min(float(run[-1] + 1), length_km)
            out.append(Weaker(float(run[0]), last_km, float(now[worst]), float(usual[worst])))
    return out


def kept(told: Sequence[Weaker], news: Sequence[Weaker]) -> tuple[Weaker, ...]:
    """Return what is told last and not over, after the news."""
    after = {(d.from_km, d.to_km): d for d in (*told, *news)}
    return tuple(d for d in after.values() if d.usual - d.now >= BACK)
