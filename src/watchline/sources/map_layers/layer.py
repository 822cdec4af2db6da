"""A map layer as the server needs it: what it holds, and its tiles or its features.

Rules: nothing is ever written to a file or beside it.  What is wrong with a file is one line (BadInput) when it is
opened; a single tile that cannot be read afterwards is a tile that is not there.
Limits: tiles are those of web maps (spherical Mercator, EPSG:3857, numbered from the north-west); rasters of a
GeoPackage in any other reference system are put onto it, vector tiles are not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from watchline.domain.errors import BadInput

Kind = Literal["raster", "vector"]
ZOOM_MAX = 22
WORLD_DEG = (-180.0, -85.0511, 180.0, 85.0511)
Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Facts:
    """What a file holds.

    tiled: tiles, else features as a whole; bounds_deg: west, south, east, north; parts: layers inside vector tiles.
    """

    kind: Kind
    tiled: bool
    min_zoom: int
    max_zoom: int
    bounds_deg: Bounds = WORLD_DEG
    parts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tile:
    """A tile as it lies in the file; gzip: whether it is compressed so."""

    data: bytes
    media_type: str
    gzip: bool = False


class OpenLayer(Protocol):
    """An open file; its methods may be called from several threads."""

    @property
    def facts(self) -> Facts:
        """Return what it holds."""

    @property
    def close(self) -> Callable[[], object]:
        """Return what lets the file go."""

    def tile(self, z: int, x: int, y: int) -> Tile | None:
        """Return a tile, None where there is none."""

    def features(self) -> bytes:
        """Return all features as GeoJSON in EPSG:4326; b"" for a file of tiles."""


PICTURES = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp"}
VECTOR_TILE = "application/vnd.mapbox-vector-tile"


def open_layer(path: Path, kind: Kind, table: str = "") -> OpenLayer:
    """Return an open layer; table: which of a GeoPackage's, "" for the only one of its kind.

    Raises BadInput that names the file, the rule and what to do.
    """
    form = path.suffix.lower()
    if not path.is_file():
        raise BadInput(str(path), "no such file", "correct the path")
    if table and form != ".gpkg":
        raise BadInput(str(path), "has no tables: `table` is for a GeoPackage", "leave `table` out")
    if form == ".pmtiles":
        from watchline.sources.map_layers.pmtiles import PmTiles

        found: OpenLayer = PmTiles(path)
    elif form == ".mbtiles":
        from watchline.sources.map_layers.mbtiles import MbTiles

        found = MbTiles(path)
    elif form == ".gpkg":
        from watchline.sources.map_layers.geopackage import open_package

        found = open_package(path, kind, table)
    else:
        rule = "is neither .pmtiles nor .mbtiles nor .gpkg"
        raise BadInput(str(path), rule, "convert it; docs/map.md says how")
    if found.facts.kind != kind:
        found.close()
        rule = f"holds {found.facts.kind} tiles, and kind says {kind}"
        raise BadInput(str(path), rule, f'write kind = "{found.facts.kind}"')
    return found
