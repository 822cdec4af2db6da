"""What a node says twice, live and from its store, is let in once: known by node, time and object.

Mutable: it remembers the newest `KEPT` keys in the order in which they were learned, whatever their own time, so that
what was durable before a crash and comes again after it is known, too.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from watchline.domain.records import NodeAlert, NodeDetection, NodeStatus, Record
from watchline.links.federation import KEYED

# A node hands on at most its window (`replayer.py`) that was not acknowledged, and a core has some hundred nodes.
KEPT = 200_000


def key_of(record: Record) -> Hashable | None:
    """Return by what a node's message is known, None for records that are not such."""
    if record.provenance and record.provenance[0].startswith(KEYED):
        return record.source, record.provenance[0]  # another core's message (`links/federation.py`)
    if not isinstance(record, NodeDetection | NodeAlert | NodeStatus):
        return None
    about = record.source, record.node, round(record.t_s * 1e6)
    match record:
        case NodeDetection():
            return *about, "detection", record.object_id
        case NodeAlert():
            return *about, "alert", record.alert_id, record.state
        case _:
            return *about, "status"


class Once:
    """The memory.  repeated: how many were left out."""

    def __init__(self, known: Iterable[Hashable] = ()) -> None:
        self._keys: dict[Hashable, None] = dict.fromkeys(known)
        self.repeated = 0

    def new(self, records: Iterable[Record]) -> list[Record]:
        """Return the records that were not let in before, in their order."""
        found = []
        for record in records:
            key = key_of(record)
            if key is not None and key in self._keys:
                self.repeated += 1
                continue
            if key is not None:
                self._keys[key] = None
            found.append(record)
        while len(self._keys) > KEPT:
            del self._keys[next(iter(self._keys))]
        return found
