"""Batches: what is appended between two cuts, laid out by kind, hashed, and linked to the batch before.

Theory: a batch has one section per kind of event, one per kind of columns and one for payloads.  A section's
body is a MessagePack array of items, each with its position in the batch, so that the order in which things
were appended is kept across sections.  The header lists the sections with their counts, time spans and
SHA-256 digests, and the hash of the batch before; the hash of the batch is the SHA-256 of its header.
The header lines are also the index by which readers find what they need, so the index is part of the chain.

Rules: nothing here knows a clock, a thread, a disk or chance.  Bodies are hashed before compression, so
that another deflate gives the same chain.
"""

from __future__ import annotations

import bisect
import hashlib
import math
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from watchline.ledger.columns import COLUMN_NAMES, PackedColumn, unpack_column

FORMAT = "watchline-ledger-1"
GENESIS = bytes(32)
PAYLOADS = "payloads"
"""The name of the section that lists payloads; the others are kinds of records and names of columns."""
SECTIONS_MAX = 256
"""Sections in a batch; the id of a section is seq * SECTIONS_MAX + its place."""

_ENCODER = msgspec.msgpack.Encoder(order="deterministic")


class SectionLine(msgspec.Struct, frozen=True, array_like=True):
    """What the header says of a section.  items: events, rows or payloads; spans are None for payloads."""

    name: str
    items: int
    t0_s: float | None
    t1_s: float | None
    known0_s: float | None
    known1_s: float | None
    size: int
    digest: bytes


class Header(msgspec.Struct, frozen=True, array_like=True):
    """What the hash of a batch covers."""

    format: str
    seq: int
    cut_s: float
    previous: bytes
    sections: tuple[SectionLine, ...]


class ColumnItem(msgspec.Struct, frozen=True, array_like=True):
    """One appended columnar batch.  salt: so that nobody can find deleted rows by trying; older ones have none."""

    pos: int
    known_s: float
    rows: int
    columns: tuple[PackedColumn, ...]
    salt: bytes = b""


class PayloadItem(msgspec.Struct, frozen=True, array_like=True):
    """One payload stored apart: its id is SHA-256(salt + bytes)."""

    pos: int
    payload_id: bytes
    size: int
    media_type: str


class _Stamp(msgspec.Struct, frozen=True):
    """The part of any record that the index needs, whatever version wrote it."""

    kind: str
    t_s: float


@dataclass(frozen=True, slots=True)
class StoredPayload:
    """A payload as it is kept: what makes its id, and where it is chained."""

    payload_id: bytes
    salt: bytes
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Stretch:
    """Batches first..last, both included, and a name of columns of which they keep the header lines alone."""

    name: str
    first: int
    last: int


def rows_within(lines: Sequence[tuple[int, int]], stretches: Iterable[tuple[int, int]]) -> list[int]:
    """Return the rows of each (batch, rows) of lines, in order of batches, that lies in a stretch (first, last)."""
    return [
        rows
        for first, last in stretches
        for _, rows in lines[bisect.bisect_left(lines, (first, 0)) : bisect.bisect_left(lines, (last + 1, 0))]
    ]


@dataclass(frozen=True, slots=True)
class Batch:
    """A sealed batch on its way to the disk.  bodies[i] belongs to header.sections[i].

    erased: payloads, emptied: columns, whose bytes go once the batch is on the disk.
    """

    header: Header
    header_bytes: bytes
    hash: bytes
    bodies: tuple[bytes, ...]
    payloads: tuple[StoredPayload, ...] = ()
    erased: tuple[bytes, ...] = ()
    emptied: tuple[Stretch, ...] = ()

    @property
    def seq(self) -> int:
        """Return its place in the chain, from 1."""
        return self.header.seq

    @property
    def size(self) -> int:
        """Return about how many bytes it holds in memory."""
        return sum(map(len, self.bodies)) + sum(len(p.data) for p in self.payloads)


@dataclass(slots=True)
class _OpenSection:
    """A section while it grows (mutable)."""

    parts: list[bytes] = field(default_factory=list)
    items: int = 0
    t0_s: float = math.inf
    t1_s: float = -math.inf
    known0_s: float = math.inf
    known1_s: float = -math.inf

    def widen(self, t0_s: float, t1_s: float, known_s: float) -> None:
        # Compared rather than min and max: this runs for every event.
        if t0_s < self.t0_s:
            self.t0_s = t0_s
        if t1_s > self.t1_s:
            self.t1_s = t1_s
        if known_s < self.known0_s:
            self.known0_s = known_s
        if known_s > self.known1_s:
            self.known1_s = known_s


