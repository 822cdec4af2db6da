"""A weather station's readings as a JSON object, as MQTT brokers and loggers carry them.

Theory: one message is one object of plain numbers, named with their units.  A reading that is missing or null was
not made: that is not zero.

Standard: our own small form, written down here: station (text), t (seconds since 1970 or RFC 3339), lon_deg, lat_deg,
visibility_m, dust (0..1), rain_mm_h, wind_m_s, gust_m_s, wind_from_deg, air_c, dew_point_c, pressure_hpa.
Not covered: makers' own forms (a gateway rewrites them), units other than these.

Rules: a reading outside what can be is refused with the whole message: a station that sends one is not to be
believed in the others.  Unknown fields are passed over.
"""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import datetime
from typing import Any

from watchline.domain.records import GeoPoint, Record, WeatherObservation
from watchline.links.contract import Decoded, Framing, LocalError, PeerError, Settings, State

NAME = "weather_station"
FRAMING: Framing = "message"
# Field of the message -> lowest and highest that can be (WMO archive of extremes, rounded up).
READINGS = {
    "visibility_m": (0.0, 300_000.0),
    "dust": (0.0, 1.0),
    "rain_mm_h": (0.0, 1_000.0),
    "wind_m_s": (0.0, 120.0),
    "gust_m_s": (0.0, 120.0),
    "wind_from_deg": (0.0, 360.0),
    "air_c": (-90.0, 65.0),
    "dew_point_c": (-95.0, 40.0),
    "pressure_hpa": (500.0, 1_100.0),
}


class Limits:
    """message: bytes of one; station: characters of its name."""

    message = 4096
    station = 40


def init(settings: Settings) -> State:
    """Return the state before the first message."""
    return State(settings)


def decode(state: State, data: bytes, /) -> Decoded:
    """Return the observation in one message, or why it was refused."""
    after = replace(state, taken=state.taken + len(data))
    try:
        return after, (_observation(state, _told(data)),), ()
    except ValueError as error:
        return after, (), (PeerError(state.settings.name, state.taken, str(error), data[:64]),)


def _told(data: bytes) -> dict[str, Any]:
    if len(data) > Limits.message:
        raise ValueError(f"a message over {Limits.message} bytes")
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        raise ValueError("not a JSON object") from None
    if not isinstance(told, dict):
        raise ValueError("not a JSON object")
    return told


def _observation(state: State, told: dict[str, Any]) -> WeatherObservation:
    station = told.get("station", state.settings.name)
    if not isinstance(station, str) or not 0 < len(station) <= Limits.station or not station.isprintable():
        raise ValueError(f"station: a text of 1 to {Limits.station} characters")
    readings: dict[str, Any] = {name: _number(told, name, *bounds) for name, bounds in READINGS.items()}
    if all(value is None for value in readings.values()):
        raise ValueError(f"no reading; known are {', '.join(READINGS)}")
    t_s = _time_s(told.get("t"), state.now_s)
    bearing: float | None = readings.pop("wind_from_deg")
    return WeatherObservation(
        id=f"{station}-{t_s:.3f}",
        t_s=t_s,
        source=state.settings.name,
        station=station,
        place=_place(told),
        wind_from_rad=None if bearing is None else math.radians(bearing),
        **readings,
    )


def _number(told: dict[str, Any], name: str, low: float, high: float) -> float | None:
    value = told.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise ValueError(f"{name}: must be within {low:g}..{high:g}, got {str(value)[:24]}")
    return float(value)


def _place(told: dict[str, Any]) -> GeoPoint | None:
    lon, lat = _number(told, "lon_deg", -180, 180), _number(told, "lat_deg", -90, 90)
    if (lon is None) != (lat is None):
        raise ValueError("lon_deg and lat_deg come together or not at all")
    return None if lon is None or lat is None else GeoPoint(lon_deg=lon, lat_deg=lat)


def _time_s(value: object, now_s: float) -> float:
    if value is None:
        return now_s
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e11:
        return float(value)
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError(f"t: {value[:32]!r} is no RFC 3339 time") from None
        if moment.tzinfo is not None:
            return moment.timestamp()
    raise ValueError("t: seconds since 1970, or an RFC 3339 time with its zone")


def encode(record: Record, /) -> bytes:
    """Return an observation as one message; LocalError for other records."""
    if not isinstance(record, WeatherObservation):
        raise LocalError("weather_station: only a WeatherObservation can be written")
    told: dict[str, Any] = {"station": record.station, "t": record.t_s}
    if record.place is not None:
        told |= {"lon_deg": record.place.lon_deg, "lat_deg": record.place.lat_deg}
    if record.wind_from_rad is not None:
        told["wind_from_deg"] = math.degrees(record.wind_from_rad) % 360
    told |= {name: getattr(record, name, None) for name in READINGS if name != "wind_from_deg"}
    return json.dumps({name: value for name, value in told.items() if value is not None}).encode()
