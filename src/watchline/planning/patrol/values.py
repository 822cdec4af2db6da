"""Checkpoints where places are worth different things to us and to them: the security game with values (ORIGAMI).

Theory: m resources cover targets with chances c_i, at most 1 each; a follower attacks where it gains most.  The best
coverage makes the attractive targets equally attractive, so the follower's utility u is pressed as low as m allows
(Kiekintveld et al. 2009, "Computing optimal randomized resource allocations for massive security games"): c_i =
(Uau_i - u) / (Uau_i - Uac_i) where positive, and the least u with sum c_i <= m and no c_i over 1.

Rules: values come from the user; without them the zero-sum game over missing is used (`rounds.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

F8 = NDArray[np.float64]

HALVINGS = 200
TIE = 1e-9


@dataclass(frozen=True)
class Covered:
    """coverage (N,) chance of each target; attack_set: where the follower gains most; their utility, and ours."""

    coverage: F8
    attack_set: tuple[int, ...]
    theirs: float
    ours: float


def origami(
    ours_uncovered: ArrayLike,
    ours_covered: ArrayLike,
    theirs_uncovered: ArrayLike,
    theirs_covered: ArrayLike,
    m: float,
) -> Covered:
    """Return the best coverage of N targets with m resources; utilities (N,), theirs_uncovered > theirs_covered."""
    udu, udc, uau, uac = (
        np.asarray(values, float) for values in (ours_uncovered, ours_covered, theirs_uncovered, theirs_covered)
    )
    if not np.all(uau > uac):
        raise ValueError("theirs_uncovered must be above theirs_covered everywhere")
    if not m >= 0.0:
        raise ValueError(f"m must be >= 0, got {m}")

    def needed(u: float) -> F8:
        return np.asarray(np.clip((uau - u) / (uau - uac), 0.0, None), float)

    # A target whose covered value is above u cannot be pressed to u: u is at least the largest of those.
    low, high = float(uac.max()), float(uau.max())
    if float(np.minimum(needed(low), 1.0).sum()) > m:
        for _ in range(HALVINGS):
            u = 0.5 * (low + high)
            low, high = (low, u) if float(needed(u).sum()) <= m else (u, high)
    else:
        high = low
    coverage = np.minimum(needed(high), 1.0)
    theirs = coverage * uac + (1.0 - coverage) * uau
    ours = coverage * udc + (1.0 - coverage) * udu
    attacked = np.flatnonzero(theirs >= theirs.max() - TIE * max(1.0, abs(float(theirs.max()))))
    return Covered(coverage, tuple(int(k) for k in attacked), float(theirs.max()), float(ours[attacked].max()))
