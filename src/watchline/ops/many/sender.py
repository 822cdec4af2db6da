"""From a node's outbox to the core's servers: what is new at once, what is old beside it, and again until it is kept.

Theory: what was seen in the last `FRESH_S` seconds goes first, so that after days alone the picture is right at once;
the backlog fills what is left of the window, oldest first.  A server's acknowledgement only means that it need not be
sent again soon; a message leaves the outbox when the core says that its ledger holds it.  Whatever is not confirmed
`AGAIN_S` after it was sent is sent again: even a server that lost its disk loses nothing.

Mutable: it owns a thread.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from watchline.ops.many import node_state
from watchline.ops.many.films import FilmGiver
from watchline.ops.many.message import encode
from watchline.ops.many.node_state import STATE_EVERY_S
from watchline.ops.many.outbox import Kept, Outbox
from watchline.ops.many.wire import FILM, KEPT, LATE, LIVE, STATE, STREAM, KeptNumbers, connected, let_go

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.aio.msg import Msg

WINDOW = 128  # messages on their way at once
FRESH_S = 10.0
ANSWER_S = 10.0  # longer than a cluster takes to choose a leader
AGAIN_S = 60.0
LOOK_S = 0.02
WAIT_S = (0.2, 5.0)  # before the first and the later tries to connect


class Sender:
    """See the module.  now: the node's clock; films: answers for films of alerts."""

    def __init__(
        self, outbox: Outbox, servers: tuple[str, ...], tls: ssl.SSLContext | None, now: Callable[[], float],
        again_s: float = AGAIN_S, films: FilmGiver | None = None,
    ) -> None:  # fmt: skip
        self._outbox, self._servers, self._tls, self._now, self._again_s = outbox, servers, tls, now, again_s
        self._sent: dict[int, float] = {}
        self._state_s, self._films = -STATE_EVERY_S, films
        self._stop = threading.Event()
        self.connected = False
        self.trouble = "not connected yet"
        self._thread = threading.Thread(target=self._run, daemon=True, name=f"sender-{outbox.node}")
        self._thread.start()

    def close(self) -> None:
        """Stop sending; what is not confirmed stays in the outbox."""
        self._stop.set()
        self._thread.join(10.0)

    def _run(self) -> None:
        asyncio.run(self._for_ever())

    async def _for_ever(self) -> None:
        wait_s = WAIT_S[0]
        while not self._stop.is_set():
            began_s = time.monotonic()
            try:
                await self._once()
            except Exception as error:  # noqa: BLE001 - a supervisor: whatever broke, the node goes on and tries again
                self.trouble = f"{type(error).__name__}: {error}"[:200]
            self.connected = False
            wait_s = WAIT_S[0] if time.monotonic() - began_s > 10.0 else min(2 * wait_s, WAIT_S[1])
            end_s = time.monotonic() + wait_s
            while time.monotonic() < end_s and not self._stop.is_set():
                await asyncio.sleep(0.05)

    async def _once(self) -> None:
        """Send on one connection until it fails."""
        client = await connected(self._servers, self._tls, self._outbox.node)
        try:
            await client.subscribe(f"{KEPT}.{self._outbox.node}", cb=self._kept)
            if self._films is not None:
                await client.subscribe(f"{FILM}.{self._outbox.node}", cb=self._film)
            self.connected, self.trouble = True, ""
            await self._send_all(client)
        finally:
            await let_go(client)

    async def _film(self, message: Msg) -> None:
        if self._films is not None and message.reply:
            await message.respond(self._films.answer(message.data))

    async def _kept(self, message: object) -> None:
        told = msgspec.msgpack.decode(message.data, type=KeptNumbers)  # type: ignore[attr-defined]
        if told.outbox == self._outbox.id:
            self._outbox.confirm(told.numbers)

    async def _send_all(self, client: Client) -> None:
        self._sent.clear()  # what the last connection sent may have gone nowhere
        flying: set[asyncio.Task[None]] = set()
        try:
            await self._send_on(client, flying)
        finally:
            for task in flying:
                task.cancel()
            await asyncio.gather(*flying, return_exceptions=True)

    async def _send_on(self, client: Client, flying: set[asyncio.Task[None]]) -> None:
        live = self._outbox.last_before(self._now() - FRESH_S)
        back, back_end, pass_s = 0, live, time.monotonic()
        while not self._stop.is_set():
            if client.is_closed:
                raise ConnectionError("the connection ended")
            await self._say_state(client)
            room = WINDOW - len(flying)
            rows = self._outbox.after(live, room) if room else []
            if rows:
                live = rows[-1].envelope.first
                flying |= {self._fly(client, LIVE, kept) for kept in rows}
            room = min(WINDOW // 2, WINDOW - len(flying))
            old = self._outbox.after(back, room, back_end) if room > 0 and back < back_end else []
            if old:
                back = old[-1].envelope.first
                flying |= {self._fly(client, LATE, kept) for kept in old if self._is_due(kept)}
            elif back < back_end and room > 0:
                back = back_end
            elif back >= back_end and time.monotonic() - pass_s > self._again_s:
                back, back_end, pass_s = 0, live, time.monotonic()
            if not flying:
                await asyncio.sleep(LOOK_S)
                continue
            done, _ = await asyncio.wait(flying, timeout=LOOK_S, return_when=asyncio.FIRST_COMPLETED)
            flying -= done
            await asyncio.gather(*done)

    async def _say_state(self, client: Client) -> None:
        if time.monotonic() - self._state_s >= STATE_EVERY_S:
            self._state_s = time.monotonic()
            await client.publish(f"{STATE}.{self._outbox.node}", node_state.encode(self._outbox.state()))

    def _is_due(self, kept: Kept) -> bool:
        sent_s = self._sent.get(kept.envelope.first)
        return sent_s is None or time.monotonic() - sent_s >= self._again_s

    def _fly(self, client: Client, lane: str, kept: Kept) -> asyncio.Task[None]:
        return asyncio.get_running_loop().create_task(self._publish(client, lane, kept))

    async def _publish(self, client: Client, lane: str, kept: Kept) -> None:
        envelope = kept.envelope
        number = f"{envelope.outbox}-{envelope.first}-{envelope.last}"
        await client.jetstream().publish(
            f"{lane}.{envelope.node}",
            encode(envelope),
            timeout=ANSWER_S,
            stream=STREAM,
            headers={"Nats-Msg-Id": number},
        )
        self._sent[envelope.first] = time.monotonic()
        if len(self._sent) > 100_000:
            old_s = time.monotonic() - self._again_s
            self._sent = {k: v for k, v in self._sent.items() if v > old_s}
