"""The records of places people hide in or pass by: told by somebody, looked at, gone.

Rules as in `records.py`.  A place is where it is, never whose it is.
"""

from __future__ import annotations

from typing import Literal

from watchline.domain.records import GeoPoint, Record

PlaceKind = Literal["well", "cave", "ruin", "tunnel", "ford", "camp"]


class PlaceTold(Record, frozen=True, tag="place_told"):
    """There is a place that the site file does not name, or it lies elsewhere; gone: it is there no more."""

    place: str
    what: PlaceKind
    name: str
    at: GeoPoint
    person: str
    gone: bool = False


class PlaceLook(Record, frozen=True, tag="place_look"):
    """Somebody looked at a place at t_s.

    at: where the place is; pod: how surely whoever was there, or what they left, would have been found; found:
    nothing, signs of use (at most a few days old), or people.
    """

    place: str
    at: GeoPoint
    by: str
    person: str
    pod: float
    found: Literal["nothing", "signs", "people"]
    text: str = ""
