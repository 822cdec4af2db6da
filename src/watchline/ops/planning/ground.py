"""From a site and a study to the ground that towers are planned on: ways, belt, candidates, the hours that count."""

from __future__ import annotations

import math
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from watchline.coverage import exposure
from watchline.coverage.crossing import Belt, Crossing, abreast, strength, stretches
from watchline.coverage.exposure import Ribbon
from watchline.coverage.eyes import SEEN_BY_EYE, Eye, eyes_of
from watchline.coverage.watchers import MANNED, watchers_in
from watchline.domain.errors import BadInput
from watchline.domain.site import Sensor
from watchline.geo.line_grid import line_coordinates_m
from watchline.geo.mobility import areas_on_grid
from watchline.geo.terrain import Terrain
from watchline.ops.mobility import going
from watchline.ops.plan import FRAILTY_K, HOME_EDGE_M, TIME_PRICE
from watchline.ops.planning.moves import MobilePost, Move, mobile_posts, places_of, turned, without
from watchline.ops.planning.study_file import Hour, Mast, TowerStudy
from watchline.ops.site_file import LoadedSite
from watchline.planning import radio
from watchline.planning.aim import Aim
from watchline.planning.choosing import Chosen
from watchline.planning.line_ways import LineGround
from watchline.planning.sites import Places, distance_m, high_ground, joined
from watchline.sensing.air.conditions import Conditions, at, nominal
from watchline.sensing.detection import CROSSERS, Crosser
from watchline.sensing.glimpse import p_miss
from watchline.sensing.placing import placed
from watchline.sensing.situation import Situation

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]
Mask = NDArray[np.bool_]

NO_LOOK = ("no_look", "privacy")
HELP_PLACES = ("well", "camp", "village", "crossing")
POST_ANTENNA_M = 15.0
DAY_S = 1_531_648_800.0  # 2018-07-15, 10:00 UTC: a summer day
DUST_KM = 2.0
QUARTER_S = 900.0
SURE = 1e6  # exposure of which nothing is left to miss
LEFT_OVER = 1e-5  # of a rate that was taken away: rounding, not a sensor


@dataclass(frozen=True)
class Candidate:
    """One mast that may be chosen: its place (index into `Places`), its kind, its cost, the post it links to.

    post: which mobile post would stand there, "" for a mast that is new; drive_h: hours of driving to there, 0 where
    the post stands now.
    """

    place: int
    mast: Mast
    cost: float
    link: str
    post: str = ""
    drive_h: float = 0.0

    @property
    def stays(self) -> bool:
        """Return whether it is a post that stays where it is."""
        return self.post != "" and self.drive_h == 0.0


@dataclass(frozen=True)
class PlanningGround:
    """Everything about the ground that does not depend on what is chosen.

    lines: what crossers meet at each hour, without candidates' fields and without posts that may move; help_ (rows,
    cols) where help is, those posts aside; masked (rows, cols) ground that sensors may not look at; aim: how the
    hours count.
    """

    site: LoadedSite
    terrain: Terrain
    crosser: Crosser
    hours: tuple[Hour, ...]
    situations: tuple[Situation, ...]
    lines: tuple[LineGround, ...]
    places: Places
    candidates: tuple[Candidate, ...]
    outward_rad: F8
    convergence_rad: F8
    help_: Mask
    masked: Mask
    under: Ribbon
    aim: Aim

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


@dataclass(frozen=True)
class Watched:
    """What is there now: its eyes, and what crossers meet at each hour."""

    eyes: tuple[Eye, ...]
    lines: tuple[LineGround, ...]


def chance(exposure: F8) -> F8:
    """Return the chance of detection of an exposure, by frailty."""
    return np.asarray(1.0 - p_miss(np.minimum(exposure, SURE), FRAILTY_K), float)


def chance_by_kilometre(line: LineGround, found: Crossing) -> F8:
    """Return (K,) the chance of detection on the weakest way of each kilometre."""
    return chance(strength(found.at_line, line.stretch, line.stretches))


def take_away(rate: F4, lost: F4) -> None:
    """Take what some sensors gave away from a rate, in place: what rounding leaves is no sensor."""
    rate -= lost
    rate[(rate < LEFT_OVER * lost) | (rate < 0.0)] = 0.0


