"""MAVLink 2 frames: bytes to messages and back.

Theory: a frame is 0xFD, lengths and ids, a payload of little-endian fields (largest first, trailing zeros cut off)
and a CRC-16/MCRF4XX that also covers one byte made from the message's definition, so that both sides notice when
they disagree about it.  `DEFINITIONS` is that definition; formats and the extra byte are worked out from it.

Rules: nothing here arms, disarms or starts anything: there is no definition of COMMAND_LONG to say it with.
The one start there is lies in `mission.py`, behind an approval of its own.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field, replace

from watchline.links.contract import LocalError, PeerError, State

MAGIC = 0xFD
HEAD = 10
SIGNATURE = 13

Values = dict[str, int | float | str | tuple[float, ...]]


class Limits:
    """What a stream may hold; mission messages that wait for the next turn of an upload."""

    MAX_FRAME_BYTES = HEAD + 255 + 2 + SIGNATURE
    MAX_DRONES = 64
    MAX_WAITING = 1_000


# Message id -> name, fields in the order of the standard; "|" begins the extensions, which the CRC byte leaves out.
DEFINITIONS: dict[int, tuple[str, str]] = {
    0: (
        "HEARTBEAT",
        "uint32 custom_mode, uint8 type, uint8 autopilot, uint8 base_mode, uint8 system_status, "
        "uint8 mavlink_version",
    ),
    1: (
        "SYS_STATUS",
        "uint32 onboard_control_sensors_present, uint32 onboard_control_sensors_enabled, "
        "uint32 onboard_control_sensors_health, uint16 load, uint16 voltage_battery, int16 current_battery, "
        "int8 battery_remaining, uint16 drop_rate_comm, uint16 errors_comm, uint16 errors_count1, "
        "uint16 errors_count2, uint16 errors_count3, uint16 errors_count4",
    ),
    2: ("SYSTEM_TIME", "uint64 time_unix_usec, uint32 time_boot_ms"),
    30: (
        "ATTITUDE",
        "uint32 time_boot_ms, float roll, float pitch, float yaw, float rollspeed, float pitchspeed, float yawspeed",
    ),
    33: (
        "GLOBAL_POSITION_INT",
        "uint32 time_boot_ms, int32 lat, int32 lon, int32 alt, int32 relative_alt, int16 vx, int16 vy, int16 vz, "
        "uint16 hdg",
    ),
    40: ("MISSION_REQUEST", "uint8 target_system, uint8 target_component, uint16 seq | uint8 mission_type"),
    42: ("MISSION_CURRENT", "uint16 seq"),
    43: ("MISSION_REQUEST_LIST", "uint8 target_system, uint8 target_component | uint8 mission_type"),
    44: ("MISSION_COUNT", "uint8 target_system, uint8 target_component, uint16 count | uint8 mission_type"),
    45: ("MISSION_CLEAR_ALL", "uint8 target_system, uint8 target_component | uint8 mission_type"),
    46: ("MISSION_ITEM_REACHED", "uint16 seq"),
    47: ("MISSION_ACK", "uint8 target_system, uint8 target_component, uint8 type | uint8 mission_type"),
    51: ("MISSION_REQUEST_INT", "uint8 target_system, uint8 target_component, uint16 seq | uint8 mission_type"),
    73: (
        "MISSION_ITEM_INT",
        "uint8 target_system, uint8 target_component, uint16 seq, uint8 frame, uint16 command, uint8 current, "
        "uint8 autocontinue, float param1, float param2, float param3, float param4, int32 x, int32 y, float z | "
        "uint8 mission_type",
    ),
    77: ("COMMAND_ACK", "uint16 command, uint8 result"),
    147: (
        "BATTERY_STATUS",
        "uint8 id, uint8 battery_function, uint8 type, int16 temperature, uint16[10] voltages, "
        "int16 current_battery, int32 current_consumed, int32 energy_consumed, int8 battery_remaining",
    ),
    253: ("STATUSTEXT", "uint8 severity, char[50] text"),
    271: (
        "CAMERA_FOV_STATUS",
        "uint32 time_boot_ms, int32 lat_camera, int32 lon_camera, int32 alt_camera, int32 lat_image, "
        "int32 lon_image, int32 alt_image, float[4] q, float hfov, float vfov",
    ),
    285: (
        "GIMBAL_DEVICE_ATTITUDE_STATUS",
        "uint8 target_system, uint8 target_component, uint32 time_boot_ms, uint16 flags, float[4] q, "
        "float angular_velocity_x, float angular_velocity_y, float angular_velocity_z, uint32 failure_flags",
    ),
}
CODES = {
    "uint8": "B", "int8": "b", "uint16": "H", "int16": "h", "uint32": "I", "int32": "i", "uint64": "Q", "float": "f",
    "char": "s",
}  # fmt: skip


@dataclass(frozen=True)
class Field:
    """One field: type, name, how many of it."""

    type: str
    name: str
    count: int

    @property
    def size(self) -> int:
        """Return the size of one, in bytes."""
        return struct.calcsize("<" + CODES[self.type])

    @property
    def format(self) -> str:
        """Return its struct format."""
        return (str(self.count) if self.count > 1 else "") + CODES[self.type]


@dataclass(frozen=True)
class Layout:
    """A message as it lies on the wire: fields in wire order, format, CRC extra byte."""

    name: str
    fields: tuple[Field, ...]
    format: str
    extra: int


def _fields(text: str) -> tuple[Field, ...]:
    out = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        kind, name = part.split()
        base, _, count = kind.rstrip("]").partition("[")
        out.append(Field(base, name, int(count or 1)))
    return tuple(out)


def layout_of(name: str, text: str) -> Layout:
    """Return a message's layout from its definition."""
    base, _, extensions = text.partition("|")
    # Sorted by size, stable; extensions stay behind in their own order.
    ordered = tuple(sorted(_fields(base), key=lambda f: -f.size))
    crc = crc16(f"{name} ".encode())
    for f in ordered:
        # `mavlink_version` has a type name of its own in common.xml; its C type is the same.
        suffix = "" if f.type in ("float", "char") else "_t"
        crc = crc16(f"{f.type}{suffix} {f.name} ".encode(), crc)
        if f.count > 1:
            crc = crc16(bytes([f.count]), crc)
    every = ordered + _fields(extensions)
    return Layout(name, every, "<" + "".join(f.format for f in every), (crc & 0xFF) ^ (crc >> 8))


