"""The server's own thread beside the core's loop."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from watchline.domain.errors import BadInput
from watchline.server.limits import BoundedHttp

START_S = 15.0
CONNECTIONS_MOST = 1000


class ServerThread:
    """uvicorn in a daemon thread: on loopback, or for other machines over HTTPS.  Mutable: it owns the thread."""

    def __init__(
        self, app: Starlette, port: int, host: str = "127.0.0.1", tls: tuple[Path, Path] | None = None
    ) -> None:
        """Start serving; BadInput when the port is taken or the certificate cannot be used.

        tls: certificate and key (PEM); without them only a loopback host is served.
        """
        if tls is None and host not in ("127.0.0.1", "::1"):
            raise BadInput("access.listen", f"{host} is reached from other machines: that takes HTTPS", "give tls")
        config = uvicorn.Config(
            app,
            host=host,
            port=port,
            http=BoundedHttp,
            ssl_certfile=str(tls[0]) if tls is not None else None,
            ssl_keyfile=str(tls[1]) if tls is not None else None,
            limit_concurrency=CONNECTIONS_MOST,
            server_header=False,
            log_level="critical",
            access_log=False,
            log_config=None,
            ws="websockets-sansio",
        )
        try:
            config.load()
        except (OSError, ssl.SSLError) as error:
            raise BadInput(
                "access.certificate", f"cannot be used ({error})", "make it with: watchline https"
            ) from None
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
            raise BadInput("--port", f"{port} cannot be served on {host}", "choose another port")
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
