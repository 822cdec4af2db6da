"""MPEG transport stream: the KLV packets beside an airborne camera's video.

Theory: packets of 188 bytes, each of one stream (PID).  The program association table names the program map,
the map names the streams; a packetised elementary stream (PES) carries one timed chunk over many packets, whose
4-bit counter shows losses.

Standard: ISO/IEC 13818-1 (2.4.3 transport packets, PES; 2.4.4 tables), MISB ST 1402 (KLV as stream type 0x06 with
registration `KLVA`, asynchronous, or stream type 0x15, synchronous, behind a 5-byte access unit header).
Not covered: scrambled streams, several programs (the first one is read), 192 and 204 byte packets, video itself
(that is the picture reader's); tables longer than one section.

Rules: only KLV streams are put together; a lost packet drops the chunk it belongs to, and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import msgspec

from watchline.domain.records import Record, VideoGeometry
from watchline.links.air import klv
from watchline.links.contract import Decoded, Framing, LocalError, PeerError, Settings, State

NAME = "klv_ts"
FRAMING: Framing = "stream"
SYNC = 0x47
PACKET = 188
PAT_PID, MAP_PID, KLV_PID = 0x0000, 0x1000, 0x0101
PTS_HZ = 90_000


class Limits:
    """What one chunk and one search may take."""

    MAX_PES_BYTES = 65_536
    MAX_KLV_STREAMS = 8


@dataclass
class Stream:
    """A KLV stream being put together.  Mutable inside `decode`, which works on copies."""

    synchronous: bool
    klv: klv.KlvState
    counter: int | None = None
    chunk: bytearray = field(default_factory=bytearray)
    going: bool = False


@dataclass(frozen=True)
class TsState(State):
    """A stream's tables: where the program map is, its KLV streams by PID; lost: between packets now."""

    lost: bool = False
    map_pid: int | None = None
    streams: dict[int, Stream] = field(default_factory=dict)


@dataclass
class _Work:
    """One call of `decode`: what it found.  Mutable."""

    settings: Settings
    map_pid: int | None
    streams: dict[int, Stream]
    records: list[Record] = field(default_factory=list)
    errors: list[PeerError] = field(default_factory=list)

    def refuse(self, at: int, reason: str, sample: bytes = b"") -> None:
        self.errors.append(PeerError(self.settings.name, at, reason, sample[:32]))


def init(settings: Settings) -> TsState:
    """Return the state before the first byte."""
    return TsState(settings)


def decode(state: TsState, data: bytes, /) -> Decoded:
    """Return the records of all chunks that are whole now, each with its presentation time, and what was refused."""
    streams = {pid: replace(one, chunk=bytearray(one.chunk)) for pid, one in state.streams.items()}
    work = _Work(state.settings, state.map_pid, streams)
    buffer, k, lost = state.rest + data, 0, state.lost
    while k + PACKET <= len(buffer):
        if buffer[k] != SYNC or (k + PACKET < len(buffer) and buffer[k + PACKET] != SYNC):
            if not lost:
                work.refuse(state.taken + k, "no transport packet begins here; looking for one", buffer[k:])
            lost, found = True, buffer.find(bytes([SYNC]), k + 1)
            k = found if found >= 0 else len(buffer)
            continue
        lost = False
        _packet(work, buffer[k : k + PACKET], state.taken + k)
        k += PACKET
    after = replace(
        state, rest=buffer[k:], taken=state.taken + k, lost=lost, map_pid=work.map_pid, streams=work.streams
    )
    return after, tuple(work.records), tuple(work.errors)


