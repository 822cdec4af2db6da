"""Who is asking: sessions made by a one-time link printed at start, or by a password where the site has accounts.

Rules: a link works once; a session is a cookie that scripts cannot read and other sites cannot send, ends after a
time, after another without a request, and when it is ended from the desk; only names that are ours are answered, so
that a foreign page cannot rebind its name to us.  The exercise has a cookie of its own, so that one browser can hold
both desks and never take one for the other.
"""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from starlette.requests import HTTPConnection

from watchline.alerting.desk.roles import Who

COOKIE = "watchline_session"
EXERCISE_COOKIE = "watchline_exercise"
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
SESSIONS_MOST = 2000


@dataclass(frozen=True)
class Visitor:
    """Who a session belongs to; reports_only: somebody in the field, who sees nothing of the desk.

    since_s, used_s: when it was opened and last used, on the server's own clock.
    """

    who: Who
    reports_only: bool = False
    exercise: bool = False
    since_s: float = 0.0
    used_s: float = 0.0


@dataclass
class Sessions:
    """Links not yet used and sessions now open.  Mutable; touched only by the server's own thread.

    names: of hosts beside the loopback's by which we are called; secure: cookies are for HTTPS only.
    """

    operator: str = "operator"
    people: tuple[Who, ...] = ()
    names: tuple[str, ...] = ()
    secure: bool = False
    session_s: float = 7 * 86_400.0
    idle_s: float = 7 * 86_400.0
    now: Callable[[], float] = time.monotonic
    _links: dict[str, Visitor] = field(default_factory=dict)
    _open: dict[str, Visitor] = field(default_factory=dict)
    _features: dict[str, Who] = field(default_factory=dict)

    # -- links and sessions ----------------------------------------------------------------------------------

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
        return self._begin(visitor)

    def open_for(self, who: Who, *, exercise: bool = False) -> str:
        """Return a new session's secret for somebody who has proved who they are."""
        return self._begin(Visitor(who, exercise=exercise))

    def _begin(self, visitor: Visitor) -> str:
        now_s = self.now()
        self._open = {key: one for key, one in self._open.items() if self._holds(one, now_s)}
        while len(self._open) >= SESSIONS_MOST:
            del self._open[min(self._open, key=lambda key: self._open[key].used_s)]
        secret = secrets.token_urlsafe(32)
        self._open[secret] = replace(visitor, since_s=now_s, used_s=now_s)
        return secret

    def opened(self, secret: str) -> Who:
        """Return whose session a secret is."""
        return self._open[secret].who

    def end(self, secret: str) -> None:
        """End one session."""
        self._open.pop(secret, None)

    def end_all_of(self, name: str) -> int:
        """End every session, link and map program of a person or reporter; return how many sessions there were."""
        ended = [key for key, one in self._open.items() if one.who.name == name]
        for key in ended:
            del self._open[key]
        self._links = {key: one for key, one in self._links.items() if one.who.name != name}
        self._features = {key: who for key, who in self._features.items() if who.name != name}
        return len(ended)

    def open_now(self) -> list[Visitor]:
        """Return every session that holds."""
        now_s = self.now()
        return [one for one in self._open.values() if self._holds(one, now_s)]

    def _holds(self, visitor: Visitor, now_s: float) -> bool:
        return now_s - visitor.since_s < self.session_s and now_s - visitor.used_s < self.idle_s

    # -- who asks --------------------------------------------------------------------------------------------

    def _visitor(self, connection: HTTPConnection, exercise: bool) -> Visitor | None:
        secret = connection.cookies.get(EXERCISE_COOKIE if exercise else COOKIE, "")
        visitor = self._open.get(secret)
        if visitor is None or visitor.exercise != exercise:
            return None
        now_s = self.now()
        if not self._holds(visitor, now_s):
            del self._open[secret]
            return None
        self._open[secret] = replace(visitor, used_s=now_s)
        return visitor

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

    def calls_us(self, connection: HTTPConnection) -> bool:
        """Return whether the request names us by a name that is ours and does not come from another site's page."""
        host = connection.headers.get("host", "")
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        origin = connection.headers.get("origin")
        ours = name.lower() in LOOPBACK or name.lower() in self.names
        return ours and (origin is None or origin in (f"http://{host}", f"https://{host}"))
