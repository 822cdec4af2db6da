"""Where a plan pushes crossers to, and how far from help that is.

Theory: whoever finds the easy ways closed takes harder ones.  Help is water, a road, a village, a manned post; a
place is so many hours from it as a walker needs, by the same eikonal solver that finds ways.  A route is as bad as
its worst place.  A plan is harmful where the route that crossers are left with goes farther from help than the limit,
and farther than the one they take today.

Patrols, checkpoints and drones leave the ways within a kilometre as they are and make whole kilometres stronger or
weaker: who knows their law goes aside, along the line, to the weakest kilometre within ASIDE of where they came.

Limits: walking time on the ground as the site knows it; nothing of heat, load, age or injury: the limit carries that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchline.coverage.solver.eikonal import least_cost

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
Mask = NDArray[np.bool_]

HOUR_S = 3600.0
ASIDE = 10  # kilometres along the line that somebody on foot goes out of the way for a weaker place: a night's march
ALIKE = 0.01  # of a chance: less than that sends nobody elsewhere


def hours_from(speed_m_s: F4, cell_m: float, marked: Mask) -> F8:
    """Return (rows, cols) hours on the way to each cell from the nearest marked one; inf where none is reached."""
    with np.errstate(divide="ignore"):
        pace = np.where(speed_m_s > 0.0, 1.0 / speed_m_s, np.inf)
    at = np.flatnonzero(marked & np.isfinite(pace))
    return least_cost(pace, cell_m, at, np.zeros(len(at))) / HOUR_S


def farthest_h(hours: F8, path_rc: F8) -> float:
    """Return how many hours the worst place of a way (N, 2), in rows and columns, is from help."""
    cell = np.clip(np.rint(path_rc).astype(np.int64), 0, np.array(hours.shape) - 1)
    return float(hours[cell[:, 0], cell[:, 1]].max())


@dataclass(frozen=True)
class Harm:
    """hours_before, hours_after (C, K) from help at the worst place of each stretch's weakest route under each
    condition, NaN without one; limit_h: of the site."""

    hours_before: F8
    hours_after: F8
    limit_h: float

    @property
    def pushed(self) -> NDArray[np.int64]:
        """Return the stretches whose crossers a plan pushes beyond the limit, under whichever condition."""
        with np.errstate(invalid="ignore"):
            beyond = (self.hours_after > self.limit_h) & ~(self.hours_before >= self.hours_after)
        return np.flatnonzero(beyond.any(axis=0))

    @property
    def farthest(self) -> tuple[F8, F8]:
        """Return (K,) hours before and after, of the condition under which a stretch's crossers are pushed most."""
        with np.errstate(invalid="ignore"):  # no help anywhere, before and after: pushed nowhere
            more = np.nan_to_num(self.hours_after - self.hours_before, nan=-np.inf, posinf=np.inf)
        beyond = np.where(self.hours_after > self.limit_h, np.inf, 0.0)
        worst = np.argmax(more + np.where(more > 0.0, beyond, 0.0), axis=0)
        at = np.arange(more.shape[1])
        return self.hours_before[worst, at], self.hours_after[worst, at]

    @property
    def refused(self) -> bool:
        """Return whether the plan must not be made as it is."""
        return bool(len(self.pushed))


def goes_to(chance: F8) -> I8:
    """Return (K,) the stretch where those cross who come to each and know every stretch's chance (K,) to be noticed.

    The nearest of those within ASIDE that are as good as the weakest; of two as near, the one of lower chainage.
    """
    count = len(chance)
    out = np.empty(count, np.int64)
    for k in range(count):
        near = np.arange(max(0, k - ASIDE), min(count, k + ASIDE + 1))
        good = near[chance[near] <= chance[near].min() + ALIKE]
        out[k] = good[np.argmin(np.abs(good - k))]
    return out


def pushed_along(before: F8, after: F8, hours: F8, limit_h: float, *, helped: Mask | None = None) -> Harm:
    """Return the harm of a plan that changes the stretches' chances from before to after (K,), and no way.

    hours (K,) from help on each one's weakest way; helped (K,): stretches to which the plan brings help.
    """
    then = hours if helped is None else np.where(helped, 0.0, hours)
    return Harm(hours[goes_to(before)][None], then[goes_to(after)][None], limit_h)


def worst_h(hours: F8) -> float:
    """Return the most of hours from help (...,), ways that do not lead left out; 0 where none does."""
    return float(np.nan_to_num(hours, nan=0.0, posinf=np.inf).max(initial=0.0))
