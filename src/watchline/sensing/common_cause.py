"""What several sensors miss together: multiply only after conditioning on what they share.

Theory: sensors in one group (power line, radio link, camera head) are up or down together.  Given which groups
are up, sensors miss independently, so the miss is the sum over states of P(state) prod q_i, and since groups are
independent of each other it factors: prod over groups of [a prod(1 - p_i) + 1 - a].
Two cameras of P_d 0.9 and availability 0.95 miss 0.0210 if their outages are independent, 0.0595 on one supply.

Limits: a sensor belongs to one group here; nested causes are summed by `p_miss_by_state`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike


def p_miss_grouped(groups: Sequence[tuple[float, Sequence[float]]]) -> float:
    """Return the probability that all miss; groups: (availability, P_d of each sensor when up), all in 0..1.

    >>> round(p_miss_grouped([(0.95, [0.9]), (0.95, [0.9])]), 4), round(p_miss_grouped([(0.95, [0.9, 0.9])]), 4)
    (0.021, 0.0595)
    """
    miss = 1.0
    for availability, p_detect in groups:
        p = _probabilities(p_detect, "p_detect")
        up = float(_probabilities([availability], "availability")[0])
        miss *= up * float(np.prod(1.0 - p)) + 1.0 - up
    return miss


def p_miss_by_state(p_state: ArrayLike, p_miss: ArrayLike) -> float:
    """Return sum over states of p_state (S,) times prod over sensors of p_miss (S, N) in that state.

    Raises ValueError unless p_state sums to 1 within 1e-9.
    """
    states = _probabilities(p_state, "p_state")
    miss = _probabilities(p_miss, "p_miss")
    if miss.ndim != 2 or states.shape != miss.shape[:1]:
        raise ValueError(f"p_state {states.shape} must be (S,) and p_miss {miss.shape} (S, N)")
    if abs(float(states.sum()) - 1.0) > 1e-9:
        raise ValueError(f"p_state must sum to 1, got {states.sum()}")
    return float(states @ np.prod(miss, axis=1))


def p_miss_beta_factor(p_detect: Sequence[float], availability: float, beta: float) -> float:
    """Return the miss when a share beta (0..1) of every sensor's outages is one common cause; the rest is its own.

    The beta-factor model of reliability practice, a prior where causes are unknown: beta 0 independent, 1 all
    together.
    """
    p = _probabilities(p_detect, "p_detect")
    down = 1.0 - float(_probabilities([availability], "availability")[0])
    shared = beta * down
    if not 0.0 <= beta <= 1.0:
        raise ValueError(f"beta must be in 0..1, got {beta}")
    # Each sensor's own outages, given that the common cause is absent, keep its availability as stated.
    own = (down - shared) / (1.0 - shared) if shared < 1.0 else 0.0
    alone = float(np.prod(1.0 - (1.0 - own) * p))
    return shared + (1.0 - shared) * alone


def _probabilities(values: ArrayLike, name: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    p = np.asarray(values, float)
    if np.any(~((p >= 0.0) & (p <= 1.0))):
        raise ValueError(f"{name} must be in 0..1")
    return p
