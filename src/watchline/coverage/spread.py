"""How sure the chance of a route is: its exposure under draws of what is believed of sensors, and of frailty.

Theory: the route stays, the sensors' performance is drawn from its belief (sensors of a kind err together), the
eyes' part of its exposure is reckoned anew for each draw, what people and fences add stays as it is; with a draw of
the frailty k each gives a chance of passing unseen.

Limits: the route is the weakest one under the mean; under other draws another one may be weaker, so the upper end is
the least that can be said for it.  Terrain's error and the conditions' are not drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchline.coverage.eyes import Eye, add_eye_at
from watchline.coverage.weakest_path import Ground, Route
from watchline.domain.site import Site
from watchline.geo.terrain import Terrain
from watchline.sensing.detection import Crosser, performance_table
from watchline.sensing.frailty import FrailtyPrior
from watchline.sensing.glimpse import p_miss
from watchline.sensing.situation import Situation

F8 = NDArray[np.float64]
F4 = NDArray[np.float32]

DRAWS = 200
STEP_CELLS = 0.5


@dataclass(frozen=True)
class Unseen:
    """Chance of passing unseen: mean over all draws, and the 5 and 95 % points."""

    mean: float
    low: float
    high: float


def drawn_performances(
    rng: np.random.Generator, site: Site, crosser: Crosser, now: Situation, draws: int = DRAWS
) -> F8:
    """Return (draws, N, 13) performance tables, theta drawn from what is believed of the sensors."""
    belief = now.believed(site.sensors)
    return np.stack(
        [performance_table(site.sensors, crosser, belief.draw(rng), now.conditions) for _ in range(draws)]
    )


def unseen(
    route: Route,
    ground: Ground,
    terrain: Terrain,
    eyes: list[Eye],
    performances: F8,
    crosser: Crosser,
    now: Situation,
    rng: np.random.Generator,
    moving: F4 | None = None,
    frailty: FrailtyPrior | None = None,
) -> Unseen:
    """Return the chance of passing unseen along a route.

    performances (J, N, 13) from `drawn_performances`; moving (rows, cols): as in `exposure.rate_per_s`.
    """
    cell, seconds = _time_in_cells(route, ground)
    rates = np.zeros((len(performances), len(cell)))
    for eye in eyes:
        if eye.index not in now.dark:
            quality = now.quality_of(eye.index)
            table = np.ascontiguousarray(performances[:, eye.index])
            add_eye_at(rates, cell, terrain, eye, table, crosser, quality)
    goes = 1.0 if moving is None else moving[cell[:, 0], cell[:, 1]]
    by_eyes = rates @ (goes * seconds)
    # What is not by eyes (people, wire) is the rest of the route's exposure, at the draws' middle.
    rest = max(route.exposure - float(np.median(by_eyes)), 0.0)
    law = frailty or FrailtyPrior()
    k = law.mean * np.exp(law.ln_sd * rng.standard_normal(len(by_eyes)))
    p = np.array([float(p_miss(h + rest, each)) for h, each in zip(by_eyes, k, strict=True)])
    low, high = np.quantile(p, (0.05, 0.95))
    return Unseen(float(p.mean()), float(low), float(high))


def _time_in_cells(route: Route, ground: Ground) -> tuple[NDArray[np.int64], F8]:
    """Return (M, 2) cells along the route, STEP_CELLS apart, and the seconds spent from one to the next."""
    step = np.hypot(*np.diff(route.path_rc, axis=0).T)
    at = np.concatenate([[0.0], np.cumsum(step)])
    middle = np.arange(STEP_CELLS / 2, at[-1], STEP_CELLS)
    rc = np.column_stack([np.interp(middle, at, route.path_rc[:, k]) for k in (0, 1)])
    cell = np.rint(rc).astype(np.int64)
    speed = np.broadcast_to(np.asarray(ground.speed_m_s, float), ground.rate_per_s.shape)[cell[:, 0], cell[:, 1]]
    with np.errstate(divide="ignore"):
        # A cell that nobody can take is only grazed by a route: it costs no time here.
        seconds = np.where(speed > 0.0, STEP_CELLS * ground.cell_m / speed, 0.0)
    return cell, seconds
