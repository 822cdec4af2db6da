"""Who may look: a one-time link printed at start makes a session; there is no password to guess.

Rules: a link works once; the session is a cookie that scripts cannot read and other sites cannot send; only
loopback names are answered, so that a foreign page cannot rebind its name to us.  The exercise has a cookie of its
own, so that one browser can hold both desks and never take one for the other.
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass, field

from starlette.requests import HTTPConnection

from watchline.alerting.desk.roles import Who

COOKIE = "watchline_session"
EXERCISE_COOKIE = "watchline_exercise"
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True)
class Visitor:
    """Who a session belongs to; reports_only: somebody in the field, who sees nothing of the desk."""

    who: Who
    reports_only: bool = False
    exercise: bool = False


@dataclass
class Sessions:
    """Links not yet used and sessions now open.  Mutable; touched only by the server's own thread."""

    operator: str = "operator"
    people: tuple[Who, ...] = ()
    _links: dict[str, Visitor] = field(default_factory=dict)
    _open: dict[str, Visitor] = field(default_factory=dict)
    _features: dict[str, Who] = field(default_factory=dict)

    def new_link_token(self, reporter: str | None = None) -> str:
        """Return a token that opens one session: of the first person, or of a reporter, who may only report."""
        if reporter is not None:
            return self._link(Visitor(Who(reporter, "auditor"), reports_only=True))
        return self._link(Visitor(self.people[0] if self.people else Who(self.operator, "shift_commander")))

    def new_seat_token(self, who: Who, *, exercise: bool = False) -> str:
        """Return a token that opens one session of a person, at the real desk or in the exercise."""
        return self._link(Visitor(who, exercise=exercise))

    def _link(self, visitor: Visitor) -> str:
        token = secrets.token_urlsafe(24)
        self._links[token] = visitor
        return token

    def open(self, token: str, *, exercise: bool = False) -> str | None:
        """Return a new session's secret for a link token, None if it is not one, was used, or is the other desk's."""
        visitor = self._links.get(token)
        if visitor is None or visitor.exercise != exercise:
            return None
        del self._links[token]
        secret = secrets.token_urlsafe(32)
        self._open[secret] = visitor
        return secret

    def opened(self, secret: str) -> Who:
        """Return whose session a secret is."""
        return self._open[secret].who

    def _visitor(self, connection: HTTPConnection, exercise: bool) -> Visitor | None:
        visitor = self._open.get(connection.cookies.get(EXERCISE_COOKIE if exercise else COOKIE, ""))
        return visitor if visitor is not None and visitor.exercise == exercise else None

    def who(self, connection: HTTPConnection, *, exercise: bool = False) -> Who | None:
        """Return which person is asking, None if none that we know: a reporter is none."""
        visitor = self._visitor(connection, exercise)
        return None if visitor is None or visitor.reports_only else visitor.who

    def operator_of(self, connection: HTTPConnection) -> str | None:
        """Return the name of the person asking, None if none that we know: a reporter is none."""
        who = self.who(connection)
        return None if who is None else who.name

    def reporter_of(self, connection: HTTPConnection) -> str | None:
        """Return who may report through this connection: a reporter, or somebody of the desk by hand."""
        visitor = self._visitor(connection, exercise=False)
        if visitor is None or not (visitor.reports_only or visitor.who.may("tell")):
            return None
        return visitor.who.name

    def features_key(self, who: Who) -> str:
        """Return the password by which a person's map program reads features, made when first asked for."""
        known = next((key for key, owner in self._features.items() if owner == who), None)
        if known is None:
            known = secrets.token_urlsafe(24)
            self._features[known] = who
        return known

    def reader_of_features(self, connection: HTTPConnection) -> Who | None:
        """Return for whom features are read: a person at a screen, or a map program with that person's password."""
        who = self.who(connection)
        if who is not None:
            return who
        kind, _, text = connection.headers.get("authorization", "").partition(" ")
        given = text.strip()
        if kind.lower() == "basic":
            try:
                given = base64.b64decode(given, validate=True).decode().partition(":")[2]
            except ValueError:
                return None
        if kind.lower() not in ("basic", "bearer"):
            return None
        found = [w for key, w in self._features.items() if secrets.compare_digest(given.encode(), key.encode())]
        return found[0] if found else None


def is_local(connection: HTTPConnection) -> bool:
    """Return whether the request names us by a loopback name and does not come from another site's page."""
    host = connection.headers.get("host", "")
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    origin = connection.headers.get("origin")
    return name in LOOPBACK and (origin is None or origin in (f"http://{host}", f"https://{host}"))
