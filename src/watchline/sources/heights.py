"""One raster file as heights in metres: what its numbers mean is judged here, for every reader of elevation.

Voids: the file's nodata value or mask; in a file that names neither, the usual marks (-32768 and -32767 of 16-bit
files, -9999, anything below the deepest sea), and a note says so.
Units: of the band, else of the vertical part of its coordinate system; none named is metres; feet are converted.
Datum: named by the vertical part of the coordinate system, else not known here (`vertical.py` converts).

Refused, one line each: no file, a folder, nothing in it, no raster, no coordinate system, more than one band, a unit
that is not known, heights above any mountain.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyproj
import rasterio
from numpy.typing import NDArray
from rasterio.enums import MaskFlags
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.transform import Affine
from rasterio.windows import Window

from watchline.domain.errors import BadInput
from watchline.sources.vertical import ELLIPSOID, datum_named

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]

FOOT_M, US_SURVEY_FOOT_M = 0.3048, 1200 / 3937
UNITS_M = {
    **dict.fromkeys(("", "m", "metre", "meter", "metres", "meters"), 1.0),
    **dict.fromkeys(("ft", "foot", "feet", "international foot"), FOOT_M),
    **dict.fromkeys(("us survey foot", "us survey feet", "us-ft", "ftus", "foot_us"), US_SURVEY_FOOT_M),
    **{"dm": 0.1, "decimetre": 0.1, "cm": 0.01, "centimetre": 0.01, "centimeter": 0.01, "mm": 0.001},
}
USUAL_VOIDS = (-32768.0, -32767.0, -9999.0)
DEEPEST_M, HIGHEST_M = -12_000.0, 9_000.0
WIDE = ("float64", "int32", "uint32", "int64", "uint64")


class Band(Protocol):
    """Heights that can be read by windows: a file, or tiles put together; shape is rows, columns."""

    @property
    def name(self) -> str: ...

    @property
    def crs(self) -> Any: ...

    @property
    def transform(self) -> Affine: ...

    @property
    def shape(self) -> tuple[int, int]: ...

    def read(self, window: Window) -> F4 | F8:
        """Return the heights of a window inside the band, metres, NaN for voids."""
        ...


@dataclass
class HeightFile:
    """An open raster of heights; notes grow as windows are read, each line once.

    unit_m: metres in one of its units; datum: what the file says its heights are above, None when it says nothing.
    """

    file: Any
    name: str
    unit_m: float
    datum: str | None
    notes: dict[str, None] = field(default_factory=dict)

    @property
    def crs(self) -> Any:
        """Return its coordinate system, as rasterio has it."""
        return self.file.crs

    @property
    def transform(self) -> Affine:
        """Return the transform from columns and rows (corners) to coordinates."""
        return self.file.transform

    @property
    def shape(self) -> tuple[int, int]:
        """Return rows, columns."""
        return self.file.height, self.file.width

    def read(self, window: Window) -> F4 | F8:
        """Return the heights of a window, metres, NaN for voids; raises BadInput for what cannot be metres."""
        kind = "float64" if self.file.dtypes[0] in WIDE else "float32"
        raw = self.file.read(1, window=window, masked=True, out_dtype=kind)
        heights: F4 | F8 = np.ma.filled(raw, np.nan)
        heights[~np.isfinite(heights)] = np.nan
        if MaskFlags.all_valid in self.file.mask_flag_enums[0]:
            self._mark_voids(heights)
        scale, offset = self.file.scales[0] * self.unit_m, self.file.offsets[0] * self.unit_m
        if (scale, offset) != (1.0, 0.0):
            heights = (heights * scale + offset).astype(kind)
        highest = float(np.nanmax(heights, initial=-np.inf))
        if highest > HIGHEST_M:
            rule = f"holds heights up to {highest:g} m, above any mountain"
            raise BadInput(self.name, rule, "name its unit or its nodata value, with gdal_edit")
        return heights

    def _mark_voids(self, heights: F4 | F8) -> None:
        """Make the usual marks voids, in place, and note which."""
        for mark in USUAL_VOIDS:
            found = int((heights == mark).sum())
            if found:
                self.notes[f"{self.name}: {mark:g} is taken as a void, though the file names no nodata value"] = None
                heights[heights == mark] = np.nan
        deep = heights < DEEPEST_M
        if deep.any():
            rule = f"what lies below {DEEPEST_M:g} m is taken as a void, though the file names no nodata value"
            self.notes[f"{self.name}: {rule}"] = None
            heights[deep] = np.nan


@contextlib.contextmanager
def opened_heights(path: Path) -> Iterator[HeightFile]:
    """Open a raster of heights; raises BadInput naming the file and the rule it breaks, also while it is read."""
    if not path.exists():
        raise BadInput(str(path), "no such file")
    if path.is_dir():
        raise BadInput(str(path), "is a folder, not a raster", "give a file")
    if path.stat().st_size == 0:
        raise BadInput(str(path), "is empty", "copy it again")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            file = rasterio.open(path)
        with file:
            yield judged(file, str(path))
    except RasterioError as error:
        rule = "cannot be read as a raster; it may be truncated or of another kind"
        raise BadInput(str(path), f"{rule} ({' '.join(str(error).split())})") from None


def judged(file: Any, name: str) -> HeightFile:
    """Return an open raster as heights; raises BadInput when it cannot be that."""
    if file.count != 1:
        rule = f"has {file.count} bands, and heights are one" if file.count else "has no band"
        raise BadInput(name, rule, "it may be a picture; take one band with gdal_translate -b")
    if file.dtypes[0].startswith("complex"):
        raise BadInput(name, "holds complex numbers, not heights")
    if file.crs is None:
        raise BadInput(name, "names no coordinate system", "set one, for example with gdal_edit -a_srs")
    unit_m, datum, notes = _vertical(file, name)
    return HeightFile(file, name, unit_m, datum, dict.fromkeys(notes))


def is_turned(grid: Affine) -> bool:
    """Return whether rows and columns do not run along the coordinates' axes."""
    return bool(abs(grid.b) > 1e-9 * abs(grid.a) or abs(grid.d) > 1e-9 * abs(grid.e))


def _vertical(file: Any, name: str) -> tuple[float, str | None, list[str]]:
    """Return metres in a unit of height, the datum if it is named, and notes."""
    said = (file.units[0] or "").strip()
    try:
        whole = pyproj.CRS.from_user_input(file.crs)
    except pyproj.exceptions.ProjError as error:
        raise BadInput(name, f"has a coordinate system that PROJ cannot use ({error})") from None
    up = whole.sub_crs_list[1] if len(whole.sub_crs_list) > 1 else None
    if said.lower() not in UNITS_M:
        raise BadInput(name, f"has heights in {said!r}, a unit that is not known here", "convert it to metres")
    unit_m = UNITS_M[said.lower()]
    if up is not None and not said:
        said, unit_m = up.axis_info[0].unit_name, float(up.axis_info[0].unit_conversion_factor)
    notes = []
    if unit_m != 1.0:
        notes.append(f"{name}: heights in {said} are converted to metres")
    elif not said and whole.is_projected and abs(whole.axis_info[0].unit_conversion_factor - 1.0) > 1e-9:
        across = whole.axis_info[0].unit_name
        notes.append(f"{name}: its plane is in {across}, its heights name no unit and are taken as metres")
    if up is not None:
        return unit_m, datum_named(up.name), notes
    # Three axes and no vertical part (EPSG:4979): heights above the ellipsoid itself.
    return unit_m, ELLIPSOID if len(whole.axis_info) == 3 else None, notes
