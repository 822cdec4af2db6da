"""How fast crossers of a class go beside the reference: who is quicker is looked at less often.

Theory: ln (time the reference takes on somebody's way / time they took themselves) is normal round the class's own
mean with BETWEEN_SD, and that mean round 0 with PRIOR_SD: a conjugate normal law.

Limits: those who were tried stand for those who come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]

PRIOR_SD = 0.3  # walkers of 0.9 to 1.6 m/s beside one of 1.2; vehicles off roads of 4.5 to 8 beside one of 6
BETWEEN_SD = 0.25  # from one to the next, stops and ground that was misjudged among it


@dataclass(frozen=True)
class Pace:
    """ln of how many times as fast as the reference: its mean, and how surely that is known."""

    ln_mean: float = 0.0
    ln_sd: float = PRIOR_SD

    def drawn(self, rng: np.random.Generator, count: int) -> F8:
        """Return count draws of the ratio itself."""
        return np.asarray(np.exp(rng.normal(self.ln_mean, self.ln_sd, count)))


def pace(ratios: Sequence[float]) -> Pace:
    """Return what passages (N,) that went so many times as fast as the reference tell of their class.

    >>> pace([1.3] * 100).ln_mean > 0.25, pace([]).ln_mean
    (True, 0.0)
    """
    if any(not r > 0.0 for r in ratios):
        raise ValueError(f"ratios must be > 0, got {min(ratios)}")
    precision = PRIOR_SD**-2 + len(ratios) / BETWEEN_SD**2
    return Pace(float(np.log(ratios).sum()) / BETWEEN_SD**2 / precision, precision**-0.5)
