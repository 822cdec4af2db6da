"""A pursuit across sectors and commands is one record with an owner."""

from __future__ import annotations

from typing import Any

import pytest

from builders import T0_S, position, straight_line
from watchline.domain.respond import PursuitStep
from watchline.response.pursuit import State, WrongStep, checked, step, watched

LINE = straight_line()
HERE, THERE = position(LINE, 1000.0, 200.0), position(LINE, 6000.0, 900.0)


def did(what: str, who: str = "lead", t_s: float = 0.0, **more: Any) -> PursuitStep:
    fields: dict[str, Any] = {"organisation": "own", "pursuit": "Z-1"}
    return PursuitStep(id=f"{what}-{who}-{t_s}", t_s=T0_S + t_s, source=who, what=what, **(fields | more))  # type: ignore[arg-type]


def opened() -> State:
    return step(State(), did("opened", alert="A-1", track_id=7, position=HERE, to_organisation="own"))


def test_it_is_the_other_s_only_when_they_have_taken_it() -> None:
    state = step(opened(), checked(opened(), did("handed_over", to="east", to_organisation="guard", text="dusk")))
    assert (state.pursuits["Z-1"].holder, state.pursuits["Z-1"].to) == ("lead", "east")
    with pytest.raises(WrongStep, match="it was handed to east"):
        checked(state, did("taken_over", "west"))
    assert step(state, did("taken_over", "west")).pursuits["Z-1"].holder == "lead"
    state = step(state, checked(state, did("taken_over", "east")))
    taken = state.pursuits["Z-1"]
    assert (taken.holder, taken.organisation, taken.to) == ("east", "guard", "")
    with pytest.raises(WrongStep, match="east has it"):
        checked(state, did("closed"))
    state = step(state, checked(state, did("closed", "east", text="two went on by the wadi")))
    assert state.pursuits["Z-1"].over
    with pytest.raises(WrongStep, match="closed"):
        checked(state, did("lost", "east"))
    assert [s.source for s in state.pursuits["Z-1"].steps] == ["lead", "lead", "east", "east"]


def test_contact_and_sectors_follow_the_track() -> None:
    state = opened()

    def run(now_s: float, where: dict[int, Any], sector: dict[str, str]) -> list[str]:
        nonlocal state
        told = list(watched(state, where, sector, T0_S + now_s))
        for record in told:
            state = step(state, record)
        return [record.what for record in told]

    assert run(5.0, {7: HERE}, {"Z-1": "own"}) == []
    assert run(40.0, {7: HERE}, {"Z-1": "own"}) == ["seen"]
    assert run(45.0, {7: THERE}, {"Z-1": "guard"}) == ["entered"]
    assert run(50.0, {7: THERE}, {"Z-1": "guard"}) == []
    assert run(100.0, {}, {}) == []
    assert run(106.0, {}, {}) == ["lost"]
    assert run(200.0, {}, {}) == []
    assert not state.pursuits["Z-1"].contact
    state = step(state, checked(state, did("regained", alert="A-9", track_id=12, position=THERE, t_s=300.0)))
    assert (state.pursuits["Z-1"].alert, state.pursuits["Z-1"].track_id) == ("A-9", 12)
    assert run(310.0, {12: THERE}, {"Z-1": "guard"}) == []
    with pytest.raises(WrongStep, match="not lost"):
        checked(state, did("regained", alert="A-9"))


def test_one_pursuit_for_an_alert() -> None:
    with pytest.raises(WrongStep, match="already"):
        checked(opened(), did("opened", alert="A-1", pursuit="Z-2"))
    with pytest.raises(WrongStep, match="no such"):
        checked(opened(), did("closed", pursuit="Z-2"))
