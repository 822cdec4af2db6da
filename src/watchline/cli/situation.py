"""Options that say for which moment and weather coverage is asked: read, checked, and made a `Situation`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from watchline.domain.errors import BadInput
from watchline.ops.site_file import LoadedSite
from watchline.sensing.air.conditions import Conditions, at, nominal
from watchline.sensing.situation import Situation

# Option, least, most, unit: what the models of air and hour were made for.
LIMITS = {
    "visibility_km": (0.05, 300.0, "km"),
    "air_c": (-40.0, 55.0, "degrees Celsius"),
    "humidity": (0.0, 1.0, "a share"),
    "wind_m_s": (0.0, 40.0, "m/s"),
    "rain_mm_h": (0.0, 150.0, "mm/h"),
}


@dataclass(frozen=True)
class Weather:
    """Weather as told on the command line; None: not told.

    Parameters
    ----------
    visibility_km
        How far one sees by day, kilometres; without it 23.
    air_c
        Air temperature, degrees Celsius; without it the climate's for the hour.
    humidity
        Relative humidity, 0 to 1; without it the climate's.
    wind_m_s
        Wind, metres a second; without it 3.
    rain_mm_h
        Rain, millimetres an hour; without it none.
    dust
        The visibility is that of blown dust.
    """

    visibility_km: float | None = None
    air_c: float | None = None
    humidity: float | None = None
    wind_m_s: float | None = None
    rain_mm_h: float | None = None
    dust: bool = False


def situation(loaded: LoadedSite, at_time: str | None, weather: Weather | None, dark: tuple[str, ...]) -> Situation:
    """Return what is asked for; raises BadInput naming the option."""
    return Situation(_conditions(loaded, at_time, weather or Weather()), frozenset(_dark(loaded, dark)))


def _conditions(loaded: LoadedSite, at_time: str | None, weather: Weather) -> Conditions:
    told = {name: getattr(weather, name) for name in LIMITS if getattr(weather, name) is not None}
    for name, value in told.items():
        low, high, unit = LIMITS[name]
        if not low <= value <= high:
            raise BadInput(f"--weather.{name.replace('_', '-')} {value:g}", f"must be {low:g} to {high:g}, {unit}")
    if at_time is None:
        if told or weather.dust:
            raise BadInput("--weather", "needs --at TIME: what contrast it leaves depends on the hour")
        return nominal()
    lon, lat = (float(v) for v in loaded.line.lonlat_deg[len(loaded.line.lonlat_deg) // 2])
    if weather.dust and not told.get("visibility_km", math.inf) <= 10.0:
        raise BadInput("--weather.dust", "needs --weather.visibility-km of 10 or less: how thick the dust is")
    return at(lat, lon, _seconds(at_time), dust=weather.dust, **told)


def _seconds(text: str) -> float:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(f"--at {text}", "is no time", "write it as 2026-01-23T02:00:00Z") from None
    if time.tzinfo is None:
        raise BadInput(f"--at {text}", "names no time zone", "end it with Z or +03:00")
    return time.timestamp()


def _dark(loaded: LoadedSite, names: tuple[str, ...]) -> list[int]:
    ids = [sensor.id for sensor in loaded.site.sensors]
    for name in names:
        if name not in ids:
            raise BadInput(f"--dark {name}", "is no sensor of this site", f"for example {', '.join(ids[:3])}")
    return [ids.index(name) for name in names]
