"""Thirty days of a named operation: five forces, 1 000 km2, 200 places, planned anew every day.

`python benchmarks/operation_month.py --dir month` (goes on with the day where it stopped; `--most 5` days a run).
On the demonstration line, or with `--line LINE.geojson` on that course, home on its right, with the simulator's
ground and forces along it.

3 000 who hide and stay are put into the area, three in ten at places.  Every day sectors and visits are planned anew
from what tracks of the days before covered.  Units then go their lanes as people do: some tens of metres beside them,
with receivers that are 8 m off and fall silent now and then.  What they find is decided by `--eyes`: cube, as the
product believes; definite, everybody within half a sweep width nine times in ten and nobody beyond; or bell, a
normal curve of the same sweep width; a drone always within half its sweep, nine times in ten a shift.  Light fades in
twilight; widths are 20 % off by unit and broken ground 15 % off by cell; `--wide 0.8`: all eyes see a fifth less far
than is believed.  Then: is the POD that was reported so?
"""

from __future__ import annotations

import argparse
import json
import math
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
from scipy.spatial import cKDTree
from scipy.stats import binom

from watchline.cli.demo_site import cached_demo, write_demo
from watchline.domain.places import PlaceLook
from watchline.domain.records import GeoPoint
from watchline.geo.mobility import areas_on_grid
from watchline.geo.patterns import along
from watchline.ops.operation.area_search import Area, AreaSearch, Track
from watchline.ops.operation.files import write_operation
from watchline.ops.operation.operation_file import read_operation
from watchline.ops.operation.papers import lanes_m
from watchline.ops.site_file import LoadedSite, read_site
from watchline.response.travel.reach import reach
from watchline.search import places
from watchline.search.area import ground_share, spacing_m
from watchline.search.motion import cells_of
from watchline.sensing.air.sun import elevation_deg
from watchline.sim.demo import demo_site
from watchline.sources.geojson import read_lines, write_geojson

BEGINS = datetime(2026, 1, 15, tzinfo=UTC)
DAYS, HIDERS, PLACES = 30, 3000, 200
ENDS = BEGINS + timedelta(days=DAYS)
STEP_S, FIX_S, BESIDE_M, GPS_M = 10.0, 30.0, 40.0, 8.0
KINDS = ("cave", "well", "ruin", "tunnel", "ford", "camp")


def stated(directory: Path, site: LoadedSite) -> Path:
    """Write the operation's file and area; return the file."""
    line = site.line
    s = np.linspace(45_000.0, 155_000.0, 60)
    ring = np.concatenate([np.column_stack([s, np.full(60, 300.0)]), np.column_stack([s[::-1], np.full(60, 9500.0)])])
    lonlat = np.array(line.frame.lonlat_from_xy_m(line.xy_m_from_sd(ring)))
    write_geojson(directory / "area.geojson", "Polygon", [lonlat])
    forces = {}
    for unit in site.site.units:
        if unit.kind != "medical":
            forces.setdefault(unit.organisation, []).append(unit.id)
    text = [
        "schema = 1", "[operation]", 'name = "Month"', 'kind = "search"', f'begins = "{BEGINS.isoformat()}"',
        f'ends = "{ENDS.isoformat()}"', 'area = "area.geojson"',
        'commander = "commander"', 'end_state = "the area swept, every place looked at"',
        "[[objectives]]", 'text = "Sweep the area"', 'measure = "pod"', "aim = 0.8",
        "[[objectives]]", 'text = "Look at every place"', 'measure = "places"', "aim = 1.0",
    ]  # fmt: skip
    for organisation, units in forces.items():
        text += [
            "[[forces]]",
            f'organisation = "{organisation}"',
            'commander = "commander"',
            f"units = {json.dumps(units)}",
        ]
    text += ["[sweep]", "shifts = [[6.0, 14.0], [14.0, 22.0]]", "all_units = false", "ahead_days = 1.0"]
    file = directory / "operation.toml"
    file.write_text("\n".join(text) + "\n", encoding="utf-8")
    return file


def along_course(directory: Path, line: Path) -> Path:
    """Return the site file of the simulator's forces and ground along a line, made now if it is not there."""
    file = directory / "site.toml"
    if not file.exists():
        directory.mkdir(exist_ok=True)
        write_demo(directory, demo_site(1, course=np.concatenate(read_lines(line))))
    return file


