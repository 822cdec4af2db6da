"""A lost contact, from its file and site to map and plan: reads top to bottom as it is done."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from watchline.domain.errors import BadInput
from watchline.domain.records import MapShape
from watchline.domain.search import Subject
from watchline.domain.site import Unit
from watchline.geo.mobility import Mover
from watchline.links import open_link
from watchline.links.contract import Settings
from watchline.links.log import FILE_MAX
from watchline.ops.search.ground import SearchLand, search_land, searchers_of
from watchline.ops.search.last_seen import LastSeen, LastSeenFile, SignSeen, read_last_seen, time_s
from watchline.ops.site_file import LoadedSite
from watchline.search.containment import Containment, Look, Setting, Sign, begun, looked, sign_found
from watchline.search.motion import EVADER, F8, INTENTS, LOST, Intent, Loss
from watchline.search.plan import Plan, Searcher, planned
from watchline.search.swept import swept
from watchline.sensing.air.sun import is_day
from watchline.sensing.detection import RIDER, VEHICLE, WALKER, Crosser

STEP_S = 200.0
LATE_S = 600.0
WAYS = 16_000
KEY = 20_260_101
LOST_PLACES = ("well", "cave", "ruin", "tunnel", "ford", "camp", "village")
CROSSER: dict[str, Crosser] = {"walker": WALKER, "rider": RIDER, "vehicle": VEHICLE, "lost": WALKER}


@dataclass(frozen=True)
class LostContact:
    """Map and plan; from_s when the plan begins; day: whether the sun is up then."""

    told: LastSeenFile
    land: SearchLand
    state: Containment
    searchers: tuple[Searcher, ...]
    plan: Plan
    from_s: float
    day: bool


def lost_contact(path: Path, site: LoadedSite) -> LostContact:
    """Return where they may be and how best to search; BadInput names file, field and rule."""
    told = read_last_seen(path)
    seen = told.last_seen
    lost_s = time_s(path, "last_seen.at", seen.at)
    from_s = lost_s + LATE_S if not told.search.begins else time_s(path, "search.begins", told.search.begins)
    if not lost_s <= from_s <= lost_s + 24 * 3600.0:
        raise BadInput(f"{path}: search.begins", "must be within a day after the loss", "correct it")
    centre = site.line.frame.xy_m_of(seen)
    terrain = site.terrain()
    if not terrain.contains(centre):
        raise BadInput(f"{path}: last_seen", "is outside the site's ground", "correct lon_deg, lat_deg or the site")
    land = search_land(site, terrain, centre)
    edges = np.asarray(from_s + STEP_S * np.arange(round(told.search.hours * 3600.0 / STEP_S) + 1), float)
    state = _map(told, path, site, land, loss_of(told.last_seen, site, lost_s), edges)
    day = is_day(seen.lat_deg, seen.lon_deg, from_s)
    who = searchers_of(
        site, land, _units(told, path, site), CROSSER[seen.subject], from_s, float(edges[-1]), day=day,
        visibility_m=told.search.visibility_m, beyond_line=told.search.beyond_line,
    )  # fmt: skip
    if not who:
        raise BadInput(f"{path}: search.units", "names nobody who can search", "name patrols or drones of the site")
    return LostContact(told, land, state, tuple(who), planned(state, who, edges), from_s, day)


def loss_of(seen: LastSeen, site: LoadedSite, lost_s: float) -> Loss:
    """Return where and how fast they were last, on the site grid."""
    centre = site.line.frame.xy_m_of(seen)
    usual = CROSSER[seen.subject].speed_m_s
    speed = seen.speed_m_s if seen.speed_m_s is not None and seen.speed_m_s > 0.3 else usual
    v = None
    if seen.heading_deg is not None:
        # Grid north is turned from true north by the convergence.
        grid = math.radians(seen.heading_deg) - float(site.line.frame.convergence_rad(centre))
        v = speed * np.array([math.sin(grid), math.cos(grid)])
    return Loss(centre, seen.error_m, lost_s, max(speed, 0.5 * usual), v)


def _map(told: LastSeenFile, path: Path, site: LoadedSite, land: SearchLand, loss: Loss, edges: F8) -> Containment:
    """Return the containment map with all looks and signs told so far."""
    to_xy = site.line.frame.xy_m_from_lonlat
    # Times from the loss on every step, the plan's at the middle of its own.
    middle = (edges[:-1] + edges[1:]) / 2.0
    earlier = np.arange(loss.t_s, middle[0] - 1.0, STEP_S)
    places = [to_xy(p.lon_deg, p.lat_deg) for p in site.site.places if p.kind in LOST_PLACES]
    times = np.concatenate([earlier, middle])
    state = begun(setting_of(told.last_seen.subject, told.intents, site, land, loss, places, times), loss)
    for k, sign in enumerate(told.sign):
        state = sign_found(state, _sign(path, k, sign, site, loss))
    for k, one in enumerate(told.looked):
        for shape in timed_tracks(path.parent / one.file):
            points = np.array([(p.lon_deg, p.lat_deg) for p in shape.points])
            xy = to_xy(points[:, 0], points[:, 1])
            state = looked(state, Look(f"{k}:{shape.id}", swept(xy, np.array(shape.times_s), one.width_m, land.grid)))
    return state


def setting_of(
    subject: Subject, intents: Mapping[str, float], site: LoadedSite, land: SearchLand, loss: Loss,
    places_m: list[F8], t_s: F8,
) -> Setting:  # fmt: skip
    """Return what a map is drawn from; intents: in place of the assumed ones, {} for those."""
    mover: Mover = "wheels" if subject == "vehicle" else "foot"
    ground = land.ground(mover)
    outer = float(site.line.sd_from_xy_m(loss.xy_m)[1]) < 0.0
    shares: dict[Intent, float] = dict(LOST if subject == "lost" else EVADER)
    if intents:
        shares = {name: intents[name] for name in INTENTS if name in intents}
    return Setting(ground, shares, land.headings(ground, outer, places_m), t_s, WAYS, KEY)


def _sign(path: Path, k: int, sign: SignSeen, site: LoadedSite, loss: Loss) -> Sign:
    at_s = time_s(path, f"sign[{k}].at", sign.at)
    if at_s <= loss.t_s:
        raise BadInput(f"{path}: sign[{k}].at", "is not after contact was lost", "correct it, or move last_seen")
    xy = site.line.frame.xy_m_of(sign)
    return Sign(f"sign{k}", xy, sign.error_m, at_s, sign.p_theirs)


def timed_tracks(file: Path) -> list[MapShape]:
    """Return the timed tracks of a GPX file."""
    if not file.exists():
        raise BadInput(str(file), "no such file", "correct looked.file")
    if file.stat().st_size > FILE_MAX:
        raise BadInput(str(file), f"is larger than {FILE_MAX} bytes", "split it")
    link = open_link("gpx")
    _, records, _ = link.decode(link.init(Settings("gpx")), file.read_bytes())
    out = [
        one for one in records
        if isinstance(one, MapShape) and one.shape == "line" and len(one.times_s) == len(one.points) > 1
        and bool(np.all(np.diff(one.times_s) >= 0.0))
    ]  # fmt: skip
    if not out:
        raise BadInput(str(file), "has no track with rising times", "record it with times")
    return out


def _units(told: LastSeenFile, path: Path, site: LoadedSite) -> tuple[Unit, ...]:
    known = {unit.id: unit for unit in site.site.units}
    missing = [id_ for id_ in told.search.units if id_ not in known]
    if missing:
        raise BadInput(f"{path}: search.units", f"{missing[0]!r} is no unit of the site", "correct the id")
    return tuple(known[id_] for id_ in told.search.units) if told.search.units else site.site.units
