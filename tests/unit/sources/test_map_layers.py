"""Imagery and vector layers: files of other writers are read, and what is wrong with one is one line."""

from __future__ import annotations

import contextlib
import gzip
import json
from pathlib import Path

import apsw
import cv2
import numpy as np
import pytest

from map_files import GREEN, RED, vector_tile, write_features, write_pmtiles, write_raster, write_vector_mbtiles
from watchline.domain.errors import BadInput
from watchline.domain.records import GeoPoint, MapShape
from watchline.sources.map_layers.layer import VECTOR_TILE, Kind, Tile, open_layer

BOX = (41.9, 33.9, 42.1, 34.1)  # around the break of the UTM zones


def shape(name: str, kind: str, *points: tuple[float, float]) -> MapShape:
    where = tuple(GeoPoint(lon_deg=lon, lat_deg=lat) for lon, lat in points)
    return MapShape(
        id=name, t_s=0.0, source="test", name=name, shape=kind, points=where, properties={"name_ar": "بئر"}
    )  # type: ignore[arg-type]


def on_the_map(lon: float, lat: float, z: int) -> tuple[float, float]:
    """Return column and row of a web map's tile, with the share inside it."""
    y = 0.5 - np.log(np.tan(np.pi / 4 + np.radians(lat) / 2)) / (2 * np.pi)
    return (lon / 360 + 0.5) * 2**z, float(y) * 2**z


def colour(tile: Tile | None, x: int, y: int) -> tuple[int, ...]:
    assert tile is not None
    seen = cv2.imdecode(np.frombuffer(tile.data, np.uint8), cv2.IMREAD_UNCHANGED)
    return tuple(int(v) for v in seen[y, x])


def near(one: tuple[int, ...], rgb: tuple[int, int, int]) -> bool:
    return all(abs(a - b) < 30 for a, b in zip(one[:3], reversed(rgb), strict=True))


@pytest.mark.parametrize("ending", [".mbtiles", ".gpkg"])
def test_imagery_that_gdal_wrote_lies_where_it_belongs(tmp_path: Path, ending: str) -> None:
    layer = open_layer(write_raster(tmp_path / f"own{ending}", BOX), "raster")
    assert layer.facts.kind == "raster"
    assert layer.facts.tiled
    assert np.allclose(layer.facts.bounds_deg, BOX, atol=0.02)
    z = layer.facts.max_zoom
    found = {}
    for name, lon in (("west", 41.95), ("east", 42.05)):
        x, y = on_the_map(lon, 34.0, z)
        tile = layer.tile(z, int(x), int(y))
        found[name] = colour(tile, int(x % 1 * 256), int(y % 1 * 256))
    assert near(found["west"], RED)
    assert near(found["east"], GREEN)
    assert layer.tile(z, 0, 0) is None
    layer.close()


def test_a_geopackage_in_another_reference_system_is_put_onto_the_map(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "utm.gpkg", (41.9, 33.9, 41.99, 34.0), crs="EPSG:32637")
    layer = open_layer(path, "raster", "imagery")
    assert np.allclose(layer.facts.bounds_deg, (41.9, 33.9, 41.99, 34.0), atol=0.01)
    z, x, y = layer.facts.max_zoom, *on_the_map(41.93, 33.95, layer.facts.max_zoom)
    assert near(colour(layer.tile(z, int(x), int(y)), int(x % 1 * 256), int(y % 1 * 256)), RED)


def test_vector_tiles_come_as_they_lie(tmp_path: Path) -> None:
    data = vector_tile("Well")
    layer = open_layer(write_vector_mbtiles(tmp_path / "v.mbtiles", {(3, 4, 2): data}), "vector")
    assert layer.facts.parts == ("places", "roads")
    assert (layer.facts.min_zoom, layer.facts.max_zoom) == (3, 3)
    assert layer.tile(3, 4, 2) == Tile(data, VECTOR_TILE, gzip=True)
    assert layer.tile(3, 4, 5) is None  # the row as TMS counts it
    assert layer.features() == b""


def test_pmtiles_of_its_authors_own_writer_are_read_through_leaf_directories(tmp_path: Path) -> None:
    pytest.importorskip("pmtiles")
    rng = np.random.default_rng(2)
    wanted = {(9, x, y): rng.bytes(int(rng.integers(1, 1000))) for x in range(100, 260) for y in range(200, 290)}
    layer = open_layer(write_pmtiles(tmp_path / "v.pmtiles", wanted, vector=True), "vector")
    assert layer.facts.parts == ("places", "roads")
    assert all(layer.tile(*zxy) == Tile(data, VECTOR_TILE, gzip=True) for zxy, data in wanted.items())
    assert layer._leaves < layer._size
    assert layer._directory.cache_info().currsize > 1
    assert layer.tile(9, 99, 200) is None
    assert layer.tile(8, 50, 100) is None
    same = dict.fromkeys(
        [(2, x, y) for x in range(4) for y in range(4)], cv2.imencode(".png", np.ones((9, 9)))[1].tobytes()
    )
    raster = open_layer(write_pmtiles(tmp_path / "r.pmtiles", same, vector=False), "raster")
    assert raster.facts.kind == "raster"
    assert raster.tile(2, 3, 3) == Tile(same[2, 3, 3], "image/png")