def _packet(work: _Work, packet: bytes, at: int) -> None:
    pid = (packet[1] & 0x1F) << 8 | packet[2]
    starts, counter = bool(packet[1] & 0x40), packet[3] & 0x0F
    has_field, has_payload = packet[3] & 0x20, packet[3] & 0x10
    begin = 5 + packet[4] if has_field else 4
    if packet[1] & 0x80:
        work.refuse(at, "the packet is marked damaged")
        return
    if not has_payload or begin >= PACKET:
        return
    payload = packet[begin:]
    if pid == PAT_PID and starts:
        _association(work, payload)
    elif pid == work.map_pid and starts:
        _map(work, payload, at)
    elif pid in work.streams:
        _stream(work, work.streams[pid], payload, counter, starts=starts, at=at)


def _section(payload: bytes, table: int) -> bytes | None:
    """Return the body of a table's section, checked; None when it is not whole or not that table."""
    body = payload[1 + payload[0] :]
    if len(body) < 8 or body[0] != table:
        return None
    size = 3 + ((body[1] & 0x0F) << 8 | body[2])
    if size > len(body) or size < 12 or crc32(body[:size]) != 0:
        return None
    return body[8 : size - 4]


def _association(work: _Work, payload: bytes) -> None:
    body = _section(payload, 0x00)
    for k in range(0, len(body or b"") - 3, 4):
        assert body is not None
        if int.from_bytes(body[k : k + 2], "big"):  # program 0 is the network's own table
            work.map_pid = (body[k + 2] & 0x1F) << 8 | body[k + 3]
            return


def _map(work: _Work, payload: bytes, at: int) -> None:
    body = _section(payload, 0x02)
    if body is None or len(body) < 4:
        work.refuse(at, "the program map is damaged")
        return
    k = 4 + ((body[2] & 0x0F) << 8 | body[3])
    while k + 5 <= len(body):
        kind, pid = body[k], (body[k + 1] & 0x1F) << 8 | body[k + 2]
        size = (body[k + 3] & 0x0F) << 8 | body[k + 4]
        registered = b"KLVA" in body[k + 5 : k + 5 + size]
        ours = kind == 0x15 or (kind == 0x06 and registered)
        if ours and pid not in work.streams and len(work.streams) < Limits.MAX_KLV_STREAMS:
            work.streams[pid] = Stream(kind == 0x15, klv.init(work.settings))
        k += 5 + size


def _stream(work: _Work, stream: Stream, payload: bytes, counter: int, *, starts: bool, at: int) -> None:
    if counter == stream.counter:
        return  # a packet may be sent twice (2.4.3.3)
    if stream.counter is not None and counter != (stream.counter + 1) % 16:
        work.refuse(at, "transport packets are missing")
        stream.chunk.clear()
        stream.going = False
    stream.counter = counter
    if starts:
        _chunk(work, stream, at)
        stream.going = True
    if not stream.going:
        return
    stream.chunk += payload
    size = int.from_bytes(stream.chunk[4:6], "big") if len(stream.chunk) >= 6 else 0
    if len(stream.chunk) > Limits.MAX_PES_BYTES:
        work.refuse(at, f"a chunk of more than {Limits.MAX_PES_BYTES} bytes")
        stream.chunk.clear()
        stream.going = False
    elif size and len(stream.chunk) >= 6 + size:
        del stream.chunk[6 + size :]
        _chunk(work, stream, at)


def _chunk(work: _Work, stream: Stream, at: int) -> None:
    """Read the chunk that ends here."""
    pes, stream.chunk, going, stream.going = bytes(stream.chunk), bytearray(), stream.going, False
    if not going or not pes:
        return
    if len(pes) < 9 or pes[:3] != b"\x00\x00\x01" or len(pes) < 9 + pes[8]:
        work.refuse(at, "a chunk has no header", pes)
        return
    pts_s = _pts_s(pes[9:14]) if pes[7] & 0x80 and pes[8] >= 5 else None
    body = pes[9 + pes[8] :]
    bodies = _access_units(body) if stream.synchronous else [body]
    for part in bodies:
        # A KLV packet may run on into the next chunk in asynchronous streams: the state keeps it.
        inner, records, errors = klv.decode(stream.klv, part)
        assert isinstance(inner, klv.KlvState)
        stream.klv = inner
        work.records += [msgspec.structs.replace(record, pts_s=pts_s) for record in records]
        work.errors += errors


