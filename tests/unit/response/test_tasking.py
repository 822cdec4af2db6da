"""From a proposal to a task: only through an approval, by somebody whom the site entitles."""

from __future__ import annotations

import inspect
from typing import Any

import msgspec
import pytest

from builders import T0_S, position, site, straight_line
from watchline.domain.press import digest_of
from watchline.domain.records import UnitReport
from watchline.domain.respond import Option, Proposal, Task, TaskApproval, TaskReport, TaskSent, UnitReadiness
from watchline.domain.site import Organisation, Sector, Site, Tasking, Unit
from watchline.links import load_all, table
from watchline.links.contract import LocalError, Settings
from watchline.links.field.report_text import decode, encode, init
from watchline.links.field.task_text import read_order
from watchline.response import tasking
from watchline.response.tasking import NotEntitled, State, approved, due, entitled, free, step

LINE = straight_line()
UNIT = Unit(id="P1", kind="patrol", organisation="scouts", post="tower")


def where(**more: Any) -> Site:
    made = site()
    orgs = (
        *made.organisations, Organisation(id="brigade", name="B"),
        Organisation(id="scouts", name="S", command="brigade"), Organisation(id="them", name="T", partner=True),
    )  # fmt: skip
    return msgspec.structs.replace(made, organisations=orgs, units=(UNIT,), **more)


OPTION = Option(
    unit="P1", means="wheels", place=position(LINE, 5000.0, 400.0), chance=0.8, meets_s=T0_S + 700.0, said_s=400.0,
    early_s=T0_S + 300.0, arrives_s=T0_S + 460.0, late_s=T0_S + 700.0, worth=0.6, heard_s=T0_S,
    route=((42.0, 33.6), (42.01, 33.59)),
)  # fmt: skip
PROPOSAL = Proposal(
    id="A-1-p1", t_s=T0_S, source="respond", proposal="A-1-p1", alert="A-1", what="approaching", options=(OPTION,),
    holds_s=T0_S + 300.0, subject="people", count=3, heading_rad=0.8, seen_s=T0_S - 130.0,
)  # fmt: skip
PROPOSED = step(State(), PROPOSAL)


def yes(state: State = PROPOSED, what: Site | None = None, **more: Any) -> tuple[TaskApproval, Task]:
    fields: dict[str, Any] = {
        "alert": "A-1", "unit": "P1", "digest": digest_of(OPTION), "person": "lead", "role": "shift_commander",
        "record_id": "press-00000001", "now_s": T0_S + 20.0,
    }  # fmt: skip
    return approved(state, what or where(), **(fields | more))


def ordered() -> State:
    state = PROPOSED
    for record in yes():
        state = step(state, record)
    return state


def say(state: str, t_s: float, number: int = 1, **more: Any) -> TaskReport:
    report: Any = {"id": f"P1.{number}-{state}", "t_s": t_s, "source": "P1", "task": "", "unit": "P1"}
    return TaskReport(**report, number=number, state=state, **more)  # type: ignore[arg-type]


def test_a_task_cannot_be_written_without_an_approval() -> None:
    """The type has no default for it, and it is not an id that anybody could make up."""
    (field,) = (f for f in msgspec.structs.fields(Task) if f.name == "approval")
    assert field.required
    assert field.type is TaskApproval
    assert inspect.signature(Task).parameters["approval"].default is inspect.Parameter.empty


def test_no_link_knows_a_proposal() -> None:
    for link in load_all(frozenset(table())).values():
        with pytest.raises(LocalError):
            link.encode(PROPOSAL)


def test_a_task_whose_approval_is_not_in_the_ledger_is_none() -> None:
    approval, task = yes()
    assert step(PROPOSED, task).jobs == {}
    other = msgspec.structs.replace(approval, unit="P2")
    assert step(step(PROPOSED, other), task).jobs == {}
    changed = msgspec.structs.replace(task, option=msgspec.structs.replace(OPTION, said_s=1.0))
    assert step(step(PROPOSED, approval), changed).jobs == {}
    assert list(step(step(PROPOSED, approval), task).jobs) == ["K-1"]


