"""The whole step: finds a walker, keeps quiet otherwise, says when it cannot see."""

import pickle

import numpy as np
import pytest

from unit.vision.scenes import COLS, ROWS, pictures, walker_at, watch
from watchline.domain.frames import Frame
from watchline.vision import VisionSettings, init, step


def test_a_walker_is_found_confirmed_and_followed_under_one_number():
    _, results = watch(pictures(70, walker_from=25))
    late = [d for r in results[45:] for d in r.detections if d.confirmed]
    assert len({d.track for d in late}) == 1
    assert len(late) >= 20
    x, y = walker_at(69 - 25)
    last = results[-1].detections[0]
    assert abs(last.x_px - x) < 2.0
    assert abs(last.y_px - y) < 2.0


def test_noise_alone_confirms_nothing():
    _, results = watch(pictures(80, seed=3))
    assert not [d for r in results for d in r.detections if d.confirmed]


def test_a_walker_in_its_first_pictures_is_not_yet_confirmed():
    _, results = watch(pictures(29, walker_from=25))
    assert not [d for r in results for d in r.detections if d.confirmed]


def test_a_slow_walker_is_not_absorbed_by_the_background():
    _, results = watch(pictures(140, walker_from=25, speed_px=0.12), rate_hz=3.0)
    assert [d for d in results[-1].detections if d.confirmed]


def test_health_goes_from_learning_to_ok():
    _, results = watch(pictures(20))
    assert results[0].health.state == "learning"
    assert results[-1].health.state == "ok"
    assert 2.0 < results[-1].health.sigma < 8.0


def test_a_knocked_camera_is_disturbed_then_learns_anew():
    _, results = watch(pictures(25) + pictures(25, seed=9))
    states = [r.health.state for r in results]
    assert "disturbed" in states[25:]
    assert not [d for r in results[25:30] for d in r.detections]
    assert states[-1] in ("ok", "learning")


def test_the_same_picture_again_and_again_is_frozen():
    frames = pictures(20)
    _, results = watch(frames + [frames[-1]] * 30)
    assert results[-1].health.state == "frozen"


def test_a_picture_without_contrast_is_blind():
    _, results = watch([*pictures(20), np.full((ROWS, COLS), 3000, np.uint16)])
    assert results[-1].health.state == "blind"


def test_a_shutter_picture_is_not_looked_at():
    state = init()
    state, result = step(state, Frame("cam", 0, 0.0, np.zeros((ROWS, COLS), np.uint16), shutter=True), 0.0)
    assert result.health.state == "blind"
    assert not state.scenes


def test_each_preset_has_its_own_background():
    frames = [(pictures(20), 0), (pictures(20, seed=9), 1)]
    state = init()
    for n in range(20):
        for made, preset in frames:
            t_s = (2 * n + preset) / 3.0
            state, result = step(state, Frame("cam", 2 * n + preset, t_s, made[n], preset=preset), t_s)
    assert sorted(state.scenes) == [0, 1]
    assert result.health.state == "ok"


def test_a_mask_hides_what_is_inside_it():
    mask = ((0.0, 0.0), (128.0, 0.0), (128.0, 96.0), (0.0, 96.0))
    _, results = watch(pictures(50, walker_from=25), VisionSettings(masks=(mask,)))
    assert not [d for r in results for d in r.detections]


def test_the_state_can_be_pickled_and_goes_on_the_same():
    frames = pictures(60, walker_from=25)
    state, _ = watch(frames[:40])
    copy = pickle.loads(pickle.dumps(state))
    for n in range(40, 60):
        frame = Frame("cam", n, n / 9.0, frames[n])
        state, one = step(state, frame, n / 9.0)
        copy, two = step(copy, frame, n / 9.0)
        assert one.detections == two.detections


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_every_depth_is_read(dtype):
    frames = [(p / 30).astype(dtype) if dtype == np.uint8 else p.astype(dtype) for p in pictures(20)]
    _, results = watch(frames)
    assert results[-1].health.state == "ok"


@pytest.mark.parametrize("pixels", [np.zeros((3, 3)), np.zeros((20, 20, 3)), np.full((20, 20), np.nan)])
def test_pixels_that_are_no_picture_are_refused(pixels):
    with pytest.raises(ValueError, match=r"frame\.pixels"):
        step(init(), Frame("cam", 0, 0.0, pixels), 0.0)


def test_stills_need_no_memory():
    frame = Frame("cam", 0, 0.0, pictures(1, walker_from=0, snr=40)[0])
    _, result = step(init(VisionSettings(mode="stills")), frame, 0.0)
    x, y = walker_at(0)
    best = result.detections[0]
    assert abs(best.x_px - x) < 1.5
    assert abs(best.y_px - y) < 1.5
    assert result.mask is not None
    assert result.mask[round(y), round(x)] == 255


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mode", "fast"), ("polarity", "warm"), ("rate_hz", 0.0), ("memory_s", 0.0), ("masks", (((0.0, 0.0),),)),
        ("false_alarms_per_picture", 11.0), ("false_alarms_per_hour", 0.0), ("max_area_px", 1),
    ],
)  # fmt: skip
def test_settings_name_the_field_that_is_wrong(field, value):
    with pytest.raises(ValueError, match=field):
        VisionSettings(**{field: value})
