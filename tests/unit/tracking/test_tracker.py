from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from builders import T0_S, batch_of, camera, fence, level, radar, scan, sighting, site, straight_line, with_wall
from watchline.domain.batches import KIND_FENCE, DetectionBatch, ScanBatch, TrackBatch
from watchline.domain.site import Sensor
from watchline.geo.terrain import Terrain
from watchline.tracking import tracker

F8 = NDArray[np.float64]
LINE = straight_line()
FLAT = level()
EYES = (radar(mast_m=30.0), camera(hfov_deg=60.0))


def _tracker(*sensors: Sensor, ground: Terrain = FLAT) -> tracker.State:
    return tracker.init(tracker.set_up(site(*(sensors or EYES)), LINE, ground))


def _tower_m(state: tracker.State) -> F8:
    return state.setup.place[0, :2]


def _radar_look(
    number: int,
    t_s: float,
    walkers_m: list[list[float]],
    rng: np.random.Generator | None = None,
    clutter: float = 0.0,
) -> tuple[ScanBatch, DetectionBatch]:
    """Return one turn of sensor 0 that sees every walker (east, north of the tower), with errors and clutter."""
    offsets = np.array(walkers_m, float).reshape(-1, 2)
    false = rng.poisson(clutter) if rng is not None else 0
    if rng is not None:
        bearing, range_m = np.arctan2(offsets[:, 0], offsets[:, 1]), np.hypot(offsets[:, 0], offsets[:, 1])
        bearing, range_m = bearing + rng.normal(0, 2e-3, len(bearing)), range_m + rng.normal(0, 10.0, len(bearing))
        bearing = np.append(bearing, rng.uniform(0, 2 * np.pi, false))
        range_m = np.append(range_m, 6000.0 * np.sqrt(rng.uniform(0, 1, false)))
        offsets = np.column_stack([range_m * np.sin(bearing), range_m * np.cos(bearing)])
    seen = sighting(number, 0, EYES[0], t_s, offsets)
    return scan(number, 0, t_s, detections=len(seen)), seen


def _camera_look(number: int, t_s: float, offset_m: list[float] | None) -> tuple[ScanBatch, DetectionBatch]:
    look = scan(number, 1, t_s, az_rad=(-math.radians(30), math.radians(30)), range_m=4000.0)
    return look, sighting(number, 1, EYES[1], t_s, [offset_m] if offset_m else [])


def _step(
    state: tracker.State, looks: list[tuple[ScanBatch, DetectionBatch]], now_s: float
) -> tuple[tracker.State, TrackBatch]:
    scans, found = ScanBatch.join([a for a, _ in looks]), DetectionBatch.join([b for _, b in looks])
    state, tracks = tracker.step(state, scans, found, now_s)
    return state, tracks.validate()


def _shown(tracks: TrackBatch) -> TrackBatch:
    return tracks.take(tracks.confirmed == 1)


def test_a_walker_in_two_sensors_views_is_one_track_within_three_sigma() -> None:
    state, rng = _tracker(), np.random.default_rng(1)
    tracks = TrackBatch.empty()
    for k in range(120):
        t_s, walker = T0_S + k, [-60.0 + k * 0.5, 2500.0 - 1.2 * k]
        looks = [_radar_look(2 * k, t_s, [walker], rng)] if k % 2 == 0 else []
        looks.append(_camera_look(2 * k + 1, t_s, walker))
        state, tracks = _step(state, looks, t_s)
    shown = _shown(tracks)
    assert len(shown) == 1
    error = shown.xy_m[0] - _tower_m(state) - walker
    cov = np.array([[shown.cov[0, 0], shown.cov[0, 1]], [shown.cov[0, 1], shown.cov[0, 2]]])
    assert error @ np.linalg.solve(cov, error) < 9.0 * 1.5  # tower and grid differ by a millirad of convergence
    np.testing.assert_allclose(shown.v_m_s[0], [0.5, -1.2], atol=0.35)
    assert {int(shown.sensor[0]), int(shown.other[0])} == {0, 1}