def test_features_become_geojson_with_their_names_only(tmp_path: Path) -> None:
    well = shape("Well", "point", (42.01, 34.0))
    field = shape("Field", "area", (42.0, 34.0), (42.02, 34.0), (42.02, 34.02))
    layer = open_layer(write_features(tmp_path / "f.gpkg", well, field), "vector")
    told = json.loads(layer.features())["features"]
    assert [one["properties"] for one in told] == [
        {"name": "Well", "name_ar": "بئر"},
        {"name": "Field", "name_ar": "بئر"},
    ]
    assert told[0]["geometry"] == {"type": "Point", "coordinates": [42.01, 34.0]}
    assert layer.facts.bounds_deg == (42.0, 34.0, 42.02, 34.02)
    assert not layer.facts.tiled


def test_features_in_another_reference_system_are_turned_and_damaged_ones_counted(tmp_path: Path) -> None:
    path = write_features(tmp_path / "f.gpkg", shape("Well", "point", (500_000.0, 3_762_155.29)))
    connection = apsw.Connection(str(path))
    connection.execute("INSERT INTO gpkg_spatial_ref_sys VALUES ('utm', 32638, 'EPSG', 32638, 'x', '')")
    connection.execute("UPDATE gpkg_geometry_columns SET srs_id=32638")
    connection.execute("INSERT INTO shapes (geom, name) VALUES (x'4750', 'broken')")
    connection.close()
    layer = open_layer(path, "vector")
    at = json.loads(layer.features())["features"][0]["geometry"]["coordinates"]
    assert at == pytest.approx([45.0, 34.0], abs=1e-5)
    assert layer.facts.notes == ("1 features of table 'shapes' have a geometry that cannot be drawn",)


def bad(path: Path, kind: Kind = "raster", table: str = "") -> str:
    with pytest.raises(BadInput) as refused:
        open_layer(path, kind, table)
    assert str(path) == refused.value.where
    assert "\n" not in str(refused.value)
    assert refused.value.do
    return refused.value.rule


def test_what_is_wrong_with_a_file_is_one_line(tmp_path: Path) -> None:
    assert bad(tmp_path / "none.mbtiles") == "no such file"
    words = tmp_path / "words.txt"
    words.write_text("x")
    assert bad(words) == "is neither .pmtiles nor .mbtiles nor .gpkg"
    for name, rule in (
        ("a.pmtiles", "is not PMTiles"),
        ("a.mbtiles", "is not an SQLite file"),
        ("a.gpkg", "is not an SQLite file"),
    ):
        (tmp_path / name).write_bytes(b"nothing of the kind" * 20)
        assert bad(tmp_path / name) == rule
    whole = write_raster(tmp_path / "own.mbtiles", BOX)
    assert bad(whole, "vector") == "holds raster tiles, and kind says vector"
    assert bad(whole, "raster", "imagery") == "has no tables: `table` is for a GeoPackage"
    cut = tmp_path / "cut.mbtiles"
    cut.write_bytes(whole.read_bytes()[:-5000])
    assert bad(cut).startswith("is cut short: ")
    torn = bytearray(whole.read_bytes())
    torn[100:4000] = b"\xff" * 3900
    cut.write_bytes(torn)
    assert bad(cut).startswith("is damaged (")
    package = write_features(tmp_path / "f.gpkg", shape("Well", "point", (42.0, 34.0)))
    assert bad(package, "raster") == "holds no tiles"
    assert bad(package, "vector", "other") == "has no table 'other' of features"
    no_format = write_vector_mbtiles(tmp_path / "n.mbtiles", {(0, 0, 0): b""}, {"format": "tif"})
    assert bad(no_format) == "metadata `format` is 'tif', none of png, jpg, webp, pbf"
    no_parts = write_vector_mbtiles(tmp_path / "p.mbtiles", {(0, 0, 0): b""}, {"json": "{}"})
    assert bad(no_parts, "vector").startswith("does not say which vector layers it holds")
    no_bounds = write_vector_mbtiles(tmp_path / "b.mbtiles", {(0, 0, 0): b""}, {"bounds": "1,2,3"})
    assert bad(no_bounds, "vector") == "metadata `bounds` '1,2,3' is no west,south,east,north"


def test_damaged_pmtiles_are_refused_or_give_no_tile(tmp_path: Path) -> None:
    pytest.importorskip("pmtiles")
    whole = write_pmtiles(tmp_path / "v.pmtiles", {(1, 0, 0): vector_tile("x")}, vector=True).read_bytes()
    torn = tmp_path / "torn.pmtiles"
    for length in range(0, len(whole), 7):
        torn.write_bytes(whole[:length])
        bad(torn, "vector")
    rng = np.random.default_rng(5)
    for _ in range(300):
        changed = bytearray(whole)
        changed[int(rng.integers(8, len(whole)))] = int(rng.integers(256))
        torn.write_bytes(changed)
        with contextlib.suppress(BadInput):  # and nothing else
            layer = open_layer(torn, "vector")
            layer.tile(1, 0, 0)
            layer.close()


def test_gzip_of_a_tile_is_named(tmp_path: Path) -> None:
    plain = gzip.decompress(vector_tile("x"))
    layer = open_layer(write_vector_mbtiles(tmp_path / "v.mbtiles", {(0, 0, 0): plain}), "vector")
    assert layer.tile(0, 0, 0) == Tile(plain, VECTOR_TILE, gzip=False)
