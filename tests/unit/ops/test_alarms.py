"""The alarm spine: what people found moves later probabilities; strength of the line; going on after a restart."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest

from builders import T0_S, camera, fence, level, radar, site, straight_line, tracks
from watchline.alerting.making import position
from watchline.alerting.state import set_up
from watchline.coverage.in_view import in_view, sight
from watchline.domain.batches import DetectionBatch, TrackBatch
from watchline.domain.records import Alert, OperatorAction, Record, UnitReport
from watchline.ops import alarms, answers, strength
from watchline.ops.resume import nothing_before
from watchline.sensing.placing import placed

LINE = straight_line(30_000.0)
SITE = site(camera(), radar(), fence(to_km=30.0), line=LINE)
PLACES_M = np.array([[0.0, -100.0]] * 3)


def _heard(now_s: float, shown: TrackBatch, *records: Record) -> alarms.Heard:
    return alarms.Heard(now_s, records, DetectionBatch.empty(), shown, frozenset())


def _walking(k: float, y_m: float = 1500.0, **more: Any) -> TrackBatch:
    given: dict[str, Any] = {"first_s": T0_S - 60.0, "v_m_s": [0.0, -1.3], "hits": int(60 + k)}
    return tracks([[0.0, y_m - 1.3 * k]], LINE, T0_S + k, **(given | more))


def _walk(state: alarms.State, seconds: int, *records: Record) -> tuple[alarms.State, list[Record]]:
    out: list[Record] = []
    for k in range(0, seconds, 5):
        state, told = alarms.step(state, _heard(T0_S + k, _walking(k), *(records if k == 0 else ())))
        out += told
    return state, out


def _alert(name: str, p: float) -> Alert:
    _, told = _walk(alarms.init(SITE, LINE, PLACES_M), 60)
    first = next(r for r in told if isinstance(r, Alert))
    return _with(first, alert=name, p=p)


def _with(record: Any, **fields: Any) -> Any:
    return msgspec.structs.replace(record, **fields)


def _answer(name: str, disposition: str | None, action: str = "dispose") -> OperatorAction:
    return OperatorAction(
        id=f"O-{name}-{action}", t_s=T0_S, source="desk", alert=name, operator="desk", action=action,
        key=f"{name}-key", disposition=disposition,
    )  # type: ignore[arg-type]  # fmt: skip


def test_what_people_found_moves_what_is_said_next_and_an_undo_takes_it_back() -> None:
    template = _alert("A-1", 0.9)
    state = answers.State()
    for k in range(40):
        state = answers.noted(state, [_with(template, alert=f"A-{k}")])
        state = answers.folded(state, [_answer(f"A-{k}", "nuisance")])
    assert state.calibration.count == 40
    assert state.calibration.of(0.9) < 0.6
    back = answers.folded(state, [_answer(f"A-{k}", None, "undo") for k in range(40)])
    assert back.calibration.of(0.9) == pytest.approx(0.9)
    drill = answers.noted(answers.State(), [_with(template, exercise=True)])
    assert drill.said == {}


def test_an_alert_says_its_probability_and_it_is_the_corrected_one() -> None:
    _, told = _walk(alarms.init(SITE, LINE, PLACES_M), 60)
    plain = [r for r in told if isinstance(r, Alert)][-1]
    doubted = alarms.init(SITE, LINE, PLACES_M)
    shift = replace(doubted.answered.calibration, shift=-2.0)
    doubted = replace(doubted, answered=replace(doubted.answered, calibration=shift))
    _, told = _walk(doubted, 60)
    less = [r for r in told if isinstance(r, Alert)][-1]
    assert plain.p is not None
    assert less.p is not None
    assert less.p < plain.p
    assert less.level < plain.level


def _report(k: float, unit: str, **more: Any) -> UnitReport:
    at = position(set_up(SITE, LINE, PLACES_M), np.array([30.0, 1500.0 - 1.3 * k]))
    given: dict[str, Any] = {"id": f"{unit}-{k}", "t_s": T0_S + k, "source": unit, "unit": unit, "position": at}
    return UnitReport(**(given | {"speed_m_s": 1.3, "heading_rad": np.pi, "state": "patrolling"} | more))


@pytest.mark.parametrize("exercise", [False, True])
def test_a_unit_that_walks_to_the_line_raises_nothing_and_an_exercise_is_marked(exercise: bool) -> None:
    state, said = alarms.init(SITE, LINE, PLACES_M), list[Record]()
    for k in range(0, 1300, 5):
        records = (_report(k, "patrol-1", exercise=exercise),) if k % 15 == 0 else ()
        state, told = alarms.step(state, _heard(T0_S + k, _walking(k), *records))
        said += told
    assert [r for r in said if isinstance(r, Alert)] == []
    assert [r.exercise for r in said] == [exercise]


def test_the_strength_of_a_stretch_is_told_when_it_stays_changed_and_when_it_is_back() -> None:
    ground = level(20_000.0, cell_m=200.0)
    where = placed(SITE, LINE, ground)
    belt = sight(LINE, ground, SITE.sensors, where.eye_m, where.convergence_rad)
    state = strength.init(belt, tuple(s.id for s in SITE.sensors))
    usual = state.usual
    assert max(usual) > 0.3
    state, told = strength.step(state, frozenset({0, 1}), T0_S)
    state, told = strength.step(state, frozenset(), T0_S + 10)  # a hiccup
    state, told = strength.step(state, frozenset(), T0_S + 90)
    assert told == ()
    state, told = strength.step(state, frozenset({0, 1}), T0_S + 100)
    state, told = strength.step(state, frozenset({0, 1}), T0_S + 170)
    assert told
    assert all(r.strength == 0.0 and r.causes for r in told)
    assert [r.usual for r in told] == [round(v, 3) for v in usual if v >= strength.TELL_CHANGE]
    state, _ = strength.step(state, frozenset(), T0_S + 200)
    _, back = strength.step(state, frozenset(), T0_S + 270)
    assert [r.strength for r in back] == [r.usual for r in back]
    assert in_view(belt, frozenset()).share.max() <= 1.0


def test_a_restart_goes_on_with_what_was_open_kept_back_and_answered() -> None:
    state, told = _walk(alarms.init(SITE, LINE, PLACES_M), 60)
    before = nothing_before(SITE, LINE)
    for record in (*told, _answer("A-1", "true")):
        before.picture.apply(record)
        if isinstance(record, OperatorAction):
            before.told.append(record)
    before.alerts, before.end_s = 1, T0_S + 60
    again = alarms.going_on(alarms.init(SITE, LINE, PLACES_M), before)
    assert set(again.engine.open) == set(state.engine.open) == {"A-1"}
    assert again.manage.on_queue == {"A-1"}
    assert again.answered.calibration.count == 1
