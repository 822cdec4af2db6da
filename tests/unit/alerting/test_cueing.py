"""A hit turns the nearest camera that can see the place, and the look is attached."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from builders import T0_S, level, sighting, straight_line, with_wall
from watchline.alerting import cueing
from watchline.domain.batches import DetectionBatch
from watchline.domain.records import Alert, AlertKind, Cue, Position
from watchline.domain.site import Sensor
from watchline.geo.terrain import Terrain

LINE = straight_line()
NOTHING = DetectionBatch.empty()
SPEC = Sensor(id="near", kind="thermal_camera", organisation="own")


def _head(number: int, name: str, x_m: float, **more: Any) -> cueing.Head:
    turn = float(LINE.frame.convergence_rad(np.array([[x_m, 0.0]]))[0])
    given: dict[str, Any] = {"range_m": 4000.0, "low_rad": -math.pi / 2, "high_rad": math.pi / 2}
    return cueing.Head(number, name, np.array([x_m, 0.0, 230.0]), convergence_rad=turn, **(given | more))


def _state(ground: Terrain | None = None, *heads: cueing.Head) -> cueing.State:
    return cueing.State(LINE, ground or level(), heads or (_head(0, "near", 0.0), _head(1, "far", 1500.0)))


def _alert(what: AlertKind = "fence_touched", xy_m: Any = (200.0, 1000.0), name: str = "A-1") -> Alert:
    lon, lat = LINE.frame.lonlat_from_xy_m(np.array(xy_m, float))
    s, d = LINE.sd_from_xy_m(np.array(xy_m, float))
    at = Position(lon_deg=float(lon), lat_deg=float(lat), s_m=float(s), d_m=float(d))
    return Alert(
        id=f"{name}.1", t_s=T0_S, source="x", alert=name, revision=1, what=what, first_s=T0_S, state="open",
        position=at, level=3, facts=(),
    )  # fmt: skip


def _step(state: cueing.State, *alerts: Alert, after_s: float = 0.0, **more: Any) -> Any:
    given: dict[str, Any] = {"detections": NOTHING, "pointing_rad": {0: 0.0, 1: 0.0}, "dark": frozenset()}
    return cueing.step(state, alerts, now_s=T0_S + after_s, **(given | more))


def _one(cues: list[Cue]) -> Cue:
    assert len(cues) == 1
    return cues[0]


def test_the_nearest_camera_is_turned_to_the_angles_of_the_place() -> None:
    _, cues, turns = _step(_state(), _alert())
    cue = _one(cues)
    assert (cue.camera, cue.state) == ("near", "asked")
    true = math.atan2(200.0, 1000.0) - _head(0, "", 0.0).convergence_rad
    assert cue.azimuth_rad == pytest.approx(true % math.tau, abs=1e-3)
    assert cue.range_m == pytest.approx(math.hypot(200.0, 1000.0), abs=1.0)
    assert cue.elevation_rad == pytest.approx(math.atan2(-30.0, cue.range_m), abs=1e-3)
    assert turns[0].sensor == 0
    assert T0_S + cueing.SWING_S < turns[0].settled_s < T0_S + 3.0


def test_the_time_to_stand_still_follows_from_speed_and_acceleration() -> None:
    # 120 deg/s^2 and 60 deg/s: the knee is at 30 deg, which takes 1 s; 90 deg take 2 s; and then it swings.
    assert cueing.settle_s(math.radians(30.0)) == pytest.approx(1.0 + cueing.SWING_S)
    assert cueing.settle_s(math.radians(90.0)) == pytest.approx(2.0 + cueing.SWING_S)
    assert cueing.settle_s(math.radians(7.5)) == pytest.approx(0.5 + cueing.SWING_S)
    assert cueing.settle_s(math.pi) <= 4.0


@pytest.mark.parametrize(
    ("case", "camera", "reason"),
    [
        ({"dark": frozenset({0})}, "far", ""),
        ({"dark": frozenset({0, 1})}, "", "cue.hidden"),
    ],
)
def test_dark_cameras_are_not_asked(case: dict[str, Any], camera: str, reason: str) -> None:
    _, cues, _ = _step(_state(), _alert(), **case)
    assert (_one(cues).camera, _one(cues).reason) == (camera, reason)


def test_a_place_behind_a_wall_or_out_of_reach_is_refused_with_the_reason_and_once() -> None:
    hidden = _state(with_wall(level(), 500.0, 60.0))
    state, cues, turns = _step(hidden, _alert())
    assert (_one(cues).state, _one(cues).reason, turns) == ("refused", "cue.hidden", [])
    assert _step(state, _alert(), after_s=5.0)[1] == []
    assert _one(_step(_state(), _alert(xy_m=(200.0, 6000.0)))[1]).reason == "cue.no_camera"
    assert _one(_step(_state(None, _head(0, "south", 0.0, low_rad=2.0, high_rad=4.0)), _alert())[1]).camera == ""


def test_the_look_counts_what_was_found_at_the_place_after_the_head_stood_still() -> None:
    state, cues, turns = _step(_state(), _alert())
    at = [200.0, 1000.0]
    early = sighting(1, 0, SPEC, T0_S + 0.1, at)
    state, _, _ = _step(state, after_s=1.0, detections=early)
    there = sighting(2, 0, SPEC, turns[0].settled_s + 1.0, at)
    beside = sighting(3, 0, SPEC, turns[0].settled_s + 1.0, [900.0, 1000.0])
    state, none, _ = _step(state, after_s=4.0, detections=DetectionBatch.join([there, beside]))
    assert none == []
    _, looked, _ = _step(state, after_s=20.0)
    assert (_one(looked).cue, _one(looked).state, _one(looked).found) == (cues[0].cue, "looked", 1)


def test_a_busy_camera_is_taken_away_only_for_something_graver() -> None:
    alone = _state(None, _head(0, "near", 0.0))
    state, _, _ = _step(alone, _alert("crossing"))
    assert _one(_step(state, _alert("approaching", name="A-2"), after_s=1.0)[1]).reason == "cue.busy"
    assert _one(_step(state, _alert("distress", name="A-2"), after_s=1.0)[1]).camera == "near"


def test_an_alert_that_grows_graver_is_looked_at_again() -> None:
    state, _, _ = _step(_state(), _alert("approaching"))
    assert _step(state, _alert("approaching"), after_s=30.0)[2] == []
    assert len(_step(state, _alert("crossed"), after_s=30.0)[2]) == 1
