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

import base64
import binascii
import dataclasses
import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec

from watchline.domain.records import (
    GeoPoint,
    GroundReport,
    NodeStatus,
    Record,
    SensorHealth,
    WeatherObservation,
)
from watchline.links.contract import Decoded, Framing, LocalError, PeerError, Settings, State
from watchline.links.field import weather_station

NAME = "mqtt"
FRAMING: Framing = "message"

SILENT_S = 3600.0  # of a device, unless the option `silent_s` says otherwise
WEAK = 0.2  # of a battery
AHEAD_S = 60.0


class Limits:
    """message: bytes; devices remembered; counts: of each, by which repeated messages are known."""

    message = 65_536
    devices = 5_000
    counts = 64


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


class _DeviceInfo(msgspec.Struct):
    devEui: str
    deviceName: str = ""


class _Rx(msgspec.Struct):
    rssi: float | None = None
    snr: float | None = None
    gwTime: str | None = None


class _Uplink(msgspec.Struct):
    """The fields of a ChirpStack v4 UplinkEvent that are read; the names are its own."""

    deviceInfo: _DeviceInfo
    fCnt: int = 0
    time: str | None = None
    data: str = ""
    object: dict[str, Any] | None = None
    rxInfo: list[_Rx] = []


class _Status(msgspec.Struct):
    deviceInfo: _DeviceInfo
    time: str | None = None
    batteryLevel: float | None = None
    batteryLevelUnavailable: bool = False


Told = GroundReport | NodeStatus | WeatherObservation


@dataclasses.dataclass(frozen=True)
class Device:
    """heard_s: when it last spoke; seen: its newest (count, bytes); state: as last told."""

    heard_s: float
    seen: tuple[tuple[int, int], ...] = ()
    state: Literal["up", "degraded", "dark"] = "up"
    battery: float | None = None


@dataclasses.dataclass(frozen=True)
class MqttState(State):
    """devices by id; repeated: messages that came more than once and were let in once."""

    devices: Mapping[str, Device] = dataclasses.field(default_factory=dict)
    repeated: int = 0
    count: int = 0


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


# -- messages ---------------------------------------------------------------------------------------------------

_WEATHER = re.compile(r"watchline/weather/([A-Za-z0-9_.:-]{1,40})")
_OURS = re.compile(r"watchline/(fence|geophone)/([A-Za-z0-9_.:-]{1,64})")
_CHIRPSTACK = re.compile(r"application/[^/]{1,64}/device/([0-9a-fA-F]{16})/event/(up|status|join)")


def _read(state: MqttState, data: bytes) -> tuple[Told, tuple[int, int] | None]:
    """Return the record of a message and by what a repeated one is known."""
    if len(data) > Limits.message:
        raise ValueError(f"a message over {Limits.message} bytes")
    raw, line, payload = data.partition(b"\n")
    topic = raw.decode("utf-8", "replace")
    if not line:
        raise ValueError("a message is a topic, a line feed and a payload")
    if ours := _OURS.fullmatch(topic):
        return _ours(state, ours[2], payload)
    if weather := _WEATHER.fullmatch(topic):
        return _weather(state, weather[1], payload)
    if theirs := _CHIRPSTACK.fullmatch(topic):
        return _chirpstack(state, theirs[1].lower(), theirs[2], payload)
    raise ValueError(f"topic {topic[:80]!r} is not covered")


def _stamp(state: MqttState, t_s: float) -> dict[str, Any]:
    return {"id": f"{state.settings.name}-{state.count + 1}", "t_s": t_s, "source": state.settings.name}


def _digest(data: bytes) -> int:
    return binascii.crc32(data)


def _ours(state: MqttState, device: str, payload: bytes) -> tuple[GroundReport | NodeStatus, tuple[int, int] | None]:
    m = msgspec.json.decode(payload, type=_Message)
    _within("battery", m.battery, 0.0, 1.0)
    _within("lon_deg", m.lon_deg, -180.0, 180.0)
    _within("lat_deg", m.lat_deg, -90.0, 90.0)
    if m.count is not None and m.count < 0:
        raise ValueError("count: must not be negative")
    place = None if m.lon_deg is None or m.lat_deg is None else GeoPoint(lon_deg=m.lon_deg, lat_deg=m.lat_deg)
    report = GroundReport(
        **_stamp(state, _moment(state, m.t)),
        device=device,
        what=m.what,
        count=m.count,
        value=m.value,
        unit=m.unit[:32],
        battery=m.battery,
        place=place,
        s_m=m.s_m,
    )
    return report, None if m.count is None else (m.count, _digest(payload))


