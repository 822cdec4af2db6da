"""A search plan as shapes of a map: each box as an area, and the lanes that search it as a timed way."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from watchline.domain.records import GeoPoint, MapShape
from watchline.geo.frame import SiteFrame
from watchline.geo.patterns import sweep
from watchline.ops.search.lost import LostContact
from watchline.search.motion import F8
from watchline.search.plan import Box, Searcher


def spacing_m(box: Box, width_m: float) -> float:
    """Return how far apart the lanes of a box are: sweep width over coverage."""
    return width_m / max(box.coverage, 1e-9)


def lanes_m(box: Box, width_m: float) -> F8:
    """Return (N, 2) the turning points of a box's lanes; one through its middle where there is time for no more."""
    (x0, y0), (x1, y1) = box.low_m, box.high_m
    outline = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
    return sweep(outline, min(spacing_m(box, width_m), min(x1 - x0, y1 - y0)))


def shapes_of(found: LostContact, frame: SiteFrame, simulated: bool) -> Iterator[MapShape]:
    """Return the last known place, and of every task its area and its lanes."""
    seen = found.told.last_seen
    place = GeoPoint(lon_deg=seen.lon_deg, lat_deg=seen.lat_deg)
    told = {"simulated": "true"} if simulated else {}
    yield MapShape(id="last-known", t_s=found.state.loss.t_s, source="search", name="last known", shape="point",
                   points=(place,), times_s=(found.state.loss.t_s,), properties=told)  # fmt: skip
    by_id = {one.id: one for one in found.searchers}
    for n, box in enumerate(found.plan.boxes):
        yield from _task(n, box, by_id[box.searcher], frame, told)


def _task(n: int, box: Box, who: Searcher, frame: SiteFrame, told: dict[str, str]) -> Iterator[MapShape]:
    (x0, y0), (x1, y1) = box.low_m, box.high_m
    corners = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
    way = lanes_m(box, who.width_m)
    leg = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(way, axis=0).T))])
    times = box.to_s - box.seconds * (1.0 - leg / max(leg[-1], 1.0))
    about = told | {
        "unit": box.searcher, "pod": f"{box.pod:.3f}", "coverage": f"{box.coverage:.3f}",
        "lane_spacing_m": f"{spacing_m(box, who.width_m):.0f}",
    }  # fmt: skip
    for kind, xy, at in (("area", corners, ()), ("line", way, tuple(float(t) for t in times))):
        points = tuple(GeoPoint(lon_deg=float(lon), lat_deg=float(lat)) for lon, lat in frame.lonlat_from_xy_m(xy))
        yield MapShape(id=f"task-{n}-{kind}", t_s=box.from_s, source="search", name=f"{box.searcher} {n}",
                       shape="area" if kind == "area" else "line", points=points, times_s=at,
                       properties=about)  # fmt: skip
