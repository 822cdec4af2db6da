"""Every fact of an alert, worked out again from what the ledger keeps, without the code that said it.

`Ledger` folds records and columns as they were kept; `wrong(alert)` returns the facts whose numbers are not what the
kept data give.  Used by the week's benchmark and by the tests.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable

import numpy as np

from watchline.domain.batches import DetectionBatch, TrackBatch
from watchline.domain.records import (
    Alert,
    Beacon,
    Fact,
    FieldReport,
    LineStrength,
    PartnerEvent,
    Record,
    SensorHealth,
    UnitReport,
    Weather,
)
from watchline.domain.site import Site
from watchline.geo.line import LineFrame

KEEP_S = 7200.0
LOITER_M, STILL_M = 150.0, 25.0


class Ledger:
    """What was kept so far.  Mutable: it is folded."""

    def __init__(self, site: Site, line: LineFrame) -> None:
        self.site, self.line = site, line
        self.sensor_ids = [s.id for s in site.sensors]
        self.ways: dict[int, list[tuple[float, ...]]] = defaultdict(list)
        self.units: dict[str, UnitReport] = {}
        self.weather: list[Weather] = []
        self.health: dict[str, SensorHealth] = {}
        self.dark: set[str] = set()
        self.beacons: dict[str, list[Beacon]] = defaultdict(list)
        self.reports: dict[str, Record] = {}
        self.strength: dict[str, LineStrength] = {}
        self.touches: list[tuple[float, float, int]] = []
        self.alerts: dict[str, Alert] = {}
        self.now_s = 0.0

    def tell(self, record: Record) -> None:
        """Fold a record in."""
        match record:
            case UnitReport():
                self.units[record.unit] = record
            case Weather():
                self.weather = [w for w in self.weather if w.from_km >= record.to_km or w.to_km <= record.from_km]
                self.weather.append(record)
            case SensorHealth():
                self.health[record.sensor] = record
                (self.dark.add if record.state == "dark" else self.dark.discard)(record.sensor)
            case Beacon():
                self.beacons[record.beacon].append(record)
            case FieldReport() | PartnerEvent():
                self.reports[record.id] = record
            case LineStrength():
                self.strength[record.id] = record
            case Alert():
                self.alerts[record.alert] = record

    def columns(self, batch: TrackBatch | DetectionBatch) -> None:
        """Fold tracks or detections in."""
        if isinstance(batch, TrackBatch):
            for k, track in enumerate(batch.track_id.tolist()):
                self.ways[track].append(
                    (
                        float(batch.t_s[k]), *batch.xy_m[k].tolist(), *batch.v_m_s[k].tolist(), float(batch.s_m[k]),
                        float(batch.d_m[k]), float(batch.first_s[k]), float(batch.last_s[k]), int(batch.hits[k]),
                        int(batch.sensor[k]), int(batch.other[k]),
                    )
                )  # fmt: skip
        else:
            for k in np.flatnonzero(np.isfinite(batch.s_m)):
                self.touches.append((float(batch.t_s[k]), float(batch.s_m[k]), int(batch.sensor[k])))

    def forget(self, now_s: float) -> None:
        """Forget ways that ended long ago."""
        self.now_s = now_s
        self.ways = defaultdict(list, {i: w for i, w in self.ways.items() if now_s - w[-1][0] < KEEP_S})
        self.touches = [t for t in self.touches if now_s - t[0] < KEEP_S]

    def wrong(self, alert: Alert) -> list[tuple[Fact, object]]:
        """Return the facts of an alert that are not so, each with what it should say."""
        out = []
        for fact in alert.facts:
            check = CHECKS.get(fact.text_key)
            want = check(self, alert, fact) if check is not None else None
            if want is None or any(not _same(fact.args.get(name), value) for name, value in want.items()):
                out.append((fact, want))
        return out

    def way(self, fact: Fact) -> tuple[float, ...]:
        """Return the row of a fact's track at its time, or the latest before."""
        track = int(fact.ref.split(":")[1])
        rows = [row for row in self.ways[track] if row[0] <= fact.t_s + 1e-6]
        return rows[-1]

    def unit_xy_m(self, unit: str, now_s: float) -> np.ndarray:
        report = self.units[unit]
        xy = self.line.frame.xy_m_from_lonlat(report.position.lon_deg, report.position.lat_deg)
        age = now_s - report.t_s
        carry = age if 0.0 <= age < 60.0 else 0.0
        h = report.heading_rad
        return xy + carry * report.speed_m_s * np.array([math.sin(h), math.cos(h)])


