"""What follows from reports: distress becomes a beacon, an inspection a condition, an observation the line's weather.

A report is kept as it was said; what is derived here names it in its provenance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Literal

import msgspec

from watchline.domain.desk import LogEntry
from watchline.domain.federation import PartnerWord
from watchline.domain.records import (
    Beacon,
    FieldReport,
    GeoPoint,
    Inspection,
    Position,
    Record,
    SensorHealth,
    Weather,
    WeatherObservation,
)
from watchline.domain.site import Barrier, Site
from watchline.geo.line import LineFrame
from watchline.ops.picture import Picture

SPEAKS_KM = 20.0
FAR_M = 50_000.0


def derived(records: Iterable[Record], site: Site, line: LineFrame, picture: Picture) -> list[Record]:
    """Return what follows from these reports at once: beacons of distress, health of sensors at an inspected post."""
    out: list[Record] = []
    for record in records:
        if isinstance(record, FieldReport) and record.what == "distress":
            place = place_of(record, site, picture)
            if place is not None:
                out.append(_beacon(record, place, line))
        elif isinstance(record, Inspection):
            out += _health(record, site)
        elif isinstance(record, PartnerWord):
            out += _taken(record, picture)
        elif isinstance(record, WeatherObservation):
            weather = weather_near(record, line)
            out += [] if weather is None else [weather]
    return out


def _taken(word: PartnerWord, picture: Picture) -> list[Record]:
    """Return the line of the shift log that a partner's person has taken a call for help of ours."""
    item = picture.alerts.get(word.ref)
    if word.state != "taken" or item is None:
        return []
    return [
        LogEntry(
            id=f"{word.id}-log", t_s=word.t_s, source=word.source, provenance=(word.id,), desk=item.desk,
            person=word.source, what="note", text=f"{word.source}: taken", alert=word.ref,
        )
    ]  # fmt: skip


def place_of(report: FieldReport, site: Site, picture: Picture) -> GeoPoint | None:
    """Return where a report was made: as it says, else where its reporter was last, else the reporter's own post."""
    if report.place is not None:
        return report.place
    heard = picture.units.get(report.reporter)
    if heard is not None:
        return GeoPoint(lon_deg=heard.position.lon_deg, lat_deg=heard.position.lat_deg)
    posts = {post.id: post for post in site.posts}
    unit = next((unit for unit in site.units if unit.id == report.reporter), None)
    post = posts.get(unit.post if unit is not None and unit.post is not None else report.reporter)
    if post is not None:
        return GeoPoint(lon_deg=post.lon_deg, lat_deg=post.lat_deg)
    if unit is not None and unit.lon_deg is not None and unit.lat_deg is not None:
        return GeoPoint(lon_deg=unit.lon_deg, lat_deg=unit.lat_deg)
    return None


def on_line(place: GeoPoint, line: LineFrame) -> Position:
    """Return a place as a position on the line."""
    s_m, d_m = line.sd_from_xy_m(line.frame.xy_m_of(place))
    return Position(lon_deg=place.lon_deg, lat_deg=place.lat_deg, s_m=round(float(s_m), 2), d_m=round(float(d_m), 2))


def weather_near(observation: WeatherObservation, line: LineFrame) -> Weather | None:
    """Return the weather of the stretch around a station, None where anything that it needs was not observed.

    A station speaks for 20 km of line on either side, when it stands within 50 km of the line: the spacing at which
    desert wind and visibility of neighbouring stations still go together (WMO-No. 488 asks for 50 km or less).
    """
    told = observation.visibility_m, observation.dust, observation.rain_mm_h, observation.wind_m_s, observation.air_c
    if observation.place is None or None in told:
        return None
    at = on_line(observation.place, line)
    from_km, to_km = max(0.0, at.s_m / 1000 - SPEAKS_KM), min(line.length_m / 1000, at.s_m / 1000 + SPEAKS_KM)
    if abs(at.d_m) > FAR_M or from_km >= to_km:
        return None
    numbers = dict(zip(("visibility_m", "dust", "rain_mm_h", "wind_m_s", "air_c"), told, strict=True))
    return Weather(
        id=f"{observation.id}-line", t_s=observation.t_s, source=observation.source, provenance=(observation.id,),
        exercise=observation.exercise, from_km=round(from_km, 3), to_km=round(to_km, 3), **numbers,  # type: ignore[arg-type]
    )  # fmt: skip


def _beacon(report: FieldReport, place: GeoPoint, line: LineFrame) -> Beacon:
    return Beacon(
        id=f"{report.id}-beacon", t_s=report.t_s, source=report.source, provenance=(report.id,),
        exercise=report.exercise, beacon=report.reporter, position=on_line(place, line), people=report.count,
    )  # fmt: skip


def _health(inspection: Inspection, site: Site) -> Iterator[SensorHealth]:
    for sensor in site.sensors:
        if sensor.post == inspection.subject or sensor.id == inspection.subject:
            yield SensorHealth(
                id=f"{inspection.id}-{sensor.id}", t_s=inspection.t_s, source=inspection.source,
                provenance=(inspection.id,), exercise=inspection.exercise, sensor=sensor.id,
                state=_state(inspection.condition), cause=inspection.what, quality=inspection.condition,
            )  # fmt: skip


def _state(condition: float) -> Literal["up", "degraded", "dark"]:
    if condition <= 0:
        return "dark"
    return "up" if condition >= 1 else "degraded"


def inspected(site: Site, inspections: Iterable[Inspection]) -> Site:
    """Return the site with its barriers as they were last found; a stretch looked at becomes a part of its own.

    Later inspections (by `t_s`) overrule earlier ones where they overlap.
    """
    latest = sorted(inspections, key=lambda one: one.t_s)
    parts = [part for barrier in site.barriers for part in _parts(barrier, latest)]
    return msgspec.structs.replace(site, barriers=tuple(parts))


def _parts(barrier: Barrier, inspections: list[Inspection]) -> Iterator[Barrier]:
    ours = [one for one in inspections if one.subject == barrier.id]
    low, high = barrier.from_km, barrier.to_km

    def inside(km: float | None, otherwise: float) -> float:
        return otherwise if km is None else min(max(km, low), high)

    spans = [(inside(one.from_km, low), inside(one.to_km, high), one.condition) for one in ours]
    edges = sorted({low, high, *(km for span in spans for km in span[:2])})
    if len(edges) == 2 and not spans:
        yield barrier
        return
    for number, (a, b) in enumerate(pairwise(edges), 1):
        found = [condition for first, last, condition in spans if first <= a and b <= last]
        name = barrier.id if len(edges) == 2 else f"{barrier.id}/{number}"
        condition = found[-1] if found else barrier.condition
        yield msgspec.structs.replace(barrier, id=name, from_km=a, to_km=b, condition=condition)
