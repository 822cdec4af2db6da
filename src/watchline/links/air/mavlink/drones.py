"""What a drone is by its own messages: position, attitude, gimbal, battery, mode; and the frames it would send."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from watchline.domain.records import DroneState, GeoPoint
from watchline.links.air.mavlink.camera import angles_of
from watchline.links.air.mavlink.frames import Message, Values, pack


def change_of(message: Message) -> dict[str, Any]:
    """Return what a message changes in a drone's state; ValueError when it cannot be."""
    reader = _READERS.get(message.name)
    return reader(message) if reader else {}


def _heartbeat(m: Message) -> dict[str, Any]:
    # A gimbal or camera of the drone has a heartbeat, too; only the autopilot's tells mode and arming.
    if m.component != 1:
        return {}
    return {"mode": m.whole("custom_mode"), "armed": bool(m.whole("base_mode") & 0x80)}


def _position(m: Message) -> dict[str, Any]:
    lat, lon = m.real("lat") / 1e7, m.real("lon") / 1e7
    if abs(lat) > 90 or abs(lon) > 180:
        raise ValueError(f"latitude {lat:g}, longitude {lon:g} is no place")
    heading = m.whole("hdg")
    if lat == lon == 0.0:  # sent before the first fix
        return {"place": None}
    return {
        "place": GeoPoint(lon_deg=lon, lat_deg=lat, msl_m=m.real("alt") / 1e3),
        "above_home_m": m.real("relative_alt") / 1e3,
        "speed_m_s": math.hypot(m.real("vx"), m.real("vy")) / 100,
        "heading_rad": None if heading == 0xFFFF else math.radians(heading / 100),
    }


def _attitude(m: Message) -> dict[str, Any]:
    values = {"roll_rad": m.real("roll"), "pitch_rad": m.real("pitch")}
    if not all(math.isfinite(v) for v in values.values()):
        raise ValueError("an angle is no number")
    return dict(values)


def _battery(m: Message) -> dict[str, Any]:
    left = m.whole("battery_remaining")
    return {"battery": left / 100 if 0 <= left <= 100 else None}


def _gimbal(m: Message) -> dict[str, Any]:
    azimuth_rad, elevation_rad, _ = angles_of(m)
    return {"gimbal_azimuth_rad": azimuth_rad, "gimbal_elevation_rad": elevation_rad}


_READERS: dict[str, Callable[[Message], dict[str, Any]]] = {
    "HEARTBEAT": _heartbeat,
    "GLOBAL_POSITION_INT": _position,
    "ATTITUDE": _attitude,
    "SYS_STATUS": _battery,
    "BATTERY_STATUS": _battery,
    "GIMBAL_DEVICE_ATTITUDE_STATUS": _gimbal,
    "MISSION_CURRENT": lambda m: {"mission_item": m.whole("seq")},
}


def frames_of(record: DroneState) -> bytes:
    """Return a drone's state as the frames it would send itself: for tests, recorded logs and other stations."""
    number = record.drone.rpartition("-")[2]
    system = int(number) if number.isascii() and number.isdigit() and 0 < int(number) < 256 else 1
    out: list[bytes] = []

    def add(name: str, values: Values) -> None:
        out.append(pack(name, values, system=system, component=1, sequence=len(out)))

    add("SYSTEM_TIME", {"time_unix_usec": round(record.t_s * 1e6), "time_boot_ms": 0})
    if record.roll_rad is not None and record.pitch_rad is not None:
        add("ATTITUDE", {"roll": record.roll_rad, "pitch": record.pitch_rad, "yaw": record.heading_rad or 0.0})
    if record.battery is not None:
        add("BATTERY_STATUS", {"battery_remaining": round(record.battery * 100)})
    if record.mode is not None:
        add("HEARTBEAT", {"custom_mode": record.mode, "base_mode": 0x80 if record.armed else 0, "mavlink_version": 3})
    if record.place is not None:
        add("GLOBAL_POSITION_INT", _position_values(record, record.place))
    return b"".join(out)


def _position_values(record: DroneState, place: GeoPoint) -> Values:
    heading, speed = record.heading_rad, record.speed_m_s or 0.0
    along = heading or 0.0
    return {
        "lat": round(place.lat_deg * 1e7),
        "lon": round(place.lon_deg * 1e7),
        "alt": round((place.msl_m or 0.0) * 1e3),
        "relative_alt": round((record.above_home_m or 0.0) * 1e3),
        "vx": round(100 * speed * math.cos(along)),
        "vy": round(100 * speed * math.sin(along)),
        "hdg": 0xFFFF if heading is None else round(math.degrees(heading) * 100) % 36_000,
    }
