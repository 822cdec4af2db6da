"""UDP as a link's transport: peers are channels, what is sent arrives, what cannot be taken is counted."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from watchline.links.transports import CHANNELS_MAX, Event
from watchline.links.udp_transport import Udp


@pytest.fixture
def listening() -> Iterator[Udp]:
    made = Udp("udp:127.0.0.1:0", listen=True)
    yield made
    made.close()


def peer() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("127.0.0.1", 0))
    made.settimeout(60.0)
    return made


def test_a_peer_is_a_channel_and_is_answered_on_it(listening: Udp) -> None:
    with peer() as one, peer() as other:
        for sender, data in ((one, b"a"), (other, b"b"), (one, b"c")):
            sender.sendto(data, ("127.0.0.1", listening.port))
        events = [listening.events.get(timeout=60) for _ in range(5)]
        assert sorted(e.kind for e in events) == ["data", "data", "data", "open", "open"]
        first = f"127.0.0.1:{one.getsockname()[1]}"
        assert [e.data for e in events if e.kind == "data" and e.channel == first] == [b"a", b"c"]
        listening.send(b"answer", first)
        assert one.recv(100) == b"answer"
        listening.send(b"all")
        assert (one.recv(100), other.recv(100)) == (b"all", b"all")


def test_to_nobody_is_a_drop(listening: Udp) -> None:
    listening.send(b"x")
    listening.send(b"x", "nobody")
    assert (listening.take_drops(), listening.take_drops()) == (2, 0)


def test_a_dialled_link_hears_only_its_peer() -> None:
    with peer() as one, peer() as stranger:
        port = one.getsockname()[1]
        link = Udp(f"udp:127.0.0.1:{port}", listen=False)
        assert link.events.get(timeout=60) == Event("open", f"127.0.0.1:{port}")
        link.send(b"hello")
        assert one.recv(100) == b"hello"
        stranger.sendto(b"evil", ("127.0.0.1", link.port))
        one.sendto(b"good", ("127.0.0.1", link.port))
        assert link.events.get(timeout=60).data == b"good"
        assert link.take_drops() == 1
        link.close()


def test_more_peers_than_there_is_room_for_are_counted(listening: Udp) -> None:
    for k in range(CHANNELS_MAX + 3):
        listening._know(("10.0.0.1", 1000 + k))
    assert listening.take_drops() == 3


@pytest.mark.parametrize("address", ["udp:nowhere", "udp:127.0.0.1:99999", "udp:203.0.113.7:5000"])
def test_an_address_that_cannot_be_bound_is_said_at_once(address: str) -> None:
    with pytest.raises((OSError, ValueError)):
        Udp(address, listen=True)
