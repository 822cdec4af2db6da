import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim_builders import flat_line, flat_terrain
from watchline.sensing.signature import difference_k, outline_m, surface_c
from watchline.sim.camera_model import camera_errors, contrast_snr, detection_p
from watchline.sim.chance import normal, poisson, uniform
from watchline.sim.walking import Gait, timed
from watchline.sim.weather import Weather, transmission

LINE, GROUND = flat_line(), flat_terrain(6000.0)


@given(st.integers(0, 2**62), st.integers(0, 2**31), st.integers(0, 2**31), st.integers(0, 500))
def test_chance_is_a_number_and_always_the_same(key: int, a: int, b: int, draw: int) -> None:
    u = uniform(key, a, b, draw)
    assert 0.0 < u < 1.0
    assert u == uniform(key, a, b, draw)
    assert np.isfinite(normal(key, a, b, draw))


def test_chance_has_the_right_mean_and_spread() -> None:
    u = np.array([uniform(7, k, 3, 1) for k in range(20_000)])
    z = np.array([normal(7, k, 3, 1) for k in range(20_000)])
    n = np.array([poisson(7, k, 3, 1, 0.7) for k in range(20_000)])
    assert abs(u.mean() - 0.5) < 0.01
    assert abs(z.mean()) < 0.03
    assert abs(z.std() - 1.0) < 0.02
    assert abs(n.mean() - 0.7) < 0.03


@given(st.floats(10, 20_000), st.floats(0, 1), st.floats(0, 30), st.floats(1.01, 3))
def test_air_only_takes_contrast_away(range_m: float, dust: float, rain: float, further: float) -> None:
    near, far = transmission(range_m, dust, rain), transmission(range_m * further, dust, rain)
    assert 0.0 <= far <= near <= 1.0


@given(st.floats(0.1, 20), st.floats(100, 8000), st.floats(1.01, 3))
def test_further_away_is_not_easier_to_detect(kelvin: float, range_m: float, further: float) -> None:
    errors = camera_errors()

    def p(r: float) -> float:
        return detection_p(contrast_snr(kelvin, 0.5, 1.7, r, 1e-3, 0.05, transmission(r, 0.0, 0.0)), errors)

    assert 0.0 <= p(range_m * further) <= p(range_m) <= 1.0


@given(st.integers(0, 1000), st.floats(0.3, 10), st.floats(0, 2))
def test_timed_paths_run_forward_no_faster_than_their_gait(seed: int, pace: float, stops: float) -> None:
    rng = np.random.default_rng(seed)
    points = rng.uniform(-3000, 3000, (6, 2))
    path, crossings = timed(points, 100.0, Gait(pace, stops), LINE, GROUND, rng)
    legs, times = np.linalg.norm(np.diff(path.xy_m, axis=0), axis=1), np.diff(path.t_s)
    assert (times > 0).all()
    assert (legs / times <= 1.06 * pace + 1e-9).all()
    side = np.sign(LINE.sd_from_xy_m(points)[:, 1])
    assert len(crossings) == int((np.diff(side) != 0).sum())


@given(st.floats(0, 7 * 86_400))
def test_weather_stays_within_bounds(after_s: float) -> None:
    weather = Weather(np.arange(5000.0, 200_000.0, 10_000.0), 42.0, 1.5e9, 3)
    sky = weather.at(1.5e9 + after_s)
    assert ((sky.dust >= 0) & (sky.dust <= 1)).all()
    assert ((sky.visibility_m > 0) & (sky.visibility_m <= 20_000)).all()
    assert 0 <= sky.sun <= 1
    assert -20 < sky.ground_c < 45


@given(st.floats(-20, 45), st.floats(0, 20), st.floats(0, 1))
def test_people_are_no_colder_than_the_air_and_no_warmer_than_skin_in_the_shade(
    air: float, wind: float, sun: float
) -> None:
    warm = surface_c(air, wind, 0.0)
    assert (warm[:2] >= air).all()
    assert (warm[:2] <= max(air, 33.0) + 1e-9).all()
    assert (surface_c(air, wind, sun) >= warm).all()
    assert np.allclose(difference_k(air, 5.0, wind), warm - 5.0)


def test_crawling_people_are_lower_and_vehicles_do_not_crawl() -> None:
    assert (outline_m(1)[:2, 1] < outline_m(0)[:2, 1]).all()
    assert (outline_m(2)[2:] == outline_m(0)[2:]).all()
