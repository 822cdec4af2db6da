"""What a screen asks of searching, and what it is shown; maps are drawn by a process of their own."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from builders import position
from core_builders import make_core, ticks
from respond_site import LINE, PEOPLE, script, with_units
from served import Served, running
from watchline.alerting.desk.roles import Who
from watchline.ops.search.keeper import SearchKeeper
from watchline.ops.search.worker import Process
from watchline.server.session import Sessions

WAIT_S = 90.0


@pytest.mark.slow
def test_a_search_is_begun_planned_shown_and_printed(tmp_path: Path) -> None:
    core = ticks(make_core(tmp_path, script, with_units()), 30)
    core.searches = SearchKeeper(core.loaded, core.terrain, Process, wait=False)  # as in a real core
    people = tuple(Who(p.name, p.role, p.desk) for p in PEOPLE)
    with running(core, 0.05):
        desk = Served(core, Sessions("desk-1", people), tmp_path)
        desk.get(f"/?token={desk.sessions.new_seat_token(people[0])}")
        assert desk.get("/api/searches").json()["searches"] == []
        at = position(LINE, 5000.0, -200.0)
        body = {"ask": "begin_search", "key": "begin-0001", "lon_deg": at.lon_deg, "lat_deg": at.lat_deg,
                "ago_s": 20.0, "subject": "lost", "name": "well"}  # fmt: skip
        assert desk.ask("POST", "/api/searches", json=body | {"hours": 99.0, "key": "begin-0000"}).status_code == 400
        assert desk.ask("POST", "/api/searches", json=body).json() == {"durable": True, "id": "L-1"}
        end = time.monotonic() + WAIT_S
        while not (shown := desk.get("/api/searches").json())["maps"] or shown["searches"][0]["plan"] is None:
            assert time.monotonic() < end
            time.sleep(0.1)
        (search,) = shown["searches"]
        assert search["rescue"]
        assert (search["begun"]["person"], search["begun"]["subject"]) == ("lead", "lost")
        assert 0.9 < sum(p for *_, p in shown["maps"]["L-1"]["cells"]) <= 1.0001
        assert desk.get("/api/searches/L-1/plan.gpx").text.count("<trk>") >= 1
        arabic = desk.get("/api/searches/L-1/plan.html", params={"lang": "ar"}).text
        assert 'dir="rtl"' in arabic
        assert "lead ·" in arabic  # whose copy it is
        assert desk.get("/api/searches/L-9/plan.gpx").status_code == 404
        order = {"ask": "search_order", "key": "order-0001", "search": "L-1", "digest": search["digest"]}
        refused = desk.ask("POST", "/api/searches", json=order)  # one of the units is another command's
        assert refused.status_code == (403 if "guard-1" in search["units"] else 200)
    core.close()
