"""Simulated displacements: does the proposed posture reach more people in time than the unchanged one, how fast?

`python benchmarks/posture.py --displacements 200 --out posture.jsonl` (goes on where it stopped; `--most 50` a run).

The demonstration line.  A partner tells of people beyond it: where (700 m off), how many (30 % off), in half of the
cases which way (15 degrees off).  They then come by the simulator's own law: parties set out over three hours from
4 to 7.5 km beyond, seven in ten are families, and go to somewhere 3 to 5 km behind the line.  One displacement in
four is a pursuit: six people in parties of two, at once and faster.  What the proposal assumes is not used.

Both arms answer alike: a party is noticed when it crosses; whoever of those free gets there first by the simulator's
roads and drivers is sent (a rescue team only to families), and is busy for half an hour.  In the posture arm the
units of the proposal set out five minutes after it, for the places it names; one that is called on its way comes by
way of that place.  In time: to a family within half an hour of its crossing, to others before the end of their way.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from watchline.cli.demo_site import cached_demo
from watchline.domain.records import GeoPoint, PartnerEvent, Position, UnitReport
from watchline.ops.picture import Picture
from watchline.ops.posture.proposer import PostureProposer
from watchline.ops.respond.land import Ground, home_of
from watchline.ops.site_file import LoadedSite, read_site
from watchline.sim.driving import Driver, Drives, drives_over
from watchline.sim.routes import Routes, routes_over
from watchline.sim.walking import Gait, timed

T0_S = 1_516_723_200.0  # 19:00 on the line
FAMILY_S, BUSY_S, APPROVED_S, REACH_M = 1800.0, 1800.0, 300.0, 30_000.0


@dataclass
class Party:
    """Who comes: when and where they cross, people, whether a family, when their way ends."""

    crosses_s: float
    s_m: float
    people: int
    family: bool
    ends_s: float


@dataclass
class World:
    """The line as the simulator has it."""

    loaded: LoadedSite
    terrain: object
    routes: Routes
    drives: Drives
    proposer: PostureProposer


def made() -> World:
    loaded = read_site(cached_demo())
    terrain = loaded.terrain()
    frame = loaded.line.frame
    mined = [frame.xy_m_from_lonlat(r[:, 0], r[:, 1]) for a in loaded.site.areas if a.kind == "mines"
             for r in loaded.areas[a.id]]  # fmt: skip
    routes = routes_over(loaded.line, terrain, np.zeros((0, 3)), mined)
    roads = [(frame.xy_m_from_lonlat(r[:, 0], r[:, 1]), kind)
             for r, kind in zip(loaded.roads, loaded.road_surfaces, strict=True)]  # fmt: skip
    return World(loaded, terrain, routes, drives_over(routes, loaded.line, roads),
                 PostureProposer(loaded, Ground.of(loaded, terrain)))  # fmt: skip


def displaced(world: World, rng: np.random.Generator) -> tuple[PartnerEvent, list[Party]]:
    """Return what is told, and who really comes."""
    line = world.loaded.line
    pursuit = rng.random() < 0.25
    s_m, d_m = rng.uniform(12_000.0, line.length_m - 12_000.0), -rng.uniform(4000.0, 7500.0)
    centre = np.asarray(line.xy_m_from_sd([s_m, d_m]), float).reshape(2)
    people = 6 if pursuit else int(rng.integers(25, 120))
    drift = rng.normal(0.0, 1500.0)
    parties, heads = [], []
    left = people
    while left > 0:
        size = min(left, 2 if pursuit else int(rng.integers(2, 9)))
        left -= size
        family = not pursuit and rng.random() < 0.7
        start = centre + rng.normal(0.0, 800.0, 2)
        goal_s = float(line.sd_from_xy_m(start)[0]) + drift + rng.normal(0.0, 900.0)
        goal = np.asarray(line.xy_m_from_sd([goal_s, rng.uniform(3200.0, 5200.0)]), float).reshape(2)
        heads.append(np.arctan2(*(goal - start)))
        points = world.routes.path(start, goal, 0.2)
        if points is None:
            continue
        pace = rng.uniform(0.85, 1.1) if family else rng.uniform(1.3, 1.6) if pursuit else rng.uniform(1.1, 1.45)
        sets_out = T0_S + (rng.uniform(0.0, 600.0) if pursuit else rng.uniform(0.0, 3 * 3600.0))
        path, crossings = timed(points, sets_out, Gait(pace, rng.uniform(0.2, 1.0)), line, world.terrain, rng, 240.0)
        if crossings:
            parties.append(Party(crossings[0].t_s, crossings[0].s_m, size, family, float(path.t_s[-1])))
    told = centre + rng.normal(0.0, 700.0, 2)
    lon, lat = (float(v) for v in line.frame.lonlat_from_xy_m(told))
    mean = np.arctan2(np.sin(heads).mean(), np.cos(heads).mean())
    heading = None if rng.random() < 0.5 else float(mean + rng.normal(0.0, np.radians(15.0)))
    event = PartnerEvent(
        id=f"told-{rng.integers(1 << 60)}", t_s=T0_S, source="partner",
        what="pursuit" if pursuit else "displaced_people",
        organisation="partner", place=GeoPoint(lon_deg=lon, lat_deg=lat, ce_m=700.0), confidence=0.9,
        until_s=T0_S + 8 * 3600.0, heading_rad=heading,
        people=max(1, round(people * float(np.exp(rng.normal(0, 0.3))))),
    )  # fmt: skip
    return event, sorted(parties, key=lambda one: one.crosses_s)


def one(world: World, rng: np.random.Generator) -> dict[str, float]:
    event, parties = displaced(world, rng)
    site, line = world.loaded.site, world.loaded.line
    partners = {o.id for o in site.organisations if o.partner}
    at = {}
    for unit in site.units:
        if unit.organisation in partners or unit.kind == "drone":
            continue
        if unit.patrol_from_km is not None and unit.patrol_to_km is not None:
            s = 1000.0 * rng.uniform(unit.patrol_from_km, unit.patrol_to_km)
            at[unit.id] = np.asarray(line.xy_m_from_sd([s, unit.patrol_offset_m]), float).reshape(2)
        else:
            at[unit.id] = home_of(unit, world.loaded)
    picture = Picture(len(site.sensors), T0_S)
    for unit, xy in at.items():
        lon, lat = (float(v) for v in line.frame.lonlat_from_xy_m(xy))
        s, d = (float(v) for v in line.sd_from_xy_m(xy))
        where = Position(lon_deg=lon, lat_deg=lat, s_m=s, d_m=d)
        picture.apply(
            UnitReport(
                id=f"U-{unit}",
                t_s=T0_S,
                source=unit,
                unit=unit,
                position=where,
                speed_m_s=0.0,
                heading_rad=0.0,
                state="standing",
            )
        )
    picture.apply(event)
    world.proposer._looked_s = -1e18
    began = time.process_time()
    (proposal,) = world.proposer.step(picture, T0_S + 2.0)
    took_s = time.process_time() - began
    stands = {move.unit: np.asarray(line.xy_m_from_sd([1000.0 * move.km, 400.0]), float).reshape(2)
              for move in proposal.moves}  # fmt: skip
    middle = np.asarray(line.xy_m_from_sd([np.mean([p.s_m for p in parties]) if parties else 1e4, 0.0]), float)
    near = [u.id for u in site.units if u.id in at and np.hypot(*(at[u.id] - middle.reshape(2))) < REACH_M]
    drivers = {unit: Driver.drawn(rng) for unit in {*near, *stands}}
    fields: dict[tuple[str, bool], object] = {}

    def field(unit: str, moved: bool):
        if (unit, moved) not in fields:
            fields[unit, moved] = world.drives.field(stands[unit] if moved else at[unit], REACH_M)
        return fields[unit, moved]

    row: dict[str, float] = {"people": sum(p.people for p in parties), "moves": len(stands), "took_s": took_s,
                             "said": proposal.expected, "low": proposal.low, "high": proposal.high,
                             "pursuit": float(event.what == "pursuit")}  # fmt: skip
    for arm in ("unchanged", "posture"):
        row |= {
            f"{arm}_{k}": v
            for k, v in _answered(world, arm == "posture", parties, near, stands, drivers, field).items()
        }
    return row


def _answered(world, posture, parties, near, stands, drivers, field):
    """Return how many people were reached in time: of families and of others."""
    site, line = world.loaded.site, world.loaded.line
    spec = {u.id: u for u in site.units}
    busy = dict.fromkeys([*near, *stands], 0.0)
    place = dict.fromkeys(busy, False)
    there_s = {}
    if posture:
        for unit, stand in stands.items():
            took = drivers[unit].takes_s(field(unit, False).seconds(stand[None]), spec[unit].speed_m_s)[0]
            there_s[unit] = T0_S + APPROVED_S + float(took)
            place[unit] = bool(np.isfinite(took))
    found = {"families": 0, "others": 0}
    for party in parties:
        goal = np.asarray(line.xy_m_from_sd([party.s_m, 150.0]), float).reshape(1, 2)
        best = (np.inf, "")
        for unit in busy:
            if busy[unit] > party.crosses_s or (spec[unit].kind == "medical" and not party.family):
                continue
            takes = float(drivers[unit].takes_s(field(unit, place[unit]).seconds(goal), spec[unit].speed_m_s)[0])
            if place[unit]:
                takes += max(0.0, there_s[unit] - party.crosses_s)
            best = min(best, (takes, unit))
        if not best[1]:
            continue
        busy[best[1]] = party.crosses_s + best[0] + BUSY_S
        limit = FAMILY_S if party.family else party.ends_s - party.crosses_s
        if best[0] <= limit:
            found["families" if party.family else "others"] += party.people
    return found


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--displacements", type=int, default=200)
    ask.add_argument("--most", type=int, default=10_000)
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--out", type=Path, required=True)
    told = ask.parse_args()
    rows = [json.loads(line) for line in told.out.read_text().splitlines()] if told.out.exists() else []
    world = made()
    with told.out.open("a") as file:
        for k in range(len(rows), min(told.displacements, len(rows) + told.most)):
            rows.append(one(world, np.random.default_rng([told.seed, k])))
            file.write(json.dumps(rows[-1]) + "\n")
            file.flush()
    total = {key: sum(row[key] for row in rows) for key in rows[0]}
    arms = {arm: [row[f"{arm}_families"] + row[f"{arm}_others"] for row in rows] for arm in ("unchanged", "posture")}
    better = sum(a > b for a, b in zip(arms["posture"], arms["unchanged"], strict=True))
    worse = sum(a < b for a, b in zip(arms["posture"], arms["unchanged"], strict=True))
    print(f"{len(rows)} displacements, {total['people']:.0f} people: in time unchanged {sum(arms['unchanged'])} "
          f"(families {total['unchanged_families']}, others {total['unchanged_others']}), posture "
          f"{sum(arms['posture'])} (families {total['posture_families']}, others {total['posture_others']}); "
          f"better in {better}, worse in {worse}")  # fmt: skip
    inside = np.mean([row["low"] <= row["people"] <= row["high"] for row in rows])
    took = [row["took_s"] for row in rows]
    print(f"people within the forecast's 90 % interval in {inside:.2f}; a proposal takes {np.median(took):.2f} s, "
          f"at most {max(took):.1f} s; {total['moves'] / len(rows):.1f} moves")  # fmt: skip


if __name__ == "__main__":
    main()
