"""A link to copy: a made-up counter that sends `name,count` lines in ASCII, one every second.

Standard: the maker's page, version 1.0.  Clauses covered: 2 (lines), 3 (counts).
Not covered: clause 4 (configuration), which the maker leaves open.
"""

from __future__ import annotations

import dataclasses

from watchline.domain.records import GroundReport, Record
from watchline.links.contract import Decoded, Framing, LocalError, PeerError, Settings, State

NAME = "template"
FRAMING: Framing = "stream"


class Limits:
    """line: bytes of one line, a name of 32 and a number; a longer one is no line of this device."""

    line = 64


def init(settings: Settings) -> State:
    """Return the state before the first byte."""
    return State(settings)


def decode(state: State, data: bytes, /) -> Decoded:
    """Return the state, the records in what came, and what was refused of it."""
    records: list[Record] = []
    errors: list[PeerError] = []
    taken, rest = state.taken, state.rest + data
    while (end := rest.find(b"\n")) >= 0:
        line, rest = rest[:end], rest[end + 1 :]
        try:
            records.append(_record(state, line, taken))
        except ValueError as error:
            errors.append(PeerError(state.settings.name, taken, str(error), line[: Limits.line]))
        taken += end + 1
    if len(rest) > Limits.line:
        errors.append(PeerError(state.settings.name, taken, f"a line over {Limits.line} bytes", rest[: Limits.line]))
        taken, rest = taken + len(rest), b""
    return dataclasses.replace(state, rest=rest, taken=taken), tuple(records), tuple(errors)


def _record(state: State, line: bytes, offset: int) -> GroundReport:
    name, comma, count = line.decode("ascii", "replace").strip().partition(",")
    if len(line) > Limits.line or not comma or not name.isalnum() or not (count.isascii() and count.isdigit()):
        raise ValueError("a line must be 'name,count'")
    return GroundReport(
        id=f"{state.settings.name}-{offset}", t_s=state.now_s, source=state.settings.name,
        device=name, what="step", count=int(count),
    )  # fmt: skip


def encode(record: Record, /) -> bytes:
    """Return the record as the device would send it; LocalError for any other kind."""
    if (
        not isinstance(record, GroundReport)
        or record.count is None
        or record.count < 0
        or not record.device.isalnum()
    ):
        raise LocalError("only a GroundReport with a count and a plain name can be written")
    return f"{record.device},{record.count}\n".encode("ascii")
