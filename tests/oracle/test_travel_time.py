"""Travel times against closed forms of the eikonal equation: within half a per cent."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from watchline.response.reach import Ways, reach

CELL_M = 10.0
N = 301
AT = np.array([-600.0, -400.0])  # between cells would be as good: the start is laid out straight
X = CELL_M * (np.arange(N) - N // 2)
XX, YY = np.meshgrid(X, X[::-1])
AWAY = np.hypot(XX - AT[0], YY - AT[1])
FAR = AWAY > 40 * CELL_M


def ways(speed: np.ndarray) -> Ways:
    with np.errstate(divide="ignore"):
        return Ways((1.0 / speed).astype(np.float32), float(X[0]), float(X[-1]), CELL_M)


def worst(found: np.ndarray, exact: np.ndarray, where: np.ndarray) -> float:
    return float(np.max(np.abs(found[where] / exact[where] - 1.0)))


def test_even_ground() -> None:
    assert worst(reach(ways(np.ones((N, N))), AT, 2.0).time_s, AWAY / 2.0, FAR) < 0.005


def test_speed_that_grows_evenly() -> None:
    """Rays are arcs: T = acosh(1 + g^2 r^2 / (2 v0 v)) / g (Cerveny, Seismic Ray Theory, 3.7)."""
    g = 5e-4
    v = 1.0 + g * (YY + 1500.0)
    v0 = 1.0 + g * (AT[1] + 1500.0)
    exact = np.arccosh(1.0 + g * g * AWAY**2 / (2.0 * v0 * v)) / g
    assert worst(reach(ways(v), AT, 1.0).time_s, exact, FAR) < 0.005


def test_two_kinds_of_ground() -> None:
    """Snell's law at the border: the least over the place where it is crossed."""
    slow = YY > 5.0  # the border runs between two rows of cells
    found = reach(ways(np.where(slow, 0.5, 1.0)), AT, 1.0).time_s
    rng = np.random.default_rng(4)
    for r, c in zip(rng.integers(0, 100, 60), rng.integers(0, N, 60), strict=True):
        x, y = XX[r, c], YY[r, c]

        def by(at: float, x: float = x, y: float = y) -> float:
            return math.hypot(at - AT[0], 5.0 - AT[1]) + 2.0 * math.hypot(x - at, y - 5.0)

        exact = minimize_scalar(by, bounds=(-3000.0, 3000.0), method="bounded", options={"xatol": 1e-6}).fun
        assert found[r, c] == pytest.approx(exact, rel=0.005)


def test_round_a_disc_that_is_never_entered() -> None:
    """Tangent, arc, tangent.  The disc is made of cells, so it is as wide as these, within one."""
    radius = 300.0
    found = reach(ways(np.where(np.hypot(XX, YY) <= radius, 0.0, 1.0)), AT, 1.0).time_s
    r, c = np.argwhere((XX == 700.0) & (YY == 400.0))[0]

    def exact(radius: float) -> float:
        a, b = math.hypot(*AT), math.hypot(700.0, 400.0)
        between = math.acos((AT[0] * 700.0 + AT[1] * 400.0) / (a * b))
        arc = between - math.acos(radius / a) - math.acos(radius / b)
        return math.sqrt(a * a - radius**2) + math.sqrt(b * b - radius**2) + radius * arc

    assert exact(radius - CELL_M) * 0.995 <= found[r, c] <= exact(radius + CELL_M) * 1.005


def test_the_route_takes_what_the_field_says() -> None:
    slow = YY > 5.0
    to = reach(ways(np.where(slow, 0.5, 1.0)), AT, 1.0)
    goal = np.array([500.0, 700.0])
    way = to.route(goal)
    assert way is not None
    assert way[0] == pytest.approx(AT, abs=CELL_M)
    assert way[-1] == pytest.approx(goal, abs=1e-6)
    middle = (way[1:] + way[:-1]) / 2
    took = float((np.hypot(*np.diff(way, axis=0).T) * np.where(middle[:, 1] > 5.0, 2.0, 1.0)).sum())
    assert took == pytest.approx(float(to.at(goal)), rel=0.01)
