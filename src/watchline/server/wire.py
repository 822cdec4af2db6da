"""What travels to the screen: the site once, the picture every second, tracks packed, alerts as they change.

Rules: degrees and kilometres only here; a value that is not known is null, never zero.
"""

from __future__ import annotations

import math
import struct
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from watchline.alerting.desk.item import Item
from watchline.alerting.desk.state import State
from watchline.alerting.forecast import arrivals
from watchline.assurance.account import blind
from watchline.coverage.in_view import InView
from watchline.domain.batches import MissBatch, TrackBatch
from watchline.domain.records import Alert, SensorHealth, Weather
from watchline.geo.grid_reference import mgrs_of, zone_of
from watchline.geo.line import LineFrame
from watchline.ops.clock import seconds_of
from watchline.ops.core import Core
from watchline.ops.party import ANIMAL, KNOWN, NOBODYS, party_of
from watchline.ops.picture import Picture
from watchline.server.tiles import max_zoom

F8 = NDArray[np.float64]

TRACKS_MAGIC = 0x31544C57  # "WLT1"
REACH_MIN = 10.0
DETOUR = 1.3  # how much longer the way is than the straight line, desert tracks; shown as reach, not promised
WALKER = 0  # of the account's classes


def site_message(core: Core) -> dict[str, Any]:
    """Return everything about the site that does not change during a run."""
    loaded, site, line = core.loaded, core.loaded.site, core.loaded.line
    west, south, east, north = loaded.bounds_m()
    corners = line.frame.lonlat_from_xy_m([[west, south], [west, north], [east, south], [east, north]])
    middle = line.frame.lonlat_from_xy_m(line.xy_m[len(line.xy_m) // 2])
    posts = {post.id: _placed(line, msgspec.to_builtins(post)) for post in site.posts}
    breaks, zones = _zones(line)
    return {
        "name": site.name,
        "version": core.picture.site.digest[:12] if core.picture.site else "",
        "timezone": site.clock.timezone,
        "partner_timezone": site.clock.partner_timezone,
        "start_s": seconds_of(site.simulation.start) if site.simulation else None,
        "length_m": line.length_m,
        "outside_depth_m": site.line.outside_depth_m,
        "home_depth_m": site.line.home_depth_m,
        "center": _lonlat(middle),
        "bounds": [
            float(corners[:, 0].min()),
            float(corners[:, 1].min()),
            float(corners[:, 0].max()),
            float(corners[:, 1].max()),
        ],
        "zone_break_km": breaks,
        "zones": zones,
        "line": [
            [round(float(lon), 6), round(float(lat), 6), round(float(s), 1)]
            for (lon, lat), s in zip(line.lonlat_deg, line.s_m, strict=True)
        ],
        "sensors": [_sensor(core, k, posts) for k in range(len(site.sensors))],
        "posts": list(posts.values()),
        "barriers": [_barrier(line, msgspec.to_builtins(barrier), site.sensors) for barrier in site.barriers],
        "places": [_placed(line, msgspec.to_builtins(place)) for place in site.places],
        "roads": [[_lonlat(p) for p in road] for road in loaded.roads],
        "areas": [
            {
                "id": area.id,
                "kind": area.kind,
                "rings": [[_lonlat(p) for p in ring] for ring in loaded.areas[area.id]],
            }
            for area in site.areas
        ],
        "organisations": [{"id": o.id, "name": o.name} for o in site.organisations],
        "action_cards": [
            {"alert": c.alert, "language": c.language, "check": c.check, "call": c.call, "do_not": c.do_not}
            for c in site.action_cards
        ],
        "terrain_max_zoom": max_zoom(core.terrain.cell_m, float(middle[1])),
    }


def _lonlat(point: F8) -> list[float]:
    return [round(float(point[0]), 6), round(float(point[1]), 6)]


def _placed(line: LineFrame, row: dict[str, Any]) -> dict[str, Any]:
    sd = line.sd_from_xy_m(line.frame.xy_m_from_lonlat(row["lon_deg"], row["lat_deg"]))
    row["lon"], row["lat"] = row.pop("lon_deg"), row.pop("lat_deg")
    return {**row, "s_m": round(float(sd[0]), 1), "d_m": round(float(sd[1]), 1)}


def _sensor(core: Core, k: int, posts: dict[str, dict[str, Any]]) -> dict[str, Any]:
    sensor, line = core.loaded.site.sensors[k], core.loaded.line
    xy = core.places_m[k]
    sd, lonlat = line.sd_from_xy_m(xy), line.frame.lonlat_from_xy_m(xy)
    out: dict[str, Any] = {
        "index": k,
        "id": sensor.id,
        "kind": sensor.kind,
        "post": sensor.post,
        "lon": round(float(lonlat[0]), 6),
        "lat": round(float(lonlat[1]), 6),
        "s_m": round(float(sd[0]), 1),
        "d_m": round(float(sd[1]), 1),
        "range_m": sensor.max_range_m,
        "mast_m": sensor.mast_m,
        "pictures": k in core.filmed,
    }
    if sensor.from_km is not None:
        out |= {"from_km": sensor.from_km, "to_km": sensor.to_km}
    return out


def _barrier(line: LineFrame, row: dict[str, Any], sensors: Any) -> dict[str, Any]:
    s = np.linspace(row["from_km"] * 1000, row["to_km"] * 1000, max(2, int(row["to_km"] - row["from_km"]) * 2))
    path = line.frame.lonlat_from_xy_m(line.xy_m_from_sd(np.column_stack([s, np.zeros_like(s)])))
    middle = (row["from_km"] + row["to_km"]) / 2
    watched = any(x.from_km is not None and x.from_km <= middle <= x.to_km for x in sensors)
    return {
        "id": row["id"],
        "kind": row["kind"],
        "from_km": row["from_km"],
        "to_km": row["to_km"],
        "instrumented": watched,
        "path": [_lonlat(p) for p in path],
    }


def _zones(line: LineFrame) -> tuple[float | None, list[str]]:
    names = [zone_of(float(lon), float(lat)) for lon, lat in line.lonlat_deg]
    change = next((k for k in range(1, len(names)) if names[k] != names[k - 1]), None)
    if change is None:
        return None, names[:1]
    return round(float(line.s_m[change]) / 1000, 1), [names[change - 1], names[change]]


def picture_message(
    core: Core, view: InView, desk: State, mine: str = "", *, weakest: bool = False
) -> dict[str, Any]:
    """Return the moment: where sensors look, where units are, weather, strip, load, health; all but its number.

    mine: whose alerts are counted against the budget, "" for every desk's; weakest: this person may know where the
    best informed would go.
    """
    picture, now = core.picture, core.picture.now_s
    shares = [None if math.isnan(v) else round(float(v), 3) for v in view.share]
    ids, dark = [sensor.id for sensor in core.loaded.site.sensors], core.dark
    known = [v for v in shares if v is not None]
    return {
        "type": "picture",
        "t_s": now,
        "looks": [_look(core, k, k in dark) for k in range(len(ids))],
        "units": _units(core),
        "weather": _weather(list(picture.weather.values())),
        "strip": {
            "step_km": 1,
            "in_view": shares,
            "why": [", ".join(ids[k] for k in blind) or None for blind in view.blind_by],
        },
        "unseen": None if len(picture.misses) == 0 else _unseen(picture.misses, weakest=weakest),
        "load": _load(desk, picture.now_s, mine),
        "health": _health(core, dark),
        "data_age_s": _data_age_s(picture),
        "watched": round(sum(known) / len(shares), 3) if known else None,
    }


def _unseen(misses: MissBatch, *, weakest: bool) -> dict[str, Any]:
    """Return how many of those on foot would pass unnoticed in the latest minute, and how the best informed would.

    mean, low, high: over the whole line by length; of a stretch where nothing is watched all pass.  open_km: how many
    kilometres have a way that is hardly watched at all.
    """
    rows = misses.take((misses.crosser == WALKER) & (misses.share > 0.0))
    length = rows.share / max(float(rows.share.sum()), 1e-9)
    mean, low, high = (float(length @ np.nan_to_num(p, nan=1.0)) for p in (rows.mean, rows.low, rows.high))
    out: dict[str, Any] = {
        "t_s": float(rows.t_s[0]) if len(rows) else None,
        "mean": round(mean, 3),
        "low": round(low, 3),
        "high": round(high, 3),
        "weakest_km": None,
        "weakest": None,
        "open_km": None,
    }
    if weakest and len(rows):
        worst = int(np.argmax(rows.adversary))
        out |= {"weakest_km": int(rows.stretch[worst]), "weakest": round(float(rows.adversary[worst]), 3)}
        out["open_km"] = round(float(rows.share[blind(rows.adversary)].sum()))
    return out


def _data_age_s(picture: Picture) -> float | None:
    """Return how old the newest look of any sensor is, None before the first."""
    heard = picture.heard_s[np.isfinite(picture.heard_s)]
    return round(max(picture.now_s - float(heard.max()), 0.0), 1) if len(heard) else None


def _look(core: Core, k: int, dark: bool) -> dict[str, Any]:
    picture, sensor = core.picture, core.loaded.site.sensors[k]
    silent_since_s = float(core.heard_s[k]) if k in core.silent else None
    out = {"sensor": k, **sensor_state(picture.health.get(sensor.id), dark, silent_since_s)}
    low, high = float(picture.az0_rad[k]), float(picture.az1_rad[k])
    known = math.isfinite(low)
    return {
        **out,
        "az_deg": round(math.degrees((low + high) / 2) % 360, 1) if known else None,
        "hfov_deg": round(min(math.degrees(high - low), 360.0), 1) if known else None,
        "range_m": round(float(picture.range_m[k])) if known else None,
    }


def sensor_state(told: SensorHealth | None, dark: bool, silent_since_s: float | None) -> dict[str, Any]:
    """Return the state of a sensor, its cause and since when: of one that is not heard since it was last heard, of
    another since it was told; one that works has neither.
    """
    if dark:
        since_s = silent_since_s if silent_since_s is not None else told.t_s if told else None
        return {"state": "dark", "cause": told.cause if told else "silent", "since_s": since_s}
    if told is not None and told.state == "degraded":
        return {"state": "degraded", "cause": told.cause, "since_s": told.t_s}
    return {"state": "up", "cause": None, "since_s": None}


def _units(core: Core) -> list[dict[str, Any]]:
    specs = {unit.id: unit for unit in core.loaded.site.units}
    out = []
    for report in core.picture.units.values():
        spec = specs.get(report.unit)
        out.append(
            {
                "id": report.unit,
                "kind": spec.kind if spec else "patrol",
                "organisation": spec.organisation if spec else None,
                "lon": report.position.lon_deg,
                "lat": report.position.lat_deg,
                "s_m": report.position.s_m,
                "d_m": report.position.d_m,
                "t_s": report.t_s,
                "state": report.state,
                "reach_10min_m": round(spec.speed_m_s * REACH_MIN * 60 / DETOUR) if spec else None,
            }
        )
    return out


def _weather(stretches: list[Weather]) -> dict[str, Any] | None:
    """Return the worst of the line's weather, which is what an operator has to know of."""
    if not stretches:
        return None
    worst = min(stretches, key=lambda w: w.visibility_m)
    kind = "dust" if worst.dust > 0.2 else "rain" if worst.rain_mm_h > 0.1 else "clear"
    return {
        "visibility_km": round(worst.visibility_m / 1000, 1),
        "wind_m_s": round(worst.wind_m_s, 1),
        "dust": round(worst.dust, 2),
        "rain": round(worst.rain_mm_h, 1),
        "temperature_c": round(worst.air_c, 1),
        "from_km": worst.from_km,
        "to_km": worst.to_km,
        "text_key": f"weather.{kind}",
    }


def _load(desk: State, now_s: float, mine: str) -> dict[str, Any]:
    """Return alerts per ten minutes over the last two hours, oldest first, against what a desk can bear."""
    bins = [0] * 12
    for item in desk.items.values():
        age = int((now_s - item.shown_s) // 600) if item.shown_s is not None else len(bins)
        if age < len(bins):
            bins[-1 - max(age, 0)] += mine in ("", item.desk)
    desks = 1 if mine else len(desk.setup.desks)
    return {"bins": bins, "now": bins[-1], "budget": desks * desk.setup.alarms_per_10_min}


def _health(core: Core, dark: frozenset[int]) -> dict[str, list[int]]:
    groups = {
        "cameras": ("thermal_camera",),
        "radars": ("radar",),
        "fence": ("fence_sensor",),
        "ground": ("ground_sensor",),
        "drones": ("drone_camera",),
    }
    sensors, out = core.loaded.site.sensors, {}
    for name, kinds in groups.items():
        mine = [k for k, sensor in enumerate(sensors) if sensor.kind in kinds]
        out[name] = [sum(k not in dark for k in mine), len(mine)]
    return out


def tracks_message(core: Core, known: TrackBatch) -> bytes:
    """Return the shown ones of `known` as packed arrays, padded to 8 bytes, numbered 0; layout in docs/wire.md."""
    picture = core.picture
    tracks = known.take(np.flatnonzero(known.confirmed))
    line = core.loaded.line
    lonlat = line.frame.lonlat_from_xy_m(tracks.xy_m) if len(tracks) else np.zeros((0, 2))
    coming = arrivals(tracks, line)
    major, minor, angle = _ellipses(tracks)
    state = np.array([party_of(picture.explained.get(int(i))) for i in tracks.track_id], np.uint8)
    state = np.where((state == NOBODYS) & (tracks.p_class[:, 2] > ANIMAL), KNOWN, state)
    doubles = [lonlat[:, 0], lonlat[:, 1]]
    floats = [
        tracks.s_m,
        tracks.d_m,
        tracks.v_m_s[:, 0],
        tracks.v_m_s[:, 1],
        major,
        minor,
        angle,
        tracks.p_exist,
        tracks.count,
        coming.eta_s,
        coming.s_cross_m,
        picture.now_s - tracks.last_s,
    ]
    parts = [struct.pack("<IIIId", TRACKS_MAGIC, 0, len(tracks), 0, picture.now_s)]
    parts += [np.ascontiguousarray(column, "<f8").tobytes() for column in doubles]
    parts += [_padded(np.ascontiguousarray(column, "<f4").tobytes()) for column in floats]
    parts.append(_padded(tracks.track_id.astype("<u4").tobytes()))
    parts.append(_padded(np.argmax(tracks.p_class, axis=1).astype("u1").tobytes() if len(tracks) else b""))
    parts.append(_padded(state.astype("u1").tobytes()))
    return b"".join(parts)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 8)


def _ellipses(tracks: TrackBatch) -> tuple[F8, F8, F8]:
    """Return 1-sigma half axes and the major axis' bearing from grid north."""
    xx, xy, yy = tracks.cov[:, 0], tracks.cov[:, 1], tracks.cov[:, 2]
    middle, spread = (xx + yy) / 2, np.sqrt(((xx - yy) / 2) ** 2 + xy**2)
    angle = 0.5 * np.arctan2(2 * xy, yy - xx)
    return np.sqrt(middle + spread), np.sqrt(np.maximum(middle - spread, 0.0)), angle


def alert_message(view: Item, now_s: float, deleted: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return an alert as the screen reads it; deleted: payloads that are gone by the site's rule."""
    alert = view.alert
    at = alert.position
    clip = None
    gone = view.clip is not None and view.clip.payload_id in deleted
    if view.clip is not None and not gone:
        clip = {
            "id": view.clip.clip,
            "sensor": view.clip.sensor,
            "t0_s": view.clip.t0_s,
            "t1_s": view.clip.t1_s,
            "fps": view.clip.fps,
            "width": view.clip.width_px,
            "height": view.clip.height_px,
            "boxes": view.clip.boxes,
        }
    return {
        "id": alert.alert,
        "kind": alert.what,
        "t_s": alert.t_s,
        "first_s": alert.first_s,
        "state": view.state(now_s),
        "track_id": alert.track_id,
        "sensors": alert.sensors,
        "s_m": at.s_m,
        "d_m": at.d_m,
        "lon": at.lon_deg,
        "lat": at.lat_deg,
        "mgrs": mgrs_of(at.lon_deg, at.lat_deg),
        "count": alert.count,
        "class": alert.subject,
        "level": alert.level,
        "p": alert.p,
        "p_note": "not_yet_calibrated" if alert.p is None and alert.track_id is not None else "",
        "eta": msgspec.to_builtins(alert.eta) if alert.eta else None,
        "distance_m": alert.distance_m,
        "facts": [_fact(fact) for fact in alert.facts],
        "cover": msgspec.to_builtins(alert.cover) if alert.cover else None,
        "members": alert.members,
        "exercise": alert.exercise,
        "held": {"rule": view.held.rule, "by": view.held.by, "until_s": view.held.until_s} if view.held else None,
        "looks": [
            {"camera": c.camera, "state": c.state, "found": c.found, "reason_key": c.reason or None, "t_s": c.t_s}
            for c in view.cues.values()
        ],
        "could_be": [{"class_key": name, "p": p} for name, p in alert.could_be],
        "verifiers": [{"name": v.name, "up": v.up} for v in alert.verifiers],
        "clip": clip,
        "no_clip_reason_key": None if clip else _no_clip(alert, gone),
        "acknowledged": _by(view.acknowledged),
        "disposition": _by(view.disposition),
        "defer_until_s": view.defer_until_s or (view.held.until_s if view.held else None),
        "desk": view.desk,
        "handed_by": view.handed.operator if view.handed else None,
        "told": [{"to": told.to, "t_s": told.t_s} for told in view.escalated],
        "evidence": view.evidence is not None and view.evidence.map_payload not in deleted,
        "test": None,
    }


def _no_clip(alert: Alert, gone: bool) -> str:
    return "noclip.expired" if gone else alert.no_clip_reason_key or "noclip.coming"


def _fact(fact: Any) -> dict[str, Any]:
    """Return a fact with all its fields, also those at their default."""
    return {name: getattr(fact, name) for name in fact.__struct_fields__}


def _by(action: Any) -> dict[str, Any] | None:
    if action is None:
        return None
    return {"by": action.operator, "t_s": action.t_s, "code": action.disposition, "cause": action.cause}


def trail_message(core: Core, picture: Picture, track_id: int) -> dict[str, Any] | None:
    """Return where a track has been, None if it is not known now."""
    trail = picture.trails.get(track_id)
    if trail is None:
        return None
    rows = np.array(trail)
    line = core.loaded.line
    lonlat, sd = line.frame.lonlat_from_xy_m(rows[:, 1:]), line.sd_from_xy_m(rows[:, 1:])
    return {"points": np.column_stack([rows[:, 0], lonlat, sd]).round(6).tolist()}
