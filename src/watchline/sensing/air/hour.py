"""Air, ground and contrast through a day: why a subject is warm against the ground at night and lost twice a day.

Theory: dry ground is taken as a half-space of one thermal inertia under sunshine, convection and long-wave exchange
with a clear sky.  Linearised around the day's mean air temperature every harmonic n of the day stands alone
(Carslaw & Jaeger 1959; Watson 1973 for thermal inertia):
    (inertia sqrt(i n w) + h_c + h_r) theta_n = absorbed sunshine_n + (h_c + e_sky h_r) air_n,
and the mean loses 1 - e_sky of its radiation besides.  Hence the ground swings more than the air and peaks earlier.
Air: the two harmonics of Campbell & Norman 1998 (eq. 2.2) between the day's least and greatest temperature.
h_c = 5.7 + 3.8 wind (McAdams 1954), h_r = 4 e sigma T^3, e_sky of a clear sky by Brutsaert 1975.
Subjects: `signature.py`.

Limits: nothing trustworthy predicts a crossover.  The spreads below are judgements, not measured; slopes, wet ground,
plants and yesterday's weather are left out.  A contrast measured live overrides all of this (`contrast.py`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchline.sensing.air.contrast import Contrast
from watchline.sensing.air.sun import DAY_S, J2000_S, clear_sky_w_m2, elevation_deg
from watchline.sensing.signature import CAMEL, DOG, GAZELLE, PERSON, SHEEP, VEHICLE, difference_k

F8 = NDArray[np.float64]

STEFAN = 5.670374e-8  # W/m2/K4
ZERO_C_K = 273.15
OMEGA = 2.0 * math.pi / DAY_S
YEAR_S = 365.2422 * DAY_S
WARMEST_AFTER_J2000_S = 204.0 * DAY_S  # 23 July, a month after the northern solstice
STEPS = 144  # ten minutes
FULL_SUN_W_M2 = 1000.0
EMISSIVITY = 0.95
SUBJECT_SD_K = 3.0  # of `signature.surface_c`
GROUND_SD_K, GROUND_SUN_SD_K = 2.0, 4.0  # at night, and what full sun adds (stones, slopes, shade)
LONGEST_SD_S = 6.0 * 3600.0

KINDS: dict[str, tuple[tuple[int, ...], float]] = {  # rows of `signature.SUBJECTS` averaged, and a factor
    "person": ((PERSON,), 1.0),
    "crawler": ((PERSON,), 0.75),  # lies on the ground it is seen against
    "rider": ((PERSON, CAMEL), 1.0),
    "vehicle": ((VEHICLE,), 1.0),
    "animal": ((SHEEP, CAMEL, DOG, GAZELLE), 1.0),
}


@dataclass(frozen=True)
class Climate:
    """A clear inland desert at 25..35 degrees of latitude unless said otherwise; give a site's own where known.

    mean_c: of the year; year_swing_k: warmest month above mean; day_swing_k: afternoon above dawn; vapour_g_m3;
    albedo 0..1 and inertia (J/m2/K/s^0.5, > 0) of the ground: 600 dry sand, 1000 gravel, 2000 rock.
    """

    mean_c: float = 21.0
    year_swing_k: float = 9.0
    day_swing_k: float = 14.0
    vapour_g_m3: float = 6.0
    albedo: float = 0.30
    inertia: float = 1000.0

    def __post_init__(self) -> None:
        """Refuse a ground that cannot be."""
        if not (0.0 <= self.albedo <= 1.0 and 0.0 < self.inertia < math.inf and self.vapour_g_m3 >= 0.0):
            raise ValueError("albedo must be in 0..1, inertia > 0 and vapour_g_m3 >= 0")


DESERT = Climate()


@dataclass(frozen=True)
class Course:
    """The day around a time, every ten minutes: t_s, sun_deg, air_c, ground_c (N,); wind_m_s and cloud all day."""

    t_s: F8
    sun_deg: F8
    air_c: F8
    ground_c: F8
    wind_m_s: float
    cloud: float

    @property
    def now(self) -> int:
        """Return the row of the time that was asked for."""
        return STEPS // 2

    def sun_share(self) -> F8:
        """Return (N,) sunshine as a share of full sun, 0..1."""
        return np.minimum(clear_sky_w_m2(self.sun_deg, self.cloud) / FULL_SUN_W_M2, 1.0)

    def contrast_k(self, kind: str) -> F8:
        """Return (N,) a kind's apparent temperature less the ground's, signed; kind of KINDS."""
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
        rows, factor = KINDS[kind]
        all_k = difference_k(self.air_c, self.ground_c, self.wind_m_s, self.sun_share())
        return np.asarray(factor * all_k[:, list(rows)].mean(axis=1))

    def spread_k(self) -> F8:
        """Return (N,) one standard deviation of every contrast: subject and ground, judged."""
        ground = GROUND_SD_K + GROUND_SUN_SD_K * self.sun_share()
        return np.asarray(np.hypot(SUBJECT_SD_K, ground))

    def contrast(self, kind: str) -> Contrast:
        """Return a kind's contrast at the time that was asked for."""
        return Contrast(kind, float(self.contrast_k(kind)[self.now]), float(self.spread_k()[self.now]))


