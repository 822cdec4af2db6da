import numpy as np

from sim_builders import flat_line, short_demo
from watchline.sim.ground import GroundSpec, build_terrain, water_cells
from watchline.sim.sight import eyes_per_cell, hidden_m

SMALL = GroundSpec(beyond_ends_m=3000.0, each_side_m=6000.0, river_m=4500.0)


def test_same_seed_gives_same_heights_and_another_seed_does_not():
    first, again = (build_terrain(flat_line(), 3, SMALL) for _ in range(2))
    assert first.height_m.dtype == np.float32
    assert np.array_equal(first.height_m, again.height_m)
    assert not np.array_equal(first.height_m, build_terrain(flat_line(), 4, SMALL).height_m)


def test_progress_rises_to_one():
    said: list[float] = []
    build_terrain(flat_line(), 3, SMALL, said.append)
    assert said == sorted(said)
    assert said[-1] == 1.0


def test_relief_is_that_of_steppe_desert():
    height = short_demo().terrain.height_m
    assert 50 < height.min() < height.max() < 650
    slope_deg = np.degrees(np.arctan(np.hypot(*np.gradient(height, 30.0))))
    assert np.median(slope_deg) < 4
    assert 8 < np.percentile(slope_deg, 99.5) < 35


def test_ground_reaches_ten_kilometres_beyond_both_ends():
    demo = short_demo()
    west, south, east, north = demo.terrain.bounds_m
    assert west <= demo.line.xy_m[0, 0] - 10_000
    assert east >= demo.line.xy_m[-1, 0] + 10_000
    assert south <= demo.line.xy_m[:, 1].min() - 19_000
    assert north >= demo.line.xy_m[:, 1].max() + 19_000


def test_river_is_level_water_well_behind_the_line():
    demo = short_demo()
    row, col = np.nonzero(water_cells(demo.terrain))
    t = demo.terrain
    d = demo.line.sd_from_xy_m(np.column_stack([t.x0_m + col * 30.0, t.y0_m - row * 30.0]))[:, 1]
    assert len(row) > 500
    assert d.min() > 10_000


def test_wadis_cross_the_line():
    demo = short_demo()
    s = np.arange(0.0, demo.line.length_m, 30.0)
    height = demo.terrain.height_at(demo.line.xy_m_from_sd(np.column_stack([s, np.zeros_like(s)])))
    # A cut: more than 3 m below the ground 150 m away on both sides.
    cut = (height[5:-5] < height[:-10] - 3) & (height[5:-5] < height[10:] - 3)
    assert cut.any()


def test_a_wall_hides_what_is_behind_it():
    height = np.full((101, 101), 10.0, np.float32)
    height[:, 49:52] = 20.0
    args = (height, 0.0, 3000.0, 30.0, 0.0, 1500.0, 15.0)
    assert hidden_m(*args, 1200.0, 1500.0) == 0.0
    # Over the wall's top, 5 m above the eye at 1500 m: at 3000 m the ray is 10 m above the eye, 15 m above ground.
    assert abs(hidden_m(*args, 2999.0, 1500.0) - 15.0) < 0.6


def test_eyes_see_less_behind_high_ground():
    demo = short_demo()
    xy = demo.line.xy_m_from_sd(np.array([8000.0, 200.0]))
    eye = np.array([[*xy, float(demo.terrain.height_at(xy)) + 25.0]])
    seen = eyes_per_cell(demo.terrain, eye, np.array([3000.0]), xy[0] - 3000, xy[1] + 3000, (67, 67), 90.0)
    assert 0.1 < (seen > 0).mean() < 0.75
