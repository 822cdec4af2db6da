"""Sockets: TCP as client and as server, mutual TLS, coming back by itself, bounded queues whose drops are counted.

A transport turns a place to connect to into events (a channel opened, bytes came, it closed) and takes bytes to send.
It knows nothing of protocols.  Reading waits when nobody takes the events, so a peer is slowed down and nothing is
lost; what is to be sent waits in a bounded queue per channel, whose oldest gives way and is counted.
"""

from __future__ import annotations

import contextlib
import itertools
import queue
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from watchline.domain.errors import BadInput
from watchline.links.tls_transport import TlsSocket

EVENTS_BOUND = 1024  # pieces of up to READ_BYTES that wait to be decoded; a full queue slows the peer down
SEND_BOUND = 4096  # messages that wait for one peer; the oldest give way
CHANNELS_MAX = 256  # peers of one listening link; more are turned away
READ_BYTES = 65_536
CONNECT_S, HANDSHAKE_S = 5.0, 5.0
SEND_S = 10.0  # a peer that takes nothing for so long is hung up on
RETRY_S, LONGEST_RETRY_S = 0.25, 4.0

_Socket = socket.socket | TlsSocket


@dataclass(frozen=True)
class Event:
    """Something that happened on a channel.  peer: the common name in its certificate, "" without one.

    token: what `settle` wants when the event is durable, -1 where the transport does not wait for that.
    """

    kind: Literal["open", "data", "closed"]
    channel: str
    data: bytes = b""
    peer: str = ""
    cause: str = ""
    token: int = -1


