"""What a patrol walked against its sheet."""

from __future__ import annotations

import numpy as np

from watchline.planning.patrol.walked import walked

PLANNED_S = np.array([0.0, 100.0, 200.0, 300.0])
PLANNED_M = np.array([[0.0, 0.0], [1000.0, 0.0], [2000.0, 0.0], [1000.0, 0.0]])


def told(t, x, **limits):
    where = np.column_stack([x, np.zeros(len(x))])
    return walked(PLANNED_S, PLANNED_M, np.array(t), where, **({"within_m": 300.0, "silent_s": 120.0} | limits))


def test_a_patrol_that_goes_by_its_sheet_kept_it_also_between_reports():
    found = told([0.0, 200.0, 300.0], [0.0, 2000.0, 1000.0], silent_s=150.0)
    assert (found.kept, found.missed, found.unknown) == (4, 0, 0)
    assert found.kept_share == 1.0


def test_one_that_stays_at_home_missed_what_it_missed():
    found = told([0.0, 100.0, 200.0, 300.0], [0.0, 0.0, 0.0, 0.0])
    assert (found.kept, found.missed) == (1, 3)


def test_what_nobody_reported_is_unknown_and_not_missed():
    found = told([0.0, 290.0, 310.0], [0.0, 1000.0, 1000.0])
    assert (found.kept, found.missed, found.unknown) == (2, 0, 2)
    nothing = told([], [])
    assert (nothing.kept, nothing.missed, nothing.unknown) == (0, 0, 4)
    assert np.isnan(nothing.kept_share)
