"""What is told of a lost contact: the file LASTSEEN.toml, field by field."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from watchline.domain.errors import BadInput
from watchline.domain.search import Subject
from watchline.domain.site import Part
from watchline.sources.toml_file import read_as

INTENT_FIELDS = ("onward", "back", "place", "wander", "stay", "lost")


class LastSeen(Part, frozen=True):
    """Where and when they were last known.  at: RFC 3339 with a zone; error_m 1-sigma each way.

    subject: what they go as; lost: a visitor or whoever asks for help, who does not hide and has no goal.
    heading_deg from true north and speed_m_s of the last track, left out when not known.
    """

    at: str
    lon_deg: float
    lat_deg: float
    subject: Subject = "walker"
    error_m: float = 50.0
    heading_deg: float | None = None
    speed_m_s: float | None = None
    name: str = "search"


class SearchSpec(Part, frozen=True):
    """How it is searched.  begins: RFC 3339, ten minutes after the loss by default; units: ids, all by default.

    beyond_line: whether drones may search across the line; nobody else ever does.
    """

    begins: str = ""
    hours: float = 2.0
    units: tuple[str, ...] = ()
    beyond_line: bool = False
    visibility_m: float = 20_000.0


class Searched(Part, frozen=True):
    """A look in vain.  file: GPX with times beside LASTSEEN.toml; width_m: sweep width of whoever made it."""

    file: str
    width_m: float


class SignSeen(Part, frozen=True):
    """A sign: footprints, a fire, a report.  p_theirs: how sure it is theirs."""

    at: str
    lon_deg: float
    lat_deg: float
    p_theirs: float
    error_m: float = 50.0


class LastSeenFile(Part, frozen=True):
    """The whole file.  intents: shares of what they may be about, in place of the assumed ones; must sum to 1."""

    schema: Literal[1]
    last_seen: LastSeen
    search: SearchSpec = SearchSpec()
    intents: dict[str, float] = msgspec.field(default_factory=dict)
    looked: tuple[Searched, ...] = ()
    sign: tuple[SignSeen, ...] = ()


def read_last_seen(path: Path) -> LastSeenFile:
    """Return the file; BadInput with one line that names file, field and rule."""
    told = read_as(path, LastSeenFile, "docs/search.md")
    _judge(path, told)
    return told


def time_s(path: Path, field: str, text: str) -> float:
    """Return seconds since the epoch of an RFC 3339 time with a zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(
            f"{path}: {field}", f"is not a time, got {text!r}", "such as 2026-01-31T02:10:00+03:00"
        ) from None
    if moment.tzinfo is None:
        raise BadInput(f"{path}: {field}", f"has no zone, got {text!r}", "such as 2026-01-31T02:10:00+03:00")
    return moment.timestamp()


def _judge(path: Path, told: LastSeenFile) -> None:
    seen, spec = told.last_seen, told.search
    bounds = [
        ("last_seen.lon_deg", seen.lon_deg, -180.0, 180.0), ("last_seen.lat_deg", seen.lat_deg, -89.0, 89.0),
        ("last_seen.error_m", seen.error_m, 1.0, 20_000.0), ("search.hours", spec.hours, 0.25, 6.0),
        ("last_seen.speed_m_s", seen.speed_m_s or 0.0, 0.0, 60.0),
        ("last_seen.heading_deg", seen.heading_deg or 0.0, -360.0, 360.0),
        ("search.visibility_m", spec.visibility_m, 50.0, 100_000.0),
    ]  # fmt: skip
    for k, one in enumerate(told.looked):
        bounds.append((f"looked[{k}].width_m", one.width_m, 1.0, 5000.0))
    for k, sign in enumerate(told.sign):
        bounds += [
            (f"sign[{k}].p_theirs", sign.p_theirs, 0.0, 1.0),
            (f"sign[{k}].error_m", sign.error_m, 1.0, 5000.0),
        ]
    for field, value, low, high in bounds:
        if not low <= value <= high:
            raise BadInput(f"{path}: {field}", f"must be in {low:g} to {high:g}, got {value:g}", "correct it")
    unknown = sorted(set(told.intents) - set(INTENT_FIELDS))
    if unknown:
        raise BadInput(f"{path}: intents.{unknown[0]}", "is no intent", f"one of {', '.join(INTENT_FIELDS)}")
    if told.intents and (min(told.intents.values()) < 0.0 or abs(sum(told.intents.values()) - 1.0) > 1e-6):
        raise BadInput(f"{path}: intents", "must be shares that sum to 1", "correct them")
