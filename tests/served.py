"""A small served core for tests of what the server answers to phones and map programs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from core_builders import Step, make_core, silence
from watchline.ledger.reader import LedgerReader
from watchline.ops.core import Core
from watchline.server.app import Board, build_app
from watchline.server.orders import Carrier
from watchline.server.session import Sessions

BASE = "http://127.0.0.1:8765"


@contextmanager
def running(core: Core, every_s: float = 0.005, each: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Run the core's loop beside, as in life: a step each `every_s` of the wall clock, and `each` after it."""
    stop = threading.Event()

    def loop() -> None:
        while not stop.is_set():
            core.tick()
            each()
            stop.wait(every_s)

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@dataclass
class Served:
    """A core and the application over it.  Mutable: requests and the core's loop both touch it."""

    core: Core
    sessions: Sessions
    directory: Path
    carrier: Carrier | None = None

    def __post_init__(self) -> None:
        board = Board(self.core, self.directory / "ledger", None, self.carrier)
        self.app = build_app(board, self.sessions, lambda: None)
        self.cookies = httpx.Cookies()

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport, base_url=BASE, cookies=self.cookies) as client:
                answer = await client.request(method, path, **more)
                self.cookies.update(client.cookies)
                return answer

        return asyncio.run(asked())

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.ask("GET", path, **more)

    def as_operator(self) -> Served:
        self.cookies = httpx.Cookies()
        self.get(f"/?token={self.sessions.new_link_token()}")
        return self

    def as_reporter(self, name: str) -> Served:
        self.cookies = httpx.Cookies()
        assert self.get(f"/field?token={self.sessions.new_link_token(name)}").status_code == 303
        return self

    def kept(self, *kinds: str) -> list[Any]:
        with LedgerReader(self.directory / "ledger") as reader:
            return [entry.value for entry in reader.events(list(kinds))]


def serve(directory: Path, script: Callable[[float], Step] = silence) -> Served:
    """Return a served core on a new ledger."""
    return Served(make_core(directory, script), Sessions("desk-1"), directory)
