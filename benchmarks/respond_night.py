"""A night of crossings in the simulator, answered with Watchline's proposals and without: who is reached in time?

    python benchmarks/respond_night.py proposals|nearest [--seed 11] [--crossings 30]

The whole product runs on the demonstration line at detections fidelity: sensors, tracks, alerts, ledger, proposals.
The simulator's own people come, and 40 parties on foot more within two and a half hours; the first --crossings
parties that cross inwards are judged.  A commander answers every alert DECIDES_S after it is shown, in both arms.

proposals  takes the alert, approves the chosen option of the proposal that follows (a task in the ledger), and every
           two minutes tells the unit where it would meet them now.
nearest    sends the free patrol or reserve that is nearest in a straight line to where they were last seen, and every
           two minutes tells it where they are now.

A unit is free again when it has reached them, when the alert is closed for three minutes, or after 45 minutes.
Reached: a unit that was sent is within 150 m of one of the party, at home of the line, before the party is in cover
(the end of its way, 3.2 to 5.2 km behind the line).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import msgspec
import numpy as np

from watchline.alerting.desk.commands import Act
from watchline.alerting.desk.roles import Who
from watchline.cli.demo_site import cached_demo
from watchline.domain.records import Alert
from watchline.ledger.writer import Ledger
from watchline.ops.clock import Clock
from watchline.ops.core import Core
from watchline.ops.people import Request
from watchline.ops.respond.dispatcher import ANSWERED
from watchline.ops.respond.wishes import Send, Tell
from watchline.ops.respond.worker import Inline
from watchline.ops.resume import nothing_before
from watchline.ops.site_file import LoadedSite, read_site
from watchline.response.tasking import digest_of
from watchline.sensing import signature
from watchline.sim.driving import drives_over
from watchline.sim.sending import Sending
from watchline.sim.world import World

START = "2018-01-23T18:00:00Z"  # 21:00 on the line
EXTRA, WITHIN_S = 40, 9000.0  # parties on foot besides those that come anyway, spread evenly by chance
DECIDES_S, AGAIN_S = 90.0, 120.0
REACHED_M, MOST_S, CLOSED_S = 150.0, 2700.0, 180.0
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

    def __init__(self, arm: str, seed: int, directory: Path) -> None:
        loaded = read_site(cached_demo())
        site = msgspec.structs.replace(
            loaded.site, desk=msgspec.structs.replace(loaded.site.desk, seeded_per_12_h=0.0)
        )
        self.loaded: LoadedSite = replace(loaded, site=site)
        terrain = loaded.terrain()
        start_s = datetime.fromisoformat(START).timestamp()
        mines = tuple(ring for area in site.areas if area.kind == "mines" for ring in loaded.areas[area.id])
        self.world = World(site, loaded.line, terrain, seed=seed, start_s=start_s, mines_lonlat_deg=mines)
        people = self.world.population
        for t_s in np.random.default_rng([seed, 0xC0]).uniform(600.0, WITHIN_S, EXTRA):
            people._at(start_s + float(t_s), people._walkers)
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
        self.first_s: list[float] = []

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
            if (
                alert.what not in ANSWERED
                or alert.state != "open"
                or item.state(now_s) not in ("open", "acknowledged")
            ):
                continue
            if any(sent.alert == alert.alert for sent in self.sent.values()):
                continue
            shown_s = item.shown_s if item.shown_s is not None else alert.first_s
            if now_s - shown_s < DECIDES_S or now_s - self.answered.get(alert.alert, -1e9) < AGAIN_S:
                continue
            if item.acknowledged is None:
                self._press(Act(key=self._key(), alert=alert.alert, action="acknowledge"))
                continue  # what is proposed by where everybody is now comes within five seconds
            self.answered[alert.alert] = now_s
            unit, task = self._by_proposal(alert) if self.arm == "proposals" else (self._nearest(alert), "")
            if unit:
                self.sent[unit] = Sent(unit, alert.alert, now_s, -1e9, task)
                self.tasks += 1

    def _by_proposal(self, alert: Alert) -> tuple[str, str]:
        proposal = self.core.picture.tasking.proposals.get(alert.alert)
        options = [] if proposal is None else [o for o in proposal.options if o.means != "drone" and o.chosen]
        if not options:
            self.no_option += 1
            return "", ""
        option = options[0]
        asked = self.core.people.ask(
            Request(LEAD, Send(key=self._key(), alert=alert.alert, unit=option.unit, digest=digest_of(option)))
        )
        self.core.tick()
        if asked.exception(timeout=0.0) is not None:
            self.answered[alert.alert] = -1e9  # somebody was faster, or it has changed: look again
            return "", ""
        return option.unit, asked.result()

    def _nearest(self, alert: Alert) -> str:
        at = self._last_seen(alert)
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
        option = job.task.option
        if sent.told_s > 0.0:
            again = self.core._dispatcher.again(sent.unit, alert, self.core.picture, now_s)
            if again is None:
                return self._last_seen(alert)
            option = again
        place = option.place
        return np.asarray(self.loaded.line.frame.xy_m_from_lonlat(place.lon_deg, place.lat_deg), float).reshape(2)

    def _release(self, sent: Sent, result: str) -> None:
        if sent.task:
            self._press(Tell(key=self._key(), task=sent.task, state="done", result=result))  # type: ignore[arg-type]
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
            if sign < 0 or body in own or kind_of.get(body) not in PEOPLE or body not in party_of:
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("arm", choices=("proposals", "nearest"))
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--crossings", type=int, default=30)
    parser.add_argument("--hours", type=float, default=4.0)
    parser.add_argument("--wall-s", type=float, default=560.0, help="stop after so long, and judge what is decided")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        begun = time.monotonic()
        night = Night(asked.arm, asked.seed, Path(directory) / "ledger")
        start_s = night.core.clock.now_s
        while night.core.clock.now_s < start_s + 3600.0 * asked.hours:
            night.step(asked.crossings)
            decided = [p for p in night.parties.values() if p.reached_s is not None or p.gone]
            if len(decided) >= asked.crossings or time.monotonic() - begun > asked.wall_s:
                break
        reached = [p for p in decided if p.reached_s is not None]
        took = [p.reached_s - p.crossed_s for p in reached if p.reached_s is not None]
        hours = (night.core.clock.now_s - start_s) / 3600.0
        print(f"{asked.arm}, seed {asked.seed}: {len(night.parties)} parties came over in {hours:.1f} h")
        middle_s = np.median(took or [np.nan])
        print(f"decided {len(decided)}, reached before cover {len(reached)}; after crossing, median {middle_s:.0f} s")
        for party in sorted(night.parties.values(), key=lambda p: p.crossed_s):
            how = "in cover" if party.gone else "under way"
            if party.reached_s is not None:
                how = f"reached after {party.reached_s - party.crossed_s:.0f} s"
            print(f"  over after {party.crossed_s - start_s:.0f} s: {how}")
        first_s = np.mean(night.first_s or [np.nan])
        print(f"units sent {night.tasks}, nobody proposed {night.no_option}, first leg {first_s:.0f} s")
        print(f"alerts {night.core.counts['alerts']}; {time.monotonic() - begun:.0f} s of the wall clock")
        night.core.close()


if __name__ == "__main__":
    main()
