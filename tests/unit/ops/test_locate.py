from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from builders import T0_S, camera, level, panning
from watchline.domain.frames import PictureHealth, PixelDetection
from watchline.ops.cameras import Look
from watchline.ops.locate import detections_of, newest_looks, scans_of, with_quality
from watchline.sensing import reference_contrast as contrast
from watchline.sensing.camera import Camera, locate

SPEC = camera(tilt_deg=-1.0)
CAMERA = Camera(SPEC, np.array([0.0, 0.0, 230.0]), 0.0)
GROUND = level()


def _box(track: int, x_px: float = 640.0, foot_px: float = 300.0) -> PixelDetection:
    return PixelDetection(x_px, foot_px - 6.0, (x_px - 3.0, foot_px - 12.0, 6.0, 12.0), 9.0, 9.0, track=track)


def _look(
    number: int, *boxes: PixelDetection, sensor: int = 0, preset: int = 0, state: str = "ok", quality: float = 1.0
) -> Look:
    return Look(sensor, T0_S + number / 3, number, preset, boxes, PictureHealth(state=state, quality=quality))


def test_of_several_pictures_of_a_camera_the_newest_is_the_look() -> None:
    looks = newest_looks([_look(0), _look(1), _look(0, sensor=1), _look(2)])
    assert [(look.sensor, look.number) for look in looks] == [(0, 2), (1, 0)]


def test_every_subject_is_kept_with_its_newest_box() -> None:
    (look,) = newest_looks([_look(0, _box(1, 100.0), _box(2, 200.0)), _look(1, _box(1, 110.0))])
    assert {(box.track, box.x_px) for box in look.detections} == {(1, 110.0), (2, 200.0)}


def test_what_was_seen_before_the_head_turned_is_not_in_the_new_view() -> None:
    (look,) = newest_looks([_look(0, _box(1)), _look(1, _box(7), preset=1)])
    assert [box.track for box in look.detections] == [7]


@pytest.mark.parametrize(
    ("state", "counts"), [("ok", 1), ("disturbed", 0), ("learning", 0), ("frozen", 0), ("blind", 0)]
)
def test_a_picture_that_cannot_see_is_no_look(state: str, counts: int) -> None:
    looks = [_look(0, _box(1), state=state)]
    assert len(scans_of(looks, {0: CAMERA}, 5).validate()) == counts
    assert len(detections_of(looks, {0: CAMERA}, GROUND, 5).validate()) == counts


def test_detections_find_their_scan_past_a_blind_camera() -> None:
    looks = [
        _look(0, _box(1), state="blind"),
        _look(0, _box(2), sensor=1),
        _look(0, sensor=2),
        _look(0, _box(3), sensor=3),
    ]
    cameras = dict.fromkeys(range(4), CAMERA)
    scans, found = scans_of(looks, cameras, 100), detections_of(looks, cameras, GROUND, 100)
    sensor_of = dict(zip(scans.scan_id.tolist(), scans.sensor.tolist(), strict=True))
    assert [sensor_of[scan] for scan in found.scan_id.tolist()] == found.sensor.tolist() == [1, 3]


def test_a_scan_looks_where_its_stop_of_the_head_points() -> None:
    head = Camera(panning(), CAMERA.eye_m, 0.0)
    scans = scans_of([_look(0, preset=0), _look(1, preset=4, sensor=1)], {0: head, 1: head}, 0)
    np.testing.assert_allclose(np.degrees((scans.az0_rad + scans.az1_rad) / 2), [-40.0, 40.0])
    np.testing.assert_allclose(np.degrees(scans.az1_rad - scans.az0_rad), 16.0)


def test_a_subject_against_the_sky_stands_nowhere() -> None:
    assert len(detections_of([_look(0, _box(1, foot_px=20.0))], {0: CAMERA}, GROUND, 0)) == 0


def test_quality_not_measured_stays_not_measured() -> None:
    assert np.isnan(scans_of([_look(0, quality=math.nan)], {0: CAMERA}, 0).quality).all()


def test_a_foot_on_the_plain_is_placed_where_the_ray_meets_it() -> None:
    middle = (SPEC.height_px - 1) / 2
    at = locate(CAMERA, GROUND, np.array([639.5]), np.array([middle]), 0, 0.0)
    # One degree down from 30 m over level ground that sinks away a little.
    assert at.range_m[0] == pytest.approx(30.0 / math.tan(math.radians(1.0)), rel=0.02)
    assert at.bearing_rad[0] == pytest.approx(0.0, abs=1e-12)


def test_bearing_grows_to_the_right_and_range_upwards() -> None:
    at = locate(CAMERA, GROUND, np.array([300.0, 900.0, 640.0]), np.array([300.0, 300.0, 270.0]), 0, 0.0)
    assert at.bearing_rad[0] < 0.0 < at.bearing_rad[1]
    assert at.range_m[2] > at.range_m[0]


def test_a_grazing_ray_knows_its_range_less_well() -> None:
    at = locate(CAMERA, GROUND, np.array([640.0, 640.0]), np.array([260.0, 400.0]), 0, 0.0)
    assert at.sd_range_m[0] > 2 * at.sd_range_m[1]


def test_a_shaking_picture_is_less_sure() -> None:
    still, shaken = (locate(CAMERA, GROUND, np.array([640.0]), np.array([300.0]), 0, j) for j in (0.0, 2.0))
    assert shaken.sd_range_m[0] > still.sd_range_m[0]
    assert shaken.sd_bearing_rad[0] > still.sd_bearing_rad[0]


def test_grid_convergence_turns_the_ray_and_not_the_true_bearing() -> None:
    turned = replace(CAMERA, convergence_rad=0.1)
    here, there = (locate(c, GROUND, np.array([700.0]), np.array([300.0]), 0, 0.0) for c in (CAMERA, turned))
    assert here.bearing_rad[0] == there.bearing_rad[0]


def test_quality_measured_on_reference_objects_goes_before_the_pictures_own() -> None:
    hazy = contrast.State()
    for minute in range(30):
        seen = tuple(contrast.Measured(r, math.exp(-3e-4 * r), 0.02, "warm") for r in (400.0, 2000.0))
        hazy = contrast.step(hazy, seen, T0_S + 60.0 * minute)
    looks = [_look(5400, quality=0.9), _look(5400, sensor=1, quality=0.9)]
    first, second = with_quality(looks, {0: CAMERA, 1: CAMERA}, {0: hazy})
    assert first.health.quality == pytest.approx(math.exp(-3e-4 * SPEC.max_range_m / 2), rel=0.1)
    assert second.health.quality == 0.9
    days_later = [_look(3 * 86_400 * 9)]
    assert with_quality(days_later, {0: CAMERA}, {0: hazy})[0].health.quality == 1.0


def test_an_old_measurement_does_not_raise_what_the_picture_itself_shows() -> None:
    clear = contrast.step(contrast.State(), (contrast.Measured(400.0, 1.0, 0.02, "warm"),), T0_S)
    clear = contrast.step(clear, (contrast.Measured(2000.0, 1.0, 0.02, "warm"),), T0_S)
    fresh, old = (
        with_quality([_look(tick, quality=0.3)], {0: CAMERA}, {0: clear})[0].health.quality for tick in (0, 1200 * 9)
    )
    assert fresh == pytest.approx(1.0, abs=0.1)
    assert old == 0.3