def _same(said: object, want: object) -> bool:
    if isinstance(want, float):
        return isinstance(said, int | float) and abs(float(said) - want) <= 1e-6 + 0.002 * abs(want)
    return said == want


def _seen_by(book: Ledger, alert: Alert, fact: Fact) -> dict:
    t, *_, first, _, hits, sensor, _ = book.way(fact)
    name = book.sensor_ids[sensor] if sensor >= 0 else "-"
    return {"sensor": name, "hits": hits, "minutes": round((t - first) / 60.0, 1)}


def _moving(book: Ledger, alert: Alert, fact: Fact) -> dict:
    row = book.way(fact)
    east, north = row[3], row[4]
    return {
        "speed_m_s": round(math.hypot(east, north), 1),
        "heading_deg": round(math.degrees(math.atan2(east, north)) % 360),
        "minutes": round((row[0] - row[7]) / 60.0, 1),
    }


def _toward(book: Ledger, alert: Alert, fact: Fact) -> dict:
    row = book.way(fact)
    ahead = book.line.sd_from_xy_m(np.array([row[1] + 10 * row[3], row[2] + 10 * row[4]]))
    closing = -math.copysign(1.0, row[6]) * (float(ahead[1]) - row[6]) / 10.0
    return {"distance_m": round(abs(row[6])), "eta_min": round(abs(row[6]) / closing / 60.0, 1)}


def _second(book: Ledger, alert: Alert, fact: Fact) -> dict:
    row = book.way(fact)
    return {"sensor": book.sensor_ids[int(row[11])], "t_s": row[8]}


def _stay(radius_m: float) -> Callable[[Ledger, Alert, Fact], dict]:
    def check(book: Ledger, alert: Alert, fact: Fact) -> dict:
        rows = [r for r in book.ways[int(fact.ref.split(":")[1])] if r[0] <= fact.t_s + 1e-6]
        anchor, since = (rows[0][1], rows[0][2]), rows[0][7]
        for row in rows:
            if math.hypot(row[1] - anchor[0], row[2] - anchor[1]) > radius_m:
                anchor, since = (row[1], row[2]), row[0]
        minutes = round((fact.t_s - since) / 60.0)
        return {"minutes": minutes} | ({"radius_m": round(radius_m)} if radius_m == LOITER_M else {})

    return check


def _place(book: Ledger, alert: Alert, fact: Fact) -> dict:
    kind, _, name = fact.ref.partition(":")
    if kind == "track":
        s_m, d_m = book.way(fact)[5:7]
    elif kind == "beacon":
        at = next(b for b in reversed(book.beacons[name]) if b.t_s == fact.t_s).position
        s_m, d_m = at.s_m, at.d_m
    elif kind == "report":
        place = book.reports[name].place
        s_m, d_m = book.line.sd_from_xy_m(book.line.frame.xy_m_from_lonlat(place.lon_deg, place.lat_deg)).tolist()
    elif kind == "sensor" and alert.what == "fence_touched":
        s_m, d_m = float(np.mean([h[1] for h in _group(book, fact)])), 0.0
    else:
        s_m, d_m = alert.position.s_m, alert.position.d_m
    return {"km": round(s_m / 1000.0, 1), "distance_m": float(round(abs(d_m)))}


def _crossed(book: Ledger, alert: Alert, fact: Fact) -> dict:
    return {"km": round(book.way(fact)[5] / 1000.0, 1)}


