"""What the air leaves of a contrast: extinction from visibility, and transmission with range.

Theory: Koschmieder's visibility V is where 2 % of a contrast is left at 0.55 um, so the aerosol's extinction is
3.912 / V there and (3.912 / V) (lambda / 0.55)^-q elsewhere; q by Kruse or, for fog, by Kim.  One extinction for a
whole band (Beer-Lambert) is the simple mode; a wide band loses its absorbed parts first, so its effective
extinction falls with range, and a table tau(R) says it better.

Limits: aerosol only; water vapour and carbon dioxide come on top, and blown dust follows no visibility law in the
infrared.  A contrast measured live overrides all of this.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

F8 = NDArray[np.float64]
Model = Literal["kruse", "kim"]

KOSCHMIEDER = 3.912  # -ln 0.02, the threshold of contrast that defines visibility
REFERENCE_UM = 0.55  # um, where the eye sees best


def size_exponent(visibility_km: float, model: Model) -> float:
    """Return q of the wavelength law.  kruse: haze; kim: from 6 km down to fog, where the infrared is no better.

    Kruse, McGlauchlin & McQuistan 1962; Kim, McArthur & Korevaar 2001.
    """
    v = visibility_km
    if not 0.0 < v < math.inf:
        raise ValueError(f"visibility_km must be > 0, got {v}")
    if model not in ("kruse", "kim"):
        raise ValueError(f"model must be kruse or kim, got {model!r}")
    if v > 50.0:
        return 1.6
    if v > 6.0:
        return 1.3
    if model == "kruse":
        return float(0.585 * v ** (1.0 / 3.0))
    if v > 1.0:
        return 0.16 * v + 0.34
    return max(v - 0.5, 0.0)


def aerosol_extinction_per_km(visibility_km: float, wavelength_um: float, model: Model) -> float:
    """Return the extinction by aerosol alone, per kilometre; wavelength_um 0.3..15.

    >>> round(aerosol_extinction_per_km(5.0, 10.0, "kim"), 4)
    0.0287
    """
    if not 0.3 <= wavelength_um <= 15.0:
        raise ValueError(f"wavelength_um must be in 0.3..15, got {wavelength_um}")
    q = size_exponent(visibility_km, model)
    return float(KOSCHMIEDER / visibility_km * (wavelength_um / REFERENCE_UM) ** -q)


def transmission(range_m: ArrayLike, extinction_per_m: float) -> F8:
    """Return (...,) exp(-beta R), the simple mode; range_m (...,) >= 0."""
    r = np.asarray(range_m, float)
    if np.any(r < 0.0) or not 0.0 <= extinction_per_m < math.inf:
        raise ValueError("range_m and extinction_per_m must be >= 0")
    return np.asarray(np.exp(-extinction_per_m * r))


@dataclass(frozen=True)
class TransmissionTable:
    """tau(R) of a band: range_m (N,) rising, > 0; tau (N,) in (0, 1], falling.  `name`: band, weather, source."""

    name: str
    range_m: tuple[float, ...]
    tau: tuple[float, ...]

    def __post_init__(self) -> None:
        """Refuse a table that no air could have."""
        r, t = np.asarray(self.range_m), np.asarray(self.tau)
        if len(r) != len(t) or len(r) == 0:
            raise ValueError(f"{self.name}: range_m and tau must have one length, got {len(r)} and {len(t)}")
        if not (np.all(r > 0.0) and np.all(np.diff(r) > 0.0)):
            raise ValueError(f"{self.name}: range_m must be > 0 and rise")
        if not (np.all(t > 0.0) and np.all(t <= 1.0) and np.all(np.diff(t) <= 0.0)):
            raise ValueError(f"{self.name}: tau must be in (0, 1] and never rise")

    def at(self, range_m: ArrayLike) -> F8:
        """Return (...,) tau: ln tau runs linearly between entries, from 1 at range 0, and on beyond the last one."""
        r = np.asarray(range_m, float)
        if np.any(r < 0.0):
            raise ValueError("range_m must be >= 0")
        at = np.concatenate([[0.0], self.range_m])
        depth = np.concatenate([[0.0], -np.log(self.tau)])
        last = (depth[-1] - depth[-2]) / (at[-1] - at[-2])
        beyond = np.maximum(r - at[-1], 0.0) * last
        return np.asarray(np.exp(-np.interp(r, at, depth) - beyond))

    def effective_extinction_per_m(self, range_m: ArrayLike) -> F8:
        """Return (...,) the one extinction that would give the same tau at this range; range_m > 0."""
        r = np.asarray(range_m, float)
        return np.asarray(-np.log(self.at(r)) / r)
