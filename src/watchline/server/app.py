"""The web application: the console, the live picture over one WebSocket, and people's actions."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
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

from watchline.alerting.desk.commands import Act
from watchline.coverage.in_view import InView, Sight, in_view
from watchline.domain.records import Cause, Disposition, GroundSeen
from watchline.ops.core import Core
from watchline.ops.drone_view import outline_m, seen_now
from watchline.ops.link_hub import LinkHub
from watchline.ops.map_layers import open_underlays
from watchline.ops.vitals import Vital, vitals
from watchline.server import (
    account_book,
    audit,
    by_hand,
    exports,
    features,
    field,
    health,
    holds,
    login,
    maintain,
    map_files,
    mask_lifts,
    operations,
    orders,
    over_time,
    posts,
    posture,
    releases,
    respond,
    searches,
    sight,
    wall,
    what_if,
    wire,
)
from watchline.server.accounts import Accounts
from watchline.server.asking import json_answer
from watchline.server.desk import DeskRoutes, alerts_for, message_of
from watchline.server.ground import Ground
from watchline.server.limits import BODY_MOST, TILE_COST, Rate, in_time
from watchline.server.live import Shared, serve_screen
from watchline.server.map_layers import MapLayers, layers_message
from watchline.server.map_sheet import MapSheet
from watchline.server.seats import sit_down
from watchline.server.session import COOKIE, EXERCISE_COOKIE, Sessions
from watchline.server.sign_on import BACK, PATH, Provider, SigningOn
from watchline.server.tiles import terrain_tile
from watchline.server.viewing import Viewing

CONSOLE = Path(__file__).parent / "console_dist"
EXERCISE = "/exercise"
ACTIONS = {
    "acknowledge": "acknowledge", "disposition": "dispose", "defer": "defer", "hand": "hand", "undo": "undo",
}  # fmt: skip
TOLD_BY_HAND = ("/api/by-hand", "/api/import/", "/api/field/")

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
    cause: Cause | None = None
    seconds: float | None = None
    desk: str = ""


class Board:
    """What all screens share: the core, its static message, the belt's sight and the latest answer from it."""

    def __init__(
        self,
        core: Core,
        ledger_directory: Path,
        speed: float | None,
        carrier: orders.Carrier | None = None,
        hub: LinkHub | None = None,
    ) -> None:
        """Work out once what does not change; carrier: who carries what is ordered over links; hub: the links
        themselves."""
        self.core, self.carrier, self.hub = core, carrier, hub
        self.directory = ledger_directory
        self.speed = speed
        self.underlays = open_underlays(core.loaded.site, core.loaded.path.parent)
        self.site = wire.site_message(core) | {"map_layers": layers_message(self.underlays)}
        self.sensors_s_m = [float(row["s_m"]) for row in self.site["sensors"]]
        self.viewing = Viewing(core)
        self.shared = Shared()
        self.sign_in = False
        self.belt: Sight = core.belt
        self._view: tuple[tuple[frozenset[int], tuple[GroundSeen, ...]], InView] | None = None

    def vitals(self) -> list[Vital]:
        """Return how the core itself is.  Called with its lock held."""
        return vitals(self.core, self.hub, self.directory)

    def view(self) -> InView:
        """Return what is in view now; worked out again only when a sensor fell silent, came back, or a drone looks.

        Called with the core's lock held.
        """
        core = self.core
        dark = core.dark
        seen = tuple(seen_now(core.picture))
        if self._view is None or self._view[0] != (dark, seen):
            outlines = [outline_m(one, core.loaded.line) for one in seen]
            self._view = (dark, seen), in_view(self.belt, dark, outlines)
        return self._view[1]


