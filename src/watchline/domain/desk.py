"""The records of the desk: who sits there, who was told, what was said, handed over, practised and kept.

Rules as in `records.py`; an alert's acknowledgement and disposition are its `OperatorAction`.  A person is a name on
the site's own list and what they answer for at the desk, never more.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from watchline.domain.records import Alert, Position, Record

Role = Literal["tower_operator", "shift_commander", "maintainer", "auditor"]
"""What somebody may do: answer alerts of a desk; command a shift; repair; see everything and change nothing."""


class SeatTaken(Record, frozen=True, tag="seat_taken"):
    """A person opened a screen.  An auditor's look is recorded like anybody's."""

    person: str
    role: Role
    desk: str


class Escalation(Record, frozen=True, tag="escalation"):
    """Nobody answered an alert in time, so somebody else is told.  step 1: the shift commander; 2: every desk.

    waited_s of the limit_s that the site sets for its level.
    """

    alert: str
    step: int
    to: Literal["shift_commander", "every_desk"]
    waited_s: float
    limit_s: float


class LogEntry(Record, frozen=True, tag="log_entry"):
    """A line of the shift log.  phrase: one of the site's (or ours), by its id; text: what was added by hand.

    alert, unit: what it is about, if it is about one.
    """

    desk: str
    person: str
    what: Literal["radio", "order", "phone", "visit", "fault", "note"]
    phrase: str = ""
    text: str = ""
    alert: str = ""
    unit: str = ""


Need = Literal["water", "medics", "reception"]


class GroupArrival(Record, frozen=True, tag="group_arrival"):
    """Many people come openly and need something.  people_least..people_most of them, None: more than can be told.

    alert: under which it stands in the queue, so that it is answered like any other.
    """

    arrival: str
    alert: str
    desk: str
    person: str
    position: Position
    people_least: int
    people_most: int | None
    needs: tuple[Need, ...]


class OpenItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that a shift leaves to the next.

    ref: id of the alert or shelving; state: open, acknowledged, deferred, unanswered (gone before anybody answered),
    shelved; by: who answered or shelved it last.
    """

    ref: str
    what: str
    state: Literal["open", "acknowledged", "deferred", "unanswered", "shelved"]
    since_s: float
    s_m: float | None = None
    by: str = ""


class Handover(Record, frozen=True, tag="handover"):
    """A shift is about to be given to the next person: everything that is open, as the sheet was made.

    Nothing changes by it.  The desk is the incoming person's when both have signed.  note: said beside it.
    """

    handover: str
    desk: str
    outgoing: str
    incoming: str
    items: tuple[OpenItem, ...]
    note: str = ""


class Signature(Record, frozen=True, tag="signature"):
    """A person signs a handover, for everything that is open at that moment.  digest: of these items."""

    handover: str
    desk: str
    person: str
    side: Literal["outgoing", "incoming"]
    items: tuple[OpenItem, ...]
    digest: str


class SeededTest(Record, frozen=True, tag="seeded_test"):
    """An alert made up to measure how soon it is answered.  It is shown at one desk, and nowhere else, ever.

    person: who has the desk then, and whom it measures.
    """

    test: str
    desk: str
    person: str
    alert: Alert


class SeededOutcome(Record, frozen=True, tag="seeded_outcome"):
    """How a seeded test ended.  person: who answered, empty when nobody did; then they are told what it was.

    withdrawn: something real and grave came, so it was taken away; it measures nothing.
    """

    test: str
    desk: str
    outcome: Literal["answered", "missed", "withdrawn"]
    waited_s: float
    person: str = ""
    action: str = ""


Scenario = Literal["quiet", "storm", "distress", "mass"]


class Exercise(Record, frozen=True, tag="exercise"):
    """An exercise begins or ends.  It and all that belongs to it is marked at birth; number: chooses its course."""

    run: str
    person: str
    scenario: Scenario
    state: Literal["started", "ended"]
    number: int = 0


class Evidence(Record, frozen=True, tag="evidence"):
    """What was kept of an alert beside its clip: a map of the place, where the track had been, who of ours was near.

    map_payload: PNG, north up, width_m across; sheet_payload: JSON of the trail and of the units near.
    """

    alert: str
    revision: int
    map_payload: str
    sheet_payload: str
    width_m: float
