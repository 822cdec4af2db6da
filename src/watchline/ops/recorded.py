"""A camera whose pictures come from a recorded file or a network address instead of the simulator."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

from watchline.domain.errors import BadInput
from watchline.domain.frames import Frame
from watchline.domain.site import Reference, Sensor
from watchline.sources.pictures import RTSP_PREFIXES, Pictures, open_pictures
from watchline.sources.rtsp import RtspPictures

DROPPED = "pictures come faster than they can be watched, some were left out"
LIVE_BOUND = 32  # pictures of a network camera waiting to be looked at; the oldest give way


@dataclass(frozen=True)
class RecordedCamera:
    """Makes the picture source of one sensor inside a worker; picklable.

    where: file, folder or address; start_s: the present when the run begins, to which a file's own time is added;
    model: the user's own network, a file; references: what this camera always sees.
    """

    sensor: Sensor
    where: str
    start_s: float
    model: str | None = None
    references: tuple[Reference, ...] = ()

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
            return LivePictures(pictures, _stops(self.sensor))
        return FilePictures(pictures, self.start_s, _stops(self.sensor))


def _stops(sensor: Sensor) -> tuple[int, ...]:
    """Return the numbers of a panning head's stops from left to right; none of a fixed camera.

    A recording says nothing of presets, so they are recognised (`vision.panorama`).
    """
    if sensor.pan is None or sensor.pan.stops < 2:
        return ()
    numbers = range(sensor.pan.stops)
    return tuple(numbers) if sensor.pan.from_deg < sensor.pan.to_deg else tuple(reversed(numbers))


class FilePictures:
    """Pictures of a file, given out as their time comes; silent after the last.  Mutable: it reads a file.

    `faults` says why it ended, if that was not its end.
    """

    def __init__(self, pictures: Pictures, start_s: float, stops: tuple[int, ...] = ()) -> None:
        self.stops = stops
        self._frames: Iterator[Frame] = iter(pictures)
        self._start_s = start_s
        self._first_s: float | None = None
        self._next: Frame | None = None
        self._broke = ""
        self._advance()

    def faults(self) -> tuple[str, ...]:
        """Return what the reader itself found wrong."""
        return (self._broke,) if self._broke else ()

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
        except BadInput as error:
            frame = None  # a recording that breaks off ends here; the camera falls silent and is shown dark
            self._broke = error.rule
        if frame is None:
            self._next = None
            return
        # Some recordings count from 0, some carry the recorder's clock.
        self._first_s = frame.t_s if self._first_s is None else self._first_s
        self._next = replace(frame, t_s=self._start_s + frame.t_s - self._first_s)


class LivePictures:
    """Pictures of a network camera, read by a thread as they come.  Mutable: it owns the thread.

    Pictures that nobody asks for in time give way to newer ones; `dropped` counts them, and `faults` says so.
    """

    def __init__(self, pictures: Pictures, stops: tuple[int, ...] = ()) -> None:
        self.stops = stops
        self._waiting: deque[Frame] = deque(maxlen=LIVE_BOUND)
        self._lock = threading.Lock()
        self.dropped, self._told = 0, -1
        self._late = False
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

    def faults(self) -> tuple[str, ...]:
        """Return what the reader itself found wrong since the last but one call of `frames`."""
        return (DROPPED,) if self._late else ()

    def frames(self, scene: object, t0_s: float, t1_s: float) -> list[Frame]:
        """Return what has come since the last call, spread over the step: arrival is the only clock there is."""
        with self._lock:
            came = list(self._waiting)
            self._waiting.clear()
            # What was left out before anybody asked is the start-up's, not the camera's.
            self._late, self._told = 0 <= self._told < self.dropped, self.dropped
        step_s = (t1_s - t0_s) / max(len(came), 1)
        return [replace(frame, t_s=t0_s + (k + 1) * step_s) for k, frame in enumerate(came)]
