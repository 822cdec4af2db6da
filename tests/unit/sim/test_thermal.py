import numpy as np
import pytest

from sim_builders import START_S, flat_line, flat_terrain, one_sensor_site, scene_with
from watchline.domain.site import Pan
from watchline.sim.thermal import ThermalCamera
from watchline.sim.thermal_scene import Optics
from watchline.sim.thermal_sensor import COUNT_K, SHUTTER_EVERY_S, Bolometer


def camera(seed: int = 1, terrain=None, **more) -> ThermalCamera:
    return ThermalCamera(one_sensor_site(**more), flat_line(), terrain or flat_terrain(), 0, seed=seed)


def pictures(cam: ThermalCamera, scene, seconds: float = 4.0):
    return cam.frames(scene, START_S, START_S + seconds)


def mean_picture(cam: ThermalCamera, scene, seconds: float = 10.0) -> np.ndarray:
    return np.mean([f.pixels.astype(float) for f in pictures(cam, scene, seconds) if not f.shutter], axis=0)


def test_pictures_come_at_the_cameras_rate_and_count_up():
    frames = pictures(camera(), scene_with([]), 4.0)
    assert len(frames) == 12
    assert [f.number for f in frames] == list(range(1, 13))
    assert np.allclose(np.diff([f.t_s for f in frames]), 1 / 3)
    assert frames[0].pixels.shape == (256, 320)
    assert frames[0].pixels.dtype == np.uint16


def test_same_seed_gives_the_same_pictures():
    first, again, other = (pictures(camera(seed), scene_with([(10.0, 900.0)]), 2.0) for seed in (1, 1, 2))
    assert all(np.array_equal(a.pixels, b.pixels) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0].pixels, other[0].pixels)


def test_projection_inverts_the_rays():
    optics = Optics(np.array([5.0, -7.0, 60.0]), 0.3, -0.08, 1000.0, 320, 256)
    bearing, elevation = optics.rays(0)
    away = 700.0
    x, y = optics.eye_m[0] + away * np.sin(bearing), optics.eye_m[1] + away * np.cos(bearing)
    z = optics.eye_m[2] + away * np.tan(elevation) + away**2 * 6 / 7 / (2 * 6_371_000)
    at = optics.project(np.column_stack([x.ravel(), y.ravel(), z.ravel()]))
    col, row = np.meshgrid(np.arange(320), np.arange(256))
    assert np.abs(at[:, 0] - col.ravel()).max() < 1e-6
    assert np.abs(at[:, 1] - row.ravel()).max() < 1e-6


def test_a_person_covers_the_right_pixels():
    with_one, without = (mean_picture(camera(), scene_with(where)) for where in ([(30.0, 400.0)], []))
    diff = with_one - without
    # Eye at (0, -100) and 25 m up, person 500 m north and 30 m east: 1010 px focal length, tilt -3 degrees.
    focal = 160 / np.tan(np.radians(9))
    col = 159.5 + focal * np.tan(np.arctan2(30, 500))
    row = 127.5 + focal * np.tan(np.arctan2(25 - 0.85, np.hypot(30, 500)) - np.radians(3))
    peak = np.unravel_index(np.argmax(diff), diff.shape)
    assert abs(peak[1] - col) < 1.5
    assert abs(peak[0] - row) < 2.0
    # 3.4 pixels tall and 0.9 wide: warmth sums to about its area.
    patch = diff[peak[0] - 8 : peak[0] + 9, peak[1] - 8 : peak[1] + 9]
    assert patch.sum() * COUNT_K == pytest.approx(11.0 * 0.9 * 3.4 * 0.5 / 0.5 * 0.85, rel=0.35)


def test_people_behind_a_ridge_are_not_drawn():
    cam = camera(terrain=flat_terrain(ridge_at_m=600.0))
    pictures(cam, scene_with([(0.0, 1200.0), (0.0, 300.0)]), 1.0)
    assert [round(b.range_m) for b in cam.last_boxes] == [400]


def test_noise_is_the_stated_netd():
    # Long after warming and without wind, the difference of neighbours in time is noise alone.
    array = Bolometer(128, 128, 0.05, np.random.default_rng(1))
    still = np.full((128, 128), 10.0, np.float32)
    array.shut(0.0)
    reads = np.array([array.read(still, k / 3) for k in range(60)], float) * COUNT_K
    steps = np.diff(reads, axis=0) / np.sqrt(2)
    pixel_sd = np.median(np.std(steps - np.mean(steps, axis=2, keepdims=True), axis=0))
    assert pixel_sd == pytest.approx(0.05, rel=0.06)


@pytest.mark.slow
def test_the_shutter_closes_now_and_then_and_is_flagged():
    cam, scene = camera(rate_hz=1.0), scene_with([])
    frames = pictures(cam, scene, 2.2 * SHUTTER_EVERY_S)
    closed = [f for f in frames if f.shutter]
    assert len(closed) in (2, 3)
    assert all(f.pixels.std() < 6 for f in closed)


def test_dust_takes_contrast():
    def contrast(dust: float) -> float:
        with_one, without = (mean_picture(camera(), scene_with(p, dust=dust)) for p in ([(0.0, 900.0)], []))
        return float((with_one - without).max())

    assert contrast(1.0) < 0.4 * contrast(0.0)


def test_a_camera_that_is_not_heard_sends_nothing():
    scene = scene_with([])
    scene.sensor_up[0] = False
    assert pictures(camera(), scene) == []


def test_a_panning_camera_says_at_which_stop_it_was():
    cam = camera(pan=Pan(from_deg=-30.0, to_deg=30.0, stops=3, dwell_s=4.0))
    frames = pictures(cam, scene_with([]), 16.0)
    assert {f.preset for f in frames} == {0, 1, 2}
    means = {p: np.mean([f.pixels.mean() for f in frames if f.preset == p]) for p in (0, 1, 2)}
    assert len(set(means.values())) == 3


def test_sky_is_colder_than_the_ground():
    picture = mean_picture(camera(), scene_with([]), 2.0)
    assert picture[5].mean() < picture[200].mean() - 100


def test_only_cameras_make_pictures():
    with pytest.raises(ValueError, match="must be a camera"):
        camera(kind="radar")
