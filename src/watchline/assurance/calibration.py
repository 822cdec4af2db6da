"""Were the probabilities right: scores of forecasts against what happened, with the noise each score has.

Sources: Brier (1950) and its decomposition by Murphy (1973); Spiegelhalter's Z (1986); rank test of simulation-based
calibration, Talts et al. (2018).  Gate on Z and on bands: the mean error of the bins (ECE) is never zero for a
perfect forecaster and depends on how many trials there were.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binom, chi2

F8 = NDArray[np.float64]

TENTHS = np.linspace(0.0, 1.0, 11)


@dataclass(frozen=True)
class Brier:
    """The score and its parts: score = reliability - resolution + uncertainty + within.

    within: what the forecasts differ inside their bins; 0 when each bin holds one forecast.
    """

    score: float
    reliability: float
    resolution: float
    uncertainty: float
    within: float


@dataclass(frozen=True)
class Bin:
    """One bin of a reliability diagram: mean forecast, share that happened, and the band a true forecast stays in.

    low, high: counts of the binomial band at the mean forecast; the forecasts' differences only narrow it.
    """

    trials: int
    forecast: float
    happened: int
    low: int
    high: int

    @property
    def inside(self) -> bool:
        """Return whether what happened lies in the band."""
        return self.low <= self.happened <= self.high


def spiegelhalter_z(forecast: ArrayLike, happened: ArrayLike) -> float:
    """Return Z, standard normal if every forecast (N,) is right; 0 when all are 0, 1/2 or 1 and none can be wrong.

    Positive: more happened than was said where the forecasts were below a half, less where above.
    """
    p, y = _checked(forecast, happened)
    spread = float((((1.0 - 2.0 * p) ** 2) * p * (1.0 - p)).sum())
    excess = float(((y - p) * (1.0 - 2.0 * p)).sum())
    return excess / math.sqrt(spread) if spread > 0.0 else math.copysign(math.inf, excess) if excess else 0.0


def brier(forecast: ArrayLike, happened: ArrayLike, edges: ArrayLike = TENTHS) -> Brier:
    """Return the Brier score of forecasts (N,) with Murphy's parts over these bins."""
    p, y = _checked(forecast, happened)
    k = _bin(p, edges)
    n = np.bincount(k, minlength=k.max() + 1).astype(float)
    used = n > 0
    n, mean_p, mean_y = (
        n[used],
        np.bincount(k, p)[used] / n[used],
        np.bincount(k, y)[used] / n[used],
    )
    base = y.mean()
    reliability = float((n * (mean_p - mean_y) ** 2).sum() / len(p))
    resolution = float((n * (mean_y - base) ** 2).sum() / len(p))
    score = float(((p - y) ** 2).mean())
    uncertainty = float(base * (1.0 - base))
    return Brier(score, reliability, resolution, uncertainty, score - reliability + resolution - uncertainty)


def log_loss(forecast: ArrayLike, happened: ArrayLike) -> float:
    """Return the mean of -ln of the probability given to what happened; inf when it was said to be impossible."""
    p, y = _checked(forecast, happened)
    with np.errstate(divide="ignore"):
        return float(-np.log(np.where(y > 0.0, p, 1.0 - p)).mean())


def expected_calibration_error(forecast: ArrayLike, happened: ArrayLike, edges: ArrayLike = TENTHS) -> float:
    """Return the mean distance of share and forecast over the bins: to look at, not to gate on."""
    found = reliability(forecast, happened, edges=edges)
    total = sum(b.trials for b in found)
    return sum(b.trials * abs(b.forecast - b.happened / b.trials) for b in found) / total


def reliability(
    forecast: ArrayLike, happened: ArrayLike, *, edges: ArrayLike = TENTHS, band: float = 0.999
) -> tuple[Bin, ...]:
    """Return the bins of the reliability diagram that hold any forecast."""
    p, y = _checked(forecast, happened)
    k = _bin(p, edges)
    out = []
    for each in np.unique(k):
        here = k == each
        n, mean = int(here.sum()), float(p[here].mean())
        low, high = binom.interval(band, n, mean)
        out.append(Bin(n, mean, int(y[here].sum()), int(low), int(high)))
    return tuple(out)


def rank_chi2(ranks: ArrayLike, draws: int) -> tuple[float, float]:
    """Return chi-square of ranks (N,) in 0..draws against the uniform law, and its 0.1 % limit.

    A posterior that is right gives the truth every rank among its draws equally often.
    """
    r = np.asarray(ranks, np.int64)
    if not len(r) or np.any((r < 0) | (r > draws)):
        raise ValueError(f"ranks must be one or more in 0..{draws}")
    seen, expected = np.bincount(r, minlength=draws + 1), len(r) / (draws + 1)
    return float(((seen - expected) ** 2 / expected).sum()), float(chi2.ppf(0.999, draws))


def _bin(p: F8, edges: ArrayLike) -> NDArray[np.int64]:
    # A forecast a rounding below an edge is the edge's own.
    inner = np.asarray(edges, float)[1:-1]
    return np.searchsorted(inner, p + 1e-12, side="right")


def _checked(forecast: ArrayLike, happened: ArrayLike) -> tuple[F8, F8]:
    p, y = np.asarray(forecast, float).ravel(), np.asarray(happened, float).ravel()
    if len(p) != len(y) or len(p) == 0:
        raise ValueError(f"need as many outcomes as forecasts and at least one, got {len(p)} and {len(y)}")
    if np.any(~((p >= 0.0) & (p <= 1.0))) or np.any((y != 0.0) & (y != 1.0)):
        raise ValueError("forecasts must be in 0..1 and outcomes 0 or 1")
    return p, y
