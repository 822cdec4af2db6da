"""Extinction by rain and by blown dust in the thermal bands: what is published, and how little that is.

Theory, rain: drops are far larger than the wavelength, so each removes twice its shadow whatever the band.  With the
drop sizes of Marshall & Palmer 1948, N0 = 8000 /mm/m3 and slope 41 R^-0.21 /cm, that is pi N0 / slope^3 =
0.365 R^0.63 per km.  LOWTRAN 7 uses the same.
Theory, dust: blown sand is as large as the wavelength or larger, so it follows no law of haze; at 9 um quartz absorbs
besides.  Longtin, Shettle, Hummel & Pryce 1988 (AFGL-TR-88-0112, a desert aerosol by wind) give an extinction in
3.5..12 um of 0.06 of that at 0.55 um in calm, 0.38 at 10 m/s, 0.90 at 20 and 1.04 at 30.

Limits: drop sizes of drizzle and thunderstorms differ (factor 1.6 either way, a judgement); dust differs by soil,
distance from its source and height (factor 2 either way, a judgement; more in the 9 um band).  A measured contrast
overrides both.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from watchline.sensing.air.atmosphere import KOSCHMIEDER

F8 = NDArray[np.float64]

DROPS_PER_MM_M3 = 8000.0  # Marshall & Palmer 1948
DROP_SLOPE_PER_CM, DROP_SLOPE_EXPONENT = 41.0, 0.21
RAIN_FACTOR_SD = 1.6  # one standard deviation as a factor: drop sizes of different rains

# Mean over 3.5..12 um of extinction over that at 0.55 um, by wind: from Longtin et al. 1988.
DUST_WIND_M_S = (0.0, 10.0, 20.0, 30.0)
DUST_SHARE = (0.06, 0.38, 0.90, 1.04)
DUST_FACTOR_SD = 2.0


def rain_extinction_per_km(rain_mm_h: ArrayLike) -> F8:
    """Return (...,) extinction by rain, the same in every thermal band; rain_mm_h (...,) 0..150.

    One standard deviation is a factor of RAIN_FACTOR_SD.

    >>> rain_extinction_per_km([0.0, 1.0, 10.0]).round(3).tolist()
    [0.0, 0.365, 1.556]
    """
    rain = np.asarray(rain_mm_h, float)
    if not np.all((rain >= 0.0) & (rain <= 150.0)):
        raise ValueError("rain_mm_h must be in 0..150")
    steepest = DROP_SLOPE_PER_CM**3
    return np.asarray(math.pi * DROPS_PER_MM_M3 / steepest * rain ** (3.0 * DROP_SLOPE_EXPONENT))


def dust_extinction_per_km(visibility_km: ArrayLike, wind_m_s: ArrayLike) -> F8:
    """Return (...,) extinction by blown dust in a thermal band, where dust makes the visibility.

    visibility_km (...,) > 0; wind_m_s (...,) >= 0 where the dust was raised, taken as 30 beyond that.
    One standard deviation is a factor of DUST_FACTOR_SD.

    >>> float(dust_extinction_per_km(1.0, 15.0).round(2))
    2.29
    """
    visibility, wind = np.asarray(visibility_km, float), np.asarray(wind_m_s, float)
    if not (np.all(visibility > 0.0) and np.all(wind >= 0.0)):
        raise ValueError("visibility_km must be > 0 and wind_m_s >= 0")
    share = np.exp(np.interp(wind, DUST_WIND_M_S, np.log(DUST_SHARE)))
    return np.asarray(KOSCHMIEDER / visibility * share)
