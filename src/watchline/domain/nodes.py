"""What a core keeps of its own sensor nodes on other machines: which of their messages it has, and what they lost."""

from __future__ import annotations

from watchline.domain.records import Record
from watchline.domain.site import Barrier

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


class MinuteBasis(Record, frozen=True, tag="minute_basis"):
    """What counted when a part of the account was reckoned, so that it can be reckoned anew when more is known.

    began_s, hours: of the account's rows; revision: 0 as it was at its end, one more each time that looks came later;
    quality: of each sensor's contrast in the order of the site, -1 where not measured; dark: ids of sensors that
    counted for nothing; present: people who were heard where they watch; barriers: as found, () as the site says;
    flown: what drones looked at in the half hour before (who, east, north, share of the time).
    """

    began_s: float
    hours: float
    quality: tuple[float, ...]
    dark: tuple[str, ...]
    present: tuple[str, ...]
    day: bool
    visibility_m: float
    revision: int = 0
    barriers: tuple[Barrier, ...] = ()
    flown: tuple[tuple[str, float, float, float], ...] = ()


class LateLooks(Record, frozen=True, tag="late_looks"):
    """Looks that came too late to be tracked live have been gone through; what they show of crossers was told.

    upto_seq: up to which batch of the ledger; from_s..to_s: times of the looks; found: alerts told.
    """

    upto_seq: int
    from_s: float
    to_s: float
    looks: int
    found: int
