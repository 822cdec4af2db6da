"""Looks at places: nothing behind a wall or out of the sector, and what the exposure field says elsewhere."""

import numpy as np
import pytest

from builders import camera, level, radar, site, straight_line, with_wall
from watchline.coverage.eyes import add_eye, eye_of
from watchline.coverage.gazes import add_looks
from watchline.sensing.detection import WALKER, performance_table
from watchline.sensing.placing import placed

LINE = straight_line()


def looked(what, ground, xy, v=(0.0, -1.0), sector=(-0.5, 0.5), looks=10.0):
    made = site(what)
    stand = placed(made, LINE, ground)
    eye = eye_of(0, what, stand.eye_m[0], float(stand.convergence_rad[0]), ground)
    out = np.zeros(len(xy))
    xy = np.array(xy, np.float32) + stand.eye_m[0, :2].astype(np.float32)
    table = performance_table(made.sensors)
    add_looks(out, xy, np.tile(np.array(v, np.float32), (len(xy), 1)), eye, ground, table[0], WALKER.height_m, sector,
              what.max_range_m, np.nan, looks)  # fmt: skip
    return out, eye, table[0], stand.eye_m[0]


def test_out_of_the_sector_the_range_and_behind_a_wall_nothing_is_seen():
    places = [(0.0, 1000.0), (0.0, -1000.0), (0.0, 4500.0), (900.0, 900.0)]
    seen, *_ = looked(camera(), level(6000.0), places)
    assert seen[0] > 1.0
    assert seen[1:].tolist() == [0.0, 0.0, 0.0]
    hidden, *_ = looked(camera(), with_wall(level(6000.0), 500.0, 60.0), places[:1])
    assert hidden[0] < 1e-12


def test_it_is_what_the_exposure_field_says():
    ground = level(6000.0)
    places = [(0.0, 600.0), (30.0, 1500.0), (-60.0, 2400.0)]
    seen, eye, row, stand = looked(camera(), ground, places)
    rate = np.zeros(ground.height_m.shape, np.float32)
    add_eye(rate, ground, eye, row, WALKER, np.nan)
    for (east, north), found in zip(places, seen, strict=True):
        col, r = round((stand[0] + east - ground.x0_m) / 30.0), round((ground.y0_m - stand[1] - north) / 30.0)
        assert found == pytest.approx(10.0 * eye.period_s * rate[r, col], rel=0.1)


def test_a_radar_hardly_sees_who_stands():
    standing, *_ = looked(radar(), level(6000.0), [(0.0, 1500.0)], v=(0.0, 0.0))
    walking, *_ = looked(radar(), level(6000.0), [(0.0, 1500.0)], v=(0.0, -1.2))
    assert walking[0] > 5.0 * standing[0] > 0.0
