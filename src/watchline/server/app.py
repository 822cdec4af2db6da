"""The web application: the console, the live picture over one WebSocket, and people's actions."""

from __future__ import annotations

import asyncio
import functools
import queue
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket

from watchline.coverage.in_view import InView, Sight, in_view, sight
from watchline.domain.records import Disposition, GroundSeen
from watchline.ledger.reader import LedgerReader
from watchline.ops.as_found import dark_of
from watchline.ops.core import ActionRequest, Core, NoSuchAlert
from watchline.ops.drone_view import outline_m, seen_now
from watchline.server import by_hand, features, field, map_files, orders, wire
from watchline.server.live import serve_screen
from watchline.server.session import COOKIE, Sessions, is_local
from watchline.server.tiles import terrain_tile

CONSOLE = Path(__file__).parent / "console_dist"
ANSWER_S = 30.0  # an action that is not durable by then is answered as not accepted, and may be sent again
DEFER_MAX_S = 3600.0
ACTIONS = {"acknowledge": "acknowledge", "disposition": "dispose", "defer": "defer", "undo": "undo"}

SECURITY = {
    # blob: and data: are the map's own worker and icons; nothing is fetched from anywhere else.
    "content-security-policy": (
        "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; worker-src 'self' blob:; "
        "style-src 'self' 'unsafe-inline'; connect-src 'self'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


KEEP = "public, max-age=31536000, immutable"  # names under /assets/ carry the hash of their content


class _Action(msgspec.Struct, forbid_unknown_fields=True):
    """The body of an action."""

    key: str
    code: Disposition | None = None
    seconds: float | None = None


class Board:
    """What all screens share: the core, its static message, the belt's sight and the latest answer from it."""

    def __init__(
        self, core: Core, ledger_directory: Path, speed: float | None, carrier: orders.Carrier | None = None
    ) -> None:
        """Work out once what does not change; carrier: who carries what is ordered over links."""
        self.core, self.carrier = core, carrier
        self.directory = ledger_directory
        self.speed = speed
        self.site = msgspec.json.encode(wire.site_message(core))
        setup = core.state.tracking.setup
        sensors = core.loaded.site.sensors
        self.belt: Sight = sight(core.loaded.line, core.terrain, sensors, setup.place, setup.convergence_rad)
        self._view: tuple[tuple[frozenset[int], tuple[GroundSeen, ...]], InView] | None = None

    def view(self) -> InView:
        """Return what is in view now; worked out again only when a sensor fell silent, came back, or a drone looks.

        Called with the core's lock held.
        """
        core = self.core
        dark = core.state.health.dark | dark_of(core.loaded.site.sensors, core.picture)
        seen = tuple(seen_now(core.picture))
        if self._view is None or self._view[0] != (dark, seen):
            outlines = [outline_m(one, core.loaded.line) for one in seen]
            self._view = (dark, seen), in_view(self.belt, dark, outlines)
        return self._view[1]


def build_app(board: Board, sessions: Sessions, on_open: Callable[[], None]) -> Starlette:
    """Return the application; on_open is called when a link has been used."""
    desk = Desk(board, sessions, on_open)
    files = map_files.MapFiles(board.core, sessions)
    routes: list[BaseRoute] = [
        Route("/", desk.index),
        Route("/api/site", desk.site),
        Route("/api/alerts", desk.alerts),
        Route("/api/alerts/{alert}/{action}", desk.act, methods=["POST"]),
        Route("/api/clips/{clip}", desk.clip),
        Route("/api/tracks/{track:int}/history", desk.track),
        Route("/tiles/terrain/{z:int}/{x:int}/{y:int}.png", desk.tile),
        Route("/api/features", desk.features_access),
        Route("/api/by-hand", by_hand.ByHand(board.core, sessions).take, methods=["POST"]),
        Route("/api/export/{layer}.{form}", files.out),
        Route("/api/import/{form}", files.take, methods=["POST"]),
        *orders.Orders(board.core, board.carrier, sessions).routes(),
        *features.Features(board.core).routes(),
        *field.Field(board.core, sessions).routes(),
        WebSocketRoute("/ws", desk.screen),
        Mount("/", StaticFiles(directory=CONSOLE, check_dir=False)),
    ]
    app = Starlette(routes=routes, exception_handlers={HTTPException: _refused})
    app.add_middleware(_Guard, sessions=sessions)
    return app


class Desk:
    """The answers to every request; one method each."""

    def __init__(self, board: Board, sessions: Sessions, on_open: Callable[[], None]) -> None:
        self.board, self.sessions, self.on_open = board, sessions, on_open
        frame, terrain = board.core.loaded.line.frame, board.core.terrain
        self._tile = functools.lru_cache(maxsize=1024)(functools.partial(terrain_tile, terrain, frame))

    async def index(self, request: Request) -> Response:
        """Serve the console to a session, and make a session of a link."""
        token = request.query_params.get("token")
        if token is not None:
            return self._opened(request, token)
        if self.sessions.operator_of(request) is None:
            raise HTTPException(403, "Open the link that was printed when Watchline started.")
        page = CONSOLE / "index.html"
        if not page.exists():
            raise HTTPException(503, "The console is not built: run make setup.")
        return Response(page.read_bytes(), media_type="text/html")

    def _opened(self, request: Request, token: str) -> Response:
        secret = self.sessions.open(token)
        if secret is None:
            raise HTTPException(403, "This link was used already or is not ours; take the newest one printed.")
        self.on_open()
        keep = urlencode([(k, v) for k, v in request.query_params.items() if k in ("lang", "theme")])
        response = RedirectResponse(f"/?{keep}" if keep else "/", status_code=303)
        response.set_cookie(COOKIE, secret, httponly=True, samesite="strict", path="/")
        return response

    async def site(self, _: Request) -> Response:
        """Serve what does not change."""
        return Response(self.board.site, media_type="application/json")

    async def alerts(self, _: Request) -> Response:
        """Serve every alert as it stands."""
        core = self.board.core
        with core.lock:
            views = [wire.alert_message(view, core.picture.now_s) for view in core.picture.alerts.values()]
        return _json({"alerts": views})

    async def act(self, request: Request) -> Response:
        """Take a person's action; the answer comes when it is durable."""
        action = ACTIONS.get(request.path_params["action"])
        if action is None:
            raise HTTPException(404, "no such action")
        body = await _body(request, action)
        ask = ActionRequest(
            alert=request.path_params["alert"],
            operator=self.sessions.operator_of(request) or "",
            action=action,
            key=body.key,
            disposition=body.code,
            for_s=body.seconds,
        )
        return await _answered(self.board.core, ask)

    async def clip(self, request: Request) -> Response:
        """Serve a film, whole or in ranges."""
        core, wanted = self.board.core, request.path_params["clip"]
        with core.lock:
            clips = [view.clip for view in core.picture.alerts.values() if view.clip is not None]
        kept = next((clip for clip in clips if clip.clip == wanted), None)
        payload = await asyncio.to_thread(_payload, self.board.directory, kept.payload_id) if kept else None
        if kept is None or payload is None:
            raise HTTPException(404, "no such clip")
        return _ranged(request, payload, kept.media_type)

    async def features_access(self, request: Request) -> Response:
        """Serve what a map program is to be told: address, user, password."""
        address = str(request.base_url).rstrip("/") + features.BASE
        return _json({"address": address, "user": "features", "password": self.sessions.features_key})

    async def track(self, request: Request) -> Response:
        """Serve where a track has been."""
        core = self.board.core
        with core.lock:
            message = wire.trail_message(core, core.picture, request.path_params["track"])
        # A track that has just ended is no mistake of the screen's: it has no trail any more.
        return _json(message or {"points": []})

    async def tile(self, request: Request) -> Response:
        """Serve a square of terrain."""
        z, x, y = (request.path_params[name] for name in "zxy")
        if not (0 <= z <= 15 and 0 <= x < 2**z and 0 <= y < 2**z):
            raise HTTPException(404, "no such tile")
        data = await asyncio.to_thread(self._tile, z, x, y)
        return Response(data, media_type="image/png", headers={"cache-control": "max-age=3600"})

    async def screen(self, socket: WebSocket) -> None:
        """Serve a screen's live connection."""
        operator = self.sessions.operator_of(socket)
        if operator is None or not is_local(socket):
            await socket.close(1008)
            return
        await serve_screen(socket, self.board, operator)


class _Guard:
    """Lets only loopback requests with a session through (the front page judges its own), and adds headers."""

    def __init__(self, app: Any, sessions: Sessions) -> None:
        self.app, self.sessions = app, sessions

    async def __call__(self, scope: Any, receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        known = self._may(request)
        if not is_local(request) or not known:
            await _refused(request, HTTPException(403, "not for you"))(scope, receive, send)
            return

        async def send_with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                have = {name.lower() for name, _ in message["headers"]}
                extra = SECURITY | ({"cache-control": KEEP} if request.url.path.startswith("/assets/") else {})
                message["headers"] += [(k.encode(), v.encode()) for k, v in extra.items() if k.encode() not in have]
            await send(message)

        await self.app(scope, receive, send_with_headers)

    def _may(self, request: Request) -> bool:
        path = request.url.path
        if path == "/" or (path == field.BASE and "token" in request.query_params):
            return True  # both judge their links themselves
        if path == features.BASE or path.startswith(f"{features.BASE}/"):
            return self.sessions.may_read_features(request)
        if path == field.BASE or path.startswith(f"{field.BASE}/"):
            return self.sessions.reporter_of(request) is not None
        return self.sessions.operator_of(request) is not None


async def _body(request: Request, action: str) -> _Action:
    try:
        body = msgspec.json.decode(await request.body(), type=_Action)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise HTTPException(400, f"body: {error}") from None
    if not 8 <= len(body.key) <= 100:
        raise HTTPException(400, "key: must have 8 to 100 characters, one key per press")
    if (action == "dispose") != (body.code is not None):
        raise HTTPException(400, "code: is needed for a disposition and for nothing else")
    if (action == "defer") != (body.seconds is not None):
        raise HTTPException(400, "seconds: is needed to defer and for nothing else")
    if body.seconds is not None and not 0 < body.seconds <= DEFER_MAX_S:
        raise HTTPException(400, f"seconds: must be within 0..{DEFER_MAX_S:g}")
    return body


async def _answered(core: Core, ask: ActionRequest) -> Response:
    """Answer only when the action is durable."""
    try:
        future: Future[str] = core.act(ask)
        alert = await asyncio.wait_for(asyncio.wrap_future(future), ANSWER_S)
    except NoSuchAlert:
        raise HTTPException(404, "no such alert") from None
    except (queue.Full, TimeoutError, RuntimeError):
        raise HTTPException(503, "not accepted: the core is busy or stopping; press again") from None
    with core.lock:
        message = wire.alert_message(core.picture.alerts[alert], core.picture.now_s)
    return _json({"durable": True, "alert": message})


def _payload(directory: Path, payload_id: str) -> bytes | None:
    with LedgerReader(directory) as reader:
        payload = reader.payload(payload_id)
    return payload.data if payload is not None else None


def _ranged(request: Request, data: bytes, media_type: str) -> Response:
    """Return bytes, or the part asked for: video elements ask in ranges."""
    headers = {"accept-ranges": "bytes"}
    asked = request.headers.get("range", "")
    if not asked.startswith("bytes=") or "," in asked:
        return Response(data, media_type=media_type, headers=headers)
    first, _, last = asked.removeprefix("bytes=").partition("-")
    try:
        start = int(first) if first else max(len(data) - int(last), 0)
        stop = min(int(last), len(data) - 1) if first and last else len(data) - 1
    except ValueError:
        raise HTTPException(416, "range: not understood") from None
    if start > stop:
        raise HTTPException(416, "range: outside the clip")
    headers["content-range"] = f"bytes {start}-{stop}/{len(data)}"
    return Response(data[start : stop + 1], 206, media_type=media_type, headers=headers)


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")


def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return Response(
        msgspec.json.encode({"error": error.detail}),
        error.status_code,
        media_type="application/json",
        headers=SECURITY,
    )
