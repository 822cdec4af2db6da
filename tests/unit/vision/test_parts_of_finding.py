"""Explained differences, sums along walks, bad pixels, own rates, sizes, the network's outline: one fact each."""

import cv2
import numpy as np
import pytest

from unit.vision.scenes import ground
from watchline.domain.errors import BadInput
from watchline.vision import (
    explained,
    find_spots,
    local_contrast,
    own_rate,
    scoring,
    sensor,
    size_gate,
    small_target,
    spot_net,
    velocity_bank,
)
from watchline.vision.confirmation import Tracklet
from watchline.vision.small_target import SpotSettings

ROWS, COLS = 120, 160


def _white(rng, shape=(ROWS, COLS)):
    z = cv2.GaussianBlur(rng.normal(0, 1, shape).astype(np.float32), (0, 0), 1.0)
    return np.asarray(z / z.std(), np.float32)


def _walker(x, y, height):
    yy, xx = np.mgrid[:ROWS, :COLS]
    return (height * np.exp(-0.5 * ((xx - x) ** 2 + (yy - y) ** 2) / 1.4**2)).astype(np.float32)


def _bank_after(speed, height=2.0, count=50, seed=1):
    rng = np.random.default_rng(seed)
    bank = velocity_bank.empty((ROWS, COLS))
    for k in range(count):
        best = velocity_bank.add(bank, _white(rng) + _walker(40 + speed * k, 60.0, height))
    return bank, best, (40 + speed * (count - 1), 60.0)


@pytest.mark.parametrize("speed", [0.3, -0.45, 0.7])
def test_a_walker_too_weak_for_one_picture_is_the_highest_sum(speed):
    bank, best, (x, y) = _bank_after(speed)
    index, height = velocity_bank.peaks(best, 3.0, 4096)
    place = velocity_bank.positions_px(bank, best, index)
    assert np.hypot(*(place[np.argmax(height)] - (x, y))) < 3.0
    assert height.max() > 1.2 * height[np.hypot(*(place - (x, y)).T) > 15.0].max()


def test_what_stands_still_is_no_walk():
    _, best, _ = _bank_after(0.0, height=4.0)
    assert np.abs(best[52:69, 32:49]).max() < 4.0
    assert best[60, 40] == 0.0


def test_sums_of_noise_have_unit_spread():
    rng = np.random.default_rng(3)
    bank = velocity_bank.empty((ROWS, COLS))
    for _ in range(60):
        velocity_bank.add(bank, _white(rng))
    spread = (bank.sums.reshape(len(bank.spread), -1).std(axis=1) / bank.spread)[1:]
    assert np.all((spread > 0.75) & (spread < 1.3))


def test_what_enters_the_picture_brings_nothing_from_the_other_side():
    bank = velocity_bank.empty((ROWS, COLS))
    for k in range(40):
        velocity_bank.add(bank, _walker(COLS - 12 + 0.6 * k, 60.0, 5.0))
    best = velocity_bank.add(bank, np.zeros((ROWS, COLS), np.float32))
    assert np.abs(best[:, :20]).max() < 0.05


def test_sums_follow_a_view_that_moves():
    rng = np.random.default_rng(4)
    bank = velocity_bank.empty((ROWS, COLS))
    for k in range(30):
        if k == 15:
            velocity_bank.move(bank, 5.0, 0.0)
        x = 40 + 0.3 * k + (5.0 if k >= 15 else 0.0)
        best = velocity_bank.add(bank, _white(rng) + _walker(x, 60.0, 2.5))
    assert abs(np.unravel_index(np.abs(best).argmax(), best.shape)[1] - x) < 3.0