def _no_own(book: Ledger, alert: Alert, fact: Fact) -> dict | None:
    xy = book.line.frame.xy_m_from_lonlat(alert.position.lon_deg, alert.position.lat_deg)
    gaps = {u: float(np.hypot(*(book.unit_xy_m(u, fact.t_s) - xy))) for u in book.units}
    nearest = min(gaps.values())
    unit = str(fact.args["unit"])
    near = abs(gaps[unit] - nearest) < 2.0 and abs(nearest - float(fact.args["distance_m"])) <= 1.5
    return {"unit": unit} if near else None


def _group(book: Ledger, fact: Fact) -> list[tuple[float, float, int]]:
    """Return the touches within a minute before the latest of the fact's sensor, and 80 m round that one."""
    hits = [h for h in book.touches if h[0] <= fact.t_s + 1e-6]
    last = next(h for h in reversed(hits) if abs(h[0] - fact.t_s) < 1e-6)
    return [h for h in hits if last[0] - h[0] <= 62.0 and abs(h[1] - last[1]) <= 160.0]


def _fence(book: Ledger, alert: Alert, fact: Fact) -> dict | None:
    group = _group(book, fact)
    pulls, seconds = int(fact.args["pulls"]), float(fact.args["seconds"])
    spans = [h[0] for h in group]
    fits = len(group) >= pulls >= 2 and any(abs((fact.t_s - t) - seconds) <= 0.11 for t in spans)
    return {} if fits else None


def _wind(book: Ledger, alert: Alert, fact: Fact) -> dict:
    km = alert.position.s_m / 1000.0
    here = [w.wind_m_s for w in book.weather if w.from_km <= km <= w.to_km]
    return {"wind_m_s": round(max(here, default=0.0), 1)}


def _silent(book: Ledger, alert: Alert, fact: Fact) -> dict:
    return {"since_s": book.health[str(fact.args["sensor"])].t_s}


def _cause(book: Ledger, alert: Alert, fact: Fact) -> dict:
    return {"cause": book.health[fact.ref.split(":")[1]].cause}


def _blind(book: Ledger, alert: Alert, fact: Fact) -> dict:
    low, high = math.inf, -math.inf
    for sensor in alert.sensors:
        spec = book.site.sensors[book.sensor_ids.index(sensor)]
        if spec.kind in ("fence_sensor", "ground_sensor"):
            continue
        post = next(p for p in book.site.posts if p.id == spec.post)
        s = float(book.line.sd_from_xy_m(book.line.frame.xy_m_from_lonlat(post.lon_deg, post.lat_deg))[0])
        low, high = min(low, s - spec.max_range_m), max(high, s + spec.max_range_m)
    ends = max(low, 0.0), min(high, book.line.length_m)
    return {"from_km": round(ends[0] / 1000, 1), "to_km": round(ends[1] / 1000, 1)}


def _together(book: Ledger, alert: Alert, fact: Fact) -> dict | None:
    specs = [book.site.sensors[book.sensor_ids.index(s)] for s in alert.sensors]
    shared = all(fact.args["by"] in (s.power, s.link) for s in specs)
    return {"count": len(alert.sensors)} if shared else None


def _beacon(book: Ledger, alert: Alert, fact: Fact) -> dict | None:
    return {"id": alert.source} if any(b.t_s == fact.t_s for b in book.beacons[alert.source]) else None


def _called(book: Ledger, alert: Alert, fact: Fact) -> dict:
    return {
        "minutes": round((fact.t_s - min(b.t_s for b in book.beacons[alert.source] if b.t_s >= alert.first_s)) / 60)
    }


def _strength(book: Ledger, alert: Alert, fact: Fact) -> dict:
    one = book.strength[fact.ref.split(":", 1)[1]]
    return {"usual_pct": round(100 * one.usual), "now_pct": round(100 * one.strength)}


def _stretch(book: Ledger, alert: Alert, fact: Fact) -> dict:
    if alert.what == "mass_event":
        s = [book.alerts[m].position.s_m for m in alert.members]
        return {"from_km": round(min(s) / 1000, 1), "to_km": round(max(s) / 1000, 1)}
    one = book.strength[fact.ref.split(":", 1)[1]]
    return {"from_km": round(one.from_km, 1), "to_km": round(one.to_km, 1)}


