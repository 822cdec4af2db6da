"""Signing in with a name and a password, signing out, and ending other people's sessions.

Rules: a wrong name and a wrong password are one answer, after one time.  Failures are counted for the name and for
the address; too many make everybody wait who tries that name or from there, and the answer says how long.  Who
signed in is a `seat_taken`; who failed is counted in a `rejection`, with no password in it.
"""

from __future__ import annotations

import asyncio
import math
import queue
import secrets
from pathlib import Path

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchline.domain.records import Rejection
from watchline.ops.core import Core
from watchline.server.accounts import PASSWORD_LENGTH, Accounts
from watchline.server.asking import body_of, json_answer
from watchline.server.limits import Failures
from watchline.server.pages import KINDS
from watchline.server.seats import sit_down
from watchline.server.session import COOKIE, Sessions

PAGE = Path(__file__).parent / "login_page"
FILES = {"": "index.html", "app.js": "app.js", "style.css": "style.css"}
SIGN_ON = b'<a href="/sign-on" data-word="sign_on">Sign in with my organisation</a>\n'
OPEN_PATHS = ("/login", "/api/login")


class _Login(msgspec.Struct, forbid_unknown_fields=True):
    """Who somebody says they are."""

    name: str
    password: str


class _End(msgspec.Struct, forbid_unknown_fields=True):
    """Whose sessions are to end."""

    person: str


class Login:
    """The answers; one method each."""

    def __init__(self, core: Core, sessions: Sessions, accounts: Accounts | None, sign_on: bool = False) -> None:
        """sign_on: the page offers accounts of the organisation's own as well."""
        self.core, self.sessions, self.accounts, self.sign_on = core, sessions, accounts, sign_on
        self._failures = Failures()

    def routes(self) -> list[Route]:
        """Return the routes; without accounts there is nothing to sign in to."""
        ending = [
            Route("/api/logout", self.logout, methods=["POST"]),
            Route("/api/sessions", self.sessions_now),
            Route("/api/sessions/end", self.end, methods=["POST"]),
        ]
        if self.accounts is None:
            return ending
        return [
            *ending,
            Route("/login", self.page),
            Route("/login/{name}", self.page),
            Route("/api/login", self.login, methods=["POST"]),
        ]

    async def page(self, request: Request) -> Response:
        """Serve the page."""
        name = FILES.get(request.path_params.get("name", ""))
        if name is None:
            raise HTTPException(404, "no such file")
        page = (PAGE / name).read_bytes()
        return Response(page if self.sign_on else page.replace(SIGN_ON, b""), media_type=KINDS[Path(name).suffix])

    async def login(self, request: Request) -> Response:
        """Make a session for a name and its password."""
        assert self.accounts is not None
        said, now_s = await body_of(request, _Login), self.sessions.now()
        keys = (f"name {said.name[:100]}", f"from {request.client.host if request.client else ''}")
        wait_s = max(self._failures.wait_s(key, now_s) for key in keys)
        if wait_s > 0.0:
            raise HTTPException(429, "too many tries", {"retry-after": str(math.ceil(wait_s))})
        low, high = PASSWORD_LENGTH
        right = low <= len(said.password) <= high and await asyncio.to_thread(
            self.accounts.proves, said.name, said.password
        )
        who = next((one for one in self.sessions.people if one.name == said.name), None)
        if not right or who is None:
            for key in keys:
                self._failures.failed(key, now_s)
            self._refused(said.name)
            raise HTTPException(403, "name or password is wrong")
        for key in keys:
            self._failures.succeeded(key)
        secret = self.sessions.open_for(who)
        sit_down(self.core, who, exercise=False)
        answer = json_answer({"user": who.name})
        answer.set_cookie(COOKIE, secret, httponly=True, samesite="strict", secure=self.sessions.secure, path="/")
        return answer

    def _refused(self, name: str) -> None:
        known = any(one.name == name for one in self.sessions.people)
        refusal = Rejection(
            id=f"login-refused-{secrets.token_hex(8)}", t_s=self.core.clock.now_s, source="login",
            what=f"signing in as {name}" if known else "signing in as somebody who is not on the site's list",
            rule="name or password is wrong", sample="",
        )  # fmt: skip
        try:
            self.core.people.report((refusal,))
        except queue.Full:
            self.core.counts["refused logins not recorded"] += 1

    async def logout(self, request: Request) -> Response:
        """End this session."""
        self.sessions.end(request.cookies.get(COOKIE, ""))
        answer = json_answer({"ended": True})
        answer.delete_cookie(COOKIE, path="/")
        return answer

    async def sessions_now(self, request: Request) -> Response:
        """Serve who has a session, for those who may end it."""
        self._may_end(request)
        now_s = self.sessions.now()
        rows = [
            {"person": one.who.name, "role": one.who.role, "reports_only": one.reports_only, "exercise": one.exercise,
             "open_s": round(now_s - one.since_s), "idle_s": round(now_s - one.used_s)}
            for one in self.sessions.open_now()
        ]  # fmt: skip
        return json_answer({"sessions": rows})

    async def end(self, request: Request) -> Response:
        """End all sessions of a person or of a reporter's phone, wherever they are."""
        self._may_end(request)
        ended = self.sessions.end_all_of((await body_of(request, _End)).person)
        return json_answer({"ended": ended})

    def _may_end(self, request: Request) -> None:
        who = self.sessions.who(request)
        if who is None or not who.may("seat"):
            raise HTTPException(403, "only a shift commander ends sessions", {"x-refused": "forbidden"})
