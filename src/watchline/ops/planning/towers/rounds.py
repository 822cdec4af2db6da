"""One round of the search: the ground's answer to a choice, kept on disk so that none is asked twice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from watchline.ops.plan import FRAILTY_K
from watchline.ops.planning.towers.ground import PlanningGround
from watchline.ops.planning.towers.store import Store
from watchline.ops.planning.watched import chance, chance_by_kilometre
from watchline.planning.aim import WORST, Standing
from watchline.planning.choosing import Chosen
from watchline.planning.interdiction import Search, Way, learned
from watchline.planning.line_ways import weakest_walks
from watchline.sensing.glimpse import exposure_of

F8 = NDArray[np.float64]

BESIDE = 1.02  # the solver's field may be this much off the route's own exposure


def answered(ground: PlanningGround, search: Search, store: Store) -> Search:
    """Return the search after the answer to its proposal, from the store where that is known already."""
    assert search.proposal is not None
    kept = _round_of(store, _name(search), search.proposal)
    if kept is None:
        kept = asked(ground, search.proposal, search.cutoff)
        _keep_round(store, _name(search), search.proposal, *kept)
    return learned(search, *kept)


def _name(search: Search) -> str:
    return f"round-{len(search.asked):04d}"


def asked(ground: PlanningGround, chosen: Chosen, cutoff: F8) -> tuple[list[Way], F8]:
    """Return the weakest ways under a choice, of all stretches weaker than their cutoff, and the others' chance.

    cutoff: a chance for each of the search's stretches.  Where the worst hour counts, a kilometre has one way, of
    the hour in which it is weakest.
    """
    found = [line.crossing_with(chosen) for line in ground.lines]
    by_hour = np.array([chance_by_kilometre(line, one) for line, one in zip(ground.lines, found, strict=True)])
    below = chance(BESIDE * np.asarray(exposure_of(np.minimum(cutoff, 1.0 - 1e-9), FRAILTY_K)))
    wanted = by_hour < below.reshape(len(ground.aim.weight), -1)
    if ground.aim == WORST:
        wanted &= np.arange(len(by_hour))[:, None] == by_hour.argmin(axis=0)
    ways = []
    for hour, (line, one) in enumerate(zip(ground.lines, found, strict=True)):
        first = 0 if ground.aim == WORST else hour * line.stretches
        walks = weakest_walks(line, one, wanted[hour])
        ways += [replace(walk.way, stretch=first + walk.way.stretch) for walk in walks]
    return ways, _as_aimed(ground, by_hour)


def _as_aimed(ground: PlanningGround, by_hour: F8) -> F8:
    """Return the chances of the search's stretches from those of the hours (H, K)."""
    return np.asarray(by_hour.min(axis=0) if ground.aim == WORST else by_hour.ravel(), float)


def standing(ground: PlanningGround, chosen: Chosen, by_hour: F8) -> Standing:
    """Return how strong every kilometre is under a choice, by what `hourly` says of it."""
    return Standing(chosen, _as_aimed(ground, by_hour), ground.aim)


def hourly(ground: PlanningGround, chosen: Chosen) -> F8:
    """Return (H, K) the chance of detection on the weakest way of each kilometre at each hour."""
    return np.array([chance_by_kilometre(line, line.crossing_with(chosen)) for line in ground.lines])


def _keep_round(store: Store, name: str, chosen: Chosen, ways: list[Way], strong: F8) -> None:
    store.write(
        name,
        chosen=np.array(chosen, np.int64),
        strong=strong,
        stretch=np.array([way.stretch for way in ways], np.int64),
        exposure=np.array([way.exposure for way in ways]),
        length=np.array([len(way.index) for way in ways], np.int64),
        index=np.concatenate([np.zeros(0, np.int64), *(way.index for way in ways)]),
        adds=np.concatenate([np.zeros(0), *(way.adds for way in ways)]),
    )


def _round_of(store: Store, name: str, chosen: Chosen) -> tuple[list[Way], F8] | None:
    """Return a round that was finished before, None if there is none about this choice."""
    if not store.has(name):
        return None
    kept = store.read(name)
    if tuple(int(k) for k in kept["chosen"]) != chosen:
        return None
    ends = np.cumsum(kept["length"])[:-1]
    index, adds = np.split(kept["index"], ends), np.split(kept["adds"], ends)
    ways = [
        Way(int(stretch), float(exposure), np.asarray(i, np.int64), np.asarray(a, float))
        for stretch, exposure, i, a in zip(kept["stretch"], kept["exposure"], index, adds, strict=False)
    ]
    return ways, np.asarray(kept["strong"], float)


def is_answered(search: Search, store: Store) -> bool:
    """Return whether the answer to the search's proposal is known already."""
    assert search.proposal is not None
    return _round_of(store, _name(search), search.proposal) is not None
