"""Reports of patrols and checkpoints as short text, for a poor link: one line of at most 200 bytes, either way.

    WL1 F post-3.17 180123T021405Z 33.60012,42.00045 =people n3 h045 a2.5 "towards the well *6B1D

Version, kind, reporter and number, time, place; then what is known in any order; then free text; then a checksum.
Kinds: P passage, F footprints, S other sign, V sighting, G found, N not found, D distress, I inspection; back to the
reporter K accepted, R refused; T an order to a unit and A its answer (`task_text.py`).
`=` subject, `n` count, `h` heading in degrees, `a` age in hours; for inspections `=` barrier or post, `c` condition
in per cent, `w` what, `k` the stretch in kilometres.

Standard: our own, version 1; the checksum is CRC-16/IBM-3740 over every byte before ` *`.
Not covered: encryption and proof of who sent it: the radio or telephone link does that, and `allow` names who is
believed.  A place is told to 1e-5 degrees, one metre.

Rules: a line that fails its checksum is refused whole, and nothing of it is kept: the reporter gets no receipt and
sends it again.  Reporter and number make a repeated report the same one (its id).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, get_args

from watchline.domain.records import FieldKind, FieldReport, GeoPoint, Inspection, Record, ReportReceipt
from watchline.domain.respond import Task, TaskReport
from watchline.links.contract import Decoded, Framing, LocalError, PeerError, Settings, State
from watchline.links.field import task_text

NAME = "report_text"
FRAMING: Framing = "message"
VERSION = "WL1"
KINDS: dict[str, FieldKind] = {
    "P": "passage", "F": "footprints", "S": "sign", "V": "sighting", "G": "found", "N": "not_found", "D": "distress",
}  # fmt: skip
LETTERS = {kind: letter for letter, kind in KINDS.items()}
SUBJECTS = ("person", "people", "vehicle", "animal", "unknown")
CONDITIONS = ("intact", "cut", "trampled", "filled", "washed_out", "sand", "damaged", "no_power", "repaired")
HEAD = re.compile(r"WL1 ([PFSVGNDIKRA]) ([A-Za-z0-9_-]{1,24})\.(\d{1,9})(?: (\d{6}T\d{6}Z)(?: (.*))?)?", re.DOTALL)

assert set(KINDS.values()) == set(get_args(FieldKind))


class Limits:
    """line: bytes of one report (two short messages at most, a radio burst of a second); lines: of one message."""

    line = 200
    lines = 50


def init(settings: Settings) -> State:
    """Return the state before the first message."""
    return State(settings)


def decode(state: State, data: bytes, /) -> Decoded:
    """Return the reports in one message, a line each, and what was refused."""
    records: list[Record] = []
    errors: list[PeerError] = []
    at = state.taken
    for number, line in enumerate(data.split(b"\n")):
        try:
            if line.strip():
                if number >= Limits.lines:
                    raise ValueError(f"more than {Limits.lines} lines in a message")
                records.append(read(line.strip(), state))
        except ValueError as error:
            errors.append(PeerError(state.settings.name, at, str(error), line[:64]))
        if number >= Limits.lines and errors:
            break
        at += len(line) + 1
    return replace(state, taken=state.taken + len(data)), tuple(records), tuple(errors)


def read(line: bytes, state: State) -> FieldReport | Inspection | ReportReceipt | TaskReport:
    """Return what one line says; ValueError with the rule that it breaks."""
    if len(line) > Limits.line:
        raise ValueError(f"a line of {len(line)} bytes; at most {Limits.line}")
    body, star, check = line.rpartition(b" *")
    if not star or check.decode("ascii", "replace").upper() != f"{crc16(body):04X}":
        raise ValueError("the checksum is wrong: not received as it was sent")
    try:
        m = HEAD.fullmatch(body.decode("utf-8"))
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    if m is None:
        raise ValueError("does not begin with WL1, kind, reporter.number, time")
    letter, reporter, number = m[1], m[2], int(m[3])
    if state.settings.allow and reporter not in state.settings.allow:
        raise ValueError(f"{reporter} is not one of the reporters believed here")
    if letter in "KR":
        return _receipt(state, reporter, number, accepted=letter == "K")
    if m[4] is None:
        raise ValueError("a report has a time")
    common = {"id": f"{reporter}.{number}", "t_s": _time_s(m[4]), "source": reporter}
    if letter == "A":
        return task_text.answer(reporter, number, _time_s(m[4]), m[5] or "")
    fields, text = _fields(m[5] or "")
    if letter == "I":
        return _inspection(common | {"number": number}, fields, text)
    return _report(common, letter, reporter, number, fields, text)


def is_reporter(name: str) -> bool:
    """Return whether a name can stand in a line as its reporter."""
    return re.fullmatch(r"[A-Za-z0-9_-]{1,24}", name) is not None


def _receipt(state: State, reporter: str, number: int, *, accepted: bool) -> ReportReceipt:
    return ReportReceipt(
        id=f"{reporter}.{number}-{'K' if accepted else 'R'}", t_s=state.now_s, source=state.settings.name,
        reporter=reporter, number=number, accepted=accepted,
    )  # fmt: skip


def _fields(rest: str) -> tuple[dict[str, str], str]:
    """Return the fields by their first character (`@` the place) and the free text after the quotation mark."""
    told, _, text = rest.partition('"')
    fields: dict[str, str] = {}
    for part in told.split():
        name = "@" if part[0] in "-0123456789" else part[0]
        if name not in "@=nhacwk" or name in fields:
            raise ValueError(f"{part[:16]!r} is not a field, or is there twice")
        fields[name] = part if name == "@" else part[1:]
    if not text.isprintable():
        raise ValueError("the text has control characters")
    return fields, text


def _report(
    common: dict[str, Any], letter: str, reporter: str, number: int, fields: dict[str, str], text: str
) -> FieldReport:
    subject = fields.get("=", "unknown")
    if subject not in SUBJECTS:
        raise ValueError(f"={subject[:16]}: must be one of {', '.join(SUBJECTS)}")
    if set(fields) & set("cwk"):
        raise ValueError("c, w and k belong to inspections")
    heading = _number(fields, "h", 0, 360)
    count = _number(fields, "n", 0, 100_000)
    return FieldReport(
        **common,
        reporter=reporter,
        number=number,
        what=KINDS[letter],
        place=_place(fields["@"]) if "@" in fields else None,
        subject=subject,  # type: ignore[arg-type]  # checked above
        count=None if count is None else int(count),
        heading_rad=None if heading is None else math.radians(heading),
        age_h=_number(fields, "a", 0, 1_000),
        text=text,
    )


def _inspection(common: dict[str, Any], fields: dict[str, str], text: str) -> Inspection:
    condition, what = _number(fields, "c", 0, 100), fields.get("w", "")
    if condition is None or not fields.get("=") or what not in CONDITIONS:
        raise ValueError(f"an inspection has = and c and w, one of {', '.join(CONDITIONS)}")
    from_km = to_km = None
    if "k" in fields:
        first, _, last = fields["k"].partition(":")
        from_km, to_km = (_number({"k": part}, "k", -1_000, 100_000) for part in (first, last))
    return Inspection(
        **common,
        subject=fields["="],
        condition=condition / 100,
        what=what,  # type: ignore[arg-type]  # checked above
        from_km=from_km,
        to_km=to_km,
        text=text,
    )


def _number(fields: dict[str, str], name: str, low: float, high: float) -> float | None:
    if name not in fields:
        return None
    if not re.fullmatch(r"-?\d{1,6}(\.\d{1,3})?", fields[name]) or not low <= float(fields[name]) <= high:
        raise ValueError(f"{name}{fields[name][:12]}: must be a number within {low:g}..{high:g}")
    return float(fields[name])


def _place(text: str) -> GeoPoint:
    m = re.fullmatch(r"(-?\d{1,2}\.\d{1,7}),(-?\d{1,3}\.\d{1,7})", text)
    if m is None or abs(float(m[1])) > 90 or abs(float(m[2])) > 180:
        raise ValueError(f"{text[:24]}: a place is latitude,longitude in degrees")
    return GeoPoint(lat_deg=float(m[1]), lon_deg=float(m[2]))


def _time_s(text: str) -> float:
    try:
        return datetime.strptime(text, "%y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise ValueError(f"{text}: no such time") from None


def encode(record: Record, /) -> bytes:
    """Return a report, receipt or order as one line without its end; LocalError for others and over 200 bytes."""
    match record:
        case FieldReport():
            parts = [LETTERS[record.what], f"{record.reporter}.{record.number}", _stamp(record.t_s)]
            parts += _report_parts(record)
            text = record.text
        case Inspection():
            parts = ["I", f"{record.source}.{record.number or 0}", _stamp(record.t_s)]
            parts += list(_inspection_parts(record))
            text = record.text
        case ReportReceipt():
            parts, text = ["K" if record.accepted else "R", f"{record.reporter}.{record.number}"], ""
        case Task():
            return sealed(task_text.order_body(record), check=False)
        case _:
            raise LocalError("report_text: only field reports, inspections, receipts and tasks can be written")
    return sealed(" ".join([VERSION, *parts]) + (f' "{text}' if text else ""), check=True)


def sealed(body: str, *, check: bool) -> bytes:
    """Return a line with its checksum; LocalError over 200 bytes; check: it must be readable by `read`."""
    raw = body.encode()
    line = raw + f" *{crc16(raw):04X}".encode()
    if len(line) > Limits.line:
        raise LocalError(f"report_text: {len(line)} bytes; at most {Limits.line}: shorten the text")
    try:
        if check:
            read(line, init(Settings(NAME)))
    except ValueError as error:
        raise LocalError(f"report_text: {error}") from None
    return line


def _report_parts(record: FieldReport) -> list[str]:
    parts = []
    if record.place is not None:
        parts.append(f"{record.place.lat_deg:.5f},{record.place.lon_deg:.5f}")
    if record.subject != "unknown":
        parts.append(f"={record.subject}")
    if record.count is not None:
        parts.append(f"n{record.count}")
    if record.heading_rad is not None:
        parts.append(f"h{round(math.degrees(record.heading_rad)) % 360:03}")
    if record.age_h is not None:
        parts.append(f"a{record.age_h:.1f}")
    return parts


def _inspection_parts(record: Inspection) -> Iterator[str]:
    yield f"={record.subject}"
    yield f"c{round(100 * record.condition)}"
    yield f"w{record.what}"
    if record.from_km is not None and record.to_km is not None:
        yield f"k{record.from_km:.3f}:{record.to_km:.3f}"


def _stamp(t_s: float) -> str:
    return datetime.fromtimestamp(round(t_s), UTC).strftime("%y%m%dT%H%M%SZ")


def crc16(data: bytes) -> int:
    """Return the CRC-16/IBM-3740 (poly 0x1021, from 0xFFFF); 0x29B1 over "123456789"."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ (0x1021 if crc & 0x8000 else 0)) & 0xFFFF
    return crc
