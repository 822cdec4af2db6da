"""One screen's live connection: the picture every second, tracks as they move, alerts when they change.

Fifty screens of one force are shown the same: it is made once a moment, and each gets it under its own number.

Rules: a screen answers what it has drawn; at most `SCREEN_WINDOW` pictures are on their way, newer ones simply
replace older ones that were not sent, so a slow screen is behind by a picture, never by a minute.  Alerts are
always sent.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import struct
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from starlette.websockets import WebSocket, WebSocketDisconnect

from watchline.alerting.desk.roles import Who
from watchline.domain.batches import TrackBatch
from watchline.ops.streams import SCREEN_WINDOW
from watchline.server import sight, wire
from watchline.server.desk import alerts_for, message_of
from watchline.server.desk_wire import desk_message, mark, me

if TYPE_CHECKING:
    from watchline.server.app import Board

TRACKS_EVERY_S = 1 / 3
PICTURE_EVERY_S = 1.0
NEED_TO_KNOW = ("shift_commander", "auditor")  # who may know where the best informed would cross


class _Answer(msgspec.Struct):
    """What a screen says: the number of the last message drawn."""

    ack: int


async def serve_screen(socket: WebSocket, board: Board, who: Who, *, exercise: bool) -> None:
    """Serve one screen until it goes away."""
    await socket.accept()
    drawn = [0]
    reader = asyncio.create_task(_read(socket, drawn))
    try:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await _write(socket, _Screen(board, who, exercise), drawn, reader)
    finally:
        reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reader


async def _read(socket: WebSocket, drawn: list[int]) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            with contextlib.suppress(msgspec.DecodeError):
                drawn[0] = max(drawn[0], msgspec.json.decode(message.get("text") or "", type=_Answer).ack)


@dataclass
class Shared:
    """What was made for one screen at this moment, for others that are shown the same.  Mutable."""

    now_s: float = math.nan
    made: dict[Hashable, bytes] = field(default_factory=dict)

    def of(self, now_s: float, key: Hashable, make: Callable[[], bytes]) -> bytes:
        """Return what `make` gives, made once for a key and a moment."""
        if now_s != self.now_s:
            self.now_s, self.made = now_s, {}
        if key not in self.made:
            self.made[key] = make()
        return self.made[key]


@dataclass
class _Screen:
    """Whose screen it is, and what it was told so far.  Mutable."""

    board: Board
    who: Who
    exercise: bool
    told: dict[str, tuple[object, ...]] = field(default_factory=dict)
    desk: tuple[object, ...] = ()

    def hello(self) -> dict[str, Any]:
        core = self.board.core
        run = core.picture.run
        return {
            "type": "hello",
            "now_s": core.picture.now_s,
            "speed": self.board.speed,
            **me(self.who),
            "exercise": self.exercise,
            "simulated": bool(run and run.simulated),
            "signs_out": self.board.sign_in and not self.exercise,
        }

    def picture(self, seq: int) -> bytes:
        """Return the moment as this person is shown it, as JSON."""
        core, weakest = self.board.core, self.who.role in NEED_TO_KNOW and not self.exercise
        with core.lock:
            desk, view = core.desk_of(self.exercise), sight.view_for(core, self.who)

            def made() -> bytes:
                message = wire.picture_message(core, self.board.view(), desk, self.who.desk, weakest=weakest)
                return msgspec.json.encode(sight.picture_for(view, message, self.board.sensors_s_m))

            body = self._shared(view.whole, ("picture", self.exercise, self.who.desk, weakest), made)
        return b'{"seq":%d,' % seq + body[1:]

    def tracks(self, seq: int) -> bytes:
        """Return the tracks that this person is shown; in an exercise nobody real is."""
        core = self.board.core
        with core.lock:
            view = sight.view_for(core, self.who)

            def made() -> bytes:
                known = TrackBatch.empty() if self.exercise else core.picture.tracks
                return wire.tracks_message(core, known.take(np.flatnonzero(view.mask("tracks", known.s_m))))

            body = self._shared(view.whole, ("tracks", self.exercise), made)
        return body[:4] + struct.pack("<I", seq) + body[8:]

    def _shared(self, whole: bool, key: Hashable, make: Callable[[], bytes]) -> bytes:
        """Return what is made; kept for others only where nothing is cut to a person's own view."""
        return self.board.shared.of(self.board.core.picture.now_s, key, make) if whole else make()


async def _write(socket: WebSocket, screen: _Screen, drawn: list[int], reader: asyncio.Task[None]) -> None:
    core = screen.board.core
    await _say(socket, screen.hello())
    await _send_alerts(socket, screen, first=True)
    seq, next_picture_s, last_t_s = 0, 0.0, -1.0
    loop = asyncio.get_running_loop()
    while not reader.done():
        await _send_alerts(socket, screen)
        await _send_desk(socket, screen)
        if seq - drawn[0] < SCREEN_WINDOW and loop.time() >= next_picture_s:
            next_picture_s = loop.time() + PICTURE_EVERY_S
            seq += 1
            await socket.send_text(screen.picture(seq).decode())
        if seq - drawn[0] < SCREEN_WINDOW and core.picture.now_s != last_t_s:
            last_t_s = core.picture.now_s
            seq += 1
            await socket.send_bytes(screen.tracks(seq))
        await asyncio.sleep(TRACKS_EVERY_S)


async def _say(socket: WebSocket, message: object) -> None:
    await socket.send_text(msgspec.json.encode(message).decode())


async def _send_alerts(socket: WebSocket, screen: _Screen, *, first: bool = False) -> None:
    """Send every alert that is new or has changed since this screen was told of it."""
    core, changed = screen.board.core, []
    with core.lock:
        now_s, deleted = core.picture.now_s, core.desk_of(screen.exercise).deleted
        shown = alerts_for(screen.board, screen.who, exercise=screen.exercise)
        for alert_id, (mark, item) in shown.items():
            if screen.told.get(alert_id) != mark:
                screen.told[alert_id] = mark
                changed.append(message_of(item, now_s, deleted))
        gone = [alert_id for alert_id in screen.told if alert_id not in shown]
    if first:
        await _say(socket, {"type": "alerts", "alerts": changed})
        return
    for message in changed:
        await _say(socket, {"type": "alert", "alert": message})
    for alert_id in gone:  # a test that was withdrawn or told, or the alerts of the exercise before
        del screen.told[alert_id]
        await _say(socket, {"type": "gone", "alert": alert_id})


async def _send_desk(socket: WebSocket, screen: _Screen) -> None:
    core = screen.board.core
    with core.lock:
        state, now_s = core.desk_of(screen.exercise), core.picture.now_s
        view = sight.view_for(core, screen.who)
    now = mark(state, now_s)
    if now != screen.desk:
        screen.desk = now
        await _say(socket, sight.desk_for(view, desk_message(state, screen.who, now_s), screen.who))
