"""OGC API – Features: the requirements of OGC 17-069r4 part 1 that a client such as QGIS rests on."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from builders import T0_S
from core_builders import Step, ticks
from served import BASE, Served, serve
from watchline.domain.records import Position, UnitReport
from watchline.server.feature_query import BadQuery, read_query

UNITS = 25


def units(now_s: float) -> Step:
    """Return a patrol every ten seconds, each 0.01 degrees farther east."""
    k = round(now_s - T0_S)
    if k % 10 or not 0 <= k // 10 - 1 < UNITS:
        return Step()
    n = k // 10 - 1
    report = UnitReport(
        id=f"report-{n}", t_s=now_s, source=f"unit-{n}", unit=f"unit-{n}", speed_m_s=1.0, heading_rad=0.0,
        state="patrolling", position=Position(lon_deg=42.0 + n / 100, lat_deg=33.6, s_m=0.0, d_m=0.0),
    )  # fmt: skip
    return Step([report])


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    served: Served = serve(Path(tmp_path_factory.mktemp("features")), units)
    ticks(served.core, 10 * UNITS + 1)
    yield served.as_operator()
    served.core.close()


def items(desk: Served, query: str = "", collection: str = "units") -> dict[str, Any]:
    answer = desk.get(f"/ogc/collections/{collection}/items{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/geo+json"
    found: dict[str, Any] = answer.json()
    return found


def test_the_landing_page_leads_everywhere(desk: Served) -> None:
    page = desk.get("/ogc").json()
    links = {link["rel"]: link for link in page["links"]}
    assert {"self", "service-desc", "conformance", "data"} <= links.keys()
    for rel in ("service-desc", "conformance", "data"):
        answer = desk.get(links[rel]["href"].removeprefix(BASE))
        assert answer.status_code == 200
        assert answer.headers["content-type"] == links[rel]["type"]


def test_conformance_names_core_geojson_and_the_definition(desk: Served) -> None:
    classes = desk.get("/ogc/conformance").json()["conformsTo"]
    assert {c.rpartition("/")[2] for c in classes} == {"core", "oas30", "geojson"}


def test_the_definition_has_every_path_that_is_served(desk: Served) -> None:
    definition = desk.get("/ogc/api").json()
    assert definition["openapi"].startswith("3.0")
    for path in definition["paths"]:
        concrete = path.replace("{collection}", "line").replace("{item}", "line")
        assert desk.get(f"/ogc{concrete}").status_code == 200
    refs = str(definition["paths"]).count("#/components/parameters/")
    assert refs == 8


def test_every_collection_has_its_items_extent_and_links(desk: Served) -> None:
    collections = desk.get("/ogc/collections").json()["collections"]
    ids = [one["id"] for one in collections]
    assert {"line", "posts", "units", "tracks", "alerts", "reports", "places", "shapes"} == set(ids)
    for one in collections:
        assert one == desk.get(f"/ogc/collections/{one['id']}").json()
        west, south, east, north = one["extent"]["spatial"]["bbox"][0]
        assert west < 42.0 < east
        assert south < 33.6 < north
        assert {link["rel"] for link in one["links"]} == {"self", "items"}
        assert items(desk, collection=one["id"])["type"] == "FeatureCollection"


def test_counts_and_the_time_stamp_are_told(desk: Served) -> None:
    found = items(desk)
    assert (found["numberMatched"], found["numberReturned"], len(found["features"])) == (UNITS,) * 3
    assert found["timeStamp"] == "2018-01-23T00:04:11.000Z"
    feature = found["features"][3]
    assert feature["geometry"] == {"type": "Point", "coordinates": [42.03, 33.6]}
    assert feature["properties"]["name"] == "unit-3"


def test_pages_follow_each_other_to_the_end_without_gap_or_double(desk: Served) -> None:
    seen, path = [], "/ogc/collections/units/items?limit=7"
    while path:
        page = desk.get(path).json()
        seen += [feature["id"] for feature in page["features"]]
        assert page["numberMatched"] == UNITS
        following = [link["href"] for link in page["links"] if link["rel"] == "next"]
        path = following[0].removeprefix(BASE) if following else ""
    assert seen == [feature["id"] for feature in items(desk)["features"]]
    assert len(set(seen)) == UNITS


@pytest.mark.parametrize(
    ("bbox", "count"),
    [
        ("42.045,33,42.105,34", 6),
        ("42.045,33,-10,42.105,34,9000", 6),
        ("42.0,33.6,42.0,33.6", 1),
        ("10,33,11,34", 0),
        ("170,33,42.005,34", 1),  # across the 180th meridian: from 170 E eastwards to 42 E
        ("-180,-90,180,90", UNITS),
    ],
)
def test_the_box_takes_what_touches_it(desk: Served, bbox: str, count: int) -> None:
    assert items(desk, f"?bbox={bbox}")["numberMatched"] == count


@pytest.mark.parametrize(
    ("moment", "count"),
    [
        ("2018-01-23T00:00:10Z", 1),
        ("2018-01-23T00:00:10Z/2018-01-23T00:00:40Z", 4),
        ("2018-01-23T03:00:10%2B03:00/..", UNITS),
        ("../2018-01-23T00:00:20Z", 2),
        ("/2018-01-23T00:00:20Z", 2),
        ("2019-01-01T00:00:00Z/..", 0),
    ],
)
def test_the_time_takes_what_meets_it(desk: Served, moment: str, count: int) -> None:
    assert items(desk, f"?datetime={moment}")["numberMatched"] == count


def test_what_has_no_time_answers_at_every_time(desk: Served) -> None:
    assert items(desk, "?datetime=1999-01-01T00:00:00Z", "line")["numberMatched"] == 1


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=-1", "limit=ten", "limit=1.5", "offset=-1", "bbox=1,2,3", "bbox=a,b,c,d", "bbox=1,50,2,40",
     "bbox=nan,0,1,1", "bbox=0,0,1,91", "datetime=yesterday", "datetime=../..",
     "datetime=2019-01-01T00:00:00Z/2018-01-01T00:00:00Z",
     "colour=red", "f=html"],
)  # fmt: skip
def test_a_parameter_that_is_not_understood_is_refused(desk: Served, query: str) -> None:
    answer = desk.get(f"/ogc/collections/units/items?{query}")
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(query.partition("=")[0])


def test_a_limit_above_the_greatest_is_the_greatest() -> None:
    assert read_query({"limit": "999999"}).limit == 10_000
    with pytest.raises(BadQuery):
        read_query({"limit": "9" * 5000})


def test_one_feature_by_its_id(desk: Served) -> None:
    one = desk.get("/ogc/collections/units/items/report-3")
    assert one.headers["content-type"] == "application/geo+json"
    assert one.json()["properties"]["name"] == "unit-3"
    assert {link["rel"] for link in one.json()["links"]} == {"self", "collection"}
    assert desk.get("/ogc/collections/units/items/nobody").status_code == 404
    assert desk.get("/ogc/collections/nothing").status_code == 404


def test_a_map_program_reads_with_the_key_and_with_nothing_else(desk: Served) -> None:
    access = desk.get("/api/features").json()
    stranger = Served(desk.core, desk.sessions, desk.directory)
    basic = base64.b64encode(f"{access['user']}:{access['password']}".encode()).decode()
    assert access["address"] == f"{BASE}/ogc"
    assert stranger.get("/ogc").status_code == 403
    for word in (f"Basic {basic}", f"Bearer {access['password']}"):
        assert stranger.get("/ogc", headers={"authorization": word}).status_code == 200
        assert stranger.get("/api/alerts", headers={"authorization": word}).status_code == 403
    for word in ("Basic %%%", "Bearer x", f"Digest {access['password']}", "Basic"):
        assert stranger.get("/ogc", headers={"authorization": word}).status_code == 403


def test_features_are_only_read(desk: Served) -> None:
    assert desk.ask("POST", "/ogc/collections/units/items", json={}).status_code == 405
