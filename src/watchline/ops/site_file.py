"""Reading and writing a site: one TOML file with GeoJSON and GeoTIFF files beside it.

Reading collects every fault instead of stopping at the first: each table is converted field by field.
"""

from __future__ import annotations

import difflib
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
import numpy as np
from numpy.typing import NDArray

from watchline.domain.errors import BadInput
from watchline.domain.site import LineSpec, Part, Site, TerrainSpec
from watchline.geo.line import LineFrame
from watchline.geo.terrain import Terrain
from watchline.sources.elevation import Elevation, read_elevation
from watchline.sources.geojson import read_lines, read_polygons
from watchline.sources.land_cover import read_land_cover
from watchline.sources.tile_sets import is_address
from watchline.sources.toml_file import read_table
from watchline.sources.vertical import datum_named

F8 = NDArray[np.float64]


Severity = Literal["fault", "warning", "note"]


@dataclass(frozen=True, order=True)
class Fault:
    """Something to say of a site: a "fault" stops it from running, a "warning" does not, a "note" is only told."""

    severity: Severity
    file: str
    field: str
    rule: str
    do: str

    def __str__(self) -> str:
        """Return the one line an operator reads."""
        return f"{self.file}: {self.field}: {self.rule}" + (f"; {self.do}" if self.do else "")


@dataclass(frozen=True)
class LoadedSite:
    """A site with its shapes read and its line measured; terrain is read on demand.

    areas: id -> rings of (N, 2) lon, lat; digest: SHA-256 over the site file and all files it names but elevation,
    land cover and map layers; road_surfaces: of each of `roads`; beside: (name, bytes) of the files of shapes, the
    line's first.
    """

    path: Path
    site: Site
    line: LineFrame
    roads: list[F8]
    areas: dict[str, list[F8]]
    digest: str
    text: str
    road_surfaces: tuple[str, ...] = ()
    beside: tuple[tuple[str, bytes], ...] = ()

    def bounds_m(self) -> tuple[float, float, float, float]:
        """Return west, south, east, north of everything watched, on the site grid, with 2 km to spare."""
        spec = self.site.line
        margin = max(spec.outside_depth_m, spec.home_depth_m, spec.beyond_ends_m) + 2000.0
        low, high = self.line.xy_m.min(axis=0) - margin, self.line.xy_m.max(axis=0) + margin
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    def terrain(self) -> Terrain:
        """Return the elevation of the watched area on the site grid."""
        return self.elevation().terrain

    def elevation(self) -> Elevation:
        """Return the same with what must be said of it, on the site's vertical datum where that can be had."""
        spec = self.site.terrain
        return read_elevation(
            self.elevation_at(), self.line.frame, self.bounds_m(), datum=datum_named(spec.vertical_datum)
        )

    def elevation_at(self) -> str:
        """Return the file, folder or web address of the elevation."""
        file = self.site.terrain.file
        return file if is_address(file) else str(self.path.parent / file)

    def land_cover(self, terrain: Terrain) -> NDArray[np.uint8] | None:
        """Return (rows, cols) classes of land cover on the terrain's cells, None when the site names none."""
        spec = self.site.land_cover
        return None if spec is None else read_land_cover(self.path.parent / spec.file, self.line.frame, terrain)


def read_site(path: Path) -> LoadedSite:
    """Return the site of a TOML file (or of the `site.toml` in a directory).

    Raises BadInput with the first fault when there is any; `watchline check` lists them all.
    """
    path = path / "site.toml" if path.is_dir() else path
    site, faults, _ = parse_site(path)
    refuse_faults(path, faults)
    return load_shapes(path, site)


def refuse_faults(path: Path, faults: list[Fault]) -> None:
    """Raise BadInput with the first fault if there is any."""
    if faults:
        first = faults[0]
        more = f" (and {len(faults) - 1} more: watchline check {path})" if len(faults) > 1 else ""
        raise BadInput(f"{first.file}: {first.field}", first.rule + more, first.do)


def load_shapes(path: Path, site: Site) -> LoadedSite:
    """Return the site with the shapes it names read from beside it; BadInput names the first bad file."""
    beside = path.parent
    ways = [(shape, road.surface) for road in site.roads for shape in read_lines(beside / road.file)]
    roads, surfaces = [shape for shape, _ in ways], tuple(surface for _, surface in ways)
    areas = {area.id: read_polygons(beside / area.file) for area in site.areas}
    line = read_line(beside / site.line.file, site)
    digest = hashlib.sha256()
    names = [site.line.file, *(r.file for r in site.roads), *(a.file for a in site.areas)]
    files = {name: (beside / name).read_bytes() for name in names}
    for name, data in [(path.name, path.read_bytes()), *((name, files[name]) for name in names)]:
        digest.update(name.encode() + b"\0" + data + b"\0")
    text = path.read_text(encoding="utf-8")
    return LoadedSite(path, site, line, roads, areas, digest.hexdigest(), text, surfaces, tuple(files.items()))


def read_line(path: Path, site: Site) -> LineFrame:
    """Return the watched line; BadInput when the file does not hold exactly one with a length."""
    return line_of(read_lines(path), path, site)


def line_of(lines: list[F8], path: Path, site: Site) -> LineFrame:
    """Return the same of the lines of a file."""
    if len(lines) != 1:
        raise BadInput(str(path), f"must hold exactly one LineString, has {len(lines)}", "join its parts")
    line = LineFrame.of(lines[0], site.line.home_side)
    if line.length_m < 1.0:
        raise BadInput(str(path), "the line has no length")
    return line


