"""What is kept of an alert beside its clip, and for how long: one retention rule for all of it.

An alert's map, trail and list of who of ours was near are kept a few seconds after it is first told.  After
`[desk] evidence_days` they and the clip are deleted; `PayloadDeleted` proves it and the chain stays whole.
Mutable: it remembers which alerts are waiting.
"""

from __future__ import annotations

from collections.abc import Container, Iterator

import msgspec
import numpy as np

from watchline.alerting.desk.retention import expired
from watchline.alerting.desk.state import State
from watchline.domain.desk import Evidence
from watchline.domain.records import Alert, ColumnsDeleted, PayloadDeleted
from watchline.geo.terrain import Terrain
from watchline.ledger.writer import Ledger
from watchline.ops.picture import Picture
from watchline.ops.site_file import LoadedSite
from watchline.ops.track_retention import TrackRetention
from watchline.sources.map_cutout import map_cutout

AFTER_S = 4.0  # like the clip, so that the trail holds the moment itself
WIDTH_M = 4000.0
NEAR_M = 20_000.0
NEAREST = 8
SWEEP_EVERY_S = 600.0


class _Near(msgspec.Struct, frozen=True):
    """One of our units: how far from the place, by a report how old."""

    unit: str
    distance_m: float
    age_s: float
    s_m: float
    d_m: float


class _Sheet(msgspec.Struct, frozen=True):
    """The JSON beside the map.  trail: (t_s, lon, lat) of the track, oldest first."""

    alert: str
    revision: int
    t_s: float
    track_id: int | None
    trail: list[list[float]]
    near: list[_Near]


class EvidenceRoom:
    """Keeps evidence when it is due and deletes it when its time is over."""

    def __init__(self, loaded: LoadedSite, terrain: Terrain, ledger: Ledger) -> None:
        self._loaded, self._terrain, self._ledger = loaded, terrain, ledger
        self._wanted: list[tuple[float, Alert]] = []
        self._tracks = TrackRetention(ledger)
        self._swept_s = -np.inf

    def want(self, alert: Alert, now_s: float) -> None:
        """Remember an alert that is told for the first time."""
        if alert.revision == 1:
            self._wanted.append((now_s + AFTER_S, alert))

    def due(self, picture: Picture, now_s: float) -> list[Evidence]:
        """Return what is kept of the alerts that are old enough now."""
        if not self._wanted or self._wanted[0][0] > now_s:
            return []
        due = [alert for at_s, alert in self._wanted if at_s <= now_s]
        self._wanted = [(at_s, alert) for at_s, alert in self._wanted if at_s > now_s]
        return [self._kept(alert, picture, now_s) for alert in due]

    def _kept(self, alert: Alert, picture: Picture, now_s: float) -> Evidence:
        frame = self._loaded.line.frame
        xy = frame.xy_m_of(alert.position)
        track = picture.trails.get(alert.track_id) if alert.track_id is not None else None
        trail = np.array(track) if track else np.zeros((0, 3))
        lonlat = frame.lonlat_from_xy_m(trail[:, 1:]) if len(trail) else np.zeros((0, 2))
        near = sorted(self._near(picture, xy, now_s), key=lambda unit: unit.distance_m)[:NEAREST]
        places = [frame.xy_m_from_lonlat(*self._lonlat(picture, unit.unit)) for unit in near]
        units = np.array(places, float).reshape(-1, 2)
        png = map_cutout(self._terrain, self._loaded.line.xy_m, xy, WIDTH_M, trail[:, 1:], units)
        points = np.column_stack([trail[:, :1], lonlat]).round(6).tolist()
        sheet = _Sheet(alert.alert, alert.revision, now_s, alert.track_id, points, near)
        return Evidence(
            id=f"{alert.alert}-evidence",
            t_s=now_s,
            source="evidence",
            provenance=(alert.id,),
            alert=alert.alert,
            revision=alert.revision,
            map_payload=self._ledger.put_payload(png, "image/png"),
            sheet_payload=self._ledger.put_payload(msgspec.json.encode(sheet), "application/json"),
            width_m=WIDTH_M,
        )

    def _near(self, picture: Picture, xy: np.ndarray, now_s: float) -> Iterator[_Near]:
        for unit, report in picture.units.items():
            place = self._loaded.line.frame.xy_m_of(report.position)
            gap_m = float(np.linalg.norm(np.asarray(place, float) - xy))
            if gap_m <= NEAR_M:
                at = report.position
                yield _Near(unit, round(gap_m), round(now_s - report.t_s, 1), at.s_m, at.d_m)

    @staticmethod
    def _lonlat(picture: Picture, unit: str) -> tuple[float, float]:
        at = picture.units[unit].position
        return at.lon_deg, at.lat_deg

    def swept(self, desk: State, now_s: float, on_hold: Container[str]) -> list[PayloadDeleted | ColumnsDeleted]:
        """Delete what is older than the site's rules and not held for an inquiry, and return the proofs."""
        if now_s - self._swept_s < SWEEP_EVERY_S:
            return []
        self._swept_s = now_s
        held = [item.alert for item in desk.items.values() if item.alert.alert in on_hold]
        gone: list[PayloadDeleted | ColumnsDeleted] = [
            self._ledger.delete_payload(payload, "retention: evidence_days", now_s, "retention")
            for payload in expired(desk, now_s, on_hold)
        ]
        lasted_s = [(alert.first_s, alert.t_s) for alert in held]
        return gone + list(self._tracks.swept(self._loaded.site.desk.tracks_days, lasted_s, now_s))
