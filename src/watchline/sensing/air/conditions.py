"""The conditions under which a camera looks: contrast of each kind of subject, the air, wind, rain, light.

Theory: `hour.py` for contrast by the hour, `band_model.py` for the air.  One value says it all, so that a probability
of detection can name what it holds for.
Rules: `nominal()` is the air and contrast every planning figure has been quoted in; `at` is a prior for a place and a
time; `with_measured` lets a contrast measured live override it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from watchline.sensing.air.atmosphere import TransmissionTable, transmission
from watchline.sensing.air.band_model import LWIR, TABLE_M, Air, Band, transmission_table, vapour_g_m3
from watchline.sensing.air.contrast import Contrast, merge_measured
from watchline.sensing.air.hour import DESERT, KINDS, Climate, course_of_day
from watchline.sensing.air.sun import HORIZON_DEG

NOMINAL_EXTINCTION_PER_M = 0.25e-3  # LWIR, clear desert night: 8-12 um at 23 km visibility over 3-5 km
# Kelvin, and a spread: 2..8 K in the field for clothed people at night; animals by their share in `signature.py`.
NOMINAL_CONTRAST = (
    Contrast("person", 4.0, 1.5),
    Contrast("crawler", 3.0, 1.2),
    Contrast("rider", 4.0, 1.5),
    Contrast("vehicle", 9.0, 4.0),
    Contrast("animal", 3.5, 1.5),
)


@dataclass(frozen=True)
class Conditions:
    """What a look depends on besides sensor, subject and range.

    contrasts: one per kind of `hour.KINDS`; air: tau(R) of the band; wind_m_s; rain_mm_h; visibility_km; air_c;
    sun_elevation_deg; source: where contrasts and weather come from.
    """

    contrasts: tuple[Contrast, ...]
    air: TransmissionTable
    wind_m_s: float
    rain_mm_h: float
    visibility_km: float
    air_c: float
    sun_elevation_deg: float
    source: str

    @property
    def is_day(self) -> bool:
        """Return whether any of the sun shows over a level horizon."""
        return self.sun_elevation_deg > HORIZON_DEG

    def contrast(self, kind: str) -> Contrast:
        """Return a kind's contrast; ValueError names the kinds there are."""
        for found in self.contrasts:
            if found.kind == kind:
                return found
        raise ValueError(f"kind must be one of {', '.join(c.kind for c in self.contrasts)}, got {kind!r}")

    def contrast_k(self, kind: str) -> float:
        """Return a kind's mean contrast, signed, kelvin."""
        return self.contrast(kind).mean_k

    def with_measured(self, kind: str, measured_k: float, sd_k: float, age_s: float) -> Conditions:
        """Return the same with one kind's contrast corrected by a measured one; see `contrast.merge_measured`."""
        merged = merge_measured(self.contrast(kind), measured_k, sd_k, age_s)
        contrasts = tuple(merged if c.kind == kind else c for c in self.contrasts)
        source = f"{self.source}; {kind} measured {age_s:g} s ago: {measured_k:+.1f} ± {sd_k:.1f} K"
        return replace(self, contrasts=contrasts, source=source)

    def __str__(self) -> str:
        """Return everything by name."""
        light = f"{'day' if self.is_day else 'night'}, sun at {self.sun_elevation_deg:.0f} degrees"
        rain = f"rain {self.rain_mm_h:g} mm/h" if self.rain_mm_h else "no rain"
        weather = f"air {self.air_c:.0f} C, wind {self.wind_m_s:g} m/s, {rain}, visibility {self.visibility_km:g} km"
        contrasts = ", ".join(str(c) for c in self.contrasts)
        return f"{light}; {weather}; {self.air.name}; contrast {contrasts}; {self.source}"


def nominal() -> Conditions:
    """Return the clear desert winter night in which every planning figure has been quoted so far.

    >>> print(nominal().contrast("person"))
    person +4.0 ± 1.5 K
    """
    tau = transmission(TABLE_M, NOMINAL_EXTINCTION_PER_M)
    air = TransmissionTable("8-12 um, one extinction 0.25 /km, clear desert night", TABLE_M, tuple(tau.tolist()))
    return Conditions(
        contrasts=NOMINAL_CONTRAST,
        air=air,
        wind_m_s=2.0,
        rain_mm_h=0.0,
        visibility_km=23.0,
        air_c=5.0,
        sun_elevation_deg=-60.0,
        source="nominal: clear desert winter night",
    )


def at(
    lat_deg: float,
    lon_deg: float,
    t_s: float,
    *,
    air_c: float | None = None,
    humidity: float | None = None,
    visibility_km: float = 23.0,
    wind_m_s: float = 3.0,
    rain_mm_h: float = 0.0,
    cloud: float = 0.0,
    dust: bool = False,
    pressure_hpa: float = 1013.25,
    band_um: Band = LWIR,
    climate: Climate = DESERT,
) -> Conditions:
    """Return the conditions expected at a place and a time.

    t_s unix seconds, UTC.  air_c and humidity (0..1): measured, else the climate's; visibility_km without the rain;
    dust: blown dust makes the visibility, raised by wind_m_s; cloud 0..1; band_um within 3..5 or 7.5..14.
    A prior: see the limits of `hour.py` and `band_model.py`.

    >>> night = at(31.0, 36.0, 1_516_665_600.0, air_c=5.0)  # 2018-01-23 00:00 UTC
    >>> night.is_day, night.contrast("person").is_crossover
    (False, False)
    """
    course = course_of_day(lat_deg, lon_deg, t_s, air_c=air_c, wind_m_s=wind_m_s, cloud=cloud, climate=climate)
    air_now_c = float(course.air_c[course.now])
    air = Air(
        air_c=air_now_c,
        vapour_g_m3=_vapour(air_now_c, humidity, climate),
        pressure_hpa=pressure_hpa,
        visibility_km=visibility_km,
        rain_mm_h=rain_mm_h,
        dust_wind_m_s=wind_m_s if dust else None,
    )
    given: Mapping[str, object | None] = {"air": air_c, "humidity": humidity}
    guessed = [name for name, value in given.items() if value is None]
    return Conditions(
        contrasts=tuple(course.contrast(kind) for kind in KINDS),
        air=transmission_table(air, band_um),
        wind_m_s=wind_m_s,
        rain_mm_h=rain_mm_h,
        visibility_km=visibility_km,
        air_c=air_now_c,
        sun_elevation_deg=float(course.sun_deg[course.now]),
        source="prior by the hour" + (f", {' and '.join(guessed)} by climate" if guessed else ""),
    )


def _vapour(air_c: float, humidity: float | None, climate: Climate) -> float:
    if humidity is not None:
        return vapour_g_m3(air_c, humidity)
    # A desert's vapour stays through the day; the air cannot hold more than saturation.
    return min(climate.vapour_g_m3, vapour_g_m3(air_c, 1.0))