def watched(
    site: LoadedSite,
    terrain: Terrain,
    coordinates_m: tuple[F4, F4],
    crosser: Crosser,
    hours: tuple[Situation, ...],
    eyes: tuple[Eye, ...] | None = None,
) -> Watched:
    """Return the line as crossers meet it today; coordinates_m: chainage and offset (rows, cols).

    eyes: of the site, where they are known already (a viewshed each).
    """
    chainage, offset = coordinates_m
    under = exposure.ribbon(site.line, terrain)
    belt = Belt(offset, under.cell, under.s_m, site.site.line.outside_depth_m, HOME_EDGE_M)
    stretch = abreast(belt, chainage, site.line.length_m).ravel()[belt.line_cell]
    factor = going(site, terrain).speed_factor(crosser.goes, ours=False)
    speed = exposure.speed_m_s(terrain, under, site.site, crosser, factor)
    if eyes is None:
        where = placed(site.site, site.line, terrain)
        eyes = tuple(eyes_of(site.site, where.eye_m, where.convergence_rad, terrain))
    lines = []
    for now in hours:
        people = watchers_in(now, site.site, site.line, terrain)
        rate = exposure.rate_per_s(terrain, eyes, people, site.site, crosser, now)
        exposure.add_fences(rate, under, site.site, crosser, terrain.cell_m, now)
        count = stretches(site.line.length_m)
        lines.append(LineGround(rate, speed, terrain.cell_m, belt, stretch, count, (), TIME_PRICE))
    return Watched(eyes, tuple(lines))


def planning_ground(site: LoadedSite, terrain: Terrain, study: TowerStudy) -> PlanningGround:
    """Return the ground of a study; BadInput when no place fits its rules."""
    crosser = next(c for c in CROSSERS if c.name == study.crosser)
    chainage, offset = line_coordinates_m(site.line, terrain)
    situations = tuple(Situation(conditions_of(hour, site), watched=study.people) for hour in study.hours)
    mobile = mobile_posts(site, terrain) if study.moves.most else ()
    fixed = without(site, mobile)
    lines = watched(fixed, terrain, (chainage, offset), crosser, situations).lines
    going_ = going(site, terrain)
    slope = np.hypot(*np.gradient(terrain.height_m, terrain.cell_m))
    masked = areas_on_grid(_rings(site, NO_LOOK), terrain)
    allowed = (slope <= study.slope_max) & ~going_.hazards & ~masked
    band = (offset >= study.from_m) & (offset <= study.to_m)
    places = high_ground(terrain, chainage, offset, allowed & band, line_m=site.line.length_m, count=study.candidates)
    posts = _on_grid([(p.lon_deg, p.lat_deg) for p in fixed.site.posts], site, terrain)
    to_road, to_post = distance_m(going_.roads > 0, terrain.cell_m), distance_m(posts, terrain.cell_m)
    candidates = _candidates(fixed, terrain, study, places, to_road, to_post) if study.choose else ()
    if mobile:
        stands, moves = places_of(mobile, site, terrain, (chainage, offset), allowed, going_, study.moves)
        candidates += _moved(mobile, moves, len(places.s_m), study)
        places = joined(places, stands)
    if len(candidates) <= len(mobile):
        raise BadInput(
            "towers", "no place along the line fits the study's rules", "widen from_m..to_m, slope_max or radio_km"
        )
    outward = site.line.heading_rad(places.s_m) + site.line.home_sign * np.pi / 2
    manned = [(p.lon_deg, p.lat_deg) for p in fixed.site.posts if p.kind in MANNED]
    wet = [(p.lon_deg, p.lat_deg) for p in site.site.places if p.kind in HELP_PLACES]
    help_ = _on_grid([*manned, *wet], site, terrain) | (going_.roads > 0)
    return PlanningGround(
        site, terrain, crosser, study.hours, situations, lines, places, candidates,
        np.asarray(outward), site.line.frame.convergence_rad(places.xyz_m[:, :2]), help_, masked,
        exposure.ribbon(site.line, terrain), study.aim,
    )  # fmt: skip


