"""What the map asks of the ground, and the layers of one's own that it shows."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterator
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest

from builders import level, site, with_wall
from core_builders import SENSORS, make_core, silence
from map_files import vector_tile, write_features, write_raster, write_vector_mbtiles
from served import Served
from watchline.domain.records import GeoPoint, MapShape
from watchline.domain.site import MapLayer
from watchline.geo.frame import GEOD
from watchline.ops.site_check import check_site
from watchline.server import limits, map_sheet
from watchline.server.session import Sessions

WELL = MapShape(
    id="w", t_s=0.0, source="t", name="Well", shape="point", points=(GeoPoint(lon_deg=42.0, lat_deg=34.0),)
)
LAYERS = (
    MapLayer(id="photo", name="Imagery 2026", file="photo.mbtiles", kind="raster", attribution="Survey"),
    MapLayer(id="roads", name="طرق", file="roads.mbtiles", kind="vector"),
    MapLayer(id="wells", name="Wells", file="wells.gpkg", kind="vector", shown=False),
    MapLayer(id="gone", name="Gone", file="gone.pmtiles", kind="raster"),
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    directory = tmp_path_factory.mktemp("layers")
    what = msgspec.structs.replace(site(*SENSORS), map_layers=LAYERS)
    (directory / "site").mkdir()
    write_raster(directory / "site/photo.mbtiles", (41.9, 33.9, 42.1, 34.1))
    write_vector_mbtiles(directory / "site/roads.mbtiles", {(3, 4, 3): vector_tile("x")})
    write_features(directory / "site/wells.gpkg", WELL)
    found = Served(make_core(directory, silence, what), Sessions("desk-1"), directory).as_operator()
    yield found
    found.core.close()


def test_the_screen_is_told_of_each_layer_and_of_what_is_missing(served: Served) -> None:
    told = {row["id"]: row for row in served.get("/api/site").json()["map_layers"]}
    assert told["photo"]["attribution"] == "Survey"
    assert told["photo"]["problem"] is None
    assert told["photo"]["tiled"]
    assert told["roads"]["parts"] == ["places", "roads"]
    assert told["roads"]["name"] == "طرق"
    assert told["wells"]["shown"] is False
    assert told["wells"]["tiled"] is False
    assert told["gone"]["problem"] == "gone.pmtiles no such file"
    assert "tiled" not in told["gone"]


def test_tiles_and_features_are_served_and_what_is_not_there_is_empty(served: Served) -> None:
    z = served.get("/api/site").json()["map_layers"][0]["max_zoom"]
    x = int((41.95 / 360 + 0.5) * 2**z)
    y = int((0.5 - np.log(np.tan(np.pi / 4 + np.radians(34.0) / 2)) / (2 * np.pi)) * 2**z)
    photo = served.get(f"/tiles/layers/photo/{z}/{x}/{y}")
    assert photo.headers["content-type"] == "image/png"
    assert len(photo.content) > 100
    empty = served.get(f"/tiles/layers/photo/{z}/0/0")
    assert empty.status_code == 200
    assert empty.content[:4] == b"\x89PNG"
    roads = served.get("/tiles/layers/roads/3/4/3")
    assert roads.headers["content-encoding"] == "gzip"
    assert roads.content == gzip.decompress(vector_tile("x"))
    nothing = served.get("/tiles/layers/roads/3/0/0")
    assert nothing.status_code == 200
    assert nothing.content == b""
    assert served.get("/tiles/layers/wells.geojson").json()["features"][0]["properties"] == {"name": "Well"}
    for wrong in ("gone/0/0/0", "none/0/0/0", "wells/0/0/0", "photo/30/0/0", "photo/2/4/0", "photo.geojson"):
        assert served.get(f"/tiles/layers/{wrong}").status_code == 404
    assert served.get("/exercise/tiles/layers/photo/0/0/0").status_code == 403


def test_check_names_file_field_and_rule_and_the_site_still_runs(served: Served) -> None:
    found = [f for f in check_site(served.directory / "site/site.toml") if f.field.startswith("map_layers")]
    assert [str(f) for f in found] == [
        "site.toml: map_layers[gone].file: gone.pmtiles no such file; correct the path"
    ]
    assert found[0].severity == "warning"


def near_the_line(served: Served, *offsets_m: tuple[float, float]) -> str:
    """Return points by east and north of the middle of the line, as a query names them."""
    lon, lat = served.get("/api/site").json()["center"]
    points = []
    for east, north in offsets_m:
        at = GEOD.fwd(lon, lat, np.degrees(np.arctan2(east, north)), np.hypot(east, north))
        points.append(f"{at[0]:.7f},{at[1]:.7f}")
    return ";".join(points)


def test_a_way_is_measured(served: Served) -> None:
    way = near_the_line(served, (0.0, 0.0), (1000.0, 0.0), (1000.0, 1000.0))
    told = served.get("/api/ground/measure", params={"way": way}).json()
    assert [leg["distance_m"] for leg in told["legs"]] == pytest.approx([1000.0, 1000.0], abs=0.2)
    assert [leg["bearing_deg"] for leg in told["legs"]] == pytest.approx([90.0, 0.0], abs=0.1)
    assert told["area_m2"] == pytest.approx(500_000.0, rel=1e-3)
    assert told["distance_m"] == pytest.approx(2000.0, abs=0.3)
    assert all(point["height_m"] is not None and point["mgrs"] for point in told["points"])
    alone = served.get("/api/ground/measure", params={"way": way.split(";")[0]}).json()
    assert alone["legs"] == []
    assert alone["area_m2"] is None
    far = served.get("/api/ground/measure", params={"way": "0,0;1,1"}).json()
    assert far["points"][0]["height_m"] is None
    assert far["rise_m"] is None


def test_sight_over_level_ground_with_and_without_a_wall(tmp_path: Path) -> None:
    for wall_m, answer in ((0.0, "seen"), (40.0, "hidden")):
        directory = tmp_path / str(wall_m)
        core = make_core(directory, silence, site(*SENSORS), ground=with_wall(level(), 500.0, wall_m))
        served = Served(core, Sessions("desk-1"), directory).as_operator()
        way = near_the_line(served, (0.0, -1500.0), (0.0, 2000.0))
        told = served.get("/api/ground/sight", params={"way": way, "eye_m": 10, "subject_m": 1.7}).json()
        assert told["answer"] == answer
        assert (told["p_visible"] > 0.5) == (answer == "seen")
        profile = told["profile"]
        assert len({len(column) for column in profile.values()}) == 1
        assert 2 < len(profile["need_m"]) <= 1201
        hidden = [need > 1.7 for need in profile["need_m"]]
        assert any(hidden) == (answer == "hidden")
        if answer == "hidden":
            assert 1900.0 < told["blocker_m"] < 2100.0
            assert told["need_m"] > 40.0
        around = served.get("/api/ground/horizon", params={"way": way.split(";")[0], "eye_m": 10}).json()
        north, south = around["elevation_deg"][0], around["elevation_deg"][360]
        assert len(around["elevation_deg"]) == 720
        assert south < 0.0
        assert (north > 0.5) == (answer == "hidden")
        served.core.close()


def test_bad_questions_get_one_line(served: Served) -> None:
    many = ";".join(["42,34"] * 201)
    measured = [("measure", way) for way in ("", "1,2,3", "x,y", "nan,34", many)]
    for path, way in (*measured, ("sight", "42,34"), ("horizon", "42,99")):
        answer = served.get(f"/api/ground/{path}", params={"way": way})
        assert answer.status_code == 400, (path, way)
        assert answer.json()["error"].startswith("way: is "), (path, way)
    assert served.get("/api/ground/sight", params={"way": "42,34;42,35", "eye_m": "-1"}).status_code == 400
    assert served.get("/api/ground/sight", params={"way": "0,0;1,1"}).json() == {"answer": "no_ground"}
    assert served.get("/api/ground/horizon", params={"way": "0,0"}).json() == {"answer": "no_ground"}


def test_a_drawn_map_becomes_a_pdf_with_the_marks_of_the_run(served: Served) -> None:
    png = base64.b64encode(cv2.imencode(".png", np.full((40, 80, 3), 200, np.uint8))[1].tobytes()).decode()
    asked = {"png": png, "title": "Sheet", "language": "ar", "paper": "A3", "mark": "RESTRICTED", "lines": ["1", "2"]}
    made = served.ask("POST", "/api/map-sheet.pdf", json=asked)
    assert made.headers["content-type"] == "application/pdf"
    assert made.content[:5] == b"%PDF-"
    assert b"/MediaBox [0 0 1190.55 841.89]" in made.content  # A3 lying, points
    told = map_sheet._Sheet(**asked | {"png": b""})
    for exercise, simulated, count in ((False, False, 1), (True, True, 3)):
        document = map_sheet.document_of(told, exercise=exercise, simulated=simulated)
        assert document.marks[0].split(" · ")[0] == "RESTRICTED"
        assert len(document.marks[0].split(" · ")) == count
    wrong = base64.b64encode(b"not a picture").decode()
    huge = base64.b64encode(map_sheet.PNG + b"\0\0\0\rIHDR" + (10**6).to_bytes(4, "big") * 2).decode()
    for body in (
        asked | {"png": wrong},
        asked | {"png": huge},
        asked | {"paper": "A0"},
        asked | {"title": "x" * 301},
    ):
        assert served.ask("POST", "/api/map-sheet.pdf", json=body).status_code == 400


def test_tiles_count_a_quarter_of_a_request() -> None:
    tiles, others = limits.Rate(), limits.Rate()
    took = [
        sum(rate.takes("a", 0.0, cost) for _ in range(2000))
        for rate, cost in ((tiles, limits.TILE_COST), (others, 1.0))
    ]
    assert took == [4 * int(limits.BURST), int(limits.BURST)]
