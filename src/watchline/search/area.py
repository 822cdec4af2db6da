"""An area searched over days: which unit sweeps which sector in which shift, and what is left.

Theory: those searched for stay where they are; detection is exponential in coverage.  Sectors are boxes, chosen one
after another, each the one that finds most of what the ones before it leave: what all of them find is monotone and
submodular, so this is at least 1 - 1/e of the best.  No plan exceeds the water filling of all effort over all cells
that anybody may search (Koopman; Charnes & Cooper 1958), which is the bound.

Rules: nobody sweeps a cell that is closed to them.  A shift's seconds are of sweeping and of the ways to its sector
and back.
Limits: sweep width is the unit's on open ground times the ground's share, on average over a box.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchline.geo.terrain import Terrain
from watchline.search.allocation import p_success, water_fill
from watchline.search.boxes import NOWHERE, Means, best_box

F8 = NDArray[np.float64]
B = NDArray[np.bool_]

BROKEN_M = 2.0
WIDTH_LN_SD = 0.25


@dataclass(frozen=True)
class Shift:
    """One unit's time: from_s to to_s, sweep width in metres on open ground and by its light, speed over the ground.

    open_ (rows, cols): cells it may sweep; reach_s (rows, cols): seconds from where its shift begins and ends.
    """

    unit: str
    from_s: float
    to_s: float
    width_m: float
    speed_m_s: float
    open_: B
    reach_s: F8


@dataclass(frozen=True)
class Sector:
    """What a unit sweeps in a shift: corners low_m, high_m (2,); seconds of it; mean coverage; what it finds."""

    unit: str
    from_s: float
    to_s: float
    low_m: F8
    high_m: F8
    seconds: float
    coverage: float
    width_m: float
    p_found: float


@dataclass(frozen=True)
class AreaPlan:
    """sectors by time; coverage (rows, cols) they add; p_found of all; bound: no plan of these shifts finds more.

    p (rows, cols) is what was given: the chance of each cell, summing to what is still out.
    """

    sectors: tuple[Sector, ...]
    coverage: F8
    p_found: float
    bound: float


def planned(p: F8, grid: Terrain, share: F8, shifts: Sequence[Shift]) -> AreaPlan:
    """Return sectors for shifts, in order of time.

    p (rows, cols): chance of each cell that they are there and were not found; share (rows, cols) 0..1 of the sweep
    width that the ground leaves.
    """
    left = np.asarray(p, float).copy()
    laid = np.zeros(left.shape)
    out: list[Sector] = []
    for shift in sorted(shifts, key=lambda one: (one.from_s, one.unit)):
        sector = _best(left, grid, share, shift)
        if sector is None:
            continue
        found, rows, cols, coverage = sector
        added = coverage * share[rows, cols]
        left[rows, cols] *= np.exp(-added)
        laid[rows, cols] += added
        out.append(found)
    total = float(p.sum() - left.sum())
    return AreaPlan(tuple(out), laid, total, max(total, bound(p, grid, share, shifts)))


def bound(p: F8, grid: Terrain, share: F8, shifts: Sequence[Shift]) -> float:
    """Return what no plan of these shifts exceeds: all effort anywhere that any of them may sweep."""
    anywhere = np.zeros(p.shape, bool)
    effort = 0.0
    for shift in shifts:
        can = shift.open_ & (2.0 * shift.reach_s < shift.to_s - shift.from_s)
        if can.any():
            anywhere |= can
            effort += shift.width_m * shift.speed_m_s * (shift.to_s - shift.from_s - 2.0 * shift.reach_s[can].min())
    weight = np.where(anywhere, share, 0.0).ravel() / grid.cell_m**2
    return p_success(p.ravel(), weight, water_fill(p.ravel(), weight, effort))


Found = tuple[Sector, slice, slice, float]


def _best(left: F8, grid: Terrain, share: F8, shift: Shift) -> Found | None:
    seconds = shift.to_s - shift.from_s
    open_ = shift.open_ & (2.0 * shift.reach_s < seconds)
    if not open_.any():
        return None
    # The window that holds what may be swept, so that a small zone is not looked for in a large map.
    rows, cols = np.flatnonzero(open_.any(axis=1)), np.flatnonzero(open_.any(axis=0))
    top, left_col = int(rows[0]), int(cols[0])
    window = np.s_[top : int(rows[-1]) + 1, left_col : int(cols[-1]) + 1]
    mean = float(share[window][open_[window]].mean())
    arrive = np.where(open_[window], 2.0 * shift.reach_s[window], 1e12)
    means = Means(shift.width_m * shift.speed_m_s * mean, shift.speed_m_s, seconds, 1.0, arrive, open_[window])
    box, swept_s, _ = best_box(left[window], grid.cell_m, means, NOWHERE, NOWHERE, 0.0)
    if swept_s <= 0.0:
        return None
    r, c, h, w = (int(v) for v in box)
    at = np.s_[top + r : top + r + h], np.s_[left_col + c : left_col + c + w]
    coverage = shift.width_m * shift.speed_m_s * swept_s / (h * w * grid.cell_m**2)
    west, north = grid.x0_m + (left_col + c - 0.5) * grid.cell_m, grid.y0_m - (top + r - 0.5) * grid.cell_m
    low, high = np.array([west, north - h * grid.cell_m]), np.array([west + w * grid.cell_m, north])
    found = float(np.sum(left[at] * -np.expm1(-coverage * share[at])))
    mean_coverage = float(coverage * share[at].mean())
    sector = Sector(shift.unit, shift.from_s, shift.to_s, low, high, swept_s, mean_coverage, shift.width_m, found)
    return sector, at[0], at[1], coverage


def ground_share(fine: Terrain, grid: Terrain) -> F8:
    """Return (rows, cols) of grid the share of the sweep width that broken ground leaves.

    fine: the same ground on cells that go into grid's a whole number of times.  ASSUMED: 1 on any plane, a half where
    a fine cell lies BROKEN_M off the mean of its neighbours on average.
    """
    height = np.nan_to_num(fine.height_m.astype(float))
    padded = np.pad(height, 1, mode="reflect", reflect_type="odd")
    around = (padded[:-2, 1:-1] + padded[2:, 1:-1] + padded[1:-1, :-2] + padded[1:-1, 2:]) / 4.0
    times = round(grid.cell_m / fine.cell_m)
    rows, cols = grid.height_m.shape
    broken = np.abs(height - around)[: rows * times, : cols * times].reshape(rows, times, cols, times)
    return np.asarray(1.0 / (1.0 + broken.mean(axis=(1, 3)) / BROKEN_M), float)


def pod_of(exposure: F8) -> F8:
    """Return (...,) the POD of exposure that was reckoned with a sweep width nobody has measured here.

    Theory: the width is known to WIDTH_LN_SD about its median, by a factor that all looks at a place have in common
    (its cover, the subject's contrast) and that looking again does not take away.  Exposure goes with its square:
    POD is the mean of 1 - exp(-exposure x) over a gamma variable x of that mean and spread.
    ASSUMED: WIDTH_LN_SD, half of what a single observer's range is known to (`sensing.observer`).
    """
    mean, k = math.exp(2.0 * WIDTH_LN_SD**2), 1.0 / math.expm1(4.0 * WIDTH_LN_SD**2)
    return np.asarray(1.0 - (1.0 + exposure * mean / k) ** -k)


def spacing_m(sector: Sector) -> float:
    """Return how far apart the lanes of a sector are."""
    return sector.width_m / max(sector.coverage, 1e-9)


def days(from_s: float, to_s: float, begin_h: float, end_h: float, midnight_s: float) -> list[tuple[float, float]]:
    """Return the shifts of one kind between two times: from begin_h to end_h of each day.

    Over midnight if it ends before it begins.  midnight_s: a midnight of the site's clock.
    """
    length = (end_h - begin_h) % 24.0 or 24.0
    first = math.floor((from_s - midnight_s) / 86_400.0) - 1
    out = []
    for day in range(first, math.ceil((to_s - midnight_s) / 86_400.0) + 1):
        begin = midnight_s + 86_400.0 * day + 3600.0 * begin_h
        if begin >= from_s and begin + 3600.0 * length <= to_s + 1e-6:
            out.append((begin, begin + 3600.0 * length))
    return out
