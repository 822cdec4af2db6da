"""Cameras with pictures: each lives in a worker process that reads, watches and remembers its last seconds.

A worker holds a camera's source, its vision state and a short ring of pictures from which clips are cut; only what
was found travels to the core.  The same requests give the same answers: every look waits for all workers.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import traceback
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from watchline.domain.frames import Frame, PictureHealth, PixelDetection
from watchline.ops.feed import PictureFactory, PictureSource

RING_S = 20.0  # of pictures kept for clips
WORKERS_MAX = 2


@dataclass(frozen=True, slots=True)
class Look:
    """What one camera's vision said of one picture."""

    sensor: int
    t_s: float
    number: int
    preset: int
    detections: tuple[PixelDetection, ...]
    health: PictureHealth


@dataclass(frozen=True, slots=True)
class ClipCut:
    """A film cut from a camera's ring.  boxes: (t_s, x, y, w, h) of confirmed subjects."""

    data: bytes
    t0_s: float
    t1_s: float
    fps: float
    width_px: int
    height_px: int
    boxes: tuple[tuple[float, float, float, float, float], ...]


class CameraPool:
    """All cameras with pictures, spread over worker processes.  Mutable: it owns the processes."""

    def __init__(
        self, factories: Mapping[int, PictureFactory], rates_hz: Mapping[int, float], workers: int = WORKERS_MAX
    ) -> None:
        """Start the workers and wait until every camera has opened; raises what a camera raised."""
        context = multiprocessing.get_context("spawn")
        count = max(1, min(workers, len(factories)))
        self._pipes: list[Connection] = []
        self._processes = []
        self._owner: dict[int, int] = {}
        sensors = sorted(factories)
        for w in range(count):
            mine = sensors[w::count]
            self._owner.update(dict.fromkeys(mine, w))
            here, there = context.Pipe()
            process = context.Process(
                target=_work,
                args=(there, {k: factories[k] for k in mine}, {k: rates_hz[k] for k in mine}),
                daemon=True,
                name=f"watchline-cameras-{w}",
            )
            process.start()
            there.close()
            self._pipes.append(here)
            self._processes.append(process)
        for pipe in self._pipes:
            _receive(pipe)

    @property
    def sensors(self) -> frozenset[int]:
        """Return the indexes of the cameras that have pictures."""
        return frozenset(self._owner)

    def look(self, scene: object, t0_s: float, t1_s: float) -> list[Look]:
        """Return what every camera found in its pictures of (t0_s, t1_s], by camera, then time."""
        for pipe in self._pipes:
            pipe.send(("look", scene, t0_s, t1_s))
        looks = [look for pipe in self._pipes for look in _receive(pipe)]
        return sorted(looks, key=lambda look: (look.sensor, look.t_s))

    def clip(self, sensor: int, t0_s: float, t1_s: float) -> ClipCut | None:
        """Return the film of one camera, None if it has no picture of that time."""
        pipe = self._pipes[self._owner[sensor]]
        pipe.send(("clip", sensor, t0_s, t1_s))
        cut: ClipCut | None = _receive(pipe)
        return cut

    def close(self) -> None:
        """Stop the workers."""
        for pipe in self._pipes:
            try:
                pipe.send(("stop",))
            except (BrokenPipeError, OSError):
                continue
        for process in self._processes:
            process.join(timeout=5.0)
            if process.is_alive():
                process.kill()


def _receive(pipe: Connection) -> Any:
    try:
        kind, value = pipe.recv()
    except EOFError:
        raise RuntimeError("a camera worker died") from None
    if kind == "error":
        error, trace = value
        raise error from RuntimeError(trace)
    return value


@dataclass
class _Camera:
    """One camera inside its worker.  Mutable: vision state and ring."""

    source: PictureSource
    vision: Any
    ring: deque[tuple[Frame, tuple[PixelDetection, ...]]]
    rate_hz: float


def _work(pipe: Connection, factories: dict[int, PictureFactory], rates_hz: dict[int, float]) -> None:
    """Serve requests until told to stop; every failure travels back as an answer."""
    # The core stops its workers itself; an interrupt of the terminal is not meant for them.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        cameras = {k: _open(make(), rates_hz[k]) for k, make in factories.items()}
        pipe.send(("ready", None))
        while True:
            request = pipe.recv()
            if request[0] == "stop":
                pipe.close()
                # A thread that waits for a camera inside of FFmpeg cannot be ended; tearing Python down around it
                # would abort the process with a message nobody can use.
                os._exit(0)
            if request[0] == "look":
                pipe.send(("looks", _look(cameras, *request[1:])))
            else:
                pipe.send(("clip", _clip(cameras[request[1]], request[2], request[3])))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the core is gone: there is nobody to tell
    except Exception as error:  # noqa: BLE001 - whatever it is, the core must hear of it instead of hanging
        pipe.send(("error", (error, traceback.format_exc())))


def _open(source: PictureSource, rate_hz: float) -> _Camera:
    import cv2

    from watchline import vision

    # One thread per worker: there are as many workers as cores, and one thread keeps sums in one order.
    cv2.setNumThreads(1)
    state = vision.init(vision.VisionSettings(rate_hz=rate_hz))
    return _Camera(source, state, deque(maxlen=max(2, round(RING_S * rate_hz))), rate_hz)


def _look(cameras: dict[int, _Camera], scene: object, t0_s: float, t1_s: float) -> list[Look]:
    from watchline import vision

    looks = []
    for sensor, camera in cameras.items():
        for frame in camera.source.frames(scene, t0_s, t1_s):
            camera.vision, result = vision.step(camera.vision, frame, frame.t_s)
            found = tuple(d for d in result.detections if d.confirmed)
            if not frame.shutter:
                camera.ring.append((frame, found))
            looks.append(Look(sensor, frame.t_s, frame.number, frame.preset, found, result.health))
    return looks


def _clip(camera: _Camera, t0_s: float, t1_s: float) -> ClipCut | None:
    from watchline.sources.clips import encode_clip, equalised

    kept = [(frame, found) for frame, found in camera.ring if t0_s <= frame.t_s <= t1_s]
    if len(kept) < 2:
        return None
    pictures = equalised([frame.pixels for frame, _ in kept])
    first, last = kept[0][0].t_s, kept[-1][0].t_s
    fps = (len(kept) - 1) / (last - first)
    height, width = pictures[0].shape
    boxes = tuple(
        (frame.t_s, *(round(float(v), 1) for v in detection.bbox_px)) for frame, found in kept for detection in found
    )
    return ClipCut(encode_clip(pictures, fps), first, last, fps, width, height, boxes)  # type: ignore[arg-type]
