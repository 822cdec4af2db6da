"""The records of responding: what is proposed, what a person approved, what was ordered, what the unit said of it.

Rules as in `records.py`.  A proposal cannot be sent: no link knows it, and a `Task` cannot be written without the
`TaskApproval` in it, which only `response.tasking.approved` gives, to a person whom the site entitles.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from watchline.domain.records import AlertKind, Position, Record


class Uncovered(msgspec.Struct, frozen=True, kw_only=True):
    """What a unit leaves behind: the stretch that waits longest for the next one, and how long before and then."""

    from_km: float
    to_km: float
    before_s: float
    then_s: float


class Waits(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch that waits longer than it should for the first unit; wait_s: -1 where nobody would come at all."""

    from_km: float
    to_km: float
    wait_s: float


class LineUncovered(Record, frozen=True, tag="line_uncovered"):
    """Where nobody free is near, from now on; a later one replaces it, none: everywhere somebody is.

    limit_s: what a stretch may wait; busy: units that are not free, and why.
    """

    stretches: tuple[Waits, ...]
    limit_s: float
    busy: tuple[str, ...] = ()


class Nearby(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody near a route who does not expect the unit: of another command, a partner's, an unknown party."""

    who: str
    what: Literal["own", "partner", "unknown"]
    distance_m: float


class Option(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One way to answer an alert: who, where they meet, by which route, when.

    chance 0..1 that they are met, half of it by meets_s, along the ways they may take; said_s: travel time as the
    ground has it, from which the arrival's 5, 50 and 95 % points come; other times absolute.  route: (degrees
    longitude, latitude), the unit's own place first.  into: the organisation whose sector the unit would enter, ""
    for its own command's.  near: whom it would come upon unexpected.  chosen: it serves all alerts best together.
    holds: it does not meet them but holds the place before they pass; chance is of the ways that it stops.
    led: the unit is on its way to this alert already, and this is where it would meet them now.
    sweeps: corners (degrees) of the area that a drone sweeps, none: it flies round the place.  short_m: how far from
    somebody in distress it has to stop: they are in a hazard, or across the line.
    """

    unit: str
    means: Literal["foot", "horse", "wheels", "drone"]
    place: Position
    chance: float
    meets_s: float
    said_s: float
    early_s: float
    arrives_s: float
    late_s: float
    worth: float
    heard_s: float
    route: tuple[tuple[float, float], ...]
    uncovers: Uncovered | None = None
    near: tuple[Nearby, ...] = ()
    into: str = ""
    chosen: bool = False
    holds: bool = False
    led: bool = False
    sweeps: tuple[tuple[float, float], ...] = ()
    short_m: float = 0.0


class Proposal(Record, frozen=True, tag="proposal"):
    """Who could answer an alert, the best first.  A later one for the same alert replaces it.

    options: none when nobody gets there, and why says so.  holds_s: an approval after that is refused.
    subject, count, heading_rad (true north), seen_s: what the unit is told of whom it meets.
    """

    proposal: str
    alert: str
    what: AlertKind
    options: tuple[Option, ...]
    holds_s: float
    subject: str = "unknown"
    count: int = 1
    heading_rad: float | None = None
    seen_s: float | None = None
    why: str = ""


class TaskApproval(Record, frozen=True, tag="task_approval"):
    """A person's yes to one option of a proposal; digest: of the very option they saw.

    by_right: the line of the site that entitles them, or the delegation of it.
    """

    proposal: str
    alert: str
    unit: str
    digest: str
    operator: str
    by_right: str


TaskState = Literal["sent", "accepted", "declined", "en_route", "on_scene", "done", "failed", "withdrawn"]


class Task(Record, frozen=True, tag="task"):
    """An order to a unit.  approval: who allowed it, whole; there is no task without.

    number: of this core's tasks, by which the unit answers.  option: as it was approved.  instead: the task of the
    same unit for the same alert that this one replaces, "" for none.
    """

    task: str
    number: int
    unit: str
    alert: str
    approval: TaskApproval
    option: Option
    subject: str = "unknown"
    count: int = 1
    heading_rad: float | None = None
    seen_s: float | None = None
    instead: str = ""


class TaskSent(Record, frozen=True, tag="task_sent"):
    """How a task went out: over a link, or in words for the radio.  A task without it may not have reached anybody.

    link: "" for none; say: the words, at most 200 bytes.
    """

    task: str
    link: str
    say: str


class TaskReport(Record, frozen=True, tag="task_report"):
    """What a unit says of its task, over a link or by radio through the desk.

    result: what was found, with done.  number: as the unit says it, 0 when the desk reports by the task's id.
    """

    task: str
    unit: str
    state: TaskState
    number: int = 0
    result: Literal["", "found", "not_found", "helped", "handed_over"] = ""
    text: str = ""


class TaskEscalation(Record, frozen=True, tag="task_escalation"):
    """Nobody answered a task, or a unit is long overdue, so somebody else is told."""

    task: str
    why: Literal["not_sent", "no_answer", "overdue"]
    to: Literal["approver", "shift_commander"]
    waited_s: float
    limit_s: float


class PursuitStep(Record, frozen=True, tag="pursuit_step"):
    """A step of one pursuit; source: who took it, or "respond" for what tracks tell.

    organisation: whose it is; to, to_organisation: to whom it is handed over; for "entered" and "opened" the
    organisation whose sector it is in.  text: what is left open, with closed or handed_over.
    """

    pursuit: str
    what: Literal["opened", "seen", "lost", "regained", "entered", "handed_over", "taken_over", "closed"]
    organisation: str
    alert: str = ""
    track_id: int | None = None
    position: Position | None = None
    to: str = ""
    to_organisation: str = ""
    text: str = ""


class UnitReadiness(Record, frozen=True, tag="unit_readiness"):
    """How ready a unit is, by its own or its commander's word.  fuel: 0..1; until_s: when it is available again."""

    unit: str
    state: Literal["available", "resting", "out"]
    fuel: float | None = None
    until_s: float | None = None
    text: str = ""
