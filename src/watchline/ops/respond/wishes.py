"""What a person asks of responding: send a unit, say what a unit said by radio, how ready a unit is."""

from __future__ import annotations

from typing import Literal

import msgspec

from watchline.alerting.desk.commands import KEY_LENGTH, Command
from watchline.alerting.desk.roles import Refused, Who
from watchline.domain.records import Record
from watchline.domain.respond import TaskState, UnitReadiness
from watchline.domain.site import Site
from watchline.response import tasking


class Send(Command, frozen=True, tag="send"):
    """Approve one option of an alert's proposal; digest: of the option as it was seen."""

    alert: str
    unit: str
    digest: str


class Tell(Command, frozen=True, tag="tell"):
    """What a unit said of its task by radio, or that the task is withdrawn."""

    task: str
    state: TaskState
    result: Literal["", "found", "not_found", "helped", "handed_over"] = ""
    text: str = ""


class Ready(Command, frozen=True, tag="ready"):
    """How ready a unit is."""

    unit: str
    state: Literal["available", "resting", "out"]
    fuel: float | None = None
    seconds: float | None = None


AnyWish = Send | Tell | Ready


def decide(state: tasking.State, site: Site, wish: AnyWish, who: Who, now_s: float) -> tuple[Record, ...]:
    """Return the records that a wish becomes, none when its key was pressed before.  Raises Refused."""
    if not KEY_LENGTH[0] <= len(wish.key) <= KEY_LENGTH[1]:
        raise Refused("wrong", "key: must have 8 to 100 characters, one key per press")
    if wish.key in state.done:
        return ()
    record_id = tasking.PRESS + wish.key
    try:
        if isinstance(wish, Send):
            return tasking.approved(
                state, site, alert=wish.alert, unit=wish.unit, digest=wish.digest, person=who.name, role=who.role,
                record_id=record_id, now_s=now_s,
            )  # fmt: skip
        if not who.may("write"):
            raise Refused("forbidden", f"{who.role.replace('_', ' ')}: may not do this")
        if isinstance(wish, Tell):
            return (_told(state, site, wish, who, record_id, now_s),)
        return (_ready(site, wish, who, record_id, now_s),)
    except tasking.NotEntitled as no:
        why: Literal["forbidden", "changed"] = "forbidden" if "may not" in str(no) else "changed"
        raise Refused(why, str(no)) from None


def _told(state: tasking.State, site: Site, wish: Tell, who: Who, record_id: str, now_s: float) -> Record:
    job = state.jobs.get(wish.task)
    if wish.state == "withdrawn" and job is not None:
        unit = next(unit for unit in site.units if unit.id == job.task.unit)
        tasking.entitled(site, who.name, who.role, unit, job.task.option.into)
    return tasking.reported(
        state, task=wish.task, to=wish.state, result=wish.result, text=wish.text, person=who.name,
        record_id=record_id, now_s=now_s,
    )  # fmt: skip


def _ready(site: Site, wish: Ready, who: Who, record_id: str, now_s: float) -> Record:
    if wish.unit not in {unit.id for unit in site.units}:
        raise Refused("missing", f"unit: {wish.unit!r} is not one of this site")
    if wish.fuel is not None and not 0.0 <= wish.fuel <= 1.0:
        raise Refused("wrong", "fuel: must be within 0..1")
    if wish.seconds is not None and not 0.0 < wish.seconds <= 7 * 86_400.0:
        raise Refused("wrong", "seconds: must be within 0 and a week")
    until_s = None if wish.seconds is None else now_s + wish.seconds
    return UnitReadiness(
        id=record_id, t_s=now_s, source=who.name, unit=wish.unit, state=wish.state, fuel=wish.fuel, until_s=until_s
    )


def wish_of(body: bytes) -> AnyWish:
    """Return the wish in a body; msgspec.DecodeError for what is none."""
    found: AnyWish = msgspec.json.decode(body, type=AnyWish)
    return found
