"""Fences, geophones and weather stations in our own JSON."""

from __future__ import annotations

import dataclasses
import re
from typing import Literal

import msgspec

from watchline.domain.records import GeoPoint, GroundReport, WeatherObservation
from watchline.links.contract import Settings
from watchline.links.field import weather_station
from watchline.links.mqtt.state import MqttState, Told, digest, moment, stamp, within

DEVICE = re.compile(r"watchline/(fence|geophone)/([A-Za-z0-9_.:-]{1,64})")
STATION = re.compile(r"watchline/weather/([A-Za-z0-9_.:-]{1,40})")


class _Message(msgspec.Struct, forbid_unknown_fields=True):
    """What a fence or geophone sends in our JSON."""

    what: Literal["touch", "cut", "climb", "step", "vehicle", "tamper", "quiet"]
    t: float | str | None = None
    count: int | None = None
    value: float | None = None
    unit: str = ""
    battery: float | None = None
    s_m: float | None = None
    lon_deg: float | None = None
    lat_deg: float | None = None


def report_of(state: MqttState, device: str, payload: bytes) -> tuple[GroundReport, tuple[int, int] | None]:
    """Return what a fence or geophone says, and by what it is known again; ValueError where it cannot be."""
    m = msgspec.json.decode(payload, type=_Message)
    within("battery", m.battery, 0.0, 1.0)
    within("lon_deg", m.lon_deg, -180.0, 180.0)
    within("lat_deg", m.lat_deg, -90.0, 90.0)
    if m.count is not None and m.count < 0:
        raise ValueError("count: must not be negative")
    place = None if m.lon_deg is None or m.lat_deg is None else GeoPoint(lon_deg=m.lon_deg, lat_deg=m.lat_deg)
    report = GroundReport(
        **stamp(state, moment(state, m.t)),
        device=device,
        what=m.what,
        count=m.count,
        value=m.value,
        unit=m.unit[:32],
        battery=m.battery,
        place=place,
        s_m=m.s_m,
    )
    return report, None if m.count is None else (m.count, digest(payload))


def weather_of(state: MqttState, station: str, payload: bytes) -> tuple[Told, tuple[int, int]]:
    """Return what a weather station says, and by what it is known again; ValueError where it cannot be."""
    own = weather_station.init(Settings(station, options=state.settings.options))
    _, records, errors = weather_station.decode(dataclasses.replace(own, now_s=state.now_s), payload)
    if errors:
        raise ValueError(errors[0].reason)
    (told,) = records
    assert isinstance(told, WeatherObservation)
    if told.station != station:
        raise ValueError(f"station: the topic says {station}, the message {told.station!r}")
    t_s = moment(state, told.t_s)
    return msgspec.structs.replace(told, **stamp(state, t_s)), (round(t_s), digest(payload))
