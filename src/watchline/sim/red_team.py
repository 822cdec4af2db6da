"""Crossers who are sent to find out whether the line's own figures are right.

Nothing here is the estimator's: they enter anywhere along the line with the same chance and go by the simulator's
routes over ground that they misjudge in their own way (waypoints off by hundreds of metres); how easily each is seen
is log-normal for most and a tenth for the careful few, where the estimator believes in a gamma law; outages are the
world's, correlated by power and links.  `Optimiser` looks for the way that is reported least, with the simulator's
own physics, by the cross-entropy method over waypoints (Rubinstein 1999).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchline.sensing import signature
from watchline.sensing.signature import UPRIGHT
from watchline.sim import walking
from watchline.sim.camera_model import OUTLINES, contrast_snr, detection_p
from watchline.sim.radar_model import R50_M, STATED_M
from watchline.sim.sight import hidden_m
from watchline.sim.walking import Gait
from watchline.sim.weather import transmission
from watchline.sim.world import World

F8 = NDArray[np.float64]

EASE_LN_SD = 0.7  # of how easily most are seen; mean 1
CAREFUL_SHARE, CAREFUL_EASE = 0.15, 0.1
WAYPOINT_SD_M = 500.0
PACE_M_S, DRIVE_M_S = (0.95, 1.4), (5.0, 10.0)  # of the simulator's people and vehicles
TRIES = 50
BEHIND_M = 150.0  # how far past the far edge they go


@dataclass(frozen=True)
class Sent:
    """One who was sent: body in the world, chainage at which it means to cross, its (N, 2) way, when it starts."""

    body: int
    s_m: float
    way_m: F8
    start_s: float


class RedTeam:
    """Sends crossers into a world.  Mutable: it draws chance of its own."""

    def __init__(self, world: World, *, outside_m: float, far_m: float, seed: int) -> None:
        """Take a world; they come from outside_m before the line and go to far_m behind it."""
        self.world, self._outside_m, self._far_m = world, outside_m, far_m
        self.rng = np.random.default_rng([seed, 0x8ED])

    def anywhere(self) -> tuple[float, F8]:
        """Return where one who knows nothing crosses and which way (N, 2) it goes; ValueError if there is none."""
        people, length = self.world.population, self.world.line.length_m
        for _ in range(TRIES):
            s = float(self.rng.uniform(0.0, length))
            via = self._place(s, 0.0)
            aside = self.rng.normal(0.0, WAYPOINT_SD_M, 2)
            ends = self._place(s + aside[0], -self._outside_m), self._place(s + aside[1], self._far_m + BEHIND_M)
            if not all(bool(people.routes.open_at(p)) for p in (via, *ends)):
                continue
            out, home = people.routes.path(ends[0], via, 0.0), people.routes.path(via, ends[1], 0.0)
            if out is not None and home is not None:
                return s, np.concatenate([out, home[1:]])
        raise ValueError("no way leads over this line")

    def send(
        self, s_m: float, way_m: F8, t_s: float, *, ease: float | None = None, vehicle: bool = False
    ) -> Sent | None:
        """Send one walker, or one vehicle, along its way from t_s on; None when the world is full."""
        world, people = self.world, self.world.population
        careful = self.rng.random() < CAREFUL_SHARE
        drawn = CAREFUL_EASE if careful else float(np.exp(self.rng.normal(-0.5 * EASE_LN_SD**2, EASE_LN_SD)))
        gait = Gait(self.rng.uniform(*PACE_M_S), stops_per_km=0.3)
        if vehicle:
            gait = Gait(self.rng.uniform(*DRIVE_M_S), stops_per_km=0.15, stop_s=200.0)
        delay_s = people.delay_s(self._place(s_m, 0.0), vehicle=vehicle)
        path, crossings = walking.timed(way_m, t_s, gait, world.line, world.terrain, self.rng, delay_s)
        warmth_k = float(self.rng.normal(0.0, 1.2))
        body = people.party_of_one(
            path, crossings, ease=drawn if ease is None else ease, warmth_k=warmth_k,
            kind=signature.VEHICLE if vehicle else signature.PERSON,
        )  # fmt: skip
        return Sent(body, s_m, way_m, t_s) if body else None

    def _place(self, s_m: float, d_m: float) -> F8:
        return self.world.line.xy_m_from_sd(np.array([np.clip(s_m, 0.0, self.world.line.length_m), d_m]))


class Optimiser:
    """Looks for the way over the line that is reported least, knowing how sensors work and which of them do."""

    PLACES_M = 60.0  # along a way
    WAYPOINTS = 6
    ROUNDS, TRIED, KEPT = 10, 20, 5

    def __init__(self, team: RedTeam) -> None:
        """Take a team, whose chance it uses."""
        self._team, self._world = team, team.world

    def way(self, s_m: float, outside_m: float, far_m: float) -> F8:
        """Return (N, 2) the best of ROUNDS x TRIED ways that cross in the kilometre around s_m."""
        rng = self._team.rng
        d = np.linspace(-outside_m, far_m + BEHIND_M, self.WAYPOINTS)
        middle, spread = np.full(self.WAYPOINTS, s_m), np.full(self.WAYPOINTS, 800.0)
        best, least = self._through(middle, d), math.inf
        for _ in range(self.ROUNDS):
            drawn = middle + spread * rng.standard_normal((self.TRIED, self.WAYPOINTS))
            ways = [self._through(each, d) for each in drawn]
            found = np.array([self.reports(way, s_m) for way in ways])
            order = np.argsort(found)[: self.KEPT]
            middle, spread = drawn[order].mean(axis=0), drawn[order].std(axis=0) + 20.0
            if found[order[0]] < least:
                best, least = ways[int(order[0])], float(found[order[0]])
        return best

    def reports(self, way_m: F8, s_m: float) -> float:
        """Return the mean number of reports on the way up to the line; inf where nobody can go."""
        world = self._world
        leg = np.hypot(*np.diff(way_m, axis=0).T)
        at = np.concatenate([[0.0], np.cumsum(leg)])
        along = np.arange(0.5 * self.PLACES_M, at[-1], self.PLACES_M)
        xy = np.column_stack([np.interp(along, at, way_m[:, k]) for k in (0, 1)])
        sd = world.line.sd_from_xy_m(xy)
        over = int(np.argmax(sd[:, 1] >= 0.0))
        if not bool(np.all(world.population.routes.open_at(xy))) or abs(sd[over, 0] - s_m) > 500.0:
            return math.inf
        return sum(self._rate(x, y) for x, y in xy[: over + 1]) * self.PLACES_M / 1.15

    def _rate(self, x: float, y: float) -> float:
        """Return reports a second at a place, of all sensors that are heard now."""
        world, eyes, land = self._world, self._world.eyes, self._world.land
        wide, tall = OUTLINES[UPRIGHT, signature.PERSON]
        total = 0.0
        for s in np.flatnonzero((eyes.kind < 2) & world.heard & np.isfinite(eyes.x)):
            r = math.hypot(x - eyes.x[s], y - eyes.y[s])
            off = (math.atan2(x - eyes.x[s], y - eyes.y[s]) - eyes.middle[s] + math.pi) % (2 * math.pi) - math.pi
            if r > eyes.range_m[s] or r < 50.0 or abs(off) > 0.5 * max(eyes.span[s], eyes.hfov_rad[s]):
                continue
            hidden = hidden_m(land.height, land.x0, land.y0, land.cell, eyes.x[s], eyes.y[s], eyes.z[s], x, y)
            if hidden > 0.7 * tall:
                continue
            if eyes.kind[s] == 1:
                half_m = R50_M[signature.PERSON] * eyes.range_m[s] / STATED_M
                p = 0.95 / (1.0 + (r / half_m) ** 8)
            else:
                contrast = world.contrast_k(signature.PERSON)
                through = transmission(r, 0.0, 0.0) * eyes.lens[s]
                p = detection_p(
                    contrast_snr(contrast, wide, tall - hidden, r, eyes.pixel_rad[s], eyes.netd_k[s], through),
                    world.errors,
                )
            share = min(1.0, eyes.hfov_rad[s] / max(eyes.span[s], eyes.hfov_rad[s]))
            total += p * share / max(float(world.rhythm.period_s[s]), 1e-3)
        return total

    def _through(self, s_m: F8, d_m: F8) -> F8:
        line = self._world.line
        return line.xy_m_from_sd(np.column_stack([np.clip(s_m, 0.0, line.length_m), d_m]))


def best_of(rng: np.random.Generator, miss: F8, choices: int, count: int) -> NDArray[np.int64]:
    """Return (count,) which of the passages (N,) those take who have so many to choose from and take the weakest."""
    drawn = rng.integers(0, len(miss), (count, choices))
    return np.asarray(drawn[np.arange(count), np.argmax(miss[drawn], axis=1)])
