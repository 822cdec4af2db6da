from __future__ import annotations

from typing import Any

import pytest

from builders import T0_S, alert
from desk_builders import EAST_M, WEST_M, WHO, asked, at, folded, seat, staffed
from watchline.alerting.desk import state as desk
from watchline.alerting.desk.clockwork import SHIFT_S, due
from watchline.alerting.desk.commands import Act, Write
from watchline.alerting.desk.deciding import decide
from watchline.alerting.desk.figures import score
from watchline.alerting.desk.retention import expired
from watchline.domain.desk import Escalation, Evidence, SeededOutcome, SeededTest
from watchline.domain.records import Clip, PayloadDeleted

LIMITS = (900.0, 300.0, 120.0, 60.0)


def _act(action: str, key: str = "press-0001", **more: Any) -> Act:
    return Act(key=key, alert=more.pop("alert", "A-1"), action=action, **more)  # type: ignore[arg-type]


def _run(state: desk.State, until_s: float, step_s: float = 1.0, since_s: float = T0_S) -> desk.State:
    """Return the desk after the clock alone has moved on."""
    now_s = since_s
    while now_s < until_s:
        now_s += step_s
        state = folded(state, due(state, now_s, now_s - step_s, ()))
    return state


# -- nobody answers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", [1, 2, 3, 4])
def test_the_commander_is_told_when_nobody_answers_in_time_and_then_every_desk(level: int) -> None:
    state = folded(staffed(escalate_after_s=LIMITS), [at(WEST_M, level=level)])
    limit_s = LIMITS[level - 1]
    assert _run(state, T0_S + limit_s - 1).items["A-1"].escalated == ()
    told = _run(state, T0_S + 2 * limit_s + 20, 10.0).items["A-1"].escalated
    assert [(one.step, one.to) for one in told] == [(1, "shift_commander"), (2, "every_desk")]
    assert all(one.waited_s - one.step * limit_s <= 10.0 for one in told)


def test_distress_waits_for_nobody_longer_than_its_own_limit() -> None:
    state = folded(staffed(distress_after_s=5.0), [at(WEST_M, level=1, what="distress")])
    assert len(_run(state, T0_S + 6).items["A-1"].escalated) == 1


def test_an_answer_stops_the_clock() -> None:
    state = asked(folded(staffed(), [at(WEST_M, level=4)]), "west-1", _act("acknowledge"))
    assert _run(state, T0_S + 1000, 10.0).items["A-1"].escalated == ()


def test_a_second_look_is_due_when_its_time_has_come_and_waits_from_then() -> None:
    state = asked(folded(staffed(), [at(WEST_M, level=4)]), "west-1", _act("defer", seconds=120.0))
    assert _run(state, T0_S + 179).items["A-1"].escalated == ()
    assert len(_run(state, T0_S + 181).items["A-1"].escalated) == 1


def test_an_alert_that_grew_graver_after_its_answer_waits_again() -> None:
    state = asked(folded(staffed(), [at(WEST_M, level=4)]), "west-1", _act("acknowledge"))
    worse = at(WEST_M, level=4, what="crossed", revision=2, t_s=T0_S + 500)
    state = folded(_run(state, T0_S + 500, 10.0), [worse])
    assert len(_run(state, T0_S + 565, since_s=T0_S + 500).items["A-1"].escalated) == 1


def test_no_two_escalations_share_an_id() -> None:
    state = folded(staffed(), [at(WEST_M, level=4)])
    ids = []
    for round_ in range(3):
        now_s = T0_S + 1000.0 * round_
        state = asked(state, "west-1", _act("defer", key=f"press-{round_:04}", seconds=10.0), now_s)
        for step in range(40):
            records = due(state, now_s + 10 * step, now_s, ())
            ids += [record.id for record in records]
            state = folded(state, records)
    assert len(ids) == len(set(ids)) == 6


# -- seeded tests ------------------------------------------------------------------------------------------

RATE = 6.0
NOW = (0.0, 0.5, 0.5, 0.5, 0.5, 0.5)  # chance 0: a test begins if one may
NEVER = (1.0, 0.5, 0.5, 0.5, 0.5, 0.5)


def _seeded(state: desk.State, now_s: float = T0_S + 1) -> desk.State:
    return folded(state, due(state, now_s, now_s - 1.0, NOW + NEVER))


def test_a_seeded_test_is_no_alert_and_is_measured_to_the_person_who_has_the_desk() -> None:
    state = _seeded(staffed(seeded_per_12_h=RATE))
    (test,) = state.tests.values()
    assert (test.test.desk, test.test.person) == ("west", "west-1")
    assert state.items == {}
    assert len(test.test.alert.facts) >= 3


def test_tests_come_at_the_set_rate() -> None:
    state, count, chances, step_s = staffed(seeded_per_12_h=RATE), 0, 4000, 10.0
    for n in range(chances):
        chance = ((n + 0.5) / chances, *NOW[1:])
        count += bool(due(state, T0_S + step_s, T0_S, chance + NEVER))
    assert count / chances == pytest.approx(RATE * step_s / SHIFT_S, rel=0.2)


