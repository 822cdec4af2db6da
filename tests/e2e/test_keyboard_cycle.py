"""An operator's whole cycle without a mouse: sign in, answer an alert, send a unit, hand over, sign out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from seated import manned_desk

from served import Served
from watchline.domain.respond import Proposal
from watchline.server.accounts import Accounts
from watchline.server.app import Board, build_app
from watchline.server.run import ServerThread
from watchline.server.session import Sessions

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PASSWORD = "a long walk along the line"
FOCUS = """
() => {
  const one = document.activeElement;
  if (one === null || one === document.body) return { on: '', shown: true };
  const style = getComputedStyle(one);
  const shown = (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none';
  return { on: (one.dataset.testid || one.name || one.id || one.textContent).trim().slice(0, 40), shown };
}
"""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[tuple[Served, int, Proposal]]:
    """Serve a line whose people sign in with a password."""
    with manned_desk(tmp_path) as (served, _, proposal):
        accounts = Accounts(tmp_path / "accounts.json")
        accounts.set_password("lead", PASSWORD)
        board = Board(served.core, served.directory / "ledger", None)
        served.app = build_app(board, Sessions(people=served.sessions.people), lambda: None, accounts)
        server = ServerThread(served.app, 0)
        yield served, server.port, proposal
        server.stop()


class Keys:
    """A person with a keyboard: presses keys, and sees where the focus is.  Mutable: it holds the page."""

    def __init__(self, page: Any) -> None:
        self.page = page

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def tab_to(self, wanted: str) -> None:
        """Go on to a control by Tab; each on the way shows that it has the focus."""
        met = []
        for _ in range(80):
            self.press("Tab")
            focus = self.page.evaluate(FOCUS)
            assert focus["shown"], f"{focus['on']} has the focus and does not show it"
            met.append(focus["on"])
            if focus["on"] == wanted or (wanted.endswith("-") and focus["on"].startswith(wanted)):
                return
        raise AssertionError(f"{wanted} is not reached: {met}")

    def until(self, selector: str) -> None:
        self.page.wait_for_selector(selector, timeout=60_000)


def test_the_whole_cycle_of_an_operator_needs_no_mouse(browser: Any, desk: tuple[Served, int, Proposal]) -> None:
    served, port, proposal = desk
    page, errors = browser.new_page(viewport={"width": 1600, "height": 1000}), list[str]()
    page.on("pageerror", lambda error: errors.append(str(error)))
    keys = Keys(page)

    page.goto(f"http://127.0.0.1:{port}/")
    keys.tab_to("name")
    page.keyboard.type("lead")
    keys.tab_to("password")
    page.keyboard.type(PASSWORD)
    keys.press("Enter")
    card = f"[data-testid=alert-card][data-alert-id={proposal.alert}]"
    keys.until(card)

    keys.press("ArrowDown", "Space", "Period")  # the alert, its film
    keys.press("Enter")
    keys.until(f"{card}[data-state=acknowledged]")
    keys.until("[data-testid=send]")
    keys.press("KeyP")
    keys.until("[data-testid=choice] li")
    offered = page.locator("[data-testid=choice] li").all_inner_texts()
    keys.press(f"Digit{1 + next(i for i, one in enumerate(offered) if 'patrol-1' in one)}")
    keys.until("[data-testid=job-K-1]")

    keys.press("KeyN")
    keys.until(f"{card}[data-state=closed]")
    keys.press("KeyZ")  # it was not a nuisance
    keys.until(f"{card}:not([data-state=closed])")
    keys.press("KeyT")
    keys.until(f"{card}[data-state=closed]")
    said = "fetch('api/alerts').then(r => r.json()).then(a => a.alerts.map(x => [x.id, x.disposition?.code]))"
    assert [proposal.alert, "true"] in page.evaluate(said)

    keys.press("KeyS")
    keys.until("[data-testid=drawer]")
    keys.tab_to("note")
    page.keyboard.type("one on foot at km 5, patrol-1 sent")
    keys.tab_to("prepare-")
    keys.press("Enter")
    keys.until("[data-testid=sign]")
    page.wait_for_function("document.activeElement.dataset.testid === 'sign'")  # the form is gone, the focus is not
    keys.press("Enter")
    keys.until(".signs .signed")
    keys.press("Escape")
    keys.tab_to("sign-out")
    keys.press("Enter")
    page.wait_for_url("**/login**")
    assert served.kept("operator_action")
    assert errors == []
    page.close()
