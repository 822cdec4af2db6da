"""Where somebody may go from where contact was lost: drawn ways over the ground, by what they may be about.

Theory: each way has an intent: onward through the line, back, to a place (well, cave, ruin...), to wander, to stay;
an intent with a goal follows the fastest ground to it (`coverage.solver`), so that roads, passes and fords come by
themselves, and strays from it as `geo.wandering` says.  Of those who go onward a share keeps the course on which they
were last seen, towards a goal that nobody knows: by Bayes' rule, from how far that course is off the fastest ground
through the line (who walks along the line is hardly bound through it).  A lost person wanders to a distance drawn
from the rings of lost-person behaviour and rests there.  Paces vary by PACE_CV about the last known one.
ASSUMED: the shares of intents, BOUND_THROUGH with HEADING_SD_RAD and ANY_HEADING, PACE_CV, and the rings, which are a
temperate hiker's (25, 50, 75, 95 % within 1.1, 3.1, 5.8, 18.2 km, quoted from memory of ISRID): a desert's are not
published.

Limits: one party; no tiredness, thirst or night; a way that leaves the grid is outside every cell.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numba
import numpy as np
from numpy.typing import NDArray

from watchline.coverage.solver.eikonal import least_cost
from watchline.geo.mobility import pace_at
from watchline.geo.terrain import Terrain
from watchline.geo.wandering import ASTRAY, REST_S, RESTS_S, TURN_S, TURN_SD_RAD, even, normal

F8 = NDArray[np.float64]
F4 = NDArray[np.float32]
I8 = NDArray[np.int64]
Intent = Literal["onward", "back", "place", "wander", "stay", "lost", "course"]
INTENTS: tuple[Intent, ...] = ("onward", "back", "place", "wander", "stay", "lost", "course")
EVADER: dict[Intent, float] = {"onward": 0.60, "back": 0.10, "place": 0.10, "wander": 0.15, "stay": 0.05}
LOST: dict[Intent, float] = {"lost": 0.9, "stay": 0.1}

BOUND_THROUGH = 0.85  # of those who go onward, before their course is known
HEADING_SD_RAD = 0.6  # of the course of who is bound through the line about the fastest ground through it
ANY_HEADING = 0.05  # of them go anyhow for a while
PACE_CV = 0.15
LED_REST_S, LED_RESTS_S = 1500.0, 120.0  # who has a goal rests so seldom, so long
DIRECT_SD_RAD = 0.3  # of a way to the fastest ground
MOST_BIAS_RAD = 1.2  # that a way may be off it for good
LOST_KM = math.log(3.1), 1.03  # log-normal of the rings: within 1.5, 3.1, 6.2, 16.9 km
SUBSTEP_S = 60.0
SEEN_GOING = 0.3  # m/s: below, a velocity says nothing of where they go
SLOWEST = 1e-3  # of the speed on firm ground: below, the ground is closed


@dataclass(frozen=True)
class Ground:
    """What they go over: heights on the search's cells, and (rows, cols) factors of the speed on firm even ground."""

    terrain: Terrain
    factor: F4


@dataclass(frozen=True)
class Loss:
    """Where and when contact was lost.

    xy_m (2,) with 1-sigma sd_m each way; v_m_s (2,) the last velocity, None when not known; pace_m_s on firm level
    ground; t_s.
    """

    xy_m: F8
    sd_m: float
    t_s: float
    pace_m_s: float
    v_m_s: F8 | None = None


def goal_heading(ground: Ground, goal: NDArray[np.bool_]) -> F4:
    """Return (rows, cols) the heading (from east towards north) of the fastest way to the goal cells, NaN where none.

    Isotropic: the slope across counts as the slope along, which errs on the slow side on hillsides.
    """
    grid = ground.terrain
    down, right = np.gradient(np.nan_to_num(grid.height_m), grid.cell_m)
    pace = ground.factor * np.exp(-3.5 * np.hypot(down, right))
    cost = np.where(pace > SLOWEST, 1.0 / np.maximum(pace, SLOWEST), np.inf)
    start = np.flatnonzero(goal & np.isfinite(cost))
    if not len(start):
        return np.full(goal.shape, np.nan, np.float32)
    time = least_cost(cost, grid.cell_m, start.astype(np.int64), np.zeros(len(start)))
    reached = np.isfinite(time)
    time = np.where(reached, time, 2.0 * time[reached].max() + grid.cell_m)
    south, east = np.gradient(time)
    return np.where(reached & ~goal, np.arctan2(south, -east), np.nan).astype(np.float32)


