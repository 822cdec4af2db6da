"""Proposes postures: after news from beyond the line, when the line is weak, and back to normal.

Rules: nothing here approves or moves anybody.  Each cause is proposed for once; KEEPS units stay where they are.  The
same records at the same time give the same proposal.  Mutable: it remembers when it last looked.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from watchline.domain.posture import Arrivals, Level, Move, PostureProposed
from watchline.domain.records import LineStrength, PartnerEvent, Record
from watchline.domain.site import Unit, own_units
from watchline.ops.picture import Picture
from watchline.ops.respond.land import Ground, home_of
from watchline.ops.site_file import LoadedSite
from watchline.response import displaced, posture, tasking
from watchline.response.travel.reach import reach

F8 = NDArray[np.float64]

EVENTS: dict[str, Literal["advance", "displaced_people", "pursuit"]] = {
    "advance": "advance", "displaced_people": "displaced_people", "pursuit": "pursuit",
}  # fmt: skip
ROLE: dict[str, Literal["patrol", "reserve", "rescue"]] = {
    "patrol": "patrol", "reserve": "reserve", "medical": "rescue",
}  # fmt: skip
STRETCH_M = 5000.0
PLACES = 16  # standing places at most
BEHIND_M = 400.0  # of the line
KEEPS = 3  # units that stay where they are
HIGH_PEOPLE = 50.0  # mean expected: from there on the posture is high
LASTS_S = 12 * 3600.0
WEAK, WEAK_KM = 0.7, 5.0  # of the usual strength, over so many kilometres in all
RATE = {"normal": 1.0, "raised": 1.5, "high": 2.0}
REACH_M = 40_000.0
LITRES_PER_KM = 0.2  # ASSUMED, of a vehicle off the road
LOOK_EVERY_S = 2.0


class PostureProposer:
    """Looks for causes and proposes."""

    def __init__(self, loaded: LoadedSite, ground: Ground) -> None:
        """Prepare."""
        self._site, self._ground = loaded, ground
        self._units = tuple(u for u in own_units(loaded.site) if u.kind in ROLE)
        self._looked_s = -math.inf

    def step(self, picture: Picture, now_s: float) -> list[Record]:
        """Return a proposal when one is due."""
        if not self._units or now_s - self._looked_s < LOOK_EVERY_S - 1e-6:
            return []
        self._looked_s = now_s
        state = picture.posture
        news = [
            r for r in picture.reports.values()
            if isinstance(r, PartnerEvent) and r.what in EVENTS and r.id not in state.known and _sound(r, now_s)
        ]  # fmt: skip
        if news:
            return [
                self._after(max(news, key=lambda r: (r.confidence * (r.people or 60), r.id)), news, picture, now_s)
            ]
        weak = self._weak(picture)
        mark = "weak:" + ",".join(f"{w.from_km:g}" for w in weak)
        calm = state.level(now_s) == "normal" and not _waits(state, now_s)
        if weak and mark not in state.known and calm:
            return [self._weakened(weak, mark, picture, now_s)]
        return self._over(picture, now_s)

    # -- causes --------------------------------------------------------------------------------------------

    def _after(
        self, event: PartnerEvent, told: Sequence[PartnerEvent], picture: Picture, now_s: float
    ) -> PostureProposed:  # fmt: skip
        line = self._site.line
        xy = line.frame.xy_m_of(event.place)
        turn = float(np.asarray(line.frame.convergence_rad(xy.reshape(1, 2)))[0])
        heading = None if event.heading_rad is None else event.heading_rad + turn
        news = displaced.News(
            event.what, xy, event.place.ce_m or 1000.0, event.t_s, heading, event.people, event.confidence
        )
        rng = np.random.default_rng(int(hashlib.sha256(event.id.encode()).hexdigest()[:8], 16))
        parties = displaced.expected(news, line, rng)
        mean, low, high = displaced.total(parties) if len(parties.s_m) else (0.0, 0.0, 0.0)
        cells = displaced.by_stretch_and_hour(parties, now_s, STRETCH_M)
        forecast = tuple(
            Arrivals(
                from_km=cell.stretch * STRETCH_M / 1000.0,
                to_km=min((cell.stretch + 1) * STRETCH_M, line.length_m) / 1000.0, hour_s=now_s + 3600.0 * cell.hour,
                mean=round(cell.mean, 2), low=round(cell.low, 1), high=round(cell.high, 1),
                families=round(cell.families, 2),
            )
            for cell in cells
        )  # fmt: skip
        level: Level = "high" if mean >= HIGH_PEOPLE or event.what == "pursuit" else "raised"
        expires_s = min(max(event.until_s, now_s + 3600.0), now_s + LASTS_S)
        return self._proposal(
            level, EVENTS[event.what], tuple(sorted(one.id for one in told)), parties, forecast, (mean, low, high),
            expires_s, picture, now_s,
        )  # fmt: skip

    def _weak(self, picture: Picture) -> list[LineStrength]:
        weak = [w for w in picture.strength.values() if w.usual > 0.0 and w.strength < WEAK * w.usual]
        return weak if sum(w.to_km - w.from_km for w in weak) >= WEAK_KM else []

    def _weakened(
        self, weak: Sequence[LineStrength], mark: str, picture: Picture, now_s: float
    ) -> PostureProposed:  # fmt: skip
        """Return a posture for a weak line: patrols before its weak stretches, as if somebody came anywhere there."""
        s = np.concatenate([np.arange(1000.0 * w.from_km + 500.0, 1000.0 * w.to_km, 1000.0) for w in weak])
        parties = displaced.Parties(
            1, np.zeros(len(s), np.int64), s, np.asarray(now_s + 3600.0 * (1.0 + np.arange(len(s))), float),
            np.ones(len(s)), np.zeros(len(s), bool),
        )  # fmt: skip
        return self._proposal("raised", "line_weakened", (mark,), parties, (), (0.0, 0.0, 0.0), now_s + LASTS_S / 2,
                              picture, now_s)  # fmt: skip

    def _over(self, picture: Picture, now_s: float) -> list[Record]:
        """Return the way back to normal, once: what a posture was for has withdrawn, or its time is nearly over."""
        state = picture.posture
        if (
            state.level(now_s) == "normal"
            or state.standing is None
            or f"over:{state.standing.posture}" in state.known
        ):
            return []
        calm = any(
            isinstance(r, PartnerEvent) and r.what == "withdrawal" and r.t_s > state.standing.t_s
            for r in picture.reports.values()
        )  # fmt: skip
        if not calm and now_s < state.standing.expires_s - 900.0:
            return []
        number = state.count + 1
        return [
            PostureProposed(
                id=f"posture-{number}", t_s=now_s, source="respond", provenance=(f"over:{state.standing.posture}",),
                posture=f"B-{number}", level="normal", cause="over", expected=0.0, low=0.0, high=0.0, forecast=(),
                moves=(), patrol_share=1.0, in_time=0.0, unchanged=0.0, rest_h=0.0, fuel_l=0.0,
                expires_s=now_s + LASTS_S,
            )
        ]  # fmt: skip

    # -- who stands by where -------------------------------------------------------------------------------

    def _proposal(
        self, level: Level, cause: Literal["advance", "displaced_people", "pursuit", "line_weakened"],
        rests_on: tuple[str, ...], parties: displaced.Parties, forecast: tuple[Arrivals, ...],
        people: tuple[float, float, float], expires_s: float, picture: Picture, now_s: float,
    ) -> PostureProposed:  # fmt: skip
        places = standing_places(parties, self._site.line.length_m)
        units, free = self._free(picture, places, now_s)
        stand = displaced.stand_by(parties, free, places, now_s, keeps=KEEPS)
        moves = tuple(
            self._move(units[u], free[u], float(places[p]), float(free[u].reach_s[p])) for u, p in stand.placed
        )
        hours = (expires_s - now_s) / 3600.0
        way_km = sum(move.way_km for move in moves)
        share = RATE[level]
        beats = sum(u.kind == "patrol" and u.patrol_from_km is not None for u in self._units)
        number = picture.posture.count + 1
        return PostureProposed(
            id=f"posture-{number}", t_s=now_s, source="respond", provenance=rests_on, posture=f"B-{number}",
            level=level, cause=cause, expected=round(people[0], 1), low=round(people[1], 1),
            high=round(people[2], 1), forecast=forecast, moves=moves, patrol_share=share,
            in_time=round(stand.in_time, 3), unchanged=round(stand.unchanged, 3),
            rest_h=round(len(moves) * hours + (share - 1.0) * beats * hours / 2.0, 1),
            fuel_l=round(2.0 * way_km * LITRES_PER_KM, 1), expires_s=expires_s,
        )  # fmt: skip

    def _move(self, unit: Unit, free: displaced.Free, s_m: float, takes_s: float) -> Move:
        lon, lat = self._place(s_m)
        return Move(
            unit=unit.id, role=ROLE[unit.kind], km=round(s_m / 1000.0, 2), lon_deg=round(lon, 6),
            lat_deg=round(lat, 6), way_km=round(takes_s * free.speed_m_s / 1000.0, 1), takes_s=round(takes_s),
        )  # fmt: skip

    def _place(self, s_m: float) -> tuple[float, float]:
        frame, line = self._site.line.frame, self._site.line
        lon, lat = frame.lonlat_from_xy_m(line.xy_m_from_sd([s_m, BEHIND_M]))
        return float(lon), float(lat)

    def _free(
        self, picture: Picture, places_s_m: F8, now_s: float
    ) -> tuple[list[Unit], list[displaced.Free]]:  # fmt: skip
        """Return the units that may be moved, with how long each needs to every standing place."""
        line = self._site.line
        at = np.asarray(line.xy_m_from_sd(np.column_stack([places_s_m, np.full(len(places_s_m), BEHIND_M)])), float)
        land = self._ground.land_at(now_s)
        units: list[Unit] = []
        free: list[displaced.Free] = []
        for unit in self._units:
            heard = picture.units.get(unit.id)
            if tasking.free(picture.tasking, unit, heard, now_s) not in ("", "not heard"):
                continue
            xy = home_of(unit, self._site) if heard is None else line.frame.xy_m_of(heard.position)
            if np.isnan(xy).any() or not len(at) or np.hypot(*(at - xy).T).min() > REACH_M:
                continue
            field = reach(land.ways[unit.means], xy, unit.speed_m_s, to_m=at)
            reach_s = np.asarray(field.at(at), float) + tasking.SETTING_OUT_S
            if np.isfinite(reach_s).any():
                units.append(unit)
                free.append(displaced.Free(unit.id, reach_s, unit.speed_m_s, unit.kind == "medical"))
        return units, free


def _waits(state: posture.State, now_s: float) -> bool:
    """Return whether a proposal about people who come waits for an answer: a weak line does not take its place."""
    one = state.proposed
    if one is None or one.cause not in EVENTS.values() or now_s > one.expires_s:
        return False
    return state.approved is None or state.approved.posture != one.posture


def _sound(event: PartnerEvent, now_s: float) -> bool:
    """Return whether what is told can be reckoned with; what cannot stays a report."""
    place = event.place
    numbers = (place.lon_deg, place.lat_deg, place.ce_m or 0.0, event.heading_rad or 0.0, event.t_s)
    return (
        all(math.isfinite(number) for number in numbers)
        and abs(place.lat_deg) < 89.0
        and 0.0 < event.confidence <= 1.0
        and (event.people is None or event.people > 0)
        and event.until_s > now_s
    )


def standing_places(parties: displaced.Parties, length_m: float) -> F8:
    """Return (S,) chainages where units may stand by: quantiles of where people come, at least a kilometre apart."""
    if not len(parties.s_m):
        return np.zeros(0)
    order = np.argsort(parties.s_m)
    share = np.cumsum(parties.people[order]) / parties.people.sum()
    found = parties.s_m[order][np.minimum(np.searchsorted(share, (np.arange(PLACES) + 0.5) / PLACES), len(order) - 1)]
    kept: list[float] = []
    for s in np.clip(found, 200.0, length_m - 200.0).tolist():
        if not kept or s - kept[-1] >= 1000.0:
            kept.append(s)
    return np.array(kept)
