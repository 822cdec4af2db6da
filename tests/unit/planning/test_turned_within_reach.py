"""Heads are turned only as far as pushes no crosser beyond the reach of help."""

from __future__ import annotations

import numpy as np
import pytest

from watchline.coverage.crossing import Belt
from watchline.ops.planning.dwell import DwellPlan, kept_in_reach
from watchline.ops.planning.help_reach import HelpReach
from watchline.planning.dwell import Shares
from watchline.planning.harm import Harm
from watchline.planning.line_ways import Field, LineGround

CELL_M = 30.0
ROWS, COLS = 20, 240  # 7 km wide: hours on foot from one end to the other


def _line() -> LineGround:
    """One long stretch whose west a head's first stop watches, and whose east its second."""
    offset = np.repeat(np.linspace(-300.0, 270.0, ROWS)[:, None], COLS, axis=1)
    cell = ROWS // 2 * COLS + np.arange(COLS)
    belt = Belt(offset, cell, CELL_M * np.arange(COLS), 250.0, 200.0)
    half = np.full((ROWS, COLS // 2), 0.02, np.float32)
    fields = (Field(0, 0, half), Field(0, COLS // 2, half))
    base = np.full((ROWS, COLS), 1e-5, np.float32)
    speed = np.full((ROWS, COLS), 1.0, np.float32)
    return LineGround(base, speed, CELL_M, belt, np.zeros(COLS, np.int32), 1, fields, 1e-8)


@pytest.fixture(scope="module")
def reach() -> HelpReach:
    west = np.zeros((ROWS, COLS), bool)
    west[:, 0] = True
    return HelpReach(_line(), west)


def _plan(share: tuple[float, float]) -> DwellPlan:
    none = np.full((1, 1), np.nan)
    bound = Shares(np.array(share), 1.0, 1.0)
    planned = np.array([0.9])
    return DwellPlan(
        (), np.array(share), planned, planned, np.ones(1, bool), bound, 1, Harm(none, none, 1.0), whole=True
    )


def test_a_turn_that_pushes_crossers_beyond_help_is_held_back(reach: HelpReach) -> None:
    # Today the east is watched more and crossers take the west, beside help; the plan watches the west more.
    today = np.array([0.3, 0.7])
    held = kept_in_reach((_line(),), reach, _plan((0.9, 0.1)), today, 1.0)
    assert not held.whole
    assert not held.harm.refused
    assert held.share[0] < held.share[1]  # the west is still the easier way
    assert held.harm.farthest[1][0] <= 1.0


def test_within_the_limit_all_of_it_is_turned(reach: HelpReach) -> None:
    plan = _plan((0.9, 0.1))
    free = kept_in_reach((_line(),), reach, plan, np.array([0.3, 0.7]), 5.0)
    assert free.whole
    assert free.share.tolist() == [0.9, 0.1]
    assert free.harm.farthest[1][0] > 0.9  # the way in the east, an hour and more from help
