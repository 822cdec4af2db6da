"""How sure a viewshed is: the probability of seeing a subject when the elevation model is wrong by so much.

Theory: heights are true heights plus a Gaussian field with standard deviation sigma and correlation
exp(-d / L) at distance d; a common first model of the error of elevation models (Fisher 1991, Holmes et al. 2000).
The least visible height is a maximum over the whole line, so its distribution has no closed form:
`p_visible_field` draws error fields, computes the fast viewshed on each and counts.

Rules: chance comes in as `rng`.  Unknown stays NaN.
Limits: sigma and L are the user's; COPERNICUS_GLO30 below is a reading of its published accuracy (LE90 under 4 m
on open ground) with a correlation length that is assumed, not measured here.  Bias shared by the whole tile cancels
and is not modelled; neither are buildings and trees, which a surface model holds and a bare-earth model does not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from watchline.geo.sight import REFRACTION_LIGHT
from watchline.geo.viewshed import least_visible_field_m

F4 = NDArray[np.float32]


@dataclass(frozen=True)
class DemError:
    """Vertical error of an elevation model: sigma_m >= 0 standard deviation, correlation_m > 0 length."""

    sigma_m: float
    correlation_m: float

    def __post_init__(self) -> None:
        """Refuse what is no error model."""
        if not (math.isfinite(self.sigma_m) and self.sigma_m >= 0.0):
            raise ValueError(f"sigma_m must be >= 0, got {self.sigma_m}")
        if not (math.isfinite(self.correlation_m) and self.correlation_m > 0.0):
            raise ValueError(f"correlation_m must be > 0, got {self.correlation_m}")

    def need_sd_m(self, blocker_m: float, target_m: float) -> float:
        """Return the standard deviation of a least visible height that one point sets, see `profile.py`.

        blocker_m, target_m: distances from the observer, 0 < blocker_m < target_m.

        >>> round(DemError(2.0, 1.0).need_sd_m(5_000.0, 10_000.0), 2)  # 2 sqrt(3/2) / (1/2)
        4.9
        """
        f = blocker_m / target_m

        def correlation(distance_m: float) -> float:
            return math.exp(-distance_m / self.correlation_m)

        variance = (
            1.0
            + (1.0 - f) ** 2
            + f * f
            - 2.0 * (1.0 - f) * correlation(blocker_m)
            - 2.0 * f * correlation(target_m - blocker_m)
            + 2.0 * f * (1.0 - f) * correlation(target_m)
        )
        return self.sigma_m * math.sqrt(max(variance, 0.0)) / f


COPERNICUS_GLO30 = DemError(sigma_m=4.0 / 1.645, correlation_m=300.0)


def error_field_m(
    shape: tuple[int, int], cell_m: tuple[float, float], error: DemError, rng: np.random.Generator
) -> F4:
    """Return one drawn error (rows, cols) in metres: Gaussian, sd `error.sigma_m`, correlation exp(-d / L).

    By the spectrum of the correlation on a grid padded by four lengths; the small negative part of a spectrum that
    padding leaves is dropped, which changes the variance by under 1 %.
    """
    pad = [min(n, int(4 * error.correlation_m / c) + 1) for n, c in zip(shape, (cell_m[1], cell_m[0]), strict=True)]
    rows, cols = (scipy.fft.next_fast_len(n + p, real=True) for n, p in zip(shape, pad, strict=True))
    y = np.minimum(np.arange(rows), rows - np.arange(rows)) * cell_m[1]
    x = np.minimum(np.arange(cols), cols - np.arange(cols)) * cell_m[0]
    correlation = np.exp(-np.hypot(y[:, None], x[None, :]) / error.correlation_m).astype(np.float32)
    spectrum = np.sqrt(np.maximum(scipy.fft.rfft2(correlation).real, 0.0))
    white = scipy.fft.rfft2(rng.standard_normal((rows, cols), dtype=np.float32))
    drawn = scipy.fft.irfft2(white * spectrum, s=(rows, cols))[: shape[0], : shape[1]]
    return (error.sigma_m * drawn).astype(np.float32)


def p_visible_field(
    height_m: F4,
    row: int,
    col: int,
    *,
    mast_m: float,
    target_m: float,
    range_m: float,
    cell_m: tuple[float, float],
    error: DemError,
    rng: np.random.Generator,
    draws: int = 40,
    refraction_k: float = REFRACTION_LIGHT,
) -> F4:
    """Return (rows, cols) the probability that a subject `target_m` high is seen; NaN where that is unknown.

    draws: error fields tried; the standard error of a probability is at most 0.5 / sqrt(draws), 0.08 for 40.
    Each draw takes a fast viewshed and two Fourier transforms; other arguments as `least_visible_field_m`.
    """
    if draws < 1:
        raise ValueError(f"draws must be >= 1, got {draws}")
    seen = np.zeros(height_m.shape, np.float32)
    for _ in range(draws):
        drawn = height_m + error_field_m(height_m.shape, cell_m, error, rng)
        need = least_visible_field_m(
            drawn,
            row,
            col,
            mast_m=mast_m,
            range_m=range_m,
            cell_m=cell_m,
            refraction_k=refraction_k,
            exact=False,
        )
        seen += need <= np.float32(target_m)
        seen[np.isnan(need)] = np.nan
    return seen / np.float32(draws)
