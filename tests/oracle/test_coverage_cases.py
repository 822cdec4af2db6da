"""Barriers, evasion, patrols and interruption against known answers.

Authorities: Stevens 1939 (coverage of a ring), Kumar, Lai & Arora 2005 (strong and weak barriers; values by
max-flow), Garcia's sample for EASI (published P_I 0.476); evasion and patrol cases by enumeration of every path.
Section numbers are those of the project's reference of formulas.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from watchline.coverage.exact.barrier import p_ring_covered, strong_barrier_k, weak_barrier_k
from watchline.coverage.exact.graph_path import best_evasion, best_sensor_edge, both_ways, with_sensor
from watchline.coverage.exact.space_time import MOVES, best_crossing, patrol_hazard
from watchline.coverage.interruption import PathTask, Response, interruption

PRINTED_4 = 0.00005
PRINTED_5 = 0.000005
PRINTED_6 = 0.0000005

# -- 2.2 barriers --------------------------------------------------------------------------------------------

ROW = [(1, 0), (3, 0), (5, 0), (7, 0), (9, 0)]
GAP = [(1, 3), (3, 3), (7, 3), (9, 3)]
STAGGERED = [(1, 0), (3, 5), (5, 0), (7, 5), (9, 0)]


@pytest.mark.parametrize(("discs", "k"), [(ROW, 1), (ROW + GAP, 1), ([*ROW, *GAP, (5, 3)], 2), (STAGGERED, 0)])
def test_strong_barriers(discs, k):
    assert strong_barrier_k(discs, 1.2, 10.0) == k


def test_a_staggered_row_is_weak_only():
    assert weak_barrier_k(STAGGERED, 1.2, 10.0) == 1
    assert weak_barrier_k([*ROW, *GAP, (5, 3)], 1.2, 10.0) == 2


@pytest.mark.parametrize(
    ("arcs", "share", "p"), [(5, 0.3, 0.0545), (10, 0.3, 0.60826), (20, 0.2, 0.72332), (50, 0.1, 0.73503)]
)
def test_stevens_ring(arcs, share, p):
    assert p_ring_covered(arcs, share) == pytest.approx(p, abs=PRINTED_5 if arcs > 5 else PRINTED_4)


# -- 2.3 evasion ---------------------------------------------------------------------------------------------

EVASION = both_ways({("a", "b"): 0.05}) | {("s", "a"): 0.3, ("s", "b"): 0.1, ("a", "t"): 0.2, ("b", "t"): 0.5}


def test_best_evasion_and_the_next_ones():
    best = best_evasion(EVASION, "s", "t")
    assert best is not None
    assert (best.nodes, best.p_unseen) == (("s", "b", "a", "t"), pytest.approx(0.684))
    routes = {"sbat": 0.684, "sat": 0.56, "sbt": 0.45, "sabt": 0.3325}
    for nodes, p in routes.items():
        only = {(a, b): EVASION[a, b] for a, b in itertools.pairwise(nodes)}
        route = best_evasion(only, "s", "t")
        assert route is not None
        assert route.p_unseen == pytest.approx(p)


@pytest.mark.parametrize(("edge", "left"), [("at", 0.45), ("sb", 0.56), ("ab", 0.56), ("sa", 0.684), ("bt", 0.684)])
def test_what_one_more_sensor_leaves(edge, left):
    route = best_evasion(with_sensor(EVASION, (edge[0], edge[1]), 0.6), "s", "t")
    assert route is not None
    assert route.p_unseen == pytest.approx(left)


def test_the_best_edge_is_not_the_least_protected_one():
    assert best_sensor_edge(EVASION, "s", "t", 0.6) == (("a", "t"), pytest.approx(0.45))


# -- 2.4 a patrol that moves ---------------------------------------------------------------------------------

HAZARD = patrol_hazard(np.array([0, 1, 2, 3, 4, 3, 2, 1]), 2, (4, 5), 7, (0.8, 0.3))


def _every_path():
    def onward(cells):
        if cells[-1][0] == 3:
            yield cells
        elif len(cells) <= 6:
            for dr, dc in MOVES:
                there = (cells[-1][0] + dr, cells[-1][1] + dc)
                if 0 <= there[1] < 5:
                    yield from onward((*cells, there))

    for c in range(5):
        yield from onward(((0, c),))


def _mean_miss(cells):
    exposure = sum(HAZARD[:, step, r, c] for step, (r, c) in enumerate(cells))
    return float(np.exp(-exposure).mean())


def test_a_patrol_whose_phase_is_known_is_no_obstacle():
    known = best_crossing(HAZARD[:1], moves_max=6)
    assert known.exposure.tolist() == [0.0]
    assert known.p_miss == 1.0


def test_a_patrol_whose_phase_is_unknown():
    paths = list(_every_path())
    assert len(paths) == 1204
    best = best_crossing(HAZARD, moves_max=6)
    assert best.p_miss == pytest.approx(0.866371, abs=PRINTED_6)
    assert best.p_miss == pytest.approx(max(map(_mean_miss, paths)), abs=1e-12)
    assert best.p_miss == pytest.approx(_mean_miss(best.cells), abs=1e-12)
    # The example is written (column, row).
    assert _mean_miss([(0, 1), (1, 1), (1, 0), (2, 0), (3, 0)]) == pytest.approx(0.866371, abs=PRINTED_6)


def test_straight_crossings_under_a_patrol():
    straight = [_mean_miss([(r, c) for r in range(4)]) for c in range(5)]
    assert straight == pytest.approx([0.866371, 0.765139, 0.732741, 0.765139, 0.866371], abs=PRINTED_6)


# -- 2.6 interruption ----------------------------------------------------------------------------------------

GARCIA = [
    PathTask("cut the fence", 0.0, 10.0, 3.0, "B"),
    PathTask("run to the building", 0.0, 12.0, 3.6, "B"),
    PathTask("open the door", 0.9, 90.0, 27.0, "B"),
    PathTask("run to the vital area", 0.0, 10.0, 3.0, "B"),
    PathTask("open the inner door", 0.9, 90.0, 27.0, "B"),
    PathTask("sabotage", 0.0, 120.0, 36.0, "B"),
]


def test_garcias_sample():
    got = interruption(GARCIA, Response(p_comm=0.95, response_s=300.0, response_sd_s=90.0))
    assert got.p_interruption == pytest.approx(0.4760, abs=PRINTED_4)


@pytest.mark.parametrize("where", ["B", "M", "E"])
def test_interruption_against_monte_carlo(where):
    """Any detection place and spread: 400 000 draws of the same story."""
    rng = np.random.default_rng(7)
    p, delay = np.array([0.3, 0.6, 0.2, 0.8]), np.array([60.0, 90.0, 40.0, 120.0])
    sd = np.array([20.0, 9.0, 12.0, 30.0])
    n = 400_000
    # Where detection is half-way, both halves of a task scale together: half its time, half its spread.
    own = {"B": 1.0, "M": 0.5, "E": 0.0}[where]
    time = rng.normal(delay, sd, (n, 4))
    seen = rng.random((n, 4)) < p
    first = np.where(seen.any(axis=1), seen.argmax(axis=1), 4)
    after = np.concatenate([np.cumsum(time[:, ::-1], axis=1)[:, ::-1], np.zeros((n, 2))], axis=1)
    rows = np.arange(n)
    left = after[rows, first + 1] + own * np.where(first < 4, time[rows, np.minimum(first, 3)], 0.0)
    hit = (first < 4) & (rng.random(n) < 0.9) & (left >= rng.normal(150.0, 40.0, n))
    path = [PathTask(f"task {i}", p[i], delay[i], sd[i], where) for i in range(4)]
    got = interruption(path, Response(0.9, 150.0, 40.0)).p_interruption
    four_sigma = 4 * np.sqrt(0.25 / n)
    assert got == pytest.approx(hit.mean(), abs=four_sigma)
