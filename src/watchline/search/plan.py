"""Who searches where, step by step: boxes for several searchers against the containment's ways, and the bound.

Theory: what all boxes together find is monotone and submodular in them, so that taking the best box for one after
another is at least 1 - 1/e of the best (Nemhauser, Wolsey & Fisher 1978); each is then chosen anew against all
others, kept when more is found, which is Brown's forward and backward passes with boxes for cells.  The bound is the
convex optimum over cells (`moving`), of effort that is anywhere at once where the searcher could be by then.

Rules: a searcher with a sortie begins and ends it at its base, and is at its base for `turn` steps after it.
Limits: boxes and bound live on one lattice, whose side the plan says; within a step a searcher keeps its box; the
bound takes the hours in which each searcher is out as they are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from watchline.search.boxes import NOWHERE, Means, best_box, gap_m
from watchline.search.containment import Containment
from watchline.search.moving import Budget, Ways, best_effort

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]

LATTICE = 72  # cells of the lattice along the longer side of where they may be
HOLDS = 0.995  # of the ways at every step: the rest is too thin to plan for
DETOUR = 1.3  # ASSUMED, of ways over the ground between two boxes, over straight ones


@dataclass(frozen=True)
class Searcher:
    """Who can search.  width_m sweep width at speed_m_s; from_s..until_s: when it is free.

    reach_s (rows, cols) on the map's cells: seconds over the ground from xy_m, inf where it cannot go; None: it flies
    straight, sortie_s at most at a time with turn_s between.  open_ (rows, cols): where it may search, None anywhere.
    """

    id: str
    xy_m: F8
    speed_m_s: float
    width_m: float
    from_s: float
    until_s: float
    reach_s: F8 | None = None
    open_: NDArray[np.bool_] | None = None
    sortie_s: float = math.inf
    turn_s: float = 0.0


@dataclass(frozen=True)
class Box:
    """One searcher's task in one step: low_m, high_m corners (2,); seconds of search in it; coverage and POD."""

    searcher: str
    from_s: float
    to_s: float
    low_m: F8
    high_m: F8
    seconds: float
    coverage: float

    @property
    def pod(self) -> float:
        """Return the probability of detection of whoever stays in it."""
        return -math.expm1(-self.coverage)


@dataclass(frozen=True)
class Plan:
    """boxes by time; p_found by all of them, given that they are still out; bound: no plan finds more.

    p_by_step (K,) cumulative at the end of each step, step_to_s (K,); side_m of the lattice.
    """

    boxes: tuple[Box, ...]
    p_found: float
    bound: float
    step_to_s: F8
    p_by_step: F8
    side_m: float


@dataclass
class _Slot:
    """One searcher in one step, and what it does there now."""

    who: int
    step: int
    means: Means
    before: F8  # its base as a point when the step begins there, else NaN: the box of the slot before
    after: F8
    box: F8
    seconds: float
    exposure: F8


def planned(state: Containment, searchers: Sequence[Searcher], edges_s: F8, *, passes: int = 3) -> Plan:
    """Return the plan for steps between edges_s (K + 1,), each with at least one of the containment's times in it."""
    lattice = _Lattice(state, edges_s)
    slots = _slots(lattice, searchers, edges_s)
    total = np.zeros(len(lattice.weight))
    for n in range(passes):
        was = lattice.found(total)
        for slot in slots if n % 2 == 0 else slots[::-1]:
            total = _again(lattice, slots, slot, total)
        if n and lattice.found(total) - was < 1e-4:
            break
    bound = _bound(lattice, searchers, slots, edges_s)
    by_step, running = [], np.zeros(len(total))
    for step in range(len(edges_s) - 1):
        running += sum((one.exposure for one in slots if one.step == step), np.zeros(len(total)))
        by_step.append(lattice.found(running))
    boxes = tuple(lattice.box(one, searchers, edges_s) for one in slots if one.seconds > 0.0)
    return Plan(boxes, by_step[-1], max(bound, by_step[-1]), edges_s[1:], np.array(by_step), lattice.side_m)


