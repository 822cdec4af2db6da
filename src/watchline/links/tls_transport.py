"""A TLS connection that one thread reads and another writes.

OpenSSL keeps one state for both directions, and Python before 3.13 does not guard it: a read and a write at the same
moment lose records or end the process.  Here every call into it holds a lock, and waiting for the network does not.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import threading
import time

# A writer told "wait until you can read" is served by whatever the reader takes, so it looks again this soon.
LOOK_AGAIN_S = 0.05


class TlsSocket:
    """The calls of a socket that links use, safe for one reader and one writer.  Mutable: it owns the connection."""

    def __init__(self, sock: ssl.SSLSocket) -> None:
        self._sock, self._lock = sock, threading.Lock()
        self._timeout_s: float | None = sock.gettimeout()
        sock.setblocking(False)

    def setsockopt(self, level: int, option: int, value: int) -> None:
        """Set an option of the connection below."""
        self._sock.setsockopt(level, option, value)

    def settimeout(self, timeout_s: float | None) -> None:
        """Wait at most so long in `recv`, and for each step forward in `sendall`."""
        self._timeout_s = timeout_s

    def recv(self, size: int) -> bytes:
        """Return what came, b"" at the end; TimeoutError when nothing came, OSError when the connection broke."""
        end_s = self._end_s()
        while True:
            with self._lock:
                try:
                    return self._sock.recv(size)
                except ssl.SSLWantReadError:
                    flag = select.POLLIN
                except ssl.SSLWantWriteError:
                    flag = select.POLLOUT
            self._wait(flag, end_s)

    def sendall(self, data: bytes) -> None:
        """Send everything; TimeoutError when the peer takes nothing for the time set, OSError when it broke."""
        view, end_s = memoryview(data), self._end_s()
        while view:
            with self._lock:
                try:
                    view, end_s = view[self._sock.send(view) :], self._end_s()
                    continue
                except ssl.SSLWantReadError:
                    flag = select.POLLIN
                except ssl.SSLWantWriteError:
                    flag = select.POLLOUT
            self._wait(flag, end_s, most_s=LOOK_AGAIN_S if flag == select.POLLIN else None)

    def shutdown(self, how: int) -> None:
        """End the connection below, which wakes whoever waits on it; no goodbye of TLS is said."""
        # The method of `SSLSocket` would drop the TLS state while the other thread uses it and send plain text.
        with contextlib.suppress(ValueError):
            socket.socket.shutdown(self._sock, how)

    def close(self) -> None:
        """Give the connection back, when nobody is inside it."""
        with self._lock:
            self._sock.close()

    def _end_s(self) -> float | None:
        return None if self._timeout_s is None else time.monotonic() + self._timeout_s

    def _wait(self, flag: int, end_s: float | None, most_s: float | None = None) -> None:
        left_s = None if end_s is None else end_s - time.monotonic()
        if left_s is not None and left_s <= 0.0:
            raise TimeoutError("timed out")
        if most_s is not None:
            left_s = most_s if left_s is None else min(left_s, most_s)
        handle = self._sock.fileno()
        if handle < 0:
            raise OSError("closed")
        poll = select.poll()
        poll.register(handle, flag)
        poll.poll(None if left_s is None else 1000.0 * left_s)
