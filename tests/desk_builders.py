"""A desk with two stretches and five people, for tests of its pure part."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from builders import T0_S, alert, position, site, straight_line
from watchline.alerting.desk import state as desk
from watchline.alerting.desk.commands import AnyCommand
from watchline.alerting.desk.deciding import decide
from watchline.alerting.desk.roles import Who
from watchline.alerting.desk.setup import Setup, set_up
from watchline.domain.desk import SeatTaken
from watchline.domain.records import Alert, Record
from watchline.domain.site import Desk, DeskSpec, Person, Sensor, Site

PEOPLE = (
    Person(name="commander", role="shift_commander"),
    Person(name="west-1", role="tower_operator", desk="west"),
    Person(name="west-2", role="tower_operator", desk="west"),
    Person(name="east-1", role="tower_operator", desk="east"),
    Person(name="maintainer", role="maintainer"),
    Person(name="auditor", role="auditor"),
)
LINE = straight_line()  # 10 km
WEST_M, EAST_M = 2000.0, 8000.0
WHO = {person.name: Who(person.name, person.role, person.desk) for person in PEOPLE}


def two_desks(*sensors: Sensor, **spec: Any) -> Site:
    """Return a site of two desks, 0 to 5 and 5 to 10 km."""
    desks = (Desk(id="west", from_km=0.0, to_km=5.0), Desk(id="east", from_km=5.0, to_km=10.0))
    return msgspec.structs.replace(site(*sensors), desks=desks, people=PEOPLE, desk=DeskSpec(**spec))


def set_desk(*, exercise: bool = False, **spec: Any) -> Setup:
    return set_up(two_desks(**spec), LINE, exercise=exercise)


def seat(name: str, t_s: float = T0_S, *, exercise: bool = False) -> SeatTaken:
    who = WHO[name]
    return SeatTaken(
        id=f"seat-{name}", t_s=t_s, source=name, exercise=exercise, person=name, role=who.role, desk=who.desk
    )


def folded(state: desk.State, records: Iterable[Record]) -> desk.State:
    for record in records:
        state = desk.step(state, record)
    return state


def staffed(**spec: Any) -> desk.State:
    """Return a desk where the first person of each stretch sits."""
    return folded(desk.init(set_desk(**spec)), [seat("west-1"), seat("east-1")])


def at(s_m: float, number: int = 1, **more: Any) -> Alert:
    """Return an alert at a chainage."""
    return alert(f"A-{number}", position=position(LINE, s_m, -300.0), **more)


def asked(state: desk.State, name: str, command: AnyCommand, now_s: float = T0_S) -> desk.State:
    """Return the desk after a person's wish."""
    return folded(state, decide(state, command, WHO[name], now_s))
