from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from builders import T0_S, beacon, camera, fence, health, radar, site, straight_line, tracks
from watchline.alerting import engine
from watchline.alerting.forecast import arrivals
from watchline.alerting.kinds import ending
from watchline.alerting.likelihood import level
from watchline.alerting.making import REVISE_S
from watchline.alerting.rules import GRAVITY
from watchline.domain.batches import TrackBatch
from watchline.domain.records import Alert

LINE = straight_line()
SITE = site(camera(), radar(), fence())
PLACE_M = np.array([[0.0, -100.0]] * 3)
FAR_UNIT_M = np.array([[4000.0, -1500.0]])
NOBODY = TrackBatch.empty()
F8 = NDArray[np.float64]


def _engine() -> engine.State:
    return engine.init(engine.set_up(SITE, LINE, PLACE_M))


def _inputs(now_s: float, shown: TrackBatch = NOBODY, **more: Any) -> engine.Inputs:
    given: dict[str, Any] = {"unit_ids": ("patrol-1",), "units_xy_m": FAR_UNIT_M, "dark": frozenset()}
    return engine.Inputs(now_s=now_s, tracks=shown, **(given | more))


def _moving(t_s: float, from_m: Any, v_m_s: Any, **columns: Any) -> TrackBatch:
    """Return tracks (north of the line is outside) that set out at T0 and walk on straight."""
    start, v = np.asarray(from_m, float).reshape(-1, 2), np.asarray(v_m_s, float).reshape(-1, 2)
    columns = {"first_s": T0_S, "v_m_s": v, "hits": max(1, int(t_s - T0_S))} | columns
    return tracks(start + (t_s - T0_S) * v, LINE, t_s, **columns)


def _walk(
    seconds: int, from_m: Any, v_m_s: Any, state: engine.State | None = None, *, every_s: int = 5, **columns: Any
) -> tuple[engine.State, list[Alert]]:
    state, told = state or _engine(), []
    for k in range(0, seconds, every_s):
        state, new = engine.step(state, _inputs(T0_S + k, _moving(T0_S + k, from_m, v_m_s, **columns)))
        told += new
    return state, told


def _stand(
    state: engine.State, from_s: int, to_s: int, at_m: Any, **columns: Any
) -> tuple[engine.State, list[Alert]]:
    told = []
    for k in range(from_s, to_s, 10):
        shown = tracks([at_m], LINE, T0_S + k, **({"first_s": T0_S, "v_m_s": 0.0} | columns))
        state, new = engine.step(state, _inputs(T0_S + k, shown))
        told += new
    return state, told


def _kinds(told: list[Alert]) -> list[str]:
    return list(dict.fromkeys(alert.what for alert in told))


def _assert_explained(alert: Alert) -> None:
    assert len(alert.facts) >= 3
    for fact in alert.facts:
        assert fact.text_key.startswith("fact.")
        assert fact.source
        assert all(np.isfinite(v) for v in fact.args.values() if isinstance(v, int | float))
    msgspec.json.encode(alert)


# -- each kind fires and says why --------------------------------------------------------------------------


def test_a_walker_towards_the_line_is_approaching() -> None:
    _, told = _walk(120, [0, 1500], [0, -1.3])
    assert _kinds(told) == ["approaching"]
    _assert_explained(told[-1])


def test_a_walker_across_the_line_goes_from_approaching_through_crossing_to_crossed_in_one_alert() -> None:
    _, told = _walk(300, [0, 150], [0, -1.3])
    assert _kinds(told) == ["approaching", "crossing", "crossed"]
    assert {alert.alert for alert in told} == {"A-1"}
    _assert_explained(told[-1])


def test_somebody_about_for_ten_minutes_is_loitering() -> None:
    state, told = _engine(), []
    for k in range(0, 900, 10):
        at = [60 * np.sin(k / 60), 2000 + 60 * np.cos(k / 60)]
        shown = tracks([at], LINE, T0_S + k, first_s=T0_S, v_m_s=[1.0, 0.0])
        state, new = engine.step(state, _inputs(T0_S + k, shown))
        told += new
    assert "loitering" in _kinds(told)
    _assert_explained(next(alert for alert in told if alert.what == "loitering"))


def test_somebody_who_walked_far_and_lies_still_is_in_distress() -> None:
    state, _ = _walk(400, [0, 2500], [1.3, 0])
    _, told = _stand(state, 400, 400 + 17 * 60, [520, 2500])
    assert told[-1].what == "distress"
    _assert_explained(told[-1])


