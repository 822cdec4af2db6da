"""Missions of our drones: made of a map's shape, refused where they would enter airspace that others hold, not come
back, or meet another drone of ours.

Rules: nothing here sends.  A plan is asked for, an upload and a start are each approved by a person, and the link
says how they ended (`links/air/mavlink`).  Airspace counts for the next `AHEAD_S`, a flight's length.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from watchline.domain.records import (
    AirCover,
    AircraftReport,
    AirspaceBlock,
    DroneState,
    MapShape,
    MissionItem,
    MissionPlan,
    UnitPlace,
)
from watchline.domain.site import Unit
from watchline.geo.airspace import Block, first_entry
from watchline.geo.frame import SiteFrame
from watchline.geo.patterns import sweep
from watchline.geo.terrain import Terrain
from watchline.links.air.mavlink.mission import FENCE_IN, WAYPOINT, digest_of
from watchline.links.air.mavlink.orders import check_plan
from watchline.ops.exchange.flights import Flight, cannot_fly, flown, in_the_air, in_the_way, wind_of
from watchline.ops.picture import Picture
from watchline.ops.site_file import LoadedSite
from watchline.response.overhead import SWATH_M

F8 = NDArray[np.float64]
AHEAD_S = 7200.0
MARGIN_M = 50.0  # of a drone's height against that of others: barometers and geoids together
ABOVE_HOME, ABOVE_SEA, ABOVE_GROUND = (3, 6), (0, 5), (10, 11)  # MAV_FRAME
RETURN = 20
NEAR_M, NEAR_UP_M = 2_000.0, 300.0  # kept free around an aircraft that tells its place
STEP_M = 250.0
HOME = MissionItem(command=RETURN, lat_deg=0.0, lon_deg=0.0, height_m=0.0)


def plan_of(
    shape: MapShape, drone: str, what: Literal["mission", "fence"], height_m: float, frame: SiteFrame,
    stamp: dict[str, object],
) -> MissionPlan:  # fmt: skip
    """Return the plan that flies along a shape's points, sweeps its area, or stays inside it, at a height above home.

    stamp: id, t_s, source.  LocalError for what is no plan; ValueError for a shape of the wrong kind.
    """
    if what == "fence" and shape.shape != "area":
        raise ValueError("a fence is an area")
    if what == "fence":
        count = float(len(shape.points))
        items = tuple(
            MissionItem(command=FENCE_IN, lat_deg=p.lat_deg, lon_deg=p.lon_deg, height_m=0.0, params=(count, 0, 0, 0))
            for p in shape.points
        )
    else:
        places = np.array([(p.lon_deg, p.lat_deg) for p in shape.points])
        if shape.shape == "area":
            corners = np.asarray(frame.xy_m_from_lonlat(places[:, 0], places[:, 1]), float)
            places = np.asarray(frame.lonlat_from_xy_m(sweep(corners, SWATH_M)))
        items = over(places, height_m)
        if shape.shape == "area":
            items = (*items, HOME)
    plan = MissionPlan(**stamp, drone=drone, what=what, items=items, digest=digest_of(items))  # type: ignore[arg-type]
    check_plan(plan)
    return plan


def over(places_deg: F8, height_m: float) -> tuple[MissionItem, ...]:
    """Return the items of a way over (N, 2) places (longitude, latitude), at a height above home."""
    return tuple(
        MissionItem(command=WAYPOINT, lat_deg=round(lat, 7), lon_deg=round(lon, 7), height_m=height_m)
        for lon, lat in places_deg.tolist()
    )


def refusal(plan: MissionPlan, picture: Picture, site: LoadedSite, terrain: Terrain, now_s: float) -> str:
    """Return why a mission must not be flown now, "" when nothing is known against it."""
    if plan.what == "fence":
        return ""
    way, numbers = way_of(plan, picture.outside.drones.get(plan.drone), site, terrain)
    for block, until_s in blocks_of(picture, site, now_s, but=plan.drone):
        leg = first_entry(way, block, margin_m=MARGIN_M)
        if leg is not None:
            until = datetime.fromtimestamp(until_s, UTC).strftime("%Y-%m-%d %H:%MZ")
            band = f"{block.low_msl_m:.0f} to {block.high_msl_m:.0f} m above sea level"
            return (
                f"on the way to item {numbers[leg]} it enters {block.name} of {block.holder}, {band}, until {until}"
            )
    ours = {unit.id: unit for unit in site.site.units if unit.kind == "drone"}
    if plan.drone not in ours:
        return ""
    ground_m_s = ours[plan.drone].speed_m_s - wind_of(picture)
    flight = flown(way, numbers, plan.items, max(ground_m_s, 1.0))
    return cannot_fly(plan, flight, ours[plan.drone], picture, site) or in_the_way(
        flight, _in_the_air(plan.drone, ours, picture, site, terrain)
    )


def _in_the_air(
    but: str, ours: dict[str, Unit], picture: Picture, site: LoadedSite, terrain: Terrain
) -> dict[str, Flight]:
    """Return what other drones of ours still have to fly, from where they are."""
    out = {}
    for view in picture.outside.missions.values():
        who = view.plan.drone
        unit = ours.get(who)
        if who == but or unit is None or not in_the_air(view, picture, unit.endurance_s):
            continue
        drone = picture.outside.drones.get(who)
        way, numbers = way_of(view.plan, drone, site, terrain)
        if drone is not None and drone.place is not None and drone.mission_item is not None:
            left = [leg for leg, number in enumerate(numbers) if number >= drone.mission_item]
            first = left[0] if left else len(numbers)
            way, numbers = np.concatenate([way[:1], way[first + 1 :]]), numbers[first:]
        out[who] = flown(way, numbers, view.plan.items, max(unit.speed_m_s - wind_of(picture), 1.0))
    return out


def way_of(plan: MissionPlan, drone: DroneState | None, site: LoadedSite, terrain: Terrain) -> tuple[F8, list[int]]:
    """Return (N, 3) the way of a mission on the site grid with heights above mean sea level, NaN where unknown.

    It begins where the drone is, if that is known, and ends there when it is to return.  Besides: the number of the
    item that each leg leads to.
    """
    points: list[list[float]] = []
    numbers: list[int] = []
    home_m = math.nan
    start: list[float] | None = None
    if drone is not None and drone.place is not None:
        x, y = site.line.frame.xy_m_of(drone.place).tolist()
        msl_m = math.nan if drone.place.msl_m is None else drone.place.msl_m
        start = [x, y, msl_m]
        home_m = msl_m - drone.above_home_m if drone.above_home_m is not None else math.nan
        points.append(start)
    for number, item in enumerate(plan.items):
        if item.command == RETURN and start is not None:
            points.append(start)
            numbers.append(number)
        if item.lat_deg == item.lon_deg == 0.0:
            continue  # a command without a place
        x, y = site.line.frame.xy_m_of(item).tolist()
        ground_m = float(terrain.height_at(np.array([x, y])))
        if not points and math.isnan(home_m):
            home_m = ground_m  # it takes off where its mission begins
        base_m = home_m if item.frame in ABOVE_HOME else ground_m if item.frame in ABOVE_GROUND else 0.0
        known = item.frame in (*ABOVE_HOME, *ABOVE_GROUND, *ABOVE_SEA)
        points.append([x, y, base_m + item.height_m if known else math.nan])
        numbers.append(number)
    legs = numbers if start is not None else numbers[1:] or numbers
    return np.array(points, float).reshape(-1, 3), legs


def blocks_of(picture: Picture, site: LoadedSite, now_s: float, but: str = "") -> Iterator[tuple[Block, float]]:
    """Yield the airspace that others hold within `AHEAD_S`, and until when; but: our drone that asks."""
    frame = site.line.frame
    for report in (*picture.reports.values(), *picture.outside.airspace.values()):
        if (
            isinstance(report, AirCover | AirspaceBlock)
            and report.from_s < now_s + AHEAD_S
            and report.until_s > now_s
        ):
            if isinstance(report, AirCover):
                outline = _stretch(site, report.from_km, report.to_km)
                name = f"the airspace of {report.aircraft}"
            else:
                outline = np.array([frame.xy_m_of(p) for p in report.area], float)
                name = report.name
            yield Block(name, report.organisation, outline, report.low_msl_m, report.high_msl_m), report.until_s
    for name, one in picture.outside.aircraft.items():
        until_s = one.stale_s if isinstance(one, UnitPlace) else one.t_s + 60.0
        if name != but and one.place is not None and until_s > now_s and not _on_ground(one):
            centre = frame.xy_m_of(one.place)
            turn = np.linspace(0.0, 2.0 * np.pi, 24, endpoint=False)
            outline = np.asarray(centre) + NEAR_M * np.column_stack([np.cos(turn), np.sin(turn)])
            height = one.place.msl_m if one.place.msl_m is not None else one.place.hae_m
            low, high = (-1e5, 1e5) if height is None else (height - NEAR_UP_M, height + NEAR_UP_M)
            yield Block(f"the air around {name}", one.source, outline, low, high), until_s


def _on_ground(one: AircraftReport | UnitPlace) -> bool:
    return isinstance(one, AircraftReport) and one.on_ground is True


def _stretch(site: LoadedSite, from_km: float, to_km: float) -> F8:
    """Return (N, 2) the outline of a stretch of the line with all the ground watched on both sides."""
    s = np.linspace(1000.0 * from_km, 1000.0 * to_km, max(2, math.ceil(1000.0 * (to_km - from_km) / STEP_M)))
    out = np.column_stack([s, np.full_like(s, -site.site.line.outside_depth_m)])
    back = np.column_stack([s[::-1], np.full_like(s, site.site.line.home_depth_m)])
    return site.line.xy_m_from_sd(np.concatenate([out, back]))
