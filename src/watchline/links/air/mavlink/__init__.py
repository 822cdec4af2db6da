"""MAVLink 2: drones that fly MAVLink 2 autopilots; their state in, approved missions and fences out.

Standard: MAVLink 2 serialisation, `common.xml` messages 0, 1, 2, 30, 33, 40, 42 to 47, 51, 73, 77, 147, 253, 271
and 285.  `frames.py` is the bytes, `drones.py` what a drone says of itself, `camera.py` what of its picture,
`mission.py` one upload, `orders.py` which uploads and starts are under way.  Signed frames are read and their
signature is passed over.

Not covered: MAVLink 1 frames, checking signatures, parameters, FTP, any command but the start of a mission, every
other message (counted as unknown, not refused).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from watchline.domain.records import DroneState, Record
from watchline.links.air.mavlink.camera import geometry_of
from watchline.links.air.mavlink.drones import change_of, frames_of
from watchline.links.air.mavlink.frames import LAYOUTS, Limits, Message, Values, crc16, frame, layout_of, pack, unpack
from watchline.links.air.mavlink.orders import DronesState, due, ordered
from watchline.links.contract import Decoded, Framing, LocalError, PeerError, Settings

__all__ = [
    "FRAMING", "LAYOUTS", "NAME", "DronesState", "Limits", "Message", "Values", "crc16", "decode", "due", "encode",
    "frame", "init", "layout_of", "ordered", "pack", "unpack",
]  # fmt: skip

NAME = "mavlink"
FRAMING: Framing = "stream"


def init(settings: Settings) -> DronesState:
    """Return the state before the first byte.  Option `system_N`: the id of the drone with system number N."""
    return DronesState(settings)


def decode(state: DronesState, data: bytes, /) -> Decoded:
    """Return a drone's state at every position or heartbeat it sends, with all else it has said before, and where its
    camera looks."""
    frames, messages, refused = unpack(state, data)
    drones, boot_s, channels = dict(state.drones), dict(state.boot_s), dict(state.channels)
    records: list[Record] = []
    errors = list(refused)
    for message in messages:
        if message.system not in drones and len(drones) >= Limits.MAX_DRONES:
            reason = f"more than {Limits.MAX_DRONES} drones on one stream"
            errors.append(PeerError(state.settings.name, state.taken, reason))
            continue
        try:
            change = change_of(message)
        except ValueError as error:
            errors.append(PeerError(state.settings.name, state.taken, f"{message.name}: {error}"))
            continue
        if message.name == "SYSTEM_TIME" and message.whole("time_unix_usec"):
            boot_s[message.system] = message.real("time_unix_usec") / 1e6 - message.real("time_boot_ms") / 1e3
        drones[message.system] = _changed(state, drones, boot_s, message, change)
        channels[message.system] = state.channel, state.now_s
        if message.name in ("GLOBAL_POSITION_INT", "HEARTBEAT") and change:
            records.append(drones[message.system])
        if message.name == "CAMERA_FOV_STATUS":
            try:
                records.append(geometry_of(message, drones[message.system]))
            except ValueError as error:
                errors.append(PeerError(state.settings.name, state.taken, f"{message.name}: {error}"))
    assert isinstance(frames, DronesState)
    about = [m for m in messages if m.system in channels and m.name.startswith(("MISSION_", "COMMAND_"))]
    after = replace(
        frames, drones=drones, boot_s=boot_s, channels=channels,
        waiting=(*state.waiting, *about)[-Limits.MAX_WAITING :],
    )  # fmt: skip
    return after, tuple(records), tuple(errors)


def _changed(
    state: DronesState,
    drones: dict[int, DroneState],
    boot_s: dict[int, float],
    message: Message,
    change: dict[str, Any],
) -> DroneState:
    name = str(state.settings.options.get(f"system_{message.system}", f"drone-{message.system}"))
    t_s = state.now_s
    if message.system in boot_s and "time_boot_ms" in message.values:
        t_s = boot_s[message.system] + message.real("time_boot_ms") / 1e3
    before = drones.get(message.system) or DroneState(id="", t_s=t_s, source=state.settings.name, drone=name)
    return msgspec.structs.replace(before, **change, t_s=t_s, id=f"{name}-{t_s:.3f}-{message.sequence}")


def encode(record: Record, /) -> bytes:
    """Return a drone's state as the frames it would send itself; LocalError for anything else."""
    if not isinstance(record, DroneState):
        raise LocalError("mavlink: only a DroneState can be written; missions are ordered")
    return frames_of(record)