def drawn_ways(
    ground: Ground, loss: Loss, intents: dict[Intent, float], headings: dict[Intent, F4], t_s: F8, ways: int, key: int
) -> F4:
    """Return (T, ways, 2) float32 grid positions at t_s (T,), which rise and begin no earlier than the loss.

    intents: shares, summing to 1; headings: of `goal_heading` for onward, back and place where they have a goal;
    those without wander; onward is shared with those who keep their course (`by_course`).  key: of the sequence.
    """
    if abs(sum(intents.values()) - 1.0) > 1e-6 or np.any(np.diff(t_s) <= 0.0) or t_s[0] < loss.t_s:
        raise ValueError("intents must sum to 1, and t_s must rise from the loss on")
    intents = by_course(ground, loss, intents, headings)
    named = [one for one in INTENTS if intents.get(one, 0.0) > 0.0]
    edges = np.cumsum([intents[one] for one in named])
    kind = np.array([INTENTS.index(one) for one in named])[
        np.minimum(np.searchsorted(edges, (np.arange(ways) + 0.5) / ways), len(named) - 1)
    ]
    none = np.full((1, 1), np.nan, np.float32)
    onward, back, place = (headings.get(one, none) for one in INTENTS[:3])
    grid = ground.terrain
    top = max(1.0, float(ground.factor.max()))
    dt = min(SUBSTEP_S, max(5.0, 0.7 * grid.cell_m / (loss.pace_m_s * top)))
    v = loss.v_m_s if loss.v_m_s is not None and np.hypot(*loss.v_m_s) > SEEN_GOING else None
    aim = math.nan if v is None else math.atan2(v[1], v[0])
    out = np.empty((len(t_s), ways, 2), np.float32)
    where = np.array([grid.x0_m, grid.y0_m, grid.cell_m, loss.xy_m[0], loss.xy_m[1], loss.sd_m, loss.t_s])
    _go(grid.height_m, ground.factor, onward, back, place, where, kind, loss.pace_m_s, aim, t_s, dt, key, out)
    return out


def by_course(
    ground: Ground, loss: Loss, intents: dict[Intent, float], headings: dict[Intent, F4]
) -> dict[Intent, float]:  # fmt: skip
    """Return the shares with those who go onward parted into bound through the line and keeping their course.

    Unchanged where the course or the fastest ground is not known, or "course" has a share already.
    """
    field, cell = headings.get("onward"), int(cells_of(ground.terrain, loss.xy_m))
    if "course" in intents or field is None or cell < 0 or loss.v_m_s is None or np.hypot(*loss.v_m_s) <= SEEN_GOING:
        return intents
    off = math.atan2(loss.v_m_s[1], loss.v_m_s[0]) - float(field.ravel()[cell])
    if math.isnan(off):
        return intents
    off = (off + math.pi) % (2.0 * math.pi) - math.pi
    anyhow = 1.0 / (2.0 * math.pi)
    near = math.exp(-0.5 * (off / HEADING_SD_RAD) ** 2) / (HEADING_SD_RAD * math.sqrt(2.0 * math.pi))
    through = BOUND_THROUGH * ((1.0 - ANY_HEADING) * near + ANY_HEADING * anyhow)
    keeps = (1.0 - BOUND_THROUGH) * anyhow / (through + (1.0 - BOUND_THROUGH) * anyhow)
    onward = intents.get("onward", 0.0)
    return {**intents, "onward": onward * (1.0 - keeps), "course": onward * keeps}


def cells_of(grid: Terrain, xy_m: NDArray[np.floating]) -> I8:
    """Return (...,) flat cells at grid positions (..., 2), -1 outside the grid."""
    rows, cols = grid.height_m.shape
    col = np.rint((xy_m[..., 0] - grid.x0_m) / grid.cell_m).astype(np.int64)
    row = np.rint((grid.y0_m - xy_m[..., 1]) / grid.cell_m).astype(np.int64)
    inside = (row >= 0) & (row < rows) & (col >= 0) & (col < cols)
    return np.where(inside, row * cols + col, -1)


def disc_cells(grid: Terrain, places_m: Sequence[F8]) -> NDArray[np.bool_]:
    """Return (rows, cols) the cells that places (2,) lie in."""
    mask = np.zeros(grid.height_m.size, np.bool_)
    if len(places_m):
        at = cells_of(grid, np.array(places_m))
        mask[at[at >= 0]] = True
    return mask.reshape(grid.height_m.shape)


# What a way keeps: place, way and aim (headings), what it is off the fastest ground by now, whether it rests, and
# what it is off by on average: people go between the fastest ground and where they were last seen going.  Of one that
# keeps its course, OFF and BIAS are headings themselves.
X, Y, WAY, OFF, AIM, RESTS, BIAS = range(7)
DRAWS = 6  # numbers of its sequence that a stride may use


