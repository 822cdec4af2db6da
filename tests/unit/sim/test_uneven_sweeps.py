"""Heads whose time is shared out unevenly over their stops: what the site says is what the simulated head does."""

from __future__ import annotations

import numpy as np
import pytest

from sim_builders import START_S, empty_world, flat_terrain, one_sensor_site
from watchline.domain.site import Pan

SHARES = (0.1, 0.55, 0.3, 0.05)


def _uneven() -> Pan:
    return Pan(from_deg=-30.0, to_deg=30.0, stops=4, dwell_s=4.0, shares=SHARES)


def test_a_round_holds_each_stop_as_often_as_its_share_says() -> None:
    tour = _uneven().tour
    assert np.bincount(tour, minlength=4) / len(tour) == pytest.approx(SHARES, abs=1.0 / len(tour))
    # Spread over the round: who is there for a fifth of it is looked at by a stop of more than half the time often.
    gaps = np.diff(np.flatnonzero(np.array(tour) == 1))
    assert gaps.max() <= 3


@pytest.mark.parametrize(("stops", "tour"), [(1, (0,)), (2, (0, 1)), (4, (0, 1, 2, 3, 2, 1))])
def test_without_shares_it_goes_to_and_fro(stops: int, tour: tuple[int, ...]) -> None:
    pan = Pan(from_deg=0.0, to_deg=30.0, stops=stops, dwell_s=4.0)
    assert pan.tour == tour
    assert pan.time_shares == pytest.approx([tour.count(stop) / len(tour) for stop in range(stops)])
    assert sum(pan.time_shares) == pytest.approx(1.0)


def test_the_simulated_head_looks_as_its_shares_say() -> None:
    world = empty_world(one_sensor_site(pan=_uneven()), flat_terrain(3000.0))
    scans = world.step(START_S + 4.0 * 480).scans
    turn_deg = np.degrees((scans.az0_rad + scans.az1_rad) / 2.0)
    stop = np.rint((((turn_deg + 180.0) % 360.0 - 180.0) + 30.0) / 20.0).astype(int)
    assert np.bincount(stop, minlength=4) / len(stop) == pytest.approx(SHARES, abs=0.02)
