"""Where the line is weaker than with nothing dark: told once, again when it changes, and when it is over."""

from __future__ import annotations

import numpy as np

from watchline.ops.account.weaker import Weaker, dropped, kept

USUAL = np.array([0.9, 0.88, 0.9, 0.5, np.nan, 0.9])


def _after(loss: list[float], told: tuple[Weaker, ...] = ()) -> list[Weaker]:
    return dropped(told, USUAL - np.array(loss), USUAL, 5.4)


def test_neighbours_are_one_run_that_speaks_of_its_worst_kilometre() -> None:
    assert _after([0.05, 0.27, 0.25, 0.0, 0.0, 0.3]) == [
        Weaker(1.0, 3.0, USUAL[1] - 0.27, 0.88),
        Weaker(5.0, 5.4, USUAL[5] - 0.3, 0.9),
    ]


def test_what_was_told_is_told_again_only_when_it_changed_and_when_it_is_over() -> None:
    first = _after([0.0, 0.3, 0.0, 0.0, 0.0, 0.0])
    told = kept((), first)
    assert _after([0.0, 0.33, 0.0, 0.0, 0.0, 0.0], told) == []
    worse = _after([0.0, 0.45, 0.0, 0.0, 0.0, 0.0], told)
    assert [round(w.usual - w.now, 2) for w in worse] == [0.45]
    over = _after([0.0, 0.02, 0.0, 0.0, 0.0, 0.0], kept(told, worse))
    assert len(over) == 1
    assert kept(told, over) == ()


def test_a_kilometre_next_to_what_is_told_is_a_run_of_its_own() -> None:
    told = kept((), _after([0.0, 0.3, 0.0, 0.0, 0.0, 0.0]))
    assert [(w.from_km, w.to_km) for w in _after([0.0, 0.3, 0.3, 0.0, 0.0, 0.0], told)] == [(2.0, 3.0)]