def test_level_gain_and_a_little_shift_and_blur_are_explained():
    base = ground(rows=192, cols=240)
    matrix = np.array([[1, 0, 0.05], [0, 1, -0.04]], np.float32)
    moved = cv2.warpAffine(base, matrix, base.shape[::-1], flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    picture = np.asarray(1.03 * cv2.GaussianBlur(moved, (0, 0), 0.4) + 25.0, np.float32)
    left = np.empty_like(base)
    explained.take_out(picture, base, explained.fit(base, picture), left)
    before = picture - base
    assert left[4:-4, 4:-4].std() < 0.1 * before[4:-4, 4:-4].std()


def test_clouds_are_drift_and_subjects_are_not():
    yy, xx = np.mgrid[:240, :320].astype(np.float32)
    cloud = 60 * np.sin(xx / 60) * np.cos(yy / 70)
    subject = 80 * np.exp(-0.5 * ((xx - 160) ** 2 + (yy - 120) ** 2) / 3.0**2)
    drift = explained.regional_drift((cloud + subject).astype(np.float32))
    assert np.abs(drift - cloud)[24:-24, 24:-24].max() < 9.0


def test_a_dead_pixel_is_bridged_and_a_lamp_is_not():
    rng = np.random.default_rng(5)
    known = sensor.unknown((ROWS, COLS))
    lamp = _walker(50.0, 40.0, 300.0) / 1.0
    for _ in range(60):
        picture = ground(rows=ROWS, cols=COLS) + lamp + rng.normal(0, 4, (ROWS, COLS)).astype(np.float32)
        picture[80, 100] = 0.0
        mended = sensor.mended(known, picture)
    assert abs(mended[80, 100] - picture[80, 101]) < 60.0
    assert mended[40, 50] == picture[40, 50]
    assert int(known.bad.sum()) == 1


def _counts(joint):
    return own_rate.reached(joint).sum(axis=0)


def test_a_camera_that_gives_ten_times_as_many_candidates_is_believed():
    rate = own_rate.nothing_counted()
    rng = np.random.default_rng(7)
    for _ in range(400):
        rate = own_rate.count(rate, _counts(-1.0 + rng.exponential(1.0 / np.log(10.0), 100)))
    assert own_rate.score(own_rate.nothing_counted(), np.array([0.0]))[0] == pytest.approx(0.0)
    assert own_rate.score(rate, np.array([0.0]))[0] == pytest.approx(-1.0, abs=0.1)


def test_own_rates_keep_the_order_of_scores():
    rate = own_rate.count(own_rate.nothing_counted(), _counts(np.array([0.0, 0.1, 1.2, 3.0])))
    assert np.all(np.diff(own_rate.score(rate, np.linspace(-3, 6, 60))) > 0)


def test_repeats_that_wander_are_not_on_their_way():
    args = {"number": 1, "first_x_px": 0.0, "first_y_px": 0.0, "size_px": (3.0, 3.0), "sign": 1.0, "still": -3.0}
    wanders = Tracklet(x_px=4.0, y_px=0.0, moving=0.5, evidence=12.0, age=40, **args)
    walks = Tracklet(x_px=14.0, y_px=0.0, moving=0.5, evidence=12.0, age=40, walk=3.0, **args)
    assert not scoring.travels(wanders)
    assert scoring.travels(walks)


def test_sizes_are_judged_by_range():
    width, height = np.array([2.0, 30.0, 30.0, 1.0]), np.array([5.0, 60.0, 60.0, 1.0])
    range_m = np.array([1000.0, 1000.0, np.nan, 60.0])
    assert size_gate.passes(width, height, range_m, 0.34e-3).tolist() == [True, False, True, False]


class _Trunk:
    """Stands for the convolutions: the outline is what stands over half the peak, the feature is the peak's rank."""

    def setInput(self, seen, name):
        assert name == "seen"
        self.seen = seen

    def forward(self, names):
        assert names == ["outline", "features"]
        return 20.0 * (self.seen[:, 1:2] - 0.5), self.seen[:, 3, 0, :1]


def _network():
    hidden = np.array([[1.0, 0.0, 0.0, 0.0, 0.0], [-1.0, 0.0, 0.0, 0.0, 0.0]], np.float32)
    last = np.array([[1.0, -1.0]], np.float32)
    rates = np.array([[-2.0, -0.7], [0.0, 0.0], [4.0, 2.0]])
    return spot_net.Network(_Trunk(), hidden, np.zeros(2, np.float32), last, np.zeros(1, np.float32), rates)


def _picture_with_a_walker_and_an_edge():
    rng = np.random.default_rng(6)
    picture = np.full((ROWS, COLS), 90.0, np.float32) + rng.normal(0, 2, (ROWS, COLS)).astype(np.float32)
    picture[:, 100:] += 60.0
    return picture + _walker(50.0, 60.0, 70.0)


def test_the_network_gets_the_peak_in_the_middle_of_what_it_sees():
    picture = _picture_with_a_walker_and_an_edge()
    seen = spot_net.patches(picture, np.array([[50, 60], [2, 3]]))
    known = spot_net.cues(np.array([70.0, 8.0]), np.array([3.0, 25.0]), np.array([9.0, 12.0]), np.array([2.0, -1.0]))
    chance, logit = spot_net.look(seen, known, _network())
    assert 4 <= spot_net.outline_at(chance[0]).sum() <= 60
    assert logit == pytest.approx(seen[:, 3, 0, 0], abs=1e-5)


def test_what_the_network_says_replaces_the_floods_score_and_outline(monkeypatch):
    monkeypatch.setattr(spot_net, "network", _network)
    picture = _picture_with_a_walker_and_an_edge().astype(np.uint8)
    plain = find_spots(picture, SpotSettings(polarity="hot"))
    looked = find_spots(picture, SpotSettings(polarity="hot", looks=4))
    assert not plain.outline.any()
    assert (looked.outline.reshape(len(looked), -1).max(axis=1) > 0).sum() == 4
    assert looked.score[4:].max() <= -1.0
    assert np.hypot(looked.x_px[:4] - 50.0, looked.y_px[:4] - 60.0).min() < 1.0


def test_without_weights_one_line_says_what_to_do(monkeypatch):
    monkeypatch.setattr(spot_net, "WEIGHTS", "nowhere.npz")
    spot_net.network.cache_clear()
    with pytest.raises(BadInput, match=r"no weights come with the project; run builders/train_spot_net\.py"):
        find_spots(_picture_with_a_walker_and_an_edge(), SpotSettings(looks=1))


def test_the_network_may_be_asked_about_nothing():
    chance, logit = spot_net.look(np.zeros((0, 4, 32, 32), np.float32), np.zeros((0, 4), np.float32))
    assert len(chance) == len(logit) == 0


def _two_regions():
    """A disc of 100 px and a smooth heap, as high and with about as large an outline, on restless ground."""
    yy, xx = np.mgrid[0:120, 0:160].astype(np.float32)
    rough = cv2.GaussianBlur(np.random.default_rng(3).normal(0, 8, (120, 160)).astype(np.float32), (0, 0), 1.0)
    disc = 40 * cv2.GaussianBlur(((xx - 40) ** 2 + (yy - 60) ** 2 < 32).astype(np.float32), (0, 0), 0.7)
    heap = 40 * np.exp(-0.5 * ((xx - 115) ** 2 + (yy - 60) ** 2) / 3.7**2)
    return 100 + rough + disc + heap


def test_steep_sides_make_a_large_region_surer_than_a_cloud():
    spots = find_spots(_two_regions().astype(np.uint8), SpotSettings(polarity="hot"))
    at = [int(np.argmin(np.hypot(spots.x_px - x, spots.y_px - 60))) for x in (40, 115)]
    assert 50 < spots.area_px[at[0]] < 150
    assert 50 < spots.area_px[at[1]] < 150
    assert spots.score[at[0]] > spots.score[at[1]] + 1.2


def test_the_rim_that_sharpening_draws_is_no_subject():
    picture = _two_regions()
    sharp = picture + 1.5 * (picture - cv2.GaussianBlur(picture, (0, 0), 2.0))
    spots = find_spots(sharp.astype(np.float32))
    rim = (spots.sign < 0) & (np.hypot(spots.x_px - 40, spots.y_px - 60) < 14)
    assert not rim.any()
    assert ((spots.sign > 0) & (np.hypot(spots.x_px - 40, spots.y_px - 60) < 2)).any()


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_highest_peaks_are_the_same_whether_all_are_looked_at_or_a_sample_says_how_high(sign, monkeypatch):
    maps = local_contrast.maps(ground(seed=4, rows=128, cols=160))
    few_at, few = local_contrast.peaks(maps, sign, 20)
    monkeypatch.setattr(local_contrast, "PIXELS_PER_PEAK", 1e9)
    all_at, every = local_contrast.peaks(maps, sign, 20)
    assert len(few) < len(every)
    best = np.argsort(-every)[:20]
    assert set(all_at[best].tolist()) == set(few_at[np.argsort(-few)[:20]].tolist())


def test_what_a_camera_is_off_the_scale_is_carried_to_rarer_scores_once_it_is_known():
    """Ten times as many candidates as usual at every score: believed of rare scores, too, but not after seconds."""
    rate, told = own_rate.nothing_counted(), {}
    for n in range(1, 1001):
        rate = own_rate.count(rate, 10.0 * 10.0**-own_rate.LEVELS)
        told[n] = float(own_rate.score(rate, np.array([3.0]))[0])
    assert told[50] == pytest.approx(3.0, abs=0.1)
    assert told[1000] < 2.5  # its ten counts against the public scale alone would say 2.64


def test_silence_is_worth_no_more_than_its_pictures_hold_bursts():
    rate = own_rate.nothing_counted()
    for _ in range(300):
        rate = own_rate.count(rate, np.zeros(own_rate.LEVELS.size))
    # A tracklet gives three detections or so at once: three hundred silent pictures tell less than one in a hundred.
    assert own_rate.score(rate, np.array([1.0]))[0] < 2.0


def _blob(x, y, height, sigma_px):
    v, u = np.mgrid[0:96, 0:128]
    return height * np.exp(-0.5 * ((u - x) ** 2 + (v - y) ** 2) / sigma_px**2)


def _even_ground():
    return 100.0 + np.random.default_rng(4).normal(0.0, 0.5, (96, 128))


def test_a_body_around_its_hottest_part_is_drawn_whole():
    ship = _even_ground()
    ship[40:48, 50:80] += 35.0
    ship = ship + _blob(54.0, 43.5, 80.0, 1.8)
    picture = cv2.GaussianBlur(ship.astype(np.float32), (0, 0), 0.7).clip(0, 255).astype(np.uint8)
    whole = find_spots(picture).take(np.array([0]))
    hot = find_spots(picture, SpotSettings(redraw=False)).take(np.array([0]))
    assert abs(hot.x_px[0] - 64.5) > 5.0
    assert abs(whole.x_px[0] - 64.5) < 2.0
    assert whole.score[0] == hot.score[0]


def test_two_subjects_in_one_outline_are_two():
    picture = _even_ground() + _blob(50.0, 40.0, 110.0, 1.6) + _blob(56.0, 40.0, 100.0, 1.6)
    picture = picture.clip(0, 255).astype(np.uint8)

    def parts(*, redraw):
        settings = SpotSettings(redraw=redraw)
        spots = find_spots(picture, settings)
        mask = small_target.outline_mask(picture, spots.take(spots.score > 2.0), settings)
        return cv2.connectedComponents(mask, connectivity=8)[0] - 1

    assert parts(redraw=False) == 1
    assert parts(redraw=True) == 2
