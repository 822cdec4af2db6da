"""`watchline serve`: the core for many nodes; with a server of messages on its machine when the site asks for one."""

from __future__ import annotations

import contextlib
import threading
import time
from functools import partial
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from watchline.cli.options import Headless, Json, NoBrowser, Port, SiteFile
from watchline.cli.run import Around, How, Plan, go, stopped_by_signals
from watchline.domain.errors import BadInput
from watchline.domain.site import Transport
from watchline.ops.clock import WallClock
from watchline.ops.feed import Feed
from watchline.ops.many.films import FilmAsker
from watchline.ops.many.nats_server import NatsServer, require_safe
from watchline.ops.many.neighbours import Neighbours
from watchline.ops.many.node import links_of_core, nodes_of, with_links
from watchline.ops.many.nodes_feed import NodesFeed, lost_of, numbers_of
from watchline.ops.many.receiver import Receiver
from watchline.ops.many.shards import Shards, others_of, shards_of
from watchline.ops.many.whole_line import WholeLine
from watchline.ops.many.wire import require_nats, tls_of
from watchline.ops.quiet import QuietFeed
from watchline.ops.resume import Before
from watchline.ops.site_check import read_sound_site
from watchline.ops.site_file import LoadedSite

STEP_S = 0.5


def serve(
    site: SiteFile,
    *,
    port: Port = 8765,
    headless: Headless = False,
    for_: Annotated[float | None, Parameter(name="--for", help="stop after this many seconds")] = None,
    ledger: Annotated[Path | None, Parameter(help="directory of the ledger: made new, or gone on with")] = None,
    no_browser: NoBrowser = False,
    sign: Annotated[Path | None, Parameter(help="signing key: the head of the chain is signed every hour")] = None,
    account: Annotated[bool | None, Parameter(help="reckon every minute what could have crossed unseen")] = None,
    machine: Annotated[int, Parameter(help="which of the site's servers this machine is, from 1")] = 1,
    only_transport: Annotated[bool, Parameter(negative=(), help="only the message server, no core")] = False,
    shard: Annotated[str, Parameter(help="K/N: a core for the K-th of N parts of the nodes")] = "1/1",
    json: Json = False,
) -> int:
    """Be the core of a site whose sensors are on other machines (`watchline node`)."""
    loaded = read_sound_site(site)
    spec = loaded.site.transport
    if spec is None:
        rule = "is missing: where do nodes send?"
        raise BadInput(f"{loaded.path.name}: transport", rule, 'write transport = { servers = ["HOST:4222"] }')
    if not 1 <= machine <= len(spec.servers):
        raise BadInput("--machine", f"must be within 1..{len(spec.servers)}, got {machine}", "see transport.servers")
    require_nats()
    number, shards = part_of(loaded, shard)
    with contextlib.ExitStack() as opened:
        if spec.start:
            server = NatsServer(spec, machine - 1, loaded.path.parent, nodes_of(loaded.site))
            opened.callback(server.stop)
        else:
            require_safe(spec)
        if only_transport:
            return _wait(for_)
        how = How(port, headless, for_, no_browser, None, sign, account, json)
        theirs = others_of(loaded.site, shards, number)
        others = Neighbours(loaded.site, number, theirs) if len(shards.nodes) > 1 else None
        around = _hearing(loaded, spec, number, shards, others)
        whole = None if others is None else partial(WholeLine, neighbours=others, shards=shards)
        return go(loaded, ledger, how, lambda before: plan_of(loaded, before), around, whole)


def plan_of(loaded: LoadedSite, before: Before) -> Plan:
    """Return what a core of many nodes is made of: it has no sensors of its own but those behind its links."""
    start_s = max(float(int(time.time())), before.end_s or 0.0)
    core = with_links(loaded, links_of_core(loaded.site))
    simulated = loaded.site.simulation is not None
    return Plan(
        core, loaded.terrain(), WallClock(start_s, STEP_S, 1.0), {}, QuietFeed(), "detections", None, simulated
    )


def part_of(loaded: LoadedSite, shard: str) -> tuple[int, Shards]:
    """Return which part of the line a core has, from 0, and all parts; BadInput when it is not K/N."""
    which, slash, count = shard.partition("/")
    if not (slash and which.isdigit() and count.isdigit() and 1 <= int(which) <= int(count)):
        raise BadInput("--shard", f"must be K/N, for example 2/3, got {shard!r}")
    return int(which) - 1, shards_of(loaded.site, loaded.line, int(count))


def _hearing(loaded: LoadedSite, spec: Transport, number: int, shards: Shards, others: Neighbours | None) -> Around:
    count = len(shards.nodes)
    part, nodes = ("core", ()) if count == 1 else (f"core-{number + 1}-{count}", shards.nodes[number])

    def around(feed: Feed, before: Before, opened: contextlib.ExitStack) -> Feed:
        tls, films = tls_of(spec, loaded.path.parent), FilmAsker(loaded.site, shards.nodes[number])
        receiver = Receiver(spec, tls, part=part, nodes=nodes, neighbours=others, films=films)
        opened.callback(receiver.close)
        held, lost = numbers_of(before.receipts), lost_of(before.receipts)
        return NodesFeed(feed, receiver, loaded.site, held, others, lost, films)

    return around


def _wait(for_s: float | None) -> int:
    """Wait until somebody asks to end."""
    over = threading.Event()
    with stopped_by_signals(over.set):
        over.wait(for_s)
    return 0
