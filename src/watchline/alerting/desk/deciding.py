"""What a person's wish becomes: records, or a refusal in one line.  Nothing is changed here."""

from __future__ import annotations

from collections.abc import Callable

from watchline.alerting.desk.arrival import arrived
from watchline.alerting.desk.clockwork import outcome
from watchline.alerting.desk.commands import (
    TEXT_MAX,
    Act,
    AnyCommand,
    Arrive,
    Command,
    Practise,
    Prepare,
    Promote,
    Shelve,
    Sign,
    Write,
    check_form,
)
from watchline.alerting.desk.handover import prepared, signed
from watchline.alerting.desk.item import Item
from watchline.alerting.desk.roles import Refused, Right, Who
from watchline.alerting.desk.shelf import promoted, shelved
from watchline.alerting.desk.state import State
from watchline.domain.desk import Exercise, LogEntry
from watchline.domain.press import PRESS
from watchline.domain.records import OperatorAction, Record


def decide(state: State, command: AnyCommand, who: Who, now_s: float) -> tuple[Record, ...]:
    """Return the records that a wish becomes, none when its key was pressed before.

    Raises Refused: the person may not, there is no such thing, or it has changed since they looked.
    """
    check_form(command)
    right, becomes = WISHES[type(command)]
    if not who.may(right):
        raise Refused("forbidden", f"{who.role.replace('_', ' ')}: may not do this")
    if command.key in state.done:
        return ()
    made = becomes(state, command, who, PRESS + command.key, now_s)
    return (made,) if isinstance(made, Record) else tuple(made)


# -- alerts ------------------------------------------------------------------------------------------------


def _acted(state: State, command: Act, who: Who, record_id: str, now_s: float) -> Record:
    test = state.tests.get(command.alert)
    if test is not None:
        if not who.at(test.test.desk):
            raise Refused("missing", "no such alert")
        if test.outcome is not None:
            raise Refused("changed", "it was a test and is over")
        return outcome(test, "answered", now_s, record_id=record_id, person=who.name, action=command.action)
    item = state.items.get(command.alert)
    if item is None:
        raise Refused("missing", "no such alert")
    _may_answer(item, who)
    _check(state, command, item)
    return OperatorAction(
        id=record_id,
        t_s=now_s,
        source=who.name,
        exercise=state.setup.exercise,
        alert=command.alert,
        operator=who.name,
        action=command.action,
        key=command.key,
        disposition=command.code,
        until_s=None if command.seconds is None else now_s + command.seconds,
        desk=item.desk,
        to_desk=command.desk,
        cause=command.cause,
    )


def _may_answer(item: Item, who: Who) -> None:
    """Distress is anybody's, and so is what every desk was told of."""
    anybodys = item.alert.what == "distress" or any(told.to == "every_desk" for told in item.escalated)
    if not who.at(item.desk) and not anybodys:
        raise Refused("forbidden", f"it is at {item.desk}: ask for it to be handed over")


def _check(state: State, command: Act, item: Item) -> None:
    if command.action == "defer" and item.alert.what == "distress":
        raise Refused("wrong", "distress cannot be put off")
    if command.desk and (command.desk == item.desk or command.desk not in {d.id for d in state.setup.desks}):
        raise Refused("wrong", f"desk: {command.desk!r} is not another desk of this site")


# -- the rest ----------------------------------------------------------------------------------------------


def _written(state: State, command: Write, who: Who, record_id: str, now_s: float) -> Record:
    phrase = next((p for p in state.setup.phrases if p.id == command.phrase), None)
    if command.phrase and phrase is None:
        raise Refused("wrong", f"phrase: {command.phrase!r} is not one of this desk's")
    if (phrase is None and not command.text.strip()) or len(command.text) > TEXT_MAX:
        raise Refused("wrong", f"text: 1 to {TEXT_MAX} characters, or a phrase")
    if command.alert and command.alert not in state.items and command.alert not in state.tests:
        raise Refused("missing", "no such alert")
    desk = command.desk or who.desk or state.setup.desks[0].id
    if not who.at(desk):
        raise Refused("forbidden", f"{desk} has a log of its own")
    return LogEntry(
        id=record_id,
        t_s=now_s,
        source=who.name,
        exercise=state.setup.exercise,
        desk=desk,
        person=who.name,
        what=phrase.what if phrase is not None else command.what,
        phrase=command.phrase,
        text=command.text.strip(),
        # A test under way must not be told from a real alert by what is written beside it.
        alert=command.alert if command.alert in state.items else "",
        unit=command.unit,
    )


def _practised(state: State, command: Practise, who: Who, record_id: str, now_s: float) -> Record:
    if not state.setup.exercise:
        raise Refused("wrong", "an exercise runs at its own desk")
    if (command.state == "started") == (state.run is not None):
        raise Refused("changed", "an exercise is under way" if state.run else "no exercise is under way")
    return Exercise(
        id=record_id,
        t_s=now_s,
        source=who.name,
        exercise=True,
        run=state.run.run if state.run else f"X{state.runs + 1}",
        person=who.name,
        scenario=state.run.scenario if state.run else command.scenario,
        state=command.state,
        number=state.run.number if state.run else command.number,
    )


WISHES: dict[type[Command], tuple[Right, Callable[..., Record | list[Record]]]] = {
    Act: ("answer", _acted),
    Write: ("write", _written),
    Arrive: ("write", arrived),
    Prepare: ("hand_over", prepared),
    Sign: ("hand_over", signed),
    Shelve: ("shelve", shelved),
    Promote: ("promote", promoted),
    Practise: ("exercise", _practised),
}
"""What each wish needs, and what makes it records: (state, command, who, record id, now_s)."""
