"""A thermal contrast with its spread: what is expected, what was measured, and the two together.

Theory: the true contrast is taken as its prior mean plus a deviation that lives for about an hour (an Ornstein-
Uhlenbeck process with the prior's spread), so that a measurement counts fully when fresh and not at all when old:
with age a, r = exp(-a / 1 h), s the prior's and m the measurement's standard deviation,
    mean = prior now + r s^2 / (s^2 + m^2) (measured - prior then),   variance = s^2 (1 - r^2 s^2 / (s^2 + m^2)).

Limits: that one hour is a judgement; around sunrise and sunset contrasts change faster.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

MEMORY_S = 3600.0  # life of a deviation from the prior


@dataclass(frozen=True)
class Contrast:
    """A kind of subject less the ground behind it, kelvin: mean_k signed, sd_k > 0 its standard deviation."""

    kind: str
    mean_k: float
    sd_k: float

    def __post_init__(self) -> None:
        """Refuse a contrast without a spread: nobody knows one exactly."""
        if not (math.isfinite(self.mean_k) and 0.0 < self.sd_k < math.inf):
            raise ValueError(f"{self.kind}: mean_k must be finite and sd_k > 0, got {self.mean_k}, {self.sd_k}")

    @property
    def is_crossover(self) -> bool:
        """Return whether the sign itself is uncertain: heat crossover, where a subject may vanish in its ground."""
        return abs(self.mean_k) < self.sd_k

    def magnitude_k(self) -> float:
        """Return the mean size of the contrast whatever its sign (folded normal), kelvin; never under 0.8 sd_k.

        >>> round(Contrast("person", 0.0, 2.0).magnitude_k(), 3)
        1.596
        """
        z = self.mean_k / self.sd_k
        spread = self.sd_k * math.sqrt(2.0 / math.pi) * math.exp(-0.5 * z * z)
        return spread + self.mean_k * math.erf(z / math.sqrt(2.0))

    def __str__(self) -> str:
        """Return kind, contrast and spread."""
        note = " (crossover)" if self.is_crossover else ""
        return f"{self.kind} {self.mean_k:+.1f} ± {self.sd_k:.1f} K{note}"


def merge_measured(
    prior: Contrast, measured_k: float, sd_k: float, age_s: float, prior_then_k: float | None = None
) -> Contrast:
    """Return the contrast now, given one measured age_s ago.

    measured_k signed, sd_k > 0 of the measurement, age_s >= 0; prior_then_k: what was expected at that time, where it
    was something else than prior.mean_k.

    >>> print(merge_measured(Contrast("person", 6.0, 3.0), 1.0, 0.1, age_s=60.0))
    person +1.1 ± 0.6 K
    """
    if not (math.isfinite(measured_k) and 0.0 < sd_k < math.inf and 0.0 <= age_s < math.inf):
        raise ValueError(f"measured_k must be finite, sd_k > 0, age_s >= 0, got {measured_k}, {sd_k}, {age_s}")
    then_k = prior.mean_k if prior_then_k is None else prior_then_k
    kept = math.exp(-age_s / MEMORY_S)
    trust = prior.sd_k**2 / (prior.sd_k**2 + sd_k**2)
    mean_k = prior.mean_k + kept * trust * (measured_k - then_k)
    return Contrast(prior.kind, mean_k, prior.sd_k * math.sqrt(1.0 - kept**2 * trust))
