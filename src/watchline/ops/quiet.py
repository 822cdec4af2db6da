"""The feed of a site that has nothing but cameras: it never says anything itself."""

from __future__ import annotations

from dataclasses import dataclass

from watchline.domain.batches import DetectionBatch, ScanBatch
from watchline.domain.records import Record


@dataclass(frozen=True)
class QuietStep:
    """Nothing."""

    records: tuple[Record, ...] = ()
    scans: ScanBatch = ScanBatch.empty()  # noqa: RUF009 - a frozen, empty value
    detections: DetectionBatch = DetectionBatch.empty()  # noqa: RUF009
    scene: object = None


class QuietFeed:
    """A feed without sensors of its own."""

    def step(self, to_s: float) -> QuietStep:
        """Return nothing."""
        return QuietStep()
