"""Exposure accounts: how much of the line and of the time was watched, and how well.

D = int (1 - pi) is the exposure in which a crosser would have been detected, M = int pi that in which one would have
been missed, B the blind part: where even the best informed route is hardly watched (pi_adv above BLIND).  D and M
are of the watched part only, so D + M + B is all there was, whatever a stretch is split into or a minute.
The unit is stretch-hours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

F8 = NDArray[np.float64]

BLIND = 0.97


@dataclass(frozen=True)
class Account:
    """Exposure in stretch-hours, each (S,) by stretch: detected, missed, blind."""

    detected: F8
    missed: F8
    blind: F8

    @property
    def whole(self) -> F8:
        """Return (S,) all the exposure there was."""
        return self.detected + self.missed + self.blind

    def __add__(self, more: Account) -> Account:
        """Return both accounts together."""
        return Account(self.detected + more.detected, self.missed + more.missed, self.blind + more.blind)


def nothing(stretches: int) -> Account:
    """Return an account with nothing in it."""
    zero = np.zeros(stretches)
    return Account(zero, zero, zero)


def blind(adversary_miss: ArrayLike) -> NDArray[np.bool_]:
    """Return (...,) where no statement is possible; a chance that is not known (NaN) is not watched."""
    return ~(np.asarray(adversary_miss, float) <= BLIND)


def accrued(mean_miss: ArrayLike, adversary_miss: ArrayLike, hours: float, share: ArrayLike = 1.0) -> Account:
    """Return what some time adds: pi_avg and pi_adv (S,) over it, hours >= 0, share (S,) of each stretch's length.

    share: 1 for a whole stretch; a half of one counts half.
    """
    pi, adversary = np.asarray(mean_miss, float), np.asarray(adversary_miss, float)
    unseen = blind(adversary) | ~np.isfinite(pi)
    if hours < 0.0 or np.any((pi < 0.0) | (pi > 1.0)):
        raise ValueError("pi must be in 0..1 and hours >= 0")
    length = hours * np.broadcast_to(np.asarray(share, float), pi.shape)
    watched = np.where(unseen, 0.0, length)
    pi = np.where(unseen, 0.0, pi)
    return Account(watched * (1.0 - pi), watched * pi, length - watched)
