"""What tests of many machines share: what a tower saw, a node without a network, and a site with a transport."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from builders import T0_S, radar, scan, sighting
from watchline.domain.batches import DetectionBatch, ScanBatch
from watchline.domain.site import Sensor
from watchline.ops.many.message import Body, bodies, encode
from watchline.ops.many.node_state import NodeState
from watchline.ops.many.outbox import Outbox
from watchline.ops.many.receiver import Arrived
from watchline.ops.many.wire import KeptNumbers

RADAR: Sensor = radar()


def seen(second: int, found: int = 1) -> tuple[ScanBatch, DetectionBatch]:
    """Return a radar's look in a second, with so many detections of a walker."""
    looks = scan(second, 0, T0_S + second, detections=found)
    rows = [sighting(second, 0, RADAR, T0_S + second, [0.0, 2000.0 - 1.5 * second]) for _ in range(found)]
    return looks, DetectionBatch.join(rows) if rows else DetectionBatch.empty()


def bodies_of(second: int, found: int = 1, sensor: str = RADAR.id) -> list[Body]:
    """Return the bodies of one second."""
    return bodies((sensor,), *seen(second, found), (), T0_S + second)


@dataclass
class HandedOver:
    """A source whose messages a test puts there.  Mutable: it remembers what was settled."""

    came: list[Arrived] = field(default_factory=list)
    settled: list[Any] = field(default_factory=list)
    kept: dict[tuple[str, str], KeptNumbers] = field(default_factory=dict)

    states: dict[str, tuple[float, NodeState]] = field(default_factory=dict)

    @property
    def waiting(self) -> int:
        return len(self.came)

    def take(self, live: int, late: int) -> list[Arrived]:
        came, self.came = self.came, []
        return came

    def settle(self, tokens: Iterable[Any], kept: dict[tuple[str, str], KeptNumbers]) -> None:
        self.settled += tokens
        self.kept |= kept

    def deliver(self, outbox: Outbox, numbers: Iterable[int] | None = None) -> None:
        """Let messages of an outbox arrive: all, or those with these numbers, in that order."""
        by_number = {kept.envelope.first: kept.envelope for kept in outbox.after(0, 1 << 30)}
        for number in by_number if numbers is None else numbers:
            self.came.append(Arrived(outbox.node, encode(by_number[number]), (outbox.node, number)))


def times(batches: Iterable[DetectionBatch]) -> list[float]:
    """Return the times of all rows, sorted."""
    return sorted(np.concatenate([batch.t_s for batch in batches]).tolist())
