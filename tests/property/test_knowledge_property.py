"""Who knows more passes unseen no less often."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchline.coverage.knowledge import Level, by_knowledge
from watchline.coverage.live_path import LiveGround
from watchline.sensing.glimpse import p_miss

SPEED_M_S, CELL_M = 1.2, 90.0
SHAPE, STEPS = (31, 61), 80
FRAILTY_K = 1.5


def _edges():
    top, bottom = np.zeros(SHAPE, bool), np.zeros(SHAPE, bool)
    top[0], bottom[-1] = True, True
    return top, bottom


def _patrolled(seed: int) -> LiveGround:
    """Return towers, walls, and two patrols to and fro along rows."""
    rng = np.random.default_rng(seed)
    r, c = np.mgrid[0 : SHAPE[0], 0 : SHAPE[1]].astype(np.float32)
    fixed = np.full(SHAPE, 1e-6, np.float32)
    for _ in range(5):
        row, col, reach = rng.uniform(0, SHAPE[0]), rng.uniform(0, SHAPE[1]), rng.uniform(4, 9)
        fixed += rng.uniform(2e-4, 1e-3) * np.exp(-((r - row) ** 2 + (c - col) ** 2) / (2 * reach**2))
    speed = np.full(SHAPE, SPEED_M_S)
    for _ in range(5):
        row, col = rng.integers(2, SHAPE[0] - 2), rng.integers(0, SHAPE[1] - 12)
        speed[row, col : col + 10] = 0.0
    live = np.tile(fixed, (STEPS, 1, 1))
    for _ in range(2):
        row, first, period = rng.uniform(8, 22), rng.uniform(0, 1), rng.integers(20, 60)
        at = SHAPE[1] * np.abs(2 * ((np.arange(STEPS) / period + first) % 1) - 1)
        live += 4e-3 * np.exp(-((r - row) ** 2 + (c - at[:, None, None]) ** 2) / (2 * 5.0**2)).astype(np.float32)
    return LiveGround(live, CELL_M / SPEED_M_S, speed, CELL_M)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.booleans())
def test_the_chance_of_passing_unseen_never_falls_with_knowledge(seed, many):
    start, goal = _edges()
    plans = by_knowledge(_patrolled(seed), start, goal, depart_by_s=3000.0 if many else 0.0, frailty_k=FRAILTY_K)
    assert [plan.level for plan in plans] == [Level.GROUND, Level.LAW, Level.LIVE]
    unseen = [plan.p_unseen for plan in plans]
    assert unseen[0] <= unseen[1] <= unseen[2]
    assert all(0.0 < p <= 1.0 for p in unseen)


@pytest.mark.slow
def test_knowledge_is_worth_something_on_most_grounds():
    start, goal = _edges()
    start[0, :20] = start[0, 41:] = False
    gains = []
    for seed in range(30):
        plans = by_knowledge(_patrolled(seed), start, goal, depart_by_s=3000.0, frailty_k=FRAILTY_K)
        gains.append([plans[1].p_unseen - plans[0].p_unseen, plans[2].p_unseen - plans[1].p_unseen])
    assert np.mean(gains, axis=0).min() > 0.02
    assert np.mean(np.array(gains) > 0.0, axis=0).min() > 0.5


def test_without_a_watch_all_levels_pass():
    start, goal = _edges()
    ground = LiveGround(np.zeros((5, *SHAPE), np.float32), CELL_M / SPEED_M_S, SPEED_M_S, CELL_M)
    plans = by_knowledge(ground, start, goal, depart_by_s=0.0, frailty_k=FRAILTY_K)
    assert [plan.p_unseen for plan in plans] == [1.0, 1.0, 1.0]
    assert plans[0].t_s[-1] == pytest.approx(30 * CELL_M / SPEED_M_S)


def test_who_knows_the_ground_only_walks_straight_into_a_tower():
    start, goal = _edges()
    start[0, :25] = start[0, 36:] = False
    r, c = np.mgrid[0 : SHAPE[0], 0 : SHAPE[1]]
    rate = (2e-3 * np.exp(-((r - 15) ** 2 + (c - 30) ** 2) / 50.0)).astype(np.float32)
    ground = LiveGround(np.tile(rate, (5, 1, 1)), CELL_M / SPEED_M_S, SPEED_M_S, CELL_M)
    blind, lawful, live = by_knowledge(ground, start, goal, depart_by_s=0.0, frailty_k=FRAILTY_K)
    assert blind.exposure > 3 * lawful.exposure
    assert live.exposure == pytest.approx(lawful.exposure, rel=0.02)
    assert lawful.p_unseen == pytest.approx(float(p_miss(lawful.exposure, FRAILTY_K)))


def test_no_way_no_plan():
    start, goal = _edges()
    speed = np.full(SHAPE, SPEED_M_S)
    speed[15] = 0.0
    ground = LiveGround(np.zeros((5, *SHAPE), np.float32), CELL_M / SPEED_M_S, speed, CELL_M)
    assert by_knowledge(ground, start, goal, depart_by_s=0.0, frailty_k=FRAILTY_K) is None
