"""Line of sight against closed forms.

Sources: curvature 6.73 m at 10 km with k = 1/7 is GDAL 3 `gdal_viewshed` with its default -cc 0.85714 (the
parabola of its manual); the horizon of a level plain is plane geometry on that parabola, as is the shadow of a wall.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from builders import level, with_wall
from watchline.geo.sight import DROP_LIGHT, curvature_drop_m, ground_from_ray, least_visible_height_m

CENTIMETRE = 0.01
PLAIN = level(half_m=20_000.0, cell_m=100.0)
GROUND_M = 200.0


def _hidden_m(terrain: object, mast_m: float, distance_m: float) -> float:
    eye = np.array([[0.0, -19_000.0, GROUND_M + mast_m]])
    target = np.array([[0.0, -19_000.0 + distance_m]])
    return float(least_visible_height_m(terrain, eye, target)[0])  # type: ignore[arg-type]


def test_ground_drops_6_73_m_at_10_km() -> None:
    assert float(curvature_drop_m(np.array(10_000.0))) == pytest.approx(6.73, abs=0.005)


def test_without_refraction_the_drop_is_that_of_the_sphere() -> None:
    distance_m = np.array([1e3, 1e4, 5e4])
    sphere = 6_371_008.8 * (1.0 / np.cos(distance_m / 6_371_008.8) - 1.0)
    np.testing.assert_allclose(curvature_drop_m(distance_m, 0.0), sphere, atol=CENTIMETRE)


@pytest.mark.parametrize("refraction", [-0.1, 1.0])
def test_refraction_outside_its_range_is_refused(refraction: float) -> None:
    with pytest.raises(ValueError, match="refraction_k"):
        curvature_drop_m(np.zeros(1), refraction)


@pytest.mark.parametrize("mast_m", [2.0, 5.0, 10.0])
@pytest.mark.parametrize("distance_m", [8_000.0, 20_000.0, 35_000.0])
def test_beyond_the_horizon_a_target_must_reach_the_closed_form_height(mast_m: float, distance_m: float) -> None:
    horizon_m = math.sqrt(mast_m / DROP_LIGHT)
    expected = DROP_LIGHT * max(distance_m - horizon_m, 0.0) ** 2
    assert _hidden_m(PLAIN, mast_m, distance_m) == pytest.approx(expected, abs=CENTIMETRE)


def test_a_wall_casts_the_shadow_of_similar_triangles() -> None:
    mast_m, wall_m, at_m, distance_m = 10.0, 25.0, 4000.0, 9000.0
    terrain = with_wall(PLAIN, -19_000.0 + at_m, wall_m)
    slope = (wall_m - mast_m - DROP_LIGHT * at_m**2) / at_m
    expected = mast_m + slope * distance_m + DROP_LIGHT * distance_m**2
    assert _hidden_m(terrain, mast_m, distance_m) == pytest.approx(expected, abs=CENTIMETRE)


def test_a_ray_down_meets_the_plain_where_trigonometry_says() -> None:
    down = math.radians(-1.0)
    hit = ground_from_ray(PLAIN, np.array([0.0, 0.0, GROUND_M + 30.0]), np.array([0.7]), np.array([down]), 15_000.0)[
        0
    ]
    # The ray is above the sunk ground by 30 m - slope R + drop R^2; its nearer root.
    slope = math.tan(-down)
    range_m = (slope - math.sqrt(slope**2 - 4 * DROP_LIGHT * 30.0)) / (2 * DROP_LIGHT)
    assert hit[3] == pytest.approx(range_m, rel=2e-3)
    assert math.atan2(hit[0], hit[1]) == pytest.approx(0.7, abs=1e-9)


def test_a_ray_into_the_sky_meets_nothing() -> None:
    hit = ground_from_ray(PLAIN, np.array([0.0, 0.0, GROUND_M + 30.0]), np.array([0.0]), np.array([0.01]), 15_000.0)
    assert np.isnan(hit).all()
