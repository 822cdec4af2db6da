"""Thermal range with noise, contrast and air: where the minimum resolvable temperature difference meets what is left.

Theory: a camera resolves a four-bar pattern of spatial frequency f if its contrast exceeds MRTD(f).  With a
log-linear MRTD(f) = M0 exp(b f / fN), fN = focal / (2 pitch) the Nyquist frequency, and air exp(-beta R), dT0
tau(R) = MRTD(n R / H) has the closed form
    R = ln(dT0 / M0) / (beta + b n / (H fN)).
With any table tau(R) the same equation is solved by bisection: its two sides cross once.
The resolved cycles at R are N = H min(fc, fN) / R with fc where MRTD meets the contrast left; `ttpf.py` makes them a
probability.  Every range names cycles, critical dimension, contrast and air.

Units: frequencies in cycles per milliradian, ranges in metres, extinction per metre.
Limits: M0 and b are a camera's own and must be measured; sampling above Nyquist gives nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

F8 = NDArray[np.float64]

MRAD = 1e-3  # rad
RANGE_LIMIT_M = 1e6  # farther than any sight line; the bisection's far end
BISECTIONS = 60


@dataclass(frozen=True)
class Mrtd:
    """A camera: m0_k MRTD at frequency 0, slope b (in units of Nyquist), focal_m and pitch_m of the optics; all >
    0."""

    m0_k: float
    slope: float
    focal_m: float
    pitch_m: float

    def __post_init__(self) -> None:
        """Refuse a camera that cannot be."""
        for name in ("m0_k", "slope", "focal_m", "pitch_m"):
            value = getattr(self, name)
            if not 0.0 < value < math.inf:
                raise ValueError(f"{name} must be > 0, got {value}")

    @property
    def nyquist_per_mrad(self) -> float:
        """Return the highest frequency the pixels can sample, cycles per milliradian."""
        return self.focal_m / (2.0 * self.pitch_m) * MRAD

    def mrtd_k(self, frequency_per_mrad: ArrayLike) -> F8:
        """Return (...,) kelvin; NaN above Nyquist, where there is nothing to resolve."""
        f = np.asarray(frequency_per_mrad, float)
        mrtd = self.m0_k * np.exp(self.slope * np.minimum(f, self.nyquist_per_mrad) / self.nyquist_per_mrad)
        return np.asarray(np.where(f <= self.nyquist_per_mrad, mrtd, np.nan))


@dataclass(frozen=True)
class ThermalRange:
    """A range with its criterion: cycles on critical_m at contrast_k, in the air described by `air`."""

    range_m: float
    cycles: float
    critical_m: float
    contrast_k: float
    air: str
    limited_by: str

    def __str__(self) -> str:
        """Return the range with all that it depends on."""
        return (
            f"{self.range_m:.0f} m for {self.cycles:g} cycles on {self.critical_m:g} m at {self.contrast_k:g} K, "
            f"{self.air}, limited by {self.limited_by}"
        )


def range_by_extinction(
    camera: Mrtd,
    *,
    cycles: float,
    critical_m: float,
    contrast_k: float,
    extinction_per_m: float,
    nyquist_limited: bool = False,
) -> ThermalRange:
    """Return the closed-form range; 0 where the contrast never exceeds m0_k.

    extinction_per_m >= 0.  nyquist_limited: also cut where the cycles need more than the pixels can sample; off, as
    the closed form is usually quoted (MRTD is then extrapolated beyond Nyquist).

    >>> camera = Mrtd(m0_k=0.01, slope=6.0, focal_m=0.5, pitch_m=15e-6)
    >>> r = range_by_extinction(camera, cycles=1.0, critical_m=2.3, contrast_k=2.0, extinction_per_m=0.2e-3)
    >>> round(r.range_m)
    14861
    """
    _check(cycles, critical_m, contrast_k)
    if not 0.0 <= extinction_per_m < math.inf:
        raise ValueError(f"extinction_per_m must be >= 0, got {extinction_per_m}")
    per_m = camera.slope * cycles * MRAD / (critical_m * camera.nyquist_per_mrad)
    range_m = max(math.log(contrast_k / camera.m0_k), 0.0) / (extinction_per_m + per_m)
    limited = "noise and air"
    nyquist_m = nyquist_range_m(camera, cycles, critical_m)
    if nyquist_limited and nyquist_m < range_m:
        range_m, limited = nyquist_m, "pixels"
    air = f"extinction {extinction_per_m * 1e3:g} /km"
    return ThermalRange(range_m, cycles, critical_m, contrast_k, air, limited)


def range_by_table(
    camera: Mrtd,
    transmission: Callable[[float], float],
    air: str,
    *,
    cycles: float,
    critical_m: float,
    contrast_k: float,
    nyquist_limited: bool = False,
) -> ThermalRange:
    """Return the range where contrast_k * transmission(R) falls to MRTD; 0 where it is never above.

    transmission: of a range in metres, falling from 1; air: its name, printed with the range.  To 1e-9 relative.
    """
    _check(cycles, critical_m, contrast_k)
    per_m = camera.slope * cycles * MRAD / (critical_m * camera.nyquist_per_mrad)

    def surplus(range_m: float) -> float:
        tau = transmission(range_m)
        if tau <= 0.0:
            return -math.inf
        return math.log(contrast_k * tau / camera.m0_k) - per_m * range_m

    low, high = 0.0, RANGE_LIMIT_M
    if surplus(0.0) <= 0.0:
        high = 0.0
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if surplus(middle) > 0.0 else (low, middle)
    limited = "noise and air"
    if nyquist_limited and nyquist_range_m(camera, cycles, critical_m) < low:
        low, limited = nyquist_range_m(camera, cycles, critical_m), "pixels"
    return ThermalRange(low, cycles, critical_m, contrast_k, air, limited)


def nyquist_range_m(camera: Mrtd, cycles: float, critical_m: float) -> float:
    """Return the range at which so many cycles on critical_m are all the pixels can sample."""
    return critical_m * camera.nyquist_per_mrad / (cycles * MRAD)


def resolved_cycles(camera: Mrtd, range_m: ArrayLike, *, critical_m: float, contrast_left_k: ArrayLike) -> F8:
    """Return (...,) N: cycles resolved across critical_m, 0 where the contrast left is under m0_k.

    range_m (...,) > 0; contrast_left_k (...,) dT0 * tau(R), >= 0.
    """
    r = np.asarray(range_m, float)
    left = np.asarray(contrast_left_k, float)
    if np.any(r <= 0.0) or np.any(left < 0.0) or not critical_m > 0.0:
        raise ValueError("range_m and critical_m must be > 0, contrast_left_k >= 0")
    with np.errstate(divide="ignore"):
        cut = camera.nyquist_per_mrad / camera.slope * np.log(left / camera.m0_k)
    return np.asarray(critical_m * np.clip(cut, 0.0, camera.nyquist_per_mrad) / (r * MRAD))


def _check(cycles: float, critical_m: float, contrast_k: float) -> None:
    for name, value in (("cycles", cycles), ("critical_m", critical_m), ("contrast_k", contrast_k)):
        if not 0.0 < value < math.inf:
            raise ValueError(f"{name} must be > 0, got {value}")
