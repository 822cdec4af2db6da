"""Map files of other programs, in and out."""

from __future__ import annotations

import io
import struct
import zipfile
from types import ModuleType

import apsw
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import T0_S
from watchline.domain.records import GeoPoint, MapShape, Position, Record, UnitReport
from watchline.links.contract import PeerError, Settings, at
from watchline.links.maps import csv_table, geojson, geopackage, gpx, kml
from watchline.links.maps.shapes import shape_of, track_of
from watchline.links.xml_tree import parse

FORMATS: list[ModuleType] = [gpx, kml, geojson, csv_table, geopackage]
WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N")), min_size=1, max_size=12)
POINTS = st.builds(
    GeoPoint,
    lon_deg=st.floats(-180, 180).map(lambda v: round(v, 6)),
    lat_deg=st.floats(-90, 90).map(lambda v: round(v, 6)),
)


def read(module: ModuleType, data: bytes) -> tuple[tuple[Record, ...], tuple[PeerError, ...]]:
    _, records, errors = module.decode(at(module.init(Settings(module.NAME)), T0_S), data)
    return records, errors


@st.composite
def shapes(draw: st.DrawFn) -> MapShape:
    shape, least = draw(st.sampled_from([("point", 1), ("line", 2), ("area", 3)]))
    count = 1 if shape == "point" else draw(st.integers(least, 6))
    points = draw(st.lists(POINTS, min_size=count, max_size=count, unique_by=lambda p: (p.lon_deg, p.lat_deg)))
    if draw(st.booleans()):
        points = [msgspec.structs.replace(p, msl_m=round(draw(st.floats(1, 3000)), 2)) for p in points]
    timed = shape == "line" and draw(st.booleans())
    times = tuple(T0_S + 10.5 * k for k in range(count)) if timed else ()
    return MapShape(
        id="x", t_s=T0_S, source="m", name=draw(WORDS), shape=shape, points=tuple(points), times_s=times
    )  # fmt: skip


def told(shape: Record) -> tuple[object, ...]:
    assert isinstance(shape, MapShape)
    points = [(p.lon_deg, p.lat_deg, p.msl_m) for p in shape.points]
    if shape.shape == "area":  # a ring may be turned round, and begin anywhere
        points = sorted(points)  # type: ignore[type-var]
    return shape.name, shape.shape, points, shape.times_s


@pytest.mark.parametrize("module", FORMATS, ids=lambda m: m.NAME)
@settings(max_examples=25, deadline=None)
@given(drawn=st.lists(shapes(), min_size=1, max_size=5))
def test_shapes_go_out_and_back(module: ModuleType, drawn: list[MapShape]) -> None:
    records, errors = read(module, module.file_of(drawn))
    assert errors == ()
    expected = sorted(drawn, key=lambda s: s.shape != "point") if module is gpx else drawn
    assert [told(record) for record in records] == [told(shape) for shape in expected]


@pytest.mark.parametrize("module", FORMATS, ids=lambda m: m.NAME)
@pytest.mark.parametrize(
    "data", [b"", b"\x00", b"{}", b"<a/>", b"a,b\n1,2\n", b"PK\x03\x04broken", b"SQLite format 3\x00"]
)
def test_what_is_no_such_file_is_refused_in_one_line(module: ModuleType, data: bytes) -> None:
    records, errors = read(module, data)
    assert records == ()
    assert len(errors) == 1
    assert "\n" not in errors[0].reason


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_that_grow_are_never_opened(encoding: str) -> None:
    bomb = '<!DOCTYPE g [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><gpx><name>&b;</name></gpx>'
    with pytest.raises(ValueError, match="document type"):
        parse(f'<?xml version="1.0" encoding="{encoding}"?>{bomb}'.encode(encoding))


def test_xml_that_is_too_deep_is_refused() -> None:
    with pytest.raises(ValueError, match="deeper"):
        parse(b"<a>" * 10_000)


def test_a_kmz_is_opened_and_a_bomb_is_not() -> None:
    def packed(content: bytes) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("doc.kml", content)
        return out.getvalue()

    place = MapShape(
        id="x", t_s=0.0, source="m", name="well", shape="point", points=(GeoPoint(lon_deg=42, lat_deg=33),)
    )
    records, _ = read(kml, packed(kml.file_of([place])))
    assert [record.name for record in records if isinstance(record, MapShape)] == ["well"]
    _, errors = read(kml, packed(b" " * (65 << 20)))
    assert "over 64 MiB" in errors[0].reason


@pytest.mark.parametrize(
    ("value", "left"),
    [("[420, 33]", "no place"), ("[42]", "position"), ('["a", 1]', "no number"), ("null", "position")],
)
def test_a_bad_feature_is_left_out_and_named_and_the_others_stand(value: str, left: str) -> None:
    good = '{"type":"Feature","properties":null,"geometry":{"type":"Point","coordinates":[42,33]}}'
    bad = f'{{"type":"Feature","properties":{{}},"geometry":{{"type":"Point","coordinates":{value}}}}}'
    records, errors = read(geojson, f'{{"type":"FeatureCollection","features":[{bad},{good}]}}'.encode())
    assert len(records) == 1
    assert left in errors[0].reason


