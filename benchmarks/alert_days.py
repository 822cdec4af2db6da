"""Simulated days as the alert engine sees them, made once and kept: what was heard, the tracks, and the truth beside.

Simulating and tracking a day takes most of the time of a watched week and does not depend on how alerts are made, so
it is done once per seed and kept in a folder; alerting then goes through the week in minutes.  Each day is one
process's work of some minutes and is skipped when it is there.

    python benchmarks/alert_days.py FOLDER --seeds 701,702 [--hours 24] [--step-s 2]

To the demonstration line come, so that known activity is really there: two partner patrols beyond the line, two
exercise teams on foot that cross it four times a day, three flocks that graze at the same hours every day (two with
a permit), and vehicles of the people of the place on one road outside.
"""

from __future__ import annotations

import argparse
import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np

from watchline.cli.demo_site import cached_demo
from watchline.domain.batches import DetectionBatch, ScanBatch, TrackBatch
from watchline.domain.kinds import AnyRecord
from watchline.domain.records import GeoPoint, KnownMovement, Record, UnitReport
from watchline.domain.site import Site, Unit
from watchline.geo.line import LineFrame
from watchline.ops import health
from watchline.ops.site_file import LoadedSite, read_site
from watchline.sensing import signature
from watchline.sim.world import World, start_of
from watchline.tracking import tracker

DAY_S = 86_400.0
TRUTH_EVERY_S = 10.0
EXERCISE = ("X1", "X2")
FLOCKS = ((0.17, -2600.0), (0.52, -3100.0), (0.79, -2300.0))  # share of the line, offset in metres
PERMITTED = 2  # the first flocks have a permit, the others are to be learned
PARTNER_KM = ((20.0, 60.0), (120.0, 160.0))
ENCODER = msgspec.msgpack.Encoder()


@dataclass(frozen=True)
class Moment:
    """What is known at one step.  dark: indexes of sensors not heard of; health: its changes."""

    now_s: float
    records: tuple[Record, ...]
    scans: ScanBatch
    detections: DetectionBatch
    tracks: TrackBatch
    dark: frozenset[int]


def week_site(loaded: LoadedSite) -> Site:
    """Return the demonstration site with partner patrols and exercise teams."""
    site = loaded.site
    partners = [
        Unit(
            id=f"PARTNER-{k + 1}", kind="patrol", organisation="partner", lon_deg=42.0, lat_deg=33.7, speed_m_s=6.0,
            patrol_from_km=a, patrol_to_km=b, patrol_offset_m=-1800.0,
        )
        for k, (a, b) in enumerate(PARTNER_KM)
    ]  # fmt: skip
    home = next(post.id for post in site.posts if post.kind == "checkpoint_fixed")
    teams = [Unit(id=name, kind="reserve", organisation="desert_brigade", post=home) for name in EXERCISE]
    return msgspec.structs.replace(site, units=(*site.units, *partners, *teams))


def known_movements(site: Site, loaded: LoadedSite, start_s: float) -> list[KnownMovement]:
    """Return what is registered in the week: the permits of two flocks and the traffic of a road outside."""
    line = loaded.line

    def point(s_m: float, d_m: float) -> GeoPoint:
        lon, lat = line.frame.lonlat_from_xy_m(line.xy_m_from_sd(np.array([s_m, d_m])))
        return GeoPoint(lon_deg=round(float(lon), 6), lat_deg=round(float(lat), 6))

    out = []
    for k, (share, d_m) in enumerate(FLOCKS[:PERMITTED]):
        s = share * line.length_m
        corners = [(-900, -700), (900, -700), (900, 700), (-900, 700)]
        out.append(
            KnownMovement(
                id=f"permit-{k + 1}", t_s=start_s, source="district office", movement=f"permit-{k + 1}",
                what="permit", registered_by="district office", shape="area",
                points=tuple(point(s + a, d_m + b) for a, b in corners),
                width_m=200.0, from_s=start_s, until_s=start_s + 30 * DAY_S, from_hour=9.0, to_hour=19.0,
                classes=("person", "animal"), most=12,
            )
        )  # fmt: skip
    road = road_sd(loaded)
    out.append(
        KnownMovement(
            id="road-1", t_s=start_s, source="planning office", movement="road-1", what="road",
            registered_by="planning office", shape="route", points=tuple(point(s, d) for s, d in road), width_m=200.0,
            from_s=start_s, until_s=start_s + 30 * DAY_S, classes=("vehicle",),
        )
    )  # fmt: skip
    return out


def road_sd(loaded: LoadedSite) -> np.ndarray:
    """Return the part outside, from 7.5 to 1.6 km, of the fourth track that crosses the line."""
    across = [
        sd
        for sd in (
            loaded.line.sd_from_xy_m(loaded.line.frame.xy_m_from_lonlat(r[:, 0], r[:, 1])) for r in loaded.roads
        )
        if sd[0, 1] < -7000
    ]
    way = across[3]
    return way[(way[:, 1] < -1600.0) & (way[:, 1] > -7500.0)]


