"""Sight is one draw in one place: the chance of a miss there, and what any number of looks can make of it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchline.sensing.detection import CRAWLER, SIGHT_SURE, VEHICLE, WALKER, p_in_sight, place_s, seen_of, sure_of

exposures = st.floats(0.0, 1e4)
sights = st.floats(0.0, 1.0)


@given(exposures, st.floats(0.0, SIGHT_SURE, exclude_max=True))
def test_for_one_report_the_miss_is_to_be_hidden_or_to_show_and_be_missed(x: float, s: float) -> None:
    assert math.exp(-seen_of(x, s, 1.0)) == pytest.approx(1.0 - s + s * math.exp(-x), abs=1e-12)


@given(exposures, exposures, sights, sights, st.floats(1.0, 40.0))
def test_more_looks_and_better_sight_never_take_away_and_never_add_up_to_more_than_looks(
    x: float, y: float, s: float, u: float, enough: float
) -> None:
    low, high = sorted((x, y))
    worse, better = sorted((s, u))
    assert seen_of(low, worse, enough) <= seen_of(high, worse, enough) + 1e-9
    assert seen_of(low, worse, enough) <= seen_of(low, better, enough) + 1e-9
    assert 0.0 <= seen_of(x, s, enough) <= x


def test_however_long_one_looks_at_what_is_probably_hidden_no_more_than_its_chance_to_show_is_left() -> None:
    assert 1.0 - math.exp(-seen_of(1e4, 0.05, 1.0)) == pytest.approx(0.05)
    assert seen_of(0.01, 0.05, 1.0) == pytest.approx(0.05 * 0.01, rel=0.02)
    # An alert wants sixteen exposures: sixteen times as many looks leave as much.
    assert seen_of(160.0, 0.05, 16.0) == pytest.approx(16.0 * seen_of(10.0, 0.05, 1.0))


def test_open_ground_shows_who_walks_for_certain_and_who_crawls_probably() -> None:
    assert seen_of(300.0, p_in_sight(0.0, WALKER.height_m), 1.0) == 300.0
    assert seen_of(300.0, p_in_sight(0.0, VEHICLE.height_m), 1.0) == 300.0
    assert 1.0 < seen_of(300.0, p_in_sight(0.0, CRAWLER.height_m), 1.0) < 2.0


def test_who_is_slow_is_longer_in_one_place() -> None:
    assert place_s(WALKER) == pytest.approx(125.0)
    assert place_s(CRAWLER) > place_s(WALKER) > place_s(VEHICLE)


def test_who_counts_on_sure_sight_alone_takes_doubt_for_none() -> None:
    assert [sure_of(s, 0.9) for s in (0.0, 0.5, 0.89, 0.9, 1.0)] == [0.0, 0.0, 0.0, 1.0, 1.0]
    assert [sure_of(s, 0.0) for s in (0.0, 0.5, 1.0)] == [0.0, 0.5, 1.0]
