"""Where the sun stands: its elevation from a place and a time.

Source: the Astronomical Almanac's low-precision formulas (as printed by the US Naval Observatory, "Computing
Approximate Solar Coordinates"): 0.01 degrees of direction in 1950..2050.
Limits: no refraction (0.6 degrees at the horizon, under 0.02 above 60) and no parallax (0.002).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

F8 = NDArray[np.float64]

J2000_S = 946_728_000.0  # 2000-01-01 12:00, unix seconds
DAY_S = 86_400.0
HOURS_PER_DAY_SIDEREAL = 24.06570982441908  # IAU 1982 mean sidereal time at Greenwich
HOURS_AT_J2000 = 18.697374558
HORIZON_DEG = -0.833  # the upper limb shows: refraction 34', half the disc 16'


def declination_right_ascension_rad(t_s: ArrayLike) -> tuple[F8, F8]:
    """Return (...,) the sun's declination and right ascension; t_s (...,) unix seconds, UTC."""
    days = (np.asarray(t_s, float) - J2000_S) / DAY_S
    anomaly = np.radians(357.529 + 0.98560028 * days)
    longitude = np.radians(280.459 + 0.98564736 * days + 1.915 * np.sin(anomaly) + 0.020 * np.sin(2.0 * anomaly))
    obliquity = np.radians(23.439 - 3.6e-7 * days)
    declination = np.arcsin(np.sin(obliquity) * np.sin(longitude))
    ascension = np.arctan2(np.cos(obliquity) * np.sin(longitude), np.cos(longitude))
    return np.asarray(declination), np.asarray(ascension)


def elevation_deg(lat_deg: float, lon_deg: float, t_s: ArrayLike) -> F8:
    """Return (...,) the elevation of the sun's centre without refraction, degrees, to 0.01 in 1950..2050.

    lat_deg -90..90 north, lon_deg -180..180 east; t_s (...,) unix seconds, UTC.

    >>> noon = 1_719_003_600.0  # 2024-06-21 21:00 UTC
    >>> elevation_deg(23.43, -135.0, [noon]).round(1).tolist()
    [89.5]
    """
    if not (-90.0 <= lat_deg <= 90.0 and -180.0 <= lon_deg <= 180.0):
        raise ValueError(f"lat_deg must be in -90..90 and lon_deg in -180..180, got {lat_deg}, {lon_deg}")
    t = np.asarray(t_s, float)
    declination, ascension = declination_right_ascension_rad(t)
    sidereal_h = HOURS_AT_J2000 + HOURS_PER_DAY_SIDEREAL * (t - J2000_S) / DAY_S
    hour_angle = np.radians(15.0 * (sidereal_h % 24.0) + lon_deg) - ascension
    lat = np.radians(lat_deg)
    sine = np.sin(lat) * np.sin(declination) + np.cos(lat) * np.cos(declination) * np.cos(hour_angle)
    return np.asarray(np.degrees(np.arcsin(np.clip(sine, -1.0, 1.0))))


def is_day(lat_deg: float, lon_deg: float, t_s: float) -> bool:
    """Return whether any of the sun shows over a level horizon."""
    return bool(elevation_deg(lat_deg, lon_deg, t_s) > HORIZON_DEG)


def clear_sky_w_m2(sun_elevation_deg: ArrayLike, cloud: ArrayLike = 0.0) -> F8:
    """Return (...,) sunshine on level ground, W/m2; cloud (...,) 0..1 of the sky.

    Haurwitz 1945 for the clear sky, about 5 %; Kasten & Czeplak 1980 for cloud, about 30 %.

    >>> clear_sky_w_m2([-5.0, 30.0, 90.0]).round().tolist()
    [0.0, 490.0, 1037.0]
    """
    sine = np.sin(np.radians(np.asarray(sun_elevation_deg, float)))
    cover = np.asarray(cloud, float)
    if not np.all((cover >= 0.0) & (cover <= 1.0)):
        raise ValueError("cloud must be in 0..1")
    up = np.maximum(sine, 1e-3)
    clear = np.where(sine > 0.0, 1098.0 * up * np.exp(-0.057 / up), 0.0)
    return np.asarray(clear * (1.0 - 0.75 * cover**3.4))
