"""What must hold for any picture."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from unit.vision.scenes import ground
from watchline.domain.frames import Frame
from watchline.vision import VisionSettings, find_spots, init, step, threshold

SEEDS = st.integers(0, 2**31)


def _noise(seed, spread=4.0):
    base = ground(seed % 7)
    return base + np.random.default_rng(seed).normal(0, spread, base.shape).astype(np.float32)


@settings(max_examples=10, deadline=None)
@given(SEEDS)
def test_a_picture_is_never_written_to(seed):
    picture = _noise(seed)
    before = picture.copy()
    state = init()
    for n in range(3):
        state, _ = step(state, Frame("c", n, float(n), picture), float(n))
    find_spots(picture)
    assert np.array_equal(before, picture)


@settings(max_examples=10, deadline=None)
@given(SEEDS, st.floats(-500.0, 500.0))
def test_spots_do_not_depend_on_the_level(seed, level):
    picture = np.round(_noise(seed))
    one, two = find_spots(picture), find_spots(picture + np.float32(round(level)))
    assert len(one) == len(two)
    assert np.allclose(one.score[:5], two.score[:5], atol=0.02)


@settings(max_examples=10, deadline=None)
@given(SEEDS)
def test_hot_and_cold_are_mirror_images(seed):
    picture = _noise(seed)
    from watchline.vision.small_target import SpotSettings

    hot = find_spots(picture, SpotSettings(polarity="hot"))
    cold = find_spots(-picture, SpotSettings(polarity="cold"))
    assert np.allclose(hot.score[:5], cold.score[:5], atol=0.02)


@settings(max_examples=10, deadline=None)
@given(SEEDS)
def test_boxes_lie_in_the_picture_and_hold_their_centre(seed):
    state = init(VisionSettings(mode="stills", false_alarms_per_picture=10.0))
    _, result = step(state, Frame("c", 0, 0.0, _noise(seed, 15.0)), 0.0)
    rows, cols = result.frame.pixels.shape
    for d in result.detections:
        x, y, w, h = d.bbox_px
        assert 0 <= x <= d.x_px <= x + w - 1 + 1e-6 < cols + 1e-5
        assert 0 <= y <= d.y_px <= y + h - 1 + 1e-6 < rows + 1e-5
        assert abs(sum(d.p_class) - 1.0) < 1e-9


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(2.0, 50.0), min_size=2, max_size=30), st.floats(2.0, 9.0), st.floats(0.0, 5.0))
def test_a_higher_peak_never_scores_lower(heights, low, more):
    tail = threshold.Tail(high=low + more, low=low, rank=10.0, pictures=9)
    ordered = np.sort(np.array(heights))
    assert np.all(np.diff(threshold.score(tail, ordered)) >= 0)