def _weather(state: MqttState, station: str, payload: bytes) -> tuple[Told, tuple[int, int]]:
    own = weather_station.init(Settings(station, options=state.settings.options))
    _, records, errors = weather_station.decode(dataclasses.replace(own, now_s=state.now_s), payload)
    if errors:
        raise ValueError(errors[0].reason)
    (told,) = records
    assert isinstance(told, WeatherObservation)
    if told.station != station:
        raise ValueError(f"station: the topic says {station}, the message {told.station!r}")
    t_s = _moment(state, told.t_s)
    return msgspec.structs.replace(told, **_stamp(state, t_s)), (round(t_s), _digest(payload))


def _chirpstack(
    state: MqttState, eui: str, event: str, payload: bytes
) -> tuple[GroundReport | NodeStatus, tuple[int, int] | None]:
    if event == "up":
        return _uplink(state, eui, msgspec.json.decode(payload, type=_Uplink))
    m = msgspec.json.decode(payload, type=_Status)
    _same(eui, m.deviceInfo.devEui)
    battery = None if m.batteryLevel is None or m.batteryLevelUnavailable else m.batteryLevel / 100.0
    _within("batteryLevel", battery, 0.0, 1.0)
    detail = "joined" if event == "join" else ""
    return NodeStatus(
        **_stamp(state, _moment(state, m.time)), node=eui, state="ok", battery=battery, detail=detail
    ), None


def _same(topic: str, said: str) -> None:
    if topic != said.lower():
        raise ValueError(f"devEui: the topic says {topic}, the message {said[:32]!r}")


def _uplink(state: MqttState, eui: str, m: _Uplink) -> tuple[GroundReport, tuple[int, int]]:
    _same(eui, m.deviceInfo.devEui)
    if not 0 <= m.fCnt < 1 << 32:
        raise ValueError("fCnt: must be within 0..2^32")
    try:
        data = base64.b64decode(m.data, validate=True)
    except binascii.Error:
        raise ValueError("data: is not base64") from None
    said = m.object or {}
    what = said.get("what")
    known = what in ("touch", "cut", "climb", "step", "vehicle", "tamper", "quiet")
    value, battery = _real(said.get("value")), _real(said.get("battery"))
    _within("object.battery", battery, 0.0, 1.0)
    gateway = next((rx.gwTime for rx in m.rxInfo if rx.gwTime), None)
    report = GroundReport(
        **_stamp(state, _moment(state, m.time or gateway)),
        device=eui,
        what=what if known else "raw",  # type: ignore[arg-type]
        count=m.fCnt,
        value=value,
        unit=str(said.get("unit", ""))[:32] if known else "",
        battery=battery,
        signal_db=max((rx.rssi for rx in m.rxInfo if rx.rssi is not None), default=None),
    )
    return report, (m.fCnt, _digest(data))


def _real(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def _within(name: str, value: float | None, low: float, high: float) -> None:
    if value is not None and not low <= value <= high:
        raise ValueError(f"{name}: must be within {low:g}..{high:g}, got {value:g}")


def _moment(state: MqttState, said: float | str | None) -> float:
    """Return when it happened: as the device or gateway says, else when it came."""
    if said is None:
        return state.now_s
    if isinstance(said, str):
        try:
            # Nanoseconds, as gateways give them, are more than Python reads.
            moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", said))
        except ValueError:
            raise ValueError(f"time: {said[:40]!r} is no time") from None
        if moment.tzinfo is None:
            raise ValueError(f"time: {said[:40]!r} has no zone")
        said = moment.timestamp()
    if not 0.0 < said < 253_402_300_800.0:
        raise ValueError(f"time: {said:g} is not between 1970 and 9999")
    if state.now_s > 0.0 and said > state.now_s + AHEAD_S:
        raise ValueError(f"time: is {said - state.now_s:.0f} s ahead of us")
    return said


def encode(record: Record, /) -> bytes:
    """Return a fence's, geophone's or weather station's message; LocalError for anything else."""
    if isinstance(record, WeatherObservation) and _WEATHER.fullmatch(f"watchline/weather/{record.station}"):
        return f"watchline/weather/{record.station}\n".encode() + weather_station.encode(record)
    if not isinstance(record, GroundReport) or record.what == "raw":
        raise LocalError(f"no small sensor sends a {type(record).__name__} like this")
    kind = "geophone" if record.what in ("step", "vehicle") else "fence"
    topic = f"watchline/{kind}/{record.device}"
    if not _OURS.fullmatch(topic):
        raise LocalError(f"device {record.device!r} cannot be part of a topic")
    fields = ("what", "count", "value", "unit", "battery", "s_m")
    said = {name: value for name in fields if (value := getattr(record, name)) not in (None, "")}
    if record.place is not None:
        said |= {"lon_deg": record.place.lon_deg, "lat_deg": record.place.lat_deg}
    return topic.encode() + b"\n" + msgspec.json.encode({"t": record.t_s, **said})