def build_app(
    board: Board,
    sessions: Sessions,
    on_open: Callable[[], None],
    accounts: Accounts | None = None,
    provider: Provider | None = None,
) -> Starlette:
    """Return the application; on_open is called when a link has been used; accounts: who may sign in by password;
    provider: with accounts of the organisation's own.

    The exercise is the same screen under `/exercise/`, with a session of its own; what is told of the real line by
    hand, by phone or by file has no place there.
    """
    core = board.core
    board.sign_in = accounts is not None
    exporting = exports.Exports(core, sessions)
    files = map_files.MapFiles(core, sessions, exporting)
    over = over_time.OverTime(core, board.directory, board.belt, sessions, board.viewing)
    routes: list[BaseRoute] = [
        Route("/api/features", Desk(board, sessions, on_open).features_access),
        Route("/api/by-hand", by_hand.ByHand(core, sessions).take, methods=["POST"]),
        Route("/api/export/{layer}.{form}", files.out),
        Route("/api/import/{form}", files.take, methods=["POST"]),
        *orders.Orders(core, board.carrier, sessions).routes(),
        *exporting.routes(),
        *health.Health(core, sessions, board.vitals).routes(),
        *holds.Holds(core, sessions).routes(),
        *mask_lifts.MaskLifts(core, sessions).routes(),
        *login.Login(core, sessions, accounts, provider is not None).routes(),
        *(SigningOn(core, sessions, provider).routes() if provider is not None else ()),
        *audit.Audit(core, board.directory, sessions, board.viewing).routes(),
        *account_book.AccountBook(core, board.directory, sessions, board.viewing).routes(),
        *over.routes(),
        *maintain.Maintain(
            core, board.directory, board.belt, (over.history, over.reading), sessions, board.viewing
        ).routes(),
        *releases.Releases(core, sessions).routes(),
        *what_if.Planning(core, sessions, board.viewing).routes(),
        *features.Features(core, sessions, board.viewing).routes(),
        *respond.Respond(core, sessions).routes(),
        *posts.PostsServed(core, sessions).routes(),
        *operations.Operations(core, sessions, board.viewing, board.directory).routes(),
        *posture.Posture(core, sessions).routes(),
        *wall.Wall(core, sessions, board.viewing, board.sensors_s_m).routes(),
        *searches.Searches(core, sessions, board.viewing).routes(),
        *field.Field(core, sessions).routes(),
        Mount(EXERCISE, routes=_screen_routes(Desk(board, sessions, on_open, exercise=True))),
        *_screen_routes(Desk(board, sessions, on_open)),
    ]
    described: list[bytes] = []

    async def description(_: Request) -> Response:
        """Serve what this server answers, as OpenAPI."""
        from watchline.server.openapi import describe  # it names every module of this room, this one too

        if not described:
            described.append(msgspec.json.encode(describe(routes)))
        return Response(described[0], media_type="application/json")

    routes.insert(0, Route("/api/openapi.json", description))
    app = Starlette(routes=routes, exception_handlers={HTTPException: _refused, TimeoutError: _too_slow})
    app.add_middleware(_Guard, sessions=sessions)
    return app


def _screen_routes(desk: Desk) -> list[BaseRoute]:
    """Return what one screen needs, at the real desk or in the exercise."""
    return [
        Route("/", desk.index),
        Route("/api/site", desk.site),
        Route("/api/alerts", desk.alerts),
        Route("/api/alerts/{alert}/{action}", desk.act, methods=["POST"]),
        Route("/api/clips/{clip}", desk.clip),
        Route("/api/tracks/{track:int}/history", desk.track),
        Route("/tiles/terrain/{z:int}/{x:int}/{y:int}.png", desk.tile),
        *MapLayers(desk.board.underlays).routes(),
        MapSheet(desk.board.core, exercise=desk.exercise).route(),
        *Ground(desk.board.core.terrain, desk.board.core.loaded.line.frame).routes(),
        *desk.work.routes(),
        WebSocketRoute("/ws", desk.screen),
        Mount("/", StaticFiles(directory=CONSOLE, check_dir=False)),
    ]


