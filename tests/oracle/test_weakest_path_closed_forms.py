"""The weakest path round one sensor against closed forms.

Theory: for a rate 1 / r^k the conformal map w = ln z (k = 1) or w = z^(1-k) / (1-k) straightens the paths, so E is a
distance in w.  With a unit speed, E = |ln z1 - ln z2| or |z1^(1-k) - z2^(1-k)| / (k-1) while (k-1) times the angle
between them is under pi.  Section 2.1 of the project's reference of formulas.
"""

from __future__ import annotations

import numpy as np
import pytest

from watchline.coverage.weakest_path import Ground, Route, end_at, exposure_field, weakest_path

PERCENT = 0.01
HALF_M = 2.6  # the square round the sensor

CASES = [
    (1, 1 + 0j, 2j, 1.71693),
    (2, 1 + 0j, 2j, 1.11803),
    (4, 1 + 0j, 1.5 * np.exp(1j * np.pi / 6), 0.347657),
]
MORE = [  # cases of the same kind
    (1, 0.7 + 0.3j, -1.1 + 1.3j),
    (2, -0.8 - 0.5j, 0.3 - 1.6j),
    (2, 1.2 + 0.01j, -0.4 + 1.5j),
    (3, 0.9 + 0.4j, 0.1 + 1.3j),
    (4, -1.0 + 0.2j, -1.1 - 0.7j),
]


def closed_form(k: int, z1: complex, z2: complex) -> float:
    if k == 1:
        return float(abs(np.log(z1 / z2)))
    return float(abs(z1 ** (1 - k) - z2 ** (1 - k)) / (k - 1))


def crossing(k: int, z1: complex, z2: complex, cell: float) -> tuple[Route, float]:
    """Return the weakest path from z1 to z2 round a sensor at 0, and the closed form."""
    n = round(2 * HALF_M / cell) + 1
    x = -HALF_M + cell * np.arange(n)
    with np.errstate(divide="ignore"):
        ground = Ground(np.hypot(*np.meshgrid(x, -x)) ** -float(k), 1.0, cell)
    ends = [end_at(ground, (HALF_M - z.imag) / cell, (z.real + HALF_M) / cell) for z in (z1, z2)]
    route = weakest_path(ground, *ends)
    assert route is not None
    return route, closed_form(k, z1, z2)


@pytest.mark.parametrize(("k", "z1", "z2", "printed"), CASES)
def test_closed_forms_at_a_cell_of_a_fiftieth(k, z1, z2, printed):
    route, exact = crossing(k, z1, z2, 0.02)
    assert exact == pytest.approx(printed, abs=1e-5)
    assert route.exposure == pytest.approx(exact, rel=0.1 * PERCENT)
    assert route.field_cost == pytest.approx(exact, rel=0.5 * PERCENT)


@pytest.mark.parametrize(("k", "z1", "z2"), MORE)
def test_more_closed_forms(k, z1, z2):
    route, exact = crossing(k, z1, z2, 0.02)
    assert route.exposure == pytest.approx(exact, rel=0.25 * PERCENT)
    assert route.field_cost == pytest.approx(exact, rel=0.5 * PERCENT)


@pytest.mark.parametrize(("k", "z1", "z2", "printed"), CASES)
def test_refining_the_grid_converges(k, z1, z2, printed):
    coarse, middle, fine = (abs(crossing(k, z1, z2, h)[0].exposure / printed - 1) for h in (0.08, 0.04, 0.02))
    assert middle < 0.5 * coarse
    assert fine < 0.5 * middle


def test_the_field_is_right_everywhere_not_only_on_one_path():
    cell, z1 = 0.02, 1 + 0j
    n = round(2 * HALF_M / cell) + 1
    x = -HALF_M + cell * np.arange(n)
    z = x[None, :] - 1j * x[:, None]
    with np.errstate(divide="ignore"):
        ground = Ground(1.0 / np.abs(z), 1.0, cell)
    field = exposure_field(ground, end_at(ground, HALF_M / cell, (1 + HALF_M) / cell))
    # Where the straight line in w = ln z stays inside the square and away from the cut and the sensor.
    inside = (np.abs(z) < 2.0) & (np.abs(z) > 0.4) & (np.abs(np.angle(z)) < 2.5) & (np.abs(z - z1) > 0.3)
    exact = np.abs(np.log(z[inside]))
    assert field[inside] == pytest.approx(exact, rel=1.0 * PERCENT)
    assert np.abs(field[inside] / exact - 1).mean() < 0.2 * PERCENT


@pytest.mark.parametrize("degrees", [0.0, 10.0, 22.5, 37.0, 45.0, 77.0])
def test_a_straight_way_costs_the_same_at_every_angle(degrees):
    """An 8-neighbour graph is up to 8.2 % too long here."""
    ground = Ground(np.full((161, 161), 1e-3), 1.3, 30.0)
    reach = 70.0
    dr, dc = reach * np.sin(np.radians(degrees)), reach * np.cos(np.radians(degrees))
    route = weakest_path(ground, end_at(ground, 80.0 - dr, 80.0 - dc), end_at(ground, 80.0 + dr, 80.0 + dc))
    assert route is not None
    assert route.length_m == pytest.approx(2 * reach * 30.0, rel=1e-4)
    assert route.exposure == pytest.approx(2 * reach * 30.0 / 1.3 * 1e-3, rel=1e-4)
    assert route.field_cost == pytest.approx(route.cost, rel=0.2 * PERCENT)


@pytest.mark.slow
@pytest.mark.parametrize(("k", "z1", "z2", "printed"), CASES)
def test_a_fine_grid_comes_close_to_the_continuum(k, z1, z2, printed):
    route, exact = crossing(k, z1, z2, 0.004)
    assert route.exposure == pytest.approx(exact, rel=0.005 * PERCENT)
    assert route.field_cost == pytest.approx(exact, rel=0.1 * PERCENT)
