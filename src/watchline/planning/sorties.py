"""A drone's night that cannot be learned: which stretch it flies over, when, and with what chance.

Theory: a sortie takes a run of slots in the air and some on the ground after it, over one stretch. Whoever knows the
law comes at the slot and kilometre where least is caught, so the chances x of sorties are chosen to make that least
chance as large as can be: a linear programme. Of x only what each slot allows is asked (no more than one sortie at a
time): rows of consecutive ones are totally unimodular, so every such x is a mixture of nights that can be flown, and
the programme's value is that of the whole game (Hoffman & Kruskal 1956). `drawn` flies one of them: whenever the
drone is free it starts each sortie with the chance that x gives it among what is left.

Rules: slots are as long as a crosser is there to be seen; what is caught within a slot is seen before the slot is
over.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array, vstack

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
TOLERANCE = 1e-7


@dataclass(frozen=True)
class Sortie:
    """Slots [start, start + air) over kilometres [first, last); catch: chance for whoever is there in one slot."""

    start: int
    air: int
    first: int
    last: int
    catch: float


@dataclass(frozen=True)
class Night:
    """The law of one drone.  chance (S,) of each sortie; value: least chance to be caught over slots and kilometres,
    with what is there without the drone; base, caught (H, K): chance everywhere without it and with it."""

    sorties: tuple[Sortie, ...]
    chance: F8
    ready: int
    slots: int
    value: float
    base: F8
    caught: F8


def catch_chance(passes: float, p_pass: float) -> float:
    """Return the chance that one of `passes` catches somebody, each with p_pass, whole passes by a random phase.

    >>> catch_chance(1.0, 0.7)
    0.7
    >>> round(catch_chance(1.5, 0.5), 3)
    0.625
    """
    whole = math.floor(passes)
    share = passes - whole
    return 1.0 - (1.0 - p_pass) ** whole * (1.0 - share * p_pass)


def best_night(base: F8, sorties: tuple[Sortie, ...], ready: int) -> Night:
    """Return the law that makes the least chance largest, and, holding that, the mean over all.

    base (H, K): chance to be caught without the drone by slot and kilometre; ready: slots on the ground after each.
    """
    slots, km = base.shape
    catch = _catch(base, sorties)
    busy = _busy(sorties, slots, ready)
    count = len(sorties)
    # Variables: x of each sortie, then the value.
    cost = np.concatenate([np.zeros(count), [-1.0]])
    least = _with_column(-catch.T, 1.0)
    rows: Any = vstack([least, _with_column(busy, 0.0)], format="csr")
    limit = np.concatenate([base.ravel(), np.ones(slots)])
    bounds: list[tuple[float | None, float | None]] = [(0.0, None)] * count + [(0.0, 1.0)]
    found: Any = linprog(cost, rows, limit, bounds=bounds)
    if found.x is None:
        raise ArithmeticError(f"the night was not solved: {found.message}")
    value = float(found.x[count])
    # Among those the one that catches most on the mean; a hair less at the worst keeps the programme well posed.
    gain = np.concatenate([-np.asarray(catch.sum(axis=1)).ravel() / (slots * km), [0.0]])
    bounds[count] = (max(value - TOLERANCE, 0.0), 1.0)
    second: Any = linprog(gain, rows, limit, bounds=bounds)
    x = np.maximum((found if second.x is None else second).x[:count], 0.0)
    caught = base + np.asarray(catch.T @ x).reshape(slots, km)
    return Night(sorties, x, ready, slots, float(caught.min()), base, caught)


def drawn(night: Night, rng: np.random.Generator) -> list[Sortie]:
    """Return one night's sorties in order, drawn so that each is flown with its chance."""
    starts: dict[int, list[int]] = {}
    for s, one in enumerate(night.sorties):
        if night.chance[s] > 0.0:
            starts.setdefault(one.start, []).append(s)
    out, free_from = [], 0
    for slot in range(night.slots):
        if slot < free_from:
            continue
        # The chance that the drone is free now: what started before and is not over yet has taken the rest.
        taken = sum(
            night.chance[s] for s, one in enumerate(night.sorties)
            if one.start < slot < one.start + one.air + night.ready
        )  # fmt: skip
        here = starts.get(slot, [])
        u, at = rng.random() * max(1.0 - float(taken), 1e-12), 0.0
        for s in here:
            at += float(night.chance[s])
            if u < at:
                out.append(night.sorties[s])
                free_from = slot + night.sorties[s].air + night.ready
                break
    return out


def every_night(sorties: tuple[Sortie, ...], slots: int, ready: int) -> list[tuple[int, ...]]:
    """Return every set of sorties that can be flown in one night, by index: for small cases only."""
    out: list[tuple[int, ...]] = []

    def go(slot: int, chosen: tuple[int, ...]) -> None:
        out.append(chosen)
        for s, one in enumerate(sorties):
            if one.start >= slot and one.start + one.air <= slots:
                go(one.start + one.air + ready, (*chosen, s))

    go(0, ())
    return out


def _catch(base: F8, sorties: tuple[Sortie, ...]) -> csr_array:
    """Return (S, H K) what each sortie adds to the chance there."""
    slots, km = base.shape
    data, column, start = [], [], [0]
    for one in sorties:
        for slot in range(one.start, min(one.start + one.air, slots)):
            for k in range(one.first, one.last):
                data.append(one.catch * (1.0 - base[slot, k]))
                column.append(slot * km + k)
        start.append(len(data))
    return csr_array((data, column, start), shape=(len(sorties), slots * km))


def _busy(sorties: tuple[Sortie, ...], slots: int, ready: int) -> csr_array:
    """Return (H, S) which sorties hold the drone in which slot."""
    rows, cols = [], []
    for s, one in enumerate(sorties):
        for slot in range(one.start, min(one.start + one.air + ready, slots)):
            rows.append(slot)
            cols.append(s)
    return csr_array((np.ones(len(rows)), (rows, cols)), shape=(slots, len(sorties)))


def _with_column(table: Any, value: float) -> Any:
    from scipy.sparse import hstack

    return hstack([table, csr_array(np.full((table.shape[0], 1), value))], format="csr")
