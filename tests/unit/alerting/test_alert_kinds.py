"""Kinds of alerts beyond a single track: lost contact, groups, outages, reports, units, many at once."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from builders import T0_S, camera, fence, health, radar, site, straight_line, tracks
from watchline.alerting import engine
from watchline.alerting.kinds import mass
from watchline.alerting.management import manage
from watchline.domain.batches import TrackBatch
from watchline.domain.records import Alert, FieldReport, GeoPoint, LineStrength, PartnerEvent, Position
from watchline.domain.respond import LineUncovered, PursuitStep, Waits

LINE = straight_line()
F8 = NDArray[np.float64]
PAIR = site(
    camera("cam-1", power="P1", link="L1"), camera("cam-2", power="P1", link="L2"), radar(power="P2"), fence()
)
PLACES_M = np.array([[0.0, -100.0]] * 4)
NOBODY = TrackBatch.empty()


def _engine() -> engine.State:
    return engine.init(engine.set_up(PAIR, LINE, PLACES_M))


def _inputs(now_s: float, shown: TrackBatch = NOBODY, **more: Any) -> engine.Inputs:
    given: dict[str, Any] = {"unit_ids": ("P1",), "units_xy_m": np.array([[4000.0, -1500.0]]), "dark": frozenset()}
    return engine.Inputs(now_s=now_s, tracks=shown, **(given | more))


def _walk(
    seconds: int, from_m: Any, v_m_s: Any, state: engine.State | None = None, **columns: Any
) -> tuple[engine.State, list[Alert]]:
    state, told = state or _engine(), []
    start, v = np.asarray(from_m, float).reshape(-1, 2), np.asarray(v_m_s, float).reshape(-1, 2)
    for k in range(0, seconds, 5):
        given = {"first_s": T0_S - 60.0, "v_m_s": v, "hits": 60 + k} | columns
        state, new = engine.step(state, _inputs(T0_S + k, tracks(start + k * v, LINE, T0_S + k, **given)))
        told += new
    return state, told


def _point(s_m: float, d_m: float) -> GeoPoint:
    lon, lat = LINE.frame.lonlat_from_xy_m(LINE.xy_m_from_sd(np.array([s_m, d_m])))
    return GeoPoint(lon_deg=float(lon), lat_deg=float(lat))


def _one(told: list[Alert]) -> Alert:
    assert len(told) == 1, [a.what for a in told]
    assert len(told[0].facts) >= 3
    msgspec.json.encode(told[0])
    return told[0]


def test_a_party_lost_on_its_way_is_lost_contact_in_the_same_alert_and_may_come_back() -> None:
    state, told = _walk(120, [0, 1500], [0, -1.3])
    out: list[Alert] = []
    for k in range(120, 240, 10):
        state, new = engine.step(state, _inputs(T0_S + k))
        out += new
    lost = _one(out)
    assert (lost.what, lost.alert) == ("lost_contact", told[0].alert)
    state, back = engine.step(
        state,
        _inputs(
            T0_S + 245,
            tracks([[10, 1200]], LINE, T0_S + 245, track_id=7, first_s=T0_S + 235, v_m_s=[0, -1.3], hits=30),
        ),
    )
    for k in (250, 260, 280):
        state, new = engine.step(
            state,
            _inputs(
                T0_S + k,
                tracks(
                    [[10, 1200 - 1.3 * (k - 245)]],
                    LINE,
                    T0_S + k,
                    track_id=7,
                    first_s=T0_S + 235,
                    v_m_s=[0, -1.3],
                    hits=30 + k,
                ),
            ),
        )
        back += new
    assert {a.alert for a in back} == {told[0].alert}
    assert back[-1].what == "approaching"


def test_many_together_are_a_group_that_arrives_and_no_attack() -> None:
    abreast = [[k * 25.0, 1500.0] for k in range(9)]
    _, told = _walk(60, abreast, [[0, -1.0]] * 9)
    assert {a.what for a in told} == {"group_arrival"}
    assert told[-1].count == 9
    assert {a.alert for a in told} == {told[0].alert}


def test_one_who_is_found_beside_a_known_party_belongs_to_it() -> None:
    state, told = _walk(60, [[0, 1500]], [[0, -1.3]])
    for k in range(60, 120, 5):
        both = np.array([[0, 1500 - 1.3 * k], [120.0, 1500 - 1.3 * k]])
        state, new = engine.step(
            state,
            _inputs(T0_S + k, tracks(both, LINE, T0_S + k, first_s=[T0_S - 60, T0_S + 30], v_m_s=[0, -1.3], hits=60)),
        )
        told += new
    assert {a.alert for a in told} == {told[0].alert}


def test_cover_and_time_to_the_line_are_on_the_alert() -> None:
    place = msgspec.structs.replace(PAIR, places=(_cave(),))
    state = engine.init(engine.set_up(place, LINE, PLACES_M))
    _, told = _walk(60, [0, 1500], [0, -1.3], state)
    cover = told[-1].cover
    assert cover is not None
    assert cover.place == "cave-1"
    assert cover.distance_m == pytest.approx(100.0, abs=80.0)
    assert cover.at_s is not None
    assert told[-1].eta is not None


def _cave() -> Any:
    from watchline.domain.site import Place

    at = _point(5000.0, -1400.0)
    return Place(id="cave-1", kind="cave", name="Cave", lon_deg=at.lon_deg, lat_deg=at.lat_deg)


def test_sensors_that_share_a_supply_and_fall_silent_together_are_one_alert() -> None:
    changes = (
        health("cam-1", "dark", T0_S, 1),
        health("cam-2", "dark", T0_S + 3, 2),
        health("radar", "dark", T0_S + 4, 3),
    )
    state, told = engine.step(_engine(), _inputs(T0_S + 5, health=changes, dark=frozenset({0, 1, 2})))
    last = {a.alert: a for a in told}
    assert sorted(a.sensors for a in last.values()) == [("cam-1", "cam-2"), ("radar",)]
    assert any(f.text_key == "fact.together" and f.args["by"] == "P1" for f in last["A-1"].facts)
    state, half = engine.step(state, _inputs(T0_S + 60, health=(health("cam-1", "up", T0_S + 60, 4),)))
    assert half == []
    _, back = engine.step(state, _inputs(T0_S + 70, health=(health("cam-2", "up", T0_S + 70, 5),)))
    assert [(a.alert, a.state) for a in back] == [("A-1", "closed")]


def _strength(value: float, number: int) -> LineStrength:
    return LineStrength(
        id=f"LS-{number}", t_s=T0_S, source="coverage", from_km=0.0, to_km=10.0, strength=value, usual=0.8,
        causes=("cam-1",),
    )  # fmt: skip


def test_a_stretch_that_weakens_is_told_and_closed_when_it_is_back() -> None:
    state, told = engine.step(_engine(), _inputs(T0_S, strength=(_strength(0.6, 1),)))
    assert told == []
    state, told = engine.step(state, _inputs(T0_S, strength=(_strength(0.3, 2),)))
    assert _one(told).what == "line_weakened"
    _, back = engine.step(state, _inputs(T0_S + 60, strength=(_strength(0.8, 3),)))
    assert [a.state for a in back] == ["closed"]


def _uncovered(number: int, *spans_km: tuple[float, float], wait_s: float = 2400.0) -> LineUncovered:
    waits = tuple(Waits(from_km=a, to_km=b, wait_s=wait_s) for a, b in spans_km)
    return LineUncovered(id=f"u-{number}", t_s=T0_S, source="respond", stretches=waits, limit_s=1800.0, busy=("P1",))


def test_stretches_that_nobody_is_near_are_one_alert_told_anew_only_when_they_grow() -> None:
    state, told = engine.step(_engine(), _inputs(T0_S, uncovered=(_uncovered(1, (0.0, 2.0), (6.0, 7.0)),)))
    alert = _one(told)
    assert (alert.what, alert.position.s_m) == ("line_uncovered", pytest.approx(1000.0, abs=1.0))
    assert [f.text_key for f in alert.facts[:3]] == ["fact.uncovered", "fact.stretch", "fact.waits"]
    state, told = engine.step(state, _inputs(T0_S + 60, uncovered=(_uncovered(2, (1.0, 5.0)),)))
    assert told == []  # patrols move: a kilometre more is no news
    state, told = engine.step(state, _inputs(T0_S + 120, uncovered=(_uncovered(3, (0.0, 8.0), wait_s=-1.0),)))
    assert (_one(told).alert, told[0].revision, told[0].facts[2].text_key) == (alert.alert, 2, "fact.nobody_comes")
    state, told = engine.step(state, _inputs(T0_S + 180, uncovered=(_uncovered(4),)))
    assert [(a.alert, a.state) for a in told] == [(alert.alert, "closed")]
    assert engine.step(state, _inputs(T0_S + 240, uncovered=(_uncovered(5),)))[1] == []


@pytest.mark.parametrize("end", ["regained", "closed"])
def test_a_pursuit_that_loses_contact_is_an_alert_until_it_is_regained_or_over(end: Any) -> None:
    def taken(what: Any, number: int) -> PursuitStep:
        at = Position(lon_deg=42.0, lat_deg=33.6, s_m=5000.0, d_m=300.0)
        return PursuitStep(
            id=f"Z-1.{number}", t_s=T0_S, source="respond", pursuit="Z-1", what=what, organisation="own", position=at
        )

    state, told = engine.step(_engine(), _inputs(T0_S, pursuits=(taken("opened", 1), taken("seen", 2))))
    assert told == []
    state, told = engine.step(state, _inputs(T0_S + 60, pursuits=(taken("lost", 3),)))
    assert (_one(told).what, told[0].source, told[0].track_id) == ("lost_contact", "pursuit:Z-1", None)
    state, again = engine.step(state, _inputs(T0_S + 65, pursuits=(taken("lost", 3),)))
    assert again == []
    _, ended = engine.step(state, _inputs(T0_S + 90, pursuits=(taken(end, 4),)))
    assert [a.state for a in ended] == ["closed"]


def _report(**more: Any) -> FieldReport:
    given: dict[str, Any] = {
        "id": "r-1", "t_s": T0_S - 60.0, "source": "CP1", "reporter": "CP1", "number": 1, "what": "sighting",
        "place": _point(5000.0, 300.0), "subject": "people", "count": 3,
    }  # fmt: skip
    return FieldReport(**(given | more))


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({}, "crossed"),
        ({"place": _point(5000.0, -1500.0)}, "approaching"),
        ({"count": 20}, "group_arrival"),
        ({"subject": "animal"}, None),
        ({"what": "sign"}, None),
    ],
)
def test_what_a_checkpoint_sees_is_an_alert_of_its_own(more: dict[str, Any], what: str | None) -> None:
    _, told = engine.step(_engine(), _inputs(T0_S, reports=(_report(**more),)))
    assert [a.what for a in told] == ([what] if what else [])
    if what:
        _one(told)


def test_displaced_people_told_of_by_the_partner_are_a_group_that_arrives() -> None:
    event = PartnerEvent(
        id="e-1", t_s=T0_S, source="partner", what="displaced_people", organisation="partner",
        place=_point(5000.0, -3000.0), confidence=0.7, until_s=T0_S + 3600.0, people=40,
    )  # fmt: skip
    _, told = engine.step(_engine(), _inputs(T0_S, partner_events=(event,)))
    assert (_one(told).what, told[0].count, told[0].p) == ("group_arrival", 40, 0.7)


def _units(gap_m: float, **more: Any) -> dict[str, Any]:
    return {
        "unit_ids": ("P1", "Q1"),
        "units_xy_m": np.array([[0.0, 0.0], [gap_m, 0.0]]),
        "partner": frozenset({"Q1"}),
    } | more


def test_two_parties_that_do_not_expect_each_other_are_warned_of_once_and_it_closes_when_they_part() -> None:
    state, told = engine.step(_engine(), _inputs(T0_S, **_units(900.0)))
    assert told == []
    state, told = engine.step(state, _inputs(T0_S, **_units(500.0)))
    assert _one(told).what == "units_meeting"
    state, told = engine.step(state, _inputs(T0_S + 5, **_units(300.0)))
    assert told == []
    _, told = engine.step(state, _inputs(T0_S + 60, **_units(1500.0)))
    assert [a.state for a in told] == ["closed"]


def test_units_that_expect_each_other_or_belong_together_are_not_warned_of() -> None:
    expected = _units(300.0, expected=frozenset({frozenset({"P1", "Q1"})}))
    assert engine.step(_engine(), _inputs(T0_S, **expected))[1] == []
    assert engine.step(_engine(), _inputs(T0_S, **_units(300.0, partner=frozenset())))[1] == []


def test_a_unit_of_ours_that_falls_silent_is_lost_contact_until_it_is_heard_again() -> None:
    state, told = engine.step(_engine(), _inputs(T0_S, silent=(("P1", T0_S - 400.0),)))
    assert _one(told).what == "lost_contact"
    state, told = engine.step(state, _inputs(T0_S + 30, silent=(("P1", T0_S - 400.0),)))
    assert told == []
    _, told = engine.step(state, _inputs(T0_S + 60))
    assert [a.state for a in told] == ["closed"]


# -- many at once ------------------------------------------------------------------------------------------


def test_eighty_crossings_with_half_the_cameras_dark_are_one_mass_event_ranked_with_all_of_them_in_it() -> None:
    long = straight_line(100_000.0)
    cameras = tuple(camera(f"cam-{k}") for k in range(20))
    wide = site(*cameras, line=long)
    state = engine.init(engine.set_up(wide, long, np.column_stack([np.linspace(-48e3, 48e3, 20), np.zeros(20)])))
    desk = manage.State(manage.Setup(1.0, 20))
    start = np.column_stack([np.linspace(-48_000.0, 48_000.0, 80), np.linspace(60.0, 700.0, 80)])
    shown_at_once, kinds = 0, dict[str, str]()
    for k in range(0, 180, 5):
        at = start + k * np.array([0.0, -1.3])
        shown = tracks(
            at, long, T0_S + k, first_s=T0_S - 60.0, v_m_s=[0.0, -1.3], hits=60 + k, sensor=10 + np.arange(80) // 8
        )
        inputs = engine.Inputs(
            now_s=T0_S + k, tracks=shown, unit_ids=(), units_xy_m=np.zeros((0, 2)), dark=frozenset(range(10))
        )
        state, told = engine.step(state, inputs)
        desk, _ = manage.step(desk, told, (), T0_S + k)
        shown_at_once = max(shown_at_once, len(desk.on_queue))
        if any(a.what == "mass_event" for a in told):
            kinds = {name: alert.what for name, alert in state.open.items()}
    events = [a for a in state.open.values() if a.what == "mass_event"]
    event = _one(events)
    assert event.count == len(event.members) == 80
    assert desk.on_queue == {event.alert}
    assert shown_at_once <= 10
    gravity = [kinds[m] for m in event.members]
    assert gravity[0] == "crossed"
    assert gravity == sorted(gravity, key=["crossed", "crossing", "fence_touched", "approaching"].index)
    assert any(f.text_key == "fact.dark_share" and f.args["share_pct"] == 50 for f in event.facts)


def test_a_quiet_night_is_no_mass_event_and_one_that_is_over_closes() -> None:
    state, _ = _walk(
        60, [[k * 400.0 - 2000, 1500.0] for k in range(mass.DARK_ALERTS)], [[0, -1.3]] * mass.DARK_ALERTS
    )
    assert all(a.what != "mass_event" for a in state.open.values())
    many = [[k * 400.0 - 2400, 1500.0] for k in range(mass.MASS_ALERTS)]
    state, _ = _walk(60, many, [[0, -1.3]] * mass.MASS_ALERTS)
    assert sum(a.what == "mass_event" for a in state.open.values()) == 1
    ends: list[tuple[float, int]] = []
    for k in range(100, 4000, 50):
        state, told = engine.step(state, _inputs(T0_S + k))
        left = sum(a.what == "lost_contact" for a in state.open.values())
        ends += [(float(k), left) for a in told if a.what == "mass_event" and a.state == "closed"]
    # The members were lost from sight: nobody is given twelve cards at once because nothing new came.
    assert [left <= mass.LEFT for _, left in ends] == [True]
    assert ends[0][0] > mass.MASS_S
