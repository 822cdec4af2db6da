"""The Account workplace in a real browser: the bound, the strip, a claim and the sign that reopens it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from seated import seated

from core_builders import SENSORS, make_core, ticks, walker_seen_by_radar
from desk_builders import two_desks
from served import Served, running
from watchline.domain.batches import MissBatch
from watchline.domain.records import DetectionTrial
from watchline.ops.account.line import Account
from watchline.ops.account.seeing import Seeing
from watchline.server.run import ServerThread
from watchline.server.session import Sessions

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PICTURES = os.environ.get("WATCHLINE_SCREENSHOTS")
HOURS = 48


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, int]]:
    """Return a core whose line was accounted for two days, one sensor of two dark in every fourth hour."""
    where = tmp_path_factory.mktemp("account")
    core = ticks(make_core(where, walker_seen_by_radar, two_desks(*SENSORS)), 60)
    loaded, now_s = core.loaded, core.clock.now_s
    account = Account(loaded, core.terrain)
    count = len(loaded.site.sensors)
    whole = Seeing((1.0,) * count, frozenset(), frozenset({p.id for p in loaded.site.posts}), False, 20_000.0)
    states = (whole, replace(whole, dark=frozenset(range(0, count, 2)), present=frozenset()))
    hours = [account.reckon(state, 0.0, 1.0) for state in states]
    rows = [
        replace(hours[k % 4 == 0], t_s=np.full(len(hours[0]), now_s - (HOURS - k) * 3600.0)) for k in range(HOURS)
    ]
    core.ledger.append_columns(MissBatch.join(rows), now_s)
    for k in range(8):
        core.ledger.append(
            DetectionTrial(
                id=f"trial-{k}", t_s=now_s, source="test", sensor=loaded.site.sensors[0].id, unit="patrol-1",
                from_s=now_s - 60.0, to_s=now_s, looks=10, detected=0 if k == 3 else 4, range_m=900.0,
                position=next(iter(core.picture.alerts.values())).alert.position, subject="person",
            ), now_s,
        )  # fmt: skip
    core.make_durable()
    served = Served(core, Sessions(people=core.picture.desk.setup.people), where)
    server = ServerThread(served.app, 0)
    with running(core):
        yield served, server.port
    server.stop()
    core.close()


def _open(browser: Any, desk: tuple[Served, int], name: str, language: str) -> tuple[Any, list[str]]:
    page, errors = seated(browser, *desk, name, f"/account?lang={language}")
    page.wait_for_selector("#answers .answer")
    page.wait_for_selector("#claims li")
    return page, errors


def test_a_commander_reads_the_bound_enters_a_claim_and_a_sign_reopens_it(
    browser: Any, desk: tuple[Served, int]
) -> None:
    served, _ = desk
    page, errors = _open(browser, desk, "commander", "en")
    told = page.inner_text("#answers")
    assert "at 95 %" in told or "UNKNOWN" in told
    assert "not watched" in told
    assert page.locator("#strip rect").count() > 4
    assert "commander" in page.text_content("#strip text.mark")
    assert page.inner_text("#trials tbody tr td:nth-child(2)") == "8"
    # The window as it stands in the fields, for the claim and for the sign.
    with page.expect_response(lambda answer: "/api/account/unseen?from_s" in answer.url):
        page.click("#window button >> nth=0")
    page.wait_for_selector("#said:not(.bad)")
    page.click("#claims ~ details summary >> nth=0")
    page.fill("#claim [name=words]", "Nobody crossed")
    page.fill("#claim [name=office]", "the governor")
    page.click("#claim button")
    page.wait_for_selector("#claims .verdict")
    assert "the governor" in page.inner_text("#claims")
    page.click("#claims ~ details summary >> nth=1")
    page.click("#sign button")
    page.wait_for_selector("#claims >> text=judged again")
    assert page.inner_text("#claims .verdict") == "CONTRADICTED"
    kept = served.kept("public_claim", "sign_found", "claim_verdict")
    assert [type(one).__name__ for one in kept] == ["PublicClaim", "ClaimVerdict", "SignFound", "ClaimVerdict"]
    assert {one.person for one in kept if hasattr(one, "person")} == {"commander"}
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/account-en.png", full_page=True)
    assert errors == []
    page.close()


def test_who_need_not_know_sees_no_kilometre_and_arabic_reads_from_the_right(
    browser: Any, desk: tuple[Served, int]
) -> None:
    page, errors = _open(browser, desk, "west-1", "ar")
    assert page.locator("#strip rect").count() == 0
    assert page.evaluate("document.documentElement.dir") == "rtl"
    words = page.evaluate("[...document.querySelectorAll('[data-w]')].map((node) => node.textContent)")
    assert [text for text in words if re.search("[a-z]{4}", text)] == []
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/account-ar.png", full_page=True)
    assert errors == []
    page.close()
