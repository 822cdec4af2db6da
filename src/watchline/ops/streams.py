"""One table of every internal queue: its bound, what happens when it is full, and how full it is now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from watchline.ledger.committer import QUEUE_BATCHES_MAX

if TYPE_CHECKING:
    from watchline.ops.core import Core
    from watchline.ops.link_hub import LinkHub

CUT_EVERY_S = 5.0  # of the injected clock between two batches of the ledger
ACTIONS_BOUND = 1000  # people's actions waiting for the core; a full queue is refused to the caller, never dropped
REPORTS_BOUND = 1000  # messages of people's reports waiting for the core; refused when full, never dropped
SCREEN_WINDOW = 4  # pictures sent to a screen and not yet answered; newer ones replace older ones unsent
MINUTES_BOUND = 240  # minutes that wait for the account: it prepares for some when a core starts
NODES_INBOX_BOUND = 18_432  # messages of nodes that are not acknowledged; beyond, the message servers keep them
OUTBOX_PARTS = 1000  # a node's outbox has a bound of its own: it is told in parts of it
LINK_INBOX_BOUND = 10_000  # records of a link waiting for the core; beyond, the link stops reading
LINK_OUTBOX_BOUND = 4_096  # records waiting to be encoded; beyond, the oldest give way and are counted


@dataclass(frozen=True)
class Stream:
    """A queue.  full: what happens then; depth: how much waits now, by part (a link's name, "" where it is one)."""

    name: str
    bound: int
    full: Literal["refused to whoever asks", "whoever writes waits", "the oldest give way", "a newer one replaces it"]
    about: str
    depth: Callable[[Core, LinkHub | None], dict[str, int]]


STREAMS: tuple[Stream, ...] = (
    Stream(
        "actions", ACTIONS_BOUND, "refused to whoever asks", "what people press, until it is kept",
        lambda core, _: {"": core.people.waiting[0]},
    ),
    Stream(
        "reports", REPORTS_BOUND, "refused to whoever asks", "what people report, until it is kept",
        lambda core, _: {"": core.people.waiting[1]},
    ),
    Stream(
        "ledger", QUEUE_BATCHES_MAX, "whoever writes waits", "sealed batches, until they are on the disk",
        lambda core, _: {"": core.ledger.waiting},
    ),
    Stream(
        "account", MINUTES_BOUND, "the oldest give way", "minutes, until the account has reckoned them",
        lambda core, _: {"": core.account_waiting},
    ),
    Stream(
        "nodes in", NODES_INBOX_BOUND, "whoever writes waits", "messages of nodes, until the core takes them",
        lambda core, _: {} if core.nodes is None else {"": core.nodes.waiting},
    ),
    Stream(
        "node outbox", OUTBOX_PARTS, "the oldest give way", "thousandths of a node's outbox, until the core has it",
        lambda core, _: {} if core.nodes is None else {
            one.node: OUTBOX_PARTS * one.state.bytes // one.state.bound_bytes
            for one in core.nodes.nodes if one.state is not None
        },
    ),
    Stream(
        "link in", LINK_INBOX_BOUND, "whoever writes waits", "what a link heard, until the core takes it",
        lambda _, hub: {} if hub is None else {name: depth[0] for name, depth in hub.waiting.items()},
    ),
    Stream(
        "link out", LINK_OUTBOX_BOUND, "the oldest give way", "what a link is to say, until it is said",
        lambda _, hub: {} if hub is None else {name: depth[1] for name, depth in hub.waiting.items()},
    ),
)  # fmt: skip
