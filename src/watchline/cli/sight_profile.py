"""`watchline viewshed --profile LON,LAT`: one disputed sight line as numbers and as a picture."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from watchline.domain.errors import BadInput
from watchline.geo.profile import SightProfile, sight_profile
from watchline.geo.visibility import COPERNICUS_GLO30
from watchline.sources.dem import Dem
from watchline.sources.onto_grid import lonlat_to


@dataclass(frozen=True)
class Pair:
    """An observer and a disputed place: its cell, the least visible height of the field there, the line between."""

    where: str
    cell: tuple[int, int]
    need_m: float
    target_m: float
    profile: SightProfile
    csv: Path
    png: Path

    def answer(self) -> str:
        """Return "seen", "hidden" or "unknown", as the field says."""
        if math.isnan(self.need_m):
            return "unknown"
        return "seen" if self.need_m <= self.target_m else "hidden"

    def line(self) -> str:
        """Return what a person reads."""
        far_km = self.profile.distance_m[-1] / 1000
        said = f"{self.where}: {self.answer()}, {far_km:.2f} km away"
        if self.answer() != "unknown":
            said += f"; visible from {self.need_m:.2f} m above ground"
            if 0 < self.profile.blocker < len(self.profile.distance_m) - 1:
                said += f", set by the ground at {self.profile.distance_m[self.profile.blocker] / 1000:.2f} km"
            said += f"; chance of being seen {self.profile.p_visible:.0%} if elevation is as wrong as GLO-30 may be"
        return f"{said} -> {self.csv}, {self.png}"

    def summary(self) -> dict[str, Any]:
        """Return the same as one JSON value; what is not known is null."""
        known = not math.isnan(self.need_m)
        return {
            "at": self.where,
            "answer": self.answer(),
            "distance_m": round(float(self.profile.distance_m[-1]), 1),
            "need_m": round(self.need_m, 3) if known else None,
            "blocker_m": round(float(self.profile.distance_m[self.profile.blocker]), 1) if known else None,
            "p_visible": round(self.profile.p_visible, 4) if math.isfinite(self.profile.p_visible) else None,
            "csv": str(self.csv),
            "png": str(self.png),
        }


def place(option: str, said: str) -> tuple[float, float]:
    """Return longitude, latitude; BadInput names the option."""
    try:
        lon, lat = (float(v) for v in said.split(","))
    except ValueError:
        raise BadInput(option, f"is LON,LAT in degrees, got {said!r}", f"for example {option} 41.25,34.71") from None
    if not (-180.0 <= lon <= 180.0 and -90.0 < lat < 90.0):
        raise BadInput(option, f"is LON,LAT in degrees, got {said!r}", "longitude comes first")
    return lon, lat


def profile_to(
    said: str,
    ground: Dem,
    need_m: NDArray[np.float32],
    *,
    mast_m: float,
    target_m: float,
    refraction_k: float,
    beside: Path,
) -> Pair:
    """Write the sight line to a place beside the output and return it; raises BadInput."""
    row, col = _cell(said, ground)
    profile = sight_profile(
        ground.height_m, (ground.row, ground.col), (row, col), mast_m=mast_m, target_m=target_m,
        cell_m=ground.cell_m, error=COPERNICUS_GLO30, refraction_k=refraction_k,
    )  # fmt: skip
    names = beside.with_suffix(".profile.csv"), beside.with_suffix(".profile.png")
    pair = Pair(said, (row, col), float(need_m[row, col]), target_m, profile, *names)
    _write_csv(pair)
    from watchline.sources.view_pictures import write_profile

    least = "" if math.isnan(pair.need_m) else f", visible from {pair.need_m:.2f} m above ground"
    title = f"to {said}: {pair.answer()}{least} (mast {mast_m:g} m, subject {target_m:g} m)"
    write_profile(pair.png, profile, target_m, title)
    return pair


def _cell(said: str, ground: Dem) -> tuple[int, int]:
    lon, lat = place("--profile", said)
    x, y = lonlat_to(ground.crs).transform(lon, lat)
    if not (math.isfinite(x) and math.isfinite(y)):
        raise BadInput("--profile", f"{said} does not lie on the elevation's plane")
    col, row = (math.floor(v) for v in ~ground.transform * (x, y))
    row, col = row - ground.top, col - ground.left
    rows, cols = ground.height_m.shape
    if not (0 <= row < rows and 0 <= col < cols):
        raise BadInput("--profile", f"{said} is farther than --range", "give a longer --range")
    if (row, col) == (ground.row, ground.col):
        raise BadInput("--profile", f"{said} lies in the observer's own cell", "name another place")
    return row, col


def _write_csv(pair: Pair) -> None:
    profile = pair.profile
    try:
        with pair.csv.open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(["distance_m", "ground_m", "drop_m", "sight_m", "clearance_m", "blocks"])
            for k, (far, ground, drop, sight) in enumerate(
                zip(profile.distance_m, profile.ground_m, profile.drop_m, profile.sight_m, strict=True)
            ):
                blocks = int(k == profile.blocker and 0 < k < len(profile.distance_m) - 1)
                rows.writerow([*(f"{v:.3f}" for v in (far, ground, drop, sight, sight - ground)), blocks])
    except OSError as error:
        raise BadInput(str(pair.csv), f"cannot be written ({error.strerror})") from None