def known_places(site: LoadedSite, rng: np.random.Generator) -> places.State:
    found = []
    for k in range(PLACES):
        xy = site.line.xy_m_from_sd([rng.uniform(46_000.0, 154_000.0), rng.uniform(600.0, 9200.0)])
        lon, lat = (float(v) for v in site.line.frame.lonlat_from_xy_m(np.asarray(xy, float).reshape(2)))
        kind = KINDS[k % len(KINDS)]
        found.append(places.Place(f"place-{k}", kind, f"{kind} {k}", lon, lat))
    return places.begun(found)


def gone(sector, rng: np.random.Generator):
    """Return true places (N, 2) and times (N,) of a unit in its sector: its lanes, and a little beside them."""
    way = lanes_m(sector.low_m, sector.high_m, spacing_m(sector))
    leg = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(way, axis=0).T))])
    t = np.arange(sector.to_s - sector.seconds, sector.to_s, STEP_S)
    along = (t - t[0]) / sector.seconds * leg[-1]
    xy = np.column_stack([np.interp(along, leg, way[:, k]) for k in (0, 1)])
    keeps = math.exp(-STEP_S / 200.0)
    beside, off = np.zeros(2), []
    for kick in rng.normal(0.0, BESIDE_M * math.sqrt(1.0 - keeps**2), (len(t), 2)):
        beside = keeps * beside + kick
        off.append(beside)
    return xy + np.array(off), t, leg[-1] / sector.seconds


def turns(xy):
    """Return (N - 1,) where a way turns round: the sweeps run along its longer side."""
    step = np.diff(xy[::6], axis=0)
    along = np.sign(step[:, int(np.argmax(np.abs(step).sum(axis=0)))])
    out = np.zeros(len(xy) - 1, bool)
    out[6 * (np.flatnonzero(np.diff(along)) + 1)] = True
    return out


def recorded(unit: str, xy, t, frame, rng: np.random.Generator) -> Track:
    """Return what the receiver recorded: a fix each half minute, 8 m off, silent for five minutes now and then."""
    every = int(FIX_S / STEP_S)
    xy, t = xy[::every] + rng.normal(0.0, GPS_M, xy[::every].shape), t[::every]
    heard = np.ones(len(t), bool)
    for begin in np.flatnonzero(rng.random(len(t)) < 0.002):
        heard[begin : begin + int(300.0 / FIX_S)] = False
    return Track(unit, np.asarray(frame.lonlat_from_xy_m(xy[heard]), float), t[heard])


def hazards(found: AreaSearch, site: LoadedSite, xy) -> int:
    """Return how many true places of units lie in mines or flood as the site has them."""
    to_xy = site.line.frame.xy_m_from_lonlat
    ids = [a.id for a in site.site.areas if a.kind in ("mines", "flood")]
    rings = [np.asarray(to_xy(r[:, 0], r[:, 1]), float) for i in ids for r in site.areas[i]]
    mask = areas_on_grid(rings, found.land.fine)
    cell = cells_of(found.land.fine, xy)
    return int(mask.ravel()[cell[cell >= 0]].sum())


def through_hazards(found: AreaSearch, site: LoadedSite) -> int:
    """Return how many places of ways to sectors, every 10 m, lie in mines or flood."""
    count = 0
    posts = {post.id: post for post in site.site.posts}
    for sector in found.plan.sectors:
        unit = found.operation.units[sector.unit]
        if unit.kind == "drone":
            continue
        at = posts.get(unit.post or "", unit)
        xy = site.line.frame.xy_m_from_lonlat(at.lon_deg, at.lat_deg)
        way = reach(found.land.ways[unit.means], xy, unit.speed_m_s).route((sector.low_m + sector.high_m) / 2.0)
        if way is not None:
            count += hazards(found, site, along(way, 10.0))
    return count


