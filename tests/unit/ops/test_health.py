from __future__ import annotations

import numpy as np

from builders import T0_S, camera, fence, panning, radar
from watchline.ops import health

SENSORS = (camera(), radar(scan_period_s=6.0), fence(), panning())
NONE = np.zeros(0, np.int32), np.zeros(0)


def _heard(*sensors: int, at_s: float) -> tuple[np.ndarray, np.ndarray]:
    return np.array(sensors, np.int32), np.full(len(sensors), at_s)


def test_a_sensor_is_dark_after_three_missed_looks_and_never_within_ten_seconds() -> None:
    state = health.init(SENSORS, T0_S)
    fell = {}
    for second in range(1, 40):
        state, changes = health.step(state, *NONE, T0_S + second)
        fell |= {change.sensor: second for change in changes}
    assert fell == {"cam": 11, "radar": 19, "fence": 31, "pan": 19}


def test_silence_is_dated_back_to_the_last_look() -> None:
    state, _ = health.step(health.init(SENSORS, T0_S), *_heard(0, at_s=T0_S + 2), T0_S + 2)
    _, changes = health.step(state, *NONE, T0_S + 13)
    assert [(c.sensor, c.state, c.t_s) for c in changes] == [("cam", "dark", T0_S + 2)]


def test_silence_is_told_once_and_a_voice_once() -> None:
    state = health.init(SENSORS[:1], T0_S)
    told = []
    for second in range(1, 60):
        voices = _heard(0, at_s=T0_S + second) if second > 30 else NONE
        state, changes = health.step(state, *voices, T0_S + second)
        told += [(second, c.state) for c in changes]
    assert told == [(11, "dark"), (31, "up")]


def test_a_late_look_does_not_make_a_sensor_older() -> None:
    state, _ = health.step(health.init(SENSORS[:1], T0_S), *_heard(0, at_s=T0_S + 20), T0_S + 20)
    state, _ = health.step(state, *_heard(0, at_s=T0_S + 3), T0_S + 21)
    assert state.heard_s[0] == T0_S + 20


def test_numbers_of_changes_never_repeat() -> None:
    state = health.init(SENSORS, T0_S, told=7)
    ids = []
    for second in range(1, 120):
        voices = _heard(0, 1, 2, 3, at_s=T0_S + second) if second % 40 == 0 else NONE
        state, changes = health.step(state, *voices, T0_S + second)
        ids += [c.id for c in changes]
    assert len(set(ids)) == len(ids) > 8
    assert ids[0] == "H-8"


def test_a_sensor_dark_before_a_restart_stays_dark_until_it_is_heard() -> None:
    state = health.init(SENSORS, T0_S, dark=frozenset({"radar"}))
    state, changes = health.step(state, *NONE, T0_S + 1)
    assert (changes, state.dark) == ([], frozenset({1}))
    _, changes = health.step(state, *_heard(1, at_s=T0_S + 2), T0_S + 2)
    assert [(c.sensor, c.state) for c in changes] == [("radar", "up")]


def test_a_camera_whose_pictures_show_nothing_goes_dark_with_the_reason() -> None:
    state = health.init(SENSORS[:1], T0_S)
    _, changes = health.step(state, *NONE, T0_S + 60, {0: "the same picture again and again"})
    assert [(c.state, c.cause) for c in changes] == [("dark", "the same picture again and again")]


def test_a_fault_is_told_when_it_begins_and_when_it_ends() -> None:
    state, told = health.init(SENSORS[:1], T0_S), []
    for second in range(1, 60):
        faults = ("time stamps go back",) if 20 <= second < 40 else ()
        voice = _heard(0, at_s=T0_S + second)
        state, changes = health.step(state, *voice, T0_S + second, {}, {0: health.Condition(faults, 0.5)})
        told += [(second, c.state, c.cause, c.quality) for c in changes]
    assert told == [(20, "degraded", "time stamps go back", 0.5), (40, "up", "sound again", 0.5)]


def test_a_dark_sensor_is_not_told_to_be_degraded_too() -> None:
    state = health.init(SENSORS[:1], T0_S)
    condition = {0: health.Condition(("the picture is black",), 0.0)}
    state, first = health.step(state, *_heard(0, at_s=T0_S + 1), T0_S + 1, {}, condition)
    _, later = health.step(state, *NONE, T0_S + 60, {0: "the picture is black"}, condition)
    assert [c.state for c in (*first, *later)] == ["degraded", "dark"]