def lay_out(world: World, loaded: LoadedSite, site: Site) -> None:
    """Send the flocks, the road's traffic and the exercise teams of one day."""
    line, start, people = loaded.line, world.start_s, world.population
    flock = [signature.PERSON, *[signature.SHEEP] * 6, signature.DOG]
    for share, d_m in FLOCKS:
        s = share * line.length_m
        ring = [(0, 0), (350, 150), (200, 400), (-250, 350), (-350, -100), (0, 0)]
        way = line.xy_m_from_sd(np.array([(s + a, d_m + b) for a, b in ring]))
        for hour in (6.5, 12.5):  # UTC; the site's clock is three hours on
            people.send(start + hour * 3600, way, 0.3, flock)
    road = line.xy_m_from_sd(road_sd(loaded))
    there_and_back = np.concatenate([road, road[::-1]])
    for hour in np.arange(4.0, 19.0, 1.5):
        people.send(start + hour * 3600, there_and_back, 8.0, [signature.VEHICLE])
    for k, name in enumerate(EXERCISE):
        number = [u.id for u in site.units].index(name)
        for hour in (3.0 + 2 * k, 14.0 + 2 * k):
            s = (0.3 + 0.45 * k + 0.02 * (hour > 10)) * line.length_m
            way = line.xy_m_from_sd(np.column_stack([np.full(12, s), np.linspace(-2600.0, 1500.0, 12)]))
            people.send(start + hour * 3600, way, 1.2, [signature.PERSON] * 3, unit=number)


def record_day(folder: Path, seed: int, hours: float, step_s: float) -> None:
    """Simulate and track one day into `folder`/day-SEED, unless it is there."""
    done = folder / f"day-{seed}"
    if done.exists():
        return
    making = folder / f"making-{seed}-{os.getpid()}"
    making.mkdir(parents=True)
    loaded = read_site(cached_demo())
    terrain, site = loaded.terrain(), week_site(loaded)
    start_s = start_of(site)
    mines = tuple(ring for area in site.areas if area.kind == "mines" for ring in loaded.areas[area.id])
    world = World(site, loaded.line, terrain, seed=seed, start_s=start_s, mines_lonlat_deg=mines)
    lay_out(world, loaded, site)
    placed = tracker.set_up(site, loaded.line, terrain)
    tracking, ears = tracker.init(placed), health.init(site.sensors, start_s, frozenset(), 0)
    truth = TruthKept()
    begun = time.monotonic()
    for hour in range(int(np.ceil(hours))):
        kept: dict[str, list] = {"scans": [], "detections": [], "tracks": [], "records": [], "dark": []}
        for _ in range(int(min(1.0, hours - hour) * 3600 / step_s)):
            step = world.step(world.now_s + step_s)
            now = world.now_s
            ears, changes = health.step(ears, step.scans.sensor, step.scans.t_s, now, {}, {})
            own = {r.sensor for r in step.records if hasattr(r, "sensor")}
            records = [_marked(r) for r in step.records] + [c for c in changes if c.sensor not in own]
            tracking, tracks = tracker.step(tracking, step.scans, step.detections, now)
            kept["scans"].append(step.scans)
            kept["detections"].append(step.detections)
            kept["tracks"].append(tracks.take(np.flatnonzero(tracks.confirmed)))
            kept["records"].append((now, records))
            kept["dark"].append(sorted(ears.dark))
            truth.note(world)
        _write_hour(making / f"{hour:02d}", kept)
        print(f"seed {seed}: {hour + 1} h, {(hour + 1) * 3600 / (time.monotonic() - begun):.0f} x", flush=True)
    truth.write(making / "truth.npz", world)
    making.rename(done)


@dataclass(frozen=True)
class Setting:
    """The site of the week as alerting needs it: where its sensors stand, when it begins, what is registered."""

    site: Site
    line: LineFrame
    places_m: np.ndarray
    start_s: float
    movements: tuple[KnownMovement, ...]


def week_setting() -> Setting:
    """Return the site of the week."""
    loaded = read_site(cached_demo())
    site = week_site(loaded)
    places = tracker.set_up(site, loaded.line, loaded.terrain()).place[:, :2]
    start_s = start_of(site)
    return Setting(site, loaded.line, places, start_s, tuple(known_movements(site, loaded, start_s)))


def with_permits(moment: Moment, setting: Setting) -> Moment:
    """Return the moment; the first of a day also tells what is registered."""
    if moment.now_s - setting.start_s > 2.5:
        return moment
    return replace(moment, records=(*moment.records, *setting.movements))


