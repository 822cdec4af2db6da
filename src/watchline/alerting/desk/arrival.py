"""A group that comes openly and needs water, medics, reception: help to be sent, not an attack."""

from __future__ import annotations

from watchline.alerting.desk.commands import Arrive
from watchline.alerting.desk.roles import Refused, Who
from watchline.alerting.desk.setup import Setup
from watchline.alerting.desk.state import State
from watchline.domain.desk import GroupArrival
from watchline.domain.records import Alert, Fact, Record

BEYOND_M = 20_000.0  # farther from the line nobody at a desk can say where they are
PEOPLE_MAX = 1_000_000


def arrived(state: State, command: Arrive, who: Who, record_id: str, now_s: float) -> list[Record]:
    """Return the arrival and the alert under which it stands in the queue."""
    setup, number = state.setup, len(state.arrivals) + 1
    _check(setup, command)
    at, prefix = setup.position(command.s_m, command.d_m), "XG" if setup.exercise else "G"
    arrival, desk = f"{prefix}-{number}", setup.desk_of(command.s_m)
    report = GroupArrival(
        id=record_id, t_s=now_s, source=who.name, exercise=setup.exercise, arrival=arrival, alert=arrival, desk=desk,
        person=who.name, position=at, people_least=command.people_least, people_most=command.people_most,
        needs=tuple(sorted(set(command.needs))),
    )  # fmt: skip
    return [report, _alert(report)]


def _check(setup: Setup, command: Arrive) -> None:
    if not -BEYOND_M <= command.s_m <= setup.length_m + BEYOND_M or abs(command.d_m) > BEYOND_M:
        raise Refused("wrong", "s_m, d_m: is not near the line")
    most = command.people_most
    if not 1 <= command.people_least <= PEOPLE_MAX or (most is not None and not command.people_least <= most):
        raise Refused("wrong", "people_least: must be 1 or more and not above people_most")
    if not command.needs:
        raise Refused("wrong", "needs: at least one of water, medics, reception")


def _alert(report: GroupArrival) -> Alert:
    ref, at = report.id, report.position
    most = "" if report.people_most is None else f"–{report.people_most}"

    def fact(text_key: str, **args: float | int | str) -> Fact:
        return Fact(text_key=text_key, args=args, source=report.person, t_s=report.t_s, ref=ref)

    return Alert(
        id=f"{report.alert}.1",
        t_s=report.t_s,
        source=report.person,
        provenance=(report.id,),
        exercise=report.exercise,
        alert=report.alert,
        revision=1,
        what="group_arrival",
        first_s=report.t_s,
        state="open",
        position=at,
        level=4,
        facts=(
            fact("fact.people", range=f"{report.people_least}{most}" if most else f"{report.people_least}+"),
            *(fact(f"fact.needs_{need}") for need in report.needs),
            fact("fact.place_home" if at.d_m > 0 else "fact.place_outside", km=round(at.s_m / 1000, 1),
                 distance_m=round(abs(at.d_m))),
            fact("fact.told_by", person=report.person, desk=report.desk),
        ),
        count=report.people_least,
        subject="person",
        distance_m=round(abs(at.d_m)),
        no_clip_reason_key="noclip.by_hand",
    )  # fmt: skip
