"""A night of crossings in the simulator, answered with Watchline's proposals and without: who is reached in time?

    python benchmarks/respond_night.py proposals|nearest [--seed 21] [--crossings 30] [--load night|surge] [--km 200]
    python benchmarks/respond_night.py table RESULTS.jsonl

The whole product runs on the demonstration line at detections fidelity: sensors, tracks, alerts, ledger, proposals;
with --km on a shorter line of the same make, with its share of towers and forces, in its share of the time.
The simulator's own people come, and 40 parties on foot more, the same ones on the same ways in both arms: within two
and a half hours over the whole line (night), or within forty minutes over 30 % of it (surge).  The first --crossings
of these that cross inwards are judged.  A commander answers every alert DECIDES_S after it is shown, in both arms,
and once a mass event is taken, every alert that it stands for, DECIDES_S after it was first raised.

proposals  takes the alert, approves the chosen option of the proposal that follows (a task in the ledger), and every
           two minutes the option that leads the unit on, if there is one; one that stands where nobody came is told
           where they were last seen.
nearest    sends the free patrol or reserve that is nearest in a straight line to where they were last seen (it knows
           where every unit truly is) unless somebody goes to that very place already, and every two minutes tells it
           where they are now.

A unit is free again when it has reached them, when the alert is closed for three minutes, or after 45 minutes.
Reached: a unit that was sent is within 150 m of one of the party, at home of the line, before the party is in cover
(the end of its way, 3.2 to 5.2 km behind the line).  A line of JSON for each run; `table` pairs the arms by seed.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
from scipy.stats import binomtest

from watchline.alerting.desk.commands import Act
from watchline.alerting.desk.item import Item
from watchline.alerting.desk.roles import Who
from watchline.cli.demo_site import cached_demo
from watchline.domain.press import digest_of
from watchline.domain.records import Alert
from watchline.domain.respond import Option
from watchline.ledger.writer import Ledger
from watchline.ops.clock import Clock
from watchline.ops.core import Core
from watchline.ops.people import Request
from watchline.ops.respond.dispatcher import ANSWERED, taken_at_s
from watchline.ops.respond.wishes import Send, Tell
from watchline.ops.respond.worker import Inline
from watchline.ops.resume import nothing_before
from watchline.ops.site_file import LoadedSite, read_site, site_text
from watchline.response.proposals import SAME_M
from watchline.sensing import signature
from watchline.sim.demo import demo_site
from watchline.sim.driving import drives_over
from watchline.sim.sending import Sending
from watchline.sim.world import World
from watchline.sources.elevation import write_terrain

START = "2018-01-23T18:00:00Z"  # 21:00 on the line
LINE_KM = 200.0
EXTRA = 40  # parties on foot besides those that come anyway
LOADS = {"night": (9000.0, (0.0, 1.0)), "surge": (2400.0, (0.35, 0.65))}  # within so long, on this share of the line
THERE_M = 200.0  # a unit so near to where it was sent stands there
DECIDES_S, AGAIN_S = 90.0, 120.0
REACHED_M, MOST_S, CLOSED_S = 150.0, 2700.0, 180.0
ARMS = ("proposals", "nearest")
PEOPLE = (signature.PERSON, signature.CHILD, signature.VEHICLE)
LEAD = Who("commander", "shift_commander")


@dataclass
class Sent:
    """A unit on its way to an alert.  Mutable: where it was told to go last."""

    unit: str
    alert: str
    since_s: float
    told_s: float
    task: str = ""
    closed_s: float | None = None


@dataclass
class Party:
    """Somebody who came over.  reached_s: when a unit was there, None if never."""

    crossed_s: float
    bodies: set[int] = field(default_factory=set)
    reached_s: float | None = None
    gone: bool = False


class Night:
    """One arm.  Mutable: it runs."""

    def __init__(self, arm: str, seed: int, load: str, directory: Path, km: float = LINE_KM) -> None:
        loaded = read_site(cached_demo() if km == LINE_KM else shorter(directory.with_name("site"), km))
        site = msgspec.structs.replace(
            loaded.site, desk=msgspec.structs.replace(loaded.site.desk, seeded_per_12_h=0.0)
        )
        self.loaded: LoadedSite = replace(loaded, site=site)
        terrain = loaded.terrain()
        start_s = datetime.fromisoformat(START).timestamp()
        mines = tuple(ring for area in site.areas if area.kind == "mines" for ring in loaded.areas[area.id])
        self.world = World(site, loaded.line, terrain, seed=seed, start_s=start_s, mines_lonlat_deg=mines)
        self.extra: dict[int, int] = {}  # by the world's number of a party: ours, the same in both arms
        within_s, (low, high) = LOADS[load]
        for k, t_s in enumerate(np.random.default_rng([seed, 0xC0]).uniform(600.0, within_s, EXTRA)):
            chance = np.random.default_rng([seed, 0xC1, k])
            s_m = float(chance.uniform(low, high)) * loaded.line.length_m
            self.world.population._at(start_s + float(t_s), partial(self._come, k, chance, s_m))
        self.core = Core(
            self.loaded, terrain, self.world, None, Ledger.create(directory, lambda: b"0" * 32),
            Clock(start_s, 1.0), fidelity="detections", seed=seed, simulated=True,
            before=nothing_before(site, loaded.line), proposers=Inline,
        )  # fmt: skip
        frame = loaded.line.frame
        roads = [
            (frame.xy_m_from_lonlat(r[:, 0], r[:, 1]), surface)
            for r, surface in zip(loaded.roads, loaded.road_surfaces, strict=True)
        ]
        drives = drives_over(self.world.population.routes, loaded.line, roads)
        self.sending = Sending(self.world, drives, np.random.default_rng([seed, 0x5E4D]))
        self.arm, self.keys = arm, 0
        if arm == "nearest":
            self.core.dispatcher.step = lambda picture, now_s: []  # nobody looks at proposals in this arm
        self.sent: dict[str, Sent] = {}
        self.answered: dict[str, float] = {}
        self.parties: dict[int, Party] = {}
        self.tasks = self.no_option = 0
        self.busy_s = 0.0
        self.first_s: list[float] = []

    def _come(self, k: int, chance: np.random.Generator, s_m: float, t_s: float) -> None:
        """Let a party come whose way and pace are drawn from a stream of its own: the same in both arms."""
        people = self.world.population
        drawn, free = people.rng, people._open_xy
        people.rng = chance
        people._open_xy = lambda low, high, s_m=s_m: free(low, high, s_m)  # type: ignore[method-assign]
        before = people._parties
        people._walkers(t_s)
        people.rng, people._open_xy = drawn, free  # type: ignore[method-assign]
        if people._parties > before:
            self.extra[people._parties] = k

    # -- the commander -------------------------------------------------------------------------------------

    def step(self, crossings: int) -> None:
        self.core.tick()
        now_s = self.core.clock.now_s
        if round(now_s) % 5 == 0:
            self._answer(now_s)
            self._redirect(now_s)
            self._judge(now_s, crossings)

    def _answer(self, now_s: float) -> None:
        for item in self.core.picture.alerts.values():
            alert = item.alert
            if alert.what not in (*ANSWERED, "mass_event") or alert.state != "open" or not item.answerable(now_s):
                continue
            if any(sent.alert == alert.alert for sent in self.sent.values()):
                continue
            shown_s = item.shown_s if item.shown_s is not None else alert.first_s
            if now_s - shown_s < DECIDES_S or now_s - self.answered.get(alert.alert, -1e9) < AGAIN_S:
                continue
            if taken_at_s(item, self.core.picture) is None:
                if item.state(now_s) == "open":
                    self._press(Act(key=self._key(), alert=alert.alert, action="acknowledge"))
                continue  # what is proposed by where everybody is now comes within five seconds
            if alert.what == "mass_event" or (self.arm == "proposals" and not self._fresh(item)):
                continue
            self.answered[alert.alert] = now_s
            unit, task = self._by_proposal(alert) if self.arm == "proposals" else (self._nearest(alert), "")
            if unit:
                self.sent[unit] = Sent(unit, alert.alert, now_s, -1e9, task)
                self.tasks += 1

    def _fresh(self, item: Item) -> bool:
        """Return whether what is proposed is by where everybody was when the alert was taken."""
        proposal = self.core.picture.tasking.proposals.get(item.alert.alert)
        taken_s = taken_at_s(item, self.core.picture)
        return proposal is not None and taken_s is not None and proposal.t_s >= taken_s

    def _by_proposal(self, alert: Alert) -> tuple[str, str]:
        proposal = self.core.picture.tasking.proposals.get(alert.alert)
        options = [] if proposal is None else [o for o in proposal.options if o.means != "drone" and o.chosen]
        if not options:
            self.no_option += 1
            return "", ""
        task = self._send(alert.alert, options[0])
        if not task:
            self.answered[alert.alert] = -1e9  # it has changed: look again
        return (options[0].unit, task) if task else ("", "")

    def _send(self, alert: str, option: Option) -> str:
        """Return the task that an approval became, "" if it was refused."""
        wish = Send(key=self._key(), alert=alert, unit=option.unit, digest=digest_of(option))
        asked = self.core.people.ask(Request(LEAD, wish))
        self.core.tick()
        return asked.result() if asked.exception(timeout=0.0) is None else ""

    def _nearest(self, alert: Alert) -> str:
        at = self._last_seen(alert)
        alerts = self.core.picture.alerts
        if any(np.hypot(*(self._last_seen(alerts[s.alert].alert) - at)) < SAME_M for s in self.sent.values()):
            return ""  # somebody goes there already
        free = [u.id for u in self.loaded.site.units if u.kind in ("patrol", "reserve") and u.id not in self.sent]
        return min(free, key=lambda unit: float(np.hypot(*(self.sending.place(unit) - at))), default="")

    def _last_seen(self, alert: Alert) -> np.ndarray:
        tracks = self.core.picture.tracks
        rows = np.flatnonzero(tracks.track_id == (alert.track_id if alert.track_id is not None else -1))
        if len(rows):
            at = tracks.xy_m[rows[0]].astype(float)
        else:
            place = alert.position
            at = np.asarray(self.loaded.line.frame.xy_m_from_lonlat(place.lon_deg, place.lat_deg), float).reshape(2)
        s_m, d_m = self.loaded.line.sd_from_xy_m(at)
        return at if d_m > 100.0 else self.loaded.line.xy_m_from_sd([float(s_m), 100.0])  # nobody is sent across

    def _redirect(self, now_s: float) -> None:
        for sent in list(self.sent.values()):
            item = self.core.picture.alerts[sent.alert]
            if item.alert.state == "closed":
                sent.closed_s = sent.closed_s if sent.closed_s is not None else now_s
            over = sent.closed_s is not None and now_s - sent.closed_s > CLOSED_S
            if over or now_s - sent.since_s > MOST_S:
                self._release(sent, "not_found")
            elif now_s - sent.told_s >= AGAIN_S and item.alert.state == "open":
                goal = self._goal(sent, item.alert, now_s)
                if goal is not None:
                    arrives_s = self.sending.send(sent.unit, goal, anew=sent.told_s < 0.0)
                    if sent.told_s < 0.0 and arrives_s is not None:
                        self.first_s.append(arrives_s - now_s)
                sent.told_s = now_s

    def _goal(self, sent: Sent, alert: Alert, now_s: float) -> np.ndarray | None:
        if self.arm == "nearest":
            return self._last_seen(alert)
        job = self.core.picture.tasking.jobs[sent.task]
        if sent.told_s > 0.0:
            proposal = self.core.picture.tasking.proposals[sent.alert]
            led = [o for o in proposal.options if o.led and o.unit == sent.unit and proposal.t_s > job.task.t_s]
            if not led:
                there = float(np.hypot(*(self.sending.place(sent.unit) - self._xy(job.task.option)))) < THERE_M
                return self._last_seen(alert) if there else None
            task = self._send(sent.alert, led[0])
            if not task:
                return None
            sent.task, job = task, self.core.picture.tasking.jobs[task]
        return self._xy(job.task.option)

    def _xy(self, option: Option) -> np.ndarray:
        place = option.place
        return np.asarray(self.loaded.line.frame.xy_m_from_lonlat(place.lon_deg, place.lat_deg), float).reshape(2)

    def _release(self, sent: Sent, result: str) -> None:
        if sent.task:
            self._press(Tell(key=self._key(), task=sent.task, state="done", result=result))  # type: ignore[arg-type]
        self.busy_s += self.core.clock.now_s - sent.since_s
        self.sending.release(sent.unit)
        del self.sent[sent.unit]

    def _press(self, wish: Act | Tell) -> None:
        self.core.people.ask(Request(LEAD, wish))

    def _key(self) -> str:
        self.keys += 1
        return f"night-{self.keys:06}"

    # -- the judge: it knows the truth ---------------------------------------------------------------------

    def _judge(self, now_s: float, crossings: int) -> None:
        truth = self.world.truth()
        party_of = dict(zip(truth.id.tolist(), truth.party.tolist(), strict=True))
        kind_of = dict(zip(truth.id.tolist(), truth.kind.tolist(), strict=True))
        own = set(truth.id[truth.unit >= 0].tolist())
        rows = zip(truth.crossing_t_s, truth.crossing_id.tolist(), truth.crossing_sign.tolist(), strict=True)
        for t_s, body, sign in rows:
            if sign < 0 or body in own or kind_of.get(body) not in PEOPLE or party_of.get(body) not in self.extra:
                continue
            if party_of[body] not in self.parties and len(self.parties) < crossings:
                self.parties[party_of[body]] = Party(float(t_s))
        ours = {unit: self.sending.place(unit) for unit in self.sent}
        for number, party in self.parties.items():
            mine = (truth.party == number) & (truth.unit < 0)
            party.gone |= not mine.any()
            if party.reached_s is None and not party.gone and ours:
                at = truth.xy_m[mine & (truth.d_m > 0.0)]
                for unit, place in ours.items():
                    if len(at) and np.hypot(*(at - place).T).min() < REACHED_M:
                        party.reached_s = now_s
                        self._release(self.sent[unit], "found")
                        break


def shorter(directory: Path, km: float) -> Path:
    """Write a demonstration line of another length; return its site file."""
    demo = demo_site(1, length_m=1000.0 * km)
    directory.mkdir(parents=True)
    write_terrain(directory / "terrain.tif", demo.terrain, demo.line.frame)
    for name, data in demo.files.items():
        (directory / name).write_bytes(data)
    path = directory / "site.toml"
    path.write_text(site_text(demo.site), encoding="utf-8")
    return path


def play(arm: str, seed: int, load: str, crossings: int, hours: float, km: float) -> dict[str, object]:
    """Return what became of one night in one arm."""
    begun = time.process_time()
    with tempfile.TemporaryDirectory() as directory:
        night = Night(arm, seed, load, Path(directory) / "ledger", km)
        start_s = night.core.clock.now_s
        while night.core.clock.now_s < start_s + 3600.0 * hours:
            night.step(crossings)
            if sum(p.reached_s is not None or p.gone for p in night.parties.values()) >= crossings:
                break
        for sent in list(night.sent.values()):
            night._release(sent, "not_found")
        done = {n: p for n, p in night.parties.items() if p.reached_s is not None or p.gone}
        took = {n: round(p.reached_s - p.crossed_s) for n, p in done.items() if p.reached_s is not None}
        found: dict[str, object] = {
            "arm": arm, "seed": seed, "load": load, "km": km, "crossed": len(night.parties), "judged": len(done),
            "reached": len(took), "median_s": float(np.median(list(took.values()) or [np.nan])),
            "parties": {str(night.extra[n]): took.get(n) for n in sorted(done)}, "sent": night.tasks,
            "busy_h": round(night.busy_s / 3600.0, 1), "nobody": night.no_option,
            "first_leg_s": round(float(np.mean(night.first_s or [np.nan]))),
            "hours": round((night.core.clock.now_s - start_s) / 3600.0, 2),
            "cpu_s": round(time.process_time() - begun),
        }  # fmt: skip
        night.core.close()
    return found


def table(path: Path) -> None:
    """Print the arms of each load side by side, and by how much they differ, paired by seed."""
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    for load in LOADS:
        by = {arm: {r["seed"]: r for r in rows if (r["load"], r["arm"]) == (load, arm)} for arm in ARMS}
        seeds = sorted(set.intersection(*(set(one) for one in by.values())))
        for arm in ARMS:
            mine = [by[arm][seed] for seed in seeds]
            took = [t for r in mine for t in r["parties"].values() if t is not None]
            judged, reached, sent, busy = (
                sum(r[key] for r in mine) for key in ("judged", "reached", "sent", "busy_h")
            )
            each = ", ".join(f"{r['reached']}/{r['judged']}" for r in mine)
            half, most = np.quantile(took or [np.nan], [0.5, 0.9])
            print(f"{load} {arm}: {reached} of {judged} ({each}), median {half:.0f} s, nine tenths by {most:.0f} s")
            print(f"    units sent {sent}, busy {busy:.0f} h")
        pairs = [(by[ARMS[0]][s]["parties"], by[ARMS[1]][s]["parties"]) for s in seeds]
        both = [(a[n] is not None, b[n] is not None) for a, b in pairs for n in a.keys() & b.keys()]
        only = both.count((True, False)), both.count((False, True))
        chance = binomtest(only[0], max(sum(only), 1)).pvalue
        print(f"{load}: of {len(both)} parties judged in both arms {only[0]} were reached by {ARMS[0]} only,")
        print(f"    {only[1]} by {ARMS[1]} only (sign test {chance:.2f})")


def main() -> None:
    """Play one arm of one night, or put results side by side."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=(*ARMS, "table"))
    parser.add_argument("results", type=Path, nargs="?")
    parser.add_argument("--seed", type=int, default=21)
    parser.add_argument("--crossings", type=int, default=30)
    parser.add_argument("--hours", type=float, default=5.0)
    parser.add_argument("--km", type=float, default=LINE_KM)
    parser.add_argument("--load", choices=tuple(LOADS), default="night")
    asked = parser.parse_args()
    if asked.what == "table":
        table(asked.results)
    else:
        print(
            json.dumps(play(asked.what, asked.seed, asked.load, asked.crossings, asked.hours, asked.km)), flush=True
        )


if __name__ == "__main__":
    main()
