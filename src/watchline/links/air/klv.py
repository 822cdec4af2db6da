"""MISB ST 0601 UAS Datalink Local Set (KLV): where an airborne camera is and where it looks.

Theory: a packet is the set's 16-byte universal key, a BER length and items of BER-OID tag, BER length, value.
Numbers are integers mapped linearly onto a range; the most negative signed integer means "not known".  The
last item is a 16-bit running sum over the packet from its first byte to the checksum's own length.

Standard: ST 0601.19 sections 6 to 8 (tags 1 to 8, 10 to 21, 23 to 33, 40 to 42, 65, 75, 78, 82 to 91), which holds
the ST 0902 minimum set but for security (48) and core identifier (94): both are passed over, not understood.
Not covered: nested sets (VMTI, security), IMAPB extended-range tags, amend and segment sets.

Rules: a packet without time stamp, with a wrong checksum or cut short is refused as a whole; unknown tags are
passed over; garbage between packets is skipped to the next key and reported once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from watchline.domain.records import GeoPoint, Record, VideoGeometry
from watchline.links.contract import Decoded, Framing, LocalError, PeerError, Settings, State

NAME = "klv"
FRAMING: Framing = "stream"
KEY = bytes.fromhex("060e2b34020b01010e01030101000000")
VERSION = 19


class Limits:
    """What one packet may be."""

    MAX_PACKET_BYTES = 16_384  # ST 0902 sets are under 300 bytes; VMTI ones reach some kilobytes
    MAX_TEXT_BYTES = 127  # ST 0601: strings of tags 3, 4, 10, 11, 12


@dataclass(frozen=True)
class Scale:
    """A number's place in the set: size bytes, linear over low..high; signed ones are symmetric about zero."""

    name: str
    size: int
    low: float
    high: float
    signed: bool = False

    def value(self, raw: bytes) -> float | None:
        """Return the number, None for the integer that means "not known" or a wrong size."""
        if len(raw) != self.size:
            return None
        n = int.from_bytes(raw, "big", signed=self.signed)
        if not self.signed:
            return self.low + n * (self.high - self.low) / ((1 << 8 * self.size) - 1)
        half = 1 << 8 * self.size - 1
        return None if n == -half else n * self.high / (half - 1)

    def raw(self, value: float) -> bytes:
        """Return the nearest integer's bytes; LocalError outside the range."""
        if not self.low <= value <= self.high:
            raise LocalError(f"klv: {self.name} must be within {self.low:g}..{self.high:g}, got {value:g}")
        if self.signed:
            return round(value / self.high * ((1 << 8 * self.size - 1) - 1)).to_bytes(self.size, "big", signed=True)
        share = (value - self.low) / (self.high - self.low)
        return round(share * ((1 << 8 * self.size) - 1)).to_bytes(self.size, "big")


def _lat(name: str) -> Scale:
    return Scale(name, 4, -90, 90, signed=True)


def _lon(name: str) -> Scale:
    return Scale(name, 4, -180, 180, signed=True)


def _height(name: str) -> Scale:
    return Scale(name, 2, -900, 19_000)


# Tag -> scale, degrees and metres, as in ST 0601 section 8.
SCALES: dict[int, Scale] = {
    5: Scale("heading", 2, 0, 360),
    6: Scale("pitch", 2, -20, 20, signed=True),
    7: Scale("roll", 2, -50, 50, signed=True),
    13: _lat("lat"),
    14: _lon("lon"),
    15: _height("msl"),
    16: Scale("hfov", 2, 0, 180),
    17: Scale("vfov", 2, 0, 180),
    18: Scale("camera_azimuth", 4, 0, 360),
    19: Scale("camera_elevation", 4, -180, 180, signed=True),
    20: Scale("camera_roll", 4, 0, 360),
    21: Scale("slant_range", 4, 0, 5_000_000),
    23: _lat("centre_lat"),
    24: _lon("centre_lon"),
    25: _height("centre_msl"),
    75: _height("hae"),
    78: _height("centre_hae"),
    90: Scale("pitch_full", 4, -90, 90, signed=True),
    91: Scale("roll_full", 4, -90, 90, signed=True),
    **{26 + k: Scale(f"offset_{k}", 2, -0.075, 0.075, signed=True) for k in range(8)},
    **{82 + k: (_lon if k % 2 else _lat)(f"corner_{k}") for k in range(8)},
}
TEXTS = {3: "mission", 4: "tail", 10: "platform", 11: "sensor"}


@dataclass(frozen=True)
class KlvState(State):
    """lost: inside garbage now, which has been reported."""

    lost: bool = False


def init(settings: Settings) -> KlvState:
    """Return the state before the first byte."""
    return KlvState(settings)


