"""Who may look: a one-time link printed at start makes a session; there is no password to guess.

Rules: a link works once; the session is a cookie that scripts cannot read and other sites cannot send; only
loopback names are answered, so that a foreign page cannot rebind its name to us.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from starlette.requests import HTTPConnection

COOKIE = "watchline_session"
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


@dataclass
class Sessions:
    """Links not yet used and sessions now open.  Mutable; touched only by the server's own thread."""

    operator: str = "operator"
    _links: set[str] = field(default_factory=set)
    _open: dict[str, str] = field(default_factory=dict)

    def new_link_token(self) -> str:
        """Return a token that opens one session."""
        token = secrets.token_urlsafe(24)
        self._links.add(token)
        return token

    def open(self, token: str) -> str | None:
        """Return a new session's secret for a link token, None if it is not one or was used."""
        if token not in self._links:
            return None
        self._links.discard(token)
        secret = secrets.token_urlsafe(32)
        self._open[secret] = self.operator
        return secret

    def operator_of(self, connection: HTTPConnection) -> str | None:
        """Return who is asking, None if nobody we know."""
        return self._open.get(connection.cookies.get(COOKIE, ""))


def is_local(connection: HTTPConnection) -> bool:
    """Return whether the request names us by a loopback name and does not come from another site's page."""
    host = connection.headers.get("host", "")
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    origin = connection.headers.get("origin")
    return name in LOOPBACK and (origin is None or origin in (f"http://{host}", f"https://{host}"))
