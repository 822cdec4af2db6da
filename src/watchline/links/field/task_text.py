"""An order to a unit in at most 200 bytes, and what the unit says of it: lines of `report_text`, kinds T and A.

    WL1 T P07.31 180123T021405Z 33.60012,42.00045 38S_LC_0725_1906 =people n3 h045 a2 b180123T023500Z *6B1D
    WL1 A P07.31 180123T021502Z en_route *1F2C

T: unit and number of the order, when it was given, where to meet as latitude and longitude and in MGRS, then what is
known: `=` subject, `n` count, `h` their heading in degrees, `a` minutes since they were seen, `b` when they are
expected there.  A: the same unit and number, and its state: accepted, declined, en_route, on_scene, found, not_found,
helped, handed_over, failed; then free text.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import NamedTuple

from watchline.domain.respond import Task, TaskReport, TaskState
from watchline.geo.grid_reference import mgrs_of

STATES: dict[str, tuple[TaskState, str]] = {
    "accepted": ("accepted", ""), "declined": ("declined", ""), "en_route": ("en_route", ""),
    "on_scene": ("on_scene", ""), "found": ("done", "found"), "not_found": ("done", "not_found"),
    "helped": ("done", "helped"), "handed_over": ("done", "handed_over"), "failed": ("failed", ""),
}  # fmt: skip
ORDER = re.compile(
    r"WL1 T ([A-Za-z0-9_-]{1,24})\.(\d{1,9}) (\d{6}T\d{6}Z) (-?[\d.]+),(-?[\d.]+) (\S+) =(\w+) n(\d+)"
    r"(?: h(\d{3}))?(?: a(\d+))? b(\d{6}T\d{6}Z)"
)


class Order(NamedTuple):
    """What a unit's device reads in a T line; heading_deg, age_min None where not told."""

    unit: str
    number: int
    lat_deg: float
    lon_deg: float
    mgrs: str
    subject: str
    people: int
    heading_deg: int | None
    age_min: int | None
    meet_at: str


def order_body(task: Task) -> str:
    """Return the order of a task without its checksum: about 110 bytes."""
    place = task.option.place
    parts = [
        "WL1 T", f"{task.unit}.{task.number}", _stamp(task.t_s), f"{place.lat_deg:.5f},{place.lon_deg:.5f}",
        mgrs_of(place.lon_deg, place.lat_deg).replace(" ", "_"), f"={task.subject}", f"n{task.count}",
    ]  # fmt: skip
    if task.heading_rad is not None:
        parts.append(f"h{round(math.degrees(task.heading_rad)) % 360:03}")
    if task.seen_s is not None:
        parts.append(f"a{max(0, round((task.t_s - task.seen_s) / 60.0))}")
    return " ".join([*parts, f"b{_stamp(task.option.meets_s)}"])


def read_order(body: str) -> Order:
    """Return what a T line says, without its checksum; ValueError for what is none."""
    m = ORDER.fullmatch(body)
    if m is None:
        raise ValueError("is no order: WL1 T unit.number time place grid =subject count, and when to be there")
    heading, age = (None if part is None else int(part) for part in (m[9], m[10]))
    return Order(m[1], int(m[2]), float(m[4]), float(m[5]), m[6], m[7], int(m[8]), heading, age, m[11])


def answer(unit: str, number: int, t_s: float, rest: str) -> TaskReport:
    """Return what an A line says after its time; ValueError for an unknown state."""
    word, _, text = rest.partition(" ")
    if word not in STATES:
        raise ValueError(f"{word[:16]!r} is no state of a task: one of {', '.join(STATES)}")
    state, result = STATES[word]
    return TaskReport(
        id=f"{unit}.{number}-{word}", t_s=t_s, source=unit, task="", number=number, unit=unit, state=state,
        result=result, text=text.strip().strip('"'),  # type: ignore[arg-type]  # of the table above
    )  # fmt: skip


def _stamp(t_s: float) -> str:
    return datetime.fromtimestamp(round(t_s), UTC).strftime("%y%m%dT%H%M%SZ")