def _moved(
    mobile: tuple[MobilePost, ...], moves: list[Move], first_place: int, study: TowerStudy
) -> tuple[Candidate, ...]:
    out = []
    for move in moves:
        one = mobile[move.number]
        stays = move.drive_h == 0.0
        cost = 0.0 if stays else study.moves.cost + study.moves.cost_per_h * move.drive_h
        out.append(Candidate(first_place + move.place, one.kit, cost, "", one.post.id, move.drive_h))
    return tuple(out)


def conditions_of(hour: Hour, site: LoadedSite) -> Conditions:
    """Return the air, light and contrast of an hour by its name, on this line."""
    if hour == "night":
        return nominal()
    lon, lat = (float(v) for v in site.line.lonlat_deg[len(site.line.lonlat_deg) // 2])
    if hour == "day":
        return at(lat, lon, DAY_S)
    if hour == "dust":
        return at(lat, lon, DAY_S, visibility_km=DUST_KM, dust=True, wind_m_s=10.0)
    every = [at(lat, lon, DAY_S - 10 * 3600.0 + QUARTER_S * k) for k in range(96)]
    return min(every, key=lambda one: abs(one.contrast("person").mean_k))


def _candidates(
    site: LoadedSite, terrain: Terrain, study: TowerStudy, places: Places, to_road_m: F4, to_post_m: F4
) -> tuple[Candidate, ...]:
    links = _links(site, terrain, study, places)
    out = []
    for k, link in enumerate(links):
        if link is None:
            continue
        cell = int(places.row[k]), int(places.col[k])
        ways = study.road_cost_per_km * _km(to_road_m[cell]) + study.power_cost_per_km * _km(to_post_m[cell])
        out += [Candidate(k, mast, mast.cost + ways, link) for mast in study.masts]
    return tuple(out)


def _km(distance: float) -> float:
    """Return kilometres; where there is no road at all, none has to be built to it."""
    return float(distance) / 1000.0 if math.isfinite(distance) else 0.0


def _links(site: LoadedSite, terrain: Terrain, study: TowerStudy, places: Places) -> list[str | None]:
    """Return the post each place has a clear microwave path to, the nearest first; None for none within range."""
    if study.radio_km <= 0.0 or not site.site.posts:
        return [""] * len(places.s_m)
    posts = site.site.posts
    xy = np.array([site.line.frame.xy_m_from_lonlat(p.lon_deg, p.lat_deg) for p in posts])
    ends = np.column_stack([xy, terrain.height_at(xy) + _antenna_m(site)])
    mast_m = max((sensor.mast_m for mast in study.masts for sensor in mast.sensors), default=POST_ANTENNA_M)
    out: list[str | None] = []
    for k in range(len(places.s_m)):
        here = places.xyz_m[k] + [0.0, 0.0, mast_m]
        away = np.hypot(*(ends - here)[:, :2].T)
        link = None
        for post in np.argsort(away):
            if away[post] > 1000.0 * study.radio_km:
                break
            if radio.clearance(terrain, here, ends[post], 1e9 * study.radio_ghz) >= radio.CLEAR:
                link = posts[post].id
                break
        out.append(link)
    return out


def _antenna_m(site: LoadedSite) -> F8:
    """Return (posts,) how high each post's antenna stands: as its highest mast, or an ordinary pole."""
    high = {s.post: s.mast_m for s in sorted(site.site.sensors, key=lambda s: s.mast_m) if s.kind in SEEN_BY_EYE}
    return np.array([max(high.get(post.id, 0.0), POST_ANTENNA_M) for post in site.site.posts])


def _rings(site: LoadedSite, kinds: tuple[str, ...]) -> list[F8]:
    to_xy = site.line.frame.xy_m_from_lonlat
    ids = [area.id for area in site.site.areas if area.kind in kinds]
    return [to_xy(ring[:, 0], ring[:, 1]) for id_ in ids for ring in site.areas.get(id_, [])]


def _on_grid(lonlat: list[tuple[float, float]], site: LoadedSite, terrain: Terrain) -> Mask:
    """Return (rows, cols) the cells that these places lie in."""
    out = np.zeros(terrain.height_m.shape, bool)
    for lon, lat in lonlat:
        xy = site.line.frame.xy_m_from_lonlat(lon, lat)
        if terrain.contains(xy):
            out[round((terrain.y0_m - float(xy[1])) / terrain.cell_m),
                round((float(xy[0]) - terrain.x0_m) / terrain.cell_m)] = True  # fmt: skip
    return out
