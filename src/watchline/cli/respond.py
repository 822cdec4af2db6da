"""`watchline respond`: how far a unit gets in how long; the gaps of a blocking line."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from cyclopts import Parameter

from watchline.cli.options import Json
from watchline.domain.errors import BadInput
from watchline.ops.respond.blocking_line import GapAt, blocking_line
from watchline.ops.respond.land import Ground, home_of
from watchline.ops.respond.posts import Asked, CheckpointRow, checkpoint_rows, gap_row
from watchline.ops.site_check import read_sound_site
from watchline.ops.site_file import LoadedSite
from watchline.response.travel.reach import reach

MINUTES_MOST = 600.0


def respond(
    what: Literal["reach", "blocking", "checkpoints"],
    site: Path,
    /,
    *,
    unit: str = "",
    minutes: Annotated[str, Parameter(help="of the isochrones, with commas between")] = "10,20,30",
    night: Annotated[bool, Parameter(negative=())] = False,
    out: Path | None = None,
    stretch: Annotated[str, Parameter(help="KM:KM of the line")] = "",
    visibility_m: float = 10_000.0,
    json: Json = False,
) -> int:
    """How far a unit gets in how long, the gaps of a blocking line, or the ways round checkpoints.

    Parameters
    ----------
    what
        reach: isochrones of --unit over the ground, as GeoJSON. blocking: every gap between posts, the chance to slip
        through by class and hour, which reserve closes it. checkpoints: road, hours, and what it costs to go round.
    site
        Site file.
    unit
        Which unit; it starts from its post or its place.
    night
        At night.
    out
        GeoJSON of the isochrones, or of the ways round.
    visibility_m
        Of the air, for eyes.
    json
        Print one JSON object.
    """
    loaded = read_sound_site(site)
    if what == "reach":
        return _reach(loaded, unit, _minutes(minutes), night, out, json)
    from_km, to_km = _stretch(stretch, loaded.line.length_m / 1000.0)
    if not 10.0 <= visibility_m <= 100_000.0:
        raise BadInput("--visibility-m", f"must be within 10..100000 m, got {visibility_m:g}")
    terrain, asked = loaded.terrain(), Asked(time.time(), visibility_m)
    if what == "checkpoints":
        return _checkpoints(checkpoint_rows(loaded, terrain, asked, {}), from_km, to_km, out, json)
    found = list(blocking_line(loaded, terrain, from_km, to_km, asked.now_s, visibility_m))
    if json:
        print(msgspec.json.encode({"gaps": [gap_row(gap) for gap in found]}).decode())
    else:
        print("\n".join(_lines(found)) if found else "no post of this stretch blocks anything")
    return 0


def _reach(site: LoadedSite, name: str, minutes: list[float], night: bool, out: Path | None, json: bool) -> int:
    unit = next((one for one in site.site.units if one.id == name), None)
    if unit is None or unit.kind == "drone":
        raise BadInput("--unit", f"{name!r} is no unit that goes over the ground", "name one of [[units]]")
    terrain = site.terrain()
    land = Ground.of(site, terrain).land(night=night)
    frame = site.line.frame
    to = reach(land.ways[unit.means], home_of(unit, site), unit.speed_m_s)
    features, areas = [], []
    for minute in minutes:
        areas.append(float((to.time_s <= 60.0 * minute).sum()) * to.ways.cell_m**2 / 1e6)
        rings = [frame.lonlat_from_xy_m(ring).round(6).tolist() for ring in to.isochrone(60.0 * minute)]
        lines = [[*ring, ring[0]] for ring in rings if len(ring) > 2]
        shape = {"type": "MultiLineString", "coordinates": lines}
        features.append({"type": "Feature", "properties": {"unit": name, "minutes": minute}, "geometry": shape})
    if out is not None:
        out.write_bytes(msgspec.json.encode({"type": "FeatureCollection", "features": features}))
    if json:
        said = {"unit": name, "minutes": minutes, "area_km2": [round(a, 2) for a in areas]}
        print(msgspec.json.encode(said).decode())
    else:
        print("\n".join(f"{minute:g} min: {area:.1f} km2" for minute, area in zip(minutes, areas, strict=True)))
    return 0


def _minutes(text: str) -> list[float]:
    try:
        found = [float(part) for part in text.split(",")]
    except ValueError:
        found = [math.nan]
    if not all(0.0 < minute <= MINUTES_MOST for minute in found):
        raise BadInput("--minutes", f"must be numbers within 0..{MINUTES_MOST:g} with commas between, got {text!r}")
    return found


def _stretch(text: str, length_km: float) -> tuple[float, float]:
    if not text:
        return 0.0, length_km
    first, _, last = text.partition(":")
    try:
        from_km, to_km = float(first), float(last)
    except ValueError:
        raise BadInput("--stretch", f"must be KM:KM, got {text!r}") from None
    if not 0.0 <= from_km < to_km <= length_km + 1e-3:
        raise BadInput("--stretch", f"must rise within 0..{length_km:.3f} km, got {text!r}")
    return from_km, to_km


def _checkpoints(found: Sequence[CheckpointRow], from_km: float, to_km: float, out: Path | None, json: bool) -> int:
    found = [one for one in found if 1000.0 * from_km <= one.s_m <= 1000.0 * to_km]
    if out is not None:
        features = [
            {"type": "Feature", "properties": {"checkpoint": one.id, "class": r.crosser, "keep_m": r.keep_m,
             "extra_s": r.extra_s}, "geometry": {"type": "LineString", "coordinates": r.way}}
            for one in found for r in one.rounds if r.way
        ]  # fmt: skip
        out.write_bytes(msgspec.json.encode({"type": "FeatureCollection", "features": features}))
    if json:
        print(msgspec.json.encode({"checkpoints": found}).decode())
        return 0
    for one in found:
        road = f"{one.surface} {one.off_road_m:.0f} m off" if one.surface else "no road near"
        hours = ", ".join(f"{low:g}-{high:g}" for low, high in one.hours) or "never manned"
        print(f"{one.id} {one.kind}, km {one.s_m / 1000:.1f}, {road}, manned {hours}")
        for r in one.rounds:
            cost = "no way" if r.extra_s is None else f"{r.extra_s / 60:+.1f} min, {r.extra_m:+.0f} m"
            seen = f"noticed {r.noticed_day:.2f} by day, {r.noticed_night:.2f} by night"
            print(f"    {r.crosser:8} {r.keep_m:5.0f} m round it: {cost}; {seen}")
    if not found:
        print("no checkpoint on this stretch")
    return 0


def _lines(found: list[GapAt]) -> list[str]:
    head = f"{'gap':24} {'km':>16} {'class':8} {'hours':14} {'mean':>5} {'worst':>6}  closed by"
    rows = [head]
    for at in found:
        gap, name = at.gap, f"{at.gap.left or 'end'} - {at.gap.right or 'end'}"
        km = f"{gap.from_m / 1000:.1f}..{gap.to_m / 1000:.1f}"
        who = f"{at.closer}, {at.closer_s / 60:.0f} min" if at.closer else "nobody"
        rows.append(
            f"{name:24} {km:>16} {at.crosser.name:8} {_hours(at.hours):14} {gap.mean:5.2f} {gap.worst:6.2f}  {who}"
        )
    return rows


def _hours(hours: tuple[int, ...]) -> str:
    """Return hours as runs: 0-6,18-24."""
    runs: list[list[int]] = []
    for hour in hours:
        if runs and runs[-1][1] == hour:
            runs[-1][1] = hour + 1
        else:
            runs.append([hour, hour + 1])
    return ",".join(f"{low}-{high}" for low, high in runs)
