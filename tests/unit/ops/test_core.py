from __future__ import annotations

import queue
from pathlib import Path

import pytest

import watchline.ops.people as people_module
from builders import T0_S, alert, camera, health, position, report, site, straight_line
from core_builders import Step, ask, make_core, only_alert, silence, ticks, walker_seen_by_radar
from ledger_builders import counting_salt
from watchline.alerting.desk.roles import Refused
from watchline.domain.records import OperatorAction
from watchline.ledger.reader import LedgerReader
from watchline.ledger.verify import verify
from watchline.ledger.writer import Ledger
from watchline.ops.core import Core
from watchline.ops.resume import read_before


def _actions(directory: Path) -> list[OperatorAction]:
    with LedgerReader(directory / "ledger") as reader:
        return [e.value for e in reader.events(["operator_action"]) if isinstance(e.value, OperatorAction)]


def _with_alert(directory: Path) -> Core:
    return ticks(make_core(directory), 60)


def test_a_walker_towards_the_line_becomes_one_alert_with_reasons(tmp_path: Path) -> None:
    core = _with_alert(tmp_path)
    view = core.picture.alerts[only_alert(core)]
    core.close()
    assert view.alert.what == "approaching"
    assert len(view.alert.facts) >= 3


def test_an_answer_comes_when_the_action_is_in_the_ledger(tmp_path: Path) -> None:
    core = _with_alert(tmp_path)
    future = core.people.ask(ask())
    assert not future.done()
    ticks(core, 1)
    assert future.result(timeout=0) == "A-1"
    assert [a.action for a in _actions(tmp_path)] == ["acknowledge"]
    core.close()


def test_the_same_press_twice_is_one_action(tmp_path: Path) -> None:
    core = _with_alert(tmp_path)
    answers = [core.people.ask(ask()), core.people.ask(ask())]
    ticks(core, 1)
    answers.append(core.people.ask(ask()))
    ticks(core, 1)
    core.close()
    assert [future.result(timeout=0) for future in answers] == ["A-1"] * 3
    assert len(_actions(tmp_path)) == 1


def test_an_action_on_an_alert_that_is_not_there_is_refused(tmp_path: Path) -> None:
    core = make_core(tmp_path)
    future = core.people.ask(ask("A-9"))
    ticks(core, 1)
    with pytest.raises(Refused):
        future.result(timeout=0)
    core.close()


def test_a_press_given_up_by_its_caller_is_not_done_and_harms_nobody(tmp_path: Path) -> None:
    core = _with_alert(tmp_path)
    core.people.ask(ask()).cancel()
    after = core.people.ask(ask(key="press-0002"))
    ticks(core, 1)
    assert after.result(timeout=0) == "A-1"
    core.close()
    assert [a.key for a in _actions(tmp_path)] == ["press-0002"]


def test_what_is_asked_of_a_closed_core_is_refused(tmp_path: Path) -> None:
    core = _with_alert(tmp_path)
    given_up, future = core.people.ask(ask()), core.people.ask(ask(key="press-0002"))
    given_up.cancel()
    core.close()
    with pytest.raises(RuntimeError, match="stopped"):
        future.result(timeout=0)


def test_more_presses_than_the_queue_holds_are_refused_and_none_is_lost(tmp_path: Path) -> None:
    core = _with_alert(tmp_path)
    taken = [core.people.ask(ask(key=f"press-{k:05}")) for k in range(people_module.ACTIONS_BOUND)]
    with pytest.raises(queue.Full):
        core.people.ask(ask(key="one-too-many"))
    ticks(core, 1)
    core.close()
    assert all(future.done() for future in taken)
    assert len(_actions(tmp_path)) == len(taken)


def test_the_same_inputs_give_the_same_chain(tmp_path: Path) -> None:
    heads = []
    for name in ("one", "two"):
        core = ticks(make_core(tmp_path / name), 40)
        core.close()
        heads.append(core.ledger.head)
    assert heads[0] == heads[1]
    assert verify(tmp_path / "one" / "ledger").whole


def test_a_run_goes_on_where_its_ledger_ended(tmp_path: Path) -> None:
    first = _with_alert(tmp_path)
    first.people.ask(ask())
    ticks(first, 5)
    last_track = max(first._seen_tracks)
    first.close()
    second = make_core(tmp_path)
    assert second.picture.alerts["A-1"].state(T0_S) == "acknowledged"
    assert second.clock.now_s == T0_S + 65.0
    repeated = second.people.ask(ask())
    ticks(second, 60)
    second.close()
    assert repeated.result(timeout=0) == "A-1"
    assert len(_actions(tmp_path)) == 1
    assert set(second.picture.alerts) == {"A-1"}  # the same party: one alert, whatever number its track has now
    assert min(second._seen_tracks) > last_track
    with LedgerReader(tmp_path / "ledger") as reader:
        runs = [entry.value.id for entry in reader.events(["run_started", "run_ended"])]  # type: ignore[union-attr]
    assert runs == ["run-1", "end-1", "run-2", "end-2"]


def test_no_id_is_given_twice_over_restarts(tmp_path: Path) -> None:
    for _ in range(3):
        core = ticks(make_core(tmp_path, _now_and_then), 80)
        core.close()
    with LedgerReader(tmp_path / "ledger") as reader:
        ids = [entry.value.id for entry in reader.events()]  # type: ignore[union-attr]
    assert len(ids) == len(set(ids))


def _now_and_then(now_s: float) -> Step:
    """Return voices with gaps; once in a while a sensor tells its own state in the second it is found silent."""
    step = walker_seen_by_radar(now_s)
    if (now_s - T0_S) % 40 < 20:
        return step
    own = [health("cam", "dark", now_s, int(now_s))] if (now_s - T0_S) % 80 == 30 else []
    return Step([msg for msg in own])


def test_a_dark_alert_of_the_last_run_is_closed_by_the_sensors_return(tmp_path: Path) -> None:
    first = ticks(make_core(tmp_path, silence), 40)
    dark = {a for a, view in first.picture.alerts.items() if view.alert.what == "sensor_dark"}
    first.close()
    second = make_core(tmp_path)
    assert second.state.health.dark == {0, 1, 2}
    ticks(second, 2)
    second.close()
    assert dark
    assert {second.picture.alerts[a].alert.state for a in dark} == {"closed"}
    assert [a for a in second.picture.alerts if a not in dark] == []


def test_sensors_still_silent_after_a_restart_raise_no_second_alert(tmp_path: Path) -> None:
    first = ticks(make_core(tmp_path, silence), 40)
    first.close()
    second = ticks(make_core(tmp_path, silence), 40)
    second.close()
    assert set(second.picture.alerts) == set(first.picture.alerts)


def test_numbers_of_health_go_on_after_the_last_one_written(tmp_path: Path) -> None:
    with Ledger.create(tmp_path / "ledger", counting_salt()) as ledger:
        ledger.append(health("cam", "dark", number=5), T0_S)
        ledger.append(alert(), T0_S)
    before = read_before(tmp_path / "ledger", site(camera()))
    assert (before.health, before.alerts, before.runs) == (5, 1, 0)


def test_reports_of_units_reach_the_picture(tmp_path: Path) -> None:
    at = position(straight_line(), 4000.0, 200.0)
    core = ticks(make_core(tmp_path, lambda now_s: Step([report("patrol-1", at, now_s)])), 2)
    core.close()
    assert core.picture.units["patrol-1"].position == at
