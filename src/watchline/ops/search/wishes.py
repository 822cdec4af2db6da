"""What a person asks of searching: begin, tell of a look, a sign or a place, want another plan, order it, end.

Rules: who may send whom is the site's word (`response.tasking`), asked for each unit and for each sector it would
enter; all units of an order or none.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import msgspec
import numpy as np

from watchline.alerting.desk.commands import TEXT_MAX, Command
from watchline.alerting.desk.roles import Refused, Who
from watchline.domain.press import PRESS, digest_of, key_fault
from watchline.domain.records import Alert, GeoPoint, Record
from watchline.domain.search import (
    SearchBegun,
    SearchEnded,
    SearchLook,
    SearchOrder,
    SearchPlan,
    SearchPlanAsked,
    SearchSign,
    Subject,
)
from watchline.ops.search.last_seen import INTENT_FIELDS
from watchline.ops.search.places import LookAtPlace, TellPlace, looked_at, told
from watchline.ops.site_file import LoadedSite
from watchline.response import tasking
from watchline.search.live import Search

if TYPE_CHECKING:
    from watchline.ops.picture import Picture

FIXES_MAX = 400
LATEST_S = 24 * 3600.0  # after which nobody begins with a map


class Begin(Command, frozen=True, tag="begin_search"):
    """Begin a search, for an alert (then the rest may be left out) or at a place.

    ago_s: how long ago contact was lost; hours: how far ahead the map goes.
    """

    alert: str = ""
    name: str = ""
    subject: Subject | Literal[""] = ""
    lon_deg: float | None = None
    lat_deg: float | None = None
    error_m: float = 50.0
    ago_s: float | None = None
    heading_deg: float | None = None
    speed_m_s: float | None = None
    hours: float = 6.0
    units: tuple[str, ...] = ()
    beyond_line: bool = False
    visibility_m: float = 20_000.0
    intents: dict[str, float] = msgspec.field(default_factory=dict)


class LookedInVain(Command, frozen=True, tag="search_look"):
    """A unit looked and found nobody: its fixes (degrees longitude, latitude, seconds since the epoch)."""

    search: str
    who: str
    width_m: float
    fixes: tuple[tuple[float, float, float], ...]


class SignSeen(Command, frozen=True, tag="search_sign"):
    """A sign was found; ago_s: how long ago they were there."""

    search: str
    lon_deg: float
    lat_deg: float
    ago_s: float
    p_theirs: float
    error_m: float = 50.0
    text: str = ""


class PlanAgain(Command, frozen=True, tag="search_plan"):
    """Another plan, of where everybody is now."""

    search: str


class OrderPlan(Command, frozen=True, tag="search_order"):
    """Approve a plan for some of its units, all when none are named; digest: of the plan as it was seen."""

    search: str
    digest: str
    units: tuple[str, ...] = ()


class End(Command, frozen=True, tag="search_end"):
    """The search is over."""

    search: str
    result: Literal["found", "helped", "not_found", "called_off"]
    text: str = ""


SearchWish = Begin | LookedInVain | SignSeen | PlanAgain | OrderPlan | End | TellPlace | LookAtPlace


def wish_of(body: bytes) -> SearchWish:
    """Return the wish in a body; msgspec.DecodeError for what is none."""
    found: SearchWish = msgspec.json.decode(body, type=SearchWish)
    return found


def decide(picture: Picture, site: LoadedSite, wish: SearchWish, who: Who, now_s: float) -> tuple[Record, ...]:
    """Return the record that a wish becomes, none when its key was pressed before.  Raises Refused."""
    if fault := key_fault(wish.key):
        raise Refused("wrong", fault)
    if wish.key in picture.searches.done:
        return ()
    if not who.may("write"):
        raise Refused("forbidden", f"{who.role.replace('_', ' ')}: may not do this")
    record_id = PRESS + wish.key
    if isinstance(wish, Begin):
        return (_begun(picture, site, wish, who, record_id, now_s),)
    if isinstance(wish, TellPlace):
        return (told(picture, wish, who, record_id, now_s),)
    if isinstance(wish, LookAtPlace):
        return (looked_at(picture, wish, who, record_id, now_s),)
    one = picture.searches.searches.get(wish.search)
    if one is None:
        raise Refused("missing", "no such search")
    if one.ended is not None:
        raise Refused("changed", f"{wish.search} is over: {one.ended.result}")
    return (_of(one, site, wish, who, record_id, now_s),)


def _of(one: Search, site: LoadedSite, wish: SearchWish, who: Who, record_id: str, now_s: float) -> Record:
    search = one.begun.search
    match wish:
        case LookedInVain():
            return _look(one, wish, who, record_id, now_s)
        case SignSeen():
            return _sign(one, wish, who, record_id, now_s)
        case PlanAgain():
            return SearchPlanAsked(id=record_id, t_s=now_s, source=who.name, search=search, person=who.name)
        case OrderPlan():
            return _order(one, site, wish, who, record_id, now_s)
        case End():
            return SearchEnded(
                id=record_id, t_s=now_s, source=who.name, search=search, person=who.name, result=wish.result,
                text=wish.text[:TEXT_MAX],
            )  # fmt: skip
        case _:
            raise Refused("wrong", "ask: is not one of this page")


def _between(field: str, value: float, low: float, high: float) -> float:
    if not low <= value <= high:
        raise Refused("wrong", f"{field}: must be in {low:g} to {high:g}, got {value:g}")
    return value


def _begun(
    picture: Picture, site: LoadedSite, wish: Begin, who: Who, record_id: str, now_s: float
) -> SearchBegun:  # fmt: skip
    alert = picture.alerts[wish.alert].alert if wish.alert in picture.alerts else None
    if wish.alert and alert is None:
        raise Refused("missing", "alert: no such alert")
    if any(one.begun.alert == wish.alert for one in picture.searches.open if wish.alert):
        raise Refused("changed", "this alert is searched for already")
    if alert is None and (wish.lon_deg is None or wish.lat_deg is None or wish.ago_s is None):
        raise Refused("wrong", "alert: name one, or lon_deg, lat_deg and ago_s")
    unknown = set(wish.units) - {unit.id for unit in site.site.units}
    if unknown:
        raise Refused("wrong", f"units: {sorted(unknown)[0]!r} is not one of this site")
    _judge_intents(wish.intents)
    place, lost_s, subject, heading, speed = _last(picture, site, wish, alert, now_s)
    _between("ago_s", now_s - lost_s, 0.0, LATEST_S)
    hours = _between("hours", wish.hours, 0.25, 12.0)
    _between("visibility_m", wish.visibility_m, 50.0, 100_000.0)
    number = len(picture.searches.searches) + 1
    return SearchBegun(
        id=record_id, t_s=now_s, source=who.name, provenance=(alert.id,) if alert is not None else (),
        search=f"L-{number}", person=who.name, name=wish.name[:100] or wish.alert or f"L-{number}", subject=subject,
        place=place, lost_s=lost_s, until_s=now_s + 3600.0 * hours, heading_rad=heading, speed_m_s=speed,
        alert=wish.alert, units=wish.units, beyond_line=wish.beyond_line, visibility_m=wish.visibility_m,
        intents=wish.intents,
    )  # fmt: skip


def _judge_intents(intents: dict[str, float]) -> None:
    unknown = sorted(set(intents) - set(INTENT_FIELDS))
    if unknown:
        raise Refused("wrong", f"intents: {unknown[0]!r} is not one of {', '.join(INTENT_FIELDS)}")
    if intents and (min(intents.values()) < 0.0 or abs(sum(intents.values()) - 1.0) > 1e-6):
        raise Refused("wrong", "intents: must be shares that sum to 1")


Last = tuple[GeoPoint, float, Subject, float | None, float | None]


def _last(picture: Picture, site: LoadedSite, wish: Begin, alert: Alert | None, now_s: float) -> Last:
    """Return where, when, as what and how they were going: as the person says, else as the alert and its track do."""
    error_m = _between("error_m", wish.error_m, 1.0, 20_000.0)
    subject: Subject = wish.subject or _subject(alert)
    heading = None if wish.heading_deg is None else math.radians(wish.heading_deg) % (2.0 * math.pi)
    speed = None if wish.speed_m_s is None else _between("speed_m_s", wish.speed_m_s, 0.0, 60.0)
    lost_s = now_s - (wish.ago_s or 0.0) if wish.ago_s is not None or alert is None else alert.t_s
    if wish.lon_deg is not None and wish.lat_deg is not None:
        _between("lon_deg", wish.lon_deg, -180.0, 180.0)
        _between("lat_deg", wish.lat_deg, -89.0, 89.0)
        return GeoPoint(lon_deg=wish.lon_deg, lat_deg=wish.lat_deg, ce_m=error_m), lost_s, subject, heading, speed
    assert alert is not None
    place = GeoPoint(lon_deg=alert.position.lon_deg, lat_deg=alert.position.lat_deg, ce_m=error_m)
    trail = picture.trails.get(-1 if alert.track_id is None else alert.track_id)
    if heading is None and trail is not None and len(trail) > 1:
        heading, speed = _going(site, list(trail)[-11:], speed)
    return place, lost_s, subject, heading, speed


def _going(
    site: LoadedSite, trail: list[tuple[float, float, float]], speed: float | None
) -> tuple[float | None, float | None]:
    (t0, x0, y0), (t1, x1, y1) = trail[0], trail[-1]
    went_m = math.hypot(x1 - x0, y1 - y0)
    if t1 <= t0 or went_m < 5.0:
        return None, speed
    turn = float(site.line.frame.convergence_rad(np.array([x1, y1])))
    return (math.atan2(x1 - x0, y1 - y0) - turn) % (2.0 * math.pi), speed or went_m / (t1 - t0)


def _subject(alert: Alert | None) -> Subject:
    if alert is not None and alert.what == "distress":
        return "lost"
    return "vehicle" if alert is not None and alert.subject == "vehicle" else "walker"


def _look(one: Search, wish: LookedInVain, who: Who, record_id: str, now_s: float) -> SearchLook:
    _between("width_m", wish.width_m, 1.0, 5000.0)
    if not 2 <= len(wish.fixes) <= FIXES_MAX:
        raise Refused("wrong", f"fixes: must be 2 to {FIXES_MAX}")
    for lon, lat, t_s in wish.fixes:
        _between("fixes", lon, -180.0, 180.0)
        _between("fixes", lat, -89.0, 89.0)
        if not one.begun.lost_s <= t_s <= now_s:
            raise Refused("wrong", "fixes: must lie between the loss and now")
    return SearchLook(
        id=record_id, t_s=now_s, source=who.name, search=one.begun.search, who=wish.who[:100], width_m=wish.width_m,
        fixes=wish.fixes,
    )  # fmt: skip


def _sign(one: Search, wish: SignSeen, who: Who, record_id: str, now_s: float) -> SearchSign:
    _between("p_theirs", wish.p_theirs, 0.0, 1.0)
    _between("lon_deg", wish.lon_deg, -180.0, 180.0)
    _between("lat_deg", wish.lat_deg, -89.0, 89.0)
    at_s = now_s - wish.ago_s
    if not one.begun.lost_s < at_s <= now_s:
        raise Refused("wrong", "ago_s: the sign must be from between the loss and now")
    place = GeoPoint(lon_deg=wish.lon_deg, lat_deg=wish.lat_deg, ce_m=_between("error_m", wish.error_m, 1.0, 5000.0))
    return SearchSign(
        id=record_id, t_s=now_s, source=who.name, search=one.begun.search, place=place, at_s=at_s,
        p_theirs=wish.p_theirs, text=wish.text[:TEXT_MAX],
    )  # fmt: skip


def _order(one: Search, site: LoadedSite, wish: OrderPlan, who: Who, record_id: str, now_s: float) -> SearchOrder:
    plan = next((p for p in one.plans[::-1] if digest_of(p) == wish.digest), None)
    if plan is None or now_s > plan.to_s:
        raise Refused("changed", "the plan has changed since you looked: look again")
    tasked = tuple(dict.fromkeys(box.unit for box in plan.boxes))
    units = wish.units or tasked
    stray = [unit for unit in units if unit not in tasked]
    if stray or not units:
        raise Refused(
            "wrong", f"units: {stray[0]!r} has no box in this plan" if stray else "units: the plan has none"
        )
    rights = tuple(entitled(site, plan, unit, who) for unit in units)
    return SearchOrder(
        id=record_id, t_s=now_s, source=who.name, provenance=(plan.id,), search=one.begun.search, plan=plan.plan,
        digest=wish.digest, person=who.name, units=units, rights=rights,
    )  # fmt: skip


def entitled(site: LoadedSite, plan: SearchPlan, unit: str, who: Who) -> str:
    """Return by which right a person may send a unit to its boxes; Refused when there is none for one of them."""
    spec = next(u for u in site.site.units if u.id == unit)
    boxes = (box.corners for box in plan.boxes if box.unit == unit)
    try:
        return tasking.entitled_within(site.site, site.line, who.name, who.role, spec, boxes)
    except tasking.NotEntitled as no:
        raise Refused("forbidden", str(no)) from None
