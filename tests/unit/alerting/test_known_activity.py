"""What known activity explains, for how long, and that it never hides a crossing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from builders import T0_S, straight_line, tracks
from watchline.alerting.known import activity, learned
from watchline.alerting.known.places import Ground, holds
from watchline.domain.batches import TrackBatch
from watchline.domain.records import ExplainedTrack, GeoPoint, KnownMovement

LINE = straight_line()
NONE = np.zeros((0, 2))
SHEEP = [0.1, 0.0, 0.85, 0.05]
F8 = NDArray[np.float64]


def _inputs(now_s: float, shown: TrackBatch, units: Any = NONE, v: Any = (0.0, 0.0), **more: Any) -> activity.Inputs:
    xy = np.asarray(units, float).reshape(-1, 2)
    n = len(xy)
    given: dict[str, Any] = {
        "hour": 12.0, "unit_ids": tuple(f"P{k}" for k in range(n)), "units_xy_m": xy,
        "units_v_m_s": np.broadcast_to(np.asarray(v, float), (n, 2)), "units_age_s": np.zeros(n),
    }  # fmt: skip
    return activity.Inputs(now_s=now_s, tracks=shown, **(given | more))


def _point(s_m: float, d_m: float) -> GeoPoint:
    lon, lat = LINE.frame.lonlat_from_xy_m(LINE.xy_m_from_sd(np.array([s_m, d_m])))
    return GeoPoint(lon_deg=float(lon), lat_deg=float(lat))


def _pasture(**more: Any) -> KnownMovement:
    given: dict[str, Any] = {
        "id": "M-1", "t_s": T0_S, "source": "office", "movement": "permit-1", "what": "permit",
        "registered_by": "office", "shape": "area", "width_m": 100.0, "from_s": T0_S, "until_s": T0_S + 86_400.0,
        "points": tuple(_point(s, d) for s, d in ((4000, -3000), (6000, -3000), (6000, -1500), (4000, -1500))),
        "from_hour": 8.0, "to_hour": 16.0, "classes": ("person", "animal"), "most": 12,
    }  # fmt: skip
    return KnownMovement(**(given | more))


def test_a_track_with_our_patrol_is_explained_told_once_and_on_its_own_again_soon_after_leaving() -> None:
    state, told = activity.State(LINE), list[ExplainedTrack]()
    left_s = None
    for k in range(0, 300, 2):
        at = np.array([[-500.0 + 2.0 * k, 800.0]])
        if k >= 200:  # the patrol drives on, the other stays where it was
            at = np.array([[-100.0, 800.0]])
        shown = tracks(at, LINE, T0_S + k, v_m_s=[2.0, 0.0] if k < 200 else 0.0)
        state, new = activity.step(
            state, _inputs(T0_S + k, shown, [[-460.0 + 8.0 * max(k - 200, 0) + 2.0 * k, 800.0]], (2.0, 0.0))
        )
        told += new
        if k > 200 and not state.silent and left_s is None:
            left_s = k
    assert [(r.state, r.rule, r.by) for r in told] == [("explained", "own_unit", "P0"), ("ended", "own_unit", "P0")]
    assert left_s is not None
    assert left_s - 200 < 60


def test_a_patrol_that_turns_between_two_reports_is_still_ours() -> None:
    state = activity.State(LINE)
    for k in range(0, 240, 2):
        turned = k >= 120  # the track comes back, the latest report says it drives on
        at = np.array([[6.0 * k if not turned else 720.0 - 0.5 * (k - 120), 800.0]])
        shown = tracks(at, LINE, T0_S + k, v_m_s=[-6.0, 0.0] if turned else [6.0, 0.0])
        state, _ = activity.step(state, _inputs(T0_S + k, shown, at + np.array([[30.0, 0.0]]), (6.0, 0.0)))
        if k > 20:
            assert state.silent, k


def test_somebody_who_only_passes_a_patrol_is_never_its_people() -> None:
    state = activity.State(LINE)
    for k in range(0, 600, 2):
        shown = tracks([[0.0, 1500.0 - 1.3 * k]], LINE, T0_S + k, v_m_s=[0.0, -1.3])
        unit = [[-3000.0 + 8.0 * k, 1100.0]]  # crosses its way at 8 m/s
        state, _ = activity.step(state, _inputs(T0_S + k, shown, unit, (8.0, 0.0)))
        assert not state.silent


def test_a_stale_report_explains_nothing() -> None:
    shown = tracks([[0.0, 800.0]], LINE)
    state, _ = activity.step(
        activity.State(LINE), _inputs(T0_S, shown, [[20.0, 800.0]], units_age_s=np.array([400.0]))
    )
    assert not state.silent


@pytest.mark.parametrize(("name", "rule"), [("partner", "partner_unit"), ("exercise", "own_unit")])
def test_partners_and_exercises_explain_and_exercises_are_marked_at_birth(name: str, rule: str) -> None:
    shown = tracks([[0.0, 800.0]], LINE)
    inputs = _inputs(T0_S, shown, [[20.0, 800.0]], **{name: frozenset({"P0"})})
    state, told = activity.step(activity.State(LINE), inputs)
    assert [(r.rule, r.exercise) for r in told] == [(rule, name == "exercise")]
    assert state.silent == {1}


def _grazing(now_s: float, count: float = 1.0, d_m: float = -2100.0, p: Any = SHEEP) -> TrackBatch:
    xy = LINE.xy_m_from_sd(np.array([5100.0, d_m]))
    return tracks([xy], LINE, now_s, p_class=p, count=count)


def test_a_permit_explains_its_flock_at_its_hours_and_not_more_than_it_says() -> None:
    state = activity.State(LINE)
    state, told = activity.step(state, _inputs(T0_S, _grazing(T0_S), movements=(_pasture(),)))
    assert [(r.rule, r.by) for r in told] == [("movement", "permit-1")]
    later, _ = activity.step(state, _inputs(T0_S + 120, _grazing(T0_S + 120), hour=17.0))
    assert not later.silent
    many, _ = activity.step(state, _inputs(T0_S + 120, _grazing(T0_S + 120, count=20.0)))
    assert not many.silent
    car, _ = activity.step(state, _inputs(T0_S + 120, _grazing(T0_S + 120, p=[0.0, 0.9, 0.0, 0.1])))
    assert not car.silent
    gone, _ = activity.step(
        state, _inputs(T0_S + 120, _grazing(T0_S + 120), movements=(_pasture(withdrawn=True),))
    )  # fmt: skip
    assert not gone.silent


def test_no_permit_explains_anybody_at_the_line() -> None:
    wide = _pasture(points=tuple(_point(s, d) for s, d in ((4000, -3000), (6000, -3000), (6000, 50), (4000, 50))))
    state, _ = activity.step(activity.State(LINE), _inputs(T0_S, _grazing(T0_S, d_m=-100.0), movements=(wide,)))
    assert not state.silent


def test_a_promoted_track_is_explained_still_and_raises_alerts_all_the_same() -> None:
    state, _ = activity.step(activity.State(LINE), _inputs(T0_S, _grazing(T0_S), movements=(_pasture(),)))
    shown = _grazing(T0_S + 2)
    state, told = activity.step(state, _inputs(T0_S + 2, shown, promoted=frozenset({1})))
    assert told == []
    assert state.explained
    assert not state.silent


def test_a_road_explains_cars_along_it_only() -> None:
    road = Ground.of(
        _pasture(shape="route", what="road", classes=("vehicle",), width_m=150.0, from_hour=0.0, to_hour=24.0,
                 points=(_point(5000, -5000), _point(5000, -1500))), LINE,
    )  # fmt: skip
    car = np.array([[0.0, 0.9, 0.0, 0.1]])
    at = LINE.xy_m_from_sd(np.array([[5100.0, -3000.0], [5200.0, -3000.0], [5000.0, -1200.0]]))
    assert holds(road, at, np.repeat(car, 3, axis=0), 3.0, T0_S).tolist() == [True, False, False]
    assert not holds(road, at[:1], np.array([[0.9, 0.0, 0.0, 0.1]]), 3.0, T0_S).any()


def test_units_on_one_registered_patrol_expect_each_other() -> None:
    state = activity.registered(activity.State(LINE), (_pasture(what="patrol"),), T0_S)
    at = LINE.xy_m_from_sd(np.array([[4500.0, -2000.0], [5500.0, -2000.0], [9000.0, -2000.0]]))
    inputs = _inputs(T0_S, TrackBatch.empty(), at)
    assert activity.expected(state, inputs) == {frozenset({"P0", "P1"})}
    assert activity.expected(state, replace(inputs, hour=20.0)) == frozenset()


def _day_of_sheep(state: learned.State, day: int, at_d_m: float = -2100.0) -> tuple[learned.State, int]:
    told = 0
    start = T0_S + day * 86_400.0
    for k in range(0, 600, 60):
        state, new = learned.step(state, _grazing(start + k, d_m=at_d_m), 12.0, start + k)
        told += len(new)
    state, new = learned.step(state, TrackBatch.empty(), 12.0, start + 700)
    return state, told + len(new)


def test_animals_seen_on_three_days_at_a_place_and_hour_are_known_there_and_then_only_until_it_expires() -> None:
    state, records = learned.State(), 0
    for day in range(3):
        assert learned.explains(state, _grazing(T0_S), 12.0) == {}
        state, told = _day_of_sheep(state, day)
        records += told
    assert records == 3
    assert learned.explains(state, _grazing(T0_S), 12.5) == {1: "10:-5:12"}
    assert learned.explains(state, _grazing(T0_S), 13.5) == {}
    assert learned.explains(state, _grazing(T0_S, p=[0.9, 0.0, 0.0, 0.1]), 12.5) == {}
    state, told_last = learned.step(state, TrackBatch.empty(), 0.0, T0_S + 3 * 86_400.0 + learned.KEPT_S)
    assert state.cells == {}
    assert [cell[4] for record in told_last for cell in record.cells] == [0.0]


def test_animals_that_came_to_the_line_teach_nothing() -> None:
    state, told = _day_of_sheep(learned.State(), 0, at_d_m=-200.0)
    assert state.cells == {}
    assert told == 0


def test_learned_counts_are_a_fold_of_what_was_told() -> None:
    state, folded = learned.State(), learned.State()
    for day in range(2):
        start = T0_S + day * 86_400.0
        for k in (0, 60):
            state, _ = learned.step(state, _grazing(start + k), 12.0, start + k)
        state, told = learned.step(state, TrackBatch.empty(), 12.0, start + 700)
        for record in told:
            folded = learned.told(record, folded)
    assert folded.cells == replace(state, visits={}).cells
