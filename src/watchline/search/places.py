"""Places, and how sure it is that one is used: after every look, and as the knowledge ages.

Theory: a place is used or not, a Markov chain in continuous time whose long-run share of use is `usual` and which
forgets in `days`.  A look of POD d that found nothing leaves p (1 - d) / (1 - p d) (Bayes); signs or people found
leave P_FOUND.  From then on p goes back to usual as exp(-t / days).  A place is due again when what was learned has
nearly gone: p is back at DUE_SHARE of usual; one that was found in use is due after a third of its days, and one that
nobody ever looked at is due now.

ASSUMED: usual and days of every kind: nothing is published; change LAWS where you know better.
Limits: places are independent of each other; a look scares nobody away.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from watchline.domain.places import PlaceKind, PlaceLook, PlaceTold
from watchline.domain.records import Record

DAY_S = 86_400.0
P_FOUND = 0.95
DUE_SHARE = 0.8
LAWS: dict[PlaceKind, tuple[float, float]] = {
    "cave": (0.10, 10.0), "tunnel": (0.15, 20.0), "ruin": (0.10, 7.0), "well": (0.30, 2.0), "camp": (0.40, 3.0),
    "ford": (0.20, 1.0),
}  # fmt: skip
"""By kind: the share of the time that one is used by somebody we look for, and the days in which that changes."""


@dataclass(frozen=True)
class Place:
    """A place and the looks at it, by time."""

    id: str
    what: PlaceKind
    name: str
    lon_deg: float
    lat_deg: float
    looks: tuple[PlaceLook, ...] = ()
    told: bool = False  # by a person, and not by the site file

    @property
    def last(self) -> PlaceLook | None:
        """Return the last look."""
        return self.looks[-1] if self.looks else None


@dataclass(frozen=True)
class State:
    """Every place there is, by its id; what is gone is left out."""

    places: Mapping[str, Place] = field(default_factory=dict)


def begun(places: Iterable[Place]) -> State:
    """Return the places of a site file."""
    return State({place.id: place for place in places})


def step(state: State, record: Record) -> State:
    """Return the state after this record; one that is none of its own changes nothing."""
    match record:
        case PlaceTold(gone=True):
            return State({name: place for name, place in state.places.items() if name != record.place})
        case PlaceTold():
            old = state.places.get(record.place)
            looks = () if old is None else old.looks
            new = Place(
                record.place, record.what, record.name, record.at.lon_deg, record.at.lat_deg, looks, told=True
            )
            return State({**state.places, record.place: new})
        case PlaceLook() if record.place in state.places:
            place = state.places[record.place]
            if any(look.id == record.id for look in place.looks):
                return state
            looks = tuple(sorted((*place.looks, record), key=lambda look: (look.t_s, look.id)))
            return State({**state.places, place.id: replace(place, looks=looks)})
        case _:
            return state


def p_used(place: Place, now_s: float) -> float:
    """Return the chance that a place is used at a time, after all looks until then."""
    usual, days = LAWS[place.what]
    p, at_s = usual, -math.inf
    for look in place.looks:
        if look.t_s > now_s:
            break
        p = usual + (p - usual) * math.exp(-(look.t_s - at_s) / (days * DAY_S))
        p = P_FOUND if look.found != "nothing" else p * (1.0 - look.pod) / (1.0 - p * look.pod)
        at_s = look.t_s
    return usual + (p - usual) * math.exp(-(now_s - at_s) / (days * DAY_S))


def due_s(place: Place) -> float:
    """Return when a place should be looked at again, -inf for one that nobody has looked at."""
    if place.last is None:
        return -math.inf
    usual, days = LAWS[place.what]
    if place.last.found != "nothing":
        return place.last.t_s + days * DAY_S / 3.0
    left = p_used(place, place.last.t_s)
    if left >= DUE_SHARE * usual:
        return place.last.t_s
    return place.last.t_s + days * DAY_S * math.log((usual - left) / ((1.0 - DUE_SHARE) * usual))


def worth(place: Place, now_s: float, pod: float) -> float:
    """Return what a look of that POD would find now: the chance that it finds the place in use."""
    return pod * p_used(place, now_s)
