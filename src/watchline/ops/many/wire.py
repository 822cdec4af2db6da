"""The names under which messages travel, and a connection to NATS that fails soon instead of waiting for ever."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from watchline.domain.errors import BadInput
from watchline.domain.nodes import Numbers
from watchline.domain.site import Transport
from watchline.links.transports import Tls

if TYPE_CHECKING:
    from nats.aio.client import Client

STREAM = "WATCHLINE"
LIVE, LATE, KEPT = "watchline.live", "watchline.late", "watchline.kept"
PICTURE, STATE, FILM = "watchline.picture", "watchline.node", "watchline.film"
SUBJECTS: dict[str, tuple[str, str, str]] = {
    LIVE: ("each node", "each core", "envelopes with what was seen just now; kept by the server until acknowledged"),
    LATE: ("each node", "each core", "envelopes of an outage, older than those of `live`; kept as those are"),
    KEPT: ("each core", "each node", "numbers of the messages that lie in the ledger: the node may forget them"),
    STATE: ("each node", "each core", "how the node is: its outbox, its clock, its losses"),
    FILM: ("each core", "each node", "asks for a piece of an alert's film; the answer is its bytes"),
    PICTURE: (
        "each core",
        "each core",
        "tracks, open alerts, heard sensors of one part of the line, once a second",
    ),
}
"""Subject -> who writes it, who reads it, what.  The node's name, or the part's number, follows after a dot."""
CONNECT_S = 3
PING_S = 3  # a half-open connection is noticed after two of these


class KeptNumbers(msgspec.Struct, frozen=True, array_like=True):
    """Which messages of an outbox the core's ledger holds."""

    outbox: str
    numbers: Numbers


def require_nats() -> None:
    """Refuse with one line when the client is not installed."""
    try:
        import nats  # noqa: F401
    except ImportError:
        raise BadInput("transport", "needs the package nats-py", "pip install 'watchline[many]'") from None


def tls_of(spec: Transport, beside: Path) -> ssl.SSLContext | None:
    """Return how to connect; BadInput for files that cannot be used."""
    if spec.tls is None:
        return None
    files = spec.tls
    return Tls(beside / files.certificate, beside / files.key, beside / files.authority).context(server=False)


async def connected(servers: tuple[str, ...], tls: ssl.SSLContext | None, name: str) -> Client:
    """Return a new connection to whichever server answers; OSError or a NATS error when none does.

    It does not connect again by itself: whoever holds it begins anew, and knows what is not acknowledged.
    """
    from nats.aio.client import Client

    async def quiet(_: Exception) -> None:
        """Errors come out of the calls that meet them."""

    client, scheme = Client(), "nats" if tls is None else "tls"
    try:
        await client.connect(
            [f"{scheme}://{one}" for one in servers],
            name=name,
            tls=tls,
            allow_reconnect=False,
            connect_timeout=CONNECT_S,
            ping_interval=PING_S,
            max_outstanding_pings=2,
            error_cb=quiet,
        )
    except BaseException:
        await let_go(client)  # a server that turns us away has been connected to
        raise
    return client


async def let_go(client: Client) -> None:
    """Close a connection that may be dead already."""
    with contextlib.suppress(Exception):
        await asyncio.wait_for(client.close(), CONNECT_S)
