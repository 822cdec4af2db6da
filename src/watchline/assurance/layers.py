"""How many there were, from two layers that see independently: towers, and the sign found on the ground later.

Sources: Lincoln and Petersen; Chapman (1951); log-normal interval of the same (Sadinle 2009); Chao (1987).
A person who is easy for one layer is easy for the other, so the layers depend on each other positively and these
numbers are lower bounds, never the answer: `both_missed` shows how they change with the odds ratio.
Which find belongs to which detection is judged by place and time, never by who somebody is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.stats import norm


@dataclass(frozen=True)
class TwoLayers:
    """How many each layer found: only the first, only the second, both."""

    first_only: int
    second_only: int
    both: int

    def __post_init__(self) -> None:
        """Refuse negative counts."""
        if min(self.first_only, self.second_only, self.both) < 0:
            raise ValueError("counts must be >= 0")

    @property
    def seen(self) -> int:
        """Return how many were found at all."""
        return self.first_only + self.second_only + self.both

    @property
    def p_first(self) -> float | None:
        """Return the share of the second layer's finds that the first has too; None without any."""
        return self.both / (self.both + self.second_only) if self.both + self.second_only else None

    @property
    def p_second(self) -> float | None:
        """Return the share of the first layer's finds that the second has too; None without any."""
        return self.both / (self.both + self.first_only) if self.both + self.first_only else None


def lincoln_petersen(found: TwoLayers) -> float | None:
    """Return n1 n2 / m; None when nothing was found by both."""
    n1, n2 = found.first_only + found.both, found.second_only + found.both
    return n1 * n2 / found.both if found.both else None


def chapman(found: TwoLayers) -> tuple[float, float]:
    """Return Chapman's estimate of how many there were and its standard error: finite without common finds too."""
    n1, n2, m = found.first_only + found.both, found.second_only + found.both, found.both
    number = (n1 + 1) * (n2 + 1) / (m + 1) - 1
    variance = (n1 + 1) * (n2 + 1) * (n1 - m) * (n2 - m) / ((m + 1) ** 2 * (m + 2))
    return number, math.sqrt(variance)


def interval(found: TwoLayers, confidence: float = 0.95) -> tuple[float, float]:
    """Return the log-normal interval of how many there were; its low end is never below what was found."""
    a, b, m = found.first_only + 0.5, found.second_only + 0.5, found.both + 0.5
    sd = math.sqrt(1 / m + 1 / a + 1 / b + m / (a * b))
    spread = math.exp(float(norm.ppf(0.5 + confidence / 2)) * sd)
    unseen = a * b / m
    low, high = (found.seen - 0.5 + unseen * by for by in (1.0 / spread, spread))
    return max(low, float(found.seen)), max(high, float(found.seen))


def both_missed(found: TwoLayers, odds_ratio: float = 1.0) -> float | None:
    """Return how many both layers missed if their odds are tied by this ratio (1: independent); None without a tie.

    >>> [both_missed(TwoLayers(12, 9, 18), x) for x in (1, 2, 3, 0.5)]
    [6.0, 12.0, 18.0, 3.0]
    """
    if not odds_ratio > 0.0:
        raise ValueError(f"odds_ratio must be > 0, got {odds_ratio}")
    return odds_ratio * found.first_only * found.second_only / found.both if found.both else None


def chao(found: TwoLayers, *, corrected: bool = True) -> float | None:
    """Return Chao's lower bound from those found by one layer only and by both; None when it has none."""
    once, twice = found.first_only + found.second_only, found.both
    if corrected:
        return found.seen + once * (once - 1) / (2 * (twice + 1))
    return found.seen + once**2 / (2 * twice) if twice else None
