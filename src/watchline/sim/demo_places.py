"""The demonstration line's places, roads, areas and action cards.  All names are invented."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from watchline.domain.site import Area, Place, Road
from watchline.sim.demo_sensors import Plan

F8 = NDArray[np.float64]

ROADS = (
    Road(file="roads_paved.geojson", surface="paved"),
    Road(file="roads_gravel.geojson", surface="gravel"),
    Road(file="roads_track.geojson", surface="track"),
)
AREAS = (
    Area(id="mines-1", kind="mines", file="mines-1.geojson"),
    Area(id="privacy-1", kind="privacy", file="privacy-1.geojson"),
)

# kind, share of the line, offset in metres, name
_PLACES = (
    ("well", 0.06, -3900, "Bir Tamrun"),
    ("well", 0.19, -5200, "Bir Sahla"),
    ("well", 0.37, 1900, "Bir Zarqun"),
    ("well", 0.55, -4400, "Bir Nahdat"),
    ("well", 0.72, -2900, "Bir Qulayb"),
    ("well", 0.9, 2400, "Bir Dhumra"),
    ("cave", 0.14, -1500, "Swallow Cave"),
    ("cave", 0.47, -2700, "Cave of the Two Doors"),
    ("cave", 0.81, -1900, "Lantern Cave"),
    ("ruin", 0.1, 900, "Qasr Mubhir"),
    ("ruin", 0.31, -2200, "Old Caravanserai"),
    ("ruin", 0.64, 1400, "Khan Wardan"),
    ("ruin", 0.86, -3300, "Broken Cistern"),
    ("ford", 0.22, 2000, "Stone Ford"),
    ("ford", 0.68, 2000, "Tamarisk Ford"),
    ("camp", 0.28, -6200, "Shepherds' summer camp"),
    ("camp", 0.77, -5600, "White Tents"),
    ("village", 0.05, 5200, "Umm Ruwaydah"),
    ("village", 0.25, 6100, "Tell Hisan"),
    ("village", 0.45, 5600, "Rasafat Amin"),
    ("village", 0.62, 6400, "Al-Jufaira"),
    ("village", 0.83, 5300, "Tell Bayad"),
    ("village", 0.5, -7000, "Qaryat Sidr"),
    ("crossing", 0.4, 60, "Gate of the Wells"),
)


def places(plan: Plan) -> tuple[Place, ...]:
    """Return wells, caves, ruins, fords, camps, villages and the one crossing point."""
    keep = _PLACES if plan.share > 0.5 else _PLACES[::4]
    out = []
    for n, (kind, share, d_m, name) in enumerate(keep):
        lon, lat = plan.lonlat(share * plan.line.length_m, float(d_m))
        out.append(Place(id=f"{kind}-{n + 1}", kind=kind, name=name, lon_deg=lon, lat_deg=lat))  # type: ignore[arg-type]
    return tuple(out)


def roads_sd(plan: Plan) -> dict[str, list[F8]]:
    """Return the roads in line coordinates: a highway, a patrol road, and tracks across the line."""
    length = plan.line.length_m
    s = np.arange(0.0, length + 1, 1000.0)
    s[-1] = min(s[-1], length)
    paved = np.column_stack([s, 6600 + 500 * np.sin(s / 9000 + 0.4)])
    gravel = np.column_stack([s, 1600 + 350 * np.sin(s / 4300 + 1.1) + 120 * np.sin(s / 1700)])
    return {"roads_paved": [paved], "roads_gravel": [gravel], "roads_track": list(_tracks(plan))}


def _tracks(plan: Plan) -> list[F8]:
    count = max(2, round(16 * plan.share))
    d = np.arange(-7500.0, 6601.0, 400.0)
    out = []
    for n in range(count):
        s = (n + plan.rng.uniform(0.25, 0.75)) / count * plan.line.length_m
        bend = np.cumsum(plan.rng.normal(0, 120.0, len(d)))
        along = np.clip(s + bend - bend[len(d) // 2], 0, plan.line.length_m)
        out.append(np.column_stack([along, d]))
    return out


def areas_sd(plan: Plan) -> dict[str, F8]:
    """Return mined ground before the line and a masked farmstead behind it, as rings in line coordinates."""

    def ring(share: float, d_m: float, half_s: float, half_d: float) -> F8:
        s = share * plan.line.length_m
        corners = [(-1, -1), (1, -0.9), (0.9, 1), (-0.8, 0.85), (-1, -1)]
        return np.array([[s + a * half_s, d_m + b * half_d] for a, b in corners])

    return {"mines-1": ring(0.345, -700.0, 900.0, 260.0), "privacy-1": ring(0.45, 4300.0, 450.0, 350.0)}
