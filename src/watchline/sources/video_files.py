"""Video files through OpenCV's bundled FFmpeg (LGPL), decoded to one channel of 8 bits.

Truncation is told from three signs: the container cannot be opened (an MP4 whose index was at the end), a
picture in the middle cannot be decoded, or fewer pictures come than the container promises.  Containers
count a few pictures wrongly, so a shortfall of `COUNT_SLACK` or less is not called a cut.
Times are the container's own stamps unless the rate is given; a container without any counts pictures.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from watchline.domain.errors import BadInput
from watchline.domain.frames import Frame
from watchline.sources.pictures import Cut, Pictures, grey
from watchline.sources.stamps import Stamps

import cv2  # isort: skip  (after pictures, which silences it)

COUNT_SLACK = 2
USUAL_FPS = 25.0


class VideoPictures(Pictures):
    """Pictures of a video file; times count from its first picture."""

    def __init__(self, path: Path, *, camera_id: str, rate_hz: float | None = None) -> None:
        self.name, self._path, self._camera_id = str(path), path, camera_id
        self._capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
        if not self._capture.isOpened():
            raise BadInput(str(path), "cannot be opened as video", _likely_reason(path))
        self._capture.set(cv2.CAP_PROP_CONVERT_RGB, 1)
        self.size = (
            int(self._capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
            int(self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
        )
        self._paced = rate_hz is not None
        said = float(self._capture.get(cv2.CAP_PROP_FPS))
        self.fps = rate_hz or (said if math.isfinite(said) and 0.01 < said < 1000.0 else None)
        promised = float(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))
        self.count = int(promised) if 0 < promised < 1e9 else None

    def __iter__(self) -> Iterator[Frame]:
        """Yield the pictures; raises Cut after the last readable one if the file breaks off."""
        number, clock = 0, Stamps(1.0 / (self.fps or USUAL_FPS))
        while (picture := self._next()) is not None:
            stamp_s = math.nan if self._paced else self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000.0
            yield Frame(self._camera_id, number, clock.time_of(stamp_s), picture, stamped_s=stamp_s)
            number += 1
        if number == 0:
            raise BadInput(self.name, "holds no picture that can be decoded", "is it a video?")
        if self.count is not None and number < self.count - COUNT_SLACK:
            raise Cut(self.name, number, f"{self.count} were promised")

    def _next(self) -> NDArray[Any] | None:
        try:
            read, picture = self._capture.read()
        except cv2.error:  # a picture of a size or kind that the decoder promises but cannot make
            return None
        return grey(picture) if read and picture is not None else None

    def close(self) -> None:
        """Give the file back."""
        self._capture.release()


def _likely_reason(path: Path) -> str:
    """Say what is probably wrong with a file that no decoder takes."""
    with path.open("rb") as file:
        head = file.read(16)
    if head[4:8] == b"ftyp":
        return "the MP4's index is missing, so it was cut while recording; copy it again from the recorder"
    return "is it a video file?"
