"""How often and how slowly somebody may ask.

Rules: everything kept here is bounded; what is forgotten first is what was asked longest ago.  Times are the server's
own, in seconds.  Mutable.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

KNOWN_MOST = 4096
FREE_FAILURES = 5
WAIT_MOST_S = 900.0
RATE_HZ, BURST = 50.0, 300.0
TILE_COST = 0.25  # of a request: a map of several layers asks for a hundred small squares when it is moved
HEAD_S = 20.0  # for the head of a request to be whole
BODY_S = 60.0  # and for its body
BODY_MOST = 16 << 20


class Failures:
    """Wrong passwords by what they were tried for: after `FREE_FAILURES` each makes the next wait twice as long."""

    def __init__(self) -> None:
        self._by: OrderedDict[str, tuple[int, float]] = OrderedDict()  # count, from when it may be tried again

    def wait_s(self, key: str, now_s: float) -> float:
        """Return how long this must still wait, 0 when it may try."""
        return max(0.0, self._by.get(key, (0, 0.0))[1] - now_s)

    def failed(self, key: str, now_s: float) -> None:
        """Count a failure."""
        count = self._by.pop(key, (0, 0.0))[0] + 1
        wait_s = 0.0 if count < FREE_FAILURES else min(2.0 ** (count - FREE_FAILURES + 1), WAIT_MOST_S)
        self._by[key] = count, now_s + wait_s
        while len(self._by) > KNOWN_MOST:
            self._by.popitem(last=False)

    def succeeded(self, key: str) -> None:
        """Forget what came before."""
        self._by.pop(key, None)


class Rate:
    """A bucket for each asker: `RATE_HZ` requests a second, `BURST` at once."""

    def __init__(self) -> None:
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def takes(self, key: str, now_s: float, cost: float = 1.0) -> bool:
        """Return whether one more request is taken from this asker; cost: how much of one it counts."""
        left, since_s = self._left.pop(key, (BURST, now_s))
        left = min(BURST, left + RATE_HZ * (now_s - since_s))
        taken = left >= cost
        self._left[key] = left - cost * taken, now_s
        while len(self._left) > KNOWN_MOST:
            self._left.popitem(last=False)
        return taken


class BoundedHttp(H11Protocol):
    """uvicorn's HTTP connection, closed when the head of a request takes longer than `HEAD_S`."""

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._since: float | None = self.loop.time()
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Take bytes, and note whether a request has become whole."""
        super().data_received(data)
        asking = self.cycle is not None and not self.cycle.response_complete
        self._since = None if asking else self._since if self._since is not None else self.loop.time()

    def _watch(self) -> None:
        if self.transport.is_closing() or self.transport.get_protocol() is not self:
            return  # gone, or a screen's WebSocket by now, which has no head to wait for
        asking = self.cycle is not None and not self.cycle.response_complete
        if not asking and self._since is not None and self.loop.time() - self._since > HEAD_S:
            self.transport.abort()
            return
        self.loop.call_later(HEAD_S / 4, self._watch)


def in_time(receive: Any, deadline_s: float = BODY_S) -> Any:
    """Return a `receive` that gives up on a body that does not come; TimeoutError."""
    done = False

    async def received() -> Any:
        nonlocal done
        if done:
            return await receive()
        message = await asyncio.wait_for(receive(), deadline_s)
        done = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    return received
