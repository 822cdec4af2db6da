"""The console's card of an alert: who is proposed, sent by P and a digit, what became of it; in three languages."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from seated import barriers, manned_desk, seated

from served import Served
from watchline.domain.respond import Proposal

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PICTURES = os.environ.get("WATCHLINE_SCREENSHOTS")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, int, Proposal]]:
    with manned_desk(tmp_path_factory.mktemp("console_respond")) as desk:
        yield desk


def _console(browser: Any, desk: tuple[Served, int, Proposal], who: str, language: str) -> Any:
    served, port, proposal = desk
    page, _ = seated(browser, served, port, who, f"/?lang={language}", (1600, 1000))
    page.wait_for_selector(f"[data-testid=alert-card][data-alert-id={proposal.alert}]", timeout=60_000)
    return page


def _picture(page: Any, name: str) -> None:
    if PICTURES:
        page.wait_for_timeout(3000)
        page.screenshot(path=f"{PICTURES}/{name}.png")
    assert barriers(page) == []


def test_a_unit_is_sent_by_two_keys_and_what_became_of_it_is_on_the_card(
    browser: Any, desk: tuple[Served, int, Proposal]
) -> None:
    served, _, proposal = desk
    stranger = _console(browser, desk, "audit", "ckb")
    stranger.wait_for_selector("[data-testid=proposals] [data-testid=offer-patrol-1]")
    assert stranger.locator("[data-testid=send]").count() == 0
    stranger.keyboard.press("KeyP")
    assert stranger.locator("[data-testid=choice]").count() == 0  # P offers nothing that would be refused
    _picture(stranger, "respond-ckb")

    page, errors = _console(browser, desk, "lead", "en"), list[str]()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.wait_for_selector("[data-testid=send]")
    _picture(page, "respond-en")
    page.keyboard.press("KeyP")
    page.wait_for_selector("[data-testid=choice] li")
    offered = page.locator("[data-testid=choice] li").all_inner_texts()
    assert all("guard-1" not in one for one in offered)  # of another command: not the lead's to send
    digit = 1 + next(i for i, one in enumerate(offered) if "patrol-1" in one)
    assert served.core.picture.tasking.jobs == {}  # one key sends nobody
    page.keyboard.press(f"Digit{digit}")
    page.wait_for_selector("[data-testid=job-K-1]", timeout=60_000)
    (job,) = served.core.picture.tasking.jobs.values()
    assert (job.task.unit, job.task.alert, job.task.approval.operator) == ("patrol-1", proposal.alert, "lead")
    assert "WL1 T" in page.inner_text("[data-testid=job-K-1] .say")  # no link reaches it: words for the radio
    _picture(page, "respond-sent-en")
    body = {"ask": "tell", "key": "lead-00010", "task": "K-1", "state": "on_scene"}
    page.evaluate("b => fetch('api/respond', {method: 'POST', body: JSON.stringify(b)}).then(r => r.status)", body)
    page.wait_for_selector("[data-testid=job-K-1][data-state=on_scene]", timeout=60_000)
    assert errors == []

    arabic = _console(browser, desk, "lead", "ar")
    arabic.wait_for_selector("[data-testid=job-K-1]", timeout=60_000)
    assert "وصل" in arabic.inner_text("[data-testid=job-K-1]")
    _picture(arabic, "respond-ar")
