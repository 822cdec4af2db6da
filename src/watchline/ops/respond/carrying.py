"""Who carries a task to its unit: the link over which the unit was last heard, in the words of that link.

A task is told as what the link's protocol has for it; a proposal has no such thing anywhere.  Where no link reaches
the unit, the task is words for the radio, and said to be so.
"""

from __future__ import annotations

import numpy as np

from watchline.domain.records import GeoPoint, MissionApproval, MissionItem, MissionPlan, NodeTask, Record
from watchline.domain.respond import Option, Task, TaskSent
from watchline.domain.site import LinkSpec
from watchline.geo.patterns import orbit, sweep
from watchline.geo.terrain import Terrain
from watchline.links.air.mavlink.mission import digest_of
from watchline.links.contract import LocalError
from watchline.links.field.report_text import sealed
from watchline.links.field.task_text import order_body
from watchline.links.ids import ulid
from watchline.ops.exchange.missions import HOME, over, refusal
from watchline.ops.picture import Picture
from watchline.ops.site_file import LoadedSite
from watchline.response.overhead import SWATH_M

GO_AND_LOOK = ("cot", "sapient")  # these have a task to go to a place
FLIGHT_M, ORBIT_M = 80.0, 120.0  # above home, and round the place, of a drone that is sent


def link_of(task: Task, site: LoadedSite, picture: Picture) -> LinkSpec | None:
    """Return the link that reaches a task's unit: where it was heard last, or the radio text that names it."""
    links = {spec.id: spec for spec in site.site.links if spec.enabled}
    drone = picture.outside.drones.get(task.unit)
    if drone is not None and drone.source in links:
        return links[drone.source]
    heard = picture.units.get(task.unit)
    if heard is not None and heard.source in links and links[heard.source].protocol in GO_AND_LOOK:
        return links[heard.source]
    named = (spec for spec in links.values() if spec.protocol == "report_text" and task.unit in spec.allow)
    return next(named, None)


def words_of(task: Task) -> str:
    """Return the task as it is read out or sent as text, at most 200 bytes."""
    return sealed(order_body(task), check=False).decode()


def said_over(
    link: LinkSpec, task: Task, site: LoadedSite, picture: Picture, terrain: Terrain, now_s: float
) -> list[Record]:
    """Return what is said over a link for a task; LocalError with the reason why it cannot go that way.

    A drone gets its mission: the approval of the task is the approval of the upload, never of the start.
    """
    place = GeoPoint(lon_deg=task.option.place.lon_deg, lat_deg=task.option.place.lat_deg)
    if link.protocol == "report_text":
        return [task]
    if link.protocol in GO_AND_LOOK:
        return [
            NodeTask(
                id=f"{task.id}-look", t_s=now_s, source=task.source, provenance=(task.id, task.approval.id),
                node=task.unit, task_id=ulid(task.id, task.t_s), approved_by=task.approval.operator,
                command="look_at", place=place, argument=words_of(task),
            )
        ]  # fmt: skip
    if link.protocol != "mavlink":
        raise LocalError(f"{link.protocol}: has no task to go to a place")
    items = (*_flown_at(task.option, site), HOME)
    digest = digest_of(items)
    plan = MissionPlan(
        id=f"{task.id}-mission", t_s=now_s, source=task.source, provenance=(task.id,), drone=task.unit,
        what="mission", items=items, digest=digest,
    )  # fmt: skip
    refused = refusal(plan, picture, site, terrain, now_s)
    if refused:
        raise LocalError(refused)
    approval = MissionApproval(
        id=f"{task.id}-upload", t_s=now_s, source=task.source, provenance=(plan.id, task.approval.id),
        drone=task.unit, step="upload", what="mission", digest=digest, operator=task.approval.operator,
    )  # fmt: skip
    return [plan, approval]


def _flown_at(option: Option, site: LoadedSite) -> tuple[MissionItem, ...]:
    """Return the items of a sweep of the area that was approved, or of once round the place."""
    frame = site.line.frame
    if option.sweeps:
        lon, lat = np.array(option.sweeps).T
        way = sweep(np.asarray(frame.xy_m_from_lonlat(lon, lat), float), SWATH_M)
    else:
        way = orbit(frame.xy_m_of(option.place), ORBIT_M)
    return over(np.asarray(frame.lonlat_from_xy_m(way)), FLIGHT_M)


def sent(task: Task, link: str, now_s: float) -> TaskSent:
    """Return that a task went out."""
    return TaskSent(
        id=f"{task.id}-sent", t_s=now_s, source="respond", provenance=(task.id,), task=task.task, link=link,
        say=words_of(task),
    )  # fmt: skip
