"""What a core keeps of its own sensor nodes on other machines: which of their messages it has, and what they lost."""

from __future__ import annotations

from watchline.domain.records import Record

Numbers = tuple[tuple[int, int], ...]
"""Numbers of messages as closed intervals, ascending and apart."""


class NodeReceipt(Record, frozen=True, tag="node_receipt"):
    """These messages of a node lie in the ledger, in the same batch as this; it never takes them again.

    outbox: which outbox of the node numbered them: a node whose disk was replaced begins another one.
    scans, detections: how many rows they brought; late_*: of them, those that came too late for tracking; ahead: rows
    with times later than this core's clock; lost_*: what the node had to give up when its outbox was full.
    """

    node: str
    outbox: str
    numbers: Numbers
    scans: int = 0
    detections: int = 0
    late_scans: int = 0
    late_detections: int = 0
    ahead: int = 0
    lost_scans: int = 0
    lost_detections: int = 0


class ClockJump(Record, frozen=True, tag="clock_jump"):
    """A node's wall clock moved by itself; t_s: the time there before.

    jump_s: by how much, positive forwards.  Times told before are not rewritten: whoever reads them knows from this
    by how much they may be off.
    """

    node: str
    jump_s: float