def parse_site(path: Path) -> tuple[Site, list[Fault], dict[str, set[str]]]:
    """Return the site, every fault of form, and the ids written in each list; unreadable files raise BadInput.

    With faults the site is what could be understood: a faulty field takes its default, and a row that
    lacks a needed field is left out, so that the other rules can still be checked.
    """
    table = read_table(path, "no such site file", "make one with watchline init")
    faults: list[Fault] = []
    ids = {
        name: {str(row["id"]) for row in rows if isinstance(row, dict) and "id" in row}
        for name, rows in table.items()
        if isinstance(rows, list)
    }
    site = _convert(Site, table, path.name, "", faults)
    assert isinstance(site, Site)
    return site, faults, ids


# What stands in for the parts every site must have, while the rest of a faulty one is checked.
_STAND_IN: dict[str, Any] = {
    "schema": 1,
    "name": "",
    "line": LineSpec(file="", home_side="right"),
    "terrain": TerrainSpec(file=""),
}


def _convert(kind: type[Part], table: Any, file: str, where: str, faults: list[Fault]) -> Part | None:
    """Return `table` as a `kind`, None when a needed field is missing; every fault is added to `faults`."""

    def fault(field: str, rule: str, do: str) -> None:
        faults.append(Fault("fault", file, f"{where}{field}".rstrip("."), rule, do))

    if not isinstance(table, dict):
        fault("", "must be a table", "write it as [table] or { key = value }")
        return None
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    hints = get_type_hints(kind)
    for name in sorted(table.keys() - fields.keys()):
        near = difflib.get_close_matches(name, fields, n=3) or list(fields)
        fault(name, "is not a field here", f"did you mean {' or '.join(near)}?")
    values: dict[str, Any] = {}
    for name, field in fields.items():
        if name in table:
            before = len(faults)
            value = _value(hints[name], table[name], file, f"{where}{name}", faults)
            if len(faults) == before or isinstance(value, tuple | Part):
                values[name] = value
        elif field.required:
            fault(name, "is missing", "add it")
    if kind is Site:
        values = {**_STAND_IN, **values}
    complete = all(name in values for name, field in fields.items() if field.required)
    if complete:
        return kind(**values)
    _judge_place(values, file, where, faults)
    return None


def _judge_place(values: dict[str, Any], file: str, where: str, faults: list[Fault]) -> None:
    """Judge the place of a row that is left out: the rules between rows will not see it."""
    for name, limit in (("lon_deg", 180.0), ("lat_deg", 90.0)):
        if isinstance(values.get(name), float) and abs(values[name]) > limit:
            rule = f"must be within {-limit:g}..{limit:g} degrees, got {values[name]:g}"
            faults.append(Fault("fault", file, f"{where}{name}", rule, "correct it"))


def _value(hint: Any, value: Any, file: str, where: str, faults: list[Fault]) -> Any:
    if isinstance(hint, type) and issubclass(hint, Part):
        return _convert(hint, value, file, f"{where}.", faults)
    arguments = get_args(hint)
    if get_origin(hint) is tuple and isinstance(arguments[0], type) and issubclass(arguments[0], Part):
        if not isinstance(value, list):
            faults.append(Fault("fault", file, where, "must be a list of tables", f"write [[{where}]]"))
            return ()
        rows = [
            _convert(arguments[0], row, file, f"{where}[{_label(row, n)}].", faults) for n, row in enumerate(value)
        ]
        return tuple(row for row in rows if row is not None)
    parts = [a for a in arguments if isinstance(a, type) and issubclass(a, Part)]
    if parts:
        return _convert(parts[0], value, file, f"{where}.", faults)
    try:
        converted = msgspec.convert(value, hint, strict=True)
    except msgspec.ValidationError as error:
        rule = str(error).split(" - at")[0].lower().rstrip(".")
        if get_origin(hint) is Literal:
            rule += f", must be one of {', '.join(map(str, get_args(hint)))}"
        faults.append(Fault("fault", file, where, f"{rule}, got {value!r}", "correct it"))
        return None
    if isinstance(converted, float) and not np.isfinite(converted):
        faults.append(Fault("fault", file, where, f"must be a finite number, got {value!r}", "correct it"))
    return converted


def _label(row: Any, number: int) -> str:
    return str(row["id"]) if isinstance(row, dict) and isinstance(row.get("id"), str) else str(number)


def site_text(site: Site) -> str:
    """Return the site as TOML, tables in the order of `domain.site.Site`, defaults left out."""
    table = msgspec.to_builtins(site)
    scalars = [
        f"{key} = {_toml(value)}" for key, value in table.items() if not isinstance(value, dict | list | tuple)
    ]
    parts = ["\n".join(scalars)]
    for key, value in table.items():
        if isinstance(value, dict):
            parts.append(f"[{key}]\n" + _body(value))
        elif isinstance(value, list | tuple):
            parts.extend(f"[[{key}]]\n" + _body(row) for row in value)
    return "\n\n".join(parts) + "\n"


def _body(row: dict[str, Any]) -> str:
    return "\n".join(f"{key} = {_toml(value)}" for key, value in row.items() if value is not None)


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        # JSON's escapes are a subset of TOML's basic strings.
        return msgspec.json.encode(value).decode()
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(v) for v in value) + "]"
    return "{ " + ", ".join(f"{k} = {_toml(v)}" for k, v in value.items() if v is not None) + " }"
