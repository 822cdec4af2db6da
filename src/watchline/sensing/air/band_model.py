"""Transmission of a level path near the ground: by range, band, temperature, vapour, pressure and visibility.

Theory: every interval of wavenumber in `absorption.py` has its own law, tau = exp(-(k_w u)^b_w - (k_g R)^b_g - c R):
stretched exponentials of water's lines and of the mixed gases, whose strong lines die first, and a plain exponential
for continua, nitrogen, aerosol, rain.  Gases inside one interval are taken as independent.  The band is the mean of
its intervals weighted by dB/dT at 300 K, so the band as a whole follows no one extinction.
Aerosol: Kruse's or Kim's law for what haze scatters, plus what rural haze absorbs (Shettle & Fenn 1979).

Rules: nothing is fitted to the MODTRAN spectra that referee it (`benchmarks/atmosphere.py`).
Limits: a level path in one air, 0..30 km.  Against the referee within 0.05 in 3.6-4.2 um and 0.04 in 3.4-4.9 um,
both too opaque, and within 0.03 in 8-12 um, a little too clear (design/008-atmosphere.md).  That referee is one damp
summer air; a desert's was not measured.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from watchline.sensing.air.absorption import (
    FIRST_PER_CM,
    FOREIGN,
    INTERVALS,
    LAST_PER_CM,
    MIXED_B,
    MIXED_K,
    MIXED_SCALING,
    NITROGEN,
    SELF,
    WATER_B,
    WATER_K,
    WATER_SCALING,
)
from watchline.sensing.air.atmosphere import KOSCHMIEDER, Model, TransmissionTable, aerosol_extinction_per_km
from watchline.sensing.air.obscurant import dust_extinction_per_km, rain_extinction_per_km

F8 = NDArray[np.float64]
Band = tuple[float, float]

LWIR: Band = (8.0, 12.0)
MWIR: Band = (3.4, 4.9)
WINDOWS_UM: tuple[Band, Band] = ((3.0, 5.0), (7.5, 14.0))  # where the coefficients reach
SCENE_K = 300.0  # the weight is dB/dT there
TABLE_M = tuple(float(r) for r in np.geomspace(10.0, 30e3, 48))
LEAST_TAU = 1e-300  # a table must stay above 0

ZERO_C_K = 273.15
CONTINUUM_K = 296.0
ATM_HPA, HPA_PER_G_M3_K = 1013.25, 4.6152e-3  # vapour pressure is density times temperature times this
PLANCK_CM_K = 1.438777  # second radiation constant

CENTRE_PER_CM = 0.5 * (INTERVALS[:, FIRST_PER_CM] + INTERVALS[:, LAST_PER_CM])
LONG_WAVE = CENTRE_PER_CM < 1500.0
# What rural haze absorbs beyond the law of haze, as a share of its extinction at 0.55 um: mean over 8..12 um of the
# rural model of Shettle & Fenn 1979.  Around 4 um the law alone is within a tenth of that model.
HAZE_ABSORPTION = np.where(LONG_WAVE, 0.045, 0.0)
SELF_CONTINUUM_K = 1800.0  # of the law exp(1800 (1/T - 1/296)): Roberts, Selby & Biberman 1976


def saturation_hpa(air_c: ArrayLike) -> F8:
    """Return (...,) the vapour pressure over water at saturation; air_c -40..50.  Alduchov & Eskridge 1996, 0.4 %."""
    t = np.asarray(air_c, float)
    return np.asarray(6.1094 * np.exp(17.625 * t / (t + 243.04)))


def vapour_g_m3(air_c: float, humidity: float) -> float:
    """Return the density of water vapour; humidity relative, 0..1.

    >>> round(vapour_g_m3(21.0, 0.76), 1)
    13.9
    """
    if not 0.0 <= humidity <= 1.0:
        raise ValueError(f"humidity must be in 0..1, got {humidity}")
    return float(humidity * saturation_hpa(air_c) / (HPA_PER_G_M3_K * (air_c + ZERO_C_K)))


@dataclass(frozen=True)
class Air:
    """The air along a path.

    air_c -40..55; vapour_g_m3 0..60; pressure_hpa 500..1100; visibility_km > 0, without the rain; rain_mm_h 0..150;
    dust_wind_m_s: None for rural haze, else dust makes the visibility and this wind has raised it; aerosol: the law
    of haze, "kim" or "kruse".
    """

    air_c: float = 15.0
    vapour_g_m3: float = 6.0
    pressure_hpa: float = 1013.25
    visibility_km: float = 23.0
    rain_mm_h: float = 0.0
    dust_wind_m_s: float | None = None
    aerosol: Model = "kim"

    def __post_init__(self) -> None:
        """Refuse an air that the coefficients do not describe."""
        limits = {
            "air_c": (-40.0, 55.0),
            "vapour_g_m3": (0.0, 60.0),
            "pressure_hpa": (500.0, 1100.0),
            "visibility_km": (1e-3, 1e3),
            "rain_mm_h": (0.0, 150.0),
        }
        for name, (low, high) in limits.items():
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name} must be in {low:g}..{high:g}, got {getattr(self, name)}")

    def __str__(self) -> str:
        """Return all that the transmission depends on."""
        what = f"{self.aerosol} haze" if self.dust_wind_m_s is None else f"dust raised by {self.dust_wind_m_s:g} m/s"
        rain = f", rain {self.rain_mm_h:g} mm/h" if self.rain_mm_h else ""
        return (
            f"{self.air_c:.1f} C, {self.vapour_g_m3:.3g} g/m3 vapour, {self.pressure_hpa:g} hPa, "
            f"visibility {self.visibility_km:g} km ({what}){rain}"
        )


def band_weights(band_um: Band) -> F8:
    """Return (M,) the share of each interval in a band, by dB/dT at 300 K; they sum to 1.

    band_um: lo < hi in 3..5 or 7.5..14.
    """
    low, high = band_um
    if not any(a <= low < high <= b for a, b in WINDOWS_UM):
        raise ValueError(f"band_um must be lo < hi within 3..5 or 7.5..14, got {low}..{high}")
    first = np.maximum(INTERVALS[:, FIRST_PER_CM], 1e4 / high)
    width = np.maximum(np.minimum(INTERVALS[:, LAST_PER_CM], 1e4 / low) - first, 0.0)
    centre = first + 0.5 * width
    x = PLANCK_CM_K * centre / SCENE_K
    weight = width * centre**4 * np.exp(x) / np.expm1(x) ** 2
    return np.asarray(weight / weight.sum())


def band_transmission(air: Air, band_um: Band, range_m: ArrayLike) -> F8:
    """Return (...,) tau of a level path in a band; range_m (...,) 0..30 km, goes on beyond.

    1 at 0; never rises with range, with vapour, with rain, nor as visibility falls.

    >>> summer = Air(air_c=21.0, vapour_g_m3=14.0)
    >>> band_transmission(summer, LWIR, [0.0, 1000.0, 5000.0]).round(2).tolist()
    [1.0, 0.74, 0.31]
    """
    r = np.asarray(range_m, float)
    if np.any(r < 0.0):
        raise ValueError("range_m must be >= 0")
    weight = band_weights(band_um)
    used = weight > 0.0
    water, mixed, plain = (depth[used] for depth in _depths_per_km(air))
    b_water, b_mixed = INTERVALS[used, WATER_B], INTERVALS[used, MIXED_B]
    km = r[..., None] * 1e-3
    tau = np.exp(-((water * km) ** b_water) - (mixed * km) ** b_mixed - plain * km)
    return np.asarray(np.minimum(tau @ weight[used], 1.0))


def transmission_table(air: Air, band_um: Band = LWIR) -> TransmissionTable:
    """Return tau(R) from 10 m to 30 km as the table that ranges and P_d read; its name says band, air and source."""
    tau = np.maximum(band_transmission(air, band_um, TABLE_M), LEAST_TAU)
    name = f"{band_um[0]:g}-{band_um[1]:g} um, {air}, band model of LOWTRAN 7 coefficients"
    return TransmissionTable(name, TABLE_M, tuple(float(t) for t in tau))


def _depths_per_km(air: Air) -> tuple[F8, F8, F8]:
    """Return (M,) what a kilometre holds: k u of water's lines, k of the mixed gases, the plain extinction."""
    kelvin, atm = air.air_c + ZERO_C_K, air.pressure_hpa / ATM_HPA
    water_g_cm2 = 0.1 * air.vapour_g_m3
    vapour_atm = air.vapour_g_m3 * HPA_PER_G_M3_K * kelvin / ATM_HPA
    dense = atm * ZERO_C_K / kelvin
    water = INTERVALS[:, WATER_K] * water_g_cm2 * _scaling(WATER_SCALING, atm, kelvin)
    mixed = INTERVALS[:, MIXED_K] * dense * _scaling(MIXED_SCALING, atm, kelvin)
    own = INTERVALS[:, SELF] * vapour_atm * math.exp(SELF_CONTINUUM_K * (1.0 / kelvin - 1.0 / CONTINUUM_K))
    foreign = INTERVALS[:, FOREIGN] * atm * CONTINUUM_K / kelvin
    # Two colliding molecules: density twice, and the slower collisions of LOWTRAN 7's law.
    nitrogen = INTERVALS[:, NITROGEN] * dense * atm * math.sqrt(ZERO_C_K / kelvin)
    plain = (own + foreign) * water_g_cm2 + nitrogen + _aerosol_per_km(air) + rain_extinction_per_km(air.rain_mm_h)
    return water, mixed, np.asarray(plain)


def _scaling(law: tuple[tuple[float, float, float], ...], atm: float, kelvin: float) -> F8:
    ends = np.array([row[0] for row in law])
    factor = np.array([atm**n * (ZERO_C_K / kelvin) ** m for _, n, m in law])
    return np.asarray(factor[np.searchsorted(ends, CENTRE_PER_CM)])


def _aerosol_per_km(air: Air) -> F8:
    if air.dust_wind_m_s is not None:
        return np.full(len(INTERVALS), float(dust_extinction_per_km(air.visibility_km, air.dust_wind_m_s)))
    scattered = [aerosol_extinction_per_km(air.visibility_km, 1e4 / nu, air.aerosol) for nu in CENTRE_PER_CM]
    return np.asarray(scattered) + HAZE_ABSORPTION * KOSCHMIEDER / air.visibility_km
