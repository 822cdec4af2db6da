"""The patrols' spine: site, study ► beats with their legs ► law of each beat ► month drawn ► sheets, sealed."""

from __future__ import annotations

import csv
import io
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from watchline.domain.errors import BadInput
from watchline.domain.site import Unit
from watchline.geo.terrain import Terrain
from watchline.ops.mobility import Going, going
from watchline.ops.planning.sealing import Seal, seal_sheets
from watchline.ops.planning.study_file import PatrolStudy
from watchline.ops.site_file import LoadedSite
from watchline.planning.patrol.beat import Beaten, best_law

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]

DAY_S = 86_400.0
SAMPLE_M = 50.0
SLOWEST = 0.1  # of a unit's speed, on ground the map says it cannot drive: it finds a way round


@dataclass(frozen=True)
class BeatPlan:
    """One unit's beat: s_m (posts,) chainage of its places, lonlat_deg (posts, 2); leg_s: what every leg takes;
    found: its law with what that guarantees a crosser is met, noticing aside."""

    unit: Unit
    s_m: F8
    lonlat_deg: F8
    leg_s: float
    found: Beaten


@dataclass(frozen=True)
class LookAt:
    """A place that a unit looks at from the post where it is when a leg begins; for `legs` legs it is away."""

    leg: int
    legs: int
    place: str
    name: str


@dataclass(frozen=True)
class Month:
    """Beats with the posts drawn for every leg of every unit: walks[k] (legs,); looks at places, by unit."""

    beats: tuple[BeatPlan, ...]
    walks: tuple[I8, ...]
    study: PatrolStudy
    start_s: float
    looks: tuple[tuple[LookAt, ...], ...] = ()

    def away(self, number: int) -> float:
        """Return the share of a unit's legs in which it is away at places."""
        mine = self.looks[number] if self.looks else ()
        return sum(one.legs for one in mine) / max(1, len(self.walks[number]))


def plan_patrols(site: LoadedSite, terrain: Terrain, study: PatrolStudy) -> tuple[BeatPlan, ...]:
    """Return the beat of every patrol of the site that has a stretch; BadInput when none has."""
    units = [u for u in site.site.units if u.kind == "patrol" and u.patrol_from_km is not None]
    if not units:
        raise BadInput(
            f"{site.path.name}: units", "has no patrol with a stretch", "give patrol_from_km, patrol_to_km"
        )
    ground = going(site, terrain)
    laws: dict[tuple[int, int], Beaten] = {}
    out = []
    for unit in units:
        s_m = _posts(unit, study)
        leg_s = leg_time_s(site, terrain, ground, unit, s_m)
        stay = max(1, int(60.0 * study.crossing_min // leg_s))
        shape = (len(s_m), stay)
        if shape not in laws:
            laws[shape] = best_law(*shape)
        xy = site.line.xy_m_from_sd(np.column_stack([s_m, np.full(len(s_m), unit.patrol_offset_m)]))
        out.append(BeatPlan(unit, s_m, site.line.frame.lonlat_from_xy_m(xy), leg_s, laws[shape]))
    return tuple(out)


def _posts(unit: Unit, study: PatrolStudy) -> F8:
    """Return the chainage of the places of a beat, ends of the stretch half a step away."""
    assert unit.patrol_from_km is not None
    to_km = unit.patrol_from_km if unit.patrol_to_km is None else unit.patrol_to_km
    low, high = sorted((1000.0 * unit.patrol_from_km, 1000.0 * to_km))
    count = max(1, math.ceil((high - low) / (1000.0 * study.post_km) - 1e-6))
    return low + (np.arange(count) + 0.5) * (high - low) / count


def leg_time_s(site: LoadedSite, terrain: Terrain, ground: Going, unit: Unit, s_m: F8) -> float:
    """Return the seconds of the slowest leg of a beat, driven along its track by land cover, roads and slope."""
    if len(s_m) < 2:
        return 60.0
    factor = ground.speed_factor("wheels", ours=True)
    slowest = 0.0
    for a, b in itertools.pairwise(s_m):
        s = np.linspace(a, b, max(2, round((b - a) / SAMPLE_M)))
        xy = site.line.xy_m_from_sd(np.column_stack([s, np.full(len(s), unit.patrol_offset_m)]))
        rows, cols = terrain.height_m.shape
        row = np.clip(np.rint((terrain.y0_m - xy[:, 1]) / terrain.cell_m).astype(int), 0, rows - 1)
        col = np.clip(np.rint((xy[:, 0] - terrain.x0_m) / terrain.cell_m).astype(int), 0, cols - 1)
        z = terrain.height_at(xy)
        step = np.hypot(*np.diff(xy, axis=0).T)
        slope = np.abs(np.nan_to_num(np.diff(z))) / np.maximum(step, 1.0)
        share = np.maximum(factor[row, col][1:] * np.exp(-3.5 * slope), SLOWEST)
        slowest = max(slowest, float((step / (unit.speed_m_s * share)).sum()))
    return slowest


def draw_month(beats: tuple[BeatPlan, ...], study: PatrolStudy, start_s: float, rng: np.random.Generator) -> Month:
    """Return the whole schedule, each unit's walk drawn by its own law; crews change where the patrol is."""
    walks = [one.found.law.drawn(rng, math.ceil(study.days * DAY_S / one.leg_s)) for one in beats]
    return Month(beats, tuple(walks), study, start_s)


def sheet(month: Month, number: int, day: int, salt: str) -> bytes:
    """Return one unit's sheet of a day as CSV; the salt in its first line keeps its digest from being guessed.

    Legs in which the unit is away at a place are left out.
    """
    one, walk = month.beats[number], month.walks[number]
    first, last = (math.ceil(d * DAY_S / one.leg_s) for d in (day, day + 1))
    text = io.StringIO()
    text.write(f"# {one.unit.id}, day {day + 1}, salt {salt}\n")
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("leave_s", "clock", "crew", "km", "lon_deg", "lat_deg", "look_at"))
    looks = {look.leg: look.name for look in (month.looks[number] if month.looks else ())}
    away = {look.leg + n for look in (month.looks[number] if month.looks else ()) for n in range(1, look.legs + 1)}
    shift_s = 3600.0 * month.study.shift_h
    for leg in range(first, min(last, len(walk))):
        if leg in away:
            continue
        at_s = leg * one.leg_s
        crew = int(at_s // shift_s) % month.study.crews + 1
        minutes = int(at_s % DAY_S) // 60
        post = int(walk[leg])
        lon, lat = one.lonlat_deg[post]
        rows.writerow((f"{at_s:.0f}", f"{minutes // 60:02d}:{minutes % 60:02d}", crew, f"{one.s_m[post] / 1000:.2f}",
                       f"{lon:.6f}", f"{lat:.6f}", looks.get(leg, "")))  # fmt: skip
    return text.getvalue().encode()


def sheets_of(month: Month, salts: list[str]) -> Iterator[tuple[str, bytes]]:
    """Yield every unit's sheet of every day by name.  salts: one for each sheet, in order of units, then days."""
    at = iter(salts)
    for number, one in enumerate(month.beats):
        for day in range(month.study.days):
            yield f"{one.unit.id}-day{day + 1:03d}.csv", sheet(month, number, day, next(at))


def write_sealed(out: Path, month: Month, salts: list[str]) -> tuple[Seal, str]:
    """Seal every unit's sheet of every day; return the public list and its own SHA-256."""
    return seal_sheets(out, sheets_of(month, salts), month.start_s, month.start_s + month.study.days * DAY_S)