def test_who_may_send_whom_is_the_site_s_word() -> None:
    site_ = where(tasking=(
        Tasking(by="lead", organisations=("brigade",), into=("own",), delegated=("deputy",)),
        Tasking(by="guard", organisations=("own",)),
    ))  # fmt: skip
    assert entitled(site_, "lead", "shift_commander", UNIT, "") == "lead"  # the brigade commands the scouts
    assert entitled(site_, "deputy", "tower_operator", UNIT, "own") == "lead, delegated"
    with pytest.raises(NotEntitled, match="guard: may not send P1 of scouts"):
        entitled(site_, "guard", "shift_commander", UNIT, "")
    with pytest.raises(NotEntitled, match="may not send P1 into the sector of them"):
        entitled(site_, "lead", "shift_commander", UNIT, "them")
    with pytest.raises(NotEntitled, match="tower operator: may not"):
        entitled(where(), "x", "tower_operator", UNIT, "")
    with pytest.raises(NotEntitled, match="a partner's"):
        entitled(where(), "lead", "shift_commander", msgspec.structs.replace(UNIT, organisation="them"), "")


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"digest": "0"}, "has changed"), ({"now_s": T0_S + 301.0}, "has changed"), ({"alert": "A-2"}, "no such"),
        ({"unit": "P2"}, "no such"), ({"role": "auditor"}, "may not"), ({"state": ordered()}, "is on task K-1"),
    ],
)  # fmt: skip
def test_what_is_refused(more: dict[str, Any], why: str) -> None:
    with pytest.raises(NotEntitled, match=why):
        yes(**more)


def test_the_one_before_can_be_approved_as_long_as_it_holds() -> None:
    other = msgspec.structs.replace(OPTION, said_s=390.0)
    newer = msgspec.structs.replace(PROPOSAL, id="A-1-p2", proposal="A-1-p2", options=(other,), holds_s=T0_S + 360.0)
    state = step(PROPOSED, newer)
    assert yes(state)[0].proposal == "A-1-p1"
    assert yes(state, digest=digest_of(other))[0].proposal == "A-1-p2"
    with pytest.raises(NotEntitled, match="has changed"):
        yes(state, now_s=T0_S + 330.0)
    with pytest.raises(NotEntitled, match="has changed"):
        yes(step(state, msgspec.structs.replace(newer, id="A-1-p3", proposal="A-1-p3")))


def test_reports_late_and_out_of_order_leave_the_farthest_state() -> None:
    state = ordered()
    for record in (say("en_route", T0_S + 60.0), say("accepted", T0_S + 50.0), say("on_scene", T0_S + 400.0)):
        state = step(state, record)
        state = step(state, record)  # it came twice
    job = state.jobs["K-1"]
    assert job.state == "on_scene"
    assert len(job.reports) == 3
    assert state.eta["wheels"].journeys == 1
    state = step(state, say("done", T0_S + 900.0, result="found"))
    state = step(state, say("failed", T0_S + 950.0))
    assert state.jobs["K-1"].state == "done"
    assert state.job_of("P1") is None
    assert step(state, say("done", T0_S, number=7)) is state  # no such task


def test_nobody_answered_and_overdue_are_told_once() -> None:
    state, told = ordered(), []
    state = step(state, TaskSent(id="s", t_s=T0_S + 21.0, source="respond", task="K-1", link="", say=""))
    for second in range(0, 2000, 10):
        for record in due(state, T0_S + second):
            state, _ = step(state, record), told.append((second, record.why, record.to))
        if second == 300:
            state = step(state, say("accepted", T0_S + 300.0))
    assert told == [
        (140, "no_answer", "approver"), (260, "no_answer", "shift_commander"), (1000, "overdue", "shift_commander"),
    ]  # fmt: skip


def test_an_order_is_short_text_and_its_answer_comes_back() -> None:
    _, task = yes()
    line = encode(task)
    assert len(line) <= 200
    order = read_order(line.decode().rpartition(" *")[0])
    assert (order.unit, order.number, order.subject, order.people, order.heading_deg) == ("P1", 1, "people", 3, 46)
    assert order.age_min == 2
    assert order.lat_deg == pytest.approx(OPTION.place.lat_deg, abs=1e-5)
    _, records, errors = decode(init(Settings("radio")), line)
    assert records == ()  # an order is read by units, never by the desk that gives it
    assert len(errors) == 1
    with pytest.raises(ValueError, match="is no order"):
        read_order("WL1 T P1")


