"""A web server on this machine with byte ranges, that can be slow, break off, fail, or know no ranges."""

from __future__ import annotations

import hashlib
import http.server
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Manners:
    """How the server behaves, changed by the tests while it runs; requests: (method, path, range) of each."""

    folder: Path
    ranges: bool = True
    break_after: int | None = None  # bytes of one answer, then the connection is cut
    breaks: int = 0  # how many answers are cut
    answer: int | None = None  # a status instead of the file
    fails: int = 0  # how many 500 are given first
    slow_s: float = 0.0
    deaf_s: float = 0.0  # before any answer at all
    tells_length: bool = True
    requests: list[tuple[str, str, str | None]] = field(default_factory=list)
    sent: int = 0


class Handler(http.server.BaseHTTPRequestHandler):
    manners: Manners

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        self._reply(False)

    def do_GET(self) -> None:
        self._reply(True)

    def _reply(self, whole: bool) -> None:
        manners, wanted = self.manners, self.headers.get("Range")
        manners.requests.append((self.command, self.path, wanted))
        path = manners.folder / self.path.lstrip("/")
        time.sleep(manners.deaf_s)
        if manners.fails:
            manners.fails -= 1
            self.send_error(500)
        elif manners.answer or not path.is_file():
            self.send_error(manners.answer or 404)
        else:
            time.sleep(manners.slow_s)
            self._send(path.read_bytes(), wanted, whole)

    def _send(self, body: bytes, wanted: str | None, whole: bool) -> None:
        manners, part = self.manners, body
        if wanted and manners.ranges:
            first, last = wanted.removeprefix("bytes=").split("-")
            part = body[int(first) : int(last) + 1]
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {first}-{int(first) + len(part) - 1}/{len(body)}")
        else:
            self.send_response(200)
        if manners.tells_length:
            self.send_header("Content-Length", str(len(part)))
        self.send_header("ETag", f'"{hashlib.sha256(body).hexdigest()[:16]}"')
        self.end_headers()
        if not whole:
            return
        if manners.breaks and manners.break_after is not None:
            manners.breaks -= 1
            part = part[: manners.break_after]
        manners.sent += len(part)
        self.wfile.write(part)


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a reader that goes away is one of the cases."""


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, Manners]]:
    """Serve a folder; yields its address and its manners."""
    manners = Manners(folder)
    handler = type("Mannered", (Handler,), {"manners": manners})
    with Server(("127.0.0.1", 0), handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_address[1]}", manners
        httpd.shutdown()
        thread.join()
