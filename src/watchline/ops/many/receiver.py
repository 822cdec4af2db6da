"""From the core's message servers to the core, and back the word of what its ledger holds.

Theory: one stream holds what nodes sent until this core acknowledges it, which it does when its ledger has it on the
disk.  New and old travel in lanes of their own, so that a tower that comes back after days does not stand in the way
of what happens now.  When a connection begins, the lanes begin anew with everything that is not acknowledged: what
had come already is known by its number.  How much may wait unacknowledged is bounded; beyond, the servers keep it.

Mutable: it owns a thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from watchline.domain.errors import BadInput
from watchline.domain.site import Transport
from watchline.ops.many import node_state
from watchline.ops.many.films import FilmAsker
from watchline.ops.many.neighbours import EVERY_S, Neighbours
from watchline.ops.many.node_state import NodeState
from watchline.ops.many.wire import KEPT, LATE, LIVE, PICTURE, STATE, STREAM, KeptNumbers, connected, let_go
from watchline.ops.streams import NODES_INBOX_BOUND

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.aio.msg import Msg

PENDING = {LIVE: NODES_INBOX_BOUND - 2_048, LATE: 2_048}  # messages that are not acknowledged yet; 8 kB each
NODES_MOST = 10_000  # whose states are kept
ACK_WAIT_S = 60.0
HEARTBEAT_S = 2.0
SILENT_S = 8.0  # neither messages nor heartbeats: begin anew
SAME_S = 120.0  # a message sent again within this is not even stored
WAIT_S = 0.5


@dataclass(frozen=True)
class Arrived:
    """A message as it came.  node: by whose lane; token: what `settle` wants when it is kept."""

    node: str
    data: bytes
    token: Any


class Receiver:
    """See the module.  part: which shard of how many this core is; nodes: whose messages it takes, () for all.

    neighbours: the line's other cores, where there are some; films: of alerts, to be asked of nodes.
    """

    def __init__(
        self, spec: Transport, tls: ssl.SSLContext | None, *, part: str = "core", nodes: tuple[str, ...] = (),
        neighbours: Neighbours | None = None, films: FilmAsker | None = None,
    ) -> None:  # fmt: skip
        self._spec, self._tls, self._part, self._nodes = spec, tls, part, nodes
        self._neighbours, self._said_s = neighbours, 0.0
        self._films, self._fetching = films, set[asyncio.Task[None]]()
        self._states: dict[str, tuple[float, NodeState]] = {}
        self._came: dict[str, deque[Arrived]] = {LIVE: deque(), LATE: deque()}
        self._settled: deque[Msg] = deque()
        self._told: dict[tuple[str, str], KeptNumbers] = {}
        self._stop = threading.Event()
        self._heard_s = 0.0
        self._refused: BadInput | None = None
        self.connected = False
        self.trouble = "not connected yet"
        self._thread = threading.Thread(target=lambda: asyncio.run(self._for_ever()), daemon=True, name="receiver")
        self._thread.start()

    def take(self, live: int, late: int) -> list[Arrived]:
        """Return what came since last asked, at most so many messages of each lane.

        BadInput when the servers hold a stream that would lose messages.
        """
        if self._refused is not None:
            raise self._refused
        out = []
        for lane, most in ((LIVE, live), (LATE, late)):
            queue = self._came[lane]
            for _ in range(min(most, len(queue))):
                out.append(queue.popleft())
        return out

    @property
    def waiting(self) -> int:
        """Return how many messages wait to be taken."""
        return sum(map(len, self._came.values()))

    @property
    def states(self) -> dict[str, tuple[float, NodeState]]:
        """Return what each node last said of itself, and how many seconds ago."""
        now_s = time.monotonic()
        return {node: (now_s - heard_s, state) for node, (heard_s, state) in dict(self._states).items()}

    def settle(self, tokens: Iterable[Any], kept: dict[tuple[str, str], KeptNumbers]) -> None:
        """Acknowledge what is on the ledger's disk, and tell nodes which of their messages that are.

        kept: by node and outbox.
        """
        self._settled.extend(tokens)
        self._told |= kept

    def close(self) -> None:
        """End, after what was settled has been said."""
        self._stop.set()
        self._thread.join(10.0)

    async def _for_ever(self) -> None:
        while not self._stop.is_set():
            try:
                await self._once()
            except BadInput as error:
                self._refused = error
                return
            except Exception as error:  # noqa: BLE001 - a supervisor: whatever broke, the core goes on and tries again
                self.trouble = f"{type(error).__name__}: {error}"[:200]
            self.connected = False
            end_s = time.monotonic() + WAIT_S
            while time.monotonic() < end_s and not self._stop.is_set():
                await asyncio.sleep(0.05)

    async def _once(self) -> None:
        client = await connected(self._spec.servers, self._tls, self._part)
        try:
            await make_stream(client, self._spec)
            for lane in (LIVE, LATE):
                await self._open(client, lane)
            await client.subscribe(f"{STATE}.*", cb=self._state)
            if self._neighbours is not None:
                await client.subscribe(f"{PICTURE}.*", cb=self._neighbour)
            self._heard_s = time.monotonic()
            self.connected, self.trouble = True, ""
            while not client.is_closed:
                await self._say(client)
                if self._films is not None:
                    self._films.begin(client, self._fetching)
                if self._stop.is_set():
                    await client.flush()
                    return
                if time.monotonic() - self._heard_s > SILENT_S:
                    raise ConnectionError(f"nothing was heard for {SILENT_S:.0f} s")
                await asyncio.sleep(0.02)
            raise ConnectionError("the connection ended")
        finally:
            fetching = list(self._fetching)
            for task in fetching:
                task.cancel()
            await asyncio.gather(*fetching, return_exceptions=True)
            await let_go(client)

    async def _open(self, client: Client, lane: str) -> None:
        """Begin a lane anew: all that is not acknowledged comes at once."""
        from nats.js.api import AckPolicy, ConsumerConfig
        from nats.js.errors import NotFoundError

        stream, name = client.jetstream(), f"{self._part}-{lane.rpartition('.')[2]}"
        with contextlib.suppress(NotFoundError):
            await stream.delete_consumer(STREAM, name)
        inbox = client.new_inbox()

        async def heard(message: Msg) -> None:
            self._heard_s = time.monotonic()
            if message.reply and message.subject.startswith(lane):
                self._came[lane].append(Arrived(message.subject.rpartition(".")[2], message.data, message))

        await client.subscribe(inbox, cb=heard, pending_msgs_limit=-1, pending_bytes_limit=-1)
        subjects = [f"{lane}.{node}" for node in self._nodes] or [f"{lane}.*"]
        config = ConsumerConfig(
            durable_name=name,
            deliver_subject=inbox,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=ACK_WAIT_S,
            max_ack_pending=PENDING[lane],
            idle_heartbeat=HEARTBEAT_S,
            filter_subject=subjects[0] if len(subjects) == 1 else None,
            filter_subjects=subjects if len(subjects) > 1 else None,
        )
        await stream.add_consumer(STREAM, config)

    async def _state(self, message: Msg) -> None:
        node = message.subject.rpartition(".")[2]
        state = node_state.read(message.data, node) if node in self._nodes or not self._nodes else None
        if state is not None and (node in self._states or len(self._states) < NODES_MOST):
            self._states[node] = time.monotonic(), state

    async def _neighbour(self, message: Msg) -> None:
        assert self._neighbours is not None
        self._neighbours.heard(message.data)

    async def _say_picture(self, client: Client) -> None:
        here = self._neighbours
        if here is not None and here.outgoing is not None and time.monotonic() - self._said_s >= EVERY_S:
            self._said_s = time.monotonic()
            await client.publish(f"{PICTURE}.{here.shard + 1}", here.outgoing)

    async def _say(self, client: Client) -> None:
        await self._say_picture(client)
        for _ in range(len(self._settled)):
            message = self._settled.popleft()
            if message._client is client:  # those of an earlier connection come again, and are known
                await message.ack()
        told, self._told = self._told, {}
        for (node, _), kept in told.items():
            await client.publish(f"{KEPT}.{node}", msgspec.msgpack.encode(kept))


async def make_stream(client: Client, spec: Transport) -> None:
    """Make the stream, or refuse one that would lose messages; BadInput says what is wrong with it."""
    from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
    from nats.js.errors import NotFoundError

    stream, wanted = client.jetstream(timeout=10.0), len(spec.servers)
    try:
        found = (await stream.stream_info(STREAM)).config
    except NotFoundError:
        await stream.add_stream(
            StreamConfig(
                name=STREAM,
                subjects=[f"{LIVE}.*", f"{LATE}.*"],
                retention=RetentionPolicy.WORK_QUEUE,
                storage=StorageType.FILE,
                num_replicas=wanted,
                duplicate_window=SAME_S,
                max_bytes=900_000 * spec.store_mb,
                discard=DiscardPolicy.NEW,
            )
        )
        return
    if (found.num_replicas or 1) < wanted or found.storage != StorageType.FILE:
        rule = f"keeps {found.num_replicas or 1} of {wanted} copies ({found.storage})"
        raise BadInput(f"transport: stream {STREAM}", rule, "delete it; the core makes it anew with a copy a machine")
