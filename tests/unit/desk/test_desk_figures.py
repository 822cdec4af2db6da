from __future__ import annotations

import numpy as np
import pytest

from builders import T0_S
from desk_builders import EAST_M, WEST_M, asked, at, folded, staffed
from watchline.alerting.desk.commands import Act
from watchline.alerting.desk.figures import figures
from watchline.alerting.desk.reliability import reliability, spiegelhalter_z, wilson
from watchline.domain.desk import Escalation

# A worked case: 12 forecasts, three values; Brier .156667, Z .2357.
P = np.array([0.1] * 5 + [0.5] * 4 + [0.9] * 3)
Y = np.array([0, 0, 0, 0, 1, 0, 1, 1, 0, 1, 1, 1], bool)


def test_the_worked_case_of_brier_and_spiegelhalter() -> None:
    found = reliability(P, Y)
    assert found.brier == pytest.approx(0.156667, abs=1e-6)
    assert found.z == pytest.approx(0.2357, abs=1e-4)
    assert [(b.count, round(b.p_true, 3)) for b in found.bins] == [(5, 0.2), (4, 0.5), (3, 1.0)]


def test_z_is_silent_where_it_cannot_speak() -> None:
    assert spiegelhalter_z(np.array([0.5, 0.5]), np.array([True, False])) is None
    assert reliability(np.zeros(0), np.zeros(0, bool)).brier is None


def test_right_probabilities_have_a_small_z_and_boastful_ones_a_large_one() -> None:
    rng = np.random.default_rng(7)
    p = rng.uniform(0.05, 0.95, 4000)
    y = rng.random(4000) < p
    z, boast = spiegelhalter_z(p, y), spiegelhalter_z(np.clip(1.25 * p, 0, 0.99), y)
    assert z is not None
    assert boast is not None
    assert abs(z) < 3 < abs(boast)


def test_an_interval_of_nothing_is_everything() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    low, high = wilson(8, 10)
    assert 0.5 < low < 0.8 < high < 0.95


def test_figures_count_what_has_a_last_word_and_guess_nothing() -> None:
    seen = at(WEST_M, 1, level=4, p=0.9, sensors=("cam",))
    state = folded(staffed(), [seen, at(WEST_M, 2, level=4, p=0.7), at(EAST_M, 3, level=2, p=0.2)])
    state = asked(state, "west-1", Act(key="press-0001", alert="A-1", action="acknowledge"), T0_S + 20)
    state = asked(state, "west-1", Act(key="press-0002", alert="A-1", action="dispose", code="true"), T0_S + 90)
    nuisance = Act(key="press-0003", alert="A-3", action="dispose", code="nuisance", cause="shepherd")
    state = asked(state, "east-1", nuisance, T0_S + 40)
    told = Escalation(
        id="x", t_s=T0_S, source="desk", alert="A-2", step=1, to="shift_commander", waited_s=60, limit_s=60
    )
    found = figures(folded(state, [told]), T0_S + 600, 1.0)
    levels = {group.name: group for group in found.by_level}
    assert (levels["4"].alerts, levels["4"].known, levels["4"].p) == (2, 1, 1.0)
    assert (levels["2"].known, levels["2"].p) == (1, 0.0)
    assert {group.name: group.answer_s for group in found.by_desk} == {"west": 20.0, "east": 40.0}
    assert [group.name for group in found.by_sensor] == ["cam"]
    assert found.causes == (("shepherd", 1),)
    assert (found.reliability.count, found.escalated, found.alerts) == (2, 1, 3)
    assert figures(state, T0_S + 600, 1.0, "east").alerts == 1


def test_a_flood_is_counted_by_its_ten_minutes() -> None:
    state = folded(staffed(), [at(WEST_M, n, t_s=T0_S + 650) for n in range(1, 13)])
    found = figures(state, T0_S + 1800, 0.5)
    assert found.bins == (0, 12, 0)
    assert found.flooded == pytest.approx(1 / 3)