def test_the_answer_ends_the_test_and_is_no_action_on_an_alert() -> None:
    state = _seeded(staffed(seeded_per_12_h=RATE))
    (record,) = decide(state, _act("dispose", alert="T-1", code="true"), WHO["west-1"], T0_S + 13)
    assert isinstance(record, SeededOutcome)
    assert (record.outcome, record.person, record.waited_s) == ("answered", "west-1", 12.0)
    after = folded(state, [record])
    assert (score(after, "west-1").answered, score(after, "west-1").answer_s) == (1, 12.0)
    assert score(after, "commander").shown == 0


def test_a_test_nobody_answers_is_missed_and_never_told_to_anybody_else() -> None:
    state = _seeded(staffed(seeded_per_12_h=RATE))
    state = _run(state, T0_S + 2000, 10.0, T0_S + 1)
    (test,) = state.tests.values()
    assert test.outcome is not None
    assert test.outcome.outcome == "missed"
    assert (score(state, "west-1").shown, score(state, "west-1").answered) == (1, 0)


def test_distress_takes_a_test_away() -> None:
    state = folded(_seeded(staffed(seeded_per_12_h=RATE)), [at(WEST_M, 1, what="distress", t_s=T0_S + 2)])
    state = folded(state, due(state, T0_S + 3, T0_S + 2, ()))
    assert [t.outcome.outcome for t in state.tests.values() if t.outcome] == ["withdrawn"]
    assert score(state, "west-1").shown == 0


@pytest.mark.parametrize(
    "busy",
    [
        [at(WEST_M, 1, what="distress")],
        [at(WEST_M, 1), at(WEST_M, 2)],
        [at(WEST_M, n, state="closed") for n in range(1, 5)],
    ],
    ids=["distress", "work waits", "over the budget"],
)
def test_a_desk_with_work_is_not_tested(busy: list[Any]) -> None:
    state = folded(staffed(seeded_per_12_h=RATE), busy)
    assert not any(isinstance(r, SeededTest) for r in due(state, T0_S + 1, T0_S, NOW + NEVER))


def test_an_empty_desk_and_a_rate_of_none_are_not_tested() -> None:
    assert due(folded(staffed(), []), T0_S + 1, T0_S, NOW + NOW) == []
    nobody = desk.init(staffed(seeded_per_12_h=RATE).setup)
    assert due(nobody, T0_S + 1, T0_S, NOW + NOW) == []


def test_a_line_of_the_log_does_not_give_a_test_away() -> None:
    state = _seeded(staffed(seeded_per_12_h=RATE))
    (entry,) = decide(state, Write(key="press-0009", phrase="radio_check", alert="T-1"), WHO["west-1"], T0_S + 2)
    assert entry.alert == ""  # type: ignore[attr-defined]


# -- evidence ----------------------------------------------------------------------------------------------


def test_evidence_is_kept_for_as_long_as_the_site_says_and_not_deleted_twice() -> None:
    clip = Clip(
        id="C-1", t_s=T0_S, source="cam", clip="C-1", alert="A-1", sensor="cam", t0_s=T0_S, t1_s=T0_S + 1, fps=3.0,
        width_px=4, height_px=4, media_type="video/webm", payload_id="c" * 64,
    )  # fmt: skip
    kept = Evidence(
        id="E-1", t_s=T0_S + 9, source="evidence", alert="A-1", revision=1, map_payload="m" * 64,
        sheet_payload="s" * 64, width_m=4000.0,
    )  # fmt: skip
    state = folded(staffed(evidence_days=1.0), [alert("A-1"), clip, kept])
    assert expired(state, T0_S + 86_400) == []
    assert expired(state, T0_S + 86_401, set(state.items)) == []  # held for an inquiry
    assert expired(state, T0_S + 86_401) == ["c" * 64]
    gone = PayloadDeleted(id="d", t_s=T0_S, source="retention", payload_id="c" * 64, reason="rule")
    assert expired(folded(state, [gone]), T0_S + 86_410) == ["m" * 64, "s" * 64]


def test_an_alert_at_the_other_desk_does_not_stop_a_test() -> None:
    state = folded(staffed(seeded_per_12_h=RATE), [at(EAST_M, 1, what="distress")])
    assert any(isinstance(r, SeededTest) for r in due(state, T0_S + 1, T0_S, NOW + NEVER))


def test_a_seat_at_a_desk_that_somebody_has_changes_nothing() -> None:
    assert folded(staffed(), [seat("west-2"), seat("commander"), seat("auditor")]).holders["west"] == "west-1"


def test_escalations_of_closed_alerts_end() -> None:
    state = folded(staffed(), [at(WEST_M, level=4), at(WEST_M, level=4, state="closed", revision=2)])
    assert not any(isinstance(r, Escalation) for r in due(state, T0_S + 9999, T0_S, ()))
