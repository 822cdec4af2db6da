"""TIFF files of many pages: 16-bit sequences as thermal cameras' own programs export them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from watchline.domain.errors import BadInput
from watchline.domain.frames import Frame
from watchline.sources.depth import brought_to_steps, depth_of
from watchline.sources.pictures import Cut, Pictures, grey

import cv2  # isort: skip  (after pictures, which silences it)

USUAL_FPS = 1.0


def pages_of(path: Path) -> int:
    """Return how many pages a TIFF file has, 0 if it cannot be told."""
    try:
        return int(cv2.imcount(str(path), cv2.IMREAD_UNCHANGED))
    except cv2.error:
        return 0


class TiffStack(Pictures):
    """Pages of one TIFF file as pictures; without a clock, so times count from zero at `rate_hz`."""

    def __init__(self, path: Path, *, camera_id: str, rate_hz: float | None = None) -> None:
        self.name, self._camera_id, self._path = str(path), camera_id, path
        self.fps, self.count = rate_hz, pages_of(path)
        first = self._page(0)
        if first is None:
            raise BadInput(str(path), "the picture cannot be decoded", "remove it, or copy it again")
        self.size, self.depth = (first.shape[1], first.shape[0]), depth_of(first)

    def _page(self, number: int) -> cv2.typing.MatLike | None:
        try:
            read, pages = cv2.imreadmulti(str(self._path), number, 1, flags=cv2.IMREAD_UNCHANGED)
        except cv2.error:
            return None
        return grey(pages[0]) if read and pages else None

    def __iter__(self) -> Iterator[Frame]:
        """Yield the pages; raises Cut at the first that cannot be decoded."""
        for number in range(self.count or 0):
            page = self._page(number)
            if page is None:
                raise Cut(self.name, number, f"{self.count} were promised")
            yield Frame(self._camera_id, number, number / (self.fps or USUAL_FPS), brought_to_steps(page, self.depth))

    def close(self) -> None:
        """Do nothing: each page is closed once it is read."""
