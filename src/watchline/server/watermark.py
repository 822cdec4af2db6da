"""Whose copy this is: what shows where the line is weak, or what is kept of people, says for whom and when it was
made.

A copy that is found elsewhere names the view in the ledger (`track_viewed`) that it came from.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Literal

from watchline.alerting.desk.roles import Who
from watchline.ops.clock import text_of
from watchline.reports.document import Document
from watchline.server.viewing import Viewing


def marked(viewing: Viewing, who: Who, how: Literal["report", "weakest"], ref: str, now_s: float) -> str:
    """Keep that somebody was shown something, and return the words that stand on it."""
    copy = secrets.token_hex(4)
    viewing.note(who.name, how, f"{ref} {copy}".strip())
    return f"{who.name} · {text_of(now_s)} · {copy}"


def stamped(document: Document, mark: str) -> Document:
    """Return a document with whose copy it is under every page."""
    return replace(document, footer=f"{document.footer} · {mark}")