@dataclass(frozen=True)
class Crossover:
    """A heat crossover: about t_s with standard deviation sd_s; warming: the subject gains on the ground."""

    t_s: float
    sd_s: float
    warming: bool


def course_of_day(
    lat_deg: float,
    lon_deg: float,
    t_s: float,
    *,
    air_c: float | None = None,
    wind_m_s: float = 3.0,
    cloud: float = 0.0,
    climate: Climate = DESERT,
) -> Course:
    """Return the day from 12 h before t_s to 12 h after it, taken as one of many like it.

    t_s unix seconds, UTC; air_c: measured at t_s, shifts the whole day; wind_m_s >= 0; cloud 0..1 of the sky.
    Air to about 4 K without air_c; ground to about 3 K at night, 6 K in the sun (judged).
    """
    if not (math.isfinite(t_s) and 0.0 <= wind_m_s < math.inf and 0.0 <= cloud <= 1.0):
        raise ValueError(f"t_s must be finite, wind_m_s >= 0, cloud in 0..1, got {t_s}, {wind_m_s}, {cloud}")
    if air_c is not None and not math.isfinite(air_c):
        raise ValueError(f"air_c must be finite, got {air_c}")
    t = t_s + (np.arange(STEPS, dtype=np.float64) - STEPS // 2) * (DAY_S / STEPS)
    sun_deg = elevation_deg(lat_deg, lon_deg, t)
    air = _air_c(lat_deg, lon_deg, t, climate)
    if air_c is not None:
        air = air + (air_c - air[STEPS // 2])
    ground = _ground_c(air, clear_sky_w_m2(sun_deg, cloud), wind_m_s, cloud, climate)
    return Course(t, sun_deg, air, ground, wind_m_s, cloud)


def crossovers(course: Course, kind: str) -> tuple[Crossover, ...]:
    """Return every crossing of zero within the course, in order; none where a kind keeps its sign all day."""
    contrast = course.contrast_k(kind)
    spread, step_s = course.spread_k(), DAY_S / STEPS
    out = []
    for n in np.flatnonzero(np.signbit(contrast[1:]) != np.signbit(contrast[:-1])):
        change_k = float(contrast[n + 1] - contrast[n])
        t_s = float(course.t_s[n] - contrast[n] / change_k * step_s)
        sd_s = min(float(spread[n]) * step_s / abs(change_k), LONGEST_SD_S)
        out.append(Crossover(t_s, sd_s, change_k > 0.0))
    return tuple(out)


def _air_c(lat_deg: float, lon_deg: float, t: F8, climate: Climate) -> F8:
    season = math.cos(2.0 * math.pi * (t[STEPS // 2] - J2000_S - WARMEST_AFTER_J2000_S) / YEAR_S)
    mean_c = climate.mean_c + math.copysign(climate.year_swing_k, lat_deg) * season
    # Mean solar time; the equation of time (16 minutes at most) is small beside the rest.
    phase = OMEGA * (t + lon_deg / 360.0 * DAY_S)
    share = 0.44 - 0.46 * np.sin(phase + 0.9) + 0.11 * np.sin(2.0 * phase + 0.9)
    return np.asarray(mean_c + climate.day_swing_k * (share - 0.44))


def _ground_c(air: F8, sunshine: F8, wind_m_s: float, cloud: float, climate: Climate) -> F8:
    mean_k = float(air.mean()) + ZERO_C_K
    vapour_hpa = climate.vapour_g_m3 * 4.6152e-3 * mean_k
    clear = 1.24 * (vapour_hpa / mean_k) ** (1.0 / 7.0)
    sky = clear + (1.0 - clear) * 0.84 * cloud  # cloud closes the window: Unsworth & Monteith 1975
    convection = 5.7 + 3.8 * wind_m_s
    radiation = 4.0 * EMISSIVITY * STEFAN * mean_k**3
    forcing = (1.0 - climate.albedo) * sunshine + (convection + sky * radiation) * (air - air.mean())
    harmonics = np.fft.rfft(forcing - (1.0 - sky) * EMISSIVITY * STEFAN * mean_k**4)
    conduction = climate.inertia * np.sqrt(1j * OMEGA * np.arange(len(harmonics)))
    return np.asarray(air.mean() + np.fft.irfft(harmonics / (conduction + convection + radiation), n=len(air)))
