"""The towers' spine: site, study ► ground ► fields of all candidates ► search, round by round ► harm ► plan.

Every finished round is kept (`store.py`), so a study that was killed goes on where it stood.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from watchline.domain.errors import BadInput
from watchline.geo.terrain import Terrain
from watchline.ops.plan import FRAILTY_K
from watchline.ops.planning.fields import Progress, Workers, with_fields
from watchline.ops.planning.ground import PlanningGround, chance, chance_by_kilometre, planning_ground
from watchline.ops.planning.store import Store
from watchline.ops.planning.study_file import TowerStudy
from watchline.ops.site_file import LoadedSite
from watchline.planning.choosing import Chosen, Rules
from watchline.planning.covering import greedy_cover
from watchline.planning.harm import Harm, farthest_h, hours_from_help
from watchline.planning.interdiction import Search, Standing, Way, begin, learned, refused
from watchline.planning.line_ways import Walk, weakest_walks
from watchline.planning.sites import evenly_spaced
from watchline.sensing.glimpse import exposure_of

F8 = NDArray[np.float64]

BESIDE = 1.02  # the solver's field may be this much off the route's own exposure
DEMAND_S_M, DEMAND_D_M = 250.0, 500.0  # apart, of the points that greedy coverage counts
MINUTE_S, HALF = 60.0, 0.69  # a point is covered where a minute there is noticed with a chance of a half
HARM_ROUNDS = 5  # plans ruled out for harm before the search gives up


@dataclass(frozen=True)
class TowerPlan:
    """What was found.

    search: with the best choice and its bounds; before, even, greedy: what is there now, and what is done without a
    planner; walks_before, walks_after: the weakest walk of each kilometre in the worst hour, None where none leads;
    harm: where crossers are pushed; refused: the best plans that harm ruled out; complete: whether the search ended
    by itself.
    """

    ground: PlanningGround
    search: Search
    before: Standing
    even: Standing
    greedy: Standing
    walks_before: list[Walk | None]
    walks_after: list[Walk | None]
    harm: Harm
    refused: tuple[Chosen, ...]
    complete: bool
    seconds: float

    @property
    def best(self) -> Standing:
        """Return the best choice found."""
        assert self.search.best is not None
        return self.search.best

    def by_kilometre(self, standing: Standing) -> F8:
        """Return (K,) the chance of detection on the weakest way of each kilometre, at its worst hour."""
        return np.asarray(standing.chance.reshape(len(self.ground.hours), -1).min(axis=0), float)


def plan_towers(
    site: LoadedSite,
    terrain: Terrain,
    study: TowerStudy,
    store: Store,
    *,
    workers: Workers,
    limit_s: float,
    progress: Progress,
) -> TowerPlan:
    """Return the plan of a study; after limit_s the best so far, with the gap that is proved by then."""
    started = time.monotonic()
    ground = with_fields(planning_ground(site, terrain, study), store, workers=workers, progress=progress)
    rules = rules_of(ground, study)
    even = _kept_to(rules, evenly_spaced(_candidate_s_m(ground), site.line.length_m, study.choose))
    greedy = greedy_cover(*demand(ground), rules).chosen
    search = begin(
        rules, len(ground.hours) * ground.kilometres, chance, gap=study.gap, mean_gap=study.mean_gap, first=even
    )
    # Stopped early, the plan is still no worse than what is done without it.
    search = replace(_round(ground, search, store), proposal=greedy)
    search = _round(ground, search, store)
    ruled_out: list[Chosen] = []
    before = _weakest(ground, ())
    hours = hours_from_help(ground.lines[0].speed_m_s, terrain.cell_m, ground.help_)
    complete = False
    while True:
        search, complete = _searched(ground, search, store, started + limit_s, progress)
        if search.best is None:
            raise BadInput("towers", "no choice keeps to the study's rules", "raise the budget or the help limit")
        after = _weakest(ground, search.best.chosen)
        harm = harm_of(ground, search.best.chosen, before, after, hours, study.help_limit_h)
        if not harm.refused or not complete or len(ruled_out) >= HARM_ROUNDS:
            break
        ruled_out.append(search.best.chosen)
        search = refused(search, search.best.chosen)
    return TowerPlan(
        ground, search, standing(ground, ()), standing(ground, even), standing(ground, greedy), before, after, harm,
        tuple(ruled_out), complete, time.monotonic() - started,
    )  # fmt: skip


def rules_of(ground: PlanningGround, study: TowerStudy) -> Rules:
    """Return budget, number and what cannot stand together."""
    cost = np.array([one.cost for one in ground.candidates])
    budget = float(cost.sum()) if study.budget is None else study.budget
    by_place: dict[int, list[int]] = {}
    for k, one in enumerate(ground.candidates):
        by_place.setdefault(one.place, []).append(k)
    return Rules(cost, budget, study.choose, apart=tuple(tuple(g) for g in by_place.values() if len(g) > 1))


def _searched(
    ground: PlanningGround, search: Search, store: Store, until_s: float, progress: Progress
) -> tuple[Search, bool]:
    """Return the search after as many rounds as it needs or time allows, and whether it ended by itself."""
    while search.proposal is not None:
        kept = _round_of(store, _name(search), search.proposal)
        if kept is None and time.monotonic() > until_s and search.best is not None:
            return search, False
        search = _round(ground, search, store)
        progress("rounds", 1.0 - min(search.proved_gap, 1.0))
    return search, True


def _round(ground: PlanningGround, search: Search, store: Store) -> Search:
    """Return the search after the answer to its proposal, from the store where that is known already."""
    assert search.proposal is not None
    kept = _round_of(store, _name(search), search.proposal)
    if kept is None:
        kept = asked(ground, search.proposal, search.cutoff)
        _keep_round(store, _name(search), search.proposal, *kept)
    return learned(search, *kept)


def _name(search: Search) -> str:
    return f"round-{len(search.asked):04d}"


def asked(ground: PlanningGround, chosen: Chosen, cutoff: float) -> tuple[list[Way], F8]:
    """Return the weakest ways under a choice, of all hours' kilometres weaker than cutoff, and the others' chance."""
    below = BESIDE * float(exposure_of(min(cutoff, 1.0 - 1e-9), FRAILTY_K))
    ways, strong = [], []
    for hour, line in enumerate(ground.lines):
        found = line.crossing_with(chosen)
        strong.append(chance_by_kilometre(line, found))
        first = hour * line.stretches
        ways += [replace(walk.way, stretch=first + walk.way.stretch) for walk in weakest_walks(line, found, below)]
    return ways, np.concatenate(strong)


def standing(ground: PlanningGround, chosen: Chosen) -> Standing:
    """Return how strong every kilometre is under a choice, at every hour."""
    lines = ground.lines
    return Standing(chosen, np.concatenate([chance_by_kilometre(line, line.crossing_with(chosen)) for line in lines]))


def _weakest(ground: PlanningGround, chosen: Chosen) -> list[Walk | None]:
    """Return the weakest walk of each kilometre in its worst hour."""
    out: list[Walk | None] = [None] * ground.kilometres
    for line in ground.lines:
        for walk in weakest_walks(line, line.crossing_with(chosen)):
            have = out[walk.way.stretch]
            if have is None or walk.way.under(chosen) < have.way.under(chosen):
                out[walk.way.stretch] = walk
    return out


def harm_of(
    ground: PlanningGround,
    chosen: Chosen,
    before: list[Walk | None],
    after: list[Walk | None],
    hours: F8,
    limit_h: float,
) -> Harm:
    """Return how far from help crossers are today and under a choice; masts that help count there."""
    helped = [ground.candidates[k].place for k in chosen if ground.candidates[k].mast.helps]
    then = hours
    if helped:
        more = ground.help_.copy()
        more[ground.places.row[helped], ground.places.col[helped]] = True
        then = hours_from_help(ground.lines[0].speed_m_s, ground.terrain.cell_m, more)
    return Harm(_farthest(before, hours), _farthest(after, then), limit_h)


def _farthest(walks: list[Walk | None], hours: F8) -> F8:
    return np.array([np.nan if walk is None else farthest_h(hours, walk.route.path_rc) for walk in walks])


def demand(ground: PlanningGround) -> tuple[csr_array, F8]:
    """Return covers (points, candidates) and weight (points,): ground of the belt that nobody watches now.

    A point is covered where a minute spent there is noticed with a chance of a half.
    """
    line, cell_m = ground.lines[0], ground.terrain.cell_m
    belt = line.belt
    s = np.arange(DEMAND_S_M / 2, ground.site.line.length_m, DEMAND_S_M)
    d = np.arange(-belt.outside_m, belt.home_m, DEMAND_D_M) + DEMAND_D_M / 2
    xy = ground.site.line.xy_m_from_sd(np.stack(np.meshgrid(s, d, indexing="ij"), axis=-1)).reshape(-1, 2)
    rows, cols = ground.terrain.height_m.shape
    row = np.clip(np.rint((ground.terrain.y0_m - xy[:, 1]) / cell_m).astype(int), 0, rows - 1)
    col = np.clip(np.rint((xy[:, 0] - ground.terrain.x0_m) / cell_m).astype(int), 0, cols - 1)
    least = HALF / MINUTE_S
    at_point, at_candidate = [], []
    for k, one in enumerate(line.fields):
        r, c = row - one.top, col - one.left
        near = np.flatnonzero((r >= 0) & (r < one.rate_per_s.shape[0]) & (c >= 0) & (c < one.rate_per_s.shape[1]))
        seen = near[one.rate_per_s[r[near], c[near]] >= least]
        at_point.append(seen)
        at_candidate.append(np.full(len(seen), k))
    points, which = np.concatenate(at_point), np.concatenate(at_candidate)
    covers = csr_array((np.ones(len(points)), (points, which)), shape=(len(row), len(line.fields)))
    return covers, (line.rate_per_s[row, col] < least).astype(float)


def _candidate_s_m(ground: PlanningGround) -> F8:
    return ground.places.s_m[[one.place for one in ground.candidates]]


def _kept_to(rules: Rules, chosen: Chosen) -> Chosen:
    """Return as much of a choice as the rules allow, from its start."""
    kept: Chosen = ()
    for k in chosen:
        if rules.allows((*kept, k)):
            kept = (*kept, k)
    return kept


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
