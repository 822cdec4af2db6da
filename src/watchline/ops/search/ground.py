"""The ground of a search: a site's heights, land cover, roads and places on the search's cells, and its searchers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchline.coverage.watchers import DRONE_SEEN_FROM_M
from watchline.domain.site import Unit
from watchline.geo.line_grid import line_coordinates_m
from watchline.geo.mobility import Mover
from watchline.geo.terrain import Terrain
from watchline.ops.mobility import Going, going
from watchline.ops.respond.land import ways_of
from watchline.ops.site_file import LoadedSite
from watchline.response.travel.reach import Ways, reach
from watchline.search.motion import F4, F8, Ground, Intent, disc_cells, goal_heading
from watchline.search.plan import Searcher
from watchline.sensing import scent
from watchline.sensing.detection import WALKER, Crosser
from watchline.sensing.lateral_range import inverse_cube_sweep_width_m
from watchline.sensing.observer import eye_constant_m3_s, seen_from_m, sweep_width_m

CELL_M = 250.0
HALF_M = 50_000.0  # the map reaches so far to each side of the last place, as far as there is elevation
ROOM_M = 150.0  # between lanes and the line: nobody keeps to a lane by the metre (some tens of metres beside it)
TURN_S = 600.0  # ASSUMED, between two sorties of a drone
SEARCHING_M_S = 4.0  # ASSUMED: nobody looks about at a higher speed over the ground
WIND_M_S, SUN_DEG = 3.0, {True: 40.0, False: -10.0}  # ASSUMED where nobody says: as dogs have it
FOUND_BY = ("patrol", "reserve")  # medical teams are wanted where somebody is found


@dataclass(frozen=True)
class SearchLand:
    """A site on the search's cells: coarse terrain, offsets from the line d_m, roads, hazards; our own ways."""

    grid: Terrain
    d_m: F4
    going: Going
    fine: Terrain
    ways: dict[str, Ways]

    def ground(self, mover: Mover) -> Ground:
        """Return what those who are searched for go over: they do not know of mines."""
        factor = self.going.speed_factor(mover, ours=False)
        return Ground(self.grid, _coarse(factor, self.fine, self.grid, np.nanmean))

    def headings(self, ground: Ground, outer_side: bool, places_m: list[F8]) -> dict[Intent, F4]:
        """Return where the fastest ways lead: to the far edge of the home side and the outer one, and to places.

        outer_side: contact was lost on the outer side of the line, so that onward is home.
        """
        home = self.d_m > 0.9 * float(np.max(self.d_m))
        outside = self.d_m < 0.9 * float(np.min(self.d_m))
        onward, back = (home, outside) if outer_side else (home, outside | (self.d_m < 0.0))
        goals: dict[Intent, NDArray[np.bool_]] = {
            "onward": onward, "back": back, "place": disc_cells(self.grid, places_m)
        }  # fmt: skip
        return {intent: goal_heading(ground, goal) for intent, goal in goals.items() if goal.any()}


