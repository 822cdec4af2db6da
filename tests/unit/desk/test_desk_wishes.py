from __future__ import annotations

from typing import Any

import pytest

from builders import T0_S
from desk_builders import EAST_M, PEOPLE, WEST_M, WHO, asked, at, folded, staffed
from watchline.alerting.desk import state as desk
from watchline.alerting.desk.commands import Act, AnyCommand, Arrive, Practise, Prepare, Promote, Shelve, Write
from watchline.alerting.desk.deciding import decide
from watchline.alerting.desk.roles import Refused
from watchline.alerting.desk.shelf import standing
from watchline.domain.desk import Escalation, GroupArrival
from watchline.domain.records import Alert, ExplainedTrack, OperatorAction

KEY = "press-0001"


def _act(action: str, alert: str = "A-1", **more: Any) -> Act:
    return Act(key=KEY, alert=alert, action=action, **more)  # type: ignore[arg-type]


def _two_alerts() -> desk.State:
    return folded(staffed(), [at(WEST_M, 1), at(EAST_M, 2)])


def test_an_alert_comes_to_the_desk_of_its_stretch() -> None:
    state = _two_alerts()
    assert {name: item.desk for name, item in state.items.items()} == {"A-1": "west", "A-2": "east"}


def test_a_person_answers_for_their_own_desk_only() -> None:
    state = _two_alerts()
    assert decide(state, _act("acknowledge"), WHO["west-1"], T0_S)
    with pytest.raises(Refused) as refused:
        decide(state, _act("acknowledge"), WHO["east-1"], T0_S)
    assert refused.value.why == "forbidden"
    assert decide(state, _act("acknowledge"), WHO["commander"], T0_S)


def test_distress_is_anybodys_to_answer() -> None:
    state = folded(staffed(), [at(WEST_M, 1, what="distress")])
    assert decide(state, _act("acknowledge"), WHO["east-1"], T0_S)


def test_what_every_desk_was_told_of_is_anybodys_to_answer() -> None:
    told = Escalation(id="x", t_s=T0_S, source="desk", alert="A-1", step=2, to="every_desk", waited_s=9, limit_s=9)
    state = folded(_two_alerts(), [told])
    assert decide(state, _act("acknowledge"), WHO["east-1"], T0_S)


WISHES: dict[str, AnyCommand] = {
    "answer": _act("acknowledge"),
    "write": Write(key=KEY, phrase="radio_check"),
    "arrive": Arrive(key=KEY, s_m=WEST_M, d_m=-100.0, people_least=10, people_most=49, needs=("water",)),
    "hand over": Prepare(key=KEY, desk="west", incoming="west-2"),
    "shelve": Shelve(key=KEY, scope="kind", value="loitering", reason="herd at the well"),
    "promote": Promote(key=KEY, track_id=7),
    "practise": Practise(key=KEY, state="started"),
}
MAY = {
    "west-1": {"answer", "write", "arrive", "hand over", "shelve", "promote"},
    "commander": {"answer", "write", "arrive", "hand over", "shelve", "promote"},
    "maintainer": {"write", "arrive", "shelve"},
    "auditor": set[str](),
}


@pytest.mark.parametrize("name", MAY)
def test_each_role_may_do_what_its_work_is_and_nothing_else(name: str) -> None:
    explained = ExplainedTrack(
        id="e", t_s=T0_S, source="alerting", track_id=7, rule="movement", by="P-1", state="explained",
        position=at(WEST_M).position,
    )  # fmt: skip
    state = folded(_two_alerts(), [explained])
    assert {wish for wish, command in WISHES.items() if _refusal(state, command, name) is None} == MAY[name]


def _refusal(state: desk.State, command: AnyCommand, name: str) -> str | None:
    try:
        decide(state, command, WHO[name], T0_S)
    except Refused as refused:
        return refused.why
    return None


def test_what_a_role_may_not_do_is_told_as_such_and_changes_nothing() -> None:
    assert {_refusal(_two_alerts(), command, "auditor") for command in WISHES.values()} == {"forbidden"}


def test_nobody_but_a_commander_practises() -> None:
    assert {p.name for p in PEOPLE if WHO[p.name].may("exercise")} == {"commander"}


def test_the_same_press_is_the_same_action_whatever_happened_since() -> None:
    state = asked(_two_alerts(), "west-1", _act("acknowledge"))
    assert decide(state, _act("dispose", code="false"), WHO["west-1"], T0_S + 5) == ()
    assert state.done[KEY] == "A-1"


