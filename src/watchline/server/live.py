"""One screen's live connection: the picture every second, tracks as they move, alerts when they change.

Rules: a screen answers what it has drawn; at most `SCREEN_WINDOW` pictures are on their way, newer ones simply
replace older ones that were not sent, so a slow screen is behind by a picture, never by a minute.  Alerts are
always sent.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from watchline.ops.streams import SCREEN_WINDOW
from watchline.server import wire

if TYPE_CHECKING:
    from watchline.server.app import Board

TRACKS_EVERY_S = 1 / 3
PICTURE_EVERY_S = 1.0


class _Answer(msgspec.Struct):
    """What a screen says: the number of the last message drawn."""

    ack: int


async def serve_screen(socket: WebSocket, board: Board, operator: str) -> None:
    """Serve one screen until it goes away."""
    await socket.accept()
    drawn = [0]
    reader = asyncio.create_task(_read(socket, drawn))
    try:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await _write(socket, board, operator, drawn, reader)
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


async def _write(
    socket: WebSocket, board: Board, operator: str, drawn: list[int], reader: asyncio.Task[None]
) -> None:
    core = board.core
    run = core.picture.run
    hello = {
        "type": "hello",
        "now_s": core.picture.now_s,
        "speed": board.speed,
        "user": operator,
        "exercise": bool(run and run.exercise),
        "simulated": bool(run and run.simulated),
    }
    await socket.send_text(msgspec.json.encode(hello).decode())
    told: dict[str, tuple[object, ...]] = {}
    await _send_alerts(socket, board, told, first=True)
    seq, next_picture_s, last_t_s = 0, 0.0, -1.0
    loop = asyncio.get_running_loop()
    while not reader.done():
        await _send_alerts(socket, board, told)
        if seq - drawn[0] < SCREEN_WINDOW:
            if loop.time() >= next_picture_s:
                next_picture_s = loop.time() + PICTURE_EVERY_S
                seq += 1
                with core.lock:
                    text = msgspec.json.encode(wire.picture_message(core, seq, board.view())).decode()
                await socket.send_text(text)
            if core.picture.now_s != last_t_s:
                last_t_s = core.picture.now_s
                seq += 1
                with core.lock:
                    data = wire.tracks_message(core, seq)
                await socket.send_bytes(data)
        await asyncio.sleep(TRACKS_EVERY_S)


async def _send_alerts(
    socket: WebSocket, board: Board, told: dict[str, tuple[object, ...]], *, first: bool = False
) -> None:
    """Send every alert that is new or has changed since this screen was told of it."""
    core = board.core
    changed = []
    with core.lock:
        now = core.picture.now_s
        for alert_id, view in core.picture.alerts.items():
            looks = tuple(cue.id for cue in view.cues.values())
            mark = (view.alert.revision, view.clip is not None, len(view.actions), view.state(now), view.held, looks)
            if told.get(alert_id) != mark:
                told[alert_id] = mark
                changed.append(wire.alert_message(view, now))
    if first:
        await socket.send_text(msgspec.json.encode({"type": "alerts", "alerts": changed}).decode())
        return
    for message in changed:
        await socket.send_text(msgspec.json.encode({"type": "alert", "alert": message}).decode())
