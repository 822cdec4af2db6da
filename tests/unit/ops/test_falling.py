"""Sensors that fall dark together are reckoned with once, and soon."""

from __future__ import annotations

from watchline.ops.account.falling import SETTLED_MOST_S, SETTLED_S, Falling

NONE: frozenset[int] = frozenset()


def _asked(fell_s: dict[int, float], until_s: float = 30.0) -> list[tuple[float, int]]:
    """Return when an account would be asked for, and with how many dark sensors, second by second."""
    state, reckoned, out = Falling(), NONE, []
    for t in range(int(until_s)):
        dark = frozenset(k for k, at in fell_s.items() if at <= t)
        state = state.seen(dark, reckoned, float(t))
        if state.settled(float(t)):
            reckoned = dark
            out.append((float(t), len(dark)))
    return out


def test_one_sensor_is_reckoned_with_two_seconds_after() -> None:
    assert _asked({3: 10.0}) == [(10.0 + SETTLED_S, 1)]


def test_those_that_fall_within_a_look_of_each_other_are_one() -> None:
    assert _asked({1: 10.0, 2: 11.0, 3: 12.0}) == [(12.0 + SETTLED_S, 3)]


def test_nobody_waits_for_sensors_that_go_on_falling() -> None:
    asked = _asked({k: 10.0 + k for k in range(12)})
    assert asked[0] == (10.0 + SETTLED_MOST_S, 6)
    assert asked[-1][1] == 12


def test_what_comes_back_before_it_was_reckoned_changes_nothing() -> None:
    state = Falling().seen(frozenset({1}), NONE, 5.0).seen(NONE, NONE, 6.0)
    assert not state.settled(100.0)