def search_land(site: LoadedSite, terrain: Terrain, centre_m: F8, half_m: float = HALF_M) -> SearchLand:
    """Return the land half_m to each side of a place, as far as there is elevation."""
    times = max(1, round(CELL_M / terrain.cell_m))
    rows, cols = terrain.height_m.shape
    c, r = (centre_m[0] - terrain.x0_m) / terrain.cell_m, (terrain.y0_m - centre_m[1]) / terrain.cell_m
    half = math.ceil(half_m / terrain.cell_m)
    top, left = max(0, int(r) - half), max(0, int(c) - half)
    bottom, right = min(rows, int(r) + half), min(cols, int(c) + half)
    bottom, right = top + (bottom - top) // times * times, left + (right - left) // times * times
    heights = terrain.height_m[top:bottom, left:right]
    fine = Terrain(heights, terrain.x0_m + left * terrain.cell_m, terrain.y0_m - top * terrain.cell_m, terrain.cell_m)
    blocks = heights.reshape(heights.shape[0] // times, times, -1, times)
    shift = 0.5 * (times - 1) * terrain.cell_m
    coarse = np.asarray(np.nan_to_num(blocks).mean(axis=(1, 3)), np.float32)
    grid = Terrain(coarse, fine.x0_m + shift, fine.y0_m - shift, times * terrain.cell_m)
    _, d_m = line_coordinates_m(site.line, grid)
    return SearchLand(grid, d_m, going(site, fine), fine, ways_of(site, terrain))


def searchers_of(
    site: LoadedSite, land: SearchLand, units: tuple[Unit, ...], subject: Crosser, from_s: float, until_s: float, *,
    day: bool, visibility_m: float, beyond_line: bool, at_m: Mapping[str, F8] | None = None,
    wind_m_s: float = WIND_M_S,
) -> list[Searcher]:  # fmt: skip
    """Return what units can do; those of no kind that searches are left out.

    A unit with a dog goes at the dog's pace and sweeps by scent or by eye, whichever is wider.

    at_m: where patrols were heard last, by id; the others begin at their post or in the middle of their beat, and
    drones at their base.
    """
    home = np.asarray(land.d_m >= math.sqrt(0.5) * land.grid.cell_m + ROOM_M)  # with all its corners
    closed = _coarse(land.going.hazards.astype(np.float32), land.fine, land.grid, np.max) > 0.0
    posts = {post.id: post for post in site.site.posts}
    out = []
    for unit in units:
        at = posts.get(unit.post or "", unit)
        if at_m is not None and unit.id in at_m and unit.kind != "drone":
            xy = at_m[unit.id]
        elif unit.patrol_from_km is not None and unit.patrol_to_km is not None and unit.post is None:
            middle_m = 500.0 * (unit.patrol_from_km + unit.patrol_to_km)
            xy = site.line.xy_m_from_sd([middle_m, unit.patrol_offset_m])
        else:
            xy = site.line.frame.xy_m_of(at)
        if unit.kind == "drone":
            out.append(
                Searcher(unit.id, xy, unit.speed_m_s, sweep_width_m(DRONE_SEEN_FROM_M), from_s, until_s,
                         open_=None if beyond_line else home, sortie_s=unit.endurance_s, turn_s=TURN_S)
            )  # fmt: skip
        elif unit.kind in FOUND_BY:
            speed = min(unit.speed_m_s, SEARCHING_M_S)
            if unit.dog:
                speed = min(speed, scent.SPEED_M_S)
            width = eye_width_m(subject, speed, day=day, visibility_m=visibility_m)
            if unit.dog:
                width = max(width, scent.sweep_width_m(wind_m_s, SUN_DEG[day]))
            field = _reach(land, unit.means, xy, unit.speed_m_s)
            out.append(Searcher(unit.id, xy, speed, width, from_s, until_s, reach_s=field, open_=home & ~closed))
    return out


def eye_width_m(subject: Crosser, speed_m_s: float, *, day: bool, visibility_m: float) -> float:
    """Return the sweep width by eye of somebody who goes at a speed."""
    seen = seen_from_m(subject.area_m2 or WALKER.area_m2, day=day, visibility_m=visibility_m)
    return inverse_cube_sweep_width_m(eye_constant_m3_s(sweep_width_m(seen)), speed_m_s)


def _reach(land: SearchLand, means: str, xy_m: F8, speed_m_s: float) -> F8:
    """Return (rows, cols) seconds over the ground to the map's cells, inf where a unit never goes."""
    found = reach(land.ways[means], xy_m, speed_m_s)
    rows, cols = land.grid.height_m.shape
    x = land.grid.x0_m + np.arange(cols) * land.grid.cell_m
    y = land.grid.y0_m - np.arange(rows) * land.grid.cell_m
    return found.at(np.stack(np.meshgrid(x, y), axis=-1))


def _coarse(field: NDArray[np.generic], fine: Terrain, grid: Terrain, by: object) -> F4:
    times = round(grid.cell_m / fine.cell_m)
    rows, cols = grid.height_m.shape
    blocks = field[: rows * times, : cols * times].reshape(rows, times, cols, times)
    return np.asarray(by(blocks, axis=(1, 3)), np.float32)  # type: ignore[operator]