def test_a_fence_shaken_twice_is_touched() -> None:
    hits = ((T0_S, 4000.0, 2), (T0_S + 4, 4010.0, 2))
    _, told = engine.step(_engine(), _inputs(T0_S + 5, fence_hits=hits))
    assert [alert.what for alert in told] == ["fence_touched"]
    assert told[0].position.s_m == pytest.approx(4005.0, abs=1.0)
    _assert_explained(told[0])


def test_a_beacon_is_distress() -> None:
    _, told = engine.step(_engine(), _inputs(T0_S, beacons=(beacon(LINE),)))
    assert [(alert.what, alert.level, alert.count) for alert in told] == [("distress", 4, 3)]
    _assert_explained(told[0])


def test_a_dark_sensor_opens_an_alert_and_its_return_closes_it() -> None:
    state, told = engine.step(_engine(), _inputs(T0_S, health=(health("cam", "dark"),), dark=frozenset({0})))
    assert [(alert.what, alert.state) for alert in told] == [("sensor_dark", "open")]
    _assert_explained(told[0])
    _, told = engine.step(state, _inputs(T0_S + 9, health=(health("cam", "up", T0_S + 9, 2),)))
    assert [(alert.alert, alert.state, alert.revision) for alert in told] == [("A-1", "closed", 2)]


# -- what raises nothing -----------------------------------------------------------------------------------


def test_a_hot_rock_whose_track_wanders_within_its_error_raises_nothing() -> None:
    rng, state, told = np.random.default_rng(1), _engine(), []
    for k in range(0, 1800, 5):
        at = rng.normal([0, 1500], 12.0)
        shown = tracks([at], LINE, T0_S + k, cov=[144.0, 0, 144.0, 0.04], v_m_s=rng.normal(0, 0.3, 2), first_s=T0_S)
        state, new = engine.step(state, _inputs(T0_S + k, shown))
        told += new
    assert told == []


def test_what_known_activity_explains_raises_nothing_unless_a_person_promoted_it() -> None:
    def story(**more: Any) -> list[Alert]:
        state, told = _engine(), []
        for k in range(0, 300, 5):
            inputs = _inputs(T0_S + k, _moving(T0_S + k, [0, 1500], [0, -1.3]), **more)
            state, new = engine.step(state, inputs)
            told += new
        return told

    explained = frozenset({1})
    assert story(explained=explained) == []
    assert "approaching" in _kinds(story(explained=explained, promoted=explained))


def test_an_animal_far_out_raises_nothing_and_at_the_line_it_does() -> None:
    cow = [0.1, 0.0, 0.85, 0.05]
    assert _walk(120, [0, 1500], [0, -1.3], p_class=cow)[1] == []
    assert "crossed" in _kinds(_walk(300, [0, 150], [0, -1.3], p_class=cow)[1])


def test_a_walker_leaving_raises_nothing() -> None:
    assert _walk(300, [0, 500], [0, 1.3])[1] == []


def test_a_walker_on_the_home_side_raises_nothing() -> None:
    assert _walk(300, [0, -1500], [0, 1.0])[1] == []


def test_unconfirmed_tracks_raise_nothing() -> None:
    assert _walk(300, [0, 150], [0, -1.3], confirmed=0)[1] == []


def test_one_pull_at_the_fence_is_the_wind() -> None:
    state, told = engine.step(_engine(), _inputs(T0_S, fence_hits=((T0_S, 4000.0, 2),)))
    assert told == []
    assert engine.step(state, _inputs(T0_S + 70, fence_hits=((T0_S + 70, 4000.0, 2),)))[1] == []


def test_our_own_patrol_at_the_fence_raises_nothing() -> None:
    hits = ((T0_S, 4000.0, 2), (T0_S + 4, 4010.0, 2))
    at = LINE.xy_m_from_sd([[4005.0, 20.0]])
    assert engine.step(_engine(), _inputs(T0_S + 5, fence_hits=hits, units_xy_m=at))[1] == []


# -- how alerts live ---------------------------------------------------------------------------------------


def test_revisions_count_up_and_an_alert_that_only_moves_is_told_every_half_minute() -> None:
    _, told = _walk(300, [0, 3000], [0, -1.3], every_s=1)
    assert [alert.revision for alert in told] == list(range(1, len(told) + 1))
    assert np.diff([alert.t_s for alert in told]).min() >= REVISE_S


