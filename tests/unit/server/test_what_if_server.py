"""A mast moved on the map: who may ask, and what is answered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from served import Served, serve
from watchline.ops.planning.what_if import WhatIf
from watchline.sensing.situation import Situation


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Served]:
    served = serve(tmp_path)
    yield served.as_operator()
    served.core.close()


def test_a_moved_mast_is_answered_as_the_engine_does(desk: Served) -> None:
    core = desk.core
    sensor = next(s for s in core.loaded.site.sensors if s.kind == "thermal_camera")
    post = next(p for p in core.loaded.site.posts if p.id == sensor.post)
    body = {"post": post.id, "lon_deg": post.lon_deg + 0.004, "lat_deg": post.lat_deg}
    answer = desk.ask("POST", "/api/plan/what-if", json=body)
    assert answer.status_code == 200, answer.text
    dark = core.state.health.dark
    told = WhatIf(core.loaded, core.terrain, Situation(dark=dark)).moved(
        body["post"], body["lon_deg"], body["lat_deg"]
    )
    assert answer.json()["p_after"] == pytest.approx(told.after.tolist(), abs=1e-4)
    assert len(answer.json()["route_lon_lat"]) > 2


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"post": "nobody", "lon_deg": 42.0, "lat_deg": 33.6}, "no post"),
        ({"post": "T01", "lon_deg": 500.0, "lat_deg": 33.6}, "no place"),
        ({"post": "T01"}, "lon_deg"),
    ],
)
def test_what_cannot_be_is_one_line(desk: Served, body: dict[str, object], word: str) -> None:
    answer = desk.ask("POST", "/api/plan/what-if", json=body)
    assert answer.status_code == 400
    assert word in answer.json()["error"]


def test_phones_and_strangers_may_not_ask(desk: Served) -> None:
    body = {"post": "T01", "lon_deg": 42.0, "lat_deg": 33.6}
    desk.as_reporter("K-12")
    assert desk.ask("POST", "/api/plan/what-if", json=body).status_code == 403
    desk.cookies.clear()
    assert desk.ask("POST", "/api/plan/what-if", json=body).status_code in (401, 403)
