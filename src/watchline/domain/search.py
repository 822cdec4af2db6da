"""The records of searching for somebody out of contact: begun, looked in vain, signs, plans, orders, the end.

Rules as in `records.py`.  What is known of a search is a fold of these (`search/live.py`); its map follows from it
and the site alone.  A plan is a proposal: no link knows it; an order of it names who allowed it, by which right, for
which units.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from watchline.domain.records import GeoPoint, Record

Subject = Literal["walker", "rider", "vehicle", "lost"]
"""What they go as; lost: a visitor or whoever asks for help, who does not hide and has no goal."""


class SearchBegun(Record, frozen=True, tag="search_begun"):
    """A person begins a search.

    place with ce_m, the 1-sigma error each way; lost_s when contact was lost, until_s how far the map goes;
    heading_rad from true north and speed_m_s, None when not known; units: who may search, () all of the site's.
    beyond_line: whether drones may search across the line; intents: shares in place of the assumed ones.
    """

    search: str
    person: str
    name: str
    subject: Subject
    place: GeoPoint
    lost_s: float
    until_s: float
    heading_rad: float | None = None
    speed_m_s: float | None = None
    alert: str = ""
    units: tuple[str, ...] = ()
    beyond_line: bool = False
    visibility_m: float = 20_000.0
    intents: dict[str, float] = msgspec.field(default_factory=dict)


class SearchLook(Record, frozen=True, tag="search_look"):
    """A unit looked in vain: where it was, fix by fix (degrees longitude, latitude, t_s), and its sweep width."""

    search: str
    who: str
    width_m: float
    fixes: tuple[tuple[float, float, float], ...]


class SearchSign(Record, frozen=True, tag="search_sign"):
    """Footprints, a fire, a report: they were at a place (ce_m, 1-sigma) at at_s; p_theirs: how sure it is theirs."""

    search: str
    place: GeoPoint
    at_s: float
    p_theirs: float
    text: str = ""


class Looked(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """Looks of one camera or radar the same way: true bearings, range, mean quality (-1 not measured), how many."""

    sensor: str
    az0_deg: float
    az1_deg: float
    range_m: float
    quality: float
    looks: int


class SearchWatched(Record, frozen=True, tag="search_watched"):
    """What cameras and radars near a search looked at from from_s to to_s without seeing whoever is searched for.

    but: places of tracks that stood there and that nothing explains: they could be them, so nothing is learned there.
    """

    search: str
    from_s: float
    to_s: float
    looked: tuple[Looked, ...]
    but: tuple[GeoPoint, ...] = ()


class SearchBox(msgspec.Struct, frozen=True, kw_only=True):
    """One unit's task: a box (corners in degrees) from from_s to to_s, its lanes, their spacing, POD of who stays."""

    unit: str
    from_s: float
    to_s: float
    corners: tuple[tuple[float, float], ...]
    lanes: tuple[tuple[float, float], ...]
    spacing_m: float
    width_m: float
    pod: float


class SearchPlan(Record, frozen=True, tag="search_plan"):
    """A plan, which a later one of the same search replaces.

    facts: how many looks and signs it knows; p_before: cumulative POS of those; p_found: of the plan, given that they
    are still out; bound: no plan could find more; why: why there is none.
    """

    search: str
    plan: str
    facts: int
    from_s: float
    to_s: float
    p_before: float
    p_found: float
    bound: float
    boxes: tuple[SearchBox, ...]
    why: str = ""


class SearchPlanAsked(Record, frozen=True, tag="search_plan_asked"):
    """A person wants another plan."""

    search: str
    person: str


class SearchProgress(Record, frozen=True, tag="search_progress"):
    """What looks in vain have reached: cumulative POS, and the chance that they are off the map.

    facts: how many looks and signs are in it; digest: of the map itself, so that the same one is known again; fault:
    why there is no map.
    """

    search: str
    facts: int
    p_success: float
    p_outside: float
    digest: str
    fault: str = ""


class SearchOrder(Record, frozen=True, tag="search_order"):
    """A person's yes to a plan for some units; digest: of the very plan they saw; rights: theirs for each unit."""

    search: str
    plan: str
    digest: str
    person: str
    units: tuple[str, ...]
    rights: tuple[str, ...]


class SearchEnded(Record, frozen=True, tag="search_ended"):
    """A search is over."""

    search: str
    person: str
    result: Literal["found", "helped", "not_found", "called_off"]
    text: str = ""
