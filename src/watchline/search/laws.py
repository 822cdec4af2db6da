"""Searches whose success is known in closed form: what plans and maps are checked against, and first answers.

Theory: a target circular normal about its datum, searched at random with the best spread of effort (Koopman 1946;
Stone, Theory of Optimal Search, 1975): with a = sqrt(W v t / (pi sigma^2)), P = 1 - (1 + a) exp(-a).  A target that
flees its datum at speed U in an unknown direction is somewhere in a circle that grows ("flaming datum", Washburn,
Search and Detection): P(T) = 1 - exp(-(W V / (pi U^2)) (1/tau - 1/(tau + T))).  A random tour turns at rate lambda
and keeps its speed.  W sweep width, V speed of the searcher, tau its lateness.

Limits: search at random, a plain without ground; an evader who stops is found more easily than a flaming datum.
"""

from __future__ import annotations

import math

PROBABLE_ERROR_SIGMAS = math.sqrt(2.0 * math.log(2.0))  # holds one half; 1.1774


def circular_normal(width_m: float, speed_m_s: float, time_s: float, sigma_m: float) -> tuple[float, float]:
    """Return (P, radius searched in metres) of the best search at random about a circular normal datum.

    Coverage at distance r from it: (radius^2 - r^2) / (2 sigma^2).  All arguments > 0.

    >>> p, radius_m = circular_normal(math.pi, 1.0, 1.0, 1.0)
    >>> round(p, 5), round(radius_m, 4)
    (0.26424, 1.4142)
    """
    a = math.sqrt(width_m * speed_m_s * time_s / (math.pi * sigma_m**2))
    return -math.expm1(math.log1p(a) - a) if a > 1e-4 else a * a * (0.5 - a / 3.0), sigma_m * math.sqrt(2.0 * a)


def circular_normal_mean_s(width_m: float, speed_m_s: float, sigma_m: float) -> float:
    """Return the mean time to detection of that search, 6 pi sigma^2 / (W v), seconds."""
    return 6.0 * math.pi * sigma_m**2 / (width_m * speed_m_s)


def expanding_area(width_m: float, speed_m_s: float, target_m_s: float, late_s: float, time_s: float) -> float:
    """Return the chance that one who flees at target_m_s is found in time_s, begun late_s after the loss.

    time_s may be infinite: the chance that they are ever found.  late_s, target_m_s > 0.

    >>> round(expanding_area(600.0, 60 / 3.6, 5 / 3.6, 1800.0, math.inf), 4)
    0.6002
    """
    if not (late_s > 0.0 and target_m_s > 0.0):
        raise ValueError(f"late_s and target_m_s must be > 0, got {late_s}, {target_m_s}")
    rate_s = width_m * speed_m_s / (math.pi * target_m_s**2)
    return -math.expm1(-rate_s * (1.0 / late_s - 1.0 / (late_s + time_s)))


def brownian_within(radius_m: float, diffusion_m2_s: float, time_s: float) -> float:
    """Return the chance that a Brownian target is within radius_m of its datum, 1 - exp(-R^2 / (4 D t)).

    >>> round(brownian_within(2.0, 1.0, 2.0), 5)
    0.39347
    """
    return -math.expm1(-(radius_m**2) / (4.0 * diffusion_m2_s * time_s))


def random_tour_mean_square_m2(speed_m_s: float, turns_per_s: float, time_s: float) -> float:
    """Return the mean square distance from the start, (2 v^2 / lambda^2) (lambda t - 1 + exp(-lambda t)).

    >>> round(random_tour_mean_square_m2(5.0, 2.0, 3.0), 3)
    62.531
    """
    if turns_per_s == 0.0:
        return (speed_m_s * time_s) ** 2
    turns = turns_per_s * time_s
    return 2.0 * (speed_m_s / turns_per_s) ** 2 * (turns + math.expm1(-turns))


def within_circle(radius_m: float, sigma_m: float) -> float:
    """Return the chance that a circular normal target is within radius_m of its datum."""
    return -math.expm1(-((radius_m / sigma_m) ** 2) / 2.0)


def within_square(half_side_m: float, sigma_m: float) -> float:
    """Return the chance that it is within a square of that half side about its datum."""
    return math.erf(half_side_m / (sigma_m * math.sqrt(2.0))) ** 2
