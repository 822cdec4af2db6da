"""What people set aside for a while, and what they want to be told of although it is explained."""

from __future__ import annotations

from typing import get_args

from watchline.alerting.desk.commands import TEXT_MAX, Promote, Shelve
from watchline.alerting.desk.roles import Refused, Who
from watchline.alerting.desk.state import State
from watchline.alerting.management import shelving
from watchline.alerting.management.manage import NEVER
from watchline.domain.records import AlertKind, ExplainedTrack, Shelving


def standing(state: State, now_s: float) -> tuple[Shelving, ...]:
    """Return what is shelved now."""
    return tuple(shelving.standing(state.shelved, (), now_s).values())


def shelved(state: State, command: Shelve, who: Who, record_id: str, now_s: float) -> Shelving:
    """Return a shelving, or the lifting of one."""
    if command.lift:
        return _lifted(state, command.lift, who, record_id, now_s)
    _check(state, command)
    return Shelving(
        id=record_id,
        t_s=now_s,
        source=who.name,
        exercise=state.setup.exercise,
        shelving=f"{'XS' if state.setup.exercise else 'S'}-{len(state.shelved) + 1}",
        scope=command.scope,
        value=command.value,
        until_s=now_s + command.seconds,
        reason=command.reason.strip(),
        operator=who.name,
    )


def _lifted(state: State, number: str, who: Who, record_id: str, now_s: float) -> Shelving:
    old = state.shelved.get(number)
    if old is None:
        raise Refused("missing", "no such shelving")
    if old not in standing(state, now_s):
        raise Refused("changed", "it is over already")
    return Shelving(
        id=record_id, t_s=now_s, source=who.name, provenance=(old.id,), exercise=old.exercise, shelving=number,
        scope=old.scope, value=old.value, until_s=old.until_s, reason=old.reason, operator=who.name, lifted=True,
    )  # fmt: skip


def _check(state: State, command: Shelve) -> None:
    if not 0 < command.seconds <= shelving.LONGEST_S:
        raise Refused("wrong", f"seconds: must be within 0..{shelving.LONGEST_S:g}")
    if not 3 <= len(command.reason.strip()) <= TEXT_MAX:
        raise Refused("wrong", f"reason: 3 to {TEXT_MAX} characters")
    if command.scope == "sensor" and command.value not in state.setup.sensors:
        raise Refused("wrong", f"value: {command.value!r} is not a sensor of this site")
    if command.scope == "kind" and (command.value not in get_args(AlertKind) or command.value in NEVER):
        raise Refused("wrong", f"value: {command.value!r} is no kind that can be shelved")
    if command.scope == "stretch" and shelving.stretch_km(command.value) is None:
        raise Refused("wrong", "value: a stretch is FROM:TO in kilometres, the smaller first")


def promoted(state: State, command: Promote, who: Who, record_id: str, now_s: float) -> ExplainedTrack:
    """Return that a person wants to be told of an explained track."""
    old = state.explained.get(command.track_id)
    if old is None or old.state != "explained":
        raise Refused("missing", f"track {command.track_id} is not explained now")
    return ExplainedTrack(
        id=record_id, t_s=now_s, source=who.name, provenance=(old.id,), exercise=old.exercise,
        track_id=old.track_id, rule=old.rule, by=old.by, state="promoted", position=old.position,
    )  # fmt: skip
