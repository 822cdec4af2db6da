"""Registration, background, threshold, small targets, outlines, clutter: one fact each."""

import cv2
import numpy as np
import pytest

from unit.vision.scenes import ground
from watchline.domain.frames import PixelDetection
from watchline.vision import background, clutter, find_spots, residual, threshold
from watchline.vision.outline import mask_of
from watchline.vision.registration import Shift, find_shift
from watchline.vision.small_target import SpotSettings, outline_mask


def _shifted(picture, dx, dy):
    matrix = np.array([[1, 0, dx], [0, 1, dy]], np.float32)
    size = picture.shape[::-1]
    return cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)


@pytest.mark.parametrize(("dx", "dy"), [(0.0, 0.0), (0.4, -0.3), (-1.2, 0.7), (5.0, -4.0)])
def test_registration_finds_the_shift_to_a_tenth_of_a_pixel(dx, dy):
    base = ground(rows=200, cols=240)
    noisy = _shifted(base, dx, dy) + np.random.default_rng(1).normal(0, 4, base.shape).astype(np.float32)
    blur = [cv2.GaussianBlur(p, (0, 0), 1.5) for p in (base, noisy)]
    shift = find_shift(blur[0], blur[1], start=Shift(misfit=3.0), limit_px=20.0)
    assert shift.ok
    assert abs(shift.dx_px - dx) < 0.1
    assert abs(shift.dy_px - dy) < 0.1


def test_registration_refuses_a_bare_sky():
    sky = np.tile(np.linspace(0, 500, 120, dtype=np.float32)[:, None], (1, 160))
    noisy = sky + np.random.default_rng(1).normal(0, 4, sky.shape).astype(np.float32)
    assert abs(find_shift(sky, noisy, start=Shift(), limit_px=20.0).dx_px) < 0.01


def test_registration_refuses_another_scene():
    blur = [cv2.GaussianBlur(ground(s), (0, 0), 1.5) for s in (0, 1)]
    shift = find_shift(blur[0], blur[1], start=Shift(misfit=3.0), limit_px=4.0)
    assert max(abs(shift.dx_px), abs(shift.dy_px)) <= 4.0


def test_whitened_noise_has_unit_spread():
    rng = np.random.default_rng(2)
    base = ground()
    known = background.start(base + rng.normal(0, 4, base.shape).astype(np.float32))
    free = np.zeros(base.shape, np.uint8)
    for _ in range(60):
        picture = base + rng.normal(0, 4, base.shape).astype(np.float32)
        found = background.difference(known, picture, Shift(), 1.0)
        background.learn(known, found, Shift(), free, 500.0)
    assert 0.85 < float(np.std(found.white)) < 1.1
    assert 0.9 < float(np.std(residual.matched(found.white))) < 1.1


def test_the_background_follows_a_level_step_of_the_camera():
    base = ground()
    known = background.start(base)
    found = background.difference(known, np.float32(1.05) * base + np.float32(40), Shift(), 1.0)
    assert abs(found.gain - 1.05) < 0.01
    assert float(np.abs(found.counts).mean()) < 1.0


def test_what_comes_into_view_is_new():
    array = np.arange(12, dtype=np.float32).reshape(3, 4)
    background.follow(array, 1, 0, -1.0)
    assert array[:, 0].tolist() == [-1.0, -1.0, -1.0]
    assert array[0, 1:].tolist() == [0.0, 1.0, 2.0]


def test_the_measured_tail_predicts_how_often_noise_peaks():
    rng = np.random.default_rng(5)
    tail, above = threshold.Tail(), 0
    for n in range(60):
        noise = residual.matched(rng.normal(0, 1, (256, 320)).astype(np.float32))
        _, heights = residual.peaks_above(np.abs(noise), 2.0, 8192)
        if n >= 20:
            above += int(np.sum(threshold.score(tail, heights.astype(float)) >= 0.0))
        tail = threshold.update(tail, heights, noise.size, 2.0)
    # Score 0 promises one a picture; a Gaussian tail is lighter than the fit, so fewer must come.
    assert 0.05 <= above / 40 <= 1.5


def test_a_restless_picture_is_judged_by_its_own_peaks():
    rng = np.random.default_rng(6)
    tail = threshold.Tail()
    usual = 2.0 + rng.exponential(0.4, (80, 400))
    for heights in usual:
        tail = threshold.update(tail, heights.astype(np.float32), 80_000, 2.0)
    plain = threshold.score(tail, np.array([6.0]))[0]
    assert tail.restless < 0.2
    # All peaks of the next picture stand two higher, as after a key picture: that makes none of them rarer.
    restless = threshold.update(tail, (usual[0] + 2.0).astype(np.float32), 80_000, 2.0)
    assert threshold.score(restless, np.array([8.0]))[0] < plain + 0.6
    # Four walkers, each with a few peaks of several sums, do not make a picture restless.
    heights = np.concatenate([usual[0], np.full(15, 9.0)]).astype(np.float32)
    assert threshold.score(threshold.update(tail, heights, 80_000, 2.0), np.array([9.0]))[0] > plain + 1.0


@pytest.mark.parametrize(("sign", "polarity"), [(1, "hot"), (-1, "cold"), (1, "both"), (-1, "both")])
@pytest.mark.parametrize("size", [1.0, 4.0])
def test_a_spot_is_found_whatever_its_size_and_sign(sign, polarity, size):
    yy, xx = np.mgrid[0:120, 0:160]
    spot = sign * 60 * np.exp(-0.5 * ((xx - 70) ** 2 + (yy - 50) ** 2) / size**2)
    picture = np.clip(128 + spot + np.random.default_rng(3).normal(0, 2, spot.shape), 0, 255).astype(np.uint8)
    settings = SpotSettings(polarity=polarity)
    spots = find_spots(picture, settings)
    assert abs(spots.x_px[0] - 70) < 1.0
    assert abs(spots.y_px[0] - 50) < 1.0
    assert spots.sign[0] == sign
    mask = outline_mask(picture, spots.take(np.array([0])), settings)
    assert 0.3 * np.pi * size**2 < (mask > 0).sum() < 8 * np.pi * size**2


def test_an_edge_is_no_spot():
    picture = np.zeros((120, 160), np.float32)
    picture[60:] = 100
    picture += np.random.default_rng(3).normal(0, 1, picture.shape).astype(np.float32)
    assert find_spots(picture).score.max() < 1.0


def test_mask_of_a_box_keeps_to_the_subject():
    picture = np.zeros((40, 40), np.uint16)
    picture[10:14, 20:23] = 50
    mask = mask_of(picture, [PixelDetection(21.0, 11.5, (18.0, 8.0, 8.0, 8.0), 2.0, 5.0)])
    assert np.array_equal(mask > 0, picture > 0)


def test_a_place_where_something_always_stirs_becomes_busy():
    busy = clutter.empty((64, 64))
    here = np.array([20.0])
    for _ in range(100):
        busy = clutter.update(busy, here, here)
    rate = clutter.rate_at(busy, np.array([20.0, 60.0]), np.array([20.0, 60.0]))
    assert rate[0] > 100 * max(rate[1], 1e-9)
