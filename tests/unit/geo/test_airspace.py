"""A way through the air against blocks of airspace, by cases worked by hand."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchline.geo.airspace import Block, first_entry

SQUARE = np.array([[0.0, 0.0], [1000.0, 0.0], [1000.0, 1000.0], [0.0, 1000.0]])
BLOCK = Block("R-1", "air", SQUARE, 500.0, 900.0)


@pytest.mark.parametrize(
    ("way", "leg"),
    [
        ([[-500, 500, 600], [1500, 500, 600]], 0),  # through
        ([[-500, 500, 400], [1500, 500, 400]], None),  # under
        ([[-500, 500, 1000], [1500, 500, 1000]], None),  # over
        ([[-500, -1, 600], [1500, -1, 600]], None),  # beside
        ([[-500, 500, 100], [1500, 500, 1100]], 0),  # climbs through: 350 to 850 m above the area
        ([[-1000, 500, 0], [3000, 500, 800]], None),  # climbs, but is 200 to 400 m high there
        ([[-500, 500, math.nan], [1500, 500, 600]], 0),  # a height not known may be any
        ([[-500, -500, math.nan], [1500, -500, math.nan]], None),
        ([[-900, -900, 600], [-500, 500, 600], [500, 500, 600]], 1),
        ([[500, 500, 600]], 0),
        ([[500, 500, 0], [500, 500, 2000]], 0),  # straight up
    ],
)
def test_cases_by_hand(way: list[list[float]], leg: int | None) -> None:
    assert first_entry(np.array(way, float), BLOCK) == leg


def test_a_margin_keeps_away_from_the_band() -> None:
    way = np.array([[-500.0, 500.0, 460.0], [1500.0, 500.0, 460.0]])
    assert first_entry(way, BLOCK) is None
    assert first_entry(way, BLOCK, margin_m=50.0) == 0


@given(st.lists(st.tuples(*[st.floats(-2000.0, 3000.0)] * 2, st.floats(0.0, 1500.0)), min_size=2, max_size=4))
def test_a_way_that_is_said_to_be_free_is_free_at_every_step(way: list[tuple[float, float, float]]) -> None:
    points = np.array(way)
    if first_entry(points, BLOCK) is not None:
        return
    for a, b in pairwise(points):
        at = a + np.linspace(0.0, 1.0, 200)[:, None] * (b - a)
        inside = np.all((at[:, :2] > 0.0) & (at[:, :2] < 1000.0), axis=1)
        assert not np.any(inside & (at[:, 2] > 500.0) & (at[:, 2] < 900.0))