def _missing(book: Ledger, alert: Alert, fact: Fact) -> dict:
    causes = book.strength[fact.ref.split(":", 1)[1]].causes
    return {"sensors": ", ".join(causes) or "-", "count": len(causes)}


def _apart(book: Ledger, alert: Alert, fact: Fact) -> dict:
    one, other = (book.unit_xy_m(str(fact.args[n]), fact.t_s) for n in ("one", "other"))
    return {"distance_m": float(round(float(np.hypot(*(one - other)))))}


def _partner(book: Ledger, alert: Alert, fact: Fact) -> dict | None:
    partners = {o.id for o in book.site.organisations if o.partner}
    unit = next(u for u in book.site.units if u.id == fact.args["unit"])
    return {} if unit.organisation in partners else None


def _unit_silent(book: Ledger, alert: Alert, fact: Fact) -> dict:
    return {"minutes": round((fact.t_s - book.units[str(fact.args["unit"])].t_s) / 60.0)}


def _last_place(book: Ledger, alert: Alert, fact: Fact) -> dict:
    at = alert.position
    return {"km": round(at.s_m / 1000.0, 1), "offset_m": float(round(at.d_m))}


def _lost(book: Ledger, alert: Alert, fact: Fact) -> dict | None:
    rows = book.ways[int(fact.ref.split(":")[1])]
    # It was told last at most a minute and a half after it was last there.
    return {} if fact.t_s - rows[-1][0] <= float(fact.args["seconds"]) + 2.0 else None


def _many(book: Ledger, alert: Alert, fact: Fact) -> dict | None:
    if fact.ref.startswith("report:"):
        report = book.reports[fact.ref.split(":", 1)[1]]
        return {"count": getattr(report, "count", None) or getattr(report, "people", None) or 1}
    return {} if int(fact.args["count"]) <= alert.count else None


def _reported(book: Ledger, alert: Alert, fact: Fact) -> dict:
    report = book.reports[fact.ref.split(":", 1)[1]]
    return {"who": report.reporter, "subject": report.subject, "count": report.count or 1}


def _report_age(book: Ledger, alert: Alert, fact: Fact) -> dict:
    report = book.reports[fact.ref.split(":", 1)[1]]
    return {"t_s": report.t_s, "minutes": round((fact.t_s - report.t_s) / 60.0)}


def _at_once(book: Ledger, alert: Alert, fact: Fact) -> dict:
    places = {round(book.alerts[m].position.s_m / 1000.0) for m in alert.members}
    return {"count": len(alert.members), "places": len(places)}


def _dark_share(book: Ledger, alert: Alert, fact: Fact) -> dict | None:
    looking = [s.id for s in book.site.sensors if s.kind in ("thermal_camera", "radar", "drone_camera")]
    dark = sum(name in book.dark for name in looking)
    return {} if abs(dark - int(fact.args["count"])) <= 2 else None


def _gravest(book: Ledger, alert: Alert, fact: Fact) -> dict:
    return {"alert": alert.members[0], "what": book.alerts[alert.members[0]].what}


CHECKS: dict[str, Callable[[Ledger, Alert, Fact], dict | None]] = {
    "fact.seen_by": _seen_by, "fact.moving": _moving, "fact.toward_line": _toward, "fact.second_sensor": _second,
    "fact.stayed": _stay(LOITER_M), "fact.still": _stay(STILL_M), "fact.place_home": _place,
    "fact.place_outside": _place, "fact.crossed": _crossed, "fact.no_own_unit": _no_own, "fact.fence": _fence,
    "fact.wind": _wind, "fact.sensor_silent": _silent, "fact.cause": _cause, "fact.blind_km": _blind,
    "fact.together": _together, "fact.beacon": _beacon, "fact.called_for": _called, "fact.strength": _strength,
    "fact.stretch": _stretch, "fact.missing": _missing, "fact.apart": _apart, "fact.partner": _partner,
    "fact.unit_silent": _unit_silent, "fact.last_place": _last_place, "fact.lost": _lost, "fact.party": _many,
    "fact.reported": _reported, "fact.report_age": _report_age, "fact.at_once": _at_once,
    "fact.dark_share": _dark_share, "fact.gravest": _gravest,
}  # fmt: skip
