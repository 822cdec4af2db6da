from __future__ import annotations

from typing import Any

import pytest

from builders import T0_S
from desk_builders import EAST_M, WEST_M, asked, at, folded, staffed
from watchline.alerting.desk.commands import Act
from watchline.domain.desk import Escalation
from watchline.ops.desk_figures import desk_figures


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
    found = desk_figures(folded(state, [told]), T0_S + 600, 1.0).figures
    levels = {group.name: group for group in found.by_level}
    assert (levels["4"].alerts, levels["4"].known, levels["4"].p) == (2, 1, 1.0)
    assert 0.2 < levels["4"].p_least < 1.0 == pytest.approx(levels["4"].p_most)
    assert (levels["2"].known, levels["2"].p) == (1, 0.0)
    assert {group.name: group.answer_s for group in found.by_desk} == {"west": 20.0, "east": 40.0}
    assert [group.name for group in found.by_sensor] == ["cam"]
    assert found.causes == (("shepherd", 1),)
    assert (found.said, found.escalated, found.alerts) == (((0.9, True), (0.2, False)), 1, 3)
    assert desk_figures(state, T0_S + 600, 1.0, "east").figures.alerts == 1


def test_a_flood_is_counted_by_its_ten_minutes() -> None:
    state = folded(staffed(), [at(WEST_M, n, t_s=T0_S + 650) for n in range(1, 13)])
    found = desk_figures(state, T0_S + 1800, 0.5).figures
    assert found.bins == (0, 12, 0)
    assert found.flooded == pytest.approx(1 / 3)


def test_probabilities_are_judged_by_what_people_found() -> None:
    """Twelve forecasts of three values: Brier .156667, Spiegelhalter's Z .2357."""
    said = [0.1] * 5 + [0.5] * 4 + [0.9] * 3
    true = [0, 0, 0, 0, 1, 0, 1, 1, 0, 1, 1, 1]
    state = folded(staffed(), [at(WEST_M, n, p=p) for n, p in enumerate(said)])
    for n, happened in enumerate(true):
        code: Any = "true" if happened else "false"
        state = asked(state, "west-1", Act(key=f"press-{n:04}", alert=f"A-{n}", action="dispose", code=code))
    found = desk_figures(state, T0_S + 60, 1.0).reliability
    assert found.count == 12
    assert found.brier == pytest.approx(0.156667, abs=1e-6)
    assert found.z == pytest.approx(0.2357, abs=1e-4)
    assert [(b.trials, b.happened) for b in found.bins] == [(5, 1), (4, 2), (3, 3)]
    assert desk_figures(staffed(), T0_S, 1.0).reliability.z is None
