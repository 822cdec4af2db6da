"""Live pictures over RTSP (RFC 2326) through OpenCV's bundled FFmpeg.

The stream has no end; a lost connection is opened again after `RETRY_S`, twice as long each time up to
`LONGEST_RETRY_S`, so that pictures come within 5 s of a camera's return, and given up after `GIVE_UP_S` without one;
a camera of a running site is never given up.  Times are this machine's, in UTC, at
the moment a picture was decoded: cameras' own clocks are not trusted.
Limits: passwords in the address are never written to messages; transport is TCP.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator

from watchline.domain.errors import BadInput
from watchline.domain.frames import Frame
from watchline.sources.pictures import Pictures, grey

import cv2  # isort: skip  (after pictures, which silences it)

os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp")

OPEN_TIMEOUT_MS, READ_TIMEOUT_MS = 8_000, 5_000
RETRY_S, LONGEST_RETRY_S, GIVE_UP_S = 0.5, 2.0, 30.0


class RtspPictures(Pictures):
    """Pictures of a live camera; reconnects until nothing has come for `give_up_s`."""

    def __init__(self, url: str, *, camera_id: str, give_up_s: float = GIVE_UP_S) -> None:
        self.name, self._url, self._camera_id = without_password(url), url, camera_id
        self.give_up_s = give_up_s
        self.reconnects = 0
        self._capture: cv2.VideoCapture | None = _connect(url)
        if self._capture is None:
            raise BadInput(self.name, "no video stream answers there", "check address, user and network")
        self.size = (
            int(self._capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
            int(self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
        )
        said = float(self._capture.get(cv2.CAP_PROP_FPS))
        self.fps = said if 0.5 < said < 240.0 else None

    def file_of(self, number: int) -> str:
        """Return the address: a stream has no files."""
        return self.name

    def __iter__(self) -> Iterator[Frame]:
        """Yield pictures until the stream is gone for good."""
        number = 0
        while self._capture is not None:
            read, picture = self._capture.read()
            if read and picture is not None:
                yield Frame(self._camera_id, number, time.time(), grey(picture))  # noqa: TID251  an edge: the clock of arrival
                number += 1
            elif not self._reconnect():
                return

    def _reconnect(self) -> bool:
        self.close()
        deadline, wait_s = time.monotonic() + self.give_up_s, RETRY_S
        while time.monotonic() < deadline:
            time.sleep(min(wait_s, max(0.0, deadline - time.monotonic())))
            self._capture = _connect(self._url)
            if self._capture is not None:
                self.reconnects += 1
                return True
            wait_s = min(2.0 * wait_s, LONGEST_RETRY_S)
        return False

    def close(self) -> None:
        """Hang up."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None


def without_password(url: str) -> str:
    """Return an address fit for messages and records.

    >>> without_password("rtsp://admin:secret@10.0.0.7/thermal")
    'rtsp://admin:***@10.0.0.7/thermal'
    """
    return re.sub(r"(//[^/:@]*):[^/@]*@", r"\1:***@", url)


def _connect(url: str) -> cv2.VideoCapture | None:
    options = [
        cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_TIMEOUT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_TIMEOUT_MS
    ]  # fmt: skip
    capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG, options)
    if capture.isOpened():
        return capture
    capture.release()
    return None
