"""From a site and a study to the ground that towers are planned on: ways, belt, candidates, the hours that count."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import msgspec
import numpy as np
from numpy.typing import NDArray

from watchline.coverage import exposure
from watchline.coverage.exposure import Ribbon
from watchline.domain.errors import BadInput
from watchline.domain.site import Sensor
from watchline.geo.line_grid import line_coordinates_m
from watchline.geo.mobility import areas_on_grid
from watchline.geo.terrain import Terrain
from watchline.ops.mobility import going
from watchline.ops.planning.help_reach import help_on, on_grid
from watchline.ops.planning.hours import conditions_of
from watchline.ops.planning.mobile_posts import beside_roads, drive_hours, mobile_posts, turned, with_homes, without
from watchline.ops.planning.study_file import Hour, TowerStudy
from watchline.ops.planning.towers.candidates import Candidate, masts_at, posts_at
from watchline.ops.planning.watched import watched
from watchline.ops.site_file import LoadedSite
from watchline.planning.aim import Aim
from watchline.planning.choosing import Chosen
from watchline.planning.line_ways import LineGround
from watchline.planning.sites import Places, distance_m, high_ground, joined
from watchline.sensing.detection import CROSSERS, Crosser
from watchline.sensing.situation import Situation

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]
Mask = NDArray[np.bool_]

NO_LOOK = ("no_look", "privacy")


@dataclass(frozen=True)
class PlanningGround:
    """Everything about the ground that does not depend on what is chosen.

    lines: what crossers meet at each hour, without candidates' fields and without posts that may move; moving: as
    `Watched` has it; help_ (rows, cols) where help is, those posts aside; masked (rows, cols) ground that sensors may
    not look at; aim: how the hours count.
    """

    site: LoadedSite
    terrain: Terrain
    crosser: Crosser
    hours: tuple[Hour, ...]
    situations: tuple[Situation, ...]
    lines: tuple[LineGround, ...]
    moving: F4
    places: Places
    candidates: tuple[Candidate, ...]
    outward_rad: F8
    convergence_rad: F8
    help_: Mask
    masked: Mask
    under: Ribbon
    aim: Aim

    @cached_property
    def unseen(self) -> Mask:
        """Return (rows, cols) the cells where nothing that candidates see counts: beside the belt, and masked."""
        belt, cell_m = self.lines[0].belt, self.terrain.cell_m
        beside = (belt.offset_m < -belt.outside_m - cell_m) | (belt.offset_m > belt.home_m + cell_m)
        return beside | self.masked

    @property
    def kilometres(self) -> int:
        """Return how many stretches the line has."""
        return self.lines[0].stretches

    @property
    def stay(self) -> Chosen:
        """Return the candidates that are mobile posts where they stand now."""
        return tuple(k for k, one in enumerate(self.candidates) if one.stays)

    def sensors_of(self, number: int) -> tuple[Sensor, ...]:
        """Return a candidate's sensors with true bearings, as they would stand in the site."""
        one = self.candidates[number]
        turn = math.degrees(self.outward_rad[one.place] - self.convergence_rad[one.place])
        out = []
        for sensor in one.mast.sensors:
            # What a post takes along keeps its name.
            name = sensor.id if one.post else f"{self.name_of(number)}-{sensor.id}"
            stands = msgspec.structs.replace(turned(sensor, turn), id=name)
            if sensor.from_km is not None and sensor.to_km is not None:
                low, high = (self._kept_km(one.place, km) for km in (sensor.from_km, sensor.to_km))
                stands = msgspec.structs.replace(stands, from_km=low, to_km=high)
            out.append(stands)
        return tuple(out)

    def _kept_km(self, place: int, beside_km: float) -> float:
        """Return kilometres along the line, so far beside a place, on the line."""
        s_m = float(np.clip(self.places.s_m[place] + 1000.0 * beside_km, 0.0, self.site.line.length_m))
        return round(s_m / 1000.0, 3)

    def name_of(self, number: int) -> str:
        """Return a candidate's name: its chainage in hundred metres, with its kind where there are several.

        A mobile post has its own, and the place where it does not stand now.
        """
        one = self.candidates[number]
        place = f"P{self.places.s_m[one.place] / 100:04.0f}"
        if one.post:
            return one.post if one.stays else f"{one.post}-{place}"
        kinds = {candidate.mast.name for candidate in self.candidates if not candidate.post}
        return place if len(kinds) == 1 else f"{place}-{one.mast.name.replace(' ', '-')}"


def planning_ground(site: LoadedSite, terrain: Terrain, study: TowerStudy) -> PlanningGround:
    """Return the ground of a study; BadInput when no place fits its rules."""
    crosser = next(c for c in CROSSERS if c.name == study.crosser)
    chainage, offset = line_coordinates_m(site.line, terrain)
    situations = tuple(
        Situation(
            conditions_of(hour, site), watched=study.people, reach_sure=study.reach_sure, sight_sure=study.sight_sure
        )
        for hour in study.hours
    )
    mobile = mobile_posts(site, terrain) if study.moves.most else ()
    fixed = without(site, mobile)
    here = watched(fixed, terrain, (chainage, offset), crosser, situations)
    going_ = going(site, terrain)
    slope = np.hypot(*np.gradient(terrain.height_m, terrain.cell_m))
    masked = areas_on_grid(_rings(site, NO_LOOK), terrain)
    allowed = (slope <= study.slope_max) & ~going_.hazards & ~masked
    band = (offset >= study.from_m) & (offset <= study.to_m)
    places = high_ground(terrain, chainage, offset, allowed & band, line_m=site.line.length_m, count=study.candidates)
    posts = on_grid([(p.lon_deg, p.lat_deg) for p in fixed.site.posts], site, terrain)
    to_road, to_post = distance_m(going_.roads > 0, terrain.cell_m), distance_m(posts, terrain.cell_m)
    candidates = masts_at(fixed, terrain, study, places, to_road, to_post) if study.choose else ()
    if mobile:
        beside = beside_roads(site, terrain, (chainage, offset), allowed, going_, study.moves)
        hours = drive_hours(mobile, terrain, going_, beside, study.moves.speed_m_s)
        stands, moves = with_homes(mobile, site, terrain, beside, hours, study.moves.within_h)
        candidates += posts_at(mobile, moves, len(places.s_m), study)
        places = joined(places, stands)
    if len(candidates) <= len(mobile):
        raise BadInput(
            "towers", "no place along the line fits the study's rules", "widen from_m..to_m, slope_max or radio_km"
        )
    outward = site.line.heading_rad(places.s_m) + site.line.home_sign * np.pi / 2
    help_ = help_on(fixed, terrain, going_.roads)
    return PlanningGround(
        site, terrain, crosser, study.hours, situations, here.lines, here.moving, places, candidates,
        np.asarray(outward), site.line.frame.convergence_rad(places.xyz_m[:, :2]), help_, masked,
        exposure.ribbon(site.line, terrain), study.aim,
    )  # fmt: skip


def _rings(site: LoadedSite, kinds: tuple[str, ...]) -> list[F8]:
    to_xy = site.line.frame.xy_m_from_lonlat
    ids = [area.id for area in site.site.areas if area.kind in kinds]
    return [to_xy(ring[:, 0], ring[:, 1]) for id_ in ids for ring in site.areas.get(id_, [])]