class Desk:
    """The answers to every request; one method each."""

    def __init__(
        self, board: Board, sessions: Sessions, on_open: Callable[[], None], *, exercise: bool = False
    ) -> None:
        self.board, self.sessions, self.on_open, self.exercise = board, sessions, on_open, exercise
        self.work = DeskRoutes(board, sessions, exercise=exercise)
        frame, terrain = board.core.loaded.line.frame, board.core.terrain
        self._tile = functools.lru_cache(maxsize=1024)(functools.partial(terrain_tile, terrain, frame))

    async def index(self, request: Request) -> Response:
        """Serve the console to a session, and make a session of a link."""
        token = request.query_params.get("token")
        if token is not None:
            return self._opened(request, token)
        if self.sessions.who(request, exercise=self.exercise) is None:
            if self.board.sign_in:
                return RedirectResponse("/login", status_code=303)
            raise HTTPException(403, "Open the link that was printed when Watchline started.")
        page = CONSOLE / "index.html"
        if not page.exists():
            raise HTTPException(503, "The console is not built: run make setup.")
        return Response(page.read_bytes(), media_type="text/html")

    def _opened(self, request: Request, token: str) -> Response:
        secret = self.sessions.open(token, exercise=self.exercise)
        if secret is None:
            raise HTTPException(403, "This link was used already or is not ours; take the newest one printed.")
        sit_down(self.board.core, self.sessions.opened(secret), exercise=self.exercise)
        self.on_open()
        keep = urlencode([(k, v) for k, v in request.query_params.items() if k in ("lang", "theme")])
        base = f"{EXERCISE}/" if self.exercise else "/"
        response = RedirectResponse(f"{base}?{keep}" if keep else base, status_code=303)
        cookie = EXERCISE_COOKIE if self.exercise else COOKIE
        path = EXERCISE if self.exercise else "/"
        response.set_cookie(cookie, secret, httponly=True, samesite="strict", secure=self.sessions.secure, path=path)
        return response

    async def site(self, request: Request) -> Response:
        """Serve what does not change."""
        core, who = self.board.core, self.work.who(request)
        with core.lock:
            view = sight.view_for(core, who)
        return json_answer(sight.site_for(view, self.board.site))

    async def alerts(self, request: Request) -> Response:
        """Serve every alert as it stands."""
        core, who = self.board.core, self.work.who(request)
        with core.lock:
            now_s, deleted = core.picture.now_s, core.desk_of(self.exercise).deleted
            shown = alerts_for(self.board, who, exercise=self.exercise)
            views = [message_of(item, now_s, deleted) for _, item in shown.values()]
        return json_answer({"alerts": views})

    async def act(self, request: Request) -> Response:
        """Take what a person does with an alert; the answer comes when it is durable."""
        action, alert = ACTIONS.get(request.path_params["action"]), request.path_params["alert"]
        if action is None:
            raise HTTPException(404, "no such action")
        command = _act(await request.body(), alert, action)
        who = self.work.who(request)
        self.work.must_show(who, alert)
        await self.work.answered(who, command)
        core = self.board.core
        with core.lock:
            shown = alerts_for(self.board, who, exercise=self.exercise).get(alert)
            now_s, deleted = core.picture.now_s, core.desk_of(self.exercise).deleted
            message = message_of(shown[1], now_s, deleted) if shown is not None else None
        return json_answer({"durable": True, "alert": message})

    async def clip(self, request: Request) -> Response:
        """Serve a film, whole or in ranges."""
        core, wanted, who = self.board.core, request.path_params["clip"], self.work.who(request)
        with core.lock:
            view = sight.view_for(core, who)
            items = [item for item in core.desk_of(self.exercise).items.values() if item.clip is not None]
        shown = [i.clip for i in items if i.clip is not None and view.shows_film(i.alert.position.s_m)]
        kept = next((clip for clip in shown if clip.clip == wanted), None)
        payload = await self.work.payload(kept.payload_id) if kept else None
        if kept is None or payload is None:
            raise HTTPException(404, "no such clip")
        if not self.exercise:
            self.board.viewing.note(who.name, "clip", kept.clip)
        return _ranged(request, payload[0], kept.media_type)

    async def features_access(self, request: Request) -> Response:
        """Serve what a map program is to be told: address, user, password, which are this person's own."""
        address, who = str(request.base_url).rstrip("/") + features.BASE, self.work.who(request)
        return json_answer({"address": address, "user": who.name, "password": self.sessions.features_key(who)})

    async def track(self, request: Request) -> Response:
        """Serve where a track has been."""
        core, who, track = self.board.core, self.work.who(request), request.path_params["track"]
        with core.lock:
            view = sight.view_for(core, who)
            message = None if self.exercise else wire.trail_message(core, core.picture, track)
        if message is not None:
            message = {"points": [row for row in message["points"] if view.shows("tracks", row[3])]}
            self.board.viewing.note(who.name, "trail", str(track))
        # A track that has just ended is no mistake of the screen's: it has no trail any more.
        return json_answer(message or {"points": []})

    async def tile(self, request: Request) -> Response:
        """Serve a square of terrain."""
        z, x, y = (request.path_params[name] for name in "zxy")
        if not (0 <= z <= 15 and 0 <= x < 2**z and 0 <= y < 2**z):
            raise HTTPException(404, "no such tile")
        data = await asyncio.to_thread(self._tile, z, x, y)
        return Response(data, media_type="image/png", headers={"cache-control": "max-age=3600"})

    async def screen(self, socket: WebSocket) -> None:
        """Serve a screen's live connection."""
        who = self.sessions.who(socket, exercise=self.exercise)
        if who is None or not self.sessions.calls_us(socket):
            await socket.close(1008)
            return
        await serve_screen(socket, self.board, who, exercise=self.exercise)