@dataclass(slots=True)
class Pending:
    """What was appended since the last cut (mutable)."""

    sections: dict[str, _OpenSection] = field(default_factory=dict)
    payloads: list[StoredPayload] = field(default_factory=list)
    erased: list[bytes] = field(default_factory=list)
    emptied: list[Stretch] = field(default_factory=list)
    pos: int = 0
    size: int = 0

    def add_event(self, kind: str, t_s: float, known_s: float, record: Any) -> None:
        """Add a record under its kind."""
        part = _ENCODER.encode((self.pos, known_s, record))
        section = self._put(kind, part)
        section.items += 1
        section.widen(t_s, t_s, known_s)

    def add_columns(self, name: str, item: ColumnItem, t0_s: float, t1_s: float) -> None:
        """Add a packed columnar batch; its position is set here."""
        part = _ENCODER.encode(msgspec.structs.replace(item, pos=self.pos))
        section = self._put(name, part)
        section.items += item.rows
        section.widen(t0_s, t1_s, item.known_s)

    def add_payload(self, payload: StoredPayload) -> None:
        """Add a payload: its id to the chain, its bytes to be stored apart."""
        item = PayloadItem(
            pos=self.pos, payload_id=payload.payload_id, size=len(payload.data), media_type=payload.media_type
        )
        self._put(PAYLOADS, _ENCODER.encode(item)).items += 1
        self.payloads.append(payload)
        self.size += len(payload.data)

    def _put(self, name: str, part: bytes) -> _OpenSection:
        section = self.sections.get(name)
        if section is None:
            section = self.sections[name] = _OpenSection()
        section.parts.append(part)
        self.pos += 1
        self.size += len(part)
        return section


def seal(pending: Pending, *, seq: int, cut_s: float, previous: bytes) -> Batch:
    """Return the batch made of what is pending, linked to the hash of the batch before."""
    lines = []
    bodies = []
    for name in sorted(pending.sections):
        section = pending.sections[name]
        body = _array_of(section.parts)
        lines.append(_line(name, section, body))
        bodies.append(body)
    header = Header(format=FORMAT, seq=seq, cut_s=cut_s, previous=previous, sections=tuple(lines))
    header_bytes = _ENCODER.encode(header)
    return Batch(
        header=header,
        header_bytes=header_bytes,
        hash=hashlib.sha256(header_bytes).digest(),
        bodies=tuple(bodies),
        payloads=tuple(pending.payloads),
        erased=tuple(pending.erased),
        emptied=tuple(pending.emptied),
    )


def _array_of(parts: list[bytes]) -> bytes:
    """Return a MessagePack array of already encoded items; the count is always written in 32 bits."""
    return b"\xdd" + struct.pack(">I", len(parts)) + b"".join(parts)


_COLUMN_ITEMS = msgspec.msgpack.Decoder(list[ColumnItem])
_PAYLOAD_ITEMS = msgspec.msgpack.Decoder(list[PayloadItem])
_STAMP_ITEMS = msgspec.msgpack.Decoder(list[tuple[int, float, _Stamp]])
_HEADER = msgspec.msgpack.Decoder(Header)


def read_header(data: bytes) -> Header:
    """Return a header; msgspec.MsgspecError when it is none."""
    return _HEADER.decode(data)


def read_columns(body: bytes) -> list[ColumnItem]:
    """Return the items of a section of columns; msgspec.MsgspecError when it is none."""
    return _COLUMN_ITEMS.decode(body)


def read_payloads(body: bytes) -> list[PayloadItem]:
    """Return the items of the section of payloads; msgspec.MsgspecError when it is none."""
    return _PAYLOAD_ITEMS.decode(body)


def describe(name: str, body: bytes) -> SectionLine:
    """Return the header line that a section's body earns: what a check compares with the one written.

    Raises msgspec.MsgspecError or ValueError when the body is not a section of that name.
    """
    section = _OpenSection()
    if name == PAYLOADS:
        section.items = len(read_payloads(body))
    elif name in COLUMN_NAMES:
        for item in read_columns(body):
            t_s = next(unpack_column(item.rows, c) for c in item.columns if c.name == "t_s")
            section.items += item.rows
            section.widen(float(t_s.min()), float(t_s.max()), item.known_s)
    else:
        for _pos, known_s, stamp in _STAMP_ITEMS.decode(body):
            if stamp.kind != name:
                raise ValueError(f"an event of kind {stamp.kind} lies among {name}")
            section.items += 1
            section.widen(stamp.t_s, stamp.t_s, known_s)
    return _line(name, section, body)


def _line(name: str, section: _OpenSection, body: bytes) -> SectionLine:
    """Return what a header says of a section: payloads have no times of their own."""
    timed = name != PAYLOADS
    return SectionLine(
        name=name,
        items=section.items,
        t0_s=section.t0_s if timed else None,
        t1_s=section.t1_s if timed else None,
        known0_s=section.known0_s if timed else None,
        known1_s=section.known1_s if timed else None,
        size=len(body),
        digest=hashlib.sha256(body).digest(),
    )
