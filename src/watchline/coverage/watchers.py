"""People and drones that watch with their own eyes or payload: manned posts, patrols on their beat, drones on theirs.

Theory: an observer gathers detection at the rate c / R^3 of Koopman's inverse cube law, where terrain lets it see
(`sensing.observer`).  A patrol is an observer spread over its beat: each of its places, `STEP_M` apart, counts with
the share of time the patrol spends there.  That is what an adversary who knows the patrols' law, but not where they
are now, has to reckon with (level L1); where they are now is `space_time.py`'s.

Rules: only what the site says is manned: checkpoints, blocking positions, patrols with a beat, drones with a beat.
Limits: attention is in the range of detection by eye, not modelled apart; crews do not rest, tire or leave the beat.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from watchline.domain.site import Site, Unit
from watchline.geo.line import LineFrame
from watchline.geo.terrain import Terrain
from watchline.geo.viewshed import least_visible_around
from watchline.sensing.detection import CROSSERS, Crosser, p_in_sight, place_s, seen_of, sure_of
from watchline.sensing.observer import MOST_PER_S, eye_constant_m3_s, seen_from_m, sweep_width_m
from watchline.sensing.situation import Situation

F8 = NDArray[np.float64]
F4 = NDArray[np.float32]

MANNED = ("checkpoint_fixed", "checkpoint_mobile", "blocking_position")
EYE_M = 2.0  # a standing observer's, or a driver's in a high vehicle
DRONE_M = 100.0  # usual height of a small drone on patrol
DRONE_SEEN_FROM_M = 550.0  # sweeps 600 m with a thermal payload, day and night (mathematics of the barrier patrol)
STEP_M = 250.0
REACH_RANGES = 2.0  # beyond twice R_d the inverse cube gives less than a tenth of what it gives at R_d
STANDING_SEES_M = 20_000.0  # clear air: how far fields of view are worked out
FLYING = ("drone",)


@dataclass(frozen=True)
class Watcher:
    """An observer's place and the share of time it is there.

    who: the post's or unit's id; need: least visible height around it; x_m, y_m; share 0..1; flies: sees by
    payload, else by eye.
    """

    who: str
    need: Terrain
    x_m: float
    y_m: float
    share: float
    flies: bool


def watchers_of(site: Site, line: LineFrame, terrain: Terrain, *, reach_m: float) -> list[Watcher]:
    """Return everybody who watches; reach_m: how far fields of view are worked out."""
    out = []
    for post in site.posts:
        if post.kind in MANNED:
            xy = line.frame.xy_m_of(post)
            out += _watcher(terrain, post.id, xy, 1.0, False, reach_m)
    for unit in site.units:
        places = _beat(unit, line)
        for xy in places:
            out += _watcher(terrain, unit.id, xy, 1.0 / len(places), unit.kind in FLYING, reach_m)
    return out


def watchers_in(now: Situation, site: Site, line: LineFrame, terrain: Terrain) -> list[Watcher]:
    """Return everybody who watches, seen as far as matters as things stand; nobody when people do not count."""
    return watchers_of(site, line, terrain, reach_m=reach_in(now)) if now.watched else []


def reach_in(now: Situation) -> float:
    """Return how far any crosser can matter to anybody who watches as things stand."""
    return reach_m(CROSSERS, day=now.conditions.is_day, visibility_m=1000.0 * now.conditions.visibility_km)


def standing(
    terrain: Terrain, who: str, xy_m: F8, within_m: float | None = None, *, flies: bool = False
) -> list[Watcher]:
    """Return somebody who stands, or flies, there all the time; nobody outside the ground.

    within_m: how far their field of view is worked out, as far as anybody sees in clear air if left out.
    """
    if within_m is None:
        within_m = reach_m(CROSSERS, day=True, visibility_m=STANDING_SEES_M)
    return _watcher(terrain, who, xy_m, 1.0, flies, within_m)


def _beat(unit: Unit, line: LineFrame) -> F8:
    """Return (P, 2) the places of a unit's beat, STEP_M apart or less; none without a beat."""
    if unit.patrol_from_km is None or unit.patrol_to_km is None:
        return np.zeros((0, 2))
    low, high = sorted((1000.0 * unit.patrol_from_km, 1000.0 * unit.patrol_to_km))
    count = max(1, math.ceil((high - low) / STEP_M))
    s = low + (np.arange(count) + 0.5) * (high - low) / count
    return line.xy_m_from_sd(np.column_stack([s, np.full(count, unit.patrol_offset_m)]))


def _watcher(terrain: Terrain, who: str, xy_m: F8, share: float, flies: bool, reach_m: float) -> list[Watcher]:
    x, y = float(xy_m[0]), float(xy_m[1])
    if not math.isfinite(float(terrain.height_at(xy_m))):
        return []  # outside the ground or over a void: nobody knows what it sees
    mast_m = DRONE_M if flies else EYE_M
    return [Watcher(who, least_visible_around(terrain, (x, y), mast_m=mast_m, range_m=reach_m), x, y, share, flies)]


def reach_m(crossers: tuple[Crosser, ...], *, day: bool, visibility_m: float) -> float:
    """Return how far any of the crossers can matter to anybody who watches."""
    by_eye = max(seen_from_m(c.area_m2, day=day, visibility_m=visibility_m) for c in crossers)
    return REACH_RANGES * max(by_eye, DRONE_SEEN_FROM_M)


def add_watchers(
    rate: F4,
    terrain: Terrain,
    watchers: list[Watcher],
    crosser: Crosser,
    *,
    day: bool,
    visibility_m: float,
    least: float = 0.0,
) -> None:
    """Add what people and drones see of a crosser, in place; least: as `sure_of` has it."""
    by_eye = seen_from_m(crosser.area_m2, day=day, visibility_m=visibility_m)
    for one in watchers:
        seen_from = DRONE_SEEN_FROM_M if one.flies else by_eye
        _add(
            rate,
            one.need.height_m,
            round((terrain.y0_m - one.need.y0_m) / terrain.cell_m),
            round((one.need.x0_m - terrain.x0_m) / terrain.cell_m),
            (one.x_m - one.need.x0_m) / terrain.cell_m,
            (one.need.y0_m - one.y_m) / terrain.cell_m,
            terrain.cell_m,
            one.share,
            eye_constant_m3_s(sweep_width_m(seen_from)),
            REACH_RANGES * seen_from,
            crosser.height_m,
            place_s(crosser),
            least,
        )


@numba.njit(cache=True)
def _add(
    rate: F4,
    need: F4,
    top: int,
    left: int,
    eye_col: float,
    eye_row: float,
    cell_m: float,
    share: float,
    constant: float,
    reach: float,
    height_m: float,
    place: float,
    least: float,
) -> None:
    """Add a share of min(constant / R^3, MOST_PER_S) within reach, as far as sight leaves it in `place` seconds.

    need is a window at (top, left) of the field.
    """
    for r in range(need.shape[0]):
        for c in range(need.shape[1]):
            dx, dy = (c - eye_col) * cell_m, (eye_row - r) * cell_m
            d2 = max(dx * dx + dy * dy, 1.0)
            if d2 <= reach * reach:
                in_sight = min(constant / (d2 * math.sqrt(d2)), MOST_PER_S) * place
                seen = seen_of(in_sight, sure_of(p_in_sight(need[r, c], height_m), least), 1.0) / place
                rate[top + r, left + c] += np.float32(share * seen)
