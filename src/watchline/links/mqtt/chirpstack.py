"""LoRaWAN devices as ChirpStack v4 tells of them in JSON."""

from __future__ import annotations

import base64
import binascii
import math
import re
from typing import Any

import msgspec

from watchline.domain.records import GroundReport, NodeStatus
from watchline.links.mqtt.state import MqttState, digest, moment, stamp, within

TOPIC = re.compile(r"application/[^/]{1,64}/device/([0-9a-fA-F]{16})/event/(up|status|join)")


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


def event_of(
    state: MqttState, eui: str, event: str, payload: bytes
) -> tuple[GroundReport | NodeStatus, tuple[int, int] | None]:
    """Return what an event says, and by what it is known again; ValueError where it cannot be."""
    if event == "up":
        return _uplink(state, eui, msgspec.json.decode(payload, type=_Uplink))
    m = msgspec.json.decode(payload, type=_Status)
    _same(eui, m.deviceInfo.devEui)
    battery = None if m.batteryLevel is None or m.batteryLevelUnavailable else m.batteryLevel / 100.0
    within("batteryLevel", battery, 0.0, 1.0)
    detail = "joined" if event == "join" else ""
    return NodeStatus(
        **stamp(state, moment(state, m.time)), node=eui, state="ok", battery=battery, detail=detail
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
    within("object.battery", battery, 0.0, 1.0)
    gateway = next((rx.gwTime for rx in m.rxInfo if rx.gwTime), None)
    report = GroundReport(
        **stamp(state, moment(state, m.time or gateway)),
        device=eui,
        what=what if known else "raw",  # type: ignore[arg-type]
        count=m.fCnt,
        value=value,
        unit=str(said.get("unit", ""))[:32] if known else "",
        battery=battery,
        signal_db=max((rx.rssi for rx in m.rxInfo if rx.rssi is not None), default=None),
    )
    return report, (m.fCnt, digest(data))


def _real(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)
