"""A mast moved on the page: who may ask, and what is answered."""

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
    line = desk.get("/api/plan/line").json()
    post = line["posts"][0]
    body = {"post": post["id"], "s_km": post["s_km"] + 0.4, "d_m": post["d_m"]}
    answer = desk.ask("POST", "/api/plan/what-if", json=body)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    engine = WhatIf(core.loaded, core.terrain, Situation(dark=core.state.health.dark))
    assert told["p_after"] == pytest.approx(engine.moved(post["id"], *told["lon_lat"]).after.tolist(), abs=2e-4)
    assert told["p_before"] == line["p_before"]
    assert len(told["route_sd"]) > 2
    assert len(told["help_h"]) == 2


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"post": "nobody", "s_km": 1.0, "d_m": 100.0}, "no post"),
        ({"post": "T01", "s_km": 1.0, "d_m": 1e9}, "no place"),
        ({"post": "T01"}, "s_km"),
    ],
)
def test_what_cannot_be_is_one_line(desk: Served, body: dict[str, object], word: str) -> None:
    answer = desk.ask("POST", "/api/plan/what-if", json=body)
    assert answer.status_code == 400
    assert word in answer.json()["error"]


def test_phones_and_strangers_may_not_ask(desk: Served) -> None:
    body = {"post": "T01", "s_km": 1.0, "d_m": 100.0}
    desk.as_reporter("K-12")
    assert desk.ask("POST", "/api/plan/what-if", json=body).status_code == 403
    assert desk.get("/api/plan/line").status_code == 403
    desk.cookies.clear()
    assert desk.ask("POST", "/api/plan/what-if", json=body).status_code in (401, 403)


def test_the_page_and_its_files_are_served(desk: Served) -> None:
    assert "what if" in desk.get("/plan").text
    assert desk.get("/plan/app.js").headers["content-type"].startswith("text/javascript")
    assert desk.get("/plan/secrets.txt").status_code == 404
