"""The red team's night: crossers of the simulator against the running product, written down for the judge.

`recorded` runs one world and the product's own watch over it, and notes who crossed, when and where, and whether an
alert was on them before they were through; `judged` holds that against what the account says.  Whoever answers alerts
is left out on both sides, and so are people on watch, whom the simulator gives no eyes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from watchline.assurance.live_miss import Draws
from watchline.assurance.passage_law import PassageLaw
from watchline.assurance.red_team import Passages
from watchline.coverage.crossing import STRETCH_M
from watchline.domain.batches import MissBatch
from watchline.domain.records import Alert
from watchline.geo.line import LineFrame
from watchline.geo.terrain import Terrain
from watchline.ops import watch
from watchline.ops.account.known_walk import ABOUT, is_about
from watchline.ops.account.lessons import Lessons, Tried
from watchline.ops.account.line import Account
from watchline.ops.account.seeing import CLEAR_M, Eyesight, Seeing
from watchline.ops.account.walks import Walk
from watchline.ops.mobility import going
from watchline.ops.picture import Picture
from watchline.ops.plan import FRAILTY_K, HOME_EDGE_M
from watchline.ops.resume import nothing_before
from watchline.ops.site_file import LoadedSite
from watchline.sensing import detection
from watchline.sim.red_team import Optimiser, RedTeam, best_of
from watchline.sim.world import World

F8 = NDArray[np.float64]

STEP_S = 1.0
SLOWEST_M_S = 0.75  # nobody is sent so late that at this pace they would not be through
MINUTE_S = 60.0
SEND_EVERY_S = 300.0
SAY_EVERY_S = 300.0
NOTE_EVERY_S = 20.0
WALKER, VEHICLE = 0, 1  # of the account's classes that are judged
JUDGED = (detection.WALKER, detection.VEHICLE)
ENTER_M = 3000.0  # a passage's account begins where towers begin to matter
DRAWS = 32
# What is known to be wrong: the plan's frailty with nothing dark, and looks that know nothing of each other.
AS_PLANNED = PassageLaw(*(np.array([x]) for x in (1.0, FRAILTY_K, 1.0, 1.0)))
INDEPENDENT = PassageLaw(*(np.array([x]) for x in (1.0, 1e6, 1.0, 1.0)))


@dataclass
class Passage:
    """One who is on the way.  Mutable."""

    optimised: bool
    vehicle: bool
    t_s: list[float] = field(default_factory=list)
    xy_m: list[tuple[float, float]] = field(default_factory=list)
    d_m: list[float] = field(default_factory=list)
    alert_s: float = np.inf
    done_s: float = np.inf

    @property
    def number(self) -> int:
        """Return which of the classes that are judged it is."""
        return VEHICLE if self.vehicle else WALKER


@dataclass(frozen=True)
class Night:
    """What a world left behind: what counted in every minute, and every passage that got through."""

    began_s: F8
    seeing: tuple[Seeing, ...]
    passages: tuple[Passage, ...]


def recorded(
    loaded: LoadedSite, terrain: Terrain, *, seed: int, hours: float, per_hour: float, optimised: float,
    vehicles: float, told: Callable[[str], None],
) -> Night:  # fmt: skip
    """Run a world for so many hours; per_hour crossers for 200 km, a share of them in vehicles, one of the walkers
    optimised.
    """
    site, line = loaded.site, loaded.line
    mines = tuple(ring for area in site.areas if area.kind == "mines" for ring in loaded.areas[area.id])
    world = World(site, line, terrain, seed=seed, mines_lonlat_deg=mines)
    team = RedTeam(world, outside_m=site.line.outside_depth_m, far_m=HOME_EDGE_M, seed=seed)
    best = Optimiser(team)
    on_foot = going(loaded, terrain).speed_factor("foot", ours=False)
    state = watch.init(site, line, terrain, on_foot, frozenset(), world.start_s, nothing_before(site, line))
    picture, eyesight = Picture(len(site.sensors), world.start_s), Eyesight(loaded)
    on_way: dict[int, Passage] = {}
    done: list[Passage] = []
    began: list[float] = []
    seeing: list[Seeing] = []
    end_s, wall_s = world.start_s + 3600.0 * hours, time.monotonic()
    last_s = end_s - (site.line.outside_depth_m + HOME_EDGE_M) / SLOWEST_M_S - SEND_EVERY_S
    each = per_hour * line.length_m / 200_000.0 * SEND_EVERY_S / 3600.0
    while world.now_s < end_s:
        step = world.step(world.now_s + STEP_S)
        now_s = world.now_s
        state, seen = watch.step(
            state, watch.Heard(tuple(step.records), step.scans, step.detections, (), False), now_s
        )
        picture.now_s = now_s
        for record in seen.records:
            picture.apply(record)
        picture.apply_columns(seen.scans)
        picture.apply_columns(seen.tracks)
        eyesight.hear(seen.scans)
        into_s = now_s - world.start_s
        if into_s % MINUTE_S < STEP_S:
            began.append(now_s)
            seeing.append(_sensors_only(eyesight.now(picture)))
        if into_s % SEND_EVERY_S < STEP_S and now_s < last_s:
            for _ in range(int(team.rng.poisson(each))):
                vehicle = bool(team.rng.random() < vehicles)
                searches = not vehicle and bool(team.rng.random() < optimised)
                _send(team, best, site.line.outside_depth_m, Passage(searches, vehicle), on_way)
        _follow(world, on_way, done, [r for r in seen.records if isinstance(r, Alert)])
        if into_s % 1800.0 < STEP_S:
            pace = into_s / max(time.monotonic() - wall_s, 1e-3)
            told(f"seed {seed}: {into_s / 3600:.1f} of {hours:g} h, {len(done)} through, {pace:.0f} x real time")
    return Night(np.array(began), tuple(seeing), tuple(done))


def _sensors_only(now: Seeing) -> Seeing:
    return Seeing(now.quality, now.dark, frozenset(), now.day, now.visibility_m, now.barriers)


def _send(team: RedTeam, best: Optimiser, outside_m: float, passage: Passage, on_way: dict[int, Passage]) -> None:
    s_m, way = team.anywhere()
    if passage.optimised:
        way = best.way(s_m, outside_m, HOME_EDGE_M)
    sent = team.send(s_m, way, team.world.now_s, vehicle=passage.vehicle)
    if sent is not None:
        on_way[sent.body] = passage


def _follow(world: World, on_way: dict[int, Passage], done: list[Passage], alerts: list[Alert]) -> None:
    now_s, line = world.now_s, world.line
    told = [a for a in alerts if a.what in ABOUT]
    noting = (now_s - world.start_s) % NOTE_EVERY_S < STEP_S
    if not told and not noting:
        return
    truth = world.truth()
    ours = np.array([int(b) in on_way for b in truth.id], bool)
    places, offsets, names = truth.xy_m[ours], truth.d_m[ours], truth.id[ours]
    chainages = truth.s_m[ours]
    for alert in told:
        for body in names[is_about(alert, line, places, np.column_stack([chainages, offsets]))]:
            passage = on_way[int(body)]
            passage.alert_s = min(passage.alert_s, now_s)
    if noting:
        for body, xy, d in zip(names, places, offsets, strict=True):
            passage = on_way[int(body)]
            passage.t_s.append(now_s)
            passage.xy_m.append((float(xy[0]), float(xy[1])))
            passage.d_m.append(float(d))
            if d >= HOME_EDGE_M:
                passage.done_s = now_s
                done.append(on_way.pop(int(body)))


def lessons_of(account: Account, night: Night, taught: list[Passage]) -> list[Tried]:
    """Return what passages of a night, whose outcome is known, teach."""
    rows = []
    for one in taught:
        walk = Walk(np.array(one.t_s), np.array(one.xy_m))
        found = account.exposed(walk, one.number, night.began_s, night.seeing)
        alerted, pace = float(np.isfinite(one.alert_s)), account.pace(walk, one.number)
        rows.append(Tried(JUDGED[one.number].name, found.looks, found.alone, alerted, pace))
    return rows


@dataclass(frozen=True)
class Said:
    """A night's account as it would have been with what was learned before: rows of the ledger, and what two models
    that are known to be wrong say of the same minutes, (K, S).
    """

    t_s: F8
    rows: MissBatch
    live: F8
    adversary: F8
    glimpses: F8
    plan: F8


def said(account: Account, night: Night, learned: Lessons) -> tuple[Said, ...]:
    """Return the account of a night for each class; every alert is answered."""
    account.share([_draws(learned, one.crosser.name) for one in account.classes])
    step = round(SAY_EVERY_S / MINUTE_S)
    when, seeing = night.began_s[::step], night.seeing[::step]
    rows = [account.reckon(now, t, SAY_EVERY_S / 3600.0) for t, now in zip(when, seeing, strict=True)]
    whole = Seeing((1.0,) * len(seeing[0].quality), frozenset(), frozenset(), False, CLEAR_M)
    out = []
    for number, one in enumerate(account.classes):
        of = [r.take(r.crosser == number) for r in rows]
        out.append(
            Said(
                when,
                MissBatch.join(of),
                np.stack([r.mean for r in of]),
                np.stack([r.adversary for r in of]),
                np.stack([one.mean_miss(now, INDEPENDENT) for now in seeing]),
                one.mean_miss(whole, AS_PLANNED)[None].repeat(len(when), axis=0),
            )
        )
    return tuple(out)


def _draws(learned: Lessons, crosser: str) -> Draws:
    rng = np.random.default_rng(1)
    law = learned.laws()[crosser].drawn(rng, DRAWS)
    return Draws(law.at_pace(learned.pace(crosser).drawn(rng, DRAWS)), np.ones(DRAWS))


def passages(line: LineFrame, night: Night, account: Said, chosen: list[Passage]) -> Passages:
    """Return passages with what was said of their stretch while they were near and not yet over the line."""
    count = account.live.shape[1]
    t, stretch, near, then = [], [], [], []
    for one in chosen:
        d, at = np.array(one.d_m), np.array(one.t_s)
        k = int(np.argmax(d >= 0.0))
        s_m = float(line.sd_from_xy_m(np.array(one.xy_m[k]))[0])
        enters = at[np.argmax(d >= -ENTER_M)]
        first, last = np.searchsorted(account.t_s, (enters, at[k]), side="right") - 1
        km = min(max(int(s_m // STRETCH_M), 0), count - 1)
        t.append(float(at[k]))
        stretch.append(km)
        rows = slice(max(int(first), 0), int(last) + 1)
        of = (account.live, account.adversary, account.glimpses, account.plan)
        near.append([x[rows, km].mean() for x in of])
        then.append((account.live[int(last), km], account.adversary[int(last), km]))
    live, adversary, glimpses, plan = np.array(near).reshape(-1, 4).T
    at_line, adversary_at_line = np.array(then).reshape(-1, 2).T
    return Passages(
        np.array(t),
        np.array(stretch, np.int64),
        np.array([not np.isfinite(one.alert_s) for one in chosen], bool),
        {"live": live, "glimpses": glimpses, "plan": plan},
        adversary,
        at_line,
        adversary_at_line,
    )


def at_random(night: Night) -> list[Passage]:
    """Return those who knew nothing, on foot and in vehicles, in the order in which they got through."""
    return [p for p in night.passages if not p.optimised]


def planted(night: Night, count: int) -> tuple[list[Passage], list[Passage]]:
    """Return those who teach, `count` spread evenly over the night's hours and weather, and all others.

    Taught by its first hours alone the account knows nothing of the dust that comes at noon, and says too little.
    """
    of = at_random(night)
    teach = set(np.linspace(0, len(of) - 1, min(count, len(of))).astype(int).tolist())
    return [p for k, p in enumerate(of) if k in teach], [p for k, p in enumerate(of) if k not in teach]


def worlds(
    rng: np.random.Generator, tried: Passages, choices: int, count: int, expected: float
) -> list[NDArray[np.int64]]:
    """Return which of the passages cross in each of `count` worlds, when each crosser has so many opportunities."""
    return [best_of(rng, tried.at_line, choices, int(rng.poisson(expected))) for _ in range(count)]


def kept(path: Path, night: Night) -> None:
    """Write a night to a file, whole or not at all."""
    per = [(len(p.t_s), p.optimised, p.vehicle, p.alert_s, p.done_s) for p in night.passages]
    part = path.with_suffix(".part.npz")
    np.savez_compressed(
        part,
        began_s=night.began_s,
        quality=np.array([now.quality for now in night.seeing]),
        dark=np.array([[k in now.dark for k in range(len(now.quality))] for now in night.seeing]),
        sky=np.array([(now.day, now.visibility_m) for now in night.seeing], float),
        per=np.array(per, float).reshape(-1, 5),
        t_s=np.concatenate([p.t_s for p in night.passages]) if per else np.zeros(0),
        xy_m=np.concatenate([p.xy_m for p in night.passages]) if per else np.zeros((0, 2)),
        d_m=np.concatenate([p.d_m for p in night.passages]) if per else np.zeros(0),
    )
    part.replace(path)


def read(path: Path) -> Night:
    """Return a night that `kept` wrote."""
    held = np.load(path)
    seeing = [
        Seeing(tuple(q.tolist()), frozenset(np.flatnonzero(dark).tolist()), frozenset(), bool(day), float(visibility))
        for q, dark, (day, visibility) in zip(held["quality"], held["dark"], held["sky"], strict=True)
    ]
    passages, at = [], 0
    for count, optimised, vehicle, alert_s, done_s in held["per"]:
        here = slice(at, at + int(count))
        at += int(count)
        xy = [(float(x), float(y)) for x, y in held["xy_m"][here]]
        passages.append(
            Passage(
                bool(optimised),
                bool(vehicle),
                held["t_s"][here].tolist(),
                xy,
                held["d_m"][here].tolist(),
                alert_s,
                done_s,
            )
        )
    return Night(held["began_s"], tuple(seeing), tuple(passages))
