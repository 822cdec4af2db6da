"""Signing in with the organisation's own accounts: OpenID Connect, authorization code flow with PKCE.

Theory: OpenID Connect Core 1.0, section 3.1; PKCE (RFC 7636) with S256.  The browser is sent to the provider with a
state, a nonce and the digest of a verifier; it comes back with a code, which the core changes for an ID token.  Who
it names is looked up in the site's own list: the provider proves who somebody is, the site says what they may do.

Rules: a state works once, in the browser that asked, for ten minutes.  A token counts when the provider's key signed
it, for us, for this sign-in, now.  Whoever is refused is a `rejection` that holds no token, and sees one sentence.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import html
import queue
import re
import secrets
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from watchline.domain.records import Rejection
from watchline.domain.site import SignOn
from watchline.ops.core import Core
from watchline.server.seats import sit_down
from watchline.server.session import COOKIE, Sessions

PATH, BACK = "/sign-on", "/sign-on/back"
FLOW_COOKIE = "watchline_sign_on"
FLOW_S, FLOWS_MOST = 600.0, 1000
WAIT_S = 10.0
ANSWER_MOST = 1 << 20
KNOWN_FOR_S = 3600.0
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
LEEWAY_S = 60.0


class _Provider(msgspec.Struct, frozen=True):
    """What we need of the provider's own description (OpenID Connect Discovery 1.0)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class _Tokens(msgspec.Struct, frozen=True):
    id_token: str


class Refused(Exception):
    """Somebody was not let in; the text says why and names nobody."""


@dataclass(frozen=True, slots=True)
class _Flow:
    """A sign-in that was begun: in which browser, and what must come back."""

    browser: str
    nonce: str
    verifier: str
    back: str
    since_s: float