def test_written_polygons_turn_left() -> None:
    ring = [GeoPoint(lon_deg=x, lat_deg=y) for x, y in ((0, 0), (0, 1), (1, 1), (1, 0))]
    area = MapShape(id="x", t_s=0.0, source="m", name="a", shape="area", points=tuple(ring))
    outer = geojson.feature_of(area)["geometry"]["coordinates"][0]
    assert outer == [[1, 0], [1, 1], [0, 1], [0, 0], [1, 0]]


@pytest.mark.parametrize("text", ["name;lat;lon\na;33;42\n", "name\tLatitude\tLongitude\na\t33\t42\n",
                                  "\ufeffname,y,x\r\na,33,42\r\n"])  # fmt: skip
def test_usual_spellings_of_csv_are_read(text: str) -> None:
    records, errors = read(csv_table, text.encode())
    assert errors == ()
    assert [told(record) for record in records] == [("a", "point", [(42.0, 33.0, None)], ())]


def test_a_cell_that_a_spreadsheet_would_run_is_only_text() -> None:
    evil = MapShape(
        id="x", t_s=0.0, source="m", name="=HYPERLINK(1)", shape="point", points=(GeoPoint(lon_deg=1, lat_deg=2),),
        properties={"note": "@SUM(1)"},
    )  # fmt: skip
    text = csv_table.file_of([evil]).decode()
    assert "'=HYPERLINK(1)" in text
    assert "'@SUM(1)" in text


def test_a_geopackage_is_what_the_standard_asks_for() -> None:
    area = MapShape(
        id="x", t_s=T0_S, source="m", name="a", shape="area", properties={"what": "flood", 'a"b': "c", "FID": "7"},
        points=tuple(GeoPoint(lon_deg=x, lat_deg=y) for x, y in ((0, 0), (1, 0), (1, 1))),
    )  # fmt: skip
    data = geopackage.file_of([area])
    assert struct.unpack(">I", data[68:72])[0] == 0x47504B47
    assert struct.unpack(">I", data[60:64])[0] == 10_300
    db = apsw.Connection(":memory:")
    db.deserialize("main", data)
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    assert {row[0] for row in db.execute("SELECT srs_id FROM gpkg_spatial_ref_sys")} == {-1, 0, 4326}
    assert db.execute("SELECT table_name, data_type, min_x, max_y, srs_id FROM gpkg_contents").fetchall() == [
        ("shapes", "features", 0.0, 1.0, 4326)
    ]
    assert len(db.execute('SELECT geom, what, "a""b" FROM shapes').fetchall()) == 1
    db.close()


def test_the_same_shapes_are_the_same_bytes() -> None:
    one = MapShape(id="x", t_s=T0_S, source="m", name="a", shape="point", points=(GeoPoint(lon_deg=1, lat_deg=2),))
    for module in FORMATS:
        assert module.file_of([one]) == module.file_of([one])


def test_a_view_that_works_for_ever_is_not_run() -> None:
    db = apsw.Connection(":memory:")
    db.execute(
        "CREATE TABLE gpkg_geometry_columns(table_name, column_name, srs_id);"
        "INSERT INTO gpkg_geometry_columns VALUES ('v','g',4326);"
        "CREATE VIEW gpkg_contents AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) "
        "SELECT 'v' AS table_name, 'features' AS data_type, x FROM c;"
    )
    records, errors = read(geopackage, bytes(db.serialize("main")))
    db.close()
    assert records == ()
    assert "damaged" in errors[0].reason


def unit(t_s: float, lon: float) -> UnitReport:
    return UnitReport(
        id=f"u{t_s}", t_s=t_s, source="p", unit="patrol-1", speed_m_s=1.0, heading_rad=0.0, state="patrolling",
        position=Position(lon_deg=lon, lat_deg=33.0, s_m=0.0, d_m=0.0),
    )  # fmt: skip


def test_a_unit_s_reports_are_one_way_in_order_of_time() -> None:
    way = track_of([unit(20.0, 42.2), unit(0.0, 42.0), unit(10.0, 42.1)])
    assert way is not None
    assert [p.lon_deg for p in way.points] == [42.0, 42.1, 42.2]
    assert way.times_s == (0.0, 10.0, 20.0)
    assert track_of([unit(0.0, 42.0)]) is None
    place = shape_of(unit(0.0, 42.0))
    assert place is not None
    assert (place.name, place.properties["state"]) == ("patrol-1", "patrolling")


@pytest.mark.parametrize("text", ['{"type":["Point"]}', '{"type":"Feature","geometry":{"type":{}}}', '{"type":7}'])
def test_a_type_that_is_no_text_is_refused(text: str) -> None:
    records, errors = read(geojson, text.encode())
    assert records == ()
    assert len(errors) == 1