class _Lattice:
    """The ways on cells coarse enough to plan on."""

    def __init__(self, state: Containment, edges_s: F8) -> None:
        """Lay the lattice over where they may be during the steps."""
        grid, t = state.setting.ground.terrain, state.setting.t_s
        # A step's times are those within it: each stands for an equal share of the step.
        self.times = [np.flatnonzero((t >= a) & (t < b)) for a, b in pairwise(edges_s)]
        if any(not len(one) for one in self.times):
            raise ValueError("every step of a plan must hold one of the containment's times")
        used = np.concatenate(self.times)
        inside = state.cell[used] >= 0
        self.weight = state.weight / state.weight.sum()
        cols = grid.height_m.shape[1]
        row, col = np.divmod(state.cell[used], cols)
        tail = (1.0 - HOLDS) / 2.0
        ends = [np.quantile(v[inside], [tail, 1.0 - tail]) if inside.any() else [0, 0] for v in (row, col)]
        (top, bottom), (left, right) = ends
        self.factor = max(1, math.ceil(max(bottom - top, right - left) / LATTICE))
        self.top, self.left, self.side_m = int(top), int(left), grid.cell_m * self.factor
        self.rows = int(bottom - top) // self.factor + 1
        self.cols = int(right - left) // self.factor + 1
        self.grid = grid
        r, c = (row - self.top) // self.factor, (col - self.left) // self.factor
        within = inside & (r >= 0) & (r < self.rows) & (c >= 0) & (c < self.cols)
        self.row, self.col, self.cell = r, c, np.where(within, r * self.cols + c, -1)
        first = np.cumsum([0, *(len(one) for one in self.times)])
        self.subs = [range(a, b) for a, b in pairwise(first)]

    def found(self, exposure: F8) -> float:
        return float(np.sum(self.weight * -np.expm1(-exposure)))

    def p_in_step(self, step: int, left: F8) -> F8:
        """Return (R, C) what is left in each cell, on average over a step."""
        laid = np.zeros(self.rows * self.cols)
        for sub in self.subs[step]:
            here = self.cell[sub]
            laid += np.bincount(here[here >= 0], left[here >= 0], minlength=len(laid))
        return laid.reshape(self.rows, self.cols) / len(self.subs[step])

    def exposure(self, slot: _Slot, box: F8, seconds: float) -> F8:
        """Return (N,) the coverage that ways meet in a box: its time in the box is spread evenly over the step."""
        total = np.zeros(len(self.weight))
        if seconds <= 0.0:
            return total
        coverage = slot.means.sweep_m2_s * seconds / (box[2] * box[3] * self.side_m**2)
        subs = self.subs[slot.step]
        for sub in subs:
            row, col = self.row[sub], self.col[sub]
            inside = (row >= box[0]) & (row < box[0] + box[2]) & (col >= box[1]) & (col < box[1] + box[3])
            total += inside * (coverage / len(subs))
        return np.where(np.isnan(total), 0.0, total)

    def onto(self, field: NDArray[np.generic], outside: float) -> F8:
        """Return (R, C) a field on the map's cells, at the middle of each cell of the lattice."""
        r = self.top + np.arange(self.rows) * self.factor + self.factor // 2
        c = self.left + np.arange(self.cols) * self.factor + self.factor // 2
        rows, cols = field.shape
        taken = np.asarray(field[np.minimum(r, rows - 1)][:, np.minimum(c, cols - 1)], float)
        taken[r >= rows] = outside
        taken[:, c >= cols] = outside
        return taken

    def whole(self, open_: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return (R, C) the cells of the lattice of which all is open."""
        blocks = np.zeros((self.rows * self.factor, self.cols * self.factor), bool)
        part = open_[self.top : self.top + len(blocks), self.left : self.left + blocks.shape[1]]
        blocks[: part.shape[0], : part.shape[1]] = part
        return np.asarray(blocks.reshape(self.rows, self.factor, self.cols, self.factor).all(axis=(1, 3)))

    def point(self, xy_m: F8) -> F8:
        """Return a place as an empty box."""
        col = (xy_m[0] - self.grid.x0_m) / self.grid.cell_m + 0.5
        row = (self.grid.y0_m - xy_m[1]) / self.grid.cell_m + 0.5
        return np.array([(row - self.top) / self.factor, (col - self.left) / self.factor, 0.0, 0.0])

    def box(self, slot: _Slot, searchers: Sequence[Searcher], edges_s: F8) -> Box:
        r, c, h, w = slot.box
        west = self.grid.x0_m + (self.left - 0.5) * self.grid.cell_m
        north = self.grid.y0_m - (self.top - 0.5) * self.grid.cell_m
        low = np.array([west + c * self.side_m, north - (r + h) * self.side_m])
        high = np.array([west + (c + w) * self.side_m, north - r * self.side_m])
        coverage = slot.means.sweep_m2_s * slot.seconds / (h * w * self.side_m**2)
        return Box(searchers[slot.who].id, float(edges_s[slot.step]), float(edges_s[slot.step + 1]), low, high,
                   slot.seconds, coverage)  # fmt: skip


def _slots(lattice: _Lattice, searchers: Sequence[Searcher], edges_s: F8) -> list[_Slot]:
    """Return every searcher's steps, in order of time."""
    none = np.zeros(len(lattice.weight))
    out = []
    for who, one in enumerate(searchers):
        open_ = np.ones((lattice.rows, lattice.cols), bool) if one.open_ is None else lattice.whole(one.open_)
        reach = None if one.reach_s is None else lattice.onto(one.reach_s, math.inf)
        if reach is not None:
            open_ &= np.isfinite(reach)
        base = lattice.point(one.xy_m)
        for step, starts, ends in _turns(one, edges_s):
            seconds = float(min(edges_s[step + 1], one.until_s) - max(edges_s[step], one.from_s))
            gone = max(float(edges_s[step]), one.from_s) - one.from_s
            arrive = np.zeros(open_.shape) if reach is None else np.maximum(reach - gone, 0.0)
            means = Means(one.width_m * one.speed_m_s, one.speed_m_s, seconds, 1.0 if reach is None else DETOUR,
                          np.where(np.isfinite(arrive), arrive, 1e12), open_)  # fmt: skip
            begins = base if starts and reach is None else NOWHERE
            out.append(_Slot(who, step, means, begins, base if ends else NOWHERE, NOWHERE, 0.0, none))
    return sorted(out, key=lambda slot: (slot.step, slot.who))


def _turns(one: Searcher, edges_s: F8) -> list[tuple[int, bool, bool]]:
    """Return the steps in which a searcher is out, whether it comes from its base and must go back to it."""
    free = [k for k in range(len(edges_s) - 1) if edges_s[k + 1] > one.from_s and edges_s[k] < one.until_s]
    if not free:
        return []
    step_s = float(edges_s[1] - edges_s[0])
    flies = len(free) if math.isinf(one.sortie_s) else max(1, int(one.sortie_s / step_s + 1e-9))
    turn = math.ceil(one.turn_s / step_s - 1e-9)
    out = []
    for k, step in enumerate(free):
        at = k % (flies + turn)
        if at < flies:
            ends = math.isfinite(one.sortie_s) and (at == flies - 1 or step == free[-1])
            out.append((step, at == 0, ends))
    return out


def _beside(slots: list[_Slot], slot: _Slot, way: int) -> _Slot | None:
    return next((one for one in slots if one.who == slot.who and one.step == slot.step + way), None)


def _again(lattice: _Lattice, slots: list[_Slot], slot: _Slot, total: F8) -> F8:
    """Choose a slot's box anew against all others, in place; return the new exposure of all."""
    earlier, later = _beside(slots, slot, -1), _beside(slots, slot, 1)
    before = slot.before if not np.isnan(slot.before[0]) or earlier is None else earlier.box
    begins_there = later is not None and np.isnan(later.before[0]) and later.seconds > 0.0
    after = later.box if later is not None and begins_there else slot.after
    others = total - slot.exposure
    p = lattice.p_in_step(slot.step, lattice.weight * np.exp(-others))
    # What a second is worth: of the next box where there is one, else of this one: the way home is this slot's own.
    worth = _worth(lattice, later, total) if begins_there and later is not None else 0.0
    means = slot.means
    if not begins_there and not np.isnan(slot.after[0]):
        worth = max(1e-12, lattice.found(total)) / 1e6  # the way home is taken off below; near boxes break ties
    box, seconds, _ = best_box(p, lattice.side_m, means, before, after, worth)
    speed = means.speed_m_s / means.detour
    if seconds > 0.0 and not np.isnan(slot.after[0]):
        seconds = max(0.0, seconds - gap_m(box, slot.after, lattice.side_m) / speed)
    exposure = lattice.exposure(slot, box, seconds)
    new_total = others + exposure
    moved = None
    if begins_there and later is not None:
        way = gap_m(box, later.box, lattice.side_m) - gap_m(slot.box, later.box, lattice.side_m)
        later_s = max(0.0, min(later.means.seconds, later.seconds - way / speed))
        moved = later_s, lattice.exposure(later, later.box, later_s)
        new_total = new_total - later.exposure + moved[1]
    if lattice.found(new_total) <= lattice.found(total):
        return total
    slot.box, slot.seconds, slot.exposure = box, seconds, exposure
    if moved is not None and later is not None:
        later.seconds, later.exposure = moved
    return new_total


def _worth(lattice: _Lattice, slot: _Slot, total: F8) -> float:
    """Return what one more second in a slot's box would find."""
    area = slot.box[2] * slot.box[3] * lattice.side_m**2
    r, c, h, w = (int(v) for v in slot.box)
    left = lattice.p_in_step(slot.step, lattice.weight * np.exp(-total))[r : r + h, c : c + w]
    return float(left.sum() * slot.means.sweep_m2_s / area)


def _bound(lattice: _Lattice, searchers: Sequence[Searcher], slots: list[_Slot], edges_s: F8) -> float:
    """Return the convex bound: each searcher's effort in each time of a step, on any cells it could be in by then."""
    cells = lattice.rows * lattice.cols
    local = np.full(lattice.cell.shape, -1, np.int64)
    used = []
    for sub, here in enumerate(lattice.cell):
        names, place = np.unique(here[here >= 0], return_inverse=True)
        local[sub, here >= 0] = place
        used.append(names)
    budgets: dict[tuple[int, bytes], tuple[float, NDArray[np.bool_]]] = {}
    for slot in slots:
        can = _can(lattice, searchers[slot.who], slot, slots)
        subs = lattice.subs[slot.step]
        for sub in subs:
            mask = can.reshape(cells)[used[sub]]
            if mask.any():
                effort = slot.means.sweep_m2_s * _most_s(lattice, slot, can, used[sub]) / len(subs)
                before = budgets.get((sub, mask.tobytes()), (0.0, mask))[0]
                budgets[sub, mask.tobytes()] = before + effort, mask
    laid = [Budget(sub, effort, mask / lattice.side_m**2) for (sub, _), (effort, mask) in budgets.items()]
    return best_effort(Ways(local, lattice.weight), laid, passes=6, gap=1e-3).bound


def _most_s(lattice: _Lattice, slot: _Slot, can: NDArray[np.bool_], used: I8) -> float:
    """Return the most seconds of a step that can be spent where they may be: its base may be far from there."""
    row, col = np.divmod(used[can.ravel()[used]], lattice.cols)
    lost = float(slot.means.arrive_s[row, col].min())
    for base in (slot.before, slot.after):
        if not np.isnan(base[0]):
            lost += float(_away(base, row, col).min()) * lattice.side_m / slot.means.speed_m_s
    return max(0.0, slot.means.seconds - lost)


def _away(base: F8, row: NDArray[np.int64], col: NDArray[np.int64]) -> F8:
    """Return the distance of cells from a point, in cells."""
    down = np.maximum(0.0, np.maximum(row - base[0], base[0] - row - 1))
    right = np.maximum(0.0, np.maximum(col - base[1], base[1] - col - 1))
    return np.asarray(np.hypot(down, right))


def _can(lattice: _Lattice, one: Searcher, slot: _Slot, slots: list[_Slot]) -> NDArray[np.bool_]:
    """Return (R, C) the cells that a searcher could be in by the end of a step."""
    if one.reach_s is not None:
        return slot.means.open_ & (slot.means.arrive_s < slot.means.seconds)
    out_s, back = slot.means.seconds, slot
    while np.isnan(back.before[0]):
        earlier = _beside(slots, back, -1)
        if earlier is None:
            break
        back, out_s = earlier, out_s + earlier.means.seconds
    base = lattice.point(one.xy_m)
    row, col = np.mgrid[0 : lattice.rows, 0 : lattice.cols]
    away = _away(base, row, col)
    return np.asarray(slot.means.open_ & (away * lattice.side_m < out_s * one.speed_m_s))
