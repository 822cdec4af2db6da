from __future__ import annotations

import msgspec
import numpy as np
import pytest

from watchline.coverage.crossing import Belt, abreast, crossing, strength, weakest_paths
from watchline.coverage.response_time import ALERT_S, SITE_WIDE_S, response_of, response_s
from watchline.coverage.too_late import critical_point, late_ground, timely_exposure
from watchline.coverage.weakest_path import Ground
from watchline.domain.site import LineSpec, Organisation, Post, Site, TerrainSpec, Unit
from watchline.geo.line import LineFrame

CELL_M = 30.0
SPEED_M_S = 1.5
SHAPE = (121, 200)
LINE_ROW = 80
STRETCHES = 6


def belt() -> Belt:
    """Return a belt of 2400 m outside and 1200 m at home, its line along row 80, 6 km long."""
    offset = (np.arange(SHAPE[0]) - LINE_ROW)[:, None] * CELL_M + np.zeros(SHAPE[1])
    return Belt(offset, LINE_ROW * SHAPE[1] + np.arange(SHAPE[1]), CELL_M * np.arange(SHAPE[1]), 2400.0, 1200.0)


def stretch():
    return abreast(belt(), np.broadcast_to(CELL_M * np.arange(SHAPE[1]), SHAPE), CELL_M * SHAPE[1])


def timely(rate, response):
    found = crossing(Ground(rate, SPEED_M_S, CELL_M), belt())
    late = late_ground(found, response)
    return found, late, timely_exposure(found, late, stretch(), STRETCHES)


@pytest.mark.parametrize("response", [0.0, 400.0, 800.0, 1200.0, 1600.0])
def test_on_even_ground_what_counts_is_the_time_before_it_is_too_late(response):
    rate = 1e-4
    _, _, exposure = timely(np.full(SHAPE, rate), response)
    whole_s = 3600.0 / SPEED_M_S
    assert exposure == pytest.approx(rate * max(whole_s - response, 0.0), rel=0.02, abs=3 * rate * CELL_M / SPEED_M_S)


def test_a_longer_response_never_gathers_more():
    r, c = np.mgrid[0 : SHAPE[0], 0 : SHAPE[1]]
    rate = 1e-5 + 1e-3 * np.exp(-((r - 75) ** 2 + (c - 90) ** 2) / 150.0)
    found, _, first = timely(rate, 0.0)
    last = strength(found.at_line, stretch().ravel()[belt().line_cell], STRETCHES)
    assert first == pytest.approx(last, rel=1e-3)
    for response in (300.0, 900.0, 1500.0, 3000.0):
        exposure = timely(rate, response)[2]
        assert np.all(exposure <= last * (1 + 1e-9))
        last = exposure
    assert np.all(last < 1e-12)  # the whole belt is too late


def test_a_watch_behind_the_line_is_worth_nothing_when_help_is_slow():
    rate = np.full(SHAPE, 1e-6)
    rate[90:110] = 1e-3
    quick, slow = timely(rate, 100.0)[2], timely(rate, 900.0)[2]
    assert np.all(quick > 100 * slow)


def test_each_kilometre_has_the_response_of_its_own():
    per_cell = np.where(stretch() < 3, 100.0, 1500.0)
    exposure = timely(np.full(SHAPE, 1e-4), per_cell)[2]
    assert np.all(exposure[:2] > 1.5 * exposure[4:])


def test_the_critical_point_of_a_route_is_where_too_late_begins():
    found, late, _ = timely(np.full(SHAPE, 1e-4), 600.0)
    route = weakest_paths(found, 1, separation_m=1.0)[0]
    critical = critical_point(found, route, late)
    late_row = 120 - 600.0 * SPEED_M_S / CELL_M
    assert critical.place_rc[0] == pytest.approx(late_row, abs=1.5)
    assert critical.after_m == pytest.approx(late_row * CELL_M, abs=2 * CELL_M)
    assert critical.exposure == pytest.approx(1e-4 * critical.after_m / SPEED_M_S, rel=0.01)
    assert critical_point(found, route, np.zeros(SHAPE, bool)) is None


def site(*units: Unit) -> Site:
    return Site(
        schema=1,
        name="small",
        line=LineSpec(file="line.geojson", home_side="right"),
        terrain=TerrainSpec(file="terrain.tif"),
        organisations=(Organisation("ours", "Ours"), Organisation("theirs", "Theirs", partner=True)),
        posts=(Post("gate", "checkpoint_fixed", 42.0, 33.6, "ours"),),
        units=units,
    )


@pytest.fixture(scope="module")
def line() -> LineFrame:
    return LineFrame.of(np.array([[42.0, 33.6], [42.2, 33.6]]), "right")


RESERVE = Unit(id="r", kind="reserve", organisation="ours", post="gate", speed_m_s=10.0)


def test_a_reserve_starts_at_its_post(line):
    s = np.array([0.0, 5000.0, 10_000.0])
    assert response_s(site(RESERVE), line, s) == pytest.approx(ALERT_S + s / 10.0, abs=0.5)


def test_a_patrol_is_anywhere_on_its_stretch_and_the_nearest_counts(line):
    patrol = Unit(id="p", kind="patrol", organisation="ours", speed_m_s=5.0, patrol_from_km=8.0, patrol_to_km=12.0,
                  patrol_offset_m=0.0)  # fmt: skip
    found = response_s(site(RESERVE, patrol), line, np.array([0.0, 12_000.0]))
    assert found == pytest.approx([ALERT_S, ALERT_S + 2000.0 / 5.0], abs=1.0)


def test_who_cannot_or_may_not_stop_anybody_does_not_count(line):
    others = [
        msgspec.structs.replace(RESERVE, kind="drone"),
        msgspec.structs.replace(RESERVE, kind="medical"),
        msgspec.structs.replace(RESERVE, organisation="theirs"),
        msgspec.structs.replace(RESERVE, post=None),
    ]
    assert response_s(site(*others), line, np.array([0.0])) is None


def test_what_was_assumed_is_said(line):
    none, named = response_of(site(), line), response_of(site(RESERVE), line)
    given = response_of(site(RESERVE), line, 77.0)
    assert none.seconds.tolist() == [SITE_WIDE_S] * len(none.seconds)
    assert (none.basis[:7], given.basis[:5], named.basis[:7]) == ("assumed", "given", "nearest")
    assert set(given.seconds) == {77.0}
    assert np.all(np.diff(named.seconds) > 0)
