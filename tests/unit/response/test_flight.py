"""Drones: wind, endurance, patterns that leave nothing out, and who comes too near whom."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from watchline.geo.patterns import along, orbit, sweep
from watchline.response.flight import RESERVE, Leg, leg_s, separation_m, sortie
from watchline.response.proximity import Party, near_route

ORIGIN = np.zeros(2)


@given(st.floats(0, 6.28), st.floats(0, 9.9), st.floats(0, 6.28))
def test_the_wind_triangle(heading: float, wind: float, wind_to: float) -> None:
    """The heading that holds the track, found by turning it, gives the same ground speed."""
    to = 1000.0 * np.array([math.sin(heading), math.cos(heading)])
    w = wind * np.array([math.sin(wind_to), math.cos(wind_to)])
    across = to[0] * w[1] - to[1] * w[0]
    crab = math.asin(np.clip(-across / 1000.0 / 10.0, -1, 1))  # of 10 m/s against the drift
    ground = 10.0 * math.cos(crab) + float(to @ w) / 1000.0
    if ground > 0.1:
        assert float(leg_s(ORIGIN, to, 10.0, w)) == pytest.approx(1000.0 / ground, rel=1e-6)


def test_who_would_not_come_back_is_refused() -> None:
    fly = {"air_m_s": 10.0, "endurance_s": 1000.0, "left_s": 1000.0}
    place = np.array([0.0, 3000.0])
    still = sortie(ORIGIN, ORIGIN, place, wind_m_s=np.zeros(2), **fly)
    assert still.refused == ""
    assert still.station_s == pytest.approx(1000.0 - RESERVE * 1000.0 - 600.0)
    assert "reserve" in sortie(ORIGIN, ORIGIN, 2.0 * place, wind_m_s=np.zeros(2), **fly).refused
    assert "reserve" in sortie(ORIGIN, ORIGIN, place, wind_m_s=np.array([0.0, 6.0]), **fly).refused  # back against it
    assert "wind" in sortie(ORIGIN, ORIGIN, place, wind_m_s=np.array([11.0, 0.0]), **fly).refused
    assert "link" in sortie(ORIGIN, ORIGIN, place, wind_m_s=np.zeros(2), link_range_m=2000.0, **fly).refused


@settings(max_examples=40)
@given(st.integers(0, 2**31))
def test_separation_is_the_least_of_many_moments(seed: int) -> None:
    rng = np.random.default_rng(seed)
    legs = []
    for name in "ab":
        begin = rng.uniform(0, 100)
        legs.append(Leg(name, *rng.uniform(-1000, 1000, (2, 2)), begin, begin + rng.uniform(10, 200)))
    a, b = legs
    t = np.linspace(max(a.from_s, b.from_s), min(a.to_s, b.to_s), 4001)
    if t[0] > t[-1]:
        assert separation_m(a, b) == math.inf
        return
    least = min(float(np.hypot(*(a.at(x) - b.at(x)))) for x in t)
    assert separation_m(a, b) == pytest.approx(least, abs=1.0)
    assert separation_m(a, b) <= least + 1e-6


@settings(max_examples=40)
@given(st.integers(3, 8), st.integers(0, 2**31))
def test_a_sweep_passes_every_place_of_an_area(corners: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    turn = np.sort(rng.uniform(0, 2 * np.pi, corners))
    out = rng.uniform(300, 900, corners)
    ring = np.column_stack([out * np.cos(turn), out * np.sin(turn)])
    area = shapely.make_valid(shapely.Polygon(ring))
    swath = 150.0
    way = shapely.LineString(sweep(ring, swath))
    left = area.difference(way.buffer(swath / 2 + 1.0, quad_segs=32))
    assert left.area < 1.0


def test_orbit_and_road() -> None:
    round_ = orbit(np.array([100.0, 50.0]), 80.0)
    assert np.hypot(*(round_ - [100.0, 50.0]).T) == pytest.approx(80.0)
    assert round_[0] == pytest.approx(round_[-1])
    road = along(np.array([[0.0, 0.0], [250.0, 0.0], [250.0, 30.0]]), 100.0)
    assert np.hypot(*np.diff(road, axis=0).T).max() <= 100.0
    assert [250.0, 0.0] in road.tolist()


def test_those_who_do_not_expect_each_other_are_named() -> None:
    way = np.array([[0.0, 0.0], [1000.0, 0.0]])
    parties = [
        Party("P2", "own", np.array([500.0, 100.0]), "own"), Party("G1", "own", np.array([500.0, -200.0]), "guard"),
        Party("X1", "partner", np.array([1300.0, 400.0]), "them"), Party("T-4", "unknown", np.array([300.0, 90.0])),
        Party("T-5", "unknown", np.array([300.0, 900.0])), Party("P1", "own", np.array([0.0, 0.0]), "own"),
    ]  # fmt: skip
    near = near_route(way, parties, "P1", "own")
    assert [(n.who, n.what, n.distance_m) for n in near] == [
        ("T-4", "unknown", 90), ("G1", "own", 200), ("X1", "partner", 500),
    ]  # fmt: skip
