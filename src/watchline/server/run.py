"""The server's own thread beside the core's loop."""

from __future__ import annotations

import threading
from collections.abc import Callable

import uvicorn
from starlette.applications import Starlette

from watchline.domain.errors import BadInput

START_S = 15.0


class ServerThread:
    """uvicorn in a daemon thread, on loopback only.  Mutable: it owns the thread."""

    def __init__(self, app: Starlette, port: int) -> None:
        """Start serving; BadInput when the port is taken."""
        config = uvicorn.Config(
            app,
            host="127.0.0.1",
            port=port,
            log_level="critical",
            access_log=False,
            log_config=None,
            ws="websockets-sansio",
        )
        self._server = uvicorn.Server(config)
        self._server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        self._failed = False
        self._thread = threading.Thread(target=self._serve, name="watchline-server", daemon=True)
        self._thread.start()
        waited = threading.Event()
        for _ in range(int(START_S / 0.05)):
            if self._server.started or self._failed:
                break
            waited.wait(0.05)
        if not self._server.started:
            raise BadInput("--port", f"{port} cannot be served on loopback", "choose another port")
        self.port = int(self._server.servers[0].sockets[0].getsockname()[1])

    def _serve(self) -> None:
        try:
            self._server.run()
        except SystemExit:  # uvicorn's way of saying that it could not bind
            self._failed = True

    def stop(self) -> None:
        """Stop serving, and wait for screens to be told."""
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(timeout=5.0)


def link_printer(base: str, new_token: Callable[[], str], say: Callable[[str], None]) -> Callable[[], None]:
    """Return what to call when a link was used: it prints the next one."""

    def used() -> None:
        say(f"that link is used up; for another screen open {base}/?token={new_token()}")

    return used
