"""Squares, windows and bands: what they say, and that they say nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchline.domain.policy import CellReport
from watchline.policy import cells
from watchline.policy.cells import Sighting

CELL_M, DELAY_S = 1000.0, 1800.0


def _lonlat(x_m: float, y_m: float) -> tuple[float, float]:
    return 42.0 + x_m / 1e5, 33.0 + y_m / 1e5


def _stamp(which: str) -> dict[str, object]:
    return {"id": which, "t_s": 0.0, "source": "test"}


def _told(sightings: list[Sighting], until_s: float, every_s: float = 60.0) -> list[tuple[float, CellReport]]:
    """Return (when, report) of all that is told when sightings come in their time."""
    state, told, left = cells.init(CELL_M, DELAY_S), [], sorted(sightings)
    for now_s in np.arange(0.0, until_s, every_s):
        come = [one for one in left if one.t_s <= now_s]
        left = [one for one in left if one.t_s > now_s]
        state, reports = cells.step(state, come, float(now_s), _lonlat, _stamp)
        told += [(float(now_s), report) for report in reports]
    return told


def test_a_square_is_told_once_and_long_after() -> None:
    walk = [Sighting(100.0 + k, 200.0 + k, 300.0, 7, 1.0) for k in range(60)]
    ((when_s, report),) = _told(walk, 4 * DELAY_S)
    assert (report.from_s, report.to_s, report.least, report.most) == (0.0, DELAY_S, 1, 5)
    assert when_s >= report.to_s + DELAY_S
    assert (report.place.lon_deg, report.place.lat_deg) == pytest.approx(_lonlat(500.0, 500.0))


@pytest.mark.parametrize(("count", "band"), [(1, (1, 5)), (5, (1, 5)), (6, (6, 20)), (20, (6, 20)), (21, (21, None))])
def test_numbers_are_bands(count: int, band: tuple[int, int | None]) -> None:
    ((_, report),) = _told([Sighting(10.0, 1.0, 1.0, k, 1.0) for k in range(count)], 3 * DELAY_S)
    assert (report.least, report.most) == band


def test_what_is_too_late_for_its_window_is_not_told() -> None:
    state = cells.init(CELL_M, DELAY_S)
    state, _ = cells.step(state, [Sighting(10.0, 1.0, 1.0, 1, 1.0)], 10 * DELAY_S, _lonlat, _stamp)
    assert state.seen == {}


def test_there_is_a_bound() -> None:
    many = [Sighting(10.0, 1000.0 * k, 0.0, k, 1.0) for k in range(cells.CELLS_MAX + 50)]
    state, _ = cells.step(cells.init(CELL_M, DELAY_S), many, 20.0, _lonlat, _stamp)
    assert len(state.seen) == cells.CELLS_MAX


@given(
    st.lists(
        st.tuples(st.floats(0.0, 3 * DELAY_S - 1), st.floats(-5000, 5000), st.floats(-5000, 5000), st.integers(1, 9)),
        max_size=12,
    ),
    st.randoms(use_true_random=False),
)
def test_nothing_is_told_but_square_window_and_band(
    seen: list[tuple[float, float, float, int]], chance: object
) -> None:
    """Move every sighting within its square and window, and give subjects other numbers: every byte stays the
    same."""

    def moved(one: Sighting) -> Sighting:
        u, v, w = (0.999 * chance.random() for _ in range(3))  # type: ignore[attr-defined]
        column, row, window = (np.floor(one[k] / size) for k, size in ((1, CELL_M), (2, CELL_M), (0, DELAY_S)))
        inside = ((column + u) * CELL_M, (row + v) * CELL_M, (window + w) * DELAY_S)
        return Sighting(inside[2], inside[0], inside[1], one.subject + 1000, one.people)

    as_seen = [Sighting(t, x, y, who, 1.0) for t, x, y, who in seen]
    assert _told(as_seen, 6 * DELAY_S) == _told([moved(one) for one in as_seen], 6 * DELAY_S)
