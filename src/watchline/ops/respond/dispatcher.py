"""The respond spine: open alerts and free units become proposals; tasks without a link become words; silence is told.

alerts, tracks, units ─► who is wanted, who is free ─► a question ─► `proposer.answered` beside the core ─► records

Rules: nothing here approves or sends.  A proposal holds for `HOLDS_S` from when it was asked for; it is made when an
alert is new, and made anew while nobody has been sent, so that it is of where everybody is now.  One question at a
time; an answer that is older than `LATE_S` is dropped and counted, and what was answered, or whose unit went
elsewhere, meanwhile is left out.  On a free clock an answer is taken when the next look is due, however long it took:
the same inputs give the same chain.  Mutable: it remembers when it last looked, and what it asked.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from watchline.alerting.desk.item import Item
from watchline.domain.records import Alert, Drop, Position, Record, UnitReport, WorkerFault
from watchline.domain.respond import LineUncovered, Option, Proposal
from watchline.domain.site import own_units, partners
from watchline.ops.picture import Picture
from watchline.ops.respond.carrying import link_of, sent
from watchline.ops.respond.land import Ground, home_of
from watchline.ops.respond.proposer import Answer, Led, Question, Sought
from watchline.ops.respond.sightings import Sightings
from watchline.ops.respond.worker import Proposers
from watchline.ops.site_file import LoadedSite
from watchline.ops.units import place_m
from watchline.response import pursuit, tasking
from watchline.response.proposals import Standing
from watchline.response.proximity import Party
from watchline.response.tasking import sector_of
from watchline.response.travel.flight import Leg
from watchline.response.uncovered import LIMIT_S, uncovered

F8 = NDArray[np.float64]

ANSWERED = ("approaching", "crossing", "crossed", "fence_touched", "lost_contact", "distress")
LOOK_EVERY_S = 5.0
AGAIN_S, AGAIN_UNASKED_S = 60.0, 900.0  # while somebody has the alert, while nobody does
HOLDS_S = 300.0
AT_ONCE = 30  # alerts that are settled together, the gravest first
LATE_S = 60.0  # an answer to a question that is older says where everybody was
LEAD_EVERY_S = 60.0  # a unit on its way is looked at again
AFTER_FAULT_S = 30.0  # until a proposer that failed is asked again
COVER_EVERY_S = 60.0
WEIGHT = {1: 1.0, 2: 2.0, 3: 4.0, 4: 8.0}
DISTRESS_WEIGHT = 100.0
TWIN = "most likely the party of another alert that is answered"


@dataclass(frozen=True)
class _Asked:
    """What an answer is waited for; busy: in words why units are not free; headings: (true north) by alert."""

    now_s: float
    items: tuple[Item, ...]
    busy: str
    headings: dict[str, float | None]


class Dispatcher:
    """Proposes, and tells who must be told."""

    def __init__(self, loaded: LoadedSite, ground: Ground, proposers: Proposers, *, wait: bool) -> None:
        """Prepare; a site that has no units never asks anything.

        proposers: who answers; wait: the clock is free, so that it may wait for answers.
        """
        self._site, self._wait = loaded, wait
        self._units = own_units(loaded.site)
        self._proposer = proposers(ground) if self._units else None
        self._asked: _Asked | None = None
        self._not_before_s = self._looked_s = self._covered_s = -math.inf
        self._faults = 0
        self._led_s: dict[str, float] = {}  # by task: when it was last looked at
        self._begun_s = math.inf  # when it first looked
        self._sightings = Sightings(loaded.line)
        self._homes = {unit.id: home_of(unit, loaded) for unit in self._units}

    @property
    def waiting(self) -> int:
        """Return how many questions wait for an answer."""
        return int(self._asked is not None)

    def close(self) -> None:
        """End whoever answers."""
        if self._proposer is not None:
            self._proposer.close()

    def step(self, picture: Picture, now_s: float) -> list[Record]:
        """Return what is to be said now; it looks at most every `LOOK_EVERY_S`."""
        if self._proposer is None:
            return []
        due = now_s - self._looked_s >= LOOK_EVERY_S - 1e-6
        # On a free clock an answer has its place, on a real one it is wanted as soon as it is there.
        out = self._taken(picture, now_s) if due or not self._wait else []
        if not due:
            return out
        self._looked_s, self._begun_s = now_s, min(self._begun_s, now_s)
        self._sightings.look(picture, now_s)
        out += [*self._radioed(picture, now_s), *tasking.due(picture.tasking, now_s)]
        out += [*self._pursued(picture, now_s), *self._uncovered(picture, now_s)]
        made = {record.alert for record in out if isinstance(record, Proposal)}
        if self._asked is None and now_s >= self._not_before_s:
            items = [item for item in self._unanswered(picture, now_s) if item.alert.alert not in made]
            led = self._under_way(picture, now_s)
            if items or led:
                self._ask(items, led, picture, now_s)
        return out

    def _radioed(self, picture: Picture, now_s: float) -> list[Record]:
        """Return that tasks which no link reaches go out in words."""
        jobs = [job for job in picture.tasking.jobs.values() if not job.sent and not job.over]
        return [sent(job.task, "", now_s) for job in jobs if link_of(job.task, self._site, picture) is None]

    # -- who wants an answer -------------------------------------------------------------------------------

    def _unanswered(self, picture: Picture, now_s: float) -> list[Item]:
        """Return the alerts to be proposed for now: if one is due, all that nobody has been sent to."""
        open_ = [item for item in picture.alerts.values() if self._wants(item, picture, now_s)]
        due = {item.alert.alert for item in open_ if self._due(item, picture, now_s)}
        # In a flood those that were not proposed for yet come first, so that everybody has their turn.
        open_.sort(key=lambda item: (item.alert.alert not in due, -_weight(item.alert), item.alert.first_s))
        return open_[:AT_ONCE] if due else []

    def _wants(self, item: Item, picture: Picture, now_s: float) -> bool:
        alert = item.alert
        return (
            alert.what in ANSWERED
            and alert.state == "open"
            and not alert.found_late
            and item.answerable(now_s)
            and not picture.tasking.jobs_for(alert.alert)
        )

    def _due(self, item: Item, picture: Picture, now_s: float) -> bool:
        before, taken_s = picture.tasking.proposals.get(item.alert.alert), taken_at_s(item, picture)
        if before is None or (taken_s is not None and taken_s > before.t_s):
            return True  # whoever takes it decides by where everybody is now
        return now_s - before.t_s >= (AGAIN_S if taken_s is not None else AGAIN_UNASKED_S)

    def _under_way(self, picture: Picture, now_s: float) -> list[tuple[Item, Led]]:
        """Return the units on the ground that are on their way to somebody who moves, seen or not."""
        out: list[tuple[Item, Led]] = []
        for job in picture.tasking.jobs.values():
            task, heard, item = job.task, picture.units.get(job.task.unit), picture.alerts.get(job.task.alert)
            if job.over or job.state == "on_scene" or heard is None or item is None or task.option.means == "drone":
                continue
            since_s = max(task.t_s, self._led_s.get(task.task, -math.inf))
            over = item.alert.state != "open" or item.alert.what == "distress"
            if task.option.holds or over or now_s - since_s < LEAD_EVERY_S - 1e-6:
                continue
            unit = next(u for u in self._site.site.units if u.id == task.unit)
            who = Standing(unit, self._carried_on(heard, now_s), heard.t_s, self._homes[unit.id], rolling=True)
            place = task.option.place
            at = self._site.line.frame.xy_m_of(place)
            out.append((item, Led(self._sought(item, picture), who, at)))
            self._led_s[task.task] = now_s
        return out

    def _ask(self, items: list[Item], led: list[tuple[Item, Led]], picture: Picture, now_s: float) -> None:
        assert self._proposer is not None  # there are units
        standing, busy = self._standing(picture, now_s)
        sought = tuple(self._sought(item, picture) for item in items)
        every = [*items, *(item for item, _ in led)]
        question = Question(
            now_s, sought, tuple(standing), tuple(one for _, one in led), self._parties(every, picture, now_s),
            self._flying(picture, now_s), picture.tasking.eta, self._answered(picture),
        )  # fmt: skip
        headings = {one.alert: self._true_heading(one) for one in (*sought, *(one.sought for _, one in led))}
        self._asked = _Asked(now_s, tuple(every), busy, headings)
        self._proposer.ask(question)

    def _answered(self, picture: Picture) -> tuple[Sought, ...]:
        """Return the alerts to which somebody is on the way."""
        names = dict.fromkeys(j.task.alert for j in picture.tasking.jobs.values() if not j.over)
        items = (picture.alerts.get(name) for name in names)
        return tuple(self._sought(item, picture) for item in items if item is not None)

    def _taken(self, picture: Picture, now_s: float) -> list[Record]:
        """Return what an answer that is there becomes."""
        asked = self._asked
        if asked is None or self._proposer is None:
            return []
        answer = self._proposer.take(wait=self._wait)
        if answer is None:
            return []
        self._asked = None
        if answer.fault:
            self._faults += 1
            self._not_before_s = now_s + AFTER_FAULT_S
            name = f"fault-proposals-{now_s:.0f}-{self._faults}"
            return [WorkerFault(id=name, t_s=now_s, source="respond", worker="proposals", fault=answer.fault[:300])]
        if now_s - asked.now_s > LATE_S:
            lost = len(asked.items)
            return [
                Drop(id=f"drop-proposals-{now_s:.0f}", t_s=now_s, source="respond", queue="proposals", dropped=lost)
            ]
        return list(self._proposals(asked, answer, picture, now_s))

    def _proposals(self, asked: _Asked, answer: Answer, picture: Picture, now_s: float) -> Iterator[Proposal]:
        state = picture.tasking
        for item in asked.items:
            alert, before = item.alert, state.proposals.get(item.alert.alert)
            of = answer.options.get(alert.alert, ())
            if not self._stand(of, picture.alerts[alert.alert], picture, now_s):
                continue  # it is asked for again, if it is still wanted
            number = 1 if before is None else int(before.proposal.rpartition("-p")[2]) + 1
            yield Proposal(
                id=f"{alert.alert}-p{number}", t_s=asked.now_s, source="respond", provenance=(alert.id,),
                proposal=f"{alert.alert}-p{number}", alert=alert.alert, what=alert.what, options=of,
                holds_s=asked.now_s + HOLDS_S, subject=alert.subject, count=alert.count,
                heading_rad=asked.headings[alert.alert], seen_s=alert.t_s,
                why=TWIN if alert.alert in answer.twins else "" if of else asked.busy,
            )  # fmt: skip

    def _stand(self, of: tuple[Option, ...], item: Item, picture: Picture, now_s: float) -> bool:
        """Return whether options are still of the present: nobody was sent meanwhile, or who is led is under way."""
        if any(o.led for o in of):
            job = picture.tasking.job_of(of[0].unit)
            return job is not None and job.task.alert == item.alert.alert and job.state != "on_scene"
        gone = any(o.chosen and picture.tasking.job_of(o.unit) is not None for o in of)
        return not gone and self._wants(item, picture, now_s)

    def _sought(self, item: Item, picture: Picture) -> Sought:
        alert, site, seen = item.alert, self._site.site, self._sightings.of(item.alert)
        km, vehicle, distress = alert.position.s_m / 1000.0, alert.subject == "vehicle", alert.what == "distress"
        held_s = sum(
            b.condition * (b.delay_vehicle_s if vehicle else b.delay_walker_s)
            for b in site.barriers if b.from_km <= km <= b.to_km
        )  # fmt: skip
        held = taken_at_s(item, picture) is not None and not distress
        return Sought(
            alert.alert, seen.at_m, seen.v_m_s, seen.sd_m_s, _weight(alert), distress, held_s, held,
            max(0.0, picture.now_s - seen.t_s),
        )  # fmt: skip

    def _true_heading(self, one: Sought) -> float | None:
        v = one.v_m_s
        if float(np.hypot(*v)) < 0.3 or one.distress:
            return None
        turn = float(np.asarray(self._site.line.frame.convergence_rad(one.at_m.reshape(1, 2)))[0])
        return round((math.atan2(v[0], v[1]) - turn) % (2 * math.pi), 4)

    # -- who else is about ---------------------------------------------------------------------------------

    def _parties(self, items: list[Item], picture: Picture, now_s: float) -> tuple[Party, ...]:
        """Return units that were heard lately, and tracks that are no alert of those and that nothing explains."""
        theirs = partners(self._site.site)
        out: list[Party] = []
        for unit in self._site.site.units:
            heard = picture.units.get(unit.id)
            if heard is not None and now_s - heard.t_s <= tasking.STALE_S:
                kind: Literal["own", "partner"] = "partner" if unit.organisation in theirs else "own"
                out.append(Party(unit.id, kind, self._carried_on(heard, now_s), unit.organisation))
        asked = {item.alert.track_id for item in items}
        tracks = picture.tracks
        for k in np.flatnonzero(tracks.confirmed):
            number = int(tracks.track_id[k])
            if number not in asked and number not in picture.explained:
                out.append(Party(f"T-{number}", "unknown", tracks.xy_m[k].astype(float)))
        return tuple(out)

    def _flying(self, picture: Picture, now_s: float) -> tuple[Leg, ...]:
        """Return the drones on their way to a task, as flights from now."""
        out: list[Leg] = []
        for job in picture.tasking.jobs.values():
            heard = picture.units.get(job.task.unit)
            if job.over or job.task.option.means != "drone" or heard is None:
                continue
            place = job.task.option.place
            to = self._site.line.frame.xy_m_of(place)
            left_s = max(0.0, job.task.option.late_s - now_s)
            out.append(Leg(job.task.unit, self._carried_on(heard, now_s), to, 0.0, left_s))
        return tuple(out)

    # -- pursuits ------------------------------------------------------------------------------------------

    def _pursued(self, picture: Picture, now_s: float) -> list[Record]:
        tracks, line = picture.tracks, self._site.line
        followed = {p.track_id for p in picture.pursuits.pursuits.values() if not p.over}
        where: dict[int, Position] = {}
        for k in np.flatnonzero(np.isin(tracks.track_id, [n for n in followed if n is not None])):
            lon, lat = line.frame.lonlat_from_xy_m(tracks.xy_m[k]).tolist()
            s_m, d_m = float(tracks.s_m[k]), float(tracks.d_m[k])
            where[int(tracks.track_id[k])] = Position(lon_deg=lon, lat_deg=lat, s_m=s_m, d_m=d_m)
        sector = {
            p.pursuit: sector_of(self._site.site, where[p.track_id].s_m)
            for p in picture.pursuits.pursuits.values() if p.track_id in where
        }  # fmt: skip
        return list(pursuit.watched(picture.pursuits, where, sector, now_s))

    def _uncovered(self, picture: Picture, now_s: float) -> list[Record]:
        """Return where nobody free is near, when that is another place than last told; once a minute."""
        if now_s - self._covered_s < COVER_EVERY_S - 1e-6 or now_s - self._begun_s < tasking.STALE_S:
            return []  # units are heard one after the other when a core begins
        self._covered_s = now_s
        standing, _ = self._standing(picture, now_s)
        found, before = uncovered(self._site.line, standing), picture.uncovered
        where = [(w.from_km, w.to_km) for w in found]
        if where == [(w.from_km, w.to_km) for w in (before.stretches if before is not None else ())]:
            return []
        free = {s.unit.id for s in standing}
        busy = tuple(u.id for u in self._units if u.kind in ("patrol", "reserve") and u.id not in free)
        return [
            LineUncovered(
                id=f"uncovered-{now_s:.0f}", t_s=now_s, source="respond", stretches=found, limit_s=LIMIT_S, busy=busy
            )
        ]

    # -- who can go ----------------------------------------------------------------------------------------

    def _standing(self, picture: Picture, now_s: float) -> tuple[list[Standing], str]:
        """Return the units that are free, and in words why the others are not."""
        free: list[Standing] = []
        why: list[str] = []
        wind = max((w.wind_m_s for w in picture.weather.values()), default=0.0)
        for unit in self._units:
            heard = picture.units.get(unit.id)
            reason = tasking.free(picture.tasking, unit, heard, now_s)
            if reason or heard is None:
                why.append(f"{unit.id} {reason}")
                continue
            left_s = math.inf
            if unit.kind == "drone":
                # Where the wind comes from is not told everywhere: it is against the drone, both ways.
                unit = msgspec.structs.replace(unit, speed_m_s=max(unit.speed_m_s - wind, 0.1))
                state = picture.outside.drones.get(unit.id)
                battery = state.battery if state is not None and state.battery is not None else 1.0
                left_s = battery * unit.endurance_s
            at = self._carried_on(heard, now_s)
            free.append(Standing(unit, at, heard.t_s, self._homes[unit.id], left_s))
        return free, "nobody gets there in time" + (f"; not free: {', '.join(why)}" if why else "")

    def _carried_on(self, heard: UnitReport, now_s: float) -> F8:
        return place_m(self._site.line.frame, heard, now_s)


def taken_at_s(item: Item, picture: Picture) -> float | None:
    """Return when somebody took an alert, or the mass event that stands for it; None while nobody has."""
    by = item
    if item.acknowledged is None and item.held is not None and item.held.rule == "mass_event":
        by = picture.alerts.get(item.held.by, item)
    return None if by.acknowledged is None else by.acknowledged.t_s


def _weight(alert: Alert) -> float:
    return DISTRESS_WEIGHT if alert.what == "distress" else WEIGHT[min(max(alert.level, 1), 4)]
