"""Places on a patrol's month: when one that is due lies near the post where it is, the patrol goes and looks.

Rules: only places on the home side, off mines and flood, within `place_km` of a post, each by the nearest beat; at
most `looks_a_day` a unit.  The beat's walk stands still meanwhile and goes on afterwards, so that its law is the
same; nobody is at its posts then, which is taken off what the law guarantees.  A look is taken to be made, with POD,
and to find nothing: what was really looked at comes from the ledger, before the next month.
ASSUMED: LOOK_S, and that ways are DETOUR longer than straight ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from watchline.domain.places import PlaceLook
from watchline.domain.records import GeoPoint
from watchline.geo.terrain import Terrain
from watchline.ops.mobility import going
from watchline.ops.planning.patrols import DAY_S, BeatPlan, LookAt, Month
from watchline.ops.site_file import LoadedSite
from watchline.search import places
from watchline.search.motion import I8, cells_of

LOOK_S, POD, DETOUR = 900.0, 0.9, 1.4
ROOM_M = 150.0  # from the line, as for those who search


@dataclass(frozen=True)
class _Near:
    """A place by the post of a beat: how long a look takes, there and back."""

    place: str
    post: int
    takes_s: float


def with_places(month: Month, site: LoadedSite, terrain: Terrain, known: places.State) -> Month:
    """Return the month with looks at places; known: as the ledger has them now."""
    near = _near(month.beats, site, terrain, known, 1000.0 * month.study.place_km)
    walks, looks = [], []
    for beat, walk, mine in zip(month.beats, month.walks, near, strict=True):
        new, made = _looked(beat, walk, mine, known, month)
        walks.append(new)
        looks.append(made)
    return replace(month, walks=tuple(walks), looks=tuple(looks))


def _near(
    beats: Sequence[BeatPlan], site: LoadedSite, terrain: Terrain, known: places.State, within_m: float
) -> list[list[_Near]]:  # fmt: skip
    out: list[list[_Near]] = [[] for _ in beats]
    hazards = going(site, terrain).hazards
    posts = [site.line.frame.xy_m_from_lonlat(b.lonlat_deg[:, 0], b.lonlat_deg[:, 1]) for b in beats]
    for place in known.places.values():
        xy = site.line.frame.xy_m_of(place)
        cell = int(cells_of(terrain, xy))
        if cell < 0 or hazards.flat[cell] or float(site.line.sd_from_xy_m(xy)[1]) < ROOM_M:
            continue
        away = [np.hypot(*(np.asarray(at, float) - xy).T) for at in posts]
        k = int(np.argmin([float(one.min()) for one in away]))
        post = int(np.argmin(away[k]))
        if away[k][post] <= within_m:
            takes_s = LOOK_S + 2.0 * DETOUR * float(away[k][post]) / beats[k].unit.speed_m_s
            out[k].append(_Near(place.id, post, takes_s))
    return out


def _looked(
    beat: BeatPlan, walk: I8, near: Sequence[_Near], known: places.State, month: Month
) -> tuple[I8, tuple[LookAt, ...]]:  # fmt: skip
    """Return a walk that stands still while its unit looks at places, and the looks."""
    state = {one.place: known.places[one.place] for one in near}
    out: list[int] = []
    looks: list[LookAt] = []
    for post in walk.tolist():
        out.append(post)
        leg = len(out) - 1
        if leg >= len(walk):
            break
        at_s = month.start_s + leg * beat.leg_s
        day = int(leg * beat.leg_s // DAY_S)
        if sum(int(one.leg * beat.leg_s // DAY_S) == day for one in looks) >= month.study.looks_a_day:
            continue
        due = [n for n in near if n.post == post and places.due_s(state[n.place]) <= at_s]
        if due:
            one = max(due, key=lambda n: (places.worth(state[n.place], at_s, POD), n.place))
            place = state[one.place]
            legs = max(1, math.ceil(one.takes_s / beat.leg_s))
            looks.append(LookAt(leg, legs, place.id, place.name))
            out += [post] * legs
            made = PlaceLook(
                id=f"{beat.unit.id}-{leg}", t_s=at_s, source="plan", place=place.id, by=beat.unit.id, person="",
                at=GeoPoint(lon_deg=place.lon_deg, lat_deg=place.lat_deg), pod=POD, found="nothing",
            )  # fmt: skip
            state[one.place] = replace(place, looks=(*place.looks, made))
    return np.asarray(out[: len(walk)], walk.dtype), tuple(looks)
