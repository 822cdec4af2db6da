"""What a desk is shown: budget, flood, chatter, shelving, thresholds; and what is never kept back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import T0_S
from watchline.alerting.management import manage, rates, shelving
from watchline.alerting.management.rates import Shown
from watchline.alerting.management.thresholds import thresholds
from watchline.domain.records import Alert, AlertKind, Position, Shelving, Suppression

AT = Position(lon_deg=42.0, lat_deg=33.6, s_m=5000.0, d_m=-500.0)


def _alert(number: int, what: AlertKind = "approaching", p: float | None = 0.9, **more: Any) -> Alert:
    given: dict[str, Any] = {
        "id": f"A-{number}.1", "t_s": T0_S, "source": "alerting", "alert": f"A-{number}", "revision": 1,
        "first_s": T0_S, "state": "open", "position": AT, "level": 3, "facts": (), "sensors": (f"S{number % 40}",),
    }  # fmt: skip
    return Alert(**(given | more), what=what, p=p)


def _aside(**more: Any) -> Shelving:
    given: dict[str, Any] = {
        "id": "x", "t_s": T0_S, "source": "desk", "shelving": "SH-1", "scope": "kind", "value": "loitering",
        "until_s": T0_S + 600.0, "reason": "harvest", "operator": "desk",
    }  # fmt: skip
    return Shelving(**(given | more))


class Desk:
    """A desk under test: what is on its queue, and what was said."""

    def __init__(self, budget: float = 1.0) -> None:
        self.state = manage.State(manage.Setup(budget, 40))
        self.said: list[Suppression] = []

    def at(self, after_s: float, *alerts: Alert, aside: tuple[Shelving, ...] = ()) -> set[str]:
        self.state, new = manage.step(self.state, alerts, aside, T0_S + after_s)
        self.said += new
        return set(self.state.on_queue)


def test_a_quiet_desk_is_shown_everything_and_nothing_is_said() -> None:
    desk = Desk()
    assert desk.at(0, _alert(1), _alert(2, "sensor_dark", None)) == {"A-1", "A-2"}
    assert desk.said == []


def test_what_can_wait_waits_for_the_budget_and_then_comes() -> None:
    desk = Desk()
    desk.at(0, *(_alert(k, "sensor_dark", None) for k in range(10)))
    assert len(desk.state.on_queue) == manage.BURST
    assert {s.rule for s in desk.said} == {"budget"}
    assert len(desk.said) == 7
    for k in range(0, 4200, 30):
        desk.at(k)
    assert len(desk.state.on_queue) == 10
    assert sum(s.over for s in desk.said) == 7


def test_a_flood_begins_above_ten_and_ends_below_five() -> None:
    assert [rates.flooded(False, n) for n in (9, 10, 11)] == [False, False, True]
    assert [rates.flooded(True, n) for n in (6, 5, 4)] == [True, True, False]
    assert rates.flood_share([1, 12, 7, 5, 4, 0]) == pytest.approx(0.5)


def test_in_a_flood_the_less_likely_wait_and_the_likely_do_not() -> None:
    desk = Desk()
    desk.at(0, *(_alert(k, p=0.9) for k in range(12)))
    on = desk.at(2, *(_alert(100 + k, p=0.3) for k in range(20)), _alert(200, p=0.8))
    assert "A-200" in on
    assert sum(name.startswith("A-1") and len(name) == 5 for name in on) <= 1
    assert {s.rule for s in desk.said} == {"flood"}


def test_a_sensor_that_chatters_is_heard_three_times_in_ten_minutes() -> None:
    desk = Desk()
    for k in range(6):
        desk.at(60.0 * k, _alert(k, "fence_touched", 0.4, sensors=("F1",)))
    assert len(desk.state.on_queue) == 3
    assert {(s.rule, s.by) for s in desk.said} == {("chatter", "F1")}


def test_bad_actors_are_named_with_their_share() -> None:
    shown = [Shown(T0_S, f"A-{k}", "approaching", ("S1" if k < 12 else f"S{k}",), 0.3) for k in range(24)]
    assert rates.bad_actors(shown, T0_S + 1) == [("S1", 12, 0.5)]


def test_a_sensor_that_raises_more_than_its_share_gets_a_threshold_that_keeps_its_likeliest() -> None:
    raised = [Shown(T0_S, f"A-{k}", "approaching", ("S1",), k / 100) for k in range(100)]
    limit = thresholds(raised, 40, 1.0, T0_S + 1)["S1"]
    assert limit == 0.5  # never above: what more likely is somebody than not comes through
    few = [Shown(T0_S, f"A-{k}", "approaching", ("S1",), 0.3 * k / 100) for k in range(100)]
    limit = thresholds(few, 40, 1.0, T0_S + 1)["S1"]
    assert sum((s.p or 0.0) >= limit for s in few) == 14  # four times an even share of 144 a day among 40
    assert thresholds(few[:10], 40, 1.0, T0_S + 1) == {}


def test_shelving_holds_for_its_time_by_kind_sensor_and_stretch_and_can_be_taken_back() -> None:
    desk = Desk()
    assert desk.at(0, _alert(1, "loitering", 0.4), aside=(_aside(),)) == set()
    assert [(s.rule, s.by) for s in desk.said] == [("shelved", "SH-1")]
    assert desk.at(601) == {"A-1"}
    desk.at(610, aside=(_aside(shelving="SH-2", scope="stretch", value="4:6", until_s=T0_S + 5000.0),))
    assert "A-2" not in desk.at(611, _alert(2, "loitering", 0.4))
    assert "A-2" in desk.at(
        612, aside=(_aside(shelving="SH-2", scope="stretch", value="4:6", until_s=T0_S + 5000.0, lifted=True),)
    )
    assert shelving.stretch_km("6:4") is shelving.stretch_km("a:b") is None


def test_a_shelved_sensor_does_not_silence_another_that_saw_it_too() -> None:
    desk = Desk()
    aside = _aside(scope="sensor", value="S1")
    assert desk.at(0, _alert(1, "loitering", 0.4, sensors=("S1", "S2")), aside=(aside,)) == {"A-1"}


@pytest.mark.parametrize("what", ["distress", "mass_event", "group_arrival"])
def test_distress_is_never_kept_back(what: AlertKind) -> None:
    desk = Desk()
    desk.at(0, *(_alert(k, p=0.9) for k in range(30)))
    asides = tuple(_aside(shelving=f"SH-{w}", value=w) for w in ("distress", "mass_event", "group_arrival"))
    assert "A-99" in desk.at(2, _alert(99, what, None), aside=asides)
    assert all(s.what != "A-99" for s in desk.said)


def test_a_likely_crossing_is_kept_back_for_a_minute_at_most_even_by_a_person() -> None:
    desk = Desk()
    aside = _aside(value="crossed", until_s=T0_S + 3600.0)
    assert desk.at(0, _alert(1, "crossed", 0.7), aside=(aside,)) == set()
    assert desk.said[0].until_s == T0_S + manage.CROSSING_S
    assert desk.at(61) == {"A-1"}


def test_a_mass_event_stands_for_its_members_until_it_is_over() -> None:
    desk = Desk()
    members = [_alert(k, p=0.9) for k in range(5)]
    desk.at(0, *members[:3])
    mass = _alert(50, "mass_event", None, members=tuple(m.alert for m in members))
    assert desk.at(2, *members, mass) == {"A-50"}
    assert {(s.rule, s.by) for s in desk.said} == {("mass_event", "A-50")}
    closed = _alert(50, "mass_event", None, members=mass.members, state="closed", revision=2)
    assert desk.at(9, closed) == {m.alert for m in members}


def test_what_was_kept_back_when_a_ledger_ended_still_is() -> None:
    desk = Desk()
    desk.at(0, _alert(1, "loitering", 0.4), _alert(2), aside=(_aside(),))
    again = manage.going_on(
        manage.State(desk.state.setup), [_alert(1, "loitering", 0.4), _alert(2)], desk.said, [_aside()], 1, T0_S + 1
    )
    assert (again.on_queue, set(again.held)) == ({"A-2"}, {"A-1"})
    assert manage.step(again, [], [], T0_S + 700)[0].on_queue == {"A-1", "A-2"}


KINDS: tuple[AlertKind, ...] = ("approaching", "crossed", "fence_touched", "sensor_dark", "loitering", "distress")


@given(
    st.lists(
        st.tuples(st.floats(0.0, 40.0), st.sampled_from(KINDS), st.floats(0.0, 1.0), st.booleans()), max_size=60
    ),
    st.booleans(),
)
def test_nothing_vanishes_and_nothing_likely_waits(
    stream: list[tuple[float, AlertKind, float, bool]], aside: bool
) -> None:
    desk, now, sure = Desk(), 0.0, dict[str, float]()
    opened: dict[str, Alert] = {}
    for number, (gap, what, p, ends) in enumerate(stream):
        now += gap
        alert = _alert(number, what, None if what == "sensor_dark" else p)
        opened[alert.alert] = alert
        if what == "distress" or (what in manage.CROSSINGS and p >= manage.SURE_P):
            sure[alert.alert] = now
        told = [alert]
        if ends and number > 3:
            first = next(iter(opened))
            closed = opened.pop(first)
            told.append(_alert(int(first[2:]), closed.what, closed.p, state="closed", revision=2))
            sure.pop(first, None)
        on = desk.at(now, *told, aside=(_aside(value="approaching"),) if aside and number == 2 else ())
        # Everything that is open is on the queue or kept back by a rule, never both and never neither.
        assert on | set(desk.state.held) == set(opened)
        assert not on & set(desk.state.held)
        assert all(now - since <= manage.CROSSING_S + 40.0 for name, since in sure.items() if name not in on)
    standing = {s.what: s for s in desk.said}
    assert {name for name, s in standing.items() if not s.over} == set(desk.state.held)
