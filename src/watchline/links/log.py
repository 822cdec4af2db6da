"""Recorded logs: what came over a link and when, as text that can be read, cut and kept beside its expected output.

    # watchline-link-log 1
    # device: what was recorded, firmware, who, where, licence
    1700000000.250 in 0A0B0C...

A line is a time (seconds since 1970, UTC), a direction (`in`; lines `out` are what we said and are not decoded) and
the bytes in hexadecimal.  Anything that does not begin with the first line is a message file: the bytes themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from watchline.domain.errors import BadInput
from watchline.domain.records import Record
from watchline.links.contract import Link, PeerError, Settings, at, finish, optional

FIRST_LINE = b"# watchline-link-log 1"
FILE_MAX = 256 << 20  # bytes of one file: more is no recording to look at by hand


class Arrival(NamedTuple):
    """Bytes and when they came."""

    t_s: float
    data: bytes


def read_log(data: bytes, name: str) -> Iterator[Arrival]:
    """Yield what came, in order; BadInput names the line that is none."""
    for number, raw in enumerate(data.splitlines(), 1):
        line = raw.decode("ascii", "replace").strip()
        if not line or line.startswith("#"):
            continue
        parts = line.split()
        try:
            t_s, way, payload = float(parts[0]), parts[1], bytes.fromhex("".join(parts[2:]))
            if way not in ("in", "out"):
                raise ValueError(way)
        except (ValueError, IndexError):
            raise BadInput(f"{name}: line {number}", "is not 'TIME in HEX'", "see docs/writing-a-link.md") from None
        if way == "in":
            yield Arrival(t_s, payload)


def write_line(arrival: Arrival, way: str = "in") -> str:
    """Return one line of a log."""
    return f"{arrival.t_s:.3f} {way} {arrival.data.hex()}"


def replay(link: Link, data: bytes, name: str, settings: Settings | None = None) -> Iterator[Record | PeerError]:
    """Yield the records and refusals of a log or message file, in order; BadInput when it is neither.

    A message file may be in a form of its own that the link's `read_file` turns into messages.
    """
    if not data:
        raise BadInput(name, "is empty", "give a recorded log or a message file")
    state = link.init(settings or Settings(link.NAME))
    for arrival in _arrivals(link, data, name):
        if isinstance(arrival, PeerError):
            yield arrival
            continue
        state, records, errors = link.decode(at(state, arrival.t_s), arrival.data)
        yield from records
        yield from errors
    yield from finish(state)


def _arrivals(link: Link, data: bytes, name: str) -> Iterator[Arrival | PeerError]:
    if data.startswith(FIRST_LINE):
        yield from read_log(data, name)
        return
    read_file = optional(link, "read_file")
    for message in read_file(data) if read_file is not None else (data,):
        yield message if isinstance(message, PeerError) else Arrival(0.0, message)


def as_line(item: Record | PeerError) -> bytes:
    """Return a record or a refusal as one JSON line."""
    if isinstance(item, Record):
        return msgspec.json.encode(item, order="sorted")
    refused = {"kind": "rejection", "link": item.link, "offset": item.offset, "rule": item.reason}
    return msgspec.json.encode(refused | ({"sample": item.sample.hex()} if item.sample else {}), order="sorted")
