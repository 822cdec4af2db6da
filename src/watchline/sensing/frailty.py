"""How much crossers differ in how easily they are seen, learned from whole passages.

Theory: a passage with exposure H misses with (1 + H / k)^-k (`glimpse.p_miss`): small k, great differences.  Passages
whose exposure is known and of which it is known whether anything was seen give a likelihood of k; with a log-normal
prior the posterior is summed on a grid.  A passage is one subject before one sensor, or one crossing before all.

Limits: exposure is taken as known; an error of it that is the same in all passages is read as frailty.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from watchline.sensing.glimpse import p_miss

F8 = NDArray[np.float64]

GRID = np.geomspace(0.05, 50.0, 241)


@dataclass(frozen=True)
class FrailtyPrior:
    """Log-normal law of k, which everybody takes for granted until passages here tell.

    mean 1.5: as in search experiments; ln_sd: wide, nobody has measured it here.
    """

    mean: float = 1.5
    ln_sd: float = 0.7


@dataclass(frozen=True)
class Frailty:
    """The posterior of k on GRID; mean, 5 and 95 % points; passages it rests on."""

    weight: F8
    passages: int

    @property
    def mean(self) -> float:
        """Return the posterior mean of k."""
        return float(self.weight @ GRID)

    @property
    def low(self) -> float:
        """Return the 5 % point."""
        return self._point(0.05)

    @property
    def high(self) -> float:
        """Return the 95 % point."""
        return self._point(0.95)

    def _point(self, share: float) -> float:
        return float(GRID[min(int(np.searchsorted(np.cumsum(self.weight), share)), len(GRID) - 1)])

    def p_detect(self, exposure: ArrayLike) -> F8:
        """Return (...,) chance that a passage of this exposure is seen, over what is believed of k."""
        h = np.asarray(exposure, float)
        return np.asarray(
            sum(w * (1.0 - p_miss(h, float(k))) for w, k in zip(self.weight, GRID, strict=True) if w > 1e-9)
        )


def frailty(exposure: F8, seen: F8, prior: FrailtyPrior) -> Frailty:
    """Return the posterior of k from passages: exposure (N,) >= 0, seen (N,) 0 or 1."""
    h, y = np.asarray(exposure, float), np.asarray(seen, float)
    if h.shape != y.shape or np.any((y != 0.0) & (y != 1.0)):
        raise ValueError(f"seen must be 0 or 1 for each of {h.shape} exposures")
    counted = h > 0.0
    ln_miss = np.array([np.log(np.maximum(p_miss(h[counted], float(k)), 1e-300)) for k in GRID])
    ln_seen = np.log(np.maximum(-np.expm1(ln_miss), 1e-300))
    like = np.where(y[counted] > 0.0, ln_seen, ln_miss).sum(axis=1)
    like -= 0.5 * ((np.log(GRID) - math.log(prior.mean)) / prior.ln_sd) ** 2
    weight = np.exp(like - like.max())
    return Frailty(weight / weight.sum(), int(counted.sum()))