@numba.njit(cache=True)
def _go(
    height: F4, factor: F4, onward: F4, back: F4, place: F4, where: F8, kinds: I8, pace_m_s: float, aim: float,
    t_s: F8, dt: float, key: int, out: F4,
) -> None:  # fmt: skip
    chances = np.array([math.exp(-dt / TURN_S), math.exp(-dt / REST_S), math.exp(-dt / RESTS_S)])
    led_chances = np.array([chances[0], math.exp(-dt / LED_REST_S), math.exp(-dt / LED_RESTS_S)])
    own = np.empty(7)
    for n in range(len(kinds)):
        kind, draws = kinds[n], key + 7919 * n  # a sequence of its own
        pace = pace_m_s * math.exp(PACE_CV * normal(5, draws))
        limit_m = 1000.0 * math.exp(LOST_KM[0] + LOST_KM[1] * normal(7, draws)) if kind == 5 else math.inf
        _begin(own, where, kind, aim, draws)
        field = back if kind == 1 else (place if kind == 2 else onward)
        led = kind < 3 and field.shape[0] > 1
        keeps = kind == 6 and not math.isnan(aim)
        if keeps:
            own[OFF] = own[BIAS] = aim
        if led and not math.isnan(aim):
            first = _heading(field, where, own)
            if not math.isnan(first):
                own[BIAS] = even(11, draws) * max(-MOST_BIAS_RAD, min(MOST_BIAS_RAD, _wrapped(aim - first)))
                own[OFF] = own[BIAS]
        t, count = where[6], 12
        for step in range(len(t_s)):
            while t < t_s[step] - 1e-6:
                go_s = min(dt, t_s[step] - t)
                t += go_s
                count += DRAWS
                there = math.hypot(own[X] - where[3], own[Y] - where[4]) >= limit_m
                if kind != 4 and not there and _goes(own, led_chances if led or keeps else chances, draws, count):
                    head = _heading(field, where, own) if led else (own[OFF] if keeps else own[WAY])
                    if not math.isnan(head):
                        _stride(own, height, factor, where, head, go_s * pace, even(count + 3, draws))
                    # else at its goal: it stays
            out[step, n, 0], out[step, n, 1] = own[X], own[Y]


@numba.njit(cache=True)
def _wrapped(angle_rad: float) -> float:
    return (angle_rad + math.pi) % (2.0 * math.pi) - math.pi


@numba.njit(cache=True)
def _begin(own: F8, where: F8, kind: int, aim: float, draws: int) -> None:
    """Put a way where contact was lost, in place."""
    own[X] = where[3] + where[5] * normal(1, draws)
    own[Y] = where[4] + where[5] * normal(3, draws)
    anywhere = math.isnan(aim) or (kind == 5 and even(9, draws) < 0.5)
    own[AIM] = 2.0 * math.pi * even(10, draws) if anywhere else aim
    own[WAY], own[OFF], own[RESTS], own[BIAS] = own[AIM], 0.0, 0.0, 0.0


@numba.njit(cache=True)
def _goes(own: F8, chances: F8, draws: int, count: int) -> bool:
    """Let a way turn, rest or end its rest by chance, in place; return whether it goes on now."""
    chance = even(count, draws)
    if own[RESTS] > 0.0:
        if chance < chances[2]:
            return False
        own[RESTS] = 0.0
    elif chance > chances[1]:
        own[RESTS] = 1.0
        return False
    if even(count + 1, draws) > chances[0]:
        if even(count + 2, draws) < ASTRAY:
            own[AIM] = 2.0 * math.pi * even(count + 3, draws)
        turned = normal(count + 4, draws)
        own[WAY], own[OFF] = own[AIM] + TURN_SD_RAD * turned, own[BIAS] + DIRECT_SD_RAD * turned
    return True


@numba.njit(cache=True)
def _heading(field: F4, where: F8, own: F8) -> float:
    """Return the fastest ground's heading with what the way is off by; NaN at its goal and where nothing leads."""
    c, r = round((own[X] - where[0]) / where[2]), round((where[1] - own[Y]) / where[2])
    if 0 <= r < field.shape[0] and 0 <= c < field.shape[1]:
        return float(field[int(r), int(c)]) + float(own[OFF])
    return float(own[WAY])


@numba.njit(cache=True)
def _stride(own: F8, height: F4, factor: F4, where: F8, head: float, firm_m: float, turn: float) -> None:
    """Go as far as the ground lets on a heading, in place; before closed ground turn anywhere."""
    east, north = math.cos(head), math.sin(head)
    share = pace_at(height, factor, where[0], where[1], where[2], own[X], own[Y], east, north)
    x, y = own[X] + firm_m * share * east, own[Y] + firm_m * share * north
    if share > 0.0 and pace_at(height, factor, where[0], where[1], where[2], x, y, east, north) > 0.0:
        own[X], own[Y] = x, y
        return
    own[AIM] = 2.0 * math.pi * turn
    own[WAY] = own[OFF] = own[AIM]
