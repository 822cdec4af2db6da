"""MBTiles: tiles in an SQLite file, numbered from the south as TMS does.

Standard: MBTiles 1.3 (github.com/mapbox/mbtiles-spec): tables or views `metadata` and `tiles`; `format` png, jpg,
webp or pbf (gzipped vector tiles, whose layers the `json` row names).  Not covered: UTF grids.
"""

from __future__ import annotations

import json
from pathlib import Path

from watchline.domain.errors import BadInput
from watchline.sources.map_layers.layer import PICTURES, VECTOR_TILE, WORLD_DEG, ZOOM_MAX, Bounds, Facts, Tile
from watchline.sources.map_layers.sqlite_file import SqliteFile

GZIP = b"\x1f\x8b"


class MbTiles:
    """An open file."""

    def __init__(self, path: Path) -> None:
        """Open and check a file; raises BadInput."""
        self._rows = SqliteFile(path)
        try:
            self.facts = self._facts(path)
        except BaseException:
            self._rows.close()
            raise

    def _facts(self, path: Path) -> Facts:
        rows = self._rows
        if not {"metadata", "tiles"} <= rows.tables():
            raise BadInput(str(path), "is not MBTiles: no `metadata` and `tiles` in it", "convert it")
        told = {str(k): str(v) for k, v in rows.all("SELECT name, value FROM metadata LIMIT 1000")}
        form = told.get("format", "")
        if form != "pbf" and form not in PICTURES:
            rule = f"metadata `format` is {form!r}, none of png, jpg, webp, pbf"
            raise BadInput(str(path), rule, "write it with a program that names the format")
        low, high = (self._zoom(told, end, path) for end in ("min", "max"))
        if not 0 <= low <= high <= ZOOM_MAX:
            raise BadInput(str(path), f"zooms {low} to {high} are no zooms", f"use 0 to {ZOOM_MAX}")
        self._media_type = VECTOR_TILE if form == "pbf" else PICTURES[form]
        parts = _parts(told.get("json", ""), path) if form == "pbf" else ()
        kind = "vector" if form == "pbf" else "raster"
        return Facts(kind, True, low, high, _bounds(told.get("bounds", ""), path), parts)  # type: ignore[arg-type]

    def _zoom(self, told: dict[str, str], end: str, path: Path) -> int:
        """Return the lowest or highest zoom: as the file says, else as its tiles are."""
        if told.get(f"{end}zoom", "").isdecimal():
            return int(told[f"{end}zoom"])
        found = self._rows.all(f"SELECT {end}(zoom_level) FROM tiles")[0][0]
        if not isinstance(found, int):
            raise BadInput(str(path), "holds no tile", "write it again")
        return found

    def tile(self, z: int, x: int, y: int) -> Tile | None:
        """Return a tile as it lies in the file, None where there is none or it is damaged."""
        question = "SELECT tile_data FROM tiles WHERE zoom_level=? AND tile_column=? AND tile_row=?"
        try:
            found = self._rows.all(question, (z, x, 2**z - 1 - y))
        except BadInput:
            return None
        data = found[0][0] if found else None
        return Tile(data, self._media_type, data[:2] == GZIP) if isinstance(data, bytes) else None

    def features(self) -> bytes:
        """Return nothing: a file of tiles."""
        return b""

    def close(self) -> None:
        """Let the file go."""
        self._rows.close()


def _parts(told: str, path: Path) -> tuple[str, ...]:
    try:
        return tuple(str(one["id"]) for one in json.loads(told)["vector_layers"])
    except (ValueError, KeyError, TypeError, RecursionError):
        rule = "does not say which vector layers it holds (metadata `json`, `vector_layers`)"
        raise BadInput(str(path), rule, "add it") from None


def _bounds(told: str, path: Path) -> Bounds:
    if not told:
        return WORLD_DEG
    try:
        west, south, east, north = (float(part) for part in told.split(","))
    except ValueError:
        west = south = east = north = 0.0
    if not (-180.0 <= west < east <= 180.0 and -90.0 <= south < north <= 90.0):
        raise BadInput(str(path), f"metadata `bounds` {told[:60]!r} is no west,south,east,north", "correct it")
    return west, south, east, north
