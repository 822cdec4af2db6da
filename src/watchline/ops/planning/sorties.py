"""From a site and a study to drones' nights that cannot be learned, and the sheets of a month of them."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import msgspec
import numpy as np
from numpy.typing import NDArray

from watchline.coverage.crossing import STRETCH_M
from watchline.domain.errors import BadInput
from watchline.domain.site import Unit
from watchline.geo.terrain import Terrain
from watchline.ops.planning.kilometres import Kilometres, kilometres_of
from watchline.ops.planning.study_file import DroneStudy
from watchline.ops.site_file import LoadedSite
from watchline.planning.harm import Harm, pushed_along
from watchline.planning.sorties import Night, Sortie, best_night, catch_chance, drawn
from watchline.sensing.air.conditions import at
from watchline.sensing.situation import Situation

F8 = NDArray[np.float64]
HOUR_S, DAY_S = 3600.0, 86_400.0


@dataclass(frozen=True)
class DroneNight:
    """One drone's part: kilometres [first, last) of the line that are its own, slots, its law."""

    unit: Unit
    first_km: int
    last_km: int
    slot_s: float
    night: Night


def plan_drones(
    site: LoadedSite, terrain: Terrain, study: DroneStudy, start_s: float, *, help_limit_h: float = 3.0
) -> tuple[tuple[DroneNight, ...], Harm]:
    """Return the law of every drone of the site, and whom they push to other kilometres.

    BadInput when there is none, or none gets into the air.

    start_s: when the first night begins.  The line without drones is reckoned for each hour of it, on the weakest way
    of every kilometre, by the site's sensors, posts and patrols.
    """
    units = [u for u in site.site.units if u.kind == "drone"]
    if not units:
        raise BadInput(f"{site.path.name}: units", "has no drone", 'add one with kind = "drone"')
    here = _without_drones(site, terrain, study, start_s)
    base = here.chance
    parts = _own_kilometres(site, units, base.shape[1])
    slot_s = 60.0 * study.crossing_min
    out = []
    for unit, (first, last, home_km) in zip(units, parts, strict=True):
        hours = base[:, first:last]
        each = np.repeat(hours, math.ceil(HOUR_S / slot_s), axis=0)[: int(study.hours * HOUR_S // slot_s)]
        sorties = tuple(_sorties(unit, study, each.shape, slot_s, first, home_km))
        if not sorties:
            rule = "is not in the air for one crossing, the way there and back taken off"
            raise BadInput(_of(site, unit), rule, "a shorter crossing_min, or more endurance_s")
        night = best_night(each, sorties, math.ceil(60.0 * study.ready_min / slot_s))
        out.append(DroneNight(unit, first, last, slot_s, night))
    after = base.min(axis=0)
    for one in out:
        after[one.first_km : one.last_km] = one.night.caught.min(axis=0)
    return tuple(out), pushed_along(base.min(axis=0), after, here.help_h, help_limit_h)


def _of(site: LoadedSite, unit: Unit) -> str:
    return f"{site.path.name}: units[{unit.id}]"


def _without_drones(site: LoadedSite, terrain: Terrain, study: DroneStudy, start_s: float) -> Kilometres:
    """Return the line hour by hour as it is without drones."""
    lon, lat = (float(v) for v in site.line.lonlat_deg[len(site.line.lonlat_deg) // 2])
    every = (start_s + (hour + 0.5) * HOUR_S for hour in range(math.ceil(study.hours)))
    hours = tuple(Situation(at(lat, lon, t_s)) for t_s in every)
    others = tuple(unit for unit in site.site.units if unit.kind != "drone")
    bare = replace(site, site=msgspec.structs.replace(site.site, units=others))
    return kilometres_of(bare, terrain, hours)


def _own_kilometres(site: LoadedSite, units: list[Unit], count: int) -> list[tuple[int, int, float]]:
    """Return for each drone the kilometres that are its own and the one it starts from.

    A stretch that the site gives it, else those that are nearest to it and that its link reaches; no kilometre is
    two drones': what two catch at one place would not add up.
    """
    posts = {post.id: post for post in site.site.posts}
    homes = []
    for unit in units:
        post = posts.get(unit.post) if unit.post else None
        lon, lat = (post.lon_deg, post.lat_deg) if post else (unit.lon_deg, unit.lat_deg)
        if lon is None or lat is None:
            raise BadInput(_of(site, unit), "stands nowhere", "give a post, or lon_deg, lat_deg")
        xy = np.asarray(site.line.frame.xy_m_from_lonlat(lon, lat), float)
        homes.append(float(site.line.sd_from_xy_m(xy)[0]) / STRETCH_M)
    out = []
    for unit, home in zip(units, homes, strict=True):
        if unit.patrol_from_km is not None and unit.patrol_to_km is not None:
            low, high = sorted((unit.patrol_from_km, unit.patrol_to_km))
        else:
            reach = unit.link_range_m / STRETCH_M
            low = max([home - reach, *((home + h) / 2 for h in homes if h < home)])
            high = min([home + reach, *((home + h) / 2 for h in homes if h > home)])
        first = min(max(0, round(low)), count - 1)
        out.append((first, max(first + 1, min(count, round(high))), home))
    return out


def _sorties(
    unit: Unit, study: DroneStudy, shape: tuple[int, int], slot_s: float, first_km: int, home_km: float
) -> Iterator[Sortie]:
    """Yield what the drone can fly: every stretch up to all that is its own, begun in every slot."""
    slots, km = shape
    for first in range(km):
        for last in range(first + 1, km + 1):
            length_m = (last - first) * STRETCH_M
            away_km = max(abs(first_km + first - home_km), abs(first_km + last - home_km))
            there_s = 2.0 * away_km * STRETCH_M / unit.speed_m_s
            air = int((unit.endurance_s * (1.0 - study.reserve) - there_s) // slot_s)
            passes = unit.speed_m_s * slot_s / length_m
            if air < 1 or passes < study.passes_least:
                continue
            catch = catch_chance(passes, study.p_pass)
            for start in range(slots - air + 1):
                yield Sortie(start, air, first, last, catch)


def sheets_of(
    drones: tuple[DroneNight, ...], study: DroneStudy, rng: np.random.Generator, salts: list[str]
) -> Iterator[tuple[str, bytes]]:
    """Yield every drone's sheet of every night by name, drawn by its law; a salt for each."""
    salt = iter(salts)
    for one in drones:
        for day in range(study.days):
            text = io.StringIO()
            text.write(f"# {one.unit.id}, night {day + 1}, salt {next(salt)}\n")
            rows = csv.writer(text, lineterminator="\n")
            rows.writerow(("on_station_min", "until_min", "from_km", "to_km"))
            for flown in drawn(one.night, rng):
                begin, end = (slot * one.slot_s / 60.0 for slot in (flown.start, flown.start + flown.air))
                rows.writerow((f"{begin:.0f}", f"{end:.0f}", one.first_km + flown.first, one.first_km + flown.last))
            yield f"{one.unit.id}-night{day + 1:03d}.csv", text.getvalue().encode()


def timetable_value(one: DroneNight, rng: np.random.Generator) -> float:
    """Return the least chance where one drawn night is flown every night, and somebody has noticed."""
    base, caught = one.night.base, one.night.base.copy()
    for flown in drawn(one.night, rng):
        here = np.s_[flown.start : flown.start + flown.air, flown.first : flown.last]
        caught[here] = base[here] + (1.0 - base[here]) * flown.catch
    return float(caught.min())
