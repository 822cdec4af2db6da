"""Map files out of the desk and into it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core_builders import make_core, ticks
from served import Served, running, serve
from watchline.domain.records import GeoPoint, MapShape
from watchline.links.contract import Settings
from watchline.server.map_files import FILE_MAX, FORMS
from watchline.server.session import Sessions

WELL = MapShape(
    id="x", t_s=0.0, source="m", name="بئر", shape="point", points=(GeoPoint(lon_deg=42.0, lat_deg=33.6),),
    properties={"what": "well"},
)  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Served]:
    served = serve(tmp_path)
    yield served.as_operator()
    served.core.close()


@pytest.mark.parametrize("form", sorted(FORMS))
def test_a_layer_goes_out_and_comes_in_as_a_file(desk: Served, form: str) -> None:
    out = desk.get(f"/api/export/posts.{form}")
    assert (out.status_code, out.headers["content-type"].split(";")[0]) == (200, FORMS[form][1])
    with running(desk.core):
        answer = desk.ask("POST", f"/api/import/{form}?key=press-0001", content=out.content)
    posts = desk.core.loaded.site.posts
    assert answer.json() == {"durable": True, "shapes": len(posts), "refused": []}
    kept = desk.kept("map_shape")
    assert [(shape.name, shape.source) for shape in kept] == [(post.id, "desk-1") for post in posts]
    features = desk.get("/ogc/collections/shapes/items").json()["features"]
    assert [feature["properties"]["name"] for feature in features] == [post.id for post in posts]


def test_the_same_file_pressed_twice_is_kept_once(desk: Served) -> None:
    data = FORMS["gpx"][0].file_of([WELL])
    with running(desk.core):
        for _ in range(2):
            assert desk.ask("POST", "/api/import/gpx?key=press-0001", content=data).status_code == 200
    assert [shape.name for shape in desk.kept("map_shape")] == ["بئر"]


def test_what_could_not_be_read_is_told_and_the_rest_is_kept(desk: Served) -> None:
    with running(desk.core):
        answer = desk.ask("POST", "/api/import/csv?key=press-0001", content=b"name,lat,lon\na,33,42\nb,99,42\n")
    assert answer.json()["shapes"] == 1
    assert "no place" in answer.json()["refused"][0]


@pytest.mark.parametrize(("path", "body", "code"), [
    ("import/gpx?key=press-0001", b"<html/>", 400),
    ("import/gpx", b"", 400),
    ("import/shp?key=press-0001", b"", 404),
    ("import/csv?key=press-0001", b"x" * (FILE_MAX + 1), 413),
])  # fmt: skip
def test_what_cannot_be_taken_is_refused(desk: Served, path: str, body: bytes, code: int) -> None:
    assert desk.ask("POST", f"/api/{path}", content=body).status_code == code


def test_only_layers_and_forms_that_are_there(desk: Served) -> None:
    assert desk.get("/api/export/secrets.gpx").status_code == 404
    assert desk.get("/api/export/posts.dwg").status_code == 404
    assert desk.as_reporter("post-3").get("/api/export/posts.gpx").status_code == 403


def test_every_form_reads_what_it_writes() -> None:
    for module, _ in FORMS.values():
        _, (shape,), errors = module.decode(module.init(Settings("x")), module.file_of([WELL]))
        assert errors == ()
        assert shape.name == WELL.name


@pytest.mark.parametrize("form", sorted(FORMS))
def test_an_alert_that_has_lasted_goes_out_in_every_form(tmp_path: Path, form: str) -> None:
    served = Served(ticks(make_core(tmp_path), 90), Sessions("desk-1"), tmp_path).as_operator()
    (view,) = served.core.picture.alerts.values()
    assert view.alert.first_s < view.alert.t_s
    with running(served.core):
        out = served.get(f"/api/export/alerts.{form}?from_km=0&to_km=10")
    served.core.close()
    assert out.status_code == 200
    assert view.alert.alert.encode() in out.content
