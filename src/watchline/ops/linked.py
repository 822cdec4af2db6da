"""What links say, as the spine hears it: a feed around the site's own, so that the core knows nothing of links.

A report of a node that one of the site's sensors names becomes that sensor's look: a detection with its place, or,
where it only says that it works, a look that found nothing.  Units and calls for help are put on the line.  Every
record is kept as it came, besides.  Mutable: it numbers looks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from watchline.domain.batches import (
    CLASSES,
    KIND_CAMERA,
    KIND_FENCE,
    KIND_GROUND,
    KIND_RADAR,
    DetectionBatch,
    ScanBatch,
)
from watchline.domain.records import (
    Beacon,
    DistressCall,
    GeoPoint,
    GroundReport,
    NodeDetection,
    NodeStatus,
    Position,
    Record,
    UnitPlace,
    UnitReport,
)
from watchline.geo.terrain import Terrain
from watchline.ops import drone_view, linked_air, scan_numbers
from watchline.ops.feed import Feed, FeedStep, Turnable
from watchline.ops.node_objects import NodeObjects
from watchline.ops.site_file import LoadedSite
from watchline.sensing.placing import placed

KIND_OF = {
    "thermal_camera": KIND_CAMERA,
    "drone_camera": KIND_CAMERA,
    "radar": KIND_RADAR,
    "fence_sensor": KIND_FENCE,
    "ground_sensor": KIND_GROUND,
}
TOUCHES = ("touch", "cut", "climb", "step", "vehicle")
SHARE_SD = 0.05  # error of a range that came without one, as a share of it
WORDS = {"human": 0, "person": 0, "pedestrian": 0, "vehicle": 1, "land vehicle": 1, "animal": 2}
FENCE_CLASSES = (0.4, 0.05, 0.15, 0.4)  # of whatever touched the wire: nothing of it was seen
TURN = 2 * math.pi


@dataclass(frozen=True)
class LinkedStep:
    """What a feed and the links beside it said."""

    records: tuple[Record, ...]
    scans: ScanBatch
    detections: DetectionBatch
    scene: object


class LinkedFeed:
    """A feed with links beside it.  take: gives what links heard since last asked, times on the core's clock."""

    def __init__(
        self,
        inner: Feed,
        take: Callable[[], list[Record]],
        site: LoadedSite,
        terrain: Terrain,
        objects: NodeObjects | None = None,
    ) -> None:
        self._inner, self._take, self._site = inner, take, site
        self._objects = objects if objects is not None else NodeObjects()
        at = placed(site.site, site.line, terrain)
        self._eye_m, self._turn_rad = at.eye_m, at.convergence_rad
        self._sensors = {s.node: k for k, s in enumerate(site.site.sensors) if s.node}
        self._next = scan_numbers.first("links")
        self._terrain, self._seen_s = terrain, dict[str, float]()
        self._air = linked_air.State()

    def step(self, to_s: float) -> FeedStep:
        """Return what happened since the last step, up to `to_s`."""
        own = self._inner.step(to_s)
        came = self._take()
        self._air, meant = linked_air.step(self._air, came)
        heard = [*came, *meant]
        seen = drone_view.looks(came, self._seen_s, self._site.line, self._terrain)
        looks = self._looks(heard, to_s)
        return LinkedStep(
            (*own.records, *came, *seen, *filter(None, map(self._on_the_line, heard))),
            ScanBatch.join([own.scans, *(scan for scan, _ in looks)]),
            DetectionBatch.join([own.detections, *(found for _, found in looks)]),
            own.scene,
        )

    def turn(self, sensor: int, azimuth_rad: float, elevation_rad: float, settled_s: float, until_s: float) -> None:
        """Let the feed's own heads turn; heads behind links are not turned yet."""
        if isinstance(self._inner, Turnable):
            self._inner.turn(sensor, azimuth_rad, elevation_rad, settled_s, until_s)

    # -- places --------------------------------------------------------------------------------------------

    def position(self, place: GeoPoint) -> Position:
        """Return a place on the line."""
        xy = self._site.line.frame.xy_m_of(place)
        s_m, d_m = self._site.line.sd_from_xy_m(xy)
        return Position(lon_deg=place.lon_deg, lat_deg=place.lat_deg, s_m=float(s_m), d_m=float(d_m))

    def _on_the_line(self, record: Record) -> Record | None:
        if isinstance(record, UnitPlace):
            moves = record.speed_m_s or 0.0
            return UnitReport(
                id=f"{record.id}-unit",
                t_s=record.t_s,
                source=record.source,
                provenance=(record.id,),
                unit=record.name or record.unit,
                position=self.position(record.place),
                speed_m_s=moves,
                heading_rad=record.course_rad or 0.0,
                state="patrolling" if moves > 0.5 else "standing",
            )
        if isinstance(record, DistressCall) and record.place is not None and not record.over:
            return Beacon(
                id=f"{record.id}-call",
                t_s=record.t_s,
                source=record.source,
                provenance=(record.id,),
                beacon=record.name or record.uid,
                position=self.position(record.place),
            )
        return None

    # -- looks ---------------------------------------------------------------------------------------------

    def _looks(self, came: Iterable[Record], to_s: float) -> list[tuple[ScanBatch, DetectionBatch]]:
        """Return a look for every sensor and moment; all detections of one moment are one look."""
        said: dict[tuple[int, float], list[Record]] = {}
        for record in came:
            node = record.device if isinstance(record, GroundReport) else getattr(record, "node", None)
            sensor = self._sensors.get(f"{record.source}/{node}")
            works = not isinstance(record, NodeStatus) or record.state == "ok"
            if sensor is not None and works and isinstance(record, NodeStatus | NodeDetection | GroundReport):
                said.setdefault((sensor, min(record.t_s, to_s)), []).append(record)
        return [self._look(sensor, t_s, records) for (sensor, t_s), records in said.items()]

    def _look(self, sensor: int, t_s: float, records: list[Record]) -> tuple[ScanBatch, DetectionBatch]:
        spec = self._site.site.sensors[sensor]
        (number,) = numbers = scan_numbers.next_numbers("links", self._next, 1)
        self._next = numbers.stop
        rows = [row for row in (self._row(sensor, record) for record in records) if row is not None]
        wire = spec.kind in ("fence_sensor", "ground_sensor")
        low, high = (math.nan, math.nan) if wire else map(math.radians, spec.sector_deg)
        scan = ScanBatch(
            scan_id=np.array([number], np.int32),
            sensor=np.array([sensor], np.int32),
            t_s=np.array([t_s]),
            az0_rad=np.array([low % TURN]),
            az1_rad=np.array([low % TURN + (high - low)]),
            range_m=np.array([spec.max_range_m]),
            quality=np.array([math.nan]),
            detections=np.array([len(rows)], np.int32),
        )
        n = len(rows)
        columns = np.array([row[:6] for row in rows], float).reshape(n, 6)
        found = DetectionBatch(
            scan_id=np.full(n, number, np.int32),
            sensor=np.full(n, sensor, np.int32),
            kind=np.full(n, KIND_OF[spec.kind], np.uint8),
            t_s=np.full(n, t_s),
            bearing_rad=columns[:, 0],
            range_m=columns[:, 1],
            sd_bearing_rad=columns[:, 2],
            sd_range_m=columns[:, 3],
            range_rate_m_s=np.full(n, np.nan),
            s_m=columns[:, 4],
            sd_s_m=columns[:, 5],
            snr=np.full(n, np.nan),
            p_class=np.array([row[6] for row in rows], float).reshape(n, len(CLASSES)),
            frame=np.full(n, -1, np.int32),
            bbox_px=np.full((n, 4), np.nan),
        )
        return scan, found

    def _row(
        self, sensor: int, record: Record
    ) -> tuple[float, float, float, float, float, float, tuple[float, ...]] | None:
        """Return bearing, range, their errors, chainage and its error, classes; None for what has no such place.

        A direction without a range is kept as a record and not handed to tracking, which needs both.
        """
        spec, nan = self._site.site.sensors[sensor], math.nan
        if isinstance(record, GroundReport):
            if record.what not in TOUCHES:
                return None
            middle_m = 500.0 * ((spec.from_km or 0.0) + (spec.to_km or 0.0))
            s_m = record.s_m if record.s_m is not None else middle_m
            return nan, nan, nan, nan, s_m, spec.sd_s_m, FENCE_CLASSES
        if not isinstance(record, NodeDetection) or record.lost:
            return None
        polar = self._polar(sensor, record)
        if polar is None:
            return None
        turned = polar[0] + float(self._turn_rad[sensor])
        at_m = self._eye_m[sensor, :2] + polar[1] * np.array([math.sin(turned), math.cos(turned)])
        self._objects.saw(record.node, record.object_id, record.t_s, at_m)
        return (*polar, nan, nan, classes_of(record.p_class))

    def _polar(self, sensor: int, record: NodeDetection) -> tuple[float, float, float, float] | None:
        spec = self._site.site.sensors[sensor]
        sd_rad = math.radians(spec.sd_bearing_deg)
        if record.place is not None:
            xy = self._site.line.frame.xy_m_of(record.place)
            east, north = (np.asarray(xy, float) - self._eye_m[sensor, :2]).tolist()
            range_m = max(math.hypot(east, north), 1.0)
            error_m = record.place.ce_m or SHARE_SD * range_m
            bearing = (math.atan2(east, north) - float(self._turn_rad[sensor])) % TURN
            return bearing, range_m, max(sd_rad, error_m / range_m), error_m
        at = record.direction
        if at is None or at.range_m is None:
            return None
        return at.bearing_rad % TURN, at.range_m, at.sd_bearing_rad or sd_rad, at.sd_range_m or SHARE_SD * at.range_m


def classes_of(said: tuple[tuple[str, float], ...]) -> tuple[float, ...]:
    """Return (4,) probabilities over `CLASSES` of what a sender said in its own words; the rest is unknown.

    >>> classes_of((("Human", 0.6), ("Ghost", 0.1)))
    (0.6, 0.0, 0.0, 0.4)
    """
    p = [0.0, 0.0, 0.0]
    for word, share in said:
        k = WORDS.get(word.strip().lower())
        if k is not None:
            p[k] += max(0.0, share)
    total = max(sum(p), 1.0)
    p = [share / total for share in p]
    return (*p, max(0.0, 1.0 - sum(p)))