@dataclass
class Provider:
    """The provider as the site names it.  Mutable: it remembers what the provider said of itself.

    Blocking: called from a thread beside the server's.
    """

    spec: SignOn
    beside: Path
    _said: tuple[float, _Provider] | None = None
    _keys: Any = None
    _context: ssl.SSLContext | None = field(default=None)

    def asked(self, flow: _Flow, state: str) -> str:
        """Return where the browser is sent."""
        digest = hashlib.sha256(flow.verifier.encode()).digest()
        query = {
            "response_type": "code", "scope": "openid profile email", "client_id": self.spec.client,
            "redirect_uri": flow.back, "state": state, "nonce": flow.nonce, "code_challenge_method": "S256",
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        }  # fmt: skip
        where = self._about().authorization_endpoint
        return f"{where}{'&' if '?' in where else '?'}{urllib.parse.urlencode(query)}"

    def name_for(self, code: str, flow: _Flow) -> str:
        """Return by which name the provider knows whoever came back with a code; Refused says why nobody."""
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": flow.back,
            "client_id": self.spec.client, "code_verifier": flow.verifier,
        }  # fmt: skip
        headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
        if self.spec.secret:
            secret = (self.beside / self.spec.secret).read_text(encoding="utf-8").strip()
            pair = f"{urllib.parse.quote(self.spec.client, safe='')}:{urllib.parse.quote(secret, safe='')}"
            headers["authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        answer = self._fetch(self._about().token_endpoint, urllib.parse.urlencode(form).encode(), headers)
        try:
            token = msgspec.json.decode(answer, type=_Tokens).id_token
        except msgspec.MsgspecError:
            raise Refused("the provider gave no ID token") from None
        return self._named(token, flow.nonce)

    def _named(self, token: str, nonce: str) -> str:
        import jwt  # an extra

        try:
            key = self._key_of(token)
            claims = jwt.decode(
                token, key, algorithms=list(ALGORITHMS), audience=self.spec.client, issuer=self._about().issuer,
                leeway=LEEWAY_S, options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )  # fmt: skip
        except jwt.exceptions.PyJWTError as error:
            raise Refused(f"the ID token does not hold: {error}") from None
        if not secrets.compare_digest(str(claims.get("nonce", "")), nonce):
            raise Refused("the ID token is of another sign-in")
        if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != self.spec.client:
            raise Refused("the ID token was made for another client")
        name = claims.get(self.spec.claim)
        if not isinstance(name, str) or not name:
            raise Refused(f"the ID token has no {self.spec.claim}")
        return name

    def _key_of(self, token: str) -> Any:
        """Return the key that signed, fetched anew when the provider has changed its keys.

        A token need not name its key where the provider has one alone (OpenID Connect Core 1.0, 10.1).
        """
        import jwt

        if self._keys is None:
            self._keys = jwt.PyJWKClient(
                self._about().jwks_uri, timeout=WAIT_S, ssl_context=self._trust(), lifespan=KNOWN_FOR_S
            )
        if "kid" in jwt.get_unverified_header(token):
            return self._keys.get_signing_key_from_jwt(token).key
        keys = self._keys.get_jwk_set().keys
        if len(keys) != 1:
            raise Refused("the ID token does not say which key signed it")
        return keys[0].key

    def _about(self) -> _Provider:
        now_s = time.monotonic()
        if self._said is None or now_s - self._said[0] > KNOWN_FOR_S:
            issuer = self.spec.issuer
            body = self._fetch(f"{issuer.rstrip('/')}/.well-known/openid-configuration", None, {})
            try:
                said = msgspec.json.decode(body, type=_Provider)
            except msgspec.MsgspecError:
                raise Refused("the provider does not describe itself") from None
            if said.issuer.rstrip("/") != issuer.rstrip("/"):
                raise Refused("the provider calls itself by another name than the site file does")
            self._said = now_s, said
        return self._said[1]

    def _fetch(self, url: str, data: bytes | None, headers: dict[str, str]) -> bytes:
        if not may_be_asked(url):
            raise Refused("the provider names an address without HTTPS")
        request = urllib.request.Request(url, data, headers)
        try:
            with urllib.request.urlopen(request, timeout=WAIT_S, context=self._trust()) as answer:
                body: bytes = answer.read(ANSWER_MOST)
                return body
        except urllib.error.HTTPError as error:
            raise Refused(f"the provider answers {error.code}") from None
        except (OSError, ValueError) as error:
            raise Refused(f"the provider does not answer: {getattr(error, 'reason', error)}") from None

    def _trust(self) -> ssl.SSLContext:
        if self._context is None:
            authority = str(self.beside / self.spec.authority) if self.spec.authority else None
            self._context = ssl.create_default_context(cafile=authority)
        return self._context


def may_be_asked(url: str) -> bool:
    """Return whether an address may be asked: by HTTPS, or on this machine."""
    parts = urllib.parse.urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1"))


class SigningOn:
    """The two doors.  Mutable: it remembers what was begun."""

    def __init__(self, core: Core, sessions: Sessions, provider: Provider) -> None:
        self.core, self.sessions, self.provider = core, sessions, provider
        self._flows: dict[str, _Flow] = {}

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [Route(PATH, self.begin), Route(BACK, self.back)]

    async def begin(self, request: Request) -> Response:
        """Send a browser to the provider."""
        now_s, state = self.sessions.now(), secrets.token_urlsafe(24)
        self._flows = {key: one for key, one in self._flows.items() if now_s - one.since_s < FLOW_S}
        while len(self._flows) >= FLOWS_MOST:
            del self._flows[next(iter(self._flows))]
        back = str(request.base_url).rstrip("/") + BACK
        flow = _Flow(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48), back, now_s)
        try:
            where = await asyncio.to_thread(self.provider.asked, flow, state)
        except Refused as error:
            return self._refused(str(error), 424)
        self._flows[state] = flow
        answer = RedirectResponse(where, status_code=303)
        # Lax: the provider sends the browser back, which is another site's doing.
        answer.set_cookie(
            FLOW_COOKIE, flow.browser, httponly=True, samesite="lax", secure=self.sessions.secure, path=PATH,
            max_age=int(FLOW_S),
        )  # fmt: skip
        return answer

    async def back(self, request: Request) -> Response:
        """Let in whom the provider names, if the site does."""
        query = request.query_params
        flow = self._flows.pop(query.get("state", ""), None)
        if re.fullmatch("[a-z_]{1,60}", query.get("error", "")):
            return self._refused(f"the provider says: {query['error']}")
        fresh = flow is not None and self.sessions.now() - flow.since_s < FLOW_S
        if (
            flow is None
            or not fresh
            or not secrets.compare_digest(flow.browser.encode(), request.cookies.get(FLOW_COOKIE, "").encode())
        ):
            return self._refused("this sign-in was not begun in this browser, or too long ago", 400)
        if "code" not in query:
            return self._refused("the provider says nothing")
        try:
            name = await asyncio.to_thread(self.provider.name_for, query["code"], flow)
        except Refused as error:
            return self._refused(str(error))
        except OSError as error:
            return self._refused(f"the site's own secret cannot be read: {error.strerror}")
        known = {self._provider_name(one.name): one for one in self.sessions.people}
        who = known.get(name)
        if who is None:
            return self._refused("the provider names somebody who is not on the site's list")
        secret = self.sessions.open_for(who)
        sit_down(self.core, who, exercise=False)
        # A page and no redirect: the way here began at another site, so a strict cookie would not be sent on it.
        answer = _page("Signed in", '<meta http-equiv="refresh" content="0;url=/">', '<a href="/">Watchline</a>')
        answer.set_cookie(COOKIE, secret, httponly=True, samesite="strict", secure=self.sessions.secure, path="/")
        answer.delete_cookie(FLOW_COOKIE, path=PATH)
        return answer

    def _provider_name(self, name: str) -> str:
        person = next((one for one in self.core.loaded.site.people if one.name == name), None)
        return (person.sign_on if person is not None else "") or name

    def _refused(self, why: str, status: int = 403) -> Response:
        refusal = Rejection(
            id=f"sign-on-refused-{secrets.token_hex(8)}", t_s=self.core.clock.now_s, source="sign-on",
            what="signing in with the organisation's account", rule=why, sample="",
        )  # fmt: skip
        try:
            self.core.people.report((refusal,))
        except queue.Full:
            self.core.counts["refused logins not recorded"] += 1
        return _page("Not signed in", "", f'<p>{html.escape(why)}</p><a href="/login">Watchline</a>', status)


def _page(title: str, head: str, body: str, status: int = 200) -> Response:
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>{head}'
        f'<link rel="stylesheet" href="/login/style.css"></head>'
        f"<body><main><h1>{title}</h1>{body}</main></body></html>"
    )
    return Response(text, status, media_type="text/html")