def test_gravity_never_falls() -> None:
    state, told = _walk(200, [0, 150], [0, -1.3])
    for k in range(200, 400, 5):  # turns round and walks out again
        shown = tracks([[0, -110 + (k - 200) * 1.5]], LINE, T0_S + k, first_s=T0_S, v_m_s=[0, 1.5])
        state, new = engine.step(state, _inputs(T0_S + k, shown))
        told += new
    gravity = [GRAVITY[alert.what] for alert in told]
    assert gravity == sorted(gravity)
    assert {alert.alert for alert in told} == {"A-1"}


def test_a_party_of_four_is_one_alert_with_a_count() -> None:
    abreast = [[k * 30.0, 1500.0] for k in range(4)]
    state, told = _walk(120, abreast, [[0, -1.3]] * 4)
    assert {(alert.alert, alert.count) for alert in told} == {("A-1", 4)}
    assert len(state.open) == 1


def test_two_far_from_each_other_are_two_alerts() -> None:
    _, told = _walk(120, [[0, 1500], [800, 1500]], [[0, -1.3]] * 2)
    assert {alert.alert for alert in told} == {"A-1", "A-2"}


def test_one_who_joins_raises_the_count_and_no_new_alert() -> None:
    state, _ = _walk(120, [[0, 1500]], [[0, -1.3]])
    told = []
    for k in range(120, 300, 5):
        shown = _moving(T0_S + k, [[0, 1500], [20, 1500]], [[0, -1.3]] * 2)
        state, new = engine.step(state, _inputs(T0_S + k, shown))
        told += new
    assert {alert.alert for alert in told} == {"A-1"}
    assert told[-1].count == 2


def test_the_first_sight_of_a_party_never_grows_later() -> None:
    state, told = _walk(120, [[0, 1500]], [[0, -1.3]])
    for k in range(120, 200, 5):  # a second one is seen beside the first, then the first is lost
        both = _moving(T0_S + k, [[0, 1500], [20, 1500]], [[0, -1.3]] * 2, first_s=[T0_S, T0_S + 120])
        state, new = engine.step(state, _inputs(T0_S + k, both))
        told += new
    for k in range(200, 300, 5):
        second = _moving(T0_S + k, [[0, 1500], [20, 1500]], [[0, -1.3]] * 2, first_s=[T0_S, T0_S + 120])
        state, new = engine.step(state, _inputs(T0_S + k, second.take(np.array([1]))))
        told += new
    assert {alert.first_s for alert in told} == {T0_S}


def test_distress_outranks_a_crossing() -> None:
    assert max(GRAVITY, key=lambda kind: GRAVITY[kind]) == "distress"
    state, _ = _walk(400, [0, 300], [0, -1.3])
    _, told = _stand(state, 400, 400 + 17 * 60, [0, -220])
    assert told[-1].what == "distress"
    assert told[-1].alert == "A-1"


def test_a_beacon_that_calls_again_is_the_same_alert() -> None:
    state, told = _engine(), []
    for k in range(0, 600, 60):
        state, new = engine.step(state, _inputs(T0_S + k, beacons=(beacon(LINE, t_s=T0_S + k),)))
        told += new
    assert {alert.alert for alert in told} == {"A-1"}
    assert {alert.first_s for alert in told} == {T0_S}


def test_an_alert_closes_when_its_track_has_been_gone_for_long() -> None:
    state, told = _walk(120, [0, 1500], [0, -1.3])
    last_s, out = told[-1].t_s, []
    for k in range(120, 900, 10):
        state, new = engine.step(state, _inputs(T0_S + k))
        out += new
    assert [(alert.alert, alert.what, alert.state) for alert in out] == [("A-1", "lost_contact", "open")]
    assert out[0].t_s - last_s > ending.LOST_S
    for k in range(900, 2700, 60):
        state, new = engine.step(state, _inputs(T0_S + k))
        out += new
    assert [(alert.alert, alert.state) for alert in out[1:]] == [("A-1", "closed")]
    assert state.open == {}
    assert state.alert_of == {}


@pytest.mark.parametrize(("other", "radar"), [(-1, set()), (1, {("radar", True)})])
def test_checked_by_are_who_saw_it_and_who_could_have_but_is_dark(other: int, radar: set[tuple[str, bool]]) -> None:
    shown = [_moving(T0_S + k, [0, 1500], [0, -1.3], other=other) for k in (0, 60)]
    state, _ = engine.step(_engine(), _inputs(T0_S, shown[0]))
    _, told = engine.step(state, _inputs(T0_S + 60, shown[1], dark=frozenset({0})))
    assert {(v.name, v.up) for v in told[0].verifiers} == {("cam", False)} | radar


