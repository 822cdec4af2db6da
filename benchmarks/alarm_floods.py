"""The two worst hours of a desk, by the simulator: a storm of nuisance, and eighty who cross at once half blind.

storm  a flock before every camera, wind of 14 m/s and rain over the whole line, and cameras that take bushes and
       streaks for somebody; twelve parties cross meanwhile.
mass   half the cameras fall dark, eighty people cross one by one a quarter of an hour later, all in five minutes.

Simulator, tracker and alarm spine are the product's own; the whole demonstration line is one desk.  A crossing
counts as detectable as in `alerting_week.py`: ten detections before the line, the first a minute before.

    python benchmarks/alarm_floods.py [storm|mass|both] [--seeds 801,802]
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from alert_days import Setting, week_setting
from alert_truth import PEOPLE
from alerting_week import DETECTABLE_S, DETECTABLE_SEEN

from watchline.alerting.management.rates import bins
from watchline.cli.demo_site import cached_demo
from watchline.domain.records import Alert, Suppression
from watchline.ops import alarms, health
from watchline.ops.site_file import read_site
from watchline.sensing import signature
from watchline.sim.outages import Outages
from watchline.sim.truth import Truth
from watchline.sim.weather import Sky, Weather
from watchline.sim.world import World
from watchline.tracking import tracker

STEP_S = 2.0
NEAR_M = 400.0  # an alert this near to one of a party is about it
FALSE_PER_LOOK = 0.05  # fifty times the simulator's own rate in calm air


@dataclass(frozen=True)
class RoughWeather(Weather):
    """Weather with wind and rain over the whole line at all times."""

    def at(self, t_s: float) -> Sky:
        """Return the weather of a moment."""
        sky = super().at(t_s)
        return sky._replace(wind_m_s=np.full_like(sky.wind_m_s, 14.0), rain_mm_h=np.full_like(sky.rain_mm_h, 4.0))


@dataclass
class Watched:
    """What came of a run.  Mutable: it watches.

    people: the party of each body; crossed_s: when a party first crossed inwards; seen: its detections before that;
    about: the parties that an alert is about; queued_s: when the first alert about a party, or a mass event with it,
    was on the queue; held: what is kept back, since when; raw_s: what cameras reported of nobody; tracks: begun when.
    """

    people: dict[int, int] = field(default_factory=dict)
    crossed_s: dict[int, float] = field(default_factory=dict)
    seen: dict[int, list[float]] = field(default_factory=dict)
    queued_s: dict[int, float] = field(default_factory=dict)
    about: dict[str, set[int]] = field(default_factory=dict)
    cards: dict[str, tuple[float, Alert]] = field(default_factory=dict)
    held: dict[str, tuple[float, str]] = field(default_factory=dict)
    kept_s: dict[int, float] = field(default_factory=dict)
    kept: Counter = field(default_factory=Counter)
    tracks: dict[int, float] = field(default_factory=dict)
    raw_s: list[float] = field(default_factory=list)
    mass: list[Alert] = field(default_factory=list)
    most_on_queue: int = 0


def run(setting: Setting, kind: str, seed: int) -> tuple[Watched, float, float]:
    """Run one hour; return what came of it, and between which times it is judged."""
    loaded = read_site(cached_demo())
    terrain, site = loaded.terrain(), setting.site
    world = World(site, loaded.line, terrain, seed=seed, start_s=setting.start_s)
    rng = np.random.default_rng([seed, 0xF100D])
    (_storm if kind == "storm" else _mass)(world, rng)
    tracking = tracker.init(tracker.set_up(site, loaded.line, terrain))
    ears = health.init(site.sensors, setting.start_s, frozenset(), 0)
    spine = alarms.init(site, loaded.line, setting.places_m)
    watched = Watched()
    while world.now_s < setting.start_s + 3600.0:
        step = world.step(world.now_s + STEP_S)
        now = world.now_s
        ears, changes = health.step(ears, step.scans.sensor, step.scans.t_s, now, {}, {})
        tracking, tracks = tracker.step(tracking, step.scans, step.detections, now)
        own = {r.sensor for r in step.records if hasattr(r, "sensor")}
        records = (*step.records, *(c for c in changes if c.sensor not in own))
        spine, said = alarms.step(spine, alarms.Heard(now, records, step.detections, tracks, frozenset(ears.dark)))
        _watch(watched, setting, world, said, spine)
        by_camera = world.eyes.kind[step.detections.sensor] == 0
        nobody = ~np.isin(world.truth().detected_body, list(watched.people))
        watched.raw_s += step.detections.t_s[by_camera & nobody].tolist()
        fresh = tracks.take(np.flatnonzero(tracks.confirmed))
        for track in fresh.track_id.tolist():
            watched.tracks.setdefault(track, now)
    return watched, setting.start_s + 600.0, setting.start_s + 3600.0


def _storm(world: World, rng: np.random.Generator) -> None:
    world.weather = RoughWeather(world.weather.middle_s_m, world.weather.lon_deg, world.weather.start_s, 1)
    world.errors = world.errors._replace(false_per_look=FALSE_PER_LOOK)
    eyes, line, start = world.eyes, world.line, world.start_s
    for k in np.flatnonzero((eyes.kind == 0) & np.isfinite(eyes.x)):
        s = float(line.sd_from_xy_m(np.array([eyes.x[k], eyes.y[k]]))[0])
        ring = [(0, 0), (250, 100), (150, 300), (-200, 250), (-250, -100), (0, 0)] * 3
        way = line.xy_m_from_sd(np.array([(np.clip(s + a, 0, line.length_m), -1300.0 + b) for a, b in ring]))
        world.population.send(start + rng.uniform(0, 120), way, 0.4, [signature.SHEEP] * 6)
    _send(world, rng, 12, start + rng.uniform(900, 2400, 12))


def _mass(world: World, rng: np.random.Generator) -> None:
    start = world.start_s
    cameras = np.flatnonzero(world.eyes.kind == 0)
    dark = np.sort(rng.permutation(cameras)[: len(cameras) // 2]).astype(np.int32)
    world.outages = Outages(
        dark, np.full(len(dark), start + 600.0), np.full(len(dark), start + 7200.0), start, len(world.site.sensors)
    )
    _send(world, rng, 80, start + 900.0 + rng.uniform(0, 300, 80))


def _send(world: World, rng: np.random.Generator, n: int, at_s: np.ndarray) -> None:
    """Send n walkers of one across the line, evenly along it."""
    line = world.line
    places = (np.arange(n) + rng.uniform(0.2, 0.8, n)) * line.length_m / n
    for s, t in zip(places, at_s, strict=True):
        way = line.xy_m_from_sd(np.column_stack([np.full(8, s), np.linspace(-1200.0, 600.0, 8)]))
        world.population.send(float(t), way, 1.2, [signature.PERSON])


def _watch(watched: Watched, setting: Setting, world: World, said: list, spine: alarms.State) -> None:
    now, truth = world.now_s, world.truth()
    people = _note_people(watched, truth, now)
    for alert in (r for r in said if isinstance(r, Alert)):
        if alert.what == "mass_event":
            watched.mass.append(alert)
        elif alert.what not in ("sensor_dark", "line_weakened"):
            at = setting.line.frame.xy_m_from_lonlat(alert.position.lon_deg, alert.position.lat_deg)
            near = np.hypot(*(truth.xy_m[people] - at).T) < NEAR_M
            watched.about.setdefault(alert.alert, set()).update(truth.party[people][near].tolist())
    for r in (r for r in said if isinstance(r, Suppression)):
        _note_kept(watched, r, now)
    queue = [a for name, a in spine.engine.open.items() if name not in watched.held and a.state == "open"]
    watched.most_on_queue = max(watched.most_on_queue, len(queue))
    for alert in queue:
        watched.cards.setdefault(alert.alert, (now, alert))
        for name in (alert.alert, *alert.members):
            for party in watched.about.get(name, ()):
                watched.queued_s.setdefault(party, now)


def _note_people(watched: Watched, truth: Truth, now: float) -> np.ndarray:
    people: np.ndarray = np.isin(truth.kind, PEOPLE) & (truth.unit < 0)
    watched.people.update(zip(truth.id[people].tolist(), truth.party[people].tolist(), strict=True))
    for t, body, sign in zip(truth.crossing_t_s, truth.crossing_id, truth.crossing_sign, strict=True):
        if sign > 0 and int(body) in watched.people:
            watched.crossed_s.setdefault(watched.people[int(body)], float(t))
    for body in truth.detected_body.tolist():
        party = watched.people.get(body)
        if party is not None and party not in watched.crossed_s:
            watched.seen.setdefault(party, []).append(now)
    return people


def _note_kept(watched: Watched, r: Suppression, now: float) -> None:
    if not r.over:
        watched.kept[r.rule] += 1
        watched.held.setdefault(r.what, (now, r.rule))
        return
    since, rule = watched.held.pop(r.what)
    if rule == "mass_event":
        return  # the event's card showed it
    for party in watched.about.get(r.what, ()):
        if watched.queued_s.get(party, np.inf) > since:
            watched.kept_s[party] = max(watched.kept_s.get(party, 0.0), now - since)


def figures(watched: Watched, from_s: float, to_s: float, cameras: int) -> dict[str, object]:
    """Return the figures of a run."""
    shown = [t for t, _ in watched.cards.values()]
    counts = bins(shown, from_s, to_s)
    after = {p: t for p, t in watched.crossed_s.items() if from_s <= t < to_s}
    clear = {
        p: t for p, t in after.items()
        if len(watched.seen.get(p, ())) >= DETECTABLE_SEEN and t - watched.seen[p][0] >= DETECTABLE_S
    }  # fmt: skip
    late = {p: watched.queued_s.get(p) for p, t in clear.items() if watched.queued_s.get(p, np.inf) >= t}
    begun = [t for t in watched.tracks.values() if from_s <= t < to_s]
    per = cameras * (to_s - from_s) / 600.0
    return {
        "raw_per_camera_10_min": round(sum(from_s <= t < to_s for t in watched.raw_s) / per, 1),
        "tracks_begun_per_camera_10_min": round(len(begun) / per, 1),
        "cards_in_10_min": counts,
        "kinds": dict(Counter(a.what for t, a in watched.cards.values() if from_s <= t < to_s)),
        "mass_events": [
            (round(t - from_s), len(a.members)) for t, a in watched.cards.values() if a.what == "mass_event"
        ],
        "most_members": max((len(a.members) for a in watched.mass), default=0),
        "most_on_queue_at_once": watched.most_on_queue,
        "crossings": len(after),
        "detectable": len(clear),
        "not_before_the_line": len(late),
        "never": sum(t is None for t in late.values()),
        "kept_back_over_60_s": sum(watched.kept_s.get(p, 0.0) > 60.0 for p in clear),
        "longest_kept_back_s": max((watched.kept_s.get(p, 0.0) for p in clear), default=0.0),
        "suppressions": dict(watched.kept),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=("storm", "mass", "both"), default="both")
    parser.add_argument("--seeds", default="801,802")
    options = parser.parse_args()
    setting = week_setting()
    cameras = sum(s.kind == "thermal_camera" for s in setting.site.sensors)
    for kind in ("storm", "mass") if options.what == "both" else (options.what,):
        for seed in map(int, options.seeds.split(",")):
            began = time.process_time()
            out = figures(*run(setting, kind, seed), cameras)
            print(f"{kind}, seed {seed} ({time.process_time() - began:.0f} s of processor time)")
            for name, value in out.items():
                print(f"  {name:32} {value}")


if __name__ == "__main__":
    main()