class Month:
    """The operation, who hides, and all that has happened.  Mutable: it goes on day by day."""

    def __init__(self, directory: Path, site: Path, seed: int, eyes: str, wide: float) -> None:
        self.site, self.dir, self.seed = read_site(site), directory, seed
        self.eyes, self.wide = eyes, wide
        self.operation = read_operation(stated(directory, self.site), self.site)
        rng = np.random.default_rng([seed, 1])
        self.known = known_places(self.site, rng)
        line, n_at = self.site.line, int(0.3 * HIDERS)
        where = np.array([(p.lon_deg, p.lat_deg) for p in self.known.places.values()])[rng.integers(0, PLACES, n_at)]
        at = np.asarray(line.frame.xy_m_from_lonlat(where[:, 0], where[:, 1]), float) + rng.normal(
            0.0, 60.0, (n_at, 2)
        )
        sd = np.column_stack([rng.uniform(45_000, 155_000, HIDERS - n_at), rng.uniform(300, 9500, HIDERS - n_at)])
        self.hiders = np.concatenate([at, np.asarray(line.xy_m_from_sd(sd), float)])
        self.width_off = {u.id: math.exp(rng.normal(0.0, 0.2)) for u in self.site.site.units}
        self.ground_off = np.exp(rng.normal(0.0, 0.15, HIDERS))
        self.tree, self.exposure = cKDTree(self.hiders), np.zeros(HIDERS)
        self.area = Area(self.operation, self.site)
        self.rows: list[dict[str, float]] = []

    def resume(self, file: Path) -> None:
        """Take a day that was played before."""
        with np.load(file) as kept:
            self.exposure = kept["exposure"]
            self.rows.append(json.loads(str(kept["row"])))
            edges = kept["edges"]
            for name, a, b in zip(kept["names"].tolist(), edges[:-1], edges[1:], strict=True):
                self.area.take(Track(name, kept["lonlat"][a:b], kept["t_s"][a:b]))
            for look in msgspec.json.decode(str(kept["looks"]), type=list[PlaceLook]):
                self.known = places.step(self.known, look)

    def play(self, day: int, file: Path) -> None:
        """Plan a day, let units go their lanes, keep it."""
        rng = np.random.default_rng([self.seed, 2, day])
        began = time.process_time()
        from_s = self.operation.begins_s + 86_400.0 * day
        found = self.area.stands(self.known, from_s)
        took_s = time.process_time() - began
        if day == 0:
            write_operation(self.dir / "orders", found, self.site)
        share = ground_share(found.land.fine, found.land.grid).ravel()[cells_of(found.land.grid, self.hiders)]
        today, across, mined = [], 0, 0
        for sector in found.plan.sectors:
            xy, t, speed = gone(sector, rng)
            today.append(recorded(sector.unit, xy, t, self.site.line.frame, rng))
            across += int(np.sum(self.site.line.sd_from_xy_m(xy)[:, 1] < 0.0))
            mined += hazards(found, self.site, xy)
            self.see(sector, xy, t, speed, share * self.ground_off)
        began = time.process_time()
        for track in today:
            self.area.take(track)
        took_s += time.process_time() - began
        ways = through_hazards(found, self.site) if day < 3 else 0
        looks = [self.looked_at(visit, day) for visit in found.visits]
        row = {"day": day, "pod": found.pod_of_area, "p_next": found.plan.p_found, "bound": found.plan.bound,
               "took_s": took_s, "sectors": len(found.plan.sectors), "visits": len(looks), "across": across,
               "mined": mined, "ways": ways}  # fmt: skip
        self.rows.append(row)
        edges = np.cumsum([0, *(len(one.t_s) for one in today)])
        np.savez(file, exposure=self.exposure, row=json.dumps(row), names=[one.unit for one in today], edges=edges,
                 lonlat=np.concatenate([one.lonlat_deg for one in today]), t_s=np.concatenate([o.t_s for o in today]),
                 looks=msgspec.json.encode(looks).decode())  # fmt: skip
        print(f"day {day + 1}: POD {row['pod']:.3f} when planned, {row['sectors']} sectors, {row['visits']} places, "
              f"{took_s:.1f} s; across {across}, in mines {mined}, on ways there {ways}", flush=True)  # fmt: skip

    def see(self, sector, xy, t, speed, share) -> None:
        """Let a unit on its way see who hides."""
        day_m, night_m = (self.area.by_light[light][sector.unit].width_m for light in (True, False))
        light = np.clip(elevation_deg(33.6, 42.0, t) / 6.0 + 1.0, 0.0, 1.0)
        width = self.wide * self.width_off[sector.unit] * night_m * (day_m / night_m) ** light
        if self.operation.units[sector.unit].kind == "drone":
            seen = np.unique(np.concatenate(self.tree.query_ball_point(xy, width / 2.0)).astype(int))
            self.exposure[seen] += 2.3 * share[seen]
        elif self.eyes == "cube":
            for n, near in enumerate(self.tree.query_ball_point(xy, 6.0 * width)):
                if near:
                    r = np.maximum(np.hypot(*(self.hiders[near] - xy[n]).T), 2.0)
                    rate = (width[n] * share[near]) ** 2 * speed / (8.0 * math.pi * r**3)
                    self.exposure[near] += np.minimum(rate * STEP_S, 3.0)
        else:  # by the nearest that each lane comes, once a lane
            first = np.concatenate([[0], np.flatnonzero(turns(xy)) + 1, [len(xy)]])
            for a, b in pairwise(first):
                r, n = cKDTree(xy[a:b]).query(self.hiders, distance_upper_bound=3.0 * width[a:b].max())
                w = width[np.minimum(a + n, b - 1)] * share
                p = 0.9 * (r < w / 1.8) if self.eyes == "definite" else 0.99 * np.exp(-math.pi * (0.99 * r / w) ** 2)
                self.exposure += -np.log1p(-np.where(np.isfinite(r), p, 0.0))

    def looked_at(self, visit, day: int) -> PlaceLook:
        """Let a unit look at a place."""
        point = GeoPoint(lon_deg=visit.place.lon_deg, lat_deg=visit.place.lat_deg)
        look = PlaceLook(id=f"look-{day}-{visit.place.id}", t_s=visit.from_s + 3600.0, source=visit.unit, at=point,
                         place=visit.place.id, by=visit.unit, person="lead", pod=0.9, found="nothing")  # fmt: skip
        self.known = places.step(self.known, look)
        return look


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--dir", type=Path, required=True)
    ask.add_argument("--most", type=int, default=DAYS)
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--line", type=Path)
    ask.add_argument("--eyes", choices=("cube", "definite", "bell"), default="cube")
    ask.add_argument("--wide", type=float, default=1.0)
    told = ask.parse_args()
    told.dir.mkdir(parents=True, exist_ok=True)
    site = cached_demo() if told.line is None else along_course(told.dir / "site", told.line)
    month, left = Month(told.dir, site, told.seed, told.eyes, told.wide), told.most
    for day in range(DAYS):
        file = told.dir / f"day-{day:02}.npz"
        if file.exists():
            month.resume(file)
        elif left > 0:
            month.play(day, file)
            left -= 1
    report(month.area, month.known, month.hiders, month.exposure, month.rows)


