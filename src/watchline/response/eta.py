"""How surely a unit is there by when: the interval of a travel time, learned from what units really took.

Theory: ln(took / said) of journeys is normal with unknown mean and spread (normal-inverse-gamma prior), so the next
one's is a Student t (Gelman et al., Bayesian Data Analysis, ch. 3.3).  The mean corrects whatever the ground's
assumed shares get wrong for everybody alike.
Prior: ten per cent later than said, a spread of 30 %, worth `PRIOR_N` journeys.  ASSUMED.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

PRIOR_N = 3.0
PRIOR_MEAN = math.log(1.1)
PRIOR_SD = 0.3
LEAST_S = 1.0


@dataclass(frozen=True)
class Interval:
    """Seconds: 5, 50 and 95 % points of when a unit is there."""

    early_s: float
    middle_s: float
    late_s: float


@dataclass(frozen=True)
class EtaModel:
    """What journeys taught: how many, the mean and the sum of squares of ln(took / said)."""

    journeys: int = 0
    mean: float = 0.0
    squares: float = 0.0

    def learned(self, pairs: Iterable[tuple[float, float]]) -> EtaModel:
        """Return the model after journeys (said_s, took_s), each > 0."""
        n, mean, squares = self.journeys, self.mean, self.squares
        for said_s, took_s in pairs:
            x = math.log(max(took_s, LEAST_S) / max(said_s, LEAST_S))
            n += 1
            step = x - mean
            mean += step / n
            squares += step * (x - mean)
        return EtaModel(n, mean, squares)

    def interval(self, said_s: float, p: float = 0.9) -> Interval:
        """Return the central interval that holds the true time with probability p; said_s from the field.

        >>> EtaModel().interval(600.0).late_s > 600.0
        True
        """
        n, weight = self.journeys, PRIOR_N + self.journeys
        centre = (PRIOR_N * PRIOR_MEAN + n * self.mean) / weight
        alpha = 0.5 * (PRIOR_N + n)
        beta = 0.5 * (PRIOR_N * PRIOR_SD**2 + self.squares + PRIOR_N * n * (self.mean - PRIOR_MEAN) ** 2 / weight)
        scale = math.sqrt(beta * (weight + 1.0) / (alpha * weight))
        half = scale * float(stdtrit(2.0 * alpha, 0.5 + 0.5 * p))
        return Interval(*(said_s * float(np.exp(centre + k * half)) for k in (-1, 0, 1)))
