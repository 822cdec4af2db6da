"""How the core itself is: one list of figures, for the page of health, for Prometheus and for whoever asks."""

from __future__ import annotations

import os
import resource
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from watchline.ops.many.node_state import SILENT_S
from watchline.ops.streams import STREAMS

if TYPE_CHECKING:
    from watchline.ops.core import Core
    from watchline.ops.link_hub import LinkHub

DISK_LOW = 2 << 30  # bytes free under which a ledger's disk is called nearly full: days of a whole line
STEP_SLOW = 0.8  # of a step's own length: beyond, the core does not keep up with its clock


@dataclass(frozen=True)
class Vital:
    """A figure.  labels: (name, value); state: whether somebody should do something, and what."""

    name: str
    about: str
    kind: Literal["gauge", "counter"]
    value: float
    labels: tuple[tuple[str, str], ...] = ()
    state: Literal["good", "watch", "bad"] = "good"
    do: str = ""


def vitals(core: Core, hub: LinkHub | None, ledger: Path) -> list[Vital]:
    """Return every figure, with the core's lock held."""
    return [
        *_of_streams(core, hub),
        *_of_core(core),
        *_of_ledger(core, ledger),
        *_of_line(core),
        *_of_nodes(core),
        *_of_links(hub),
    ]


def _of_streams(core: Core, hub: LinkHub | None) -> Iterator[Vital]:
    for stream in STREAMS:
        for part, depth in stream.depth(core, hub).items():
            full = depth / stream.bound
            yield Vital(
                "watchline_stream_depth", "what waits in a queue", "gauge", depth,
                (("stream", stream.name), ("part", part), ("bound", str(stream.bound))),
                "bad" if full >= 0.9 else "watch" if full >= 0.5 else "good",
                f"{stream.about}: full, {stream.full}" if full >= 0.5 else "",
            )  # fmt: skip


def _of_core(core: Core) -> Iterator[Vital]:
    step_s = core.clock.step_s / core.clock.speed if core.clock.speed else None
    slow = step_s is not None and core.step_took_s > STEP_SLOW * step_s
    do = "fewer cameras on this machine, or a faster one" if slow else ""
    yield Vital(
        "watchline_step_seconds", "how long a step of the core takes", "gauge", core.step_took_s,
        state="bad" if slow else "good", do=do,
    )  # fmt: skip
    yield Vital("watchline_time_seconds", "the core's clock", "gauge", core.picture.now_s)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    yield Vital("watchline_memory_bytes", "largest memory of the core so far", "gauge", memory)
    for name, count in sorted(core.counts.items()):
        yield Vital("watchline_total", "what the core has done since it began", "counter", count, (("what", name),))


def _of_ledger(core: Core, directory: Path) -> Iterator[Vital]:
    seq, _ = core.ledger.head
    yield Vital("watchline_ledger_batches_total", "batches in the chain", "counter", seq)
    size = sum(entry.stat().st_size for entry in os.scandir(directory) if entry.is_file())
    yield Vital("watchline_ledger_bytes", "the ledger on the disk", "gauge", size)
    free = shutil.disk_usage(directory).free
    yield Vital(
        "watchline_disk_free_bytes", "free on the ledger's disk", "gauge", free,
        state="bad" if free < DISK_LOW / 4 else "watch" if free < DISK_LOW else "good",
        do="make room: once it is full nothing more is accepted" if free < DISK_LOW else "",
    )  # fmt: skip


def _of_line(core: Core) -> Iterator[Vital]:
    sensors, dark = core.loaded.site.sensors, core.dark
    for kind in sorted({sensor.kind for sensor in sensors}):
        mine = [k for k, sensor in enumerate(sensors) if sensor.kind == kind]
        out = sum(k in dark for k in mine)
        yield Vital("watchline_sensors", "sensors of the site", "gauge", len(mine), (("kind", kind),))
        yield Vital(
            "watchline_sensors_dark", "sensors that do not tell", "gauge", out, (("kind", kind),),
            "bad" if out > len(mine) / 4 else "watch" if out else "good",
            ", ".join(sensors[k].id for k in mine if k in dark),
        )  # fmt: skip
    heard = core.picture.heard_s[np.isfinite(core.picture.heard_s)]
    age = core.picture.now_s - float(heard.max()) if len(heard) else float("nan")
    yield Vital("watchline_data_age_seconds", "age of the newest look", "gauge", age)
    yield Vital("watchline_tracks", "tracks shown", "gauge", int(np.sum(core.picture.tracks.confirmed)))
    unanswered = sum(item.state(core.picture.now_s) == "open" for item in core.picture.alerts.values())
    yield Vital("watchline_alerts_open", "alerts that nobody has answered", "gauge", unanswered)


def _of_links(hub: LinkHub | None) -> Iterator[Vital]:
    for name, connected in (hub.connected if hub is not None else {}).items():
        yield Vital(
            "watchline_link_up", "1 when a peer is connected", "gauge", float(connected), (("link", name),),
            "good" if connected else "watch", "" if connected else f"link {name}: nobody is connected",
        )  # fmt: skip


def _of_nodes(core: Core) -> Iterator[Vital]:
    for one in core.nodes.nodes if core.nodes is not None else ():
        label = (("node", one.node),)
        away = one.silent_s > SILENT_S
        yield Vital(
            "watchline_node_silent_seconds", "since a node last said how it is", "gauge", one.silent_s, label,
            "watch" if away else "good", f"node {one.node}: look at its line and its power" if away else "",
        )  # fmt: skip
        if one.state is not None:
            state = one.state
            oldest_s = 0.0 if state.oldest_s is None else max(0.0, core.picture.now_s - state.oldest_s)
            yield Vital("watchline_node_outbox_messages", "what waits at a node", "gauge", state.messages, label)
            yield Vital(
                "watchline_node_outbox_oldest_seconds", "age of the oldest that waits at a node", "gauge", oldest_s,
                label, "bad" if state.refused else "good",
                f"node {one.node}: its disk takes nothing: {state.refused}" if state.refused else "",
            )  # fmt: skip
        for what, lost in (("scans", one.lost_scans), ("detections", one.lost_detections)):
            yield Vital(
                "watchline_node_lost_total", "what a node had to give up when its outbox was full", "counter", lost,
                (*label, ("what", what)), "watch" if lost and what == "detections" else "good",
                f"node {one.node}: more room for its outbox" if lost and what == "detections" else "",
            )  # fmt: skip
