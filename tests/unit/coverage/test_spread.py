"""How sure the chance of a route is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from builders import camera, level, site, straight_line
from watchline.coverage import exposure
from watchline.coverage.crossing import Belt, crossing, weakest_paths
from watchline.coverage.eyes import eyes_of
from watchline.coverage.spread import Unseen, drawn_performances, unseen
from watchline.coverage.weakest_path import Ground, Route, measured
from watchline.geo.line_grid import line_coordinates_m
from watchline.sensing.belief import prior
from watchline.sensing.detection import WALKER
from watchline.sensing.glimpse import p_miss
from watchline.sensing.placing import placed
from watchline.sensing.situation import Situation

LINE, GROUND = straight_line(), level(half_m=6000.0)
# Two hundred metres of flank stay unseen beside it.
SITE = site(camera(hfov_deg=100.0, tilt_deg=-2.0, scan_period_s=20.0))
PLACED = placed(SITE, LINE, GROUND)
EYES = eyes_of(SITE, PLACED.eye_m, PLACED.convergence_rad, GROUND)


def ground_in(now: Situation) -> Ground:
    rate = exposure.rate_per_s(GROUND, EYES, [], SITE, WALKER, now)
    return Ground(rate, WALKER.speed_m_s, GROUND.cell_m)


def straight_across(now: Situation) -> tuple[Route, Ground]:
    ground = ground_in(now)
    x, y = LINE.xy_m_from_sd([5000.0, 0.0])
    col, row = (x - GROUND.x0_m) / GROUND.cell_m, (GROUND.y0_m - y) / GROUND.cell_m
    return measured(ground, np.array([[row - 110.0, col + 40.0], [row + 10.0, col + 40.0]]), 1e-8), ground


def chance(now: Situation, seed: int = 1) -> Unseen:
    route, ground = straight_across(now)
    rng = np.random.default_rng(seed)
    drawn = drawn_performances(rng, SITE, WALKER, now, draws=300)
    return unseen(route, ground, GROUND, EYES, drawn, WALKER, now, rng)


def test_the_mean_lies_in_the_interval_and_near_the_routes_own_chance() -> None:
    now = Situation(watched=False)
    route, _ = straight_across(now)
    got = chance(now)
    assert got.low < got.mean < got.high
    assert got.low <= p_miss(route.exposure, 1.5) <= got.high


def test_a_surer_belief_gives_a_narrower_interval() -> None:
    belief = prior(SITE.sensors)
    sure = replace(belief, shared_cov=belief.shared_cov / 25.0, own_cov=belief.own_cov / 25.0)
    wide, narrow = (chance(Situation(watched=False, belief=b)) for b in (belief, sure))
    assert narrow.high - narrow.low < wide.high - wide.low


def test_in_the_dark_nothing_is_uncertain() -> None:
    got = chance(Situation(watched=False, dark=frozenset({0})))
    assert (got.low, got.high) == (1.0, 1.0)


def test_the_weakest_route_goes_round_the_end_when_the_middle_is_watched() -> None:
    now = Situation(watched=False)
    chainage, offset = line_coordinates_m(LINE, GROUND)
    under = exposure.ribbon(LINE, GROUND)
    found = crossing(ground_in(now), Belt(offset, under.cell, under.s_m, 3000.0, 1000.0), time_price_per_s=1e-8)
    ends = exposure.beyond_ends(LINE, GROUND, 900.0)
    assert [bool((end.s_m < 0).all() or (end.s_m >= LINE.length_m).all()) for end in ends] == [True, True]
    middle = found.at(under.cell[np.abs(under.s_m - 5000.0) < 500.0]).min()
    assert all(found.at(end.cell).min() < middle for end in ends)
    best = weakest_paths(found, 1, separation_m=1000.0)[0]
    assert best.exposure <= middle
    assert chainage.shape == offset.shape


@pytest.mark.parametrize("seed", [2, 3])
def test_the_same_seed_gives_the_same_interval(seed: int) -> None:
    now = Situation(watched=False)
    assert chance(now, seed) == chance(now, seed)
