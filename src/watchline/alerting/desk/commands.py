"""What a person can ask of the desk.  key: one for each press, so that a repeated one is the same action."""

from __future__ import annotations

from typing import Literal

import msgspec

from watchline.alerting.desk.roles import Refused
from watchline.domain.desk import Need, Scenario
from watchline.domain.press import key_fault
from watchline.domain.records import Cause, Disposition

TEXT_MAX = 500
DEFER_MAX_S = 3600.0


class Command(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="ask"):
    """What all have."""

    key: str


class Act(Command, frozen=True, tag="act"):
    """Do something with an alert."""

    alert: str
    action: Literal["acknowledge", "dispose", "defer", "hand", "undo"]
    code: Disposition | None = None
    cause: Cause | None = None
    seconds: float | None = None
    desk: str = ""


class Write(Command, frozen=True, tag="write"):
    """Write a line of the shift log: a phrase by its id, a text, or both."""

    phrase: str = ""
    what: Literal["radio", "order", "phone", "visit", "fault", "note"] = "note"
    text: str = ""
    alert: str = ""
    unit: str = ""
    desk: str = ""


class Arrive(Command, frozen=True, tag="arrive"):
    """People come openly: where, about how many, what they need."""

    s_m: float
    d_m: float
    people_least: int
    people_most: int | None
    needs: tuple[Need, ...]


class Prepare(Command, frozen=True, tag="prepare"):
    """Make the sheet of a handover to the next person."""

    desk: str
    incoming: str
    note: str = ""


class Sign(Command, frozen=True, tag="sign"):
    """Sign a handover for the items whose digest one has seen."""

    handover: str
    digest: str


class Shelve(Command, frozen=True, tag="shelve"):
    """Set aside what a sensor, a kind of alert or a stretch says, for a while and a reason; or lift that again."""

    scope: Literal["sensor", "kind", "stretch"] = "sensor"
    value: str = ""
    seconds: float = 3600.0
    reason: str = ""
    lift: str = ""


class Promote(Command, frozen=True, tag="promote"):
    """Be told of a track from now on, whatever explains it."""

    track_id: int


class Practise(Command, frozen=True, tag="practise"):
    """Begin an exercise, or end the one under way."""

    state: Literal["started", "ended"]
    scenario: Scenario = "quiet"
    number: int = 0


AnyCommand = Act | Write | Arrive | Prepare | Sign | Shelve | Promote | Practise


def check_form(command: Command) -> None:
    """Refuse a wish whose parts do not belong together, whatever the desk is like now."""
    if fault := key_fault(command.key):
        raise Refused("wrong", fault)
    if isinstance(command, Act):
        _check_act(command)


def _check_act(command: Act) -> None:
    only_with = (
        ("dispose", "code", command.code is not None, True),
        ("defer", "seconds", command.seconds is not None, True),
        ("hand", "desk", command.desk != "", True),
        ("dispose", "cause", command.cause is not None, False),
    )
    for action, field, given, needed in only_with:
        if given and command.action != action:
            raise Refused("wrong", f"{field}: belongs to {action} and to nothing else")
        if needed and command.action == action and not given:
            raise Refused("wrong", f"{field}: is needed to {action}")
    if command.cause is not None and command.code not in ("nuisance", "environment"):
        raise Refused("wrong", "cause: belongs to a nuisance or to the environment")
    if command.seconds is not None and not 0 < command.seconds <= DEFER_MAX_S:
        raise Refused("wrong", f"seconds: must be within 0..{DEFER_MAX_S:g}")
