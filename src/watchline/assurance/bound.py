"""How many may have gone unseen, given how many were seen and how well we could see: the bound beside every "zero".

Theory: crossings come at a rate lambda per exposure, Gamma(a, b) a priori.  D is the exposure in which they would
have been detected, M that in which they would have been missed (`account.py`).  n ~ Poisson(lambda D) are known,
U ~ Poisson(lambda M) are not, so U given n is negative binomial with r = a + n and p = (b + D) / (b + D + M).
What all crossings share (the sensors' parameters, who selects the place) is mixed over: each draw weighs by how well
it explains n.  With the flat prior and M = (1 - g) / g D this is the uniform-prior Evidence of Absence of Dalthorp
and Huso (USGS, 2014), whose other prior is in `evidence_of_absence`.

Limits: D = 0 is UNKNOWN, never zero; a crossing is one event, however many walk in it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaln, gammaln
from scipy.stats import nbinom

F8 = NDArray[np.float64]

PRIOR_SHAPE, PRIOR_RATE = 1.0, 0.0  # flat in lambda: the ledger speaks, the prior does not
FIRST_SUMMED, MOST_SUMMED = 4_096, 4_194_304
MOST = 10_000_000  # a bound beyond this says nothing that "unknown" would not say


@dataclass(frozen=True)
class Bound:
    """What can be said of the undetected: how many on the mean, the chance of any, and the upper 95 % point.

    seen: what was detected and counted; upper: the confidence that `most` stands for.
    """

    seen: int
    mean: float
    p_any: float
    most: int
    upper: float = 0.95


def undetected(
    seen: int,
    detected_exposure: ArrayLike,
    missed_exposure: ArrayLike,
    *,
    weight: ArrayLike | None = None,
    upper: float = 0.95,
    shape: float = PRIOR_SHAPE,
    rate: float = PRIOR_RATE,
) -> Bound | None:
    """Return the bound for one D and M or for draws (J,) of both; None is UNKNOWN: nothing was watched.

    weight (J,): how probable each draw is before n is known, equal if not given.  shape, rate: the Gamma prior.

    >>> undetected(0, 27.0, 3.0)
    Bound(seen=0, mean=0.1111111111111111, p_any=0.1, most=1, upper=0.95)
    """
    d, m = (np.atleast_1d(np.asarray(x, float)) for x in (detected_exposure, missed_exposure))
    if seen < 0 or not np.all(np.isfinite(d) & np.isfinite(m) & (d >= 0.0) & (m >= 0.0)):
        raise ValueError("seen and exposures must be finite and >= 0")
    ln_prior = np.zeros(len(d)) if weight is None else _ln(np.asarray(weight, float))
    usable = np.isfinite(ln_prior)
    if not usable.any() or np.any(d[usable] <= 0.0):
        return None
    d, m, ln_prior = d[usable], m[usable], ln_prior[usable]
    w = normalised(ln_prior + seen * np.log(d) - (shape + seen) * np.log(rate + d))
    return mixed(seen, w, (rate + d) / (rate + d + m), shape, upper)


def mixed(seen: int, weight: F8, p: F8, shape: float, upper: float, least: int = 0) -> Bound:
    """Return the bound of a mixture of negative binomials with r = shape + seen and p (J,), weight (J,) of sum 1.

    least: so many undetected are known, by sign that was found later; what is said is given that.
    """
    r = shape + seen
    mean = float(weight @ (r * (1.0 - p) / p))
    if least > 0:
        return _given(least, seen, weight, p, r, mean, upper)
    p_any = float(np.clip(1.0 - weight @ p**r, 0.0, 1.0))
    return Bound(seen, mean, round(p_any, 12), smallest(lambda u: float(weight @ nbinom.cdf(u, r, p)), upper), upper)


def _given(least: int, seen: int, weight: F8, p: F8, r: float, mean: float, upper: float) -> Bound:
    """Return the bound given that at least so many were undetected."""
    tail = float(weight @ nbinom.sf(least - 1, r, p))
    if tail < 1e-12:  # so many cannot be, by what is believed: nothing but the finds themselves is left to say
        return Bound(seen, float(least), 1.0, least, upper)
    fewer = np.arange(1, least)
    below = float(weight @ (nbinom.pmf(fewer[None, :], r, p[:, None]) @ fewer)) if len(fewer) else 0.0
    share = 1.0 - (1.0 - upper) * tail
    most = smallest(lambda u: float(weight @ nbinom.cdf(u, r, p)), share)
    return Bound(seen, max((mean - below) / tail, float(least)), 1.0, max(most, least), upper)


def smallest(cdf: Callable[[int], float], share: float) -> int:
    """Return the smallest count whose cdf reaches the share; MOST when none below it does."""
    share -= 1e-12
    if cdf(0) >= share:
        return 0
    low, high = 0, 1
    while cdf(high) < share:
        low, high = high, 2 * high
        if high > MOST:
            return MOST
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if cdf(middle) >= share else (middle, high)
    return high


def normalised(ln_weight: F8) -> F8:
    """Return weights of sum 1 from their logarithms."""
    w = np.exp(ln_weight - ln_weight.max())
    return np.asarray(w / w.sum())


def _ln(weight: F8) -> F8:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(weight))


@dataclass(frozen=True)
class Detectability:
    """What is believed of g, the chance that one is detected: Beta(a, b), or exactly `a` when b is None."""

    a: float
    b: float | None = None


def evidence_of_absence(seen: int, g: Detectability, *, objective: bool = False, upper: float = 0.95) -> Bound | None:
    """Return the bound on the undetected from one g for all; None is UNKNOWN.

    objective: the prior sqrt(M + 1) - sqrt(M) on how many there were in all, instead of the uniform one.  UNKNOWN
    where nothing bounds them: g = 0, or a law of g with so much weight near 0 that the chances of u undetected do not
    sum (they fall as u^-a, with the objective prior as u^-(a + 1/2)).  The mean is infinite where that power is no
    greater than 2.  Summed to a tail below 1e-6, or taken for the power law that it is.
    """
    power = math.inf if g.b is None else g.a + 0.5 * objective
    if g.a == 0.0 or power <= 1.0:
        return None
    if g.b is None and not objective:
        law = nbinom(seen + 1, g.a)
        return Bound(seen, float(law.mean()), float(-np.expm1(law.logpmf(0))), int(law.ppf(upper)), upper)
    n = FIRST_SUMMED
    while True:
        p = np.exp(_ln_undetected(seen, g, np.arange(n, dtype=float), objective=objective))
        beyond = p[-1] * (n / (power - 1.0) if g.b is not None else (1.0 - g.a) / g.a)
        if beyond < 1e-6 * p.sum() or n >= MOST_SUMMED:
            break
        n *= 4
    whole = p.sum() + beyond
    cumulated = np.cumsum(p) / whole
    most = int(np.searchsorted(cumulated, upper - 1e-12))
    if most == n:
        most = min(math.ceil(n * (beyond / whole / (1.0 - upper)) ** (1.0 / (power - 1.0))), MOST)
    mean = float(p @ np.arange(n)) / whole
    if power <= 2.0:
        mean = math.inf
    elif g.b is not None:
        mean += n * beyond / whole * (power - 1.0) / (power - 2.0)
    return Bound(seen, mean, float(1.0 - p[0] / whole), most, upper)


def _ln_undetected(seen: int, g: Detectability, u: F8, *, objective: bool) -> F8:
    """Return (N,) the logarithm of what u undetected are as likely as, up to a constant, the largest being 0."""
    total = seen + u
    ln_p = gammaln(total + 1) - gammaln(seen + 1) - gammaln(u + 1)
    if g.b is not None:
        ln_p = ln_p + betaln(seen + g.a, u + g.b) - betaln(g.a, g.b)
    elif g.a < 1.0:
        ln_p = ln_p + seen * np.log(g.a) + u * np.log1p(-g.a)
    else:
        ln_p = np.where(u == 0, 0.0, -np.inf)
    if objective:
        ln_p = ln_p - np.log(np.sqrt(total + 1.0) + np.sqrt(total))
    return np.asarray(ln_p - ln_p.max())
