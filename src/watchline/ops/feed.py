"""What flows in from outside: simulated, recorded or live, the core cannot tell and must not.

A feed gives records, scans and detections since it was last asked; a picture source gives one camera's pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from watchline.domain.batches import DetectionBatch, ScanBatch
from watchline.domain.frames import Frame
from watchline.domain.records import Record
from watchline.ops.many.node_state import NodeView

if TYPE_CHECKING:
    from watchline.ops.cameras import ClipCut


class FeedStep(Protocol):
    """What a feed says of one step.  scene: for its own picture sources, opaque to everybody else."""

    @property
    def records(self) -> Sequence[Record]: ...

    @property
    def scans(self) -> ScanBatch: ...

    @property
    def detections(self) -> DetectionBatch: ...

    @property
    def scene(self) -> object: ...


class Feed(Protocol):
    """A source of everything that is not a picture."""

    def step(self, to_s: float) -> FeedStep:
        """Return what happened since the last step, up to `to_s`."""
        ...


@runtime_checkable
class Turnable(Protocol):
    """A feed whose panning cameras can be turned."""

    def turn(self, sensor: int, azimuth_rad: float, elevation_rad: float, settled_s: float, until_s: float) -> None:
        """Let a camera look along absolute angles (true bearing, up from level) until it is let go."""
        ...


@runtime_checkable
class Remembering(Protocol):
    """A feed whose senders wait to hear that what they sent is kept, and must not have it kept twice."""

    def receipts(self, now_s: float) -> Sequence[Record]:
        """Return what says, in the ledger, that everything handed over so far is in the batch it lies in."""
        ...

    def sealed(self, seq: int) -> None:
        """Take note that everything handed over so far lies in the ledger's batches up to `seq`."""
        ...

    def durable(self, seq: int, now_s: float) -> None:
        """Tell senders what is on the disk: batches up to `seq`."""
        ...


@runtime_checkable
class WithHistory(Protocol):
    """A step that also brings what was seen too long ago for tracking: it is kept, and nothing else."""

    @property
    def late_scans(self) -> ScanBatch: ...

    @property
    def late_detections(self) -> DetectionBatch: ...


@runtime_checkable
class WithElsewhere(Protocol):
    """A step that also tells which sensors other cores of the line hear: their latest looks, which are kept there."""

    @property
    def elsewhere(self) -> ScanBatch: ...


@runtime_checkable
class WithOthers(Protocol):
    """A feed of a core that has others beside it on the line.  others: the sensors that those hear."""

    @property
    def others(self) -> frozenset[int]: ...


@runtime_checkable
class Filming(Protocol):
    """A feed that can ask for films of cameras on other machines.  cameras: which."""

    @property
    def cameras(self) -> frozenset[int]: ...

    def want_film(self, alert: str, sensor: int, t0_s: float, t1_s: float) -> None:
        """Ask for the film of an alert, once."""
        ...

    def films(self) -> Sequence[tuple[str, int, ClipCut]]:
        """Return the films that have come: of which alert, of which camera."""
        ...


@runtime_checkable
class WithNodes(Protocol):
    """A feed that hears sensor nodes on other machines.  waiting: their messages that the core has not taken."""

    @property
    def waiting(self) -> int: ...

    @property
    def nodes(self) -> Sequence[NodeView]: ...


class PictureSource(Protocol):
    """One camera's pictures."""

    def frames(self, scene: object, t0_s: float, t1_s: float) -> list[Frame]:
        """Return the pictures taken in (t0_s, t1_s], oldest first; none if the camera is silent."""
        ...


PictureFactory = Callable[[], PictureSource]
"""Makes a picture source inside a worker process; must be picklable."""