def decode(state: KlvState, data: bytes, /) -> Decoded:
    """Return the records of all packets that are whole now, and what was refused."""
    records: list[Record] = []
    errors: list[PeerError] = []
    buffer, at, lost = state.rest + data, state.taken, state.lost

    def refuse(reason: str) -> None:
        errors.append(PeerError(state.settings.name, at, reason, buffer[:32]))

    while True:
        skip, found = _next_key(buffer)
        if skip and not lost:
            refuse("no packet begins here; skipped to the next key")
        buffer, at, lost = buffer[skip:], at + skip, not found and (lost or skip > 0)
        if not found:
            break
        size, reason = _size(buffer)
        if reason:
            refuse(reason)
            buffer, at, lost = buffer[1:], at + 1, True
            continue
        if size is None or len(buffer) < size:
            break
        try:
            records.append(_record(buffer[:size]))
            step = size
        except ValueError as error:
            refuse(str(error))
            # A damaged length may have swallowed good packets: look for a key inside.
            inside = buffer.find(KEY, 1, size)
            step = inside if inside > 0 else size
        buffer, at = buffer[step:], at + step
    return replace(state, rest=buffer, taken=at, lost=lost), tuple(records), tuple(errors)


def _next_key(buffer: bytes) -> tuple[int, bool]:
    """Return how far to skip and whether a key begins there; the last bytes may begin one and are kept."""
    start = buffer.find(KEY)
    if start >= 0:
        return start, True
    skip = max(0, len(buffer) - len(KEY) + 1)
    while skip < len(buffer) and not KEY.startswith(buffer[skip:]):
        skip += 1
    return skip, False


def _size(buffer: bytes) -> tuple[int | None, str]:
    """Return the whole packet's size, None while its length has not come."""
    try:
        length, after = ber_length(buffer, len(KEY))
    except IndexError:
        return None, ""
    except ValueError as error:
        return None, str(error)
    if after + length > Limits.MAX_PACKET_BYTES:
        return None, f"a packet of {after + length} bytes; at most {Limits.MAX_PACKET_BYTES}"
    return after + length, ""


def _record(packet: bytes) -> VideoGeometry:
    """Return what a packet says; ValueError with the rule that it breaks."""
    items = items_of(packet)
    if list(items)[-1:] != [1] or len(items[1]) != 2:
        raise ValueError("the checksum (tag 1) must come last")
    if int.from_bytes(items[1], "big") != checksum(packet[:-2]):
        raise ValueError("the checksum is wrong")
    if len(items.get(2, b"")) != 8:
        raise ValueError("no time stamp (tag 2)")
    if len(items.get(65, b"")) != 1:
        raise ValueError("no version of the set (tag 65)")
    return _geometry(items)


def items_of(packet: bytes) -> dict[int, bytes]:
    """Return a packet's items by tag, in their order; ValueError where it cannot be cut into items."""
    items: dict[int, bytes] = {}
    k = ber_length(packet, len(KEY))[1]
    while k < len(packet):
        try:
            tag, k = ber_oid(packet, k)
            length, k = ber_length(packet, k)
        except (IndexError, ValueError):
            raise ValueError(f"an item is cut short at byte {k}") from None
        if k + length > len(packet):
            raise ValueError(f"tag {tag} reaches past the end of the packet")
        # A tag may come twice only in sets that we do not read: the first stands.
        items.setdefault(tag, packet[k : k + length])
        k += length
    return items


def _geometry(items: dict[int, bytes]) -> VideoGeometry:
    v = {scale.name: scale.value(items[tag]) for tag, scale in SCALES.items() if tag in items}
    text = {name: _text(items[tag]) for tag, name in TEXTS.items() if tag in items}
    micros = int.from_bytes(items[2], "big")
    platform = text.get("tail") or text.get("platform") or "unknown"

    def angle(*names: str) -> float | None:
        found = next((v[name] for name in names if v.get(name) is not None), None)
        return None if found is None else math.radians(found)

    return VideoGeometry(
        id=f"klv-{platform}-{micros}",
        t_s=micros / 1e6,
        source=platform,
        platform=platform,
        sensor=text.get("sensor", "unknown"),
        place=_point(v.get("lon"), v.get("lat"), v.get("hae"), v.get("msl")),
        heading_rad=angle("heading"),
        pitch_rad=angle("pitch_full", "pitch"),
        roll_rad=angle("roll_full", "roll"),
        camera_azimuth_rad=angle("camera_azimuth"),
        camera_elevation_rad=angle("camera_elevation"),
        camera_roll_rad=angle("camera_roll"),
        hfov_rad=angle("hfov"),
        vfov_rad=angle("vfov"),
        slant_range_m=v.get("slant_range"),
        frame_centre=_point(v.get("centre_lon"), v.get("centre_lat"), v.get("centre_hae"), v.get("centre_msl")),
        corners=_corners(v),
    )


def _point(
    lon: float | None, lat: float | None, hae: float | None = None, msl: float | None = None
) -> GeoPoint | None:
    if lon is None or lat is None:
        return None
    return GeoPoint(lon_deg=lon, lat_deg=lat, hae_m=hae, msl_m=msl)


