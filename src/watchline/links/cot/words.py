"""What people tell as words on a marker: TAK clients have no event for it, and everybody has markers.

    WL advance 70% until 2026-01-23T06:00Z heading 45 people 30 vehicles 4 along the old road
    WL cover HELI-2 km 10-60 band 900-1500 for 2h

The word after WL is what the partner beyond the line does, and the percentage how sure the partner is: it must be
there.  `cover` is an aircraft on station: over which kilometres, between which heights above mean sea level, metres.
`until`, or `for 2h`, is how long it holds (six hours otherwise); the rest is kept as text.  The same words are
written and read.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Any

from watchline.domain.records import AirCover, GeoPoint, PartnerEvent

MARKER = "b-m-p-s-m"  # a spot on the map
WORDS = {
    "advance": "advance",
    "displaced": "displaced_people",
    "pursuit": "pursuit",
    "withdrawal": "withdrawal",
    "other": "other",
}
HOLDS_S = 6 * 3600.0
LONGEST_S = 7 * 86_400.0
_NUMBERS = re.compile(r"\b(heading|people|vehicles) (\d{1,6})\b")
_BEGIN = re.compile(r"WL ([a-z_]+)(?: people)? +(\d{1,3}) ?%")
_COVER = re.compile(r"WL cover (\S{1,40}) km (\d{1,4}(?:\.\d+)?)-(\d{1,4}(?:\.\d+)?) band (\d{1,5})-(\d{1,5})\b")
_UNTIL = re.compile(r"\buntil (\S+)|\bfor (\d{1,3}) ?h\b")


def is_told(remarks: str) -> bool:
    """Return whether a marker's words are such an event."""
    return remarks.startswith("WL ")


def event_of(remarks: str, place: GeoPoint, organisation: str, stamped: dict[str, Any]) -> PartnerEvent | AirCover:
    """Return what a marker says; ValueError with what is missing or cannot be."""
    if remarks.startswith("WL cover"):
        return _cover(remarks, organisation, stamped)
    begin = _BEGIN.match(remarks)
    if begin is None or begin[1] not in WORDS:
        raise ValueError(f"remarks: must begin 'WL WHAT NN%' with one of {', '.join(WORDS)}, and how sure")
    confidence = int(begin[2]) / 100.0
    if confidence > 1.0:
        raise ValueError(f"remarks: {begin[2]}% is more than sure")
    rest = remarks[begin.end() :]
    numbers = {name: int(value) for name, value in _NUMBERS.findall(rest)}
    heading = numbers.get("heading")
    if heading is not None and heading > 360:
        raise ValueError(f"remarks: heading {heading} is none")
    return PartnerEvent(
        **stamped,
        what=WORDS[begin[1]],  # type: ignore[arg-type]
        organisation=organisation,
        place=place,
        confidence=confidence,
        until_s=_until_s(rest, stamped["t_s"]),
        heading_rad=None if heading is None else math.radians(heading),
        people=numbers.get("people"),
        vehicles=numbers.get("vehicles"),
        text=" ".join(_UNTIL.sub(" ", _NUMBERS.sub(" ", rest)).split())[:500],
    )


def _cover(remarks: str, organisation: str, stamped: dict[str, Any]) -> AirCover:
    found = _COVER.match(remarks)
    if found is None:
        raise ValueError("remarks: must be 'WL cover WHO km FROM-TO band LOW-HIGH for Nh'")
    from_km, to_km, low_m, high_m = (float(text) for text in found.groups()[1:])
    if not (from_km < to_km and low_m < high_m):
        raise ValueError("remarks: kilometres and heights go from low to high")
    return AirCover(
        **stamped, aircraft=found[1], organisation=organisation, from_km=from_km, to_km=to_km, low_msl_m=low_m,
        high_msl_m=high_m, from_s=stamped["t_s"], until_s=_until_s(remarks[found.end() :], stamped["t_s"]),
    )  # fmt: skip


def _until_s(text: str, t_s: float) -> float:
    found = _UNTIL.search(text)
    if found is None:
        return t_s + HOLDS_S
    if found[2] is not None:
        until_s = t_s + 3600.0 * int(found[2])
    else:
        try:
            moment = datetime.fromisoformat(found[1])
        except ValueError:
            raise ValueError(f"remarks: until {found[1][:32]!r} is no time") from None
        if moment.tzinfo is None:
            raise ValueError(f"remarks: until {found[1][:32]!r} has no zone")
        until_s = moment.timestamp()
    if not t_s < until_s <= t_s + LONGEST_S:
        raise ValueError("remarks: until must be after the event, and within a week of it")
    return until_s


def words_of(event: PartnerEvent | AirCover) -> str:
    """Return the words of an event."""
    if isinstance(event, AirCover):
        where = f"km {event.from_km:g}-{event.to_km:g} band {event.low_msl_m:.0f}-{event.high_msl_m:.0f}"
        return f"WL cover {event.aircraft.replace(' ', '_')} {where} until {_moment(event.until_s)}"
    word = next(word for word, what in WORDS.items() if what == event.what)
    parts = [f"WL {word} {event.confidence:.0%} until {_moment(event.until_s)}"]
    if event.heading_rad is not None:
        parts.append(f"heading {round(math.degrees(event.heading_rad)) % 360}")
    parts += [f"{name} {n}" for name, n in (("people", event.people), ("vehicles", event.vehicles)) if n is not None]
    return " ".join([*parts, event.text]).strip()


def _moment(t_s: float) -> str:
    return datetime.fromtimestamp(round(t_s), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
