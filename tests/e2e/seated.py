"""A person of the site at a page of a served core, in the browser."""

from __future__ import annotations

from typing import Any

from served import Served


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