def _corners(v: dict[str, float | None]) -> tuple[GeoPoint, ...]:
    """Return the four corners, full ones before offsets from the frame centre; () unless all four are known."""
    lat0, lon0 = v.get("centre_lat"), v.get("centre_lon")
    found = [_point(v.get(f"corner_{k + 1}"), v.get(f"corner_{k}")) for k in (0, 2, 4, 6)]
    if None in found and lat0 is not None and lon0 is not None:
        offsets = [(v.get(f"offset_{k + 1}"), v.get(f"offset_{k}")) for k in (0, 2, 4, 6)]
        found = [None if a is None or b is None else _point(lon0 + a, lat0 + b) for a, b in offsets]
    whole = tuple(point for point in found if point is not None)
    return whole if len(whole) == 4 else ()


def _text(raw: bytes) -> str:
    if len(raw) > Limits.MAX_TEXT_BYTES:
        raise ValueError(f"a text of {len(raw)} bytes; at most {Limits.MAX_TEXT_BYTES}")
    return "".join(c for c in raw.decode("utf-8", "replace") if c.isprintable())


def encode(record: Record, /) -> bytes:
    """Return one packet; pitch and roll in the full-range tags, corners in full degrees."""
    if not isinstance(record, VideoGeometry):
        raise LocalError("klv: only a VideoGeometry can be written")
    degrees: dict[int, float | None] = {
        5: _deg(record.heading_rad, turn=True),
        90: _deg(record.pitch_rad),
        91: _deg(record.roll_rad),
        16: _deg(record.hfov_rad),
        17: _deg(record.vfov_rad),
        18: _deg(record.camera_azimuth_rad, turn=True),
        19: _deg(record.camera_elevation_rad),
        20: _deg(record.camera_roll_rad, turn=True),
        21: record.slant_range_m,
    }
    for point, (lat, lon, msl, hae) in ((record.place, (13, 14, 15, 75)), (record.frame_centre, (23, 24, 25, 78))):
        if point is not None:
            degrees |= {lat: point.lat_deg, lon: point.lon_deg, msl: point.msl_m, hae: point.hae_m}
    for k, corner in enumerate(record.corners):
        degrees[82 + 2 * k], degrees[83 + 2 * k] = corner.lat_deg, corner.lon_deg
    texts = {10: record.platform, 11: record.sensor, 12: "Geodetic WGS84"}
    items = {tag: text.encode()[: Limits.MAX_TEXT_BYTES] for tag, text in texts.items()}
    items |= {tag: SCALES[tag].raw(value) for tag, value in degrees.items() if value is not None}
    items[65] = bytes([VERSION])
    return packet_of({2: round(record.t_s * 1e6).to_bytes(8, "big")} | dict(sorted(items.items())))


def packet_of(items: dict[int, bytes]) -> bytes:
    """Return the packet of these items in this order, checksum added."""
    body = b"".join(oid_bytes(tag) + length_bytes(len(raw)) + raw for tag, raw in items.items()) + b"\x01\x02"
    packet = KEY + length_bytes(len(body) + 2) + body
    return packet + checksum(packet).to_bytes(2, "big")


def checksum(data: bytes) -> int:
    """Return the 16-bit running sum of ST 0601 section 6.4: even bytes are the high ones."""
    return (256 * sum(data[0::2]) + sum(data[1::2])) & 0xFFFF


def ber_length(data: bytes, k: int) -> tuple[int, int]:
    """Return a BER length at `k` and where its value begins; IndexError when cut short.

    Raises ValueError for the indefinite form and for lengths of more than four bytes.
    """
    first = data[k]
    if first < 128:
        return first, k + 1
    n = first & 127
    if not 1 <= n <= 4:
        raise ValueError(f"a length of {n} bytes")
    if k + 1 + n > len(data):
        raise IndexError(k)
    return int.from_bytes(data[k + 1 : k + 1 + n], "big"), k + 1 + n


def length_bytes(n: int) -> bytes:
    """Return a BER length in its shortest form."""
    if n < 128:
        return bytes([n])
    raw = n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([128 | len(raw)]) + raw


def ber_oid(data: bytes, k: int) -> tuple[int, int]:
    """Return a BER-OID tag at `k` and what follows it; ValueError above three bytes."""
    tag = 0
    for n in range(3):
        byte = data[k + n]
        tag = tag << 7 | byte & 127
        if byte < 128:
            return tag, k + n + 1
    raise ValueError("a tag of more than three bytes")


def oid_bytes(tag: int) -> bytes:
    """Return a tag as BER-OID."""
    out = [tag & 127]
    while tag := tag >> 7:
        out.append(128 | tag & 127)
    return bytes(reversed(out))


def _deg(angle_rad: float | None, *, turn: bool = False) -> float | None:
    if angle_rad is None:
        return None
    degrees = math.degrees(angle_rad)
    return degrees % 360.0 if turn else degrees
