"""The respond spine: open alerts and free units become proposals; tasks without a link become words; silence is told.

alerts, tracks, units ─► who is wanted, who is free ─► response.proposals ─► records

Rules: nothing here approves or sends.  A proposal holds for `HOLDS_S`; it is made when an alert is new, and made anew
while nobody has been sent, so that it is of where everybody is now.  Mutable: it remembers when it last looked.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from watchline.alerting.desk.item import Item
from watchline.domain.records import Alert, Position, Record, UnitReport
from watchline.domain.respond import LineUncovered, Option, Proposal
from watchline.geo.terrain import Terrain
from watchline.ops.picture import Picture
from watchline.ops.respond.carrying import link_of, sent
from watchline.ops.respond.land import holding_points, home_of, land_at, ways_of
from watchline.ops.site_file import LoadedSite
from watchline.response import pursuit, tasking
from watchline.response.futures import HORIZON_S, STEP_S, Futures, futures
from watchline.response.holding import hold
from watchline.response.proposals import Land, Standing, Wanted, propose, sector_of
from watchline.response.proximity import Party
from watchline.response.travel.flight import Leg
from watchline.response.uncovered import LIMIT_S, uncovered
from watchline.sensing.air.sun import is_day

F8 = NDArray[np.float64]

ANSWERED = ("approaching", "crossing", "crossed", "fence_touched", "lost_contact", "distress")
LOOK_EVERY_S = 5.0
AGAIN_S, AGAIN_UNASKED_S = 60.0, 900.0  # while somebody has the alert, while nobody does
HOLDS_S = 300.0
AT_ONCE = 30  # alerts that are settled together, the gravest first
CARRY_ON_S = 60.0
COVER_EVERY_S = 60.0
WEIGHT = {1: 1.0, 2: 2.0, 3: 4.0, 4: 8.0}
DISTRESS_WEIGHT = 100.0


class Dispatcher:
    """Proposes, and tells who must be told."""

    def __init__(self, loaded: LoadedSite, terrain: Terrain) -> None:
        """Prepare the ground of a site that has units; one that has none is never asked for anything."""
        self._site, self._terrain = loaded, terrain
        partners = {o.id for o in loaded.site.organisations if o.partner}
        self._units = tuple(unit for unit in loaded.site.units if unit.organisation not in partners)
        self.ways = ways_of(loaded, terrain) if self._units else {}  # by day, of every means
        self._points = holding_points(loaded) if self._units else np.zeros((0, 2))
        self._looked_s = self._covered_s = -math.inf
        self._begun_s = math.inf  # when it first looked
        self._homes = {unit.id: home_of(unit, loaded) for unit in self._units}

    def step(self, picture: Picture, now_s: float) -> list[Record]:
        """Return what is to be said now; about 20 ms for each unit that may go, at most every `LOOK_EVERY_S`."""
        if not self._units or now_s - self._looked_s < LOOK_EVERY_S - 1e-6:
            return []
        self._looked_s, self._begun_s = now_s, min(self._begun_s, now_s)
        out = [*self._radioed(picture, now_s), *tasking.due(picture.tasking, now_s)]
        out += [*self._pursued(picture, now_s), *self._uncovered(picture, now_s)]
        items = self._unanswered(picture, now_s)
        return [*out, *self._proposals(items, picture, now_s)] if items else out

    def _radioed(self, picture: Picture, now_s: float) -> list[Record]:
        """Return that tasks which no link reaches go out in words."""
        jobs = [job for job in picture.tasking.jobs.values() if not job.sent and not job.over]
        return [sent(job.task, "", now_s) for job in jobs if link_of(job.task, self._site, picture) is None]

    # -- who wants an answer -------------------------------------------------------------------------------

    def _unanswered(self, picture: Picture, now_s: float) -> list[Item]:
        """Return the alerts to be proposed for now: if one is due, all that nobody has been sent to."""
        open_ = [item for item in picture.alerts.values() if self._wants(item, picture, now_s)]
        due = {item.alert.alert for item in open_ if self._due(item, picture.tasking, now_s)}
        # In a flood those that were not proposed for yet come first, so that everybody has their turn.
        open_.sort(key=lambda item: (item.alert.alert not in due, -_weight(item.alert), item.alert.first_s))
        return open_[:AT_ONCE] if due else []

    def _wants(self, item: Item, picture: Picture, now_s: float) -> bool:
        alert = item.alert
        return (
            alert.what in ANSWERED
            and alert.state == "open"
            and not alert.found_late
            and item.state(now_s) in ("open", "acknowledged")
            and not picture.tasking.jobs_for(alert.alert)
        )

    def _due(self, item: Item, state: tasking.State, now_s: float) -> bool:
        before = state.proposals.get(item.alert.alert)
        if before is None or (item.acknowledged is not None and item.acknowledged.t_s > before.t_s):
            return True  # whoever takes it decides by where everybody is now
        return now_s - before.t_s >= (AGAIN_S if item.acknowledged is not None else AGAIN_UNASKED_S)

    def _proposals(self, items: list[Item], picture: Picture, now_s: float) -> list[Record]:
        wanted = [self._wanted(item.alert, picture) for item in items]
        standing, busy = self._standing(picture, now_s)
        land = replace(
            self._land(now_s), parties=self._parties(items, picture, now_s), flying=self._flying(picture, now_s)
        )
        options = propose(wanted, standing, land, picture.tasking.eta, now_s)
        out: list[Record] = []
        for k, item in enumerate(items):
            alert, before = item.alert, picture.tasking.proposals.get(item.alert.alert)
            number = 1 if before is None else int(before.proposal.rpartition("-p")[2]) + 1
            of = options[alert.alert]
            if of and item.acknowledged is not None and alert.what != "distress":
                sent = {o.unit for o in of if o.chosen}
                of += hold(wanted[k], standing, sent, self._points, land, picture.tasking.eta, now_s)
            v = self._motion(alert, picture)[1]
            out.append(
                Proposal(
                    id=f"{alert.alert}-p{number}", t_s=now_s, source="respond", provenance=(alert.id,),
                    proposal=f"{alert.alert}-p{number}", alert=alert.alert, what=alert.what, options=of,
                    holds_s=now_s + HOLDS_S, subject=alert.subject, count=alert.count,
                    heading_rad=self._true_heading(alert, v), seen_s=alert.t_s, why="" if of else busy,
                )
            )  # fmt: skip
        return out

    def _land(self, now_s: float) -> Land:
        lon, lat = self._site.line.lonlat_deg.mean(axis=0).tolist()
        return land_at(self._site, self.ways, night=not is_day(lat, lon, now_s), wind_m_s=np.zeros(2))

    def _wanted(self, alert: Alert, picture: Picture) -> Wanted:
        at, v, sd = self._motion(alert, picture)
        distress = alert.what == "distress"
        if distress:  # they stay where they are
            t = np.arange(0.0, HORIZON_S + STEP_S, STEP_S)
            ways = Futures(t, np.broadcast_to(at, (1, len(t), 2)), np.ones(1))
        else:
            site = self._site.site
            km, vehicle = alert.position.s_m / 1000.0, alert.subject == "vehicle"
            held_s = sum(
                b.condition * (b.delay_vehicle_s if vehicle else b.delay_walker_s)
                for b in site.barriers if b.from_km <= km <= b.to_km
            )  # fmt: skip
            ways = futures(at, v, sd, self._site.line, delay_s=held_s, gone_d_m=site.line.home_depth_m)
        return Wanted(alert.alert, at, ways, _weight(alert), distress)

    def _motion(self, alert: Alert, picture: Picture) -> tuple[F8, F8, float]:
        """Return grid position, velocity and the error of its speed, of the alert's track if it is still held."""
        tracks = picture.tracks
        rows = np.flatnonzero(tracks.track_id == (-1 if alert.track_id is None else alert.track_id))
        if len(rows):
            k = int(rows[0])
            return tracks.xy_m[k].astype(float), tracks.v_m_s[k].astype(float), float(np.sqrt(tracks.cov[k, 3]))
        place = alert.position
        at = np.asarray(self._site.line.frame.xy_m_from_lonlat(place.lon_deg, place.lat_deg), float).reshape(2)
        return at, np.zeros(2), 0.0

    def _true_heading(self, alert: Alert, v: F8) -> float | None:
        if float(np.hypot(*v)) < 0.3 or alert.what == "distress":
            return None
        place = alert.position
        at = np.asarray(self._site.line.frame.xy_m_from_lonlat(place.lon_deg, place.lat_deg), float).reshape(1, 2)
        turn = float(np.asarray(self._site.line.frame.convergence_rad(at))[0])
        return round((math.atan2(v[0], v[1]) - turn) % (2 * math.pi), 4)

    def again(self, unit_id: str, alert: Alert, picture: Picture, now_s: float) -> Option | None:
        """Return where a unit that is under way would meet them now, and by which route; None if it would not."""
        unit = next((u for u in self._units if u.id == unit_id), None)
        heard = picture.units.get(unit_id)
        if unit is None or heard is None:
            return None
        who = Standing(unit, self._carried_on(heard, now_s), heard.t_s, self._homes[unit_id], rolling=True)
        land = self._land(now_s)
        options = propose([self._wanted(alert, picture)], [who], land, picture.tasking.eta, now_s)
        return next(iter(options[alert.alert]), None)

    # -- who else is about ---------------------------------------------------------------------------------

    def _parties(self, items: list[Item], picture: Picture, now_s: float) -> tuple[Party, ...]:
        """Return units that were heard lately, and tracks that are no alert of those and that nothing explains."""
        partners = {o.id for o in self._site.site.organisations if o.partner}
        out: list[Party] = []
        for unit in self._site.site.units:
            heard = picture.units.get(unit.id)
            if heard is not None and now_s - heard.t_s <= tasking.STALE_S:
                kind: Literal["own", "partner"] = "partner" if unit.organisation in partners else "own"
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
            to = np.asarray(self._site.line.frame.xy_m_from_lonlat(place.lon_deg, place.lat_deg), float).reshape(2)
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
        frame = self._site.line.frame
        at = np.asarray(frame.xy_m_from_lonlat(heard.position.lon_deg, heard.position.lat_deg), float).reshape(2)
        age_s = min(max(now_s - heard.t_s, 0.0), CARRY_ON_S)
        toward = np.array([math.sin(heard.heading_rad), math.cos(heard.heading_rad)])
        return at + age_s * heard.speed_m_s * toward


def _weight(alert: Alert) -> float:
    return DISTRESS_WEIGHT if alert.what == "distress" else WEIGHT[min(max(alert.level, 1), 4)]
