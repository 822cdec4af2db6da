"""What a person at the desk asks of cameras, nodes and aircraft, and answers to what others ask of us.

Each is a `NodeTask` or `NodeAnswer` with the person in it and, where there is one, the link that carries it; an
aircraft that only has a radio is asked in words that are read out to it.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec
import numpy as np

from watchline.domain.records import AirCover, Cue, Direction, GeoPoint, NodeAnswer, NodeTask, UnitPlace
from watchline.domain.site import LinkSpec
from watchline.geo.terrain import Terrain
from watchline.links.contract import LocalError
from watchline.links.ids import ulid
from watchline.ops.exchange.outside import TaskView
from watchline.ops.picture import Picture
from watchline.ops.site_file import LoadedSite

TARGET_M = 1.0  # above the ground: the middle of somebody on foot
ANSWERS = ("accepted", "rejected", "completed", "failed")


class Ask(NamedTuple):
    """Who asks: the record's id, the moment, the person."""

    id: str
    t_s: float
    operator: str


class Asked(NamedTuple):
    """A task or answer; link: who carries it, "" for nobody; say: the words for a radio."""

    record: NodeTask | NodeAnswer
    link: str
    say: str = ""


def look_at(ask: Ask, sensor: str, place: GeoPoint, site: LoadedSite, terrain: Terrain) -> Asked:
    """Return the task for one of the site's sensors; LocalError when nothing can turn it."""
    link, node = _asked_over(sensor, site)
    return Asked(_task(ask, node, _with_height(place, site, terrain)), link)


def turn_to(ask: Ask, sensor: str, looks: Direction, site: LoadedSite) -> Asked:
    """Return the task that turns one of the site's cameras to absolute angles, as cues have them."""
    link, node = _asked_over(sensor, site)
    task = msgspec.structs.replace(_task(ask, node, None), direction=looks)
    return Asked(task, link)


def cued(cue: Cue, site: LoadedSite) -> Asked | None:
    """Return the turn that a cue asks of a camera's head; None unless its link says who approved that it is cued."""
    spec = next((one for one in site.site.sensors if one.id == cue.camera), None)
    if cue.state != "asked" or cue.exercise or spec is None or spec.node is None:
        return None
    link = next((one for one in site.site.links if one.id == (spec.node or "").partition("/")[0]), None)
    person = str(link.options.get("cues", "")) if link is not None and link.enabled else ""
    if not person:
        return None
    looks = Direction(bearing_rad=cue.azimuth_rad, elevation_rad=cue.elevation_rad, range_m=cue.range_m)
    asked = turn_to(Ask(f"{cue.id}-turn", cue.t_s, person), cue.camera, looks, site)
    return asked._replace(record=msgspec.structs.replace(asked.record, provenance=(cue.id,)))


def _asked_over(sensor: str, site: LoadedSite) -> tuple[str, str]:
    spec = next((one for one in site.site.sensors if one.id == sensor), None)
    if spec is None or spec.node is None:
        raise LocalError(f"{sensor!r} is no sensor of this site that a link can ask")
    link, _, node = spec.node.partition("/")
    return link, node


def observe(ask: Ask, aircraft: str, place: GeoPoint, picture: Picture, site: LoadedSite, terrain: Terrain) -> Asked:
    """Return the request to an aircraft on station to look at a place; LocalError for one that nobody told of."""
    by_name = picture.outside.aircraft.get(aircraft)
    on_station = any(
        isinstance(one, AirCover) and one.aircraft == aircraft and one.from_s <= ask.t_s < one.until_s
        for one in picture.reports.values()
    )
    reachable = isinstance(by_name, UnitPlace) and by_name.stale_s > ask.t_s
    if not on_station and not reachable:
        raise LocalError(f"{aircraft!r} is not on station: nobody told of it, or its time is over")
    at = _with_height(place, site, terrain)
    s_m, _ = site.line.sd_from_xy_m(site.line.frame.xy_m_of(place))
    height = "" if at.msl_m is None else f", ground {at.msl_m - TARGET_M:.0f} m"
    say = f"{aircraft}: observe {place.lat_deg:.5f} N {place.lon_deg:.5f} E, line km {float(s_m) / 1000:.1f}{height}"
    link = by_name.source if isinstance(by_name, UnitPlace) and reachable else ""
    return Asked(_task(ask, aircraft, at, "observe"), link, say)


def answer_to(ask: Ask, view: TaskView, how: str, reason: str, link: LinkSpec) -> Asked:
    """Return a person's answer to a task that came over a link; LocalError for what is none."""
    if how not in ANSWERS:
        raise LocalError(f"state: one of {', '.join(ANSWERS)}")
    if any(one.state != "accepted" for one in view.answers):
        raise LocalError("this task was answered already")
    record = NodeAnswer(
        id=ask.id, t_s=ask.t_s, source=link.node or ask.operator, provenance=(view.task.id,),
        node=view.task.approved_by, to="task", ref=view.task.task_id,
        state=how, reason=reason,  # type: ignore[arg-type]
    )  # fmt: skip
    return Asked(record, link.id)


def _task(ask: Ask, node: str, place: GeoPoint | None, argument: str = "") -> NodeTask:
    return NodeTask(
        id=ask.id, t_s=ask.t_s, source=ask.operator, node=node, task_id=ulid(ask.id, ask.t_s),
        approved_by=ask.operator, command="look_at", place=place, argument=argument,
    )  # fmt: skip


def _with_height(place: GeoPoint, site: LoadedSite, terrain: Terrain) -> GeoPoint:
    """Return a place on the ground with the height of somebody standing there, where the terrain is known."""
    if place.msl_m is not None:
        return place
    xy = site.line.frame.xy_m_of(place)
    ground_m = float(terrain.height_at(np.asarray(xy, float)))
    return msgspec.structs.replace(place, msl_m=ground_m + TARGET_M) if np.isfinite(ground_m) else place
