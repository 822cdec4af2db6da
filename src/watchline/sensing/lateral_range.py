"""How wide a sensor sweeps: lateral range curve, sweep width, and probability of detection by coverage.

Theory: P(x) is the chance of detecting what is passed at lateral distance x; W = int P(x) dx is the sweep width; W
v t over the area is the coverage C.  Koopman's inverse cube law, rate k h / r^3 for an eye at height h, has
P(x) = 1 - exp(-2 k h / (v x^2)) on a straight pass and W = 2 sqrt(2 pi k h / v).
Detection by coverage: min(1, C) for a definite range, erf(sqrt(pi) C / 2) for parallel inverse-cube sweeps,
1 - exp(-C) for search at random, the sober one.
A patrol back and forth on a barrier of length L, seen by what crosses it at speed u, sweeps C = W sqrt(1 + (v /
u)^2) / L.

Limits: W belongs to a subject, a height, a speed and an air; a number without these is no sweep width.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import erf

F8 = NDArray[np.float64]
Law = Literal["definite", "inverse_cube", "random"]
LAWS: tuple[Law, ...] = ("definite", "inverse_cube", "random")


def sweep_width_m(lateral_m: ArrayLike, p_detect: ArrayLike) -> float:
    """Return int P dx over a lateral range curve given at lateral_m (N,), rising, both sides; trapezoids."""
    x, p = np.asarray(lateral_m, float), np.asarray(p_detect, float)
    if x.ndim != 1 or x.shape != p.shape or np.any(np.diff(x) <= 0.0):
        raise ValueError("lateral_m and p_detect must be (N,) and lateral_m must rise")
    if np.any(~((p >= 0.0) & (p <= 1.0))):
        raise ValueError("p_detect must be in 0..1")
    return float(np.trapezoid(p, x))


def inverse_cube_sweep_width_m(kh_m3_s: float, speed_m_s: float) -> float:
    """Return W = 2 sqrt(2 pi k h / v); kh_m3_s the constant times the height of the eye, both > 0.

    >>> round(inverse_cube_sweep_width_m(kh_m3_s=0.5, speed_m_s=1.0), 5)
    3.54491
    """
    if not (kh_m3_s > 0.0 and speed_m_s > 0.0):
        raise ValueError(f"kh_m3_s and speed_m_s must be > 0, got {kh_m3_s}, {speed_m_s}")
    return 2.0 * math.sqrt(2.0 * math.pi * kh_m3_s / speed_m_s)


def inverse_cube_p(lateral_m: ArrayLike, width_m: float) -> F8:
    """Return (...,) P at lateral distance of an inverse-cube sensor of sweep width width_m > 0."""
    if not width_m > 0.0:
        raise ValueError(f"width_m must be > 0, got {width_m}")
    x = np.asarray(lateral_m, float)
    with np.errstate(divide="ignore"):
        return np.asarray(-np.expm1(-((width_m / x) ** 2) / (4.0 * math.pi)))


def coverage(width_m: ArrayLike, track_m: ArrayLike, area_m2: ArrayLike) -> F8:
    """Return (...,) C = W L / A for a track of length L in an area A; for parallel sweeps S apart, C = W / S."""
    w, length, area = (np.asarray(v, float) for v in (width_m, track_m, area_m2))
    if np.any(w < 0.0) or np.any(length < 0.0) or np.any(~(area > 0.0)):
        raise ValueError("width_m and track_m must be >= 0, area_m2 > 0")
    return np.asarray(w * length / area)


def p_detect(coverage: ArrayLike, law: Law) -> F8:
    """Return (...,) probability of detection at coverage C >= 0 by one of the three laws; there is no default.

    >>> [round(float(p_detect(1.0, law)), 4) for law in LAWS]
    [1.0, 0.7899, 0.6321]
    """
    c = np.asarray(coverage, float)
    if np.any(c < 0.0):
        raise ValueError("coverage must be >= 0")
    if law == "definite":
        return np.asarray(np.minimum(1.0, c))
    if law == "inverse_cube":
        return np.asarray(erf(math.sqrt(math.pi) * c / 2.0))
    if law == "random":
        return np.asarray(-np.expm1(-c))
    raise ValueError(f"law must be one of {', '.join(LAWS)}; got {law!r}")


def barrier_coverage(width_m: ArrayLike, patrol_m_s: ArrayLike, crosser_m_s: ArrayLike, barrier_m: ArrayLike) -> F8:
    """Return (...,) C of a patrol back and forth on a barrier, in the frame that moves with the crosser.

    >>> round(float(barrier_coverage(600.0, 20.0, 1.2, 200_000.0)), 4)
    0.0501
    """
    w, v, u, length = (np.asarray(x, float) for x in (width_m, patrol_m_s, crosser_m_s, barrier_m))
    if np.any(w < 0.0) or np.any(v < 0.0) or np.any(~(u > 0.0)) or np.any(~(length > 0.0)):
        raise ValueError("width_m, patrol_m_s must be >= 0; crosser_m_s, barrier_m > 0")
    return np.asarray(w * np.hypot(1.0, v / u) / length)
