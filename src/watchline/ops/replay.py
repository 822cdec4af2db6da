"""The picture of any moment, folded again from the ledger: what had happened by then, as known by then or later."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from watchline.alerting.desk import state as desk
from watchline.alerting.desk.setup import set_up
from watchline.domain.batches import ScanBatch, TrackBatch
from watchline.domain.records import Record
from watchline.ledger.reader import LedgerReader
from watchline.ops.clock import text_of
from watchline.ops.ledger_site import site_of
from watchline.ops.picture import Picture
from watchline.ops.search.places import places_of

LOOK_BACK_S = 900.0  # a sensor's latest look is searched this far back; silent ones are told by their health
TRACKS_BACK_S = 5.0  # tracks are written every second; older ones than this are not the picture of the moment


@dataclass(frozen=True)
class Replayed:
    """A picture and the names of its sensors."""

    picture: Picture
    sensor_ids: tuple[str, ...]
    as_of_s: float
    known_at_s: float | None


def replay(directory: Path, as_of_s: float | None = None, known_at_s: float | None = None) -> Replayed:
    """Return the picture of `as_of_s` (default: the end) as it was known at `known_at_s` (default: now).

    Raises BadInput when there is no ledger or it has no site yet.
    """
    with LedgerReader(directory) as reader:
        end_s = _through(as_of_s) if as_of_s is not None else None
        then = site_of(reader, directory, end_s, known_at_s)
        site, since_s = then.site, then.since_s
        ids = tuple(sensor.id for sensor in site.sensors)
        picture = Picture(len(ids), desk=desk.init(set_up(site, then.line)), searches=places_of(site))
        last_s = 0.0
        for entry in reader.events(t1_s=end_s, known_at_s=known_at_s):
            assert isinstance(entry.value, Record)
            picture.apply(entry.value)
            last_s = max(last_s, entry.value.t_s)
        at_s = as_of_s if as_of_s is not None else _end_s(reader, last_s, known_at_s)
        for scans in reader.columns("scans", max(at_s - LOOK_BACK_S, since_s), _through(at_s), known_at_s):
            assert isinstance(scans, ScanBatch)
            picture.apply_columns(scans)
        for tracks in reader.columns("tracks", at_s - TRACKS_BACK_S, _through(at_s), known_at_s):
            assert isinstance(tracks, TrackBatch)
            picture.apply_columns(tracks)
    picture.now_s = at_s
    return Replayed(picture, ids, at_s, known_at_s)


def _through(t_s: float) -> float:
    """Return the end of the half-open interval that still holds `t_s`: what happens then has happened by then."""
    return math.nextafter(t_s, math.inf)


def _end_s(reader: LedgerReader, last_s: float, known_at_s: float | None) -> float:
    """Return the latest time of anything in the ledger."""
    latest = last_s
    for tracks in reader.columns("tracks", t0_s=last_s, known_at_s=known_at_s):
        latest = max(latest, float(tracks.columns()["t_s"].max()))
    return latest


def as_table(replayed: Replayed) -> dict[str, Any]:
    """Return the picture as plain values, for JSON."""
    picture, now = replayed.picture, replayed.as_of_s
    tracks = picture.tracks
    return {
        "as_of": text_of(now),
        "as_of_s": now,
        "known_at_s": replayed.known_at_s,
        "site": picture.site.name if picture.site else None,
        "simulated": picture.run.simulated if picture.run else None,
        "tracks": [
            {
                "track": int(tracks.track_id[k]),
                "s_m": round(float(tracks.s_m[k]), 1),
                "d_m": round(float(tracks.d_m[k]), 1),
                "speed_m_s": round(float(np.hypot(*tracks.v_m_s[k])), 2),
                "p_exist": round(float(tracks.p_exist[k]), 3),
                "last_s": float(tracks.last_s[k]),
            }
            for k in range(len(tracks))
        ],
        "alerts": [
            {
                "alert": view.alert.alert,
                "what": view.alert.what,
                "state": view.state(now),
                "first_s": view.alert.first_s,
                "s_m": view.alert.position.s_m,
                "acknowledged_by": view.acknowledged.operator if view.acknowledged else None,
                "disposition": view.disposition.disposition if view.disposition else None,
                "clip": view.clip.clip if view.clip else None,
                "facts": msgspec.to_builtins(view.alert.facts),
            }
            for view in picture.alerts.values()
        ],
        "dark": sorted(sensor for sensor, health in picture.health.items() if health.state == "dark"),
        "looks": {
            name: round(math.degrees(float(picture.az0_rad[k] + picture.az1_rad[k]) / 2) % 360, 1)
            for k, name in enumerate(replayed.sensor_ids)
            if math.isfinite(picture.az0_rad[k])
        },
        "units": {
            unit: {"s_m": report.position.s_m, "d_m": report.position.d_m, "t_s": report.t_s, "state": report.state}
            for unit, report in picture.units.items()
        },
        "weather": [msgspec.to_builtins(weather) for weather in picture.weather.values()],
    }
