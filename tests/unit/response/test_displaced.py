"""Who comes after news from beyond the line, and where to stand by for them."""

import numpy as np
import pytest

from builders import straight_line
from watchline.response.displaced import LAWS, Free, News, Parties, by_stretch_and_hour, expected, stand_by, total

LINE = straight_line(40_000.0)


def news(what="displaced_people", s_m=20_000.0, d_m=-6000.0, heading=None, people=60, confidence=1.0):
    xy = np.asarray(LINE.xy_m_from_sd([s_m, d_m]), float).reshape(2)
    return News(what, xy, 500.0, 0.0, heading, people, confidence)


def drawn(**more):
    return expected(news(**more), LINE, np.random.default_rng(1))


def test_they_come_to_the_nearest_stretch_as_many_as_told():
    parties = drawn()
    mean, low, high = total(parties)
    assert mean == pytest.approx(60.0 * np.exp(0.5 * 0.4**2), rel=0.15)
    assert low < 60.0 < high
    assert np.median(parties.s_m) == pytest.approx(20_000.0, abs=800.0)
    assert parties.t_s.min() > 6000.0 / 2.0  # nobody runs
    assert parties.family.mean() == pytest.approx(LAWS["displaced_people"].families, abs=0.05)


def test_a_heading_told_moves_them_and_doubt_takes_them_away():
    turned = drawn(heading=np.pi - 0.6)  # south is home; some east of it
    assert np.median(turned.s_m) == pytest.approx(20_000.0 + 6000.0 * np.tan(0.6), abs=1200.0)
    assert total(drawn(confidence=0.5))[0] == pytest.approx(0.5 * total(drawn())[0], rel=0.25)
    assert total(drawn(confidence=0.5))[1] == 0.0  # perhaps nobody comes


def test_the_forecast_sums_to_the_total_and_its_interval_is_of_worlds():
    parties = drawn()
    cells = by_stretch_and_hour(parties, 0.0, 5000.0, most=10_000)
    assert sum(cell.mean for cell in cells) == pytest.approx(total(parties)[0], rel=1e-6)
    assert all(cell.low <= cell.mean <= cell.high or cell.low == 0.0 for cell in cells)
    assert all(cell.families <= cell.mean + 1e-9 for cell in cells)


def at(s_m, n=1, t_s=7200.0, family=True):
    world = np.arange(n)
    return Parties(n, world, np.full(n, s_m), np.full(n, t_s), np.ones(n), np.full(n, family))


def unit(name, home_m, places, *, helps=False):
    return Free(name, np.abs(places - home_m) / 8.0 + 60.0, 8.0, helps)


PLACES = np.array([5000.0, 20_000.0, 35_000.0])


def test_the_unit_that_gains_most_goes_where_they_come_and_others_stay():
    units = [unit("near", 19_000.0, PLACES), unit("far", 2000.0, PLACES)]
    found = stand_by(at(20_000.0, family=False), units, PLACES, 0.0, keeps=1)
    assert len(found.placed) <= 1
    assert found.in_time >= found.unchanged
    far_only = stand_by(at(20_000.0, family=False), units[1:], PLACES, 0.0)
    assert far_only.placed == ((0, 1),)  # there in time if it sets out now, too late when they come
    assert far_only.in_time > 0.9 > 0.1 > far_only.unchanged


def test_a_rescue_team_is_for_families_and_nobody_moves_for_nothing():
    team = [unit("team", 2000.0, PLACES, helps=True)]
    assert stand_by(at(35_000.0, family=False), team, PLACES, 0.0).placed == ()
    assert stand_by(at(35_000.0, family=True), team, PLACES, 0.0).placed == ((0, 2),)
    assert stand_by(at(35_000.0), [], PLACES, 0.0).in_time == 0.0
    unreachable = [Free("cut off", np.array([10.0, np.inf, np.inf]), 8.0)]
    assert stand_by(at(35_000.0), unreachable, PLACES, 0.0).placed in ((), ((0, 0),))


def test_no_placing_is_worse_than_leaving_everybody():
    rng = np.random.default_rng(3)
    for _ in range(20):
        n = 60
        parties = Parties(3, rng.integers(0, 3, n), rng.uniform(0, 40_000, n), rng.uniform(1000, 20_000, n),
                          rng.uniform(1, 8, n), rng.random(n) < 0.6)  # fmt: skip
        units = [unit(str(k), rng.uniform(0, 40_000), PLACES, helps=k % 4 == 0) for k in range(6)]
        found = stand_by(parties, units, PLACES, 0.0, keeps=2)
        assert 0.0 <= found.unchanged <= found.in_time <= 1.0
        assert len(found.placed) <= 4
        assert len({u for u, _ in found.placed}) == len(found.placed)