def report(area: Area, known, hiders, exposure, rows) -> None:
    stated = area.operation.stated
    area.operation = replace(area.operation, stated=msgspec.structs.replace(stated, ends_s=stated.ends_s + 1e6))
    found = area.stands(known, stated.begins_s + 86_400.0 * len(rows))
    said = found.pod.ravel()[cells_of(found.land.grid, hiders)]
    really = np.random.default_rng(99).random(len(hiders)) < -np.expm1(-exposure)
    over = np.mean([r["p_next"] / r["bound"] for r in rows])
    km2 = found.inside.sum() * found.land.grid.cell_m**2 / 1e6
    print(f"{len(rows)} days, {km2:.0f} km2: POD of the area {found.pod_of_area:.3f}, places looked at "
          f"{found.places_looked_at:.3f}; of {len(hiders)} who hide {said.mean():.3f} said, {really.mean():.3f} "
          f"found; plan over bound {over:.3f}; slowest plan {max(r['took_s'] for r in rows):.1f} s; across the line "
          f"{sum(r['across'] for r in rows)}, in mines {sum(r['mined'] for r in rows)}")  # fmt: skip
    for low in np.arange(0.0, 1.0, 0.1):
        here = (said >= low) & (said < low + 0.1 if low < 0.9 else said <= 1.0)
        n = int(here.sum())
        if n >= 50:
            p, k = float(said[here].mean()), int(really[here].sum())
            a, b = binom.ppf([0.005, 0.995], n, p) / n
            word = "inside" if a <= k / n <= b else ("more than said" if k / n > b else "LESS THAN SAID")
            print(f"POD {low:.1f}: {n} said {p:.3f}, found {k / n:.3f}, 99 % band {a:.3f} to {b:.3f}: {word}")


if __name__ == "__main__":
    main()
