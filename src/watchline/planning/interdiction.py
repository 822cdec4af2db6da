"""Which candidates raise the weakest stretch most, then the average: weakest-path interdiction by path generation.

Theory: a crosser of stretch s takes the way of least chance of detection; we choose the set S of sensors first
(Israeli & Wood, "Shortest-path network interdiction", Networks 40, 2002).  Exposure adds: way w has
H_w(S) = H_w + sum of h_wj over j in S, and its chance of detection is P(H) = 1 - p_miss(H), concave and rising.  So
g_w(S) = P(H_w(S)) is submodular, and for every S' and every way
    g_w(S) <= g_w(S') + sum over j in S, not in S', of [g_w(S' + j) - g_w(S')]      (Nemhauser & Wolsey 1981)
with equality at S = S'.  The master knows some ways only, so what it promises is an upper bound; the oracle returns
the weakest ways under its choice, which are a lower bound and become new rows.  Each choice is answered exactly by
its own ways, so the rounds end, at the optimum, after finitely many; before that the gap is proved.
First the weakest stretch is raised; then, holding it, the mean over all stretches.

Conditions (night, dust) that weigh against each other give every stretch a chance under each (`Aim`); where the worst
of several counts, the crosser chooses the hour with the way, and a stretch has the ways of all hours.

Rules: nothing here knows terrain or time: `begin`, then `learned` with the ways of every `proposal`, as long as the
caller likes.  Limits: the bound holds for the candidates given, on the grid and by the P_d the oracle uses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from watchline.planning.aim import SAME, WORST, Aim, Standing
from watchline.planning.choosing import Answer, Chosen, Rules, Table, best_choice

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
Chance = Callable[[F8], F8]  # exposure (...,) to chance of detection (...,), concave and rising

SMALL = 1e-6  # gains in a row below this are not told apart
NEAR = 1e-3  # ways that fall short of a promise by less are not told apart while the mean is raised
STRONG = 0.995  # stretches above it are not looked at: the mean can be bettered there by half a hundredth at most


@dataclass(frozen=True)
class Way:
    """A way across stretch `stretch`.

    exposure: what it gathers from what is there already; index (M,) candidates that would see it, ascending;
    adds (M,) what each would add to the exposure.
    """

    stretch: int
    exposure: float
    index: I8
    adds: F8

    def under(self, chosen: Chosen) -> float:
        """Return the exposure with these candidates there."""
        return self.exposure + float(self.adds[np.isin(self.index, chosen)].sum())


@dataclass(frozen=True)
class Search:
    """Where the search stands.

    stretches: of all conditions together; proposal: the choice whose ways are asked for next, None when it is done;
    promise (stretches,): what the master believes of it; best: the best choice asked so far;
    bound: no choice has a stronger weakest stretch; mean_bound: none whose weakest stretch is as strong as `best`'s
    has a higher mean, inf while that was not searched; gaps: what was asked for, of the weakest and of the mean.
    """

    rules: Rules
    stretches: int
    chance: Chance
    gap: float
    mean_gap: float
    aim: Aim = WORST
    ways: tuple[Way, ...] = ()
    asked: tuple[Standing, ...] = ()
    proposal: Chosen | None = ()
    promise: F8 | None = field(default=None, repr=False)
    best: Standing | None = None
    bound: float = 1.0
    mean_bound: float = np.inf
    for_mean: bool = False
    rows: tuple[_Row, ...] = field(default=(), repr=False)

    @property
    def cutoff(self) -> F8:
        """Return (stretches,) the chance of detection from which on a way says nothing that the search needs."""
        if self.promise is None:
            return np.full(self.stretches, STRONG)
        return np.clip(self.promise + (-NEAR if self.for_mean else SAME), 0.0, STRONG)

    @property
    def proved_gap(self) -> float:
        """Return how far the weakest stretch can be from the best possible, as a share of the best possible."""
        return _share(self.bound, self.best.weakest if self.best else 0.0)

    @property
    def proved_mean_gap(self) -> float:
        """Return the same for the mean, among choices whose weakest stretch is as strong."""
        return _share(self.mean_bound, self.best.mean if self.best else 0.0)


@dataclass(frozen=True)
class _Row:
    """chance of `stretch` <= at + sum of more over the candidates chosen of `index`."""

    stretch: int
    at: float
    index: I8
    more: F8


def begin(
    rules: Rules,
    stretches: int,
    chance: Chance,
    *,
    gap: float = 0.0,
    mean_gap: float = 0.0,
    aim: Aim = WORST,
    first: Chosen | None = None,
) -> Search:
    """Return a search that asks for `first` to begin with, or for what must be in.

    stretches: of all conditions together; gap, mean_gap: shares of the bound at which each part of the search may
    end; mean_gap 1 leaves the mean alone.
    """
    return Search(rules, stretches, chance, gap, mean_gap, aim, proposal=rules.needed if first is None else first)


def learned(search: Search, ways: Sequence[Way], strong: F8 | None = None) -> Search:
    """Return the search after the oracle's answer: the weakest ways under `search.proposal`.

    ways: the weakest of each stretch whose chance of detection is below its `search.cutoff`, more do no harm;
    strong (K,): the chance of the stretches that have none among them, 1 where none leads or if left out.
    """
    if search.proposal is None:
        return search
    chosen = search.proposal
    chance = np.full(search.stretches, np.inf)
    rows = []
    for way in ways:
        chance[way.stretch] = min(chance[way.stretch], _at(way, chosen, search.chance))
        rows.append(_row(way, (), search.chance))
        if chosen:
            rows.append(_row(way, chosen, search.chance))
    rest = np.ones(search.stretches) if strong is None else strong
    chance = np.where(np.isfinite(chance), chance, rest)
    here = counting_ways(search, Standing(chosen, chance, search.aim))
    better = search.rules.complete(chosen) and here.better_than(search.best)
    known = replace(
        search,
        ways=(*search.ways, *ways),
        rows=(*search.rows, *rows),
        asked=(*search.asked, here),
        best=here if better else search.best,
    )
    return _proposed(known)


def counting_ways(search: Search, here: Standing) -> Standing:
    """Return how a choice stands when every way that is known counts: it can be walked under this choice too.

    What the oracle's field says alone is a little too strong beside cliffs of the rate, so choices are compared so.
    """
    chance = here.chance.copy()
    for way in search.ways:
        chance[way.stretch] = min(chance[way.stretch], _at(way, here.chosen, search.chance))
    return Standing(here.chosen, chance, here.aim)


def refused(search: Search, chosen: Chosen) -> Search:
    """Return the search with a choice ruled out for reasons the ways do not know (`harm.py`)."""
    rules = replace(search.rules, refused=(*search.rules.refused, chosen))
    best = None
    for one in search.asked:
        if rules.complete(one.chosen) and one.better_than(best):
            best = one
    return _proposed(replace(search, rules=rules, best=best, for_mean=False, mean_bound=np.inf))


def asking(search: Search, chosen: Chosen) -> Search:
    """Return the search asking about this choice next, whatever the master proposes."""
    return replace(search, proposal=chosen, promise=None)


def _proposed(search: Search) -> Search:
    """Return the search with the next choice to ask about, or None when both parts are done."""
    if not search.for_mean:
        answer = _master(search, for_mean=False)
        have = search.best.weakest if search.best else 0.0
        search = replace(search, bound=min(search.bound, max(answer.bound, have) if answer else have))
        open_ = search.best is None or search.proved_gap > search.gap + SAME
        if answer and open_ and not _known(search, answer.chosen):
            each = search.stretches // len(search.aim.weight)
            return replace(search, proposal=answer.chosen, promise=np.repeat(answer.y, each))
        if search.mean_gap >= 1.0:
            return replace(search, proposal=None)
        search = replace(search, for_mean=True)
    answer = _master(search, for_mean=True)
    if answer is None:
        return replace(search, proposal=None)
    search = replace(search, mean_bound=min(search.mean_bound, answer.bound))
    done = search.proved_mean_gap <= search.mean_gap + SAME or _known(search, answer.chosen)
    return replace(search, proposal=None if done else answer.chosen, promise=answer.y[: search.stretches])


def _known(search: Search, chosen: Chosen) -> bool:
    """Return whether a choice was asked before: then its rows are exact and it is as good as the master says."""
    return any(one.chosen == chosen for one in search.asked)


def _master(search: Search, *, for_mean: bool) -> Answer | None:
    """Return the best choice by what is known, its y: the weakest chance of each condition, before them, where the
    mean is asked for, the chance of each stretch."""
    k, conditions = search.stretches, len(search.aim.weight)
    each = k // conditions
    weight = np.array(search.aim.weight)
    # What is not as good as the best asked so far is not looked for.
    floor = 0.0 if search.best is None else search.best.weakest - SAME
    weakest_at = k if for_mean else 0  # where the weakest chances stand in y
    aim_y = np.concatenate([np.repeat(weight / max(each, 1), each), np.zeros(conditions)]) if for_mean else weight
    # Rows that every choice meets say nothing.
    rows = [row for row in search.rows if row.at < 1.0 - SAME]
    which = [row.stretch if for_mean else row.stretch // each for row in rows]
    table = Table(search.rules.count, len(aim_y))
    for row, y in zip(rows, which, strict=True):
        table.add(row.index, -row.more, [y], [1.0], row.at)
    if for_mean:  # no stretch is weaker than the weakest of its condition
        for stretch in range(k):
            table.add([], [], [weakest_at + stretch // each, stretch], [1.0, -1.0], 0.0)
    table.add([], [], [weakest_at + g for g in range(conditions)], list(-weight), -floor)
    return best_choice(
        search.rules, np.zeros(search.rules.count), aim_y, *table.rows(), np.zeros(len(aim_y)), np.ones(len(aim_y))
    )


def _row(way: Way, at: Chosen, chance: Chance) -> _Row:
    """Return the bound on a way's chance that is exact for the choice `at` and for one more."""
    there = way.under(at)
    free = ~np.isin(way.index, at)
    base = float(chance(np.array([there]))[0])
    more = chance(there + way.adds[free]) - base
    some = more > SMALL
    # What is too small for the programme's arithmetic is given for nothing: the bound stays true.
    return _Row(way.stretch, base + float(more[~some].sum()), way.index[free][some], more[some])


def _at(way: Way, chosen: Chosen, chance: Chance) -> float:
    return float(chance(np.array([way.under(chosen)]))[0])


def _share(bound: float, have: float) -> float:
    return max(bound - have, 0.0) / bound if bound > 0.0 else 0.0
