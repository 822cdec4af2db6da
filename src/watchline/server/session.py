"""Who may look: a one-time link printed at start makes a session; there is no password to guess.

Rules: a link works once; the session is a cookie that scripts cannot read and other sites cannot send; only
loopback names are answered, so that a foreign page cannot rebind its name to us.
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass, field

from starlette.requests import HTTPConnection

COOKIE = "watchline_session"
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True)
class Visitor:
    """Who a session belongs to; reports_only: somebody in the field, who sees nothing of the desk."""

    name: str
    reports_only: bool


@dataclass
class Sessions:
    """Links not yet used and sessions now open.  Mutable; touched only by the server's own thread."""

    operator: str = "operator"
    _links: dict[str, Visitor] = field(default_factory=dict)
    _open: dict[str, Visitor] = field(default_factory=dict)
    features_key: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    def new_link_token(self, reporter: str | None = None) -> str:
        """Return a token that opens one session: of the operator, or of a reporter, who may only report."""
        token = secrets.token_urlsafe(24)
        self._links[token] = Visitor(reporter or self.operator, reporter is not None)
        return token

    def open(self, token: str) -> str | None:
        """Return a new session's secret for a link token, None if it is not one or was used."""
        visitor = self._links.pop(token, None)
        if visitor is None:
            return None
        secret = secrets.token_urlsafe(32)
        self._open[secret] = visitor
        return secret

    def operator_of(self, connection: HTTPConnection) -> str | None:
        """Return which operator is asking, None if none that we know: a reporter is none."""
        visitor = self._open.get(connection.cookies.get(COOKIE, ""))
        return None if visitor is None or visitor.reports_only else visitor.name

    def reporter_of(self, connection: HTTPConnection) -> str | None:
        """Return who may report through this connection: a reporter, or the operator by hand."""
        visitor = self._open.get(connection.cookies.get(COOKIE, ""))
        return None if visitor is None else visitor.name

    def may_read_features(self, connection: HTTPConnection) -> bool:
        """Return whether this may read features: an operator, or a map program with the key as its password."""
        if self.operator_of(connection) is not None:
            return True
        kind, _, text = connection.headers.get("authorization", "").partition(" ")
        given = text.strip()
        if kind.lower() == "basic":
            try:
                given = base64.b64decode(given, validate=True).decode().partition(":")[2]
            except ValueError:
                return False
        return kind.lower() in ("basic", "bearer") and secrets.compare_digest(
            given.encode(), self.features_key.encode()
        )


def is_local(connection: HTTPConnection) -> bool:
    """Return whether the request names us by a loopback name and does not come from another site's page."""
    host = connection.headers.get("host", "")
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    origin = connection.headers.get("origin")
    return name in LOOPBACK and (origin is None or origin in (f"http://{host}", f"https://{host}"))
