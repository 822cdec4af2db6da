"""An order on a patrol's phone, in a real browser: read, answered tap by tap, kept by the desk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from test_field_page import Phone

from core_builders import make_core, ticks
from respond_site import first_proposal, script, with_units
from served import Served, running
from watchline.alerting.desk.roles import Who
from watchline.domain.press import digest_of
from watchline.ops.people import Request
from watchline.ops.respond.wishes import Send
from watchline.server.run import ServerThread
from watchline.server.session import Sessions

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_an_order_is_answered_by_taps(browser: Any, tmp_path: Path) -> None:
    core = make_core(tmp_path, script, with_units())
    proposal = first_proposal(core)
    option = next(o for o in proposal.options if o.unit == "patrol-1")
    wish = Send(key="lead-00001", alert=proposal.alert, unit="patrol-1", digest=digest_of(option))
    core.people.ask(Request(Who("lead", "shift_commander"), wish))
    ticks(core, 6)
    desk = Served(core, Sessions("desk-1"), tmp_path)
    server = ServerThread(desk.app, 0)
    with running(core, 0.1):
        phone = Phone(browser, desk, server.port, "patrol-1")
        for state, key in (
            ("sent", "accepted"),
            ("accepted", "en_route"),
            ("en_route", "on_scene"),
            ("on_scene", "found"),
        ):
            phone.until(f"document.querySelector('[data-state=task-{state}]') !== null", f"an order that is {state}")
            phone.shoot(f"field-order-{state}.png")
            phone.tap(f"[data-answer={key}]")
        phone.until("document.querySelector('[data-task]') === null", "it is over")
        assert phone.errors == []
    server.stop()
    core.close()
    said = [(r.state, r.result) for r in desk.kept("task_report")]
    assert said == [("accepted", ""), ("en_route", ""), ("on_scene", ""), ("done", "found")]
