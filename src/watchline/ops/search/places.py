"""Places as a running core knows them: from the site file, and what people tell of and look at."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, get_args

from watchline.alerting.desk.commands import TEXT_MAX, Command
from watchline.alerting.desk.roles import Refused, Who
from watchline.domain.places import PlaceKind, PlaceLook, PlaceTold
from watchline.domain.records import GeoPoint
from watchline.domain.site import Site
from watchline.search import live, places

if TYPE_CHECKING:
    from watchline.ops.picture import Picture

LATEST_S = 7 * 86_400.0


class TellPlace(Command, frozen=True, tag="tell_place"):
    """There is a place, or there is it no more.  place: "" for a new one, which then has a number."""

    what: PlaceKind
    name: str
    lon_deg: float
    lat_deg: float
    place: str = ""
    gone: bool = False


class LookAtPlace(Command, frozen=True, tag="look_at_place"):
    """Somebody looked at a place, ago_s ago.  pod: how surely they would have found whoever was there."""

    place: str
    by: str
    found: Literal["nothing", "signs", "people"]
    pod: float = 0.9
    ago_s: float = 0.0
    text: str = ""


def places_of(site: Site) -> live.State:
    """Return what a core begins with: the places of the site file where somebody may hide or pass."""
    kinds = get_args(PlaceKind)
    known = [
        places.Place(p.id, p.kind, p.name, p.lon_deg, p.lat_deg)  # type: ignore[arg-type]  # checked below
        for p in site.places if p.kind in kinds
    ]  # fmt: skip
    return live.State(places=places.begun(known))


def told(picture: Picture, wish: TellPlace, who: Who, record_id: str, now_s: float) -> PlaceTold:
    """Return the record of a place.  Raises Refused."""
    known = picture.searches.places.places
    if wish.place and wish.place not in known:
        raise Refused("missing", "place: no such place")
    if wish.gone and not wish.place:
        raise Refused("wrong", "place: name the one that is gone")
    if not (-180.0 <= wish.lon_deg <= 180.0 and -89.0 <= wish.lat_deg <= 89.0):
        raise Refused("wrong", "lon_deg, lat_deg: is no place on Earth that is watched")
    number = 1 + sum(1 for key in picture.searches.done.values() if key.startswith("place-"))
    return PlaceTold(
        id=record_id, t_s=now_s, source=who.name, place=wish.place or f"place-{number}", what=wish.what,
        name=wish.name[:100] or wish.what, at=GeoPoint(lon_deg=wish.lon_deg, lat_deg=wish.lat_deg), person=who.name,
        gone=wish.gone,
    )  # fmt: skip


def looked_at(picture: Picture, wish: LookAtPlace, who: Who, record_id: str, now_s: float) -> PlaceLook:
    """Return the record of a look at a place.  Raises Refused."""
    place = picture.searches.places.places.get(wish.place)
    if place is None:
        raise Refused("missing", "place: no such place")
    for field, value, high in (("pod", wish.pod, 1.0), ("ago_s", wish.ago_s, LATEST_S)):
        if not 0.0 <= value <= high:
            raise Refused("wrong", f"{field}: must be in 0 to {high:g}, got {value:g}")
    at = GeoPoint(lon_deg=place.lon_deg, lat_deg=place.lat_deg)
    return PlaceLook(
        id=record_id, t_s=now_s - wish.ago_s, source=who.name, place=place.id, at=at, by=wish.by[:100],
        person=who.name, pod=wish.pod, found=wish.found, text=wish.text[:TEXT_MAX],
    )  # fmt: skip


def shown(state: places.State, now_s: float) -> list[dict[str, Any]]:
    """Return every place as a screen is shown it, those that are due longest first."""
    rows = [
        {
            "place": p.id, "what": p.what, "name": p.name, "lon_deg": p.lon_deg, "lat_deg": p.lat_deg,
            "told": p.told, "last": p.last, "p_used": round(places.p_used(p, now_s), 4),
            "usual": places.LAWS[p.what][0], "days": places.LAWS[p.what][1],
            "due_s": None if math.isinf(due) else round(due),
            "due": due <= now_s,
        }
        for p in state.places.values() for due in [places.due_s(p)]
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (row["due_s"] is not None, row["due_s"] or 0.0, row["place"]))