def _access_units(body: bytes) -> list[bytes]:
    """Return what lies behind each metadata access unit header (ISO/IEC 13818-1 table 2-97)."""
    parts, k = [], 0
    while k + 5 <= len(body):
        size = int.from_bytes(body[k + 3 : k + 5], "big")
        parts.append(body[k + 5 : k + 5 + size])
        k += 5 + size
    return parts


def _pts_s(raw: bytes) -> float:
    ticks = (raw[0] >> 1 & 7) << 30 | raw[1] << 22 | raw[2] >> 1 << 15 | raw[3] << 7 | raw[4] >> 1
    return ticks / PTS_HZ


def crc32(data: bytes) -> int:
    """Return the CRC-32 of MPEG-2 tables (poly 0x04C11DB7, no reflection); 0 over a section with its own CRC."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ (0x04C11DB7 if crc & 0x80000000 else 0)) & 0xFFFFFFFF
    return crc


def encode(record: Record, /) -> bytes:
    """Return a transport stream of one KLV packet: both tables, then the chunk."""
    if not isinstance(record, VideoGeometry):
        raise LocalError("klv_ts: only a VideoGeometry can be written")
    return stream_of([record])


def stream_of(records: Sequence[VideoGeometry]) -> bytes:
    """Return a transport stream of these records' KLV packets (asynchronous, registered KLVA)."""
    first = records[0].t_s if records else 0.0
    out = _table_packet(PAT_PID, 0x00, b"\x00\x01" + (0xE000 | MAP_PID).to_bytes(2, "big"))
    stream = bytes([0x06]) + (0xE000 | KLV_PID).to_bytes(2, "big") + b"\xf0\x06\x05\x04KLVA"
    out += _table_packet(MAP_PID, 0x02, (0xE000 | KLV_PID).to_bytes(2, "big") + b"\xf0\x00" + stream)
    counter = 0
    for record in records:
        pts = record.pts_s if record.pts_s is not None else record.t_s - first
        pes = _pes(klv.encode(record), round(pts * PTS_HZ) % 2**33)
        for k in range(0, len(pes), PACKET - 4):
            out += _transport(KLV_PID, pes[k : k + PACKET - 4], counter, starts=k == 0)
            counter = (counter + 1) % 16
    return out


def _pes(body: bytes, pts: int) -> bytes:
    stamp = bytes(
        [0x21 | pts >> 29 & 0x0E, pts >> 22 & 255, 1 | pts >> 14 & 0xFE, pts >> 7 & 255, 1 | pts << 1 & 0xFE]
    )
    rest = b"\x80\x80\x05" + stamp + body
    return b"\x00\x00\x01\xbd" + len(rest).to_bytes(2, "big") + rest


def _table_packet(pid: int, table: int, body: bytes) -> bytes:
    size = 5 + len(body) + 4
    section = bytes([table]) + (0xB000 | size).to_bytes(2, "big") + b"\x00\x01\xc1\x00\x00" + body
    section += crc32(section).to_bytes(4, "big")
    payload = (b"\x00" + section).ljust(PACKET - 4, b"\xff")
    return bytes([SYNC]) + (0x4000 | pid).to_bytes(2, "big") + b"\x10" + payload


def _transport(pid: int, payload: bytes, counter: int, *, starts: bool) -> bytes:
    head = bytes([SYNC]) + ((0x4000 if starts else 0) | pid).to_bytes(2, "big")
    gap = PACKET - 4 - len(payload)
    if gap == 0:
        return head + bytes([0x10 | counter]) + payload
    stuffing = bytes([gap - 1]) + (b"\x00" + b"\xff" * (gap - 2) if gap > 1 else b"")
    return head + bytes([0x30 | counter]) + stuffing + payload