@dataclass(frozen=True)
class Tls:
    """Files of mutual TLS: our certificate and key, and the authority that must have signed the peer's."""

    certificate: Path
    key: Path
    authority: Path

    def context(self, *, server: bool) -> ssl.SSLContext:
        """Return a context that refuses peers without a certificate of our authority; BadInput for bad files."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.verify_mode = ssl.CERT_REQUIRED
        context.check_hostname = False  # field hosts are addresses; the authority is ours and the name is told on
        try:
            context.load_cert_chain(self.certificate, self.key)
            context.load_verify_locations(self.authority)
        except (ssl.SSLError, OSError) as error:
            files = f"{self.certificate}, {self.key}, {self.authority}"
            raise BadInput(f"tls: {files}", f"cannot be used ({error.strerror or error})", "give PEM files") from None
        return context


class Transport(Protocol):
    """What carries a link."""

    events: queue.Queue[Event]

    def send(self, data: bytes, channel: str | None = None) -> None:
        """Send to one channel, or to all."""
        ...

    def hang_up(self, channel: str) -> None:
        """End a channel."""
        ...

    def take_drops(self) -> int:
        """Return how many messages were left out since last asked."""
        ...

    def settle(self, tokens: list[int]) -> None:
        """Tell the peer that these events are durable here, and need not be sent again."""
        ...

    def close(self) -> None:
        """End everything."""
        ...


def address_of(text: str) -> tuple[str, int]:
    """Return host and port of "host:port"; ValueError when it is none.

    >>> address_of("[::1]:5020"), address_of("core.local:8089")
    (('::1', 5020), ('core.local', 8089))
    """
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not port.isdigit() or not 0 <= int(port) <= 65535:
        raise ValueError(f"{text!r} is not host:port")
    return host, int(port)


class _Channel:
    """One connection: a thread that reads, one that writes.  Mutable: it owns both."""

    def __init__(self, name: str, sock: _Socket, put: Callable[[Event], None], count: Callable[[], None]) -> None:
        self.name, self._sock, self._put, self._count = name, sock, put, count
        self._waiting: deque[bytes] = deque()
        self._wake = threading.Condition()
        self._over = False
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        sock.settimeout(SEND_S)
        threading.Thread(target=self._write, daemon=True, name=f"link-{name}-write").start()

    def send(self, data: bytes) -> None:
        with self._wake:
            if len(self._waiting) >= SEND_BOUND:
                self._waiting.popleft()
                self._count()
            self._waiting.append(data)
            self._wake.notify()

    def read(self) -> str:
        """Hand on what comes until the connection ends; return why it ended."""
        while not self._over:
            try:
                data = self._sock.recv(READ_BYTES)
            except TimeoutError:
                continue
            except (OSError, ValueError) as error:
                return str(error)
            if not data:
                return "closed by the peer"
            self._put(Event("data", self.name, data))
        return "hung up"

    def _write(self) -> None:
        while True:
            with self._wake:
                while not self._waiting and not self._over:
                    self._wake.wait(1.0)
                if self._over:
                    return
                waiting = list(self._waiting)
                self._waiting.clear()
            try:
                # A message is a TLS record of its own: servers that wait with select (taky) never see the part of a
                # larger record that they have not read yet, and leave it until something else comes.
                for data in waiting:
                    self._sock.sendall(data)
            except (OSError, ValueError):
                self.close()
                return

    def close(self) -> None:
        with self._wake:
            self._over = True
            self._wake.notify()
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()


class _Tcp:
    """What client and server share: the events and the channels.  Mutable: it owns threads."""

    def __init__(self) -> None:
        self.events: queue.Queue[Event] = queue.Queue(EVENTS_BOUND)
        self._channels: dict[str, _Channel] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._drops = 0

    def _put(self, event: Event) -> None:
        while not self._stop.is_set():
            try:
                self.events.put(event, timeout=0.5)
            except queue.Full:
                continue
            return

    def _count(self) -> None:
        self._drops += 1

    def _serve(self, name: str, sock: _Socket, peer: str) -> None:
        """Carry one connection until it ends."""
        channel = _Channel(name, sock, self._put, self._count)
        with self._lock:
            self._channels[name] = channel
        self._put(Event("open", name, peer=peer))
        cause = channel.read()
        with self._lock:
            self._channels.pop(name, None)
        channel.close()
        self._put(Event("closed", name, cause=cause))

    def send(self, data: bytes, channel: str | None = None) -> None:
        """Send to one channel, or to all; to nobody counts as a drop."""
        with self._lock:
            to = list(self._channels.values()) if channel is None else [self._channels.get(channel)]
        if not any(to):
            self._count()
        for one in to:
            if one is not None:
                one.send(data)

    def hang_up(self, channel: str) -> None:
        """End a channel."""
        with self._lock:
            one = self._channels.get(channel)
        if one is not None:
            one.close()

    def take_drops(self) -> int:
        """Return how many messages were left out since last asked."""
        drops, self._drops = self._drops, 0
        return drops

    def settle(self, tokens: list[int]) -> None:
        """Do nothing: TCP has no word for it; protocols that have one say it themselves."""

    def close(self) -> None:
        """End everything."""
        self._stop.set()
        with self._lock:
            channels = list(self._channels.values())
        for channel in channels:
            channel.close()


class TcpDial(_Tcp):
    """A client that connects, and connects again when the connection ends."""

    def __init__(self, address: str, tls: Tls | None = None) -> None:
        super().__init__()
        self._address = address_of(address)
        self._context = tls.context(server=False) if tls is not None else None
        threading.Thread(target=self._run, daemon=True, name=f"link-dial-{address}").start()

    def _run(self) -> None:
        wait_s, number = RETRY_S, itertools.count(1)
        while not self._stop.is_set():
            try:
                sock, peer = self._connect()
            except (OSError, ValueError) as error:
                self._put(Event("closed", "", cause=str(error) or type(error).__name__))
                self._stop.wait(wait_s)
                wait_s = min(2 * wait_s, LONGEST_RETRY_S)
                continue
            began = time.monotonic()
            self._serve(str(next(number)), sock, peer)
            # A peer that takes the call and hangs up at once is not called in a tight circle.
            wait_s = RETRY_S if time.monotonic() - began > LONGEST_RETRY_S else min(2 * wait_s, LONGEST_RETRY_S)
            self._stop.wait(wait_s)

    def _connect(self) -> tuple[_Socket, str]:
        sock = socket.create_connection(self._address, timeout=CONNECT_S)
        return _wrapped(sock, self._context, server=False, host=self._address[0])


class TcpListen(_Tcp):
    """A server; each peer is a channel.  address: with port 0 the system chooses, see `port`."""

    def __init__(self, address: str, tls: Tls | None = None) -> None:
        super().__init__()
        host, port = address_of(address)
        self._context = tls.context(server=True) if tls is not None else None
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, port), family=family, backlog=64)
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._run, daemon=True, name=f"link-listen-{address}").start()

    def _run(self) -> None:
        for number in itertools.count(1):
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            if len(self._channels) >= CHANNELS_MAX:
                sock.close()
                self._count()
                continue
            threading.Thread(target=self._welcome, args=(str(number), sock), daemon=True).start()

    def _welcome(self, name: str, sock: socket.socket) -> None:
        try:
            wrapped, peer = _wrapped(sock, self._context, server=True)
        except (OSError, ValueError) as error:
            self._put(Event("closed", "", cause=f"turned away: {error}"))
            sock.close()
            return
        self._serve(name, wrapped, peer)

    def close(self) -> None:
        """End everything, and stop listening."""
        super().close()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def _wrapped(
    sock: socket.socket, context: ssl.SSLContext | None, *, server: bool, host: str = ""
) -> tuple[_Socket, str]:
    if context is None:
        return sock, ""
    sock.settimeout(HANDSHAKE_S)
    wrapped = context.wrap_socket(sock, server_side=server, server_hostname=None if server else host)
    return TlsSocket(wrapped), _common_name(wrapped)


def _common_name(sock: ssl.SSLSocket) -> str:
    for group in (sock.getpeercert() or {}).get("subject", ()):
        for pair in group:
            if pair[0] == "commonName":
                return str(pair[1])
    return ""