def test_two_walkers_two_hundred_metres_apart_stay_two() -> None:
    state, rng = _tracker(), np.random.default_rng(2)
    counts, names = [], set()
    for k in range(0, 240, 2):
        walkers = [[0.0, 2500.0 - 1.2 * k], [200.0, 2500.0 - 1.2 * k]]
        state, tracks = _step(state, [_radar_look(k, T0_S + k, walkers, rng)], T0_S + k)
        if k > 30:
            shown = _shown(tracks)
            counts.append(len(shown))
            names.update(shown.track_id.tolist())
    assert set(counts) == {2}
    assert len(names) == 2


@pytest.mark.slow
def test_an_hour_of_clutter_confirms_nobody() -> None:
    state, rng = _tracker(radar()), np.random.default_rng(3)
    confirmed = 0
    for k in range(0, 3600, 2):
        state, tracks = _step(state, [_radar_look(k, T0_S + k, [], rng, clutter=0.02)], T0_S + k)
        confirmed += len(_shown(tracks))
    assert confirmed == 0


@pytest.mark.slow
def test_a_radar_that_is_ten_times_worse_than_thought_confirms_at_most_one_in_an_hour() -> None:
    state, rng = _tracker(radar()), np.random.default_rng(4)
    names = set()
    for k in range(0, 3600, 2):
        state, tracks = _step(state, [_radar_look(k, T0_S + k, [], rng, clutter=0.2)], T0_S + k)
        names.update(_shown(tracks).track_id.tolist())
    assert len(names) <= 1


def _followed(ground: Terrain) -> tracker.State:
    """Return a tracker that has followed a walker to 2500 m north of the tower."""
    state = _tracker(ground=ground)
    for k in range(0, 60, 2):
        state, tracks = _step(state, [_radar_look(k, T0_S + k, [[0.0, 2570.0 - 1.2 * k]])], T0_S + k)
    assert len(_shown(tracks)) == 1
    return state


def _existence_after_empty_looks(state: tracker.State, seconds: int) -> float:
    tracks = TrackBatch.empty()
    for k in range(60, 60 + seconds, 2):
        # The radar alone would only say that the subject stands still.
        looks = [_radar_look(k, T0_S + k, []), _camera_look(k + 1, T0_S + k + 1, None)]
        state, tracks = _step(state, looks, T0_S + k + 1)
    return float(_shown(tracks).p_exist.max(initial=0.0))


def test_a_target_that_vanishes_in_full_sight_is_soon_not_believed_in() -> None:
    assert _existence_after_empty_looks(_followed(FLAT), 20) == 0.0


def test_a_walker_that_a_radar_alone_loses_may_be_standing() -> None:
    state = _followed(FLAT)
    for k in range(60, 80, 2):
        state, tracks = _step(state, [_radar_look(k, T0_S + k, [])], T0_S + k)
    assert len(_shown(tracks)) == 1
    assert float(np.hypot(*_shown(tracks).v_m_s[0])) < 0.3


def test_a_target_that_walks_behind_a_hill_is_still_believed_in() -> None:
    tower_y_m = float(_tower_m(_tracker())[1])
    behind = with_wall(FLAT, tower_y_m + 2440.0, 60.0)
    state = _followed(FLAT)
    state = replace(state, setup=tracker.set_up(site(*EYES), LINE, behind))
    # It was last seen at 2500 m, beyond the wall that stands at 2440 m now.
    assert _existence_after_empty_looks(state, 20) > 0.9


def test_a_sensor_without_contrast_takes_away_no_belief() -> None:
    state = _followed(FLAT)
    for k in range(60, 80, 2):
        look, none = _radar_look(k, T0_S + k, [])
        look = batch_of(ScanBatch, 1, **{**look.columns(), "quality": 0.0})
        state, tracks = _step(state, [(look, none)], T0_S + k)
    assert len(_shown(tracks)) == 1


