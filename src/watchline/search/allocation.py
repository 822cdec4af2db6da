"""How to spread effort over cells at one moment, and what a search in vain says of where they are.

Theory: detection is exponential in effort, 1 - exp(-w z) with w the coverage that a unit of effort brings.  The best
spread of K over cells of probability p levels the gain of the next unit (Koopman 1957; Charnes & Cooper 1958):
z_i = [ln(p_i w_i / lambda) / w_i]_+ with lambda such that they sum to K.  A cell is searched in vain by Bayes:
p_i (1 - POD_i), over their sum.

Accuracy: exact to rounding, by sorting.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]


def water_fill(p: F8, coverage_per_effort: F8, effort: float) -> F8:
    """Return (N,) the best effort in each cell, which sum to `effort`; all 0 if nothing can be found anywhere.

    p (N,) >= 0, need not sum to 1; coverage_per_effort (N,) >= 0, 0: cannot be searched.

    >>> water_fill(np.array([0.7, 0.3]), np.ones(2), 1.0).round(6).tolist()
    [0.923649, 0.076351]
    """
    if p.shape != coverage_per_effort.shape or p.ndim != 1 or not 0.0 <= effort < math.inf:
        raise ValueError(f"p and coverage_per_effort must be (N,), effort >= 0; got {p.shape}, {effort}")
    if not (np.all(np.isfinite(p)) and np.all(np.isfinite(coverage_per_effort))):
        raise ValueError("p and coverage_per_effort must be finite")
    spread = np.zeros(len(p))
    gain = p * coverage_per_effort
    order = np.argsort(-gain, kind="stable")
    order = order[: np.count_nonzero(gain)]
    if effort == 0.0 or not len(order):
        return spread
    log_gain, cost = np.log(gain[order]), 1.0 / coverage_per_effort[order]
    log_level = (np.cumsum(log_gain * cost) - effort) / np.cumsum(cost)
    # Opened in order of gain; the first k are open when the level lies below the k-th gain.
    last = int(np.flatnonzero(log_gain >= log_level)[-1])
    opened = order[: last + 1]
    spread[opened] = (log_gain[: last + 1] - log_level[last]) * cost[: last + 1]
    return spread


def p_success(p: F8, coverage_per_effort: F8, effort: F8) -> float:
    """Return the probability of success, sum p (1 - exp(-w z)); all (N,)."""
    return float(np.sum(p * -np.expm1(-coverage_per_effort * effort)))


def searched_in_vain(p: F8, pod: F8) -> tuple[F8, float]:
    """Return where they are after a search that found nobody, (N,), summing to 1, and the search's POS.

    p (N,) sums to 1 or less (the rest is outside every cell); pod (N,) in 0..1.  Raises ValueError when the search
    could not have failed: then a premise is wrong, and no posterior can say which.

    >>> searched_in_vain(np.array([0.5, 0.3, 0.2]), np.array([0.6, 0.0, 0.0]))[0].round(5).tolist()
    [0.28571, 0.42857, 0.28571]
    """
    if np.any((pod < 0.0) | (pod > 1.0)) or p.shape != pod.shape:
        raise ValueError("pod must be (N,) in 0..1")
    success = float(np.sum(p * pod))
    if success >= 1.0:
        raise ValueError("a search that cannot fail has failed: the map or the POD is wrong")
    return p * (1.0 - pod) / (1.0 - success), success
