"""How likely a wire tells that somebody came over it who is held up there for a while.

Theory: one touch at the wire is wind or a bird; an alert wants two pulls within TOGETHER_S.  Whoever gets over pulls
a Poisson number of times, spread evenly over the time the wire holds them up; its mean is the one at which somebody
who is over at once is told of with the sensor's own probability.  Of n pulls spread over D no two are within w of
each other with probability (1 - (n - 1) w / D)^n, 0 where that is negative: spacings of uniform points (David and
Nagaraja, Order Statistics, 6.4).

Rules: longer is never surer.
Limits: a pull of the wind that completes a pair is left out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import gammaln

F8 = NDArray[np.float64]

TOGETHER_S = 60.0  # pulls of one stretch within this time are one touch of the wire
PULLS_MOST = 40  # more count as these


def p_felt(p_touch: float, held_s: ArrayLike) -> F8:
    """Return (...,) the chance that two pulls come together; p_touch: of somebody who is over at once, in [0, 1).

    held_s (...,) >= 0: how long the wire holds them up.

    >>> p_felt(0.75, [0.0, 60.0, 240.0]).round(3).tolist()
    [0.75, 0.75, 0.584]
    """
    mean = _mean_pulls(p_touch)
    n = np.arange(2, PULLS_MOST)
    some = np.exp(n * np.log(mean) - mean - gammaln(n + 1.0)) if mean > 0.0 else np.zeros(len(n))
    apart = np.maximum(1.0 - (n - 1) * TOGETHER_S / np.maximum(np.asarray(held_s, float)[..., None], 1e-9), 0.0) ** n
    return np.asarray(np.minimum((some * (1.0 - apart)).sum(axis=-1), p_touch))


def _mean_pulls(p_touch: float) -> float:
    """Return the mean number of pulls at which at least two come with p_touch."""
    if not 0.0 <= p_touch < 1.0:
        raise ValueError(f"p_touch must be in [0, 1), got {p_touch}")
    return float(brentq(lambda m: 1.0 - np.exp(-m) * (1.0 + m) - p_touch, 0.0, 60.0)) if p_touch > 0.0 else 0.0