def test_what_lies_outside_the_sector_is_not_missed() -> None:
    state = _followed(FLAT)
    for k in range(60, 80):
        look = scan(k, 1, T0_S + k, az_rad=(math.radians(60), math.radians(90)), range_m=4000.0)
        state, tracks = _step(state, [(look, DetectionBatch.empty())], T0_S + k)
    assert len(_shown(tracks)) == 1


def test_a_lost_contact_is_let_go_when_its_place_is_anybodys_guess() -> None:
    state = _followed(FLAT)
    _, tracks = _step(state, [], T0_S + 60 + 400)
    assert len(tracks) == 0


def test_one_detection_alone_is_never_shown() -> None:
    state, tracks = _step(_tracker(), [_radar_look(0, T0_S, [[0.0, 2000.0]])], T0_S)
    assert len(state.known.tracks) == 1
    assert len(_shown(tracks)) == 0


def test_a_late_look_does_not_make_a_track_older() -> None:
    state = _followed(FLAT)
    before = state.known.tracks["last"].max()
    late = scan(1000, 1, T0_S + 51, az_rad=(-0.5, 0.5), range_m=4000.0)
    seen = sighting(1000, 1, EYES[1], T0_S + 51, [[0.0, 2570.0 - 1.2 * 51]])
    state, _ = _step(state, [(late, seen)], T0_S + 59)
    assert state.known.tracks["last"].max() == before
    assert int(state.known.tracks["hits"].max()) == 31


def test_a_detection_without_a_place_begins_nothing_and_harms_nobody() -> None:
    state = _followed(FLAT)
    nowhere = sighting(60, 0, EYES[0], T0_S + 60, [[np.nan, np.nan]])
    state, tracks = _step(state, [(scan(60, 0, T0_S + 60), nowhere)], T0_S + 60)
    assert np.isfinite(tracks.xy_m).all()
    assert np.isfinite(tracks.p_exist).all()
    assert np.isfinite(state.known.units["false"]).all()
    assert len(_shown(tracks)) == 1


def test_the_shaken_fence_draws_the_track_that_touches_it() -> None:
    state = _tracker(*EYES, fence())
    for k in range(0, 60, 2):
        state, tracks = _step(state, [_radar_look(k, T0_S + k, [[0.0, 172.0 - 1.2 * k]])], T0_S + k)
    s_m = float(_shown(tracks).s_m[0])
    hit = batch_of(
        DetectionBatch, 1, scan_id=60, sensor=2, kind=KIND_FENCE, t_s=T0_S + 60, s_m=s_m, sd_s_m=15.0,
        bearing_rad=np.nan, range_m=np.nan, p_class=[1, 0, 0, 0],
    )  # fmt: skip
    look = scan(60, 2, T0_S + 60, az_rad=(np.nan, np.nan), range_m=10_000.0, detections=1)
    _, after = _step(state, [(look, hit)], T0_S + 60)
    shown = _shown(after)
    assert len(shown) == 1
    assert int(shown.sensor[0]) == 2


def test_a_silent_fence_says_nothing_of_those_who_do_not_touch_it() -> None:
    state = _tracker(*EYES, fence())
    for k in range(0, 60, 2):
        state, tracks = _step(state, [_radar_look(k, T0_S + k, [[0.0, 300.0]])], T0_S + k)
    before = float(tracks.p_exist.max())
    looks = [scan(100 + k, 2, T0_S + 60, az_rad=(np.nan, np.nan), range_m=10_000.0) for k in range(20)]
    _, after = _step(state, [(look, DetectionBatch.empty()) for look in looks], T0_S + 60)
    assert float(after.p_exist.max()) == pytest.approx(before, abs=0.01)


def test_nothing_in_gives_nothing_out() -> None:
    state, tracks = _step(_tracker(), [], T0_S)
    assert len(tracks) == len(state.known.tracks) == 0


def test_numbers_go_on_from_the_last() -> None:
    state = _followed(FLAT)
    used = {number for number, _ in state.numbers.values()}
    state, _ = _step(state, [], T0_S + 1000)
    state, tracks = _step(state, [_radar_look(2000, T0_S + 1002, [[500.0, 900.0]])], T0_S + 1002)
    assert not used & set(tracks.track_id.tolist())
