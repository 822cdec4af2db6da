from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from watchline.domain.errors import BadInput
from watchline.sources.geojson import read_lines, read_polygons, write_geojson

LINE = [[42.0, 33.0], [42.1, 33.1]]
RING = [[42.0, 33.0], [42.1, 33.0], [42.1, 33.1], [42.0, 33.0]]


def _file(directory: Path, value: Any) -> Path:
    path = directory / "shape.geojson"
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "value",
    [
        {"type": "LineString", "coordinates": LINE},
        {"type": "Feature", "properties": None, "geometry": {"type": "LineString", "coordinates": LINE}},
        {"type": "GeometryCollection", "geometries": [{"type": "LineString", "coordinates": LINE}]},
        {"type": "LineString", "coordinates": [[*p, 120.5] for p in LINE]},
        {
            "type": "FeatureCollection",
            "features": [
                {"type": "Feature", "geometry": None},
                {"type": "Feature", "geometry": {"type": "MultiLineString", "coordinates": [LINE]}},
            ],
        },
    ],
    ids=["geometry", "feature", "collection", "with heights", "features, one empty"],
)
def test_a_line_is_found_however_it_is_wrapped(tmp_path: Path, value: Any) -> None:
    assert [line.tolist() for line in read_lines(_file(tmp_path, value))] == [LINE]


def test_only_the_outer_ring_of_a_polygon_is_kept(tmp_path: Path) -> None:
    hole = [[42.01, 33.01], [42.02, 33.01], [42.02, 33.02], [42.01, 33.01]]
    path = _file(tmp_path, {"type": "MultiPolygon", "coordinates": [[RING, hole], [RING]]})
    assert [ring.tolist() for ring in read_polygons(path)] == [RING, RING]


@pytest.mark.parametrize("kind", ["LineString", "Polygon"])
def test_shapes_written_are_read_back_within_a_centimetre(tmp_path: Path, kind: str) -> None:
    shape = np.array(RING) + 1.23456789e-6
    write_geojson(tmp_path / "out.geojson", kind, [shape])
    read: Callable[[Path], Any] = read_lines if kind == "LineString" else read_polygons
    np.testing.assert_allclose(read(tmp_path / "out.geojson")[0], shape, atol=1e-7)


BROKEN = {
    "not json": "{",
    "nested without end": "[" * 100_000,
    "nothing": "null",
    "a list": "[]",
    "no features": '{"type": "FeatureCollection"}',
    "features are a number": '{"type": "FeatureCollection", "features": 5}',
    "features are null": '{"type": "FeatureCollection", "features": null}',
    "geometries are null": '{"type": "GeometryCollection", "geometries": null}',
    "parts are null": '{"type": "MultiLineString", "coordinates": null}',
    "coordinates are a number": '{"type": "LineString", "coordinates": 5}',
    "coordinates are a table": '{"type": "LineString", "coordinates": {"a": 1}}',
    "points are words": '{"type": "LineString", "coordinates": ["ab", "cd"]}',
    "one point": '{"type": "LineString", "coordinates": [[1, 2]]}',
    "a number too large": '{"type": "LineString", "coordinates": [[1%s, 2], [3, 4]]}' % ("0" * 400),
    "not a number": '{"type": "LineString", "coordinates": [[NaN, 2], [3, 4]]}',
    "latitude first": '{"type": "LineString", "coordinates": [[33, 142], [33.1, 142.1]]}',
    "polygon without a ring": '{"type": "Polygon", "coordinates": []}',
    "polygon as a table": '{"type": "Polygon", "coordinates": {"0": 1}}',
    "empty part": '{"type": "MultiPolygon", "coordinates": [[]]}',
    "another kind": '{"type": "Point", "coordinates": [1, 2]}',
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN.keys())
@pytest.mark.parametrize("read", [read_lines, read_polygons])
def test_a_faulty_file_is_bad_input_that_names_it(tmp_path: Path, read: Callable[[Path], Any], text: str) -> None:
    with pytest.raises(BadInput, match=r"shape\.geojson: ") as error:
        read(_file(tmp_path, text))
    assert "\n" not in str(error.value)


def test_a_file_in_another_encoding_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "shape.geojson").write_bytes(b'{"name": "caf\xe9"}')
    with pytest.raises(BadInput, match="is not JSON"):
        read_lines(tmp_path / "shape.geojson")


def test_a_missing_file_and_a_directory_are_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such file"):
        read_lines(tmp_path / "none.geojson")
    with pytest.raises(BadInput, match="cannot be read"):
        read_lines(tmp_path)