def test_an_alert_handed_on_belongs_to_the_other_desk_and_an_undo_brings_it_back() -> None:
    state = asked(_two_alerts(), "west-1", _act("hand", desk="east"))
    assert state.items["A-1"].desk == "east"
    back = asked(state, "east-1", Act(key="press-0002", alert="A-1", action="undo"))
    assert back.items["A-1"].desk == "west"


@pytest.mark.parametrize(
    "wrong",
    [
        _act("dispose"),
        _act("acknowledge", code="true"),
        _act("dispose", code="true", cause="wind"),
        _act("defer"),
        _act("defer", seconds=1e9),
        _act("hand"),
        _act("hand", desk="west"),
        _act("hand", desk="north"),
        Act(key="short", alert="A-1", action="acknowledge"),
        Write(key=KEY),
        Write(key=KEY, phrase="unheard"),
        Write(key=KEY, text="x" * 501),
        Shelve(key=KEY, scope="kind", value="distress", reason="no reason is good enough"),
        Shelve(key=KEY, scope="sensor", value="nobody", reason="wind"),
        Shelve(key=KEY, scope="stretch", value="4", reason="wind"),
        Shelve(key=KEY, scope="kind", value="loitering", reason=""),
        Shelve(key=KEY, scope="kind", value="loitering", reason="herd", seconds=1e9),
        Arrive(key=KEY, s_m=WEST_M, d_m=0.0, people_least=5, people_most=4, needs=("water",)),
        Arrive(key=KEY, s_m=WEST_M, d_m=0.0, people_least=5, people_most=None, needs=()),
        Arrive(key=KEY, s_m=1e9, d_m=0.0, people_least=5, people_most=None, needs=("water",)),
        Practise(key=KEY, state="started"),
    ],
    ids=lambda c: repr(c)[:70],
)
def test_what_does_not_belong_together_is_refused_in_one_line(wrong: AnyCommand) -> None:
    with pytest.raises(Refused) as refused:
        decide(_two_alerts(), wrong, WHO["commander"], T0_S)
    assert refused.value.why == "wrong"
    assert "\n" not in refused.value.text


def test_distress_cannot_be_put_off() -> None:
    state = folded(staffed(), [at(WEST_M, 1, what="distress")])
    with pytest.raises(Refused, match="put off"):
        decide(state, _act("defer", seconds=120.0), WHO["west-1"], T0_S)


def test_a_cause_is_kept_with_the_disposition() -> None:
    state = asked(_two_alerts(), "west-1", _act("dispose", code="nuisance", cause="shepherd"))
    last = state.items["A-1"].disposition
    assert last is not None
    assert (last.disposition, last.cause, last.desk) == ("nuisance", "shepherd", "west")


def test_a_phrase_is_written_down_with_its_kind_and_the_persons_desk() -> None:
    state = asked(_two_alerts(), "east-1", Write(key=KEY, phrase="order_look", alert="A-2", unit="patrol-1"))
    (entry,) = state.log
    assert (entry.what, entry.desk, entry.person, entry.alert) == ("order", "east", "east-1", "A-2")


def test_a_group_arrival_stands_in_the_queue_as_a_kind_of_its_own() -> None:
    command = Arrive(key=KEY, s_m=EAST_M, d_m=-50.0, people_least=50, people_most=199, needs=("water", "medics"))
    report, alert = decide(_two_alerts(), command, WHO["east-1"], T0_S)
    assert isinstance(report, GroupArrival)
    assert isinstance(alert, Alert)
    assert alert.what == "group_arrival"
    assert len(alert.facts) >= 3
    state = folded(_two_alerts(), [report, alert])
    assert state.items["G-1"].desk == "east"
    assert "G-1" in state.waiting


def test_a_shelving_ends_by_itself_or_is_lifted() -> None:
    shelve = Shelve(key=KEY, scope="stretch", value="1:2.5", reason="works at the trench", seconds=600.0)
    state = asked(_two_alerts(), "west-1", shelve)
    assert [one.value for one in standing(state, T0_S + 599)] == ["1:2.5"]
    assert standing(state, T0_S + 600) == ()
    lifted = asked(state, "commander", Shelve(key="press-0002", lift="S-1"))
    assert standing(lifted, T0_S + 1) == ()


def test_records_of_actions_name_the_person_of_the_session_and_nobody_else() -> None:
    (record,) = decide(_two_alerts(), _act("acknowledge"), WHO["west-1"], T0_S)
    assert isinstance(record, OperatorAction)
    assert (record.operator, record.source) == ("west-1", "west-1")
