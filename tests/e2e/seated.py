"""A person of the site at a page of a served core, in the browser."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from core_builders import make_core
from respond_site import PEOPLE, first_proposal, script, with_units
from served import Served, running
from watchline.alerting.desk.roles import Who
from watchline.domain.respond import Proposal
from watchline.server.run import ServerThread
from watchline.server.session import Sessions

AXE = Path(__file__).parents[2] / "console/node_modules/axe-core/axe.min.js"


@contextmanager
def manned_desk(directory: Path) -> Iterator[tuple[Served, int, Proposal]]:
    """Serve a short line with one alert and a proposal for it, and everybody of `respond_site` as its people."""
    core = make_core(directory, script, with_units())
    proposal = first_proposal(core)
    served = Served(core, Sessions("desk-1", tuple(Who(p.name, p.role, p.desk) for p in PEOPLE)), directory)
    server = ServerThread(served.app, 0)
    with running(core, 0.1):
        yield served, server.port, proposal
    server.stop()
    core.close()


def seated(
    browser: Any, served: Served, port: int, who: str, path: str, size: tuple[int, int] = (1440, 1000)
) -> tuple[Any, list[str]]:
    """Return the page at a path as somebody opens it by their link, and what goes wrong on it from now on."""
    page, errors = browser.new_page(viewport={"width": size[0], "height": size[1]}), list[str]()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("response", lambda answer: errors.append(answer.url) if answer.status >= 400 else None)
    person = next(one for one in served.sessions.people if one.name == who)
    page.goto(f"http://127.0.0.1:{port}/?token={served.sessions.new_seat_token(person)}")
    page.goto(f"http://127.0.0.1:{port}{path}")
    return page, errors


def barriers(page: Any) -> list[Any]:
    """Return what axe-core finds on a page that keeps somebody from using it: rule and elements."""
    if not AXE.is_file():
        if os.environ.get("CI"):
            pytest.fail("axe-core is missing: python hatch_build.py --build installs it")
        pytest.skip("skipped: no axe-core")
    page.evaluate(AXE.read_text())
    page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished))")  # who fades in is not faint
    found: list[Any] = page.evaluate(
        "axe.run(document).then(r => r.violations.map(v => [v.id, v.nodes.map(n => n.html)]))"
    )
    return found
