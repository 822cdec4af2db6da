"""Undetected subjects who come in as somebody says, and pass the far edge."""

from __future__ import annotations

import numpy as np
import pytest

from builders import T0_S, camera, level, radar, scan, sighting, site, straight_line
from watchline.domain.undetected import Births
from watchline.tracking import tracker
from watchline.tracking.undetected.field import spread

LINE = straight_line()
BIRTHS = Births(
    np.array([2000.0, 4000.0, 6000.0]), np.array([[4.0, 1.0, 0.0, 1.0], [0.0, 0.0, 2.0, 0.0]]), -1000.0, 1000.0
)


def _fed() -> tracker.State:
    return tracker.with_births(tracker.init(tracker.set_up(site(radar(mast_m=30.0)), LINE, level())), BIRTHS)


def test_where_nobody_looks_as_many_pass_as_come_in() -> None:
    ground, state = _fed().setup.ground, _fed()
    amount, tally = np.zeros(ground.birth.size), np.zeros(6)
    hours = []
    for _ in range(5):
        passed = np.zeros(2)
        for _ in range(360):
            spread(ground, amount, tally, passed, 10.0, 1.0)
        hours.append(passed.sum())
    np.testing.assert_allclose(ground.birth.sum() * 3600.0, BIRTHS.per_h.sum())
    assert hours[-1] == pytest.approx(BIRTHS.per_h.sum(), rel=0.01)
    assert tally[0] - tally[3] == pytest.approx(amount.sum(), rel=1e-9)
    assert tracker.undetected(state).passed.tolist() == [0.0, 0.0]


def test_who_is_looked_at_does_not_pass_undetected() -> None:
    state = _fed()
    for k in range(600):
        t_s = T0_S + 10.0 * k
        state, _ = tracker.step(state, scan(k, 0, t_s), sighting(k, 0, radar(), t_s, []), t_s)
    field = tracker.undetected(state)
    assert abs(field.balance) < 1e-9
    assert field.found > 0.9 * field.born
    assert field.passed.sum() < 0.1 * field.born


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"edges_m": np.array([0.0])}, "edges_m"),
        ({"per_h": np.ones((3, 4))}, "per_h"),
        ({"per_h": np.array([[np.nan] * 4] * 2)}, "per_h"),
        ({"far_m": -2000.0}, "outer_m"),
    ],
)
def test_births_that_cannot_be_are_refused(changes: dict[str, object], field: str) -> None:
    with pytest.raises(ValueError, match=field):
        Births(**{**vars(BIRTHS), **changes})  # type: ignore[arg-type]


def test_a_belt_off_the_grid_is_refused() -> None:
    state = tracker.init(tracker.set_up(site(camera()), LINE, level()))
    with pytest.raises(ValueError, match="stretch"):
        tracker.with_births(state, Births(np.array([90_000.0, 95_000.0]), np.ones((1, 4)), -1000.0, 1000.0))
