"""A camera whose pictures come from a recorded file or a network address instead of the simulator."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

from watchline.domain.errors import BadInput
from watchline.domain.frames import Frame
from watchline.domain.site import Sensor
from watchline.sources.pictures import RTSP_PREFIXES, Pictures, open_pictures
from watchline.sources.rtsp import RtspPictures

LIVE_BOUND = 32  # pictures of a network camera waiting to be looked at; the oldest give way


@dataclass(frozen=True)
class RecordedCamera:
    """Makes the picture source of one sensor inside a worker; picklable.

    where: file, folder or address; start_s: the present when the run begins, to which a file's own time is added.
    """

    sensor: Sensor
    where: str
    start_s: float

    def __call__(self) -> FilePictures | LivePictures:
        """Open the source; BadInput names it, and the field of the site when its size is not the camera's."""
        pictures = open_pictures(self.where, camera_id=self.sensor.id, rate_hz=self.sensor.rate_hz)
        stated = (self.sensor.width_px, self.sensor.height_px)
        if tuple(pictures.size) != stated:
            rule = f"says {stated[0]} x {stated[1]}, the pictures are {pictures.size[0]} x {pictures.size[1]}"
            pictures.close()
            raise BadInput(f"sensors[{self.sensor.id}].width_px, height_px", rule, "state the size of the pictures")
        if self.where.lower().startswith(RTSP_PREFIXES):
            if isinstance(pictures, RtspPictures):
                pictures.give_up_s = math.inf  # it is dark while it is away, and watched again when it is back
            return LivePictures(pictures)
        return FilePictures(pictures, self.start_s)


class FilePictures:
    """Pictures of a file, given out as their time comes; silent after the last.  Mutable: it reads a file."""

    def __init__(self, pictures: Pictures, start_s: float) -> None:
        self._frames: Iterator[Frame] = iter(pictures)
        self._start_s = start_s
        self._first_s: float | None = None
        self._next: Frame | None = None
        self._advance()

    def frames(self, scene: object, t0_s: float, t1_s: float) -> list[Frame]:
        """Return the pictures due in (t0_s, t1_s]."""
        due = []
        while self._next is not None and self._next.t_s <= t1_s:
            due.append(self._next)
            self._advance()
        return due

    def _advance(self) -> None:
        try:
            frame = next(self._frames, None)
        except BadInput:
            frame = None  # a recording that breaks off ends here; the camera falls silent and is shown dark
        if frame is None:
            self._next = None
            return
        # Some recordings count from 0, some carry the recorder's clock.
        self._first_s = frame.t_s if self._first_s is None else self._first_s
        self._next = replace(frame, t_s=self._start_s + frame.t_s - self._first_s)


class LivePictures:
    """Pictures of a network camera, read by a thread as they come.  Mutable: it owns the thread.

    Pictures that nobody asks for in time give way to newer ones; `dropped` counts them.
    """

    def __init__(self, pictures: Pictures) -> None:
        self._waiting: deque[Frame] = deque(maxlen=LIVE_BOUND)
        self._lock = threading.Lock()
        self.dropped = 0
        self._thread = threading.Thread(target=self._read, args=(pictures,), daemon=True)
        self._thread.start()

    def _read(self, pictures: Pictures) -> None:
        try:
            for frame in pictures:
                with self._lock:
                    self.dropped += len(self._waiting) == LIVE_BOUND
                    self._waiting.append(frame)
        except BadInput:
            return  # cannot be read any more: the camera is silent and shown dark

    def frames(self, scene: object, t0_s: float, t1_s: float) -> list[Frame]:
        """Return what has come since the last call, spread over the step: arrival is the only clock there is."""
        with self._lock:
            came = list(self._waiting)
            self._waiting.clear()
        step_s = (t1_s - t0_s) / max(len(came), 1)
        return [replace(frame, t_s=t0_s + (k + 1) * step_s) for k, frame in enumerate(came)]
