"""What a number of trials proves: upper limits of a count, sample sizes without misses, intervals of a share, power.

Sources: Poisson limits by the chi-square relation (Garwood 1936); shares by Clopper and Pearson (1934) and Wilson
(1927).  All trials are independent and alike: pool by class, range and condition before you count.
"""

from __future__ import annotations

import math

from scipy.stats import beta, binom, chi2


def poisson_upper(events: int, confidence: float) -> float:
    """Return the one-sided upper limit of a Poisson mean after so many events.

    >>> round(poisson_upper(0, 0.95), 4), round(poisson_upper(3, 0.9), 4)
    (2.9957, 6.6808)
    """
    _checked_share("confidence", confidence)
    return float(chi2.ppf(confidence, 2 * (events + 1)) / 2.0)


def none_in(trials: int, confidence: float = 0.95) -> float:
    """Return the upper limit of a chance of which nothing was seen in so many trials (about 3 / n at 95 %)."""
    _checked_share("confidence", confidence)
    return -math.expm1(math.log1p(-confidence) / trials) if trials else 1.0


def trials_needed(p_detect: float, confidence: float, misses: int = 0) -> int:
    """Return the fewest trials that prove p_detect with this confidence while so many may be missed.

    >>> trials_needed(0.9, 0.95), trials_needed(0.95, 0.95, misses=3)
    (29, 153)
    """
    _checked_share("p_detect", p_detect)
    _checked_share("confidence", confidence)
    low, high = misses, max(misses + 1, 1)
    while not _proves(high, misses, p_detect, confidence):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _proves(middle, misses, p_detect, confidence) else (middle, high)
    return high


def _proves(trials: int, misses: int, p_detect: float, confidence: float) -> bool:
    return bool(binom.cdf(misses, trials, 1.0 - p_detect) <= 1.0 - confidence)


def clopper_pearson(successes: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the exact two-sided interval of a share; (0, 1) without trials."""
    _checked_counts(successes, trials)
    tail = (1.0 - confidence) / 2.0
    low = 0.0 if successes == 0 else float(beta.ppf(tail, successes, trials - successes + 1))
    high = 1.0 if successes == trials else float(beta.ppf(1.0 - tail, successes + 1, trials - successes))
    return low, high


def wilson(successes: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return Wilson's interval of a share: about right on the average, not for every share; (0, 1) without trials."""
    _checked_counts(successes, trials)
    if trials == 0:
        return 0.0, 1.0
    z2 = float(chi2.ppf(confidence, 1))
    share = successes / trials
    middle = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = math.sqrt(z2 * share * (1 - share) / trials + z2**2 / (4 * trials**2)) / (1 + z2 / trials)
    return middle - half, middle + half


def power(trials: int, believed: float, true: float, significance: float = 0.05) -> float:
    """Return the chance to notice, by an exact one-sided test, that a miss happens with `true` and not `believed`.

    >>> round(power(30, 0.1, 0.2), 2), round(power(200, 0.1, 0.2), 2)
    (0.39, 0.99)
    """
    limit = int(binom.isf(significance, trials, believed)) + 1
    return float(binom.sf(limit - 1, trials, true))


def _checked_share(name: str, value: float) -> None:
    if not 0.0 < value < 1.0:
        raise ValueError(f"{name} must be in (0, 1), got {value}")


def _checked_counts(successes: int, trials: int) -> None:
    if not 0 <= successes <= trials:
        raise ValueError(f"need 0 <= successes <= trials, got {successes} of {trials}")
