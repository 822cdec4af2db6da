"""What is remembered of devices, and what reading their messages shares."""

from __future__ import annotations

import binascii
import dataclasses
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from watchline.domain.records import GroundReport, NodeStatus, WeatherObservation
from watchline.links.contract import State

SILENT_S = 3600.0  # of a device, unless the option `silent_s` says otherwise
WEAK = 0.2  # of a battery
AHEAD_S = 60.0


class Limits:
    """message: bytes; devices remembered; counts: of each, by which repeated messages are known."""

    message = 65_536
    devices = 5_000
    counts = 64


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


def stamp(state: MqttState, t_s: float) -> dict[str, Any]:
    """Return id, time and source of the next record."""
    return {"id": f"{state.settings.name}-{state.count + 1}", "t_s": t_s, "source": state.settings.name}


def digest(data: bytes) -> int:
    """Return by what bytes are known again."""
    return binascii.crc32(data)


def within(name: str, value: float | None, low: float, high: float) -> None:
    """Raise ValueError unless a value lies in its bounds, or was not told."""
    if value is not None and not low <= value <= high:
        raise ValueError(f"{name}: must be within {low:g}..{high:g}, got {value:g}")


def moment(state: MqttState, said: float | str | None) -> float:
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
