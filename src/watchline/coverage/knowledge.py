"""How much a crosser knows, and what that is worth to them: levels L0, L1, L2.

Theory: L0 knows the ground and takes the quickest way.  L1 knows the fixed sensors and the patrols' law, the rate on
the average over their hours, and takes the way of least mean exposure.  L2 knows the live state, dark sensors and
patrols' places included, and picks way, waiting and hour.  L0 and L1 leave at any time of the window, since nothing
tells them a better one: theirs is the mean chance over departures, measured under the live state.
Who knows more can still do what who knows less does; so the chance of passing unseen never falls from level to level,
exactly and on any grid.

Limits: one window and one class of crosser; frailty as in `sensing.glimpse.p_miss`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from watchline.coverage.live_path import LiveGround, exposure_along, live_route, solve_live
from watchline.coverage.weakest_path import Ground, ends_in, times_along, weakest_path
from watchline.sensing.glimpse import p_miss

F8 = NDArray[np.float64]
Mask = NDArray[np.bool_]

HASTE_PER_S = 1.0  # a rate that is the same everywhere makes the weakest path the quickest


class Level(IntEnum):
    """What a crosser knows."""

    GROUND = 0
    LAW = 1
    LIVE = 2


@dataclass(frozen=True)
class Informed:
    """What the best plan of one level comes to.

    path_rc (M, 2) in cells and t_s (M,) since it was left; depart_s: the hour chosen, None where any is as good;
    p_unseen: chance of passing unseen; exposure: mean over departures, or of the one chosen.
    """

    level: Level
    path_rc: F8
    t_s: F8
    depart_s: float | None
    exposure: float
    p_unseen: float


def by_knowledge(
    live: LiveGround,
    start: Mask,
    goal: Mask,
    *,
    depart_by_s: float,
    frailty_k: float,
    law: Ground | None = None,
) -> tuple[Informed, ...] | None:
    """Return the best plan at each level, L0 to L2, between start and goal (rows, cols); None if no way leads across.

    law: the time-averaged rate as L1 knows it; None: the mean over the horizon of the live one.
    depart_by_s: departures are between 0 and this; L0 and L1 take every step of it alike.
    p_unseen never falls from level to level.
    """
    law = live.at_rest() if law is None else law
    begin, end = ends_in(start), ends_in(goal)
    quickest, knowing = weakest_path(_blind(law), begin, end), weakest_path(law, begin, end)
    if quickest is None or knowing is None:
        return None
    departures = live.step_s * np.arange(int(depart_by_s / live.step_s) + 1, dtype=np.float64)
    blind, lawful = (_walks(live, route.path_rc, departures) for route in (quickest, knowing))
    ground = _any_time(Level.GROUND, blind, frailty_k)
    lawful_plan = _any_time(Level.LAW, lawful, frailty_k)
    if lawful_plan.p_unseen < ground.p_unseen:
        lawful_plan = replace(ground, level=Level.LAW)
    route = live_route(solve_live(live, goal), start, depart_by_s=depart_by_s)
    own = (
        []
        if route is None
        else [_Walk(route.path_rc, route.t_s - route.t_s[0], route.t_s[:1], np.array([route.exposure]))]
    )
    offers = [_best_time(walk) for walk in (blind, lawful)] + own
    best = min(offers, key=lambda walk: float(np.min(walk.exposure)))
    return ground, lawful_plan, _chosen(best, frailty_k)


@dataclass(frozen=True)
class _Walk:
    """A way with its times since departure, the departures, and the exposure of each."""

    path_rc: F8
    t_s: F8
    depart_s: F8
    exposure: F8


def _blind(ground: Ground) -> Ground:
    """Return the ground as it looks without any watch: only time counts there."""
    rate = np.where(np.isfinite(ground.rate_per_s), np.float32(HASTE_PER_S), np.float32(np.inf))
    return Ground(rate, ground.speed_m_s, ground.cell_m)


def _walks(live: LiveGround, path_rc: F8, departures_s: F8) -> _Walk:
    t = times_along(live.after, path_rc)
    exposure = np.array([exposure_along(live, path_rc, t + begin) for begin in departures_s])
    return _Walk(path_rc, t, departures_s, exposure)


def _any_time(level: Level, walk: _Walk, frailty_k: float) -> Informed:
    p = float(p_miss(walk.exposure, frailty_k).mean())
    return Informed(level, walk.path_rc, walk.t_s, None, float(np.mean(walk.exposure)), p)


def _best_time(walk: _Walk) -> _Walk:
    best = int(np.argmin(walk.exposure))
    return replace(walk, depart_s=walk.depart_s[best : best + 1], exposure=walk.exposure[best : best + 1])


def _chosen(walk: _Walk, frailty_k: float) -> Informed:
    exposure = float(np.min(walk.exposure))
    p = float(p_miss(exposure, frailty_k))
    return Informed(Level.LIVE, walk.path_rc, walk.t_s, float(walk.depart_s[0]), exposure, p)
