"""The Audit workplace's doors: what they find, by person and time, and what they refuse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core_builders import SENSORS, make_core, ticks, walker_seen_by_radar
from desk_builders import two_desks
from served import Served, running
from watchline.server.session import Sessions


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    where: Path = tmp_path_factory.mktemp("audit")
    core = ticks(make_core(where, walker_seen_by_radar, two_desks(*SENSORS, evidence_days=1.0)), 60)
    core._keep_evidence(core.clock.now_s + 86_401.0)
    core.make_durable()
    made = Served(core, Sessions(people=core.picture.desk.setup.people), where)
    with running(core):
        yield made
    core.close()


def test_the_chain_is_told_and_checked(served: Served) -> None:
    chain = served.as_operator().get("/api/audit/chain").json()
    assert (len(chain["hash"]), chain["checkpoints"]) == (64, 0)
    verdict = served.get("/api/audit/check").json()
    assert (verdict["whole"], verdict["deleted"]) == (True, 2)
    assert "ledger" not in verdict


def test_records_are_found_by_what_person_and_time(served: Served) -> None:
    served.as_operator()
    gone = served.get("/api/audit/records?what=gone").json()["rows"]
    assert [row["kind"] for row in gone] == ["payload_deleted"] * 2
    assert "evidence_days" in gone[0]["told"]["reason"]
    seats = served.get("/api/audit/records?what=access").json()["rows"]
    assert seats
    assert served.get(f"/api/audit/records?what=access&to_s={gone[0]['t_s'] - 1e6}").json()["rows"] == []
    assert served.get("/api/audit/records?what=access&person=nobody").json()["rows"] == []


def test_a_moment_is_as_it_was_known_then(served: Served) -> None:
    told = served.as_operator().get("/api/audit/moment").json()
    (alert,) = told["alerts"]
    before = alert["first_s"] - 1.0
    assert served.get(f"/api/audit/moment?as_of_s={before}").json()["alerts"] == []
    known = served.get(f"/api/audit/moment?as_of_s={told['as_of_s']}&known_at_s={before}").json()
    assert known["alerts"] == []


@pytest.mark.parametrize("query", ["records?what=x", "records?from_s=x", "moment?as_of_s=nan", "moment?as_of_s=1"])
def test_what_is_wrong_with_a_question_is_said(served: Served, query: str) -> None:
    answer = served.as_operator().get(f"/api/audit/{query}")
    assert answer.status_code == 400
    assert answer.json()["error"]
