"""Own units with GPS show how a tower is turned, where common targets cannot."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from builders import T0_S, camera, level, scan, sighting, site, straight_line
from watchline.domain.batches import DetectionBatch
from watchline.tracking import tracker
from watchline.tracking.sensors.own_units import FIX_SD_M, NOBODY, OwnUnits

LINE = straight_line()
TURNED_RAD = 2e-3
F8 = NDArray[np.float64]


def _said(t_s: float, xy_m: F8) -> OwnUnits:
    return OwnUnits(np.array([t_s]), xy_m[None, :], np.zeros((1, 2)))


def _heard(state: tracker.State, told: bool, companions: int = 0, rounds: int = 120) -> tracker.State:
    """Return the tracker after a turned camera saw a unit of ours drive by, which told where it was or did not."""
    eye, rng = camera(hfov_deg=140.0, width_px=4000), np.random.default_rng(4)
    tower = state.setup.place[0, :2]
    for k in range(rounds):
        t_s, step = T0_S + 2.0 * k, np.array([-900.0 + 15.0 * k, 2800.0 + 2.0 * k])
        seen = np.vstack([step, *[step + np.array([9.0 * c, 4.0]) for c in range(1, companions + 1)]])
        found: DetectionBatch = sighting(k, 0, eye, t_s, seen)
        bearing = found.bearing_rad + TURNED_RAD + rng.normal(0.0, 5e-4, len(seen))
        found = dataclasses.replace(found, bearing_rad=bearing)
        own = _said(t_s - 0.5, tower + step + rng.normal(0.0, 0.5 * FIX_SD_M, 2)) if told else NOBODY
        state, _ = tracker.step(state, scan(k, 0, t_s), found, t_s, own)
    return state


def _alone() -> tracker.State:
    eye = camera(hfov_deg=140.0, width_px=4000)
    return tracker.init(tracker.set_up(site(eye), LINE, level()))


def test_one_tower_alone_is_aligned_by_a_unit_that_tells_where_it_is() -> None:
    units = _heard(_alone(), told=True).known.units
    assert abs(units["bias"][0, 0] - TURNED_RAD) < 0.5e-3
    assert np.sqrt(units["bias_var"][0, 0]) < 0.5e-3
    assert _heard(_alone(), told=False).known.units["bias"][0, 0] == 0.0


def test_a_party_that_cannot_be_told_apart_teaches_nothing() -> None:
    units = _heard(_alone(), told=True, companions=2, rounds=20).known.units
    assert units["bias"][0, 0] == 0.0


def test_what_units_taught_is_not_lost_when_a_scan_comes_late() -> None:
    state = _heard(_alone(), told=True)
    eye, t_s = camera(hfov_deg=140.0, width_px=4000), T0_S + 2.0 * 119 - 5.0
    after, _ = tracker.step(state, scan(900, 0, t_s), sighting(900, 0, eye, t_s, []), T0_S + 240.0)
    assert after.history.late == 0
    assert abs(after.known.units["bias"][0, 0] - TURNED_RAD) < 0.5e-3
