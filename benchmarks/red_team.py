"""Predicted and observed misses of simulated crossings: is pi right, and do simpler models fail where they must?

The whole product runs on worlds of the simulator, whose crossers, sensors, weather and outages are its own.  For
every party on foot or on wheels that walks in over the line: pi of its kilometre and class in the minute it enters,
as the account said it then, against what happened: was there an alert on it before the far edge?  Answering is left
out on both sides (p_ack = 1).  Beside pi: the same with nothing dark and nominal contrast ("plan"), and with
independent looks, exp(-H) ("glimpses").

    python benchmarks/red_team.py [--crossings 300] [--length-km 200] [--seed 900]
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, field

import msgspec
import numpy as np

from watchline.assurance.calibration import brier, reliability, spiegelhalter_z
from watchline.assurance.live_miss import Draws
from watchline.coverage.crossing import stretch_of
from watchline.ops import watch
from watchline.ops.account import MINUTE_S, Account, Eyesight, Seeing
from watchline.ops.picture import Picture
from watchline.ops.plan import HOME_EDGE_M
from watchline.ops.resume import nothing_before
from watchline.ops.site_file import LoadedSite
from watchline.sim.demo import demo_site
from watchline.sim.world import World

ACTIVITY = 6.0
NEAR_M = 250.0  # an alert's track this near to a body is about it
ENTER_M = -2500.0  # where a party counts as entering: routes of the simulator begin at different depths
PERSON, VEHICLE, CRAWLING = 0, 1, 1
CLASS_OF = {"walker": 0, "crawler": 1, "rider": 2, "vehicle": 3}
ABOUT = ("approaching", "crossing", "crossed", "loitering", "distress", "fence_touched")


@dataclass
class Party:
    """One party on its way: when and where it entered, what was said of it, and whether an alert was on it."""

    t_s: float
    stretch: int
    crosser: int
    said: dict[str, float]
    alerted: bool = False
    seen: bool = False
    through: bool = False
    crossed: bool = False


@dataclass
class Night:
    """What is being measured.  Mutable."""

    parties: dict[int, Party] = field(default_factory=dict)
    done: list[Party] = field(default_factory=list)


def sure(account: Account, *, independent: bool = False) -> None:
    """Take answering, and on demand frailty, out of an account."""
    k = np.full_like(account.shared.frailty_k, 1e9) if independent else account.shared.frailty_k
    for one in account.classes:
        one._shared = Draws(k, np.ones_like(account.shared.p_ack))


def run(length_m: float, wanted: int, seed: int) -> list[Party]:
    """Let worlds run until so many parties got through or were found."""
    demo = demo_site(1, length_m=length_m)
    spec = msgspec.structs.replace(demo.site.simulation, activity=ACTIVITY)
    site = msgspec.structs.replace(demo.site, simulation=spec)
    loaded = _loaded(demo, site)
    live, glimpses = Account(loaded, demo.terrain), Account(loaded, demo.terrain)
    sure(live)
    sure(glimpses, independent=True)
    everybody = frozenset({p.id for p in site.posts} | {u.id for u in site.units})
    plan = live.reckon(Seeing((1.0,) * len(site.sensors), frozenset(), everybody, False, 20_000.0), 0.0, 1.0)
    done: list[Party] = []
    while len(done) < wanted:
        done += _night(site, demo, live, glimpses, plan, seed, wanted - len(done))
        seed += 1
    return done


def _loaded(demo, site) -> LoadedSite:
    import tempfile
    from pathlib import Path

    from watchline.ops.site_file import read_site, site_text
    from watchline.sources.elevation import write_terrain

    where = Path(tempfile.mkdtemp())
    write_terrain(where / site.terrain.file, demo.terrain, demo.line.frame)
    for name, data in demo.files.items():
        (where / name).write_bytes(data)
    (where / "site.toml").write_text(site_text(site), encoding="utf-8")
    return read_site(where / "site.toml")


def _night(site, demo, live, glimpses, plan, seed, wanted) -> list[Party]:
    world = World(site, demo.line, demo.terrain, seed=seed)
    loaded = _loaded(demo, site)
    state = watch.init(site, demo.line, demo.terrain, frozenset(), world.start_s, nothing_before(site, demo.line))
    picture, eyesight, night = Picture(len(site.sensors), world.start_s), Eyesight(loaded), Night()
    minute_s, told = world.start_s, {}
    began, wall = world.start_s, time.monotonic()
    while len(night.done) < wanted and world.now_s < world.start_s + 12 * 3600:
        step = world.step(world.now_s + 1.0)
        now_s = world.now_s
        heard = watch.Heard(tuple(step.records), step.scans, step.detections, (), False)
        state, seen = watch.step(state, heard, now_s)
        picture.now_s = now_s
        for record in seen.records:
            picture.apply(record)
        picture.apply_columns(seen.scans)
        picture.apply_columns(seen.tracks)
        eyesight.hear(seen.scans)
        if now_s - minute_s >= MINUTE_S or not told:
            minute_s = now_s
            now = eyesight.now(picture)
            told = {"pi": live.reckon(now, now_s, 1.0), "glimpses": glimpses.reckon(now, now_s, 1.0), "plan": plan}
        _follow(world.truth(), picture, demo.line.length_m, told, night)
        if int(now_s) % 600 == 0:
            print(
                f"  seed {seed} {(now_s - began) / 3600:.2f} h: {len(night.done)} parties, "
                f"{(now_s - began) / (time.monotonic() - wall):.0f} x real time", flush=True,
            )  # fmt: skip
    return night.done


def _follow(truth, picture: Picture, length_m: float, told, night: Night) -> None:
    """Note who enters, on whom there is an alert, and who reached the far edge."""
    outsiders = truth.unit < 0
    tracks = picture.tracks
    on = {v.alert.track_id for v in picture.alerts.values() if v.alert.what in ABOUT and v.alert.track_id is not None}
    places = tracks.xy_m[np.isin(tracks.track_id, list(on))] if len(tracks) and on else np.zeros((0, 2))
    confirmed = tracks.xy_m[tracks.confirmed > 0] if len(tracks) else np.zeros((0, 2))
    for row in np.flatnonzero(outsiders & (truth.kind <= VEHICLE)):
        name, d = int(truth.party[row]), float(truth.d_m[row])
        party = night.parties.get(name)
        if party is None:
            if not (ENTER_M <= d < ENTER_M + 100.0 and 0.0 < truth.s_m[row] < length_m):
                continue
            crosser = CLASS_OF["vehicle"] if truth.kind[row] == VEHICLE else CLASS_OF["walker"]
            stretch = int(stretch_of(np.array([truth.s_m[row]]), length_m)[0])
            said = {k: float(b.mean[(b.crosser == crosser) & (b.stretch == stretch)][0]) for k, b in told.items()}
            party = night.parties[name] = Party(truth.t_s, stretch, crosser, said)
        if party.through:
            continue
        if len(places) and np.hypot(*(places - truth.xy_m[row]).T).min() < NEAR_M:
            party.alerted = True
        if len(confirmed) and np.hypot(*(confirmed - truth.xy_m[row]).T).min() < NEAR_M:
            party.seen = True
        if d >= HOME_EDGE_M:
            party.through = True
            night.done.append(party)


def main() -> None:
    """Print calibration and the reliability table of each model."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--crossings", type=int, default=300)
    options.add_argument("--length-km", type=float, default=200.0)
    options.add_argument("--seed", type=int, default=900)
    chosen = options.parse_args()
    done = run(1000 * chosen.length_km, chosen.crossings, chosen.seed)
    for what, name in (("alerted", "alert"), ("seen", "confirmed track")):
        missed = np.array([not getattr(p, what) for p in done], float)
        print(f"\n{len(done)} parties; missed (no {name}): {missed.mean():.3f}")
        for model in ("pi", "glimpses", "plan"):
            p = np.clip([d.said[model] for d in done], 1e-6, 1 - 1e-6)
            score, z = brier(p, missed), spiegelhalter_z(p, missed)
            print(f"{model:9} mean {p.mean():.3f}  Z {z:+6.2f}  Brier {score.score:.3f} ({score.reliability:.4f})")
            for b in reliability(p, missed) if model == "pi" else ():
                share = f"{b.happened}/{b.trials} = {b.happened / b.trials:.2f}"
                print(f"    said {b.forecast:.2f}: {share}  band {b.low}..{b.high} {'' if b.inside else 'OUTSIDE'}")


if __name__ == "__main__":
    main()
