"""The Account workplace's doors: what is unknown is said to be, what is wrong is refused, one press counts once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core_builders import ticks, walker_seen_by_radar
from served import Served, running, serve


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    made = serve(tmp_path_factory.mktemp("account"), walker_seen_by_radar)
    ticks(made.core, 30)
    made.core.make_durable()
    with running(made.core):
        yield made
    made.core.close()


def test_without_an_account_everything_is_unknown(served: Served) -> None:
    told = served.as_operator().get("/api/account/unseen").json()
    assert [(one["most"], one["p_any"], one["blind_share"]) for one in told["classes"]] == [(None, None, 1.0)] * 2
    assert set(told["by_km"]["person"]["miss"]) == {None}
    calibration = served.get("/api/account/calibration").json()
    assert (calibration["passages"]["count"], calibration["sensors"]) == (0, [])


def test_a_press_that_comes_twice_is_one_claim(served: Served) -> None:
    served.as_operator()
    claim = {
        "key": "twice-0001", "words": "w", "office": "o", "definition": "crossing", "from_km": 0.0, "to_km": 2.0,
        "from_s": 1.0, "to_s": 2.0,
    }  # fmt: skip
    for _ in range(2):
        assert served.ask("POST", "/api/account/claims", json=claim).status_code == 200
    (told,) = served.get("/api/account/claims").json()["claims"]
    assert (told["claim"]["words"], told["verdict"]) == ("w", "unknown")
    assert len(served.kept("public_claim")) == 1


def test_what_is_wrong_with_a_question_or_an_entry_is_said(served: Served) -> None:
    served.as_operator()
    for query in ("from_s=x", "from_km=5&to_km=2", "from_s=10&to_s=5", "from_km=inf"):
        answer = served.get(f"/api/account/unseen?{query}")
        assert answer.status_code == 400, query
    claim = {
        "key": "press-0001", "words": "w", "office": "o", "definition": "crossing", "from_km": 0.0, "to_km": 2.0,
        "from_s": 1.0, "to_s": 2.0,
    }  # fmt: skip
    changes = ({"words": " "}, {"office": ""}, {"to_km": 0.0}, {"to_s": 1.0}, {"at_most": -1}, {"definition": "x"})
    for change in changes:
        assert served.ask("POST", "/api/account/claims", json=claim | change).status_code == 400, change
    sign = {"key": "press-0002", "what": "people", "people": 1, "found_s": 2.0, "since_s": 1.0}
    end = {"round_an_end": True}
    for more in ({}, {"from_km": 1.0}, {"people": 0, **end}, {"note": "x" * 600, **end}):
        assert served.ask("POST", "/api/account/signs", json=sign | more).status_code == 400, more
    assert all(one.id != "claim-press-0001" for one in served.kept("public_claim"))
    assert served.kept("sign_found") == []
