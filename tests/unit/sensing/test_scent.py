"""How wide a dog sweeps by scent: by wind, sun and heat; and a team with one in a search's searchers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchline.sensing.scent import LEAST_M, MOST_M, REFERENCE_M, stability, sweep_width_m, work_share


def test_classes_of_the_air_are_turners():
    told = {(1.5, 65.0): "A", (2.5, 40.0): "B", (4.0, 20.0): "C", (7.0, 65.0): "C", (7.0, 20.0): "D",
            (2.0, -5.0): "F", (4.0, -5.0): "E", (6.0, -5.0): "D"}  # fmt: skip
    assert {key: stability(*key) for key in told} == told


def test_scent_carries_far_in_a_still_night_and_not_at_noon():
    assert sweep_width_m(5.5, -10.0) == pytest.approx(REFERENCE_M * (4.0 / 5.5) ** 0.5)
    assert sweep_width_m(1.5, 70.0) < 100.0 < sweep_width_m(4.0, 20.0) * 1.5
    assert sweep_width_m(2.0, -10.0) == MOST_M
    with pytest.raises(ValueError, match="wind_m_s"):
        sweep_width_m(-1.0, 10.0)


@given(st.floats(0.0, 30.0), st.floats(-90.0, 90.0))
def test_a_width_stays_within_bounds(wind, sun):
    assert LEAST_M <= sweep_width_m(wind, sun) <= MOST_M


@given(st.floats(-30.0, 60.0), st.floats(600.0, 86_400.0))
def test_heat_and_hours_only_take_work_away(temperature, shift_s):
    assert 0.0 < work_share(temperature, shift_s) <= 2.0 / 3.0
    assert work_share(temperature + 5.0, shift_s) <= work_share(temperature, shift_s)
    assert work_share(temperature, 2.0 * shift_s) <= work_share(temperature, shift_s)
