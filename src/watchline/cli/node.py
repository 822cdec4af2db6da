"""`watchline node`: one tower: its cameras and links into an outbox on its disk, and from there to the core."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter

from watchline.cli.options import Json, SiteFile
from watchline.cli.run import DETECTION_STEP_S, FRAME_STEP_S, beside, rates, stopped_by_signals
from watchline.cli.simulated import simulated_feed
from watchline.domain.errors import BadInput
from watchline.domain.site import Site
from watchline.ops.cameras import CameraPool
from watchline.ops.clock import seconds_of
from watchline.ops.feed import Feed
from watchline.ops.link_hub import LinkHub
from watchline.ops.linked import LinkedFeed
from watchline.ops.many.films import FilmGiver
from watchline.ops.many.node import Node, links_of, nodes_of, sensors_of, with_links
from watchline.ops.many.node_clock import NodeClock
from watchline.ops.many.outbox import Outbox
from watchline.ops.many.sender import Sender
from watchline.ops.many.wire import require_nats, tls_of
from watchline.ops.picture import Picture
from watchline.ops.privacy import pixel_masks
from watchline.ops.quiet import QuietFeed
from watchline.ops.recorded import RecordedCamera
from watchline.ops.site_check import read_sound_site
from watchline.ops.site_file import LoadedSite


def node(
    site: SiteFile,
    *,
    name: Annotated[str, Parameter(help="the post (or the one sensor) this machine stands at")],
    outbox: Annotated[Path | None, Parameter(help="file of the outbox")] = None,
    for_: Annotated[float | None, Parameter(name="--for", help="stop after this many seconds")] = None,
    start: Annotated[str, Parameter(name="--from", help="a simulated site: when its world begins, RFC 3339")] = "",
    json: Json = False,
) -> int:
    """Watch with the sensors of one post and send what they see to the core, now or when there is a way again."""
    loaded = read_sound_site(site)
    spec = loaded.site.transport
    if spec is None:
        rule = "is missing: where does a node send?"
        raise BadInput(f"{loaded.path.name}: transport", rule, 'write transport = { servers = ["HOST:4222"] }')
    mine = sensors_of(loaded.site, name)
    if not mine:
        some = ", ".join(nodes_of(loaded.site)[:5])
        raise BadInput("--name", f"no sensor of this site stands at {name!r}", f"for example {some}")
    require_nats()
    clock = NodeClock(name, time.time, time.monotonic)
    with contextlib.ExitStack() as opened:
        box = Outbox(outbox or Path(f"{name}.outbox"), name, 1_000_000 * spec.outbox_mb)
        opened.callback(box.close)
        films = FilmGiver(loaded.site, name)
        running = _node(loaded, name, mine, box, clock, _moment(start), opened, films)
        sender = Sender(box, spec.servers, tls_of(spec, loaded.path.parent), clock.now_s, films=films)
        opened.callback(sender.close)
        opened.enter_context(stopped_by_signals(running[0].stop))
        running[0].run(running[1], for_)
        told = {"node": name, "outbox": box.id, "detections": running[0].detections, "waiting": box.messages}
    print(msgspec.json.encode(told).decode() if json else "\n".join(f"{k:12} {v}" for k, v in told.items()))
    return 0


def _moment(text: str) -> float | None:
    if not text:
        return None
    try:
        return seconds_of(text)
    except ValueError as error:
        raise BadInput("--from", str(error), "for example 2026-01-31T06:00:00Z") from None


def _node(
    loaded: LoadedSite, name: str, mine: tuple[int, ...], box: Outbox, clock: NodeClock, start_s: float | None,
    opened: contextlib.ExitStack, films: FilmGiver,
) -> tuple[Node, float]:  # fmt: skip
    """Return the node and how often it looks."""
    terrain, own = loaded.terrain(), with_links(loaded, links_of(loaded.site, name))
    factories = {
        k: RecordedCamera(
            sensor,
            beside(loaded.path, sensor.input or ""),
            clock.now_s(),
            beside(loaded.path, sensor.detector) if sensor.detector else None,
            tuple(r for r in loaded.site.references if r.sensor == sensor.id),
        )
        for k, sensor in enumerate(loaded.site.sensors)
        if k in mine and sensor.input
    }
    pool = None
    if factories:
        masks = pixel_masks(loaded, terrain, factories)
        pool = CameraPool(factories, rates(loaded.site, factories), masks=masks)
        opened.callback(pool.close)
    feed: Feed = _feed(loaded, mine, clock, start_s)
    settle: Callable[[], None] = _nothing
    if own.site.links:
        hub = LinkHub(own, clock.now_s, (), terrain)
        opened.callback(hub.close)
        feed = LinkedFeed(feed, hub.take, own, terrain, hub.objects)
        settle = _settling(hub, Picture(len(own.site.sensors)), clock)

    running = Node(name, loaded, terrain, mine, feed, pool, box, clock, settle, films)
    return running, FRAME_STEP_S if factories else DETECTION_STEP_S


def _settling(hub: LinkHub, nobody: Picture, clock: NodeClock) -> Callable[[], None]:
    def settle() -> None:
        nobody.now_s = clock.now_s()
        hub.publish(nobody, _nothing)

    return settle


def _nothing() -> None:
    """Do nothing: what is in the outbox is on the disk."""


def _feed(loaded: LoadedSite, mine: tuple[int, ...], clock: NodeClock, start_s: float | None) -> Feed:
    """Return what sees for sensors without a film or link: the simulator where the site has one, else nothing."""
    site: Site = loaded.site
    if site.simulation is None:
        return QuietFeed()
    seen = {k for k in mine if not site.sensors[k].input and not site.sensors[k].node}
    others = frozenset(range(len(site.sensors))) - seen
    began_s = clock.now_s() if start_s is None else start_s
    feed = simulated_feed(loaded, loaded.terrain(), site.simulation.seed, began_s, others)
    for second in range(1, int(clock.now_s() - began_s)):
        feed.step(began_s + second)  # the world as it is by now; what was seen before the node began is nobody's
    return feed
