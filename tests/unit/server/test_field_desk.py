"""The phone page's side of the desk: who may report, what is accepted, and that accepted means durable."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from builders import T0_S
from core_builders import make_core
from served import Served, running, serve
from watchline.domain.records import Beacon, FieldReport, GeoPoint
from watchline.links.field import report_text
from watchline.ops.core import Core
from watchline.server.field import BODY_MAX, FILES, PAGE

REPORT = FieldReport(
    id="post-3.17", t_s=T0_S, source="post-3", reporter="post-3", number=17, what="footprints", subject="people",
    place=GeoPoint(lat_deg=33.6, lon_deg=42.0), count=3,
)  # fmt: skip


def line(**change: object) -> bytes:
    report = msgspec.structs.replace(REPORT, **change)
    report = msgspec.structs.replace(report, id=f"{report.reporter}.{report.number}", source=report.reporter)
    return report_text.encode(report)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Served]:
    served = serve(tmp_path)
    yield served
    served.core.close()


def send(desk: Served, body: bytes) -> list[dict[str, object]]:
    with running(desk.core):
        answer = desk.ask("POST", "/field/reports", content=body)
    assert answer.status_code == 200
    receipts: list[dict[str, object]] = answer.json()["receipts"]
    return receipts


def test_an_accepted_report_is_in_the_ledger_when_its_receipt_comes(desk: Served) -> None:
    (receipt,) = send(desk.as_reporter("post-3"), line())
    assert receipt["accepted"] is True
    assert str(receipt["line"]).startswith("WL1 K post-3.17 *")
    assert desk.kept("field_report") == [REPORT]


def test_a_report_sent_twice_is_one_report_and_has_its_receipt_twice(desk: Served) -> None:
    desk.as_reporter("post-3")
    first, second = send(desk, line()), send(desk, line() + b"\n" + line())
    assert [r["accepted"] for r in (*first, *second)] == [True] * 3
    assert len(desk.kept("field_report")) == 1


def test_another_report_under_the_same_number_is_not_taken_for_it(desk: Served) -> None:
    send(desk.as_reporter("post-3"), line())
    (receipt,) = send(desk, line(count=9))
    assert receipt["accepted"] is False
    assert "another report" in str(receipt["reason"])
    assert desk.kept("field_report") == [REPORT]


def test_reports_are_known_again_after_a_restart(tmp_path: Path) -> None:
    before = serve(tmp_path)
    send(before.as_reporter("post-3"), line())
    before.core.close()
    after: Core = make_core(tmp_path)
    assert after.picture.reports["post-3.17"] == REPORT
    after.close()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (line().replace(b"n3", b"n8"), "checksum"),
        (line(reporter="post-4"), "not one of the reporters"),
        (line(t_s=T0_S + 86_400), "future"),
        (b"help", "checksum"),
        (b"\xff\xfe\x00", "checksum"),
        (line(what="distress", place=None), "nobody knows where"),
    ],
)
def test_what_is_refused_says_why_and_is_not_kept(desk: Served, body: bytes, reason: str) -> None:
    good = line(number=18)
    refused, accepted = send(desk.as_reporter("post-3"), body + b"\n" + good)
    assert refused["accepted"] is False
    assert reason in str(refused["reason"])
    assert accepted["accepted"] is True
    assert [report.number for report in desk.kept("field_report")] == [18]


def test_a_flood_is_refused_before_it_is_read(desk: Served) -> None:
    desk.as_reporter("post-3")
    assert desk.ask("POST", "/field/reports", content=b"x" * (BODY_MAX + 1)).status_code == 413


def test_distress_becomes_an_alert_where_the_phone_says(desk: Served) -> None:
    send(desk.as_reporter("patrol-9"), line(reporter="patrol-9", what="distress", count=None))
    (beacon,) = desk.kept("beacon")
    assert isinstance(beacon, Beacon)
    assert beacon.provenance == ("patrol-9.17",)
    alerts = desk.kept("alert")
    assert [(alert.what, alert.level) for alert in alerts] == [("distress", 4)]
    assert alerts[0].position.lat_deg == pytest.approx(33.6)


def test_distress_without_a_place_is_at_the_reporter_s_own_post(desk: Served) -> None:
    post = desk.core.loaded.site.posts[0]
    (receipt,) = send(desk.as_reporter(post.id), line(reporter=post.id, what="distress", place=None))
    assert receipt["accepted"] is True
    (beacon,) = desk.kept("beacon")
    assert (beacon.position.lon_deg, beacon.position.lat_deg) == (post.lon_deg, post.lat_deg)


@pytest.mark.parametrize(
    "path", ["/", "/api/alerts", "/api/site", "/api/features", "/ogc", "/tiles/terrain/3/0/0.png"]
)
def test_a_reporter_sees_nothing_of_the_desk(desk: Served, path: str) -> None:
    assert desk.as_reporter("post-3").get(path).status_code == 403


def test_a_stranger_gets_nothing_and_a_link_works_once(desk: Served) -> None:
    for path in ("/field", "/field/me", "/field/app.js"):
        assert desk.get(path).status_code == 403
    token = desk.sessions.new_link_token("post-3")
    assert desk.get(f"/field?token={token}").status_code == 303
    assert desk.get(f"/field?token={token}").status_code == 403


def test_the_desk_makes_links_for_reporters_and_reports_by_hand(desk: Served) -> None:
    desk.as_operator()
    answer = desk.ask("POST", "/api/field/link", json={"reporter": "post-3"})
    assert answer.json()["path"].startswith("/field?token=")
    assert desk.ask("POST", "/api/field/link", json={"reporter": "a b"}).status_code == 400
    (receipt,) = send(desk, line(reporter="desk-1"))
    assert receipt["accepted"] is True
    assert desk.as_reporter("post-3").ask("POST", "/api/field/link", json={"reporter": "x"}).status_code == 403


def test_the_page_is_told_who_reports_and_what_time_it_is(desk: Served) -> None:
    assert desk.as_reporter("post-3").get("/field/me").json() == {"reporter": "post-3", "now_s": T0_S}


@pytest.mark.parametrize("name", sorted(FILES))
def test_every_file_of_the_page_is_served_with_its_kind(desk: Served, name: str) -> None:
    answer = desk.as_reporter("post-3").get(f"/field/{name}".rstrip("/"))
    assert answer.status_code == 200
    assert answer.content == (PAGE / FILES[name]).read_bytes()
    assert "//cdn" not in answer.text


def test_only_files_of_the_page_are_served(desk: Served) -> None:
    desk.as_reporter("post-3")
    for name in ("../app.py", "index.html", "%2e%2e%2fapp.py"):
        assert desk.get(f"/field/{name}").status_code in (403, 404)
