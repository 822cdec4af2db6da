"""From single looks to a whole crossing: how likely all of them miss.

Theory: looks at a constant rate gamma gather exposure H = int gamma dt and miss with exp(-H) only if every look is
independent (Koopman).  They are not: one crosser is hard to see in all of them.  Frailty multiplies H by a
crosser's own X ~ Gamma(k, mean 1), so the miss is E exp(-X H) = (1 + H / k)^-k; single looks mix over Beta(a, b) in
the same way. With k -> infinity independence comes back, and it is the optimist's end: a product over frames is
never used.

Limits: k, a and b come from trials; powers of a shared cause (outage, fog) belong to `common_cause.py`.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaln

F8 = NDArray[np.float64]


def p_miss_independent(exposure: ArrayLike) -> F8:
    """Return (...,) exp(-H), for exposure H >= 0: the lower end of what is possible, for comparison."""
    return np.asarray(np.exp(-_exposure(exposure)))


def p_miss(exposure: ArrayLike, frailty_k: float) -> F8:
    """Return (...,) (1 + H / k)^-k for exposure H >= 0 and frailty_k > 0; inf means independent looks.

    >>> p_miss([1.0, 5.0], 1.5).round(5).tolist()
    [0.46476, 0.11086]
    """
    if not frailty_k > 0.0:
        raise ValueError(f"frailty_k must be > 0, got {frailty_k}")
    h = _exposure(exposure)
    if math.isinf(frailty_k):
        return np.asarray(np.exp(-h))
    return np.asarray(np.exp(-frailty_k * np.log1p(h / frailty_k)))


def p_miss_or(exposure: ArrayLike, frailty_k: float, none: float) -> F8:
    """Return (...,) `p_miss` of the least exposure of any route, `none` where no route leads and it is not finite.

    >>> p_miss_or([1.0, math.inf], 1.5, 0.0).round(5).tolist()
    [0.46476, 0.0]
    """
    h = _exposure(exposure)
    return np.where(np.isfinite(h), p_miss(h, frailty_k), none)


def exposure_of(p_detect: ArrayLike, frailty_k: float) -> F8:
    """Return (...,) the exposure H that detects with probability p_detect in [0, 1): the inverse of `p_miss`."""
    p = np.asarray(p_detect, float)
    if np.any(~((p >= 0.0) & (p < 1.0))):
        raise ValueError("p_detect must be in [0, 1)")
    if not frailty_k > 0.0:
        raise ValueError(f"frailty_k must be > 0, got {frailty_k}")
    if math.isinf(frailty_k):
        return np.asarray(-np.log1p(-p))
    return np.asarray(frailty_k * np.expm1(-np.log1p(-p) / frailty_k))


def p_miss_uncertain(mean_exposure: float, sd_exposure: float) -> float:
    """Return the mean of exp(-H) for H ~ Normal(mean, sd): never less than at the mean.

    Exact for the normal law, which gives weight to H < 0 when sd is not small: refused when mean < 3 sd.
    """
    if sd_exposure < 0.0 or not mean_exposure >= 3.0 * sd_exposure:
        raise ValueError(f"need 0 <= 3 sd_exposure <= mean_exposure, got {sd_exposure} and {mean_exposure}")
    return math.exp(-mean_exposure + 0.5 * sd_exposure**2)


def p_miss_glimpses(p_glimpse: ArrayLike) -> float:
    """Return the product of 1 - g over independent glimpses p_glimpse (N,)."""
    g = np.asarray(p_glimpse, float)
    if np.any(~((g >= 0.0) & (g <= 1.0))):
        raise ValueError("p_glimpse must be in 0..1")
    with np.errstate(divide="ignore"):
        return float(np.exp(np.log1p(-g).sum()))


def p_miss_beta(glimpses: ArrayLike, a: float, b: float) -> F8:
    """Return (...,) miss of n glimpses whose chance differs between crossers as Beta(a, b): B(a, b + n) / B(a, b).

    >>> p_miss_beta([1, 100], 0.5, 4.5).round(4).tolist()
    [0.9, 0.2021]
    """
    n = np.asarray(glimpses, float)
    if not (a > 0.0 and b > 0.0) or np.any(n < 0.0):
        raise ValueError(f"a, b must be > 0 and glimpses >= 0, got {a}, {b}")
    return np.asarray(np.exp(betaln(a, b + n) - betaln(a, b)))


def p_look(exposed_s: ArrayLike, period_s: ArrayLike, *, schedule_known: bool = False) -> F8:
    """Return (...,) chance that a head which looks here once every period_s catches a crosser exposed for exposed_s.

    Random phase: min(1, d / tau).  schedule_known: the crosser picks the gap, 0 unless it is exposed a whole period.
    """
    d, tau = np.asarray(exposed_s, float), np.asarray(period_s, float)
    if np.any(d < 0.0) or np.any(~(tau > 0.0)):
        raise ValueError("exposed_s must be >= 0 and period_s > 0")
    if schedule_known:
        return np.asarray(np.where(d >= tau, 1.0, 0.0))
    return np.asarray(np.minimum(1.0, d / tau))


def _exposure(exposure: ArrayLike) -> F8:
    h = np.asarray(exposure, float)
    if np.any(h < 0.0):
        raise ValueError("exposure must be >= 0")
    return h
