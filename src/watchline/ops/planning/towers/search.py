"""The towers' spine: site, study ► ground ► fields of all candidates ► search, round by round ► harm ► plan.

Every finished round is kept (`store.py`), so a study that was killed goes on where it stood.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from watchline.domain.errors import BadInput
from watchline.geo.terrain import Terrain
from watchline.ops.planning.study_file import TowerStudy
from watchline.ops.planning.towers.fields import Progress, Workers, with_fields
from watchline.ops.planning.towers.ground import PlanningGround, planning_ground
from watchline.ops.planning.towers.rounds import answered, hourly, is_answered, standing
from watchline.ops.planning.towers.store import Store
from watchline.ops.planning.watched import chance
from watchline.ops.site_file import LoadedSite
from watchline.planning.aim import Standing
from watchline.planning.choosing import Chosen, Rules
from watchline.planning.covering import greedy_cover
from watchline.planning.harm import Harm, farthest_h, hours_from
from watchline.planning.interdiction import Search, asking, begin, counting_ways, refused
from watchline.planning.line_ways import Walk, weakest_walks
from watchline.planning.sites import evenly_spaced

F8 = NDArray[np.float64]

DEMAND_S_M, DEMAND_D_M = 250.0, 500.0  # apart, of the points that greedy coverage counts
MINUTE_S, HALF = 60.0, 0.69  # a point is covered where a minute there is noticed with a chance of a half
HARM_ROUNDS = 5  # plans ruled out for harm before the search gives up


@dataclass(frozen=True)
class TowerPlan:
    """What was found.

    search: with the best choice and its bounds; before, even, greedy: what is there now, and what is done without a
    planner; hourly_before, hourly_after (H, K): chance on the weakest way of each kilometre at each hour;
    walks_before, walks_after: the weakest walk of each kilometre in the hour that leaves most, None where none leads;
    harm: where crossers are pushed; refused: the best plans that harm ruled out; complete: whether the search ended
    by itself.
    """

    ground: PlanningGround
    search: Search
    before: Standing
    even: Standing
    greedy: Standing
    hourly_before: F8
    hourly_after: F8
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

    @property
    def new(self) -> Chosen:
        """Return what the best choice changes: its masts, and the posts that move."""
        return tuple(k for k in self.best.chosen if not self.ground.candidates[k].stays)

    def by_kilometre(self, standing: Standing) -> F8:
        """Return (K,) the chance on the weakest way of each kilometre, at its worst hour or weighted over hours."""
        return self.ground.aim.by_stretch(standing.chance)


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
    even, greedy = without_planner(ground, rules, study)
    search = begin(
        rules, len(ground.aim.weight) * ground.kilometres, chance,
        gap=study.gap, mean_gap=study.mean_gap, aim=ground.aim, first=even,
    )  # fmt: skip
    # Stopped early, the plan is still no worse than what is done without it.
    search = answered(ground, asking(answered(ground, search, store), greedy), store)
    ruled_out: list[Chosen] = []
    before = _walks(ground, ground.stay)
    then = help_hours(ground, ground.stay)
    complete = False
    while True:
        search, complete = _searched(ground, search, store, started + limit_s, progress)
        if search.best is None:
            raise BadInput("towers", "no choice keeps to the study's rules", "raise the budget or the help limit")
        after = _walks(ground, search.best.chosen)
        now = help_hours(ground, search.best.chosen)
        harm = Harm(_farthest(before, then), _farthest(after, now), study.help_limit_h)
        if not harm.refused or not complete or len(ruled_out) >= HARM_ROUNDS:
            break
        ruled_out.append(search.best.chosen)
        search = refused(search, search.best.chosen)
    was, will, evenly, greedily = (hourly(ground, one) for one in (ground.stay, search.best.chosen, even, greedy))
    without = [
        counting_ways(search, standing(ground, chosen, by_hour))
        for chosen, by_hour in ((ground.stay, was), (even, evenly), (greedy, greedily))
    ]
    return TowerPlan(
        ground, search, without[0], without[1], without[2], was, will, _weakest(before, ground.stay),
        _weakest(after, search.best.chosen), harm, tuple(ruled_out), complete, time.monotonic() - started,
    )  # fmt: skip


def rules_of(ground: PlanningGround, study: TowerStudy) -> Rules:
    """Return budget, number and what cannot stand together."""
    cost = np.array([one.cost for one in ground.candidates])
    budget = float(cost.sum()) if study.budget is None else study.budget
    by_place: dict[int, list[int]] = {}
    by_post: dict[str, list[int]] = {}
    for k, one in enumerate(ground.candidates):
        by_place.setdefault(one.place, []).append(k)
        if one.post:
            by_post.setdefault(one.post, []).append(k)
    limits = [(tuple(group), 1) for group in by_place.values() if len(group) > 1]
    moved = tuple(k for k, one in enumerate(ground.candidates) if one.post and not one.stays)
    if moved:
        limits.append((moved, study.moves.most))
    return Rules(cost, budget, study.choose, limits=tuple(limits), one_of=tuple(map(tuple, by_post.values())))


def without_planner(ground: PlanningGround, rules: Rules, study: TowerStudy) -> tuple[Chosen, Chosen]:
    """Return what is done without a planner, mobile posts staying where they are: even spacing, greedy coverage."""
    new = np.array([k for k, one in enumerate(ground.candidates) if not one.post], np.int64)
    even = ground.stay
    if study.choose:
        s_m = ground.places.s_m[[ground.candidates[k].place for k in new]]
        even = _kept_to(rules, even, new[list(evenly_spaced(s_m, ground.site.line.length_m, study.choose))])
    return even, greedy_cover(*demand(ground), replace(rules, needed=ground.stay)).chosen


def _searched(
    ground: PlanningGround, search: Search, store: Store, until_s: float, progress: Progress
) -> tuple[Search, bool]:
    """Return the search after as many rounds as it needs or time allows, and whether it ended by itself."""
    while search.proposal is not None:
        if time.monotonic() > until_s and search.best is not None and not is_answered(search, store):
            return search, False
        search = answered(ground, search, store)
        progress("rounds", 1.0 - min(search.proved_gap, 1.0))
    return search, True


Walks = list[list[Walk | None]]  # of each hour, of each kilometre


def _walks(ground: PlanningGround, chosen: Chosen) -> Walks:
    """Return the weakest walk of each kilometre at each hour."""
    out: Walks = []
    for line in ground.lines:
        by_km = {walk.way.stretch: walk for walk in weakest_walks(line, line.crossing_with(chosen))}
        out.append([by_km.get(km) for km in range(ground.kilometres)])
    return out


def _weakest(walks: Walks, chosen: Chosen) -> list[Walk | None]:
    """Return the weakest walk of each kilometre at the hour that leaves most."""
    hours = [[walk for walk in at if walk is not None] for at in zip(*walks, strict=True)]
    return [min(at, key=lambda walk: walk.way.under(chosen), default=None) for at in hours]


def help_hours(ground: PlanningGround, chosen: Chosen) -> F8:
    """Return (rows, cols) hours on foot from help under a choice; posts that move take theirs along."""
    help_ = ground.help_.copy()
    helped = [ground.candidates[k].place for k in chosen if ground.candidates[k].mast.helps]
    help_[ground.places.row[helped], ground.places.col[helped]] = True
    return hours_from(ground.lines[0].speed_m_s, ground.terrain.cell_m, help_)


def _farthest(walks: Walks, hours: F8) -> F8:
    return np.array([
        [np.nan if walk is None else farthest_h(hours, walk.route.path_rc) for walk in at] for at in walks
    ])  # fmt: skip


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


def _kept_to(rules: Rules, kept: Chosen, more: Iterable[int]) -> Chosen:
    """Return a choice with as many more as the rules allow, from the first."""
    for k in more:
        if rules.allows((*kept, int(k))):
            kept = (*kept, int(k))
    return tuple(sorted(kept))