def test_who_is_not_free() -> None:
    heard = UnitReport(
        id="u", t_s=T0_S, source="P1", unit="P1", position=OPTION.place, speed_m_s=0.0, heading_rad=0.0,
        state="standing",
    )  # fmt: skip
    rest = UnitReadiness(id="r", t_s=T0_S, source="lead", unit="P1", state="resting", until_s=T0_S + 100.0)
    assert free(State(), UNIT, None, T0_S) == "not heard"
    assert free(State(), UNIT, heard, T0_S + tasking.STALE_S + 1.0) == "stale"
    assert free(ordered(), UNIT, heard, T0_S) == "tasked"
    assert free(step(State(), rest), UNIT, heard, T0_S + 50.0) == "resting"
    assert free(step(State(), rest), UNIT, heard, T0_S + 101.0) == ""
    low = UnitReadiness(id="f", t_s=T0_S, source="lead", unit="P1", state="available", fuel=0.1)
    assert free(step(State(), low), UNIT, heard, T0_S) == "fuel"


def test_a_unit_under_way_is_led_on_by_an_approval_of_its_own() -> None:
    led = msgspec.structs.replace(OPTION, led=True, place=position(LINE, 5400.0, 600.0), said_s=100.0)
    again = msgspec.structs.replace(PROPOSAL, id="A-1-p2", proposal="A-1-p2", t_s=T0_S + 60.0, options=(led,))
    more: dict[str, Any] = {"digest": digest_of(led), "record_id": "press-00000002", "now_s": T0_S + 70.0}
    state = step(ordered(), again)
    with pytest.raises(NotEntitled, match="is on task K-1"):  # sent to somebody else, it is not led there
        yes(step(state, msgspec.structs.replace(again, alert="A-2")), alert="A-2", **more)
    approval, task = yes(state, **more)
    assert (task.task, task.instead) == ("K-2", "K-1")
    assert list(step(state, task).jobs) == ["K-1"]  # not without its approval
    state = step(step(state, approval), task)
    assert (state.jobs["K-1"].over, state.jobs["K-2"].over) == (True, False)
    assert state.job_of("P1") == state.jobs["K-2"]
    # It answers by the number it heard first; it was under way, so that nothing was needed to set out.
    state = step(state, say("on_scene", T0_S + 170.0, number=1))
    assert (state.jobs["K-2"].state, state.eta["wheels"].mean) == ("on_scene", 0.0)


THREE = tuple(
    Sector(id=f"S{k}", from_km=a, to_km=b, organisation=whose)
    for k, (a, b, whose) in enumerate([(0.0, 4.0, "brigade"), (4.0, 6.0, "guards"), (6.0, 10.0, "brigade")])
)


def _box(from_m: float, to_m: float) -> list[list[float]]:
    corners = [position(LINE, s_m, d_m) for s_m in (from_m, to_m) for d_m in (100.0, 900.0)]
    return [[p.lon_deg, p.lat_deg] for p in corners]


def test_a_box_wider_than_a_sector_asks_for_the_one_in_its_middle_too() -> None:
    lead = Tasking(by="lead", organisations=("brigade",))
    made = where(sectors=THREE, tasking=(lead,))
    made = msgspec.structs.replace(made, organisations=(*made.organisations, Organisation(id="guards", name="G")))

    def right(what: Site, *boxes: list[list[float]]) -> str:
        return tasking.entitled_within(what, LINE, "lead", "shift_commander", UNIT, boxes)

    assert right(made, _box(1000.0, 3000.0), _box(7000.0, 9000.0)) == "lead"
    with pytest.raises(NotEntitled, match="into the sector of guards"):
        right(made, _box(3000.0, 7000.0))
    both = msgspec.structs.replace(made, tasking=(msgspec.structs.replace(lead, into=("guards",)),))
    assert right(both, _box(3000.0, 7000.0)) == "lead"
    assert tasking.into_sectors(made, UNIT, 3000.0, 7000.0) == {"", "guards"}
    assert tasking.into_sectors(made, UNIT, 5000.0, 5000.0) == {"guards"}
