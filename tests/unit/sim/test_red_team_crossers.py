"""The red team's crossers: who is hard to see is reported less, and a search finds a way that is reported less."""

from __future__ import annotations

import numpy as np
import pytest

from watchline.sim.demo import Demo, demo_site
from watchline.sim.red_team import Optimiser, RedTeam, best_of
from watchline.sim.world import World

LENGTH_M = 8000.0


@pytest.fixture(scope="module")
def demo() -> Demo:
    return demo_site(1, length_m=LENGTH_M)


def _team(demo: Demo, seed: int = 3) -> RedTeam:
    world = World(demo.site, demo.line, demo.terrain, seed=seed)
    return RedTeam(world, outside_m=1500.0, far_m=500.0, seed=seed)


def _reports(demo: Demo, ease: float) -> int:
    team = _team(demo)
    world = team.world
    walkers = set()
    for _ in range(6):
        sent = team.send(*team.anywhere(), world.now_s, ease=ease)
        assert sent is not None
        walkers.add(sent.body)
    found = 0
    for _ in range(400):
        world.step(world.now_s + 3.0)
        found += int(np.isin(world.truth().detected_body, list(walkers)).sum())
    return found


def test_who_is_hard_to_see_is_reported_less_and_who_cannot_be_seen_never(demo: Demo) -> None:
    usual, careful, unseen = (_reports(demo, ease) for ease in (1.0, 0.05, 0.0))
    assert usual > 2 * careful > 0
    assert unseen == 0


def test_a_searched_way_is_reported_less_than_ways_of_those_who_know_nothing(demo: Demo) -> None:
    team = _team(demo)
    best = Optimiser(team)
    at_m, plain = 0.0, 0.0
    for _ in range(30):
        s_m, way = team.anywhere()
        reports = best.reports(way, s_m)
        if np.isfinite(reports) and reports > plain:
            at_m, plain = s_m, reports
    assert plain > 0.0
    searched = best.reports(best.way(at_m, 1500.0, 500.0), at_m)
    assert searched < plain


def test_whoever_has_more_to_choose_from_takes_weaker_places() -> None:
    rng = np.random.default_rng(1)
    miss = np.linspace(0.0, 1.0, 200)
    chosen = [float(miss[best_of(rng, miss, choices, 400)].mean()) for choices in (1, 5, 20)]
    assert chosen[0] == pytest.approx(0.5, abs=0.06)
    assert chosen[1] == pytest.approx(5 / 6, abs=0.04)
    assert chosen[2] == pytest.approx(20 / 21, abs=0.02)
