"""Masts for two hours at once on real ground: the worst of them and their weighted sum, against every choice."""

from __future__ import annotations

import itertools
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from watchline.coverage.crossing import Belt
from watchline.ops.planning.towers.rounds import asked, hourly, standing
from watchline.ops.planning.watched import chance
from watchline.planning.aim import WORST, Aim
from watchline.planning.choosing import Rules
from watchline.planning.interdiction import begin, learned
from watchline.planning.line_ways import Field, LineGround

CELL_M = 30.0
MASTS, CHOOSE = 6, 2
WEIGHED = Aim((0.3, 0.7))


def _night() -> LineGround:
    """A line of 2 km with six masts to choose from, that see less the farther off."""
    rows, cols = 30, 67
    offset = np.repeat(np.linspace(-450.0, 420.0, rows)[:, None], cols, axis=1)
    cell = int(np.argmin(np.abs(offset[:, 0]))) * cols + np.arange(cols)
    belt = Belt(offset, cell, CELL_M * np.arange(cols), 400.0, 300.0)
    r, c = np.mgrid[0:rows, 0:cols]
    fields = []
    for k in range(MASTS):
        away = np.hypot(r - 18, c - (5 + 11 * k)) * CELL_M
        fields.append(Field(0, 0, (0.01 * np.exp(-((away / 450.0) ** 2))).astype(np.float32)))
    speed, base = np.full((rows, cols), 1.2, np.float32), np.full((rows, cols), 2e-4, np.float32)
    return LineGround(base, speed, CELL_M, belt, np.repeat([0, 1], [34, 33]), 2, tuple(fields), 1e-8)


@pytest.fixture(scope="module")
def lines() -> tuple[LineGround, LineGround]:
    """The night, and dust in which two of the masts see next to nothing."""
    night = _night()
    dim = [0.8, 0.1, 0.8, 0.8, 0.1, 0.8]
    fields = tuple(
        replace(f, rate_per_s=f.rate_per_s * np.float32(d)) for f, d in zip(night.fields, dim, strict=True)
    )
    return night, replace(night, fields=fields, rate_per_s=night.rate_per_s * np.float32(2.0))


@pytest.mark.parametrize("aim", [WORST, WEIGHED])
def test_the_choice_for_two_hours_is_the_best_of_all(lines: tuple[LineGround, LineGround], aim: Aim) -> None:
    ground: Any = SimpleNamespace(lines=lines, aim=aim)
    search = begin(Rules(np.ones(MASTS), float(CHOOSE)), 2 * len(aim.weight), chance, mean_gap=1.0, aim=aim)
    while search.proposal is not None:
        search = learned(search, *asked(ground, search.proposal, search.cutoff))
    every = {
        chosen: standing(ground, chosen, hourly(ground, chosen)).weakest
        for chosen in itertools.combinations(range(MASTS), CHOOSE)
    }
    assert search.best is not None
    assert search.best.weakest == pytest.approx(max(every.values()), abs=5e-3)
    assert every[search.best.chosen] == pytest.approx(max(every.values()), abs=5e-3)
    assert search.bound >= max(every.values()) - 5e-3
    assert search.proved_gap <= 1e-3