class _Guard:
    """Lets only requests by our names and with a session through, not too many, and adds headers.

    The front page, the page to sign in and links judge for themselves.
    """

    def __init__(self, app: Any, sessions: Sessions) -> None:
        self.app, self.sessions = app, sessions
        self._rate = Rate()

    async def __call__(self, scope: Any, receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        refusal = self._refusal(request)
        if refusal is not None:
            await _refused(request, refusal)(scope, receive, send)
            return

        async def send_with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                have = {name.lower() for name, _ in message["headers"]}
                extra = SECURITY | ({"cache-control": KEEP} if request.url.path.startswith("/assets/") else {})
                message["headers"] += [(k.encode(), v.encode()) for k, v in extra.items() if k.encode() not in have]
            await send(message)

        await self.app(scope, in_time(receive), send_with_headers)

    def _refusal(self, request: Request) -> HTTPException | None:
        """Return why a request goes no further, None if it does.  A foreign page learns nothing but that."""
        if not self.sessions.calls_us(request) or not self._may(request):
            return HTTPException(403, "not for you")
        asker = request.cookies.get(COOKIE) or (request.client.host if request.client else "")
        cost = TILE_COST if request.url.path.removeprefix(EXERCISE).startswith("/tiles/") else 1.0
        if not self._rate.takes(asker, self.sessions.now(), cost):
            return HTTPException(429, "too many requests", {"retry-after": "1"})
        try:
            too_long = int(request.headers.get("content-length", "0")) > BODY_MOST
        except ValueError:
            return HTTPException(400, "content-length: is not a number")
        return HTTPException(413, f"more than {BODY_MOST >> 20} MiB") if too_long else None

    def _may(self, request: Request) -> bool:
        path = request.url.path
        if path in ("/", EXERCISE, f"{EXERCISE}/") or (path == field.BASE and "token" in request.query_params):
            return True  # these judge their links themselves
        if path in login.OPEN_PATHS or path.startswith("/login/") or path in (PATH, BACK):
            return True
        if path.startswith(f"{EXERCISE}/"):
            return self.sessions.who(request, exercise=True) is not None
        if path == features.BASE or path.startswith(f"{features.BASE}/"):
            return self.sessions.reader_of_features(request) is not None
        if path == field.BASE or path.startswith(f"{field.BASE}/"):
            return self.sessions.reporter_of(request) is not None
        who = self.sessions.who(request)
        if who is not None and request.method == "POST" and path.startswith(TOLD_BY_HAND) and not who.may("tell"):
            return False
        return who is not None and (not who.recipient or sight.may_open(path))


def _act(body: bytes, alert: str, action: str) -> Act:
    try:
        said = msgspec.json.decode(body, type=_Action)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise HTTPException(400, f"body: {error}") from None
    return Act(
        key=said.key, alert=alert, action=action, code=said.code, cause=said.cause, seconds=said.seconds,  # type: ignore[arg-type]
        desk=said.desk,
    )  # fmt: skip


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


def _too_slow(request: Request, _: Exception) -> Response:
    return _refused(request, HTTPException(408, "too slow: the body did not come"))


def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    refused = (error.headers or {}).get("x-refused")
    return Response(
        msgspec.json.encode({"error": error.detail} | ({"refused": refused} if refused else {})),
        error.status_code,
        media_type="application/json",
        headers=SECURITY | {name: text for name, text in (error.headers or {}).items() if name == "retry-after"},
    )
