"""Small sensors over MQTT 3.1.1 or 5: fences and geophones in our own JSON, LoRaWAN sensors as ChirpStack v4 uplinks.

A message is a topic, a line feed and the payload; connecting, sessions and acknowledgements are in
`mqtt_transport.py`.  Topics: `watchline/fence/DEVICE`, `watchline/geophone/DEVICE` (docs/links/mqtt.md has the
fields), `watchline/weather/STATION` (`field/weather_station.py`) and
`application/APP/device/EUI/event/{up,status,join}`.  A message that comes twice (QoS 1 delivers at least once,
gateways hear one uplink together) is let in once, by the device's own count and bytes.  Devices that fall silent are
dark, weak batteries degraded.

Not covered: retained messages and wills as information; downlinks; ChirpStack's protobuf form and versions before 4;
payloads of LoRaWAN devices without a codec (kept raw: strength unknown, not zero).
"""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

import msgspec

from watchline.domain.records import GroundReport, NodeStatus, Record, SensorHealth, WeatherObservation
from watchline.links.contract import Decoded, Framing, LocalError, PeerError, Settings
from watchline.links.field import weather_station
from watchline.links.mqtt import chirpstack, small
from watchline.links.mqtt.state import SILENT_S, WEAK, Device, Limits, MqttState, Told

__all__ = ["FRAMING", "NAME", "Limits", "MqttState", "decode", "encode", "init", "tick"]

NAME = "mqtt"
FRAMING: Framing = "message"


def init(settings: Settings) -> MqttState:
    """Return the state before the first message."""
    return MqttState(settings)


def decode(state: MqttState, data: bytes, /) -> Decoded:
    """Return the state, the record in a message, or why it was refused."""
    offset, state = state.taken, dataclasses.replace(state, taken=state.taken + len(data))
    try:
        record, key = _read(state, data)
    except (ValueError, msgspec.MsgspecError) as error:
        reason = ("JSON: " if isinstance(error, msgspec.MsgspecError) else "") + " ".join(str(error).split())[:300]
        return state, (), (PeerError(state.settings.name, offset, reason, data[:256]),)
    device = device_of(record)
    if state.settings.allow and device not in state.settings.allow:
        return (
            state,
            (),
            (PeerError(state.settings.name, offset, f"{device} is not on the list", data[:256], device),),
        )
    return _let_in(state, device, record, key)


def device_of(record: Told) -> str:
    """Return the device that a record is of."""
    match record:
        case GroundReport():
            return record.device
        case NodeStatus():
            return record.node
        case WeatherObservation():
            return record.station


def _let_in(state: MqttState, device: str, record: Told, key: tuple[int, int] | None) -> Decoded:
    known = state.devices.get(device, Device(state.now_s))
    if key is not None and key in known.seen:
        return dataclasses.replace(state, repeated=state.repeated + 1), (), ()
    if device not in state.devices and len(state.devices) >= Limits.devices:
        error = PeerError(state.settings.name, state.taken, "more devices than are remembered", b"", device)
        return state, (), (error,)
    seen = known.seen if key is None else (*known.seen, key)[-Limits.counts :]
    told_battery = None if isinstance(record, WeatherObservation) else record.battery
    battery = told_battery if told_battery is not None else known.battery
    now = _condition(battery)
    told = () if now == known.state else (_health(state, device, now, battery, "heard again"),)
    devices = {**state.devices, device: Device(max(known.heard_s, state.now_s), seen, now, battery)}
    return dataclasses.replace(state, devices=devices, count=state.count + 1), (record, *told), ()


def _condition(battery: float | None) -> Literal["up", "degraded"]:
    return "degraded" if battery is not None and battery < WEAK else "up"


def _health(state: MqttState, device: str, now: Any, battery: float | None, cause: str) -> SensorHealth:
    if now == "degraded" and battery is not None:
        cause = f"battery {battery:.0%}"
    id_ = f"{state.settings.name}-{device}-{state.count}-{now}"
    return SensorHealth(id=id_, t_s=state.now_s, source=state.settings.name, sensor=device, state=now, cause=cause)


def tick(state: MqttState) -> tuple[MqttState, tuple[Record, ...], tuple[Record, ...]]:
    """Return the devices that fell silent since last asked."""
    patience_s = float(state.settings.options.get("silent_s", SILENT_S))
    told: list[Record] = []
    devices = dict(state.devices)
    for id_, device in state.devices.items():
        silent_s = state.now_s - device.heard_s
        if device.state != "dark" and silent_s > patience_s:
            devices[id_] = dataclasses.replace(device, state="dark")
            cause = f"silent for {silent_s:.0f} s"
            told.append(msgspec.structs.replace(_health(state, id_, "dark", None, cause), t_s=device.heard_s))
    return (dataclasses.replace(state, devices=devices), (), tuple(told)) if told else (state, (), ())


def _read(state: MqttState, data: bytes) -> tuple[Told, tuple[int, int] | None]:
    """Return the record of a message and by what a repeated one is known."""
    if len(data) > Limits.message:
        raise ValueError(f"a message over {Limits.message} bytes")
    raw, line, payload = data.partition(b"\n")
    topic = raw.decode("utf-8", "replace")
    if not line:
        raise ValueError("a message is a topic, a line feed and a payload")
    if ours := small.DEVICE.fullmatch(topic):
        return small.report_of(state, ours[2], payload)
    if weather := small.STATION.fullmatch(topic):
        return small.weather_of(state, weather[1], payload)
    if theirs := chirpstack.TOPIC.fullmatch(topic):
        return chirpstack.event_of(state, theirs[1].lower(), theirs[2], payload)
    raise ValueError(f"topic {topic[:80]!r} is not covered")


def encode(record: Record, /) -> bytes:
    """Return a fence's, geophone's or weather station's message; LocalError for anything else."""
    if isinstance(record, WeatherObservation) and small.STATION.fullmatch(f"watchline/weather/{record.station}"):
        return f"watchline/weather/{record.station}\n".encode() + weather_station.encode(record)
    if not isinstance(record, GroundReport) or record.what == "raw":
        raise LocalError(f"no small sensor sends a {type(record).__name__} like this")
    kind = "geophone" if record.what in ("step", "vehicle") else "fence"
    topic = f"watchline/{kind}/{record.device}"
    if not small.DEVICE.fullmatch(topic):
        raise LocalError(f"device {record.device!r} cannot be part of a topic")
    fields = ("what", "count", "value", "unit", "battery", "s_m")
    said = {name: value for name in fields if (value := getattr(record, name)) not in (None, "")}
    if record.place is not None:
        said |= {"lon_deg": record.place.lon_deg, "lat_deg": record.place.lat_deg}
    return topic.encode() + b"\n" + msgspec.json.encode({"t": record.t_s, **said})