def crc16(data: bytes, crc: int = 0xFFFF) -> int:
    """Return the CRC-16/MCRF4XX, going on from `crc`."""
    for byte in data:
        t = byte ^ (crc & 0xFF)
        t = (t ^ t << 4) & 0xFF
        crc = (crc >> 8 ^ t << 8 ^ t << 3 ^ t >> 4) & 0xFFFF
    return crc


LAYOUTS = {number: layout_of(name, text) for number, (name, text) in DEFINITIONS.items()}
NUMBERS = {layout.name: number for number, layout in LAYOUTS.items()}


@dataclass(frozen=True)
class Message:
    """One message: who sent it, its name, its values by field name."""

    system: int
    component: int
    sequence: int
    name: str
    values: Values

    def whole(self, name: str) -> int:
        """Return a whole number of it."""
        value = self.values[name]
        assert isinstance(value, int)
        return value

    def real(self, name: str) -> float:
        """Return a number of it."""
        value = self.values[name]
        assert isinstance(value, (int, float))
        return float(value)


def pack(name: str, values: Values, *, system: int, component: int, sequence: int) -> bytes:
    """Return one unsigned frame; fields left out are zero.  LocalError names what does not fit."""
    return frame(NUMBERS[name], LAYOUTS[NUMBERS[name]], values, system=system, component=component, sequence=sequence)


