"""Films of alerts, asked of the tower whose camera saw it, when there is an alert and not before.

core: an alert's film is wanted ► asked of its node, piece by piece, from where the last try ended ► `clip`
node: asked ► cut from the camera's ring of pictures (masks are painted over in it) ► kept for a while ► pieces

Rules: nothing is sent that was not asked for; a film is bounded (`FILM_MOST`); who does not answer for `GIVE_UP_S` is
asked no longer.  Limits: a ring holds about twenty seconds: a tower that is away when the alert comes has no film.

Mutable on both sides: what is wanted, and what was cut.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import msgspec

from watchline.domain.site import Site
from watchline.ops.cameras import CameraPool, ClipCut
from watchline.ops.many.node import sensors_of
from watchline.ops.many.wire import FILM

if TYPE_CHECKING:
    from nats.aio.client import Client

PIECE = 512_000
FILM_MOST = 32_000_000
GIVE_UP_S = 600.0
ANSWER_S = 5.0
AGAIN_S = 0.5
FILMS_KEPT = 16  # cut at a node, until they have been fetched or newer ones come
WANTED_MOST = 200
Boxes = tuple[tuple[float, float, float, float, float], ...]


class Ask(msgspec.Struct, frozen=True, array_like=True):
    """A piece of a film, from byte `at`."""

    key: str
    sensor: str
    t0_s: float
    t1_s: float
    at: int


class Piece(msgspec.Struct, frozen=True, array_like=True):
    """An answer.  wait: it is being cut; none: there are no pictures of that time."""

    state: Literal["wait", "none", "film"]
    size: int = 0
    data: bytes = b""
    t0_s: float = 0.0
    t1_s: float = 0.0
    fps: float = 0.0
    width_px: int = 0
    height_px: int = 0
    boxes: Boxes = ()


_ENCODE = msgspec.msgpack.Encoder().encode
_ASK, _PIECE = msgspec.msgpack.Decoder(Ask), msgspec.msgpack.Decoder(Piece)


def filmed(site: Site, nodes: tuple[str, ...]) -> dict[int, str]:
    """Return the cameras with pictures that stand at these nodes, and at which."""
    return {k: node for node in nodes for k in sensors_of(site, node) if site.sensors[k].input}


@dataclass
class _Wanted:
    """A film on its way."""

    alert: str
    sensor: int
    node: str
    ask: Ask
    until_s: float
    got: bytearray = field(default_factory=bytearray)
    busy: bool = False


class FilmAsker:
    """The core's side.  trouble: what was wrong with the last answer that was wrong."""

    def __init__(self, site: Site, nodes: tuple[str, ...]) -> None:
        self._ids = [sensor.id for sensor in site.sensors]
        self._node_of = filmed(site, nodes)
        self._wanted: dict[str, _Wanted] = {}
        self._done: deque[tuple[str, int, ClipCut]] = deque()
        self.trouble = ""

    @property
    def cameras(self) -> frozenset[int]:
        """Return the cameras whose films can be asked for."""
        return frozenset(self._node_of)

    def want(self, alert: str, sensor: int, t0_s: float, t1_s: float) -> None:
        """Ask for the film of an alert; once however often it is wanted."""
        if alert not in self._wanted and len(self._wanted) < WANTED_MOST:
            ask = Ask(alert, self._ids[sensor], t0_s, t1_s, 0)
            until_s = time.monotonic() + GIVE_UP_S
            self._wanted[alert] = _Wanted(alert, sensor, self._node_of[sensor], ask, until_s)

    def take(self) -> list[tuple[str, int, ClipCut]]:
        """Return the films that have come whole: of which alert, of which camera."""
        return [self._done.popleft() for _ in range(len(self._done))]

    # -- on the receiver's connection ----------------------------------------------------------------------

    def begin(self, client: Client, tasks: set[asyncio.Task[None]]) -> None:
        """Let every film that is not on its way be fetched; call it often."""
        for one in list(self._wanted.values()):
            if time.monotonic() > one.until_s:
                del self._wanted[one.alert]
            elif not one.busy:
                one.busy = True
                task = asyncio.get_running_loop().create_task(self._fetch(client, one))
                tasks.add(task)
                task.add_done_callback(tasks.discard)

    async def _fetch(self, client: Client, one: _Wanted) -> None:
        try:
            await self._pieces(client, one)
        except Exception as error:  # noqa: BLE001 - whatever broke, it is asked for again from where it was
            self.trouble = f"{one.node}: {type(error).__name__}: {error}"[:200]
            await asyncio.sleep(AGAIN_S)
        finally:
            one.busy = False

    async def _pieces(self, client: Client, one: _Wanted) -> None:
        while True:
            ask = msgspec.structs.replace(one.ask, at=len(one.got))
            answer = await client.request(f"{FILM}.{one.node}", _ENCODE(ask), timeout=ANSWER_S)
            piece = _PIECE.decode(answer.data)
            if piece.state == "wait":
                await asyncio.sleep(AGAIN_S)
                continue
            if piece.state == "film":
                one.got += piece.data
            wrong = piece.state == "film" and not (piece.data and len(one.got) <= piece.size <= FILM_MOST)
            if wrong:
                self.trouble = f"{one.node}: a film of {piece.size} bytes, {len(one.got)} of them came"
            if piece.state == "none" or wrong:
                self._wanted.pop(one.alert, None)
                return
            if len(one.got) == piece.size:
                cut = ClipCut(
                    bytes(one.got), piece.t0_s, piece.t1_s, piece.fps, piece.width_px, piece.height_px, piece.boxes
                )
                self._done.append((one.alert, one.sensor, cut))
                self._wanted.pop(one.alert, None)
                return


class FilmGiver:
    """A node's side: `answer` is called by the sender's thread, `cut` by the node's loop, which owns the cameras."""

    def __init__(self, site: Site, node: str) -> None:
        self._index = {sensor: k for k, sensor in enumerate(s.id for s in site.sensors)}
        self._mine = frozenset(sensors_of(site, node))
        self._to_cut: deque[Ask] = deque(maxlen=FILMS_KEPT)
        self._films: dict[str, ClipCut | None] = {}

    def answer(self, data: bytes) -> bytes:
        """Return the answer to an ask."""
        try:
            ask = _ASK.decode(data)
        except msgspec.MsgspecError:
            return _ENCODE(Piece("none"))
        if ask.key in self._films:
            return _ENCODE(_piece(self._films[ask.key], ask.at))
        if self._index.get(ask.sensor) not in self._mine:
            return _ENCODE(Piece("none"))
        if all(one.key != ask.key for one in self._to_cut):
            self._to_cut.append(ask)
        return _ENCODE(Piece("wait"))

    def cut(self, pool: CameraPool | None) -> None:
        """Cut what was asked for since the last time."""
        while self._to_cut:
            ask, sensor = self._to_cut[0], self._index[self._to_cut[0].sensor]
            able = pool is not None and sensor in pool.sensors
            film = pool.clip(sensor, ask.t0_s, ask.t1_s) if able and pool is not None else None
            self._films[ask.key] = film if film is not None and len(film.data) <= FILM_MOST else None
            self._to_cut.popleft()
            while len(self._films) > FILMS_KEPT:
                del self._films[next(iter(self._films))]


def _piece(film: ClipCut | None, at: int) -> Piece:
    if film is None or not 0 <= at < len(film.data):
        return Piece("none")
    return Piece(
        "film", len(film.data), film.data[at : at + PIECE], film.t0_s, film.t1_s, film.fps, film.width_px,
        film.height_px, film.boxes,
    )  # fmt: skip
