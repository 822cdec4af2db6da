"""UDP for links whose peers send datagrams: drones, radars, cameras' geometry.  Listening, or talking to one address.

A peer is a channel from its first datagram until it has been silent for `SILENT_S`.  Datagrams that nobody takes in
time are lost, as UDP's are, and counted; bytes to send go at once or not at all.
"""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
import time

from watchline.links.transports import CHANNELS_MAX, EVENTS_BOUND, READ_BYTES, Event, address_of

PREFIX = "udp:"
SILENT_S = 60.0
POLL_S = 0.5
Address = tuple[str, int]


class Udp:
    """A UDP socket as a transport.  address: "udp:host:port"; port: the bound one.  Mutable: owns a thread."""

    def __init__(self, address: str, *, listen: bool) -> None:
        """Bind, or fix the peer; OSError or ValueError when the address cannot be used."""
        place = address_of(address.removeprefix(PREFIX))
        self.events: queue.Queue[Event] = queue.Queue(EVENTS_BOUND)
        self._socket = socket.socket(socket.AF_INET6 if ":" in place[0] else socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.settimeout(POLL_S)
        self._lock = threading.Lock()
        self._peers: dict[str, tuple[Address, float]] = {}
        self._drops, self._over = 0, False
        try:
            self._socket.bind(place if listen else ("", 0))
            self._only = None if listen else (socket.gethostbyname(place[0]), place[1])
        except OSError:
            self._socket.close()
            raise
        self.port = int(self._socket.getsockname()[1])
        if self._only is not None:
            self._know(self._only)
        threading.Thread(target=self._run, daemon=True, name=f"link-{address}").start()

    def _run(self) -> None:
        while not self._over:
            try:
                data, peer = self._socket.recvfrom(READ_BYTES)
            except TimeoutError:
                self._forget()
                continue
            except OSError as error:
                # A peer's port may be closed for now; our own end is closed only by `close`.
                if not self._over and self._socket.fileno() >= 0:
                    time.sleep(POLL_S / 10)
                    continue
                self._put(Event("closed", "", cause=str(error)))
                return
            if self._know((peer[0], peer[1])):
                self._put(Event("data", _name(peer), data))
            self._forget()

    def _know(self, peer: Address) -> bool:
        """Return whether a peer is one of ours; a new one opens a channel while there is room."""
        name = _name(peer)
        if self._only is not None and peer != self._only:
            self._count()
            return False
        with self._lock:
            new = name not in self._peers
            if new and len(self._peers) >= CHANNELS_MAX:
                self._drops += 1
                return False
            self._peers[name] = peer, time.monotonic()
        if new:
            self._put(Event("open", name))
        return True

    def _forget(self) -> None:
        if self._only is not None:
            return
        now = time.monotonic()
        with self._lock:
            silent = [name for name, (_, heard) in self._peers.items() if now - heard > SILENT_S]
            for name in silent:
                del self._peers[name]
        for name in silent:
            self._put(Event("closed", name, cause=f"silent for {SILENT_S:.0f} s"))

    def _put(self, event: Event) -> None:
        """Hand an event on; data gives way when nobody takes it, openings and endings do not."""
        while not self._over:
            try:
                self.events.put(event, block=event.kind != "data", timeout=POLL_S)
            except queue.Full:
                if event.kind == "data":
                    self._count()
                    return
                continue
            return

    def _count(self) -> None:
        with self._lock:
            self._drops += 1

    def send(self, data: bytes, channel: str | None = None) -> None:
        """Send to one peer, or to all; to nobody counts as a drop."""
        with self._lock:
            to = [peer for name, (peer, _) in self._peers.items() if channel is None or name == channel]
        sent = 0
        for peer in to:
            with contextlib.suppress(OSError):
                sent += self._socket.sendto(data, peer) > 0
        if not sent:
            self._count()

    def hang_up(self, channel: str) -> None:
        """Forget a peer."""
        with self._lock:
            known = self._peers.pop(channel, None)
        if known is not None:
            self._put(Event("closed", channel, cause="hung up"))

    def take_drops(self) -> int:
        """Return how many datagrams were left out since last asked."""
        with self._lock:
            drops, self._drops = self._drops, 0
        return drops

    def settle(self, tokens: list[int]) -> None:
        """Do nothing: UDP has no word for it."""

    def close(self) -> None:
        """End it."""
        self._over = True
        self._socket.close()


def _name(peer: Address) -> str:
    return f"{peer[0]}:{peer[1]}"