def later(moment: Moment, days: int) -> Moment:
    """Return the moment some days later, its tracks with numbers of their own: days recorded apart make a week."""
    by_s = days * DAY_S
    tracks = replace(
        moment.tracks, track_id=moment.tracks.track_id + np.int32(1_000_000 * days), t_s=moment.tracks.t_s + by_s,
        first_s=moment.tracks.first_s + by_s, last_s=moment.tracks.last_s + by_s,
    )  # fmt: skip
    return Moment(
        moment.now_s + by_s,
        tuple(msgspec.structs.replace(r, t_s=r.t_s + by_s) for r in moment.records),
        replace(moment.scans, t_s=moment.scans.t_s + by_s),
        replace(moment.detections, t_s=moment.detections.t_s + by_s),
        tracks,
        moment.dark,
    )


def _marked(record: Record) -> Record:
    """Return the record, marked as an exercise's when an exercise team says it."""
    if isinstance(record, UnitReport) and record.unit in EXERCISE:
        return msgspec.structs.replace(record, exercise=True)
    return record


class TruthKept:
    """Who was where every ten seconds, and by whom they were detected.  Mutable."""

    def __init__(self) -> None:
        self.rows: list[np.ndarray] = []
        self.seen: list[np.ndarray] = []
        self.last_s = -np.inf
        self.counts: Counter[int] = Counter()

    def note(self, world: World) -> None:
        """Take down the moment, if it is time."""
        truth = world.truth()
        self.counts.update(truth.detected_body[truth.detected_body > 0].tolist())
        if truth.t_s - self.last_s < TRUTH_EVERY_S - 1e-6:
            return
        self.last_s = truth.t_s
        n = len(truth.id)
        self.rows.append(
            np.column_stack(
                [
                    np.full(n, truth.t_s),
                    truth.id,
                    truth.party,
                    truth.kind,
                    truth.unit,
                    truth.xy_m,
                    truth.s_m,
                    truth.d_m,
                ]
            )
        )
        self.seen.append(np.array([(truth.t_s, b, c) for b, c in self.counts.items()]).reshape(-1, 3))
        self.counts.clear()

    def write(self, path: Path, world: World) -> None:
        """Write rows (t, id, party, kind, unit, x, y, s, d), seen (t, body, count), crossings (t, id, s, sign)."""
        truth = world.truth()
        crossings = np.column_stack(
            [truth.crossing_t_s, truth.crossing_id, truth.crossing_s_m, truth.crossing_sign]
        )  # fmt: skip
        np.savez_compressed(
            path, rows=np.concatenate(self.rows), seen=np.concatenate(self.seen), crossings=crossings
        )  # fmt: skip


def _write_hour(path: Path, kept: dict[str, list]) -> None:
    columns = {}
    for name, kind in (("scans", ScanBatch), ("detections", DetectionBatch), ("tracks", TrackBatch)):
        columns |= {f"{name}.{c}": v for c, v in kind.join(kept[name]).columns().items()}
        columns[f"{name}.sizes"] = np.array([len(part) for part in kept[name]], np.int32)
    np.savez_compressed(path.with_suffix(".npz"), t_s=np.array([t for t, _ in kept["records"]]), **columns)
    path.with_suffix(".records").write_bytes(ENCODER.encode([[r for r in rs] for _, rs in kept["records"]]))
    path.with_suffix(".dark").write_bytes(ENCODER.encode(kept["dark"]))


def moments(day: Path) -> Iterator[Moment]:
    """Return a recorded day, moment by moment."""
    for path in sorted(day.glob("[0-9][0-9].npz")):
        held = np.load(path)
        arrays = {name: held[name] for name in held.files}
        records = msgspec.msgpack.decode(path.with_suffix(".records").read_bytes(), type=list[list[AnyRecord]])
        dark = msgspec.msgpack.decode(path.with_suffix(".dark").read_bytes(), type=list[list[int]])
        parts = {}
        for name, kind in (("scans", ScanBatch), ("detections", DetectionBatch), ("tracks", TrackBatch)):
            whole = kind(**{c: arrays[f"{name}.{c}"] for c in kind.COLUMNS})
            ends = np.cumsum(arrays[f"{name}.sizes"])
            parts[name] = [whole.take(slice(e - n, e)) for e, n in zip(ends, arrays[f"{name}.sizes"], strict=True)]
        for k, now_s in enumerate(arrays["t_s"].tolist()):
            yield Moment(
                now_s, tuple(records[k]), parts["scans"][k], parts["detections"][k], parts["tracks"][k],
                frozenset(dark[k]),
            )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", default="701,702,703,704,705,706,707")
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--step-s", type=float, default=2.0)
    options = parser.parse_args()
    for seed in map(int, options.seeds.split(",")):
        record_day(options.folder, seed, options.hours, options.step_s)


if __name__ == "__main__":
    main()
