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

Rules: nothing here knows terrain or time: `begin`, then `learned` with the ways of every `proposal`, as long as the
caller likes.  Limits: the bound holds for the candidates given, on the grid and by the P_d the oracle uses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from watchline.planning.choosing import Chosen, Rules, best_choice

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
Chance = Callable[[F8], F8]  # exposure (...,) to chance of detection (...,), concave and rising

SAME = 1e-9
SMALL = 1e-6  # gains in a row below this are not told apart
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
class Standing:
    """A choice that was asked: chance (K,) of detection on the weakest way of each stretch, 1 where none leads."""

    chosen: Chosen
    chance: F8

    @property
    def weakest(self) -> float:
        """Return the chance of detection on the weakest way of all."""
        return float(self.chance.min(initial=1.0))

    @property
    def mean(self) -> float:
        """Return the mean over the stretches."""
        return float(self.chance.mean()) if len(self.chance) else 1.0

    def better_than(self, other: Standing | None) -> bool:
        """Return whether this one's weakest stretch is stronger, or as strong and its mean higher."""
        if other is None or self.weakest > other.weakest + SAME:
            return True
        return self.weakest > other.weakest - SAME and self.mean > other.mean + SAME


@dataclass(frozen=True)
class Search:
    """Where the search stands.

    proposal: the choice whose ways are asked for next, None when it is done; best: the best choice asked so far;
    bound: no choice has a stronger weakest stretch; mean_bound: none whose weakest stretch is as strong as `best`'s
    has a higher mean, inf while that was not searched; gaps: what was asked for, of the weakest and of the mean.
    """

    rules: Rules
    stretches: int
    chance: Chance
    gap: float
    mean_gap: float
    ways: tuple[Way, ...] = ()
    asked: tuple[Standing, ...] = ()
    proposal: Chosen | None = ()
    best: Standing | None = None
    bound: float = 1.0
    mean_bound: float = np.inf
    for_mean: bool = False
    rows: tuple[_Row, ...] = field(default=(), repr=False)

    @property
    def cutoff(self) -> float:
        """Return the chance of detection from which on a stretch's way says nothing that the search needs."""
        return STRONG if self.for_mean else min(self.bound + SAME, STRONG)

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
    known: Sequence[Way] = (),
    first: Chosen | None = None,
) -> Search:
    """Return a search that asks for `first` (or what must be in) to begin with.

    gap, mean_gap: shares of the bound at which each part of the search may end; mean_gap 1 leaves the mean alone.
    known: ways known from elsewhere.
    """
    start = rules.needed if first is None else first
    rows = tuple(_row(way, (), chance) for way in known)
    return Search(rules, stretches, chance, gap, mean_gap, ways=tuple(known), proposal=start, rows=rows)


def learned(search: Search, ways: Sequence[Way], strong: F8 | None = None) -> Search:
    """Return the search after the oracle's answer: the weakest ways under `search.proposal`.

    ways: the weakest of each stretch whose chance of detection is below `search.cutoff`, more do no harm;
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
    # A way that is known can be walked under this choice too, whatever the oracle's rounding says.
    for way in search.ways:
        chance[way.stretch] = min(chance[way.stretch], _at(way, chosen, search.chance))
    here = Standing(chosen, chance)
    better = search.rules.allows(chosen) and here.better_than(search.best)
    known = replace(
        search,
        ways=(*search.ways, *ways),
        rows=(*search.rows, *rows),
        asked=(*search.asked, here),
        best=here if better else search.best,
    )
    return _proposed(known)


def refused(search: Search, chosen: Chosen) -> Search:
    """Return the search with a choice ruled out for reasons the ways do not know (`harm.py`)."""
    rules = replace(search.rules, refused=(*search.rules.refused, chosen))
    best = None
    for one in search.asked:
        if rules.allows(one.chosen) and one.better_than(best):
            best = one
    return _proposed(replace(search, rules=rules, best=best, for_mean=False, mean_bound=np.inf))


def _proposed(search: Search) -> Search:
    """Return the search with the next choice to ask about, or None when both parts are done."""
    if not search.for_mean:
        answer = _master(search, for_mean=False)
        have = search.best.weakest if search.best else 0.0
        search = replace(search, bound=min(search.bound, max(answer[1], have) if answer else have))
        open_ = search.best is None or search.proved_gap > search.gap + SAME
        if answer and open_ and not _known(search, answer[0]):
            return replace(search, proposal=answer[0])
        if search.mean_gap >= 1.0:
            return replace(search, proposal=None)
        search = replace(search, for_mean=True)
    answer = _master(search, for_mean=True)
    if answer is None:
        return replace(search, proposal=None)
    chosen, bound = answer
    search = replace(search, mean_bound=min(search.mean_bound, bound))
    done = search.proved_mean_gap <= search.mean_gap + SAME or _known(search, chosen)
    return replace(search, proposal=None if done else chosen)


def _known(search: Search, chosen: Chosen) -> bool:
    """Return whether a choice was asked before: then its rows are exact and it is as good as the master says."""
    return any(one.chosen == chosen for one in search.asked)


def _master(search: Search, *, for_mean: bool) -> tuple[Chosen, float] | None:
    """Return the best choice by what is known, and the bound it proves."""
    k, n = search.stretches, search.rules.count
    floor = 0.0 if search.best is None else search.best.weakest
    low = floor - SAME  # what is not as good as the best asked so far is not looked for
    weights = np.full(k, 1.0 / max(k, 1)) if for_mean else np.ones(1)
    # Rows that every choice meets say nothing.
    rows = [row for row in search.rows if row.at < 1.0 - SAME]
    length = [len(row.index) for row in rows]
    at_row = np.repeat(np.arange(len(rows)), length)
    data = -np.concatenate([row.more for row in rows]) if rows else np.zeros(0)
    col = np.concatenate([row.index for row in rows]) if rows else np.zeros(0, np.int64)
    rows_x = csr_array((data, (at_row, col)), shape=(len(rows), n))
    which = [row.stretch if for_mean else 0 for row in rows]
    rows_y = csr_array((np.ones(len(rows)), (np.arange(len(rows)), which)), shape=(len(rows), len(weights)))
    limit = np.array([row.at for row in rows])
    answer = best_choice(
        search.rules, np.zeros(n), weights, rows_x, rows_y, limit, np.full(len(weights), low), np.ones(len(weights))
    )
    return None if answer is None else (answer.chosen, answer.bound)


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
