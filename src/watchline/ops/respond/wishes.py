"""What a person asks of responding: send a unit, say what a unit said by radio, how ready a unit is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from watchline.alerting.desk.commands import Command
from watchline.alerting.desk.roles import Refused, Who
from watchline.domain.press import PRESS, key_fault
from watchline.domain.records import Record
from watchline.domain.respond import PursuitStep, TaskState, UnitReadiness
from watchline.domain.site import Site
from watchline.response import pursuit, tasking
from watchline.response.tasking import sector_of

if TYPE_CHECKING:
    from watchline.ops.picture import Picture


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


class Pursue(Command, frozen=True, tag="pursue"):
    """A step of a pursuit: open one on an alert, tell of contact, hand it over to a person, take it, close it."""

    what: Literal["opened", "lost", "regained", "handed_over", "taken_over", "closed"]
    pursuit: str = ""
    alert: str = ""
    to: str = ""
    to_organisation: str = ""
    organisation: str = ""
    text: str = ""


AnyWish = Send | Tell | Ready | Pursue


def decide(picture: Picture, site: Site, wish: AnyWish, who: Who, now_s: float) -> tuple[Record, ...]:
    """Return the records that a wish becomes, none when its key was pressed before.  Raises Refused."""
    if fault := key_fault(wish.key):
        raise Refused("wrong", fault)
    state = picture.tasking
    if wish.key in state.done:
        return ()
    record_id = PRESS + wish.key
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
        if isinstance(wish, Pursue):
            return (_pursued(picture, site, wish, who, record_id, now_s),)
        return (_ready(site, wish, who, record_id, now_s),)
    except pursuit.WrongStep as no:
        raise Refused("changed", str(no)) from None
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


def _pursued(picture: Picture, site: Site, wish: Pursue, who: Who, record_id: str, now_s: float) -> Record:
    organisations = {o.id for o in site.organisations}
    for name in ("organisation", "to_organisation"):
        if getattr(wish, name) and getattr(wish, name) not in organisations:
            raise Refused("wrong", f"{name}: {getattr(wish, name)!r} is not one of this site")
    if wish.to and wish.to not in {person.name for person in picture.desk.setup.people}:
        raise Refused("wrong", f"to: {wish.to!r} is not on the site's list of people")
    item, old = picture.alerts.get(wish.alert), picture.pursuits.pursuits.get(wish.pursuit)
    if wish.alert and item is None:
        raise Refused("missing", "no such alert")
    if wish.what == "opened" and item is None:
        raise Refused("wrong", "alert: name what is pursued")
    number = len(picture.pursuits.pursuits) + 1
    sector = sector_of(site, item.alert.position.s_m) if item is not None and wish.what == "opened" else ""
    made = PursuitStep(
        id=record_id, t_s=now_s, source=who.name, pursuit=f"Z-{number}" if wish.what == "opened" else wish.pursuit,
        what=wish.what, organisation=wish.organisation or (old.organisation if old is not None else sector),
        alert=wish.alert, track_id=item.alert.track_id if item is not None else None,
        position=item.alert.position if item is not None else None, to=wish.to,
        to_organisation=wish.to_organisation or sector, text=wish.text[:500],
    )  # fmt: skip
    return pursuit.checked(picture.pursuits, made)


def wish_of(body: bytes) -> AnyWish:
    """Return the wish in a body; msgspec.DecodeError for what is none."""
    found: AnyWish = msgspec.json.decode(body, type=AnyWish)
    return found
