"""What goes out over which link: only what its organisations answer for, of the kinds they are sent, on their terms.

The terms are those of the link's recipient (`policy.terms`): what may not be told exactly is counted by square and
told late (`policy.cells`).  A track is told as what it may be, never as who it is.  Tracks go out at most once in
`TRACK_EVERY_S`, alerts at every revision.  Nothing is told to a link that names no organisation.  Mutable: it
remembers what was told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

import msgspec
import numpy as np

from watchline.domain.batches import CLASSES, TrackBatch
from watchline.domain.policy import CellReport, Release, Told
from watchline.domain.records import (
    Alert,
    DistressCall,
    GeoPoint,
    NodeAlert,
    NodeDetection,
    NodeRegistered,
    NodeStatus,
    OutsideTrack,
    Record,
    UnitPlace,
    UnitReport,
)
from watchline.domain.site import LinkSpec, Site, below
from watchline.ops.node_objects import NodeObjects
from watchline.ops.picture import Picture
from watchline.ops.site_file import LoadedSite
from watchline.policy import cells
from watchline.policy.terms import Terms, exact_terms, recipient_named, terms_of

TRACK_EVERY_S = 2.0
STALE_FACTOR = 3.0  # a track holds for so many times the interval in which it is told
UNIT_STALE_S = 60.0
NODE_PROTOCOLS = ("sapient",)  # these are told of tracks and alerts as a node tells them
OWN_STATE = {"dark": "error", "degraded": "warning"}
REPLAY = "sapient_replay"  # hands on what a node kept of what it said over one of these
WHAT_OF: dict[type[Record], Told] = {
    OutsideTrack: "tracks", NodeDetection: "tracks", NodeAlert: "alerts", UnitPlace: "units",
    DistressCall: "distress",
}  # fmt: skip
PRIORITY = {1: 1, 2: 1, 3: 2, 4: 3}  # of a level of ours


class Outlet:
    """What one link has been told."""

    def __init__(self, spec: LinkSpec, loaded: LoadedSite, objects: NodeObjects | None = None) -> None:
        self._spec, self._loaded = spec, loaded
        self._objects = objects if objects is not None else NodeObjects()
        self.recipient = recipient_named(loaded.site, spec.recipient)
        theirs = spec.organisations or tuple(filter(None, (self.recipient.organisation,)))
        self._stretches = (
            stretches_of(loaded.site, spec.organisations) if spec.organisations else ((-np.inf, np.inf),)
        )
        self._units = {u.id for u in loaded.site.units if u.organisation in below(loaded.site, theirs)}
        self._sensor = next(
            (k for k, s in enumerate(loaded.site.sensors) if s.id == spec.options.get("sensor")), None
        )
        self._own = ("ok", "")
        self._told_alerts: dict[str, int] = {}
        self._told_units: dict[str, float] = {}
        self._tracks_s = -np.inf
        self._shown: dict[int, OutsideTrack] = {}
        self._terms: list[Terms] = []
        self._coarse: dict[tuple[float, float], cells.State] = {}

    @property
    def guarded(self) -> bool:
        """Return whether what goes out here is kept, with its digest, before it goes."""
        return self.recipient.kind != "own"

    def first_time(self, record: Record) -> bool:
        """Return whether a record of `due` is new, so that it is kept that it leaves."""
        return True

    def due(self, picture: Picture) -> Iterator[Record]:
        """Yield what this link must be told now."""
        self._terms = self._terms_at(picture.releases.values(), picture.now_s)
        yield from self._counted(picture)
        if self._spec.protocol in NODE_PROTOCOLS and self._sensor is not None:
            yield from self._own_state(picture)
        if "tracks" in self._spec.sends and picture.now_s - self._tracks_s >= TRACK_EVERY_S - 1e-6:
            self._tracks_s = picture.now_s
            yield from self._tracks(picture.tracks, picture.now_s)
        if "alerts" in self._spec.sends:
            yield from self._alerts(picture)
        if "units" in self._spec.sends:
            yield from self._unit_places(picture)

    def _terms_at(self, releases: Iterable[Release], now_s: float) -> list[Terms]:
        return terms_of(self._loaded.site, self.recipient, releases, now_s)

    def heard(self, record: Record) -> None:
        """Take note of what the other side says it is: what can do more than observe is told as the armed are."""
        if isinstance(record, NodeRegistered) and not record.taskable:
            self.recipient = msgspec.structs.replace(self.recipient, kind="armed")

    def terms_told(self, record: Record) -> Terms | None:
        """Return the terms under which a record of `due` was told, None for one without a place."""
        what = WHAT_OF.get(type(record))
        place: GeoPoint | None = getattr(record, "place", None)
        if what is None or place is None:
            return None
        line = self._loaded.line
        s_m, _ = line.sd_from_xy_m(line.frame.xy_m_of(place)).tolist()
        return exact_terms(self._terms, what, s_m)

    def _theirs(self, what: Told, s_m: float) -> bool:
        return self._inside(s_m) and exact_terms(self._terms, what, s_m) is not None

    def _inside(self, s_m: float) -> bool:
        return any(low <= s_m <= high for low, high in self._stretches)

    # -- coarse --------------------------------------------------------------------------------------------

    def _counted(self, picture: Picture) -> Iterator[CellReport]:
        """Count what may only be told by square, and yield what is due."""
        sent = [one for one in self._terms if one.cell_m > 0.0 and one.what in self._spec.sends]
        for cell_m, delay_s in {(one.cell_m, one.delay_s) for one in sent} | self._coarse.keys():
            terms = [one for one in sent if (one.cell_m, one.delay_s) == (cell_m, delay_s)]
            state = self._coarse.get((cell_m, delay_s)) or cells.init(cell_m, delay_s)
            self._coarse[cell_m, delay_s], reports = cells.step(
                state,
                [*self._sightings(picture, terms)],
                picture.now_s,
                self._lonlat,
                lambda which: self._stamp(f"cells-{which}", picture.now_s),
            )
            yield from reports

    def told_later(self, now_s: float) -> tuple[CellReport, ...]:
        """Return what is counted and not yet told, as it will be told once it is old enough; nothing is changed."""
        found: list[CellReport] = []
        for (_, delay_s), state in self._coarse.items():
            _, reports = cells.step(
                state, (), now_s + 3.0 * delay_s, self._lonlat, lambda which: self._stamp(f"cells-{which}", now_s)
            )
            found += reports
        return tuple(found)

    def _sightings(self, picture: Picture, terms: list[Terms]) -> Iterator[cells.Sighting]:
        yield from self._of_tracks(picture.tracks, terms)
        for view in picture.alerts.values():
            at = view.alert.position
            counts = view.alert.track_id is None and view.alert.what != "distress"
            if counts and self._in_terms("alerts", at.s_m, terms):
                x_m, y_m = self._loaded.line.frame.xy_m_of(at).tolist()
                yield cells.Sighting(view.alert.t_s, x_m, y_m, -1 - hash_of(view.alert.alert), 1.0)

    def _of_tracks(self, tracks: TrackBatch, terms: list[Terms]) -> Iterator[cells.Sighting]:
        for k in np.flatnonzero(tracks.confirmed):
            if self._in_terms("tracks", float(tracks.s_m[k]), terms):
                x_m, y_m = tracks.xy_m[k].tolist()
                yield cells.Sighting(float(tracks.t_s[k]), x_m, y_m, int(tracks.track_id[k]), float(tracks.count[k]))

    def _in_terms(self, what: Told, s_m: float, terms: list[Terms]) -> bool:
        return self._inside(s_m) and any(one.covers(what, s_m) for one in terms)

    def _lonlat(self, x_m: float, y_m: float) -> tuple[float, float]:
        lon, lat = self._loaded.line.frame.lonlat_from_xy_m([x_m, y_m]).tolist()
        return float(lon), float(lat)

    def _stamp(self, what: str, t_s: float) -> dict[str, object]:
        return {"id": f"{self._spec.id}-out-{what}-{t_s:.3f}", "t_s": t_s, "source": self._spec.node or "watchline"}

    # -- tracks --------------------------------------------------------------------------------------------

    def _tracks(self, tracks: TrackBatch, now_s: float) -> Iterator[Record]:
        rows = [k for k in np.flatnonzero(tracks.confirmed) if self._theirs("tracks", float(tracks.s_m[k]))]
        if self._spec.role == "edge":
            rows = [k for k in rows if int(tracks.sensor[k]) == self._sensor]
        if self._spec.protocol in NODE_PROTOCOLS:
            yield from (self._as_node(tracks, int(k), now_s) for k in rows)
            return
        shown = {int(tracks.track_id[k]): self._as_track(tracks, int(k), now_s) for k in rows}
        yield from shown.values()
        for track_id in self._shown.keys() - shown.keys():
            gone = self._shown[track_id]
            yield OutsideTrack(
                **self._stamp(f"gone-{track_id}", now_s),  # type: ignore[arg-type]
                uid=gone.uid,
                what=gone.what,
                place=gone.place,
                stale_s=now_s,
                gone=True,
            )
        self._shown = shown

    def _place(self, tracks: TrackBatch, k: int) -> GeoPoint:
        lon, lat = self._loaded.line.frame.lonlat_from_xy_m(tracks.xy_m[k]).tolist()
        xx, xy, yy = tracks.cov[k, :3].tolist()
        # The longer axis of the covariance: the root of its larger eigenvalue.
        half, apart = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
        return GeoPoint(lon_deg=lon, lat_deg=lat, ce_m=round(float(np.sqrt(max(half + apart, 0.0))), 1))

    def _true_velocity(self, tracks: TrackBatch, k: int) -> tuple[float, float]:
        """Return (east, north) of true north in m/s from the site grid's."""
        turn = float(np.asarray(self._loaded.line.frame.convergence_rad(tracks.xy_m[k : k + 1]))[0])
        vx, vy = tracks.v_m_s[k].tolist()
        return float(vx * np.cos(turn) - vy * np.sin(turn)), float(vx * np.sin(turn) + vy * np.cos(turn))

    def _as_node(self, tracks: TrackBatch, k: int, now_s: float) -> NodeDetection:
        number = int(tracks.track_id[k])
        east, north = self._true_velocity(tracks, k)
        return NodeDetection(
            **self._stamp(f"track-{number}", now_s),  # type: ignore[arg-type]
            node=self._spec.node,
            object_id=f"track {number} since {float(tracks.first_s[k]):.3f}",
            place=self._place(tracks, k),
            velocity_enu_m_s=(east, north, 0.0),
            confidence=min(max(float(tracks.p_exist[k]), 0.0), 1.0),
            p_class=tuple((name, round(float(p), 4)) for name, p in zip(CLASSES, tracks.p_class[k], strict=True)),
            made_from=self._made_from(tracks, k, now_s),
            track=True,
        )

    def _made_from(self, tracks: TrackBatch, k: int, now_s: float) -> tuple[tuple[str, str], ...]:
        """Return (node, its own number of the object) for the nodes that saw it last."""
        sensors = self._loaded.site.sensors
        seen_by = [int(tracks.sensor[k]), int(tracks.other[k])]
        nodes = [(sensors[n].node or "").partition("/")[2] for n in seen_by if n >= 0]
        found = [(node, self._objects.nearest(node, now_s, tracks.xy_m[k])) for node in dict.fromkeys(nodes) if node]
        return tuple((node, object_id) for node, object_id in found if object_id is not None)

    def _as_track(self, tracks: TrackBatch, k: int, now_s: float) -> OutsideTrack:
        number = int(tracks.track_id[k])
        east, north = self._true_velocity(tracks, k)
        p = tracks.p_class[k]
        what = CLASSES[int(p.argmax())] if p.max() >= 0.5 else "unknown"
        return OutsideTrack(
            **self._stamp(f"track-{number}", now_s),  # type: ignore[arg-type]
            uid=f"watchline-{self._loaded.digest[:8]}-{number}",
            name=f"T-{number}",
            what=what,  # type: ignore[arg-type]
            place=self._place(tracks, k),
            stale_s=now_s + STALE_FACTOR * TRACK_EVERY_S,
            speed_m_s=float(np.hypot(east, north)),
            course_rad=float(np.arctan2(east, north)) % (2 * np.pi),
        )

    def _own_state(self, picture: Picture) -> Iterator[NodeStatus]:
        """Yield how the tower is that this link speaks for, when that has changed: a dark one never says "ok"."""
        assert self._sensor is not None
        told = picture.health.get(self._loaded.site.sensors[self._sensor].id)
        now = ("ok", "") if told is None or told.state == "up" else (OWN_STATE[told.state], told.cause)
        if now != self._own:
            self._own = now
            yield NodeStatus(
                **self._stamp("state", picture.now_s),  # type: ignore[arg-type]
                node=self._spec.node,
                state=now[0],  # type: ignore[arg-type]
                detail=now[1],
            )

    # -- alerts and units ----------------------------------------------------------------------------------

    def _alerts(self, picture: Picture) -> Iterator[Record]:
        for view in picture.alerts.values():
            alert = view.alert
            what: Told = "distress" if alert.what == "distress" else "alerts"
            told = self._told_alerts.get(alert.alert, 0) >= alert.revision
            if told or alert.found_late or not self._theirs(what, alert.position.s_m):
                continue
            self._told_alerts[alert.alert] = alert.revision
            yield self._as_alert(alert)

    def _as_alert(self, alert: Alert) -> NodeAlert:
        return NodeAlert(
            **self._stamp(f"alert-{alert.alert}-{alert.revision}", alert.t_s),  # type: ignore[arg-type]
            provenance=(alert.id,),
            node=self._spec.node,
            alert_id=alert.alert,
            text=f"{alert.what.replace('_', ' ')}, km {alert.position.s_m / 1000:.1f}",
            state="active" if alert.state == "open" else "cleared",
            priority=PRIORITY.get(alert.level, 1),
            place=GeoPoint(lon_deg=alert.position.lon_deg, lat_deg=alert.position.lat_deg),
        )

    def _unit_places(self, picture: Picture) -> Iterator[Record]:
        for unit, report in picture.units.items():
            may = any(one.exact and one.covers("units", report.position.s_m) for one in self._terms)
            if may and unit in self._units and self._told_units.get(unit, -np.inf) < report.t_s:
                self._told_units[unit] = report.t_s
                yield self._as_unit(report)

    def _as_unit(self, report: UnitReport) -> UnitPlace:
        return UnitPlace(
            **self._stamp(f"unit-{report.unit}", report.t_s),  # type: ignore[arg-type]
            provenance=(report.id,),
            unit=f"watchline-unit-{report.unit}",
            name=report.unit,
            place=GeoPoint(lon_deg=report.position.lon_deg, lat_deg=report.position.lat_deg),
            stale_s=report.t_s + UNIT_STALE_S,
            speed_m_s=report.speed_m_s,
            course_rad=report.heading_rad % (2 * np.pi),
        )


def hash_of(alert: str) -> int:
    """Return a number of an alert that is its own and says nothing of it."""
    return int.from_bytes(hashlib.sha256(alert.encode()).digest()[:6], "big")


def stretches_of(site: Site, organisations: tuple[str, ...]) -> tuple[tuple[float, float], ...]:
    """Return (from_m, to_m) of the line that these organisations, or those below them, answer for."""
    theirs = below(site, organisations)
    return tuple((1000 * s.from_km, 1000 * s.to_km) for s in site.sectors if s.organisation in theirs)