def test_a_beacon_is_not_checked_by_cameras_that_only_stand_near() -> None:
    _, told = engine.step(_engine(), _inputs(T0_S, beacons=(beacon(LINE),)))
    assert told[0].verifiers == ()


def test_a_step_leaves_the_state_it_was_given_as_it_was() -> None:
    state, _ = _walk(120, [0, 1500], [0, -1.3])
    kept = dict(state.open), dict(state.alert_of), state.issued
    engine.step(state, _inputs(T0_S + 500, beacons=(beacon(LINE),)))
    assert (state.open, state.alert_of, state.issued) == kept


def test_levels_follow_from_the_probability() -> None:
    _, told = _walk(600, [0, 700], [0, -1.3], hits=200, other=1)
    assert max(alert.level for alert in told) == 4
    assert all(alert.p is not None and alert.level == level(alert.p) for alert in told)


def test_an_engine_that_goes_on_closes_what_the_last_run_left_open() -> None:
    state, _ = engine.step(_engine(), _inputs(T0_S, health=(health("cam", "dark"),)))
    again = engine.init(state.setup, list(state.open.values()), state.issued)
    _, told = engine.step(again, _inputs(T0_S + 9, health=(health("cam", "up", T0_S + 9, 2),)))
    assert [(alert.alert, alert.state) for alert in told] == [("A-1", "closed")]


# -- arrivals ----------------------------------------------------------------------------------------------


def test_the_forecast_of_a_straight_walk_is_distance_over_speed() -> None:
    coming = arrivals(tracks([[0, 1300]], LINE, v_m_s=[0.5, -1.3]), LINE)
    assert coming.eta_s[0] == pytest.approx(1000.0, rel=0.01)
    assert coming.s_cross_m[0] == pytest.approx(LINE.length_m / 2 + 500.0, abs=10.0)


def test_the_forecast_interval_holds_its_middle_and_widens_with_doubt() -> None:
    sure = arrivals(tracks([[0, 1300]], LINE, v_m_s=[0, -1.3]), LINE)
    unsure = arrivals(tracks([[0, 1300]], LINE, v_m_s=[0, -1.3], cov=[900, 0, 900, 0.2]), LINE)
    for coming in (sure, unsure):
        assert coming.early_s[0] < coming.eta_s[0] < coming.late_s[0]
    assert unsure.late_s[0] - unsure.early_s[0] > sure.late_s[0] - sure.early_s[0]


@pytest.mark.parametrize("v_m_s", [[0.0, 1.3], [1.3, 0.0], [0.0, 0.0]])
def test_who_does_not_come_nearer_has_no_time_of_arrival(v_m_s: list[float]) -> None:
    coming = arrivals(tracks([[0, 1300]], LINE, v_m_s=v_m_s), LINE)
    assert np.isnan([coming.eta_s[0], coming.early_s[0], coming.late_s[0]]).all()


def test_shifting_all_times_shifts_alerts_only_in_time() -> None:
    def story(by_s: float) -> list[Alert]:
        state, told = _engine(), []
        for k in range(0, 400, 5):
            t_s = T0_S + k
            shown = _moving(t_s, [[0, 200], [900, 900]], [[0, -1.3], [0, -1.0]])
            shown = replace(shown, t_s=shown.t_s + by_s, first_s=shown.first_s + by_s, last_s=shown.last_s + by_s)
            hits = ((t_s + by_s, 2000.0, 2),) if 100 < k < 130 else ()
            state, new = engine.step(state, _inputs(t_s + by_s, shown, fence_hits=hits))
            told += new
        return told

    def timeless(alert: Alert) -> object:
        facts = [(f.text_key, f.source, {k: v for k, v in f.args.items() if k != "t_s"}) for f in alert.facts]
        return alert.id, alert.what, alert.level, alert.position, facts, alert.count, alert.verifiers

    now, later = story(0.0), story(86_400.0)
    assert [timeless(a) for a in now] == [timeless(a) for a in later]
    assert {round(b.t_s - a.t_s, 6) for a, b in zip(now, later, strict=True)} == {86_400.0}
    assert {round(b.first_s - a.first_s, 6) for a, b in zip(now, later, strict=True)} == {86_400.0}