def frame(number: int, layout: Layout, values: Values, *, system: int, component: int, sequence: int) -> bytes:
    """Return one unsigned frame of a message laid out so."""
    flat: list[object] = []
    try:
        for f in layout.fields:
            value = values.get(f.name, "" if f.type == "char" else (0,) * f.count if f.count > 1 else 0)
            if f.type == "char":
                flat.append(str(value).encode()[: f.count])
            elif f.count > 1:
                assert isinstance(value, tuple)
                flat.extend(value)
            else:
                flat.append(value)
        payload = struct.pack(layout.format, *flat)
    except struct.error as error:
        raise LocalError(f"mavlink: {layout.name}: {error}") from None
    payload = payload.rstrip(b"\x00") or b"\x00"
    head = bytes([len(payload), 0, 0, sequence & 0xFF, system, component]) + number.to_bytes(3, "little")
    crc = crc16(bytes([layout.extra]), crc16(head + payload))
    return bytes([MAGIC]) + head + payload + crc.to_bytes(2, "little")


@dataclass(frozen=True)
class Frames(State):
    """A stream of frames.  lost: inside garbage; gaps: frames that never came; unknown: frames not ours to know."""

    lost: bool = False
    sequences: dict[tuple[int, int], int] = field(default_factory=dict)
    gaps: int = 0
    unknown: int = 0


def unpack(state: Frames, data: bytes) -> tuple[Frames, list[Message], list[PeerError]]:
    """Return the messages of all frames that are whole now, and what was refused."""
    messages: list[Message] = []
    errors: list[PeerError] = []
    buffer, k, lost, unknown = state.rest + data, 0, state.lost, state.unknown

    def refuse(reason: str) -> None:
        if not lost:
            errors.append(PeerError(state.settings.name, state.taken + k, reason, buffer[k : k + 16]))

    while k + 3 <= len(buffer) or (k < len(buffer) and buffer[k] != MAGIC):
        if buffer[k] != MAGIC:
            refuse("no frame begins here; skipped to the next")
            found = buffer.find(bytes([MAGIC]), k)
            k, lost = (found if found >= 0 else len(buffer)), True
            continue
        size = HEAD + buffer[k + 1] + 2 + (SIGNATURE if buffer[k + 2] & 1 else 0)
        if k + size > len(buffer):
            break
        message, reason = _message(buffer[k : k + size])
        if reason:
            # Its length may be damaged, too: the next frame is looked for from the next byte on.
            refuse(reason)
            k, lost = k + 1, True
            continue
        lost, k = False, k + size
        unknown += message is None
        if message is not None:
            messages.append(message)
    sequences, gaps = _count_gaps(state, messages)
    after = replace(
        state, rest=buffer[k:], taken=state.taken + k, lost=lost, sequences=sequences, gaps=gaps, unknown=unknown
    )
    return after, messages, errors


def _message(raw: bytes) -> tuple[Message | None, str]:
    """Return the message, or None for one that is not ours to know, or the reason of its refusal."""
    if raw[2] & ~1:
        return None, f"incompatibility flags {raw[2]:#x} are not known"
    number = int.from_bytes(raw[7:10], "little")
    layout = LAYOUTS.get(number)
    if layout is None:
        return None, ""
    end = HEAD + raw[1]
    if crc16(bytes([layout.extra]), crc16(raw[1:end])) != int.from_bytes(raw[end : end + 2], "little"):
        return None, f"{layout.name}: the CRC is wrong"
    size = struct.calcsize(layout.format)
    # Zeros at the end are cut off by the sender; extensions unknown to us are cut off here.
    flat = list(struct.unpack(layout.format, raw[HEAD:end].ljust(size, b"\x00")[:size]))
    values: Values = {}
    for f in layout.fields:
        if f.type == "char":
            values[f.name] = flat.pop(0).split(b"\x00")[0].decode("utf-8", "replace")
        elif f.count > 1:
            values[f.name] = tuple(flat[: f.count])
            del flat[: f.count]
        else:
            values[f.name] = flat.pop(0)
    return Message(raw[5], raw[6], raw[4], layout.name, values), ""


def _count_gaps(state: Frames, messages: list[Message]) -> tuple[dict[tuple[int, int], int], int]:
    sequences, gaps = dict(state.sequences), state.gaps
    for message in messages:
        peer = message.system, message.component
        if peer in sequences:
            gaps += (message.sequence - sequences[peer] - 1) % 256
        if peer in sequences or len(sequences) < 4 * Limits.MAX_DRONES:
            sequences[peer] = message.sequence
    return sequences, gaps
