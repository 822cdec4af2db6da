"""What if this mast stood there?  The strength of every kilometre and the weakest way, in a second or two.

The line is solved once; a mast that is moved changes the rate in the boxes its sensors see from the old place and the
new, and the fields are solved again round them only (`coverage.solver.update`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from watchline.coverage.crossing import Crossing, crossing_after, weakest_paths
from watchline.coverage.eyes import SEEN_BY_EYE, Eye, add_eye, eye_of
from watchline.coverage.solver.update import Box
from watchline.coverage.weakest_path import Ground, Route
from watchline.domain.errors import BadInput
from watchline.geo.line_grid import line_coordinates_m
from watchline.geo.terrain import Terrain
from watchline.ops.mobility import going
from watchline.ops.planning.help_reach import HelpReach, help_on
from watchline.ops.planning.repairs import OPEN
from watchline.ops.planning.watched import chance_by_kilometre, take_away, watched
from watchline.ops.site_file import LoadedSite
from watchline.planning.harm import farthest_h
from watchline.planning.line_ways import LineGround
from watchline.planning.sites import high_ground
from watchline.sensing.detection import WALKER, Crosser
from watchline.sensing.situation import Situation

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]

REACH_KM = 2.0
BEHIND_M = (100.0, 3000.0)


@dataclass(frozen=True)
class Asked:
    """The answer.  before, after (K,): chance of detection on the weakest way of each kilometre; found: the line
    solved after the move; help_h: hours from help at the worst place of the weakest way of all, before and after, NaN
    where none leads."""

    before: F8
    after: F8
    found: Crossing
    help_h: tuple[float, float]

    @cached_property
    def route(self) -> Route | None:
        """Return the weakest way of all after the move, None where none leads."""
        return _weakest(self.found)


def _weakest(found: Crossing) -> Route | None:
    return next(iter(weakest_paths(found, 1, separation_m=0.0)), None)


class WhatIf:
    """A line, solved as it stands; asked about one mast at a time.  Nothing of an answer is kept."""

    def __init__(self, site: LoadedSite, terrain: Terrain, now: Situation, crosser: Crosser = WALKER) -> None:
        """Solve the line as it stands (4 s for 200 km)."""
        self._site, self._terrain, self._now, self._crosser = site, terrain, now, crosser
        self._along = line_coordinates_m(site.line, terrain)
        here = watched(site, terrain, self._along, crosser, (now,))
        self._eyes: tuple[Eye, ...] = here.eyes
        self._line: LineGround = here.lines[0]
        self._moving = here.moving
        self._table = now.table(site.site.sensors, crosser)
        self._found: Crossing = self._line.crossing_with(())
        self.before = chance_by_kilometre(self._line, self._found)
        self._reach = HelpReach(self._line, help_on(site, terrain, going(site, terrain).roads))
        self._help_before_h = self._help_h(self._found)

    def moved(self, post: str, lon_deg: float, lat_deg: float, *, stays: bool = False) -> Asked:
        """Return how strong the line would be if this post with its cameras and radars stood there.

        stays: it stays where it is, and another like it, with nothing dark or dim, stands there.  Raises BadInput for
        a post that is none or has nothing to look with, and for a place off the terrain.
        """
        sensors = self._site.site.sensors
        mine = [k for k, s in enumerate(sensors) if s.post == post and s.kind in SEEN_BY_EYE]
        if not mine:
            raise BadInput(f"post {post}", "is no post with cameras or radars", "name one of the site")
        xy = self._site.line.frame.xy_m_from_lonlat(lon_deg, lat_deg)
        ground_m = float(self._terrain.height_at(xy))
        if not np.isfinite(ground_m):
            raise BadInput(f"post {post}", f"({lon_deg:g}, {lat_deg:g}) is off the terrain", "choose another place")
        turn = float(self._site.line.frame.convergence_rad(xy))
        gone = [] if stays else [eye for eye in self._eyes if eye.index in mine]
        come = [
            eye_of(k, sensors[k], np.array([*xy, ground_m + sensors[k].mast_m]), turn, self._terrain)
            for k in mine
            if stays or k not in self._now.dark
        ]
        rate = self._line.rate_per_s.copy()
        take_away(rate, self._seen_by([eye for eye in gone if eye.index not in self._now.dark]))
        rate += self._seen_by(come, fresh=stays)
        ground = Ground(rate, self._line.speed_m_s, self._line.cell_m)
        found = crossing_after(self._found, ground, _box([*gone, *come], self._terrain))
        return Asked(
            self.before, chance_by_kilometre(self._line, found), found, (self._help_before_h, self._help_h(found))
        )

    def _help_h(self, found: Crossing) -> float:
        route = _weakest(found)
        return np.nan if route is None else farthest_h(self._reach.hours, route.path_rc)

    def weakest_run(self) -> tuple[int, int]:
        """Return the longest run of open kilometres (from, to), the weakest kilometre when none is open."""
        runs: list[tuple[int, int]] = []
        for km in np.flatnonzero(self.before < OPEN).tolist():
            if runs and runs[-1][1] == km:
                runs[-1] = runs[-1][0], km + 1
            else:
                runs.append((km, km + 1))
        worst = int(np.argmin(self.before))
        return max(runs, key=lambda run: run[1] - run[0], default=(worst, worst + 1))

    def mend(self, from_km: int, to_km: int) -> tuple[str, F8, list[Asked]]:
        """Return what another mast would do for a stretch: like which post, at which high places (N, 2), each answer.

        Places: the highest cell of each kilometre, as far as `REACH_KM` beyond the stretch and 3 km behind the line.
        The best first: by what the stretch gains on the mean, then by what the line gains.
        """
        chainage, offset = self._along
        low, high = 1000.0 * (from_km - REACH_KM), 1000.0 * (to_km + REACH_KM)
        allowed = (chainage >= low) & (chainage <= high) & (offset >= BEHIND_M[0]) & (offset <= BEHIND_M[1])
        length_m = self._site.line.length_m
        found = high_ground(
            self._terrain, chainage, offset, allowed, line_m=length_m, count=max(1, round(length_m / 1000.0))
        )
        lonlat = self._site.line.frame.lonlat_from_xy_m(found.xyz_m[:, :2])
        post = self._nearest(500.0 * (from_km + to_km))
        answers = [self.moved(post, float(lon), float(lat), stays=True) for lon, lat in lonlat]

        def gain(k: int) -> tuple[float, float]:
            more = answers[k].after - self.before
            return float(more[from_km:to_km].mean()), float(more.mean())

        order = sorted(range(len(answers)), key=gain, reverse=True)
        return post, np.column_stack([found.s_m, found.d_m])[order], [answers[k] for k in order]

    def _nearest(self, s_m: float) -> str:
        """Return the post with cameras or radars that stands nearest along the line."""
        line, site = self._site.line, self._site.site
        looks = {sensor.post for sensor in site.sensors if sensor.kind in SEEN_BY_EYE}
        posts = [post for post in site.posts if post.id in looks]
        xy = line.frame.xy_m_from_lonlat(np.array([p.lon_deg for p in posts]), np.array([p.lat_deg for p in posts]))
        return posts[int(np.argmin(np.abs(line.sd_from_xy_m(xy)[:, 0] - s_m)))].id

    def _seen_by(self, eyes: list[Eye], *, fresh: bool = False) -> F4:
        """Return (rows, cols) the rate of some eyes alone; fresh: as new ones, not as they do now."""
        rate = np.zeros(self._terrain.height_m.shape, np.float32)
        for eye in eyes:
            quality = np.nan if fresh else self._now.quality_of(eye.index)
            add_eye(
                rate,
                self._terrain,
                eye,
                self._table[eye.index],
                self._crosser,
                quality,
                moving=self._moving,
                least=self._now.sight_sure,
            )
        return rate


def _box(eyes: list[Eye], terrain: Terrain) -> Box:
    """Return the box of cells that any of the eyes looks at."""
    corners = [(*eye.corner(terrain), *eye.need.height_m.shape) for eye in eyes]
    return (
        min(top for top, _, _, _ in corners),
        max(top + rows for top, _, rows, _ in corners),
        min(left for _, left, _, _ in corners),
        max(left + cols for _, left, _, cols in corners),
    )
