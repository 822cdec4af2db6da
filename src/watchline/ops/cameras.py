"""Cameras with pictures: each lives in a worker process that reads, watches and remembers its last seconds.

A worker holds a camera's source, its vision state and a short ring of pictures from which clips are cut; only what
was found travels to the core.  The same requests give the same answers: every look waits for all workers.
"""

from __future__ import annotations

import copy
import math
import multiprocessing
import os
import signal
import traceback
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from watchline.domain.frames import Frame, PictureHealth, PixelDetection
from watchline.domain.site import Reference
from watchline.ops.feed import PictureFactory, PictureSource
from watchline.ops.privacy import Outline, PixelMasks
from watchline.sensing.figure import Drawn
from watchline.sensing.figure import painted as with_figure
from watchline.sensing.reference_contrast import Measured

RING_S = 20.0  # of pictures kept for clips
GAIT_S = 4.0  # of a track's boxes in which a beat is looked for
MEASURE_EVERY_S = 30.0  # reference objects change with the weather, not with the picture
NETWORK_EVERY_S = 1.0  # the user's own network sees no more pictures than this: it may be slow
WORKERS_MAX = 2


@dataclass(frozen=True, slots=True)
class Look:
    """What one camera's vision said of one picture; measured: its reference objects, now and then; tried: a synthetic
    crosser in it, of whom only `ops.synthetic` may know.
    """

    sensor: int
    t_s: float
    number: int
    preset: int
    detections: tuple[PixelDetection, ...]
    health: PictureHealth
    measured: tuple[Measured, ...] = ()
    tried: Tried | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """A synthetic crosser showed in a copy of a picture that could be watched; found: and was found in it."""

    crosser: str
    found: bool


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


@dataclass(frozen=True, slots=True)
class Still:
    """A camera's newest picture as a JPEG.

    stop: of a panning head; boxes: (x, y, w, h) of confirmed subjects in its pixels.
    """

    data: bytes
    t_s: float
    width_px: int
    height_px: int
    stop: int
    boxes: tuple[tuple[float, float, float, float], ...]


class CameraPool:
    """All cameras with pictures, spread over worker processes.  Mutable: it owns the processes."""

    def __init__(
        self,
        factories: Mapping[int, PictureFactory],
        rates_hz: Mapping[int, float],
        workers: int = WORKERS_MAX,
        masks: PixelMasks | None = None,
    ) -> None:
        """Start the workers and wait until every camera has opened; raises what a camera raised.

        masks: what is painted over in their pictures before anything looks at them.
        """
        self._lifted: frozenset[str] = frozenset()
        masks = masks or {}
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
                args=(
                    there,
                    {k: factories[k] for k in mine},
                    {k: rates_hz[k] for k in mine},
                    {k: masks[k] for k in mine if k in masks},
                ),
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

    def lift(self, areas: frozenset[str]) -> None:
        """Paint over every mask but these from now on."""
        if areas != self._lifted:
            self._lifted = areas
            for pipe in self._pipes:
                pipe.send(("lift", areas))

    def draw(self, sensor: int, drawn: Drawn) -> None:
        """Try a camera with a synthetic crosser: a copy of its vision watches a copy of its pictures meanwhile."""
        self._pipes[self._owner[sensor]].send(("draw", sensor, drawn))

    def clip(self, sensor: int, t0_s: float, t1_s: float) -> ClipCut | None:
        """Return the film of one camera, None if it has no picture of that time."""
        pipe = self._pipes[self._owner[sensor]]
        pipe.send(("clip", sensor, t0_s, t1_s))
        cut: ClipCut | None = _receive(pipe)
        return cut

    def stills(self, sensors: Collection[int]) -> dict[int, Still]:
        """Return the newest picture of each camera that has one."""
        asked = [(pipe, tuple(k for k in sensors if self._owner.get(k) == w)) for w, pipe in enumerate(self._pipes)]
        for pipe, mine in asked:
            if mine:
                pipe.send(("stills", mine))
        out: dict[int, Still] = {}
        for pipe, mine in asked:
            if mine:
                out |= _receive(pipe)
        return out

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
    """One camera inside its worker.  Mutable: vision state and ring.

    stop: of the newest picture, in the site's numbers; head: of one that does not tell its stops; network: the
    user's own, when it last looked and what it said by track.
    """

    source: PictureSource
    vision: Any
    stream: Any
    ring: deque[tuple[Frame, tuple[PixelDetection, ...]]]
    rate_hz: float
    stop: int = 0
    head: Any = None
    references: tuple[Reference, ...] = ()
    contrasts: dict[int, Any] = field(default_factory=dict)
    measured_s: float = -math.inf
    network: Any = None
    network_s: float = -math.inf
    opinions: dict[int, tuple[tuple[float, float, float, float], str]] = field(default_factory=dict)
    masks: Mapping[str, Mapping[int, tuple[Outline, ...]]] = field(default_factory=dict)
    lifted: frozenset[str] = frozenset()
    trial: _Trial | None = None


@dataclass
class _Trial:
    """Who is drawn, and the copy of the camera's vision that watches.  Mutable: that vision's state."""

    drawn: Drawn
    vision: Any


def _work(
    pipe: Connection, factories: dict[int, PictureFactory], rates_hz: dict[int, float], masks: PixelMasks
) -> None:
    """Serve requests until told to stop; every failure travels back as an answer."""
    # The core stops its workers itself; an interrupt of the terminal is not meant for them.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        cameras = {k: _open(make, rates_hz[k], masks.get(k, {})) for k, make in factories.items()}
        pipe.send(("ready", None))
        while True:
            request = pipe.recv()
            if request[0] == "stop":
                pipe.close()
                # A thread that waits for a camera inside of FFmpeg cannot be ended; tearing Python down around it
                # would abort the process with a message nobody can use.
                os._exit(0)
            if request[0] == "lift":
                for camera in cameras.values():
                    camera.lifted = request[1]
            elif request[0] == "draw":
                camera = cameras[request[1]]
                camera.trial = _Trial(request[2], copy.deepcopy(camera.vision))
            elif request[0] == "look":
                pipe.send(("looks", _look(cameras, *request[1:])))
            elif request[0] == "stills":
                pipe.send(("stills", {k: still for k in request[1] if (still := _still(cameras[k])) is not None}))
            else:
                pipe.send(("clip", _clip(cameras[request[1]], request[2], request[3])))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the core is gone: there is nobody to tell
    except Exception as error:  # noqa: BLE001 - whatever it is, the core must hear of it instead of hanging
        pipe.send(("error", (error, traceback.format_exc())))


def _network(path: str) -> Any:
    from watchline.sources.own_model import load_model
    from watchline.vision import own_detector

    m = load_model(Path(path))
    return own_detector.Network(m.run, m.rows, m.cols, m.channels, m.names, m.made_by)


def _open(
    make: PictureFactory, rate_hz: float, masks: Mapping[str, Mapping[int, tuple[Outline, ...]]] | None = None
) -> _Camera:
    import cv2

    from watchline import vision
    from watchline.vision import panorama, stream_health

    # One thread per worker: there are as many workers as cores, and one thread keeps sums in one order.
    cv2.setNumThreads(1)
    source, model = make(), getattr(make, "model", None)
    state = vision.init(vision.VisionSettings(rate_hz=rate_hz))
    ring: deque[tuple[Frame, tuple[PixelDetection, ...]]] = deque(maxlen=max(2, round(RING_S * rate_hz)))
    head = panorama.State() if getattr(source, "stops", None) else None
    return _Camera(
        source,
        state,
        stream_health.State(),
        ring,
        rate_hz,
        head=head,
        references=getattr(make, "references", ()),
        network=_network(model) if model is not None else None,
        masks=masks or {},
    )


def _look(cameras: dict[int, _Camera], scene: object, t0_s: float, t1_s: float) -> list[Look]:
    looks = []
    for sensor, camera in cameras.items():
        for whole in camera.source.frames(scene, t0_s, t1_s):
            frame = painted(whole, camera.masks, camera.lifted, every_stop=camera.head is not None)
            preset, found, health = _watch(camera, frame)
            fits = not camera.ring or camera.ring[-1][0].pixels.shape == frame.pixels.shape
            if not frame.shutter:
                if not fits:
                    camera.ring.clear()  # a film has pictures of one size
                camera.ring.append((frame, found))
                camera.stop = preset
            tried = _try(camera, whole, found, health)
            looks.append(
                Look(sensor, frame.t_s, frame.number, preset, found, health, _measure(camera, frame, health), tried)
            )
    return looks


def _try(camera: _Camera, whole: Frame, found: tuple[PixelDetection, ...], health: PictureHealth) -> Tried | None:
    """Return what a copy of the camera's vision says of the crosser who is drawn, None where nobody could be seen.

    found, health: what the camera itself said of the picture.  Where it found somebody real on the figure, or did not
    see, the picture tells nothing of the figure.
    """
    from watchline import vision

    trial = camera.trial
    if trial is None or whole.t_s < trial.drawn.t_s[0]:
        return None
    if whole.t_s > trial.drawn.t_s[-1]:
        camera.trial = None
        return None
    if whole.shutter or health.state not in ("ok", "learning", "disturbed"):
        return None
    figure = trial.drawn.at(whole.t_s) if whole.preset == trial.drawn.preset else None
    shown = whole if figure is None else replace(whole, pixels=with_figure(whole.pixels, figure))
    shown = painted(shown, camera.masks, camera.lifted)
    trial.vision, result = vision.step(trial.vision, shown, shown.t_s)
    if figure is None or health.state != "ok" or any(figure.touches(d.bbox_px) for d in found):
        return None
    on_it = (d.confirmed and figure.touches(d.bbox_px) for d in result.detections)
    return Tried(trial.drawn.crosser, result.health.state == "ok" and any(on_it))


def painted(
    frame: Frame,
    masks: Mapping[str, Mapping[int, tuple[Outline, ...]]],
    lifted: frozenset[str],
    *,
    every_stop: bool = False,
) -> Frame:
    """Return a picture with its masks painted over in its own middle grey, before anything looks at it or keeps it.

    every_stop: of a head that does not tell where it looks, all that could be seen of a mask is painted.
    """
    parts = [
        part
        for area, stops in masks.items()
        if area not in lifted
        for stop, outlines in stops.items()
        if every_stop or stop == frame.preset
        for part in outlines
    ]
    if not parts:
        return frame
    import cv2

    hidden = np.zeros(frame.pixels.shape[:2], np.uint8)
    for part in parts:
        cv2.fillPoly(hidden, [part], 1)
    pixels = frame.pixels.copy()
    pixels[hidden == 1] = np.median(frame.pixels[hidden == 0]) if (hidden == 0).any() else 0
    return replace(frame, pixels=pixels)


def _measure(camera: _Camera, frame: Frame, health: PictureHealth) -> tuple[Measured, ...]:
    """Return the reference objects' contrasts over the commissioned ones, every MEASURE_EVERY_S from a sound
    picture.
    """
    from watchline.vision import reference

    if not camera.references or frame.shutter or health.state not in ("ok", "learning"):
        return ()
    out = []
    for k, r in enumerate(camera.references):
        found = reference.measure(camera.contrasts.get(k, reference.Contrast()), frame.pixels, r.box_px)
        if found is None or r.contrast_counts == 0.0:
            continue
        camera.contrasts[k] = found
        share, sd = found.counts / r.contrast_counts, abs(found.sd / r.contrast_counts)
        out.append(Measured(r.range_m, share, sd, r.kind))
    if frame.t_s - camera.measured_s < MEASURE_EVERY_S:
        return ()
    camera.measured_s = frame.t_s
    return tuple(out)


def _watch(camera: _Camera, frame: Frame) -> tuple[int, tuple[PixelDetection, ...], PictureHealth]:
    """Return a picture's stop, what is confirmed in it, and its health; nothing in a picture is a crash."""
    from watchline import vision
    from watchline.vision import stream_health

    usable = stream_health.usable(frame.pixels)
    frame, preset, lost = _stop_of(camera, frame) if usable else (frame, frame.preset, PictureHealth())
    # While the head turns its light is not the scene's; only its clock and format are judged.
    judged = replace(frame, preset=camera.stream.preset, shutter=True) if lost.state == "moving" else frame
    camera.stream, faults = stream_health.step(camera.stream, judged)
    said = (*stream_health.words(faults), *getattr(camera.source, "faults", lambda: ())())
    if not usable:
        return preset, (), PictureHealth("blind", reason=stream_health.RULES["broken"].text, faults=said)
    if lost.state == "moving":
        return preset, (), replace(lost, faults=said)
    camera.vision, result = vision.step(camera.vision, frame, frame.t_s)
    if stream_health.is_blind(faults):
        return preset, (), replace(result.health, state="blind", quality=0.0, reason=said[0], faults=said)
    health = result.health if lost.state == "ok" or result.health.state != "ok" else lost
    confirmed = tuple(_with_gait(camera, frame, d) for d in result.detections if d.confirmed)
    return preset, _second_opinion(camera, frame, confirmed), replace(health, faults=said)


def _with_gait(camera: _Camera, frame: Frame, d: PixelDetection) -> PixelDetection:
    """Return a detection whose class has heard whether its outline moves with a beat; the beat itself is not kept."""
    from watchline.vision import gait

    lately = [
        (*e.bbox_px[2:], f.t_s)
        for f, found in camera.ring
        if frame.t_s - f.t_s <= GAIT_S
        for e in found
        if e.track == d.track
    ]
    boxes = np.array([*lately, (*d.bbox_px[2:], frame.t_s)])
    ratio = gait.ratio_of(gait.periodicity(boxes[:, 0], boxes[:, 1], boxes[:, 2]))
    return replace(d, p_class=gait.weighed(d.p_class, ratio)) if ratio != 1.0 else d


def _second_opinion(
    camera: _Camera, frame: Frame, confirmed: tuple[PixelDetection, ...]
) -> tuple[PixelDetection, ...]:
    """Return confirmed detections in the class that the user's own network gave them when it last looked."""
    from watchline.vision import own_detector

    if camera.network is None:
        return confirmed
    if confirmed and frame.t_s - camera.network_s >= NETWORK_EVERY_S:
        camera.network_s = frame.t_s
        theirs = own_detector.detect(camera.network, frame.pixels)
        said = own_detector.joined(confirmed, theirs)[: len(confirmed)]
        camera.opinions = {d.track: (d.p_class, d.made_by) for d in said if d.made_by}
    told = camera.opinions
    return tuple(
        replace(d, p_class=told[d.track][0], made_by=told[d.track][1]) if d.track in told else d for d in confirmed
    )


def _stop_of(camera: _Camera, frame: Frame) -> tuple[Frame, int, PictureHealth]:
    """Return the picture as vision shall know its view, its stop in the site's numbers, and what is lost meanwhile.

    Only of a head that does not tell its stops; vision's number of a view never changes, the site's needs all
    of them.
    """
    from watchline.vision import panorama

    if camera.head is None or frame.shutter:
        return frame, frame.preset, PictureHealth()
    camera.head, where = panorama.step(camera.head, frame.pixels)
    if where.stop < 0:
        share = f"so far it stood at its stops for {where.watched:.0%} of the time"
        return frame, 0, PictureHealth("moving", reason=f"the head turns, nothing is watched; {share}")
    frame = replace(frame, preset=camera.head.at)
    stops: tuple[int, ...] = getattr(camera.source, "stops", ())
    if where.known != len(stops) or not where.ordered:
        reason = f"{where.known} of {len(stops)} stops are known, so no direction is"
        return frame, 0, PictureHealth("learning", reason=reason)
    return frame, stops[where.stop], PictureHealth()


def _still(camera: _Camera) -> Still | None:
    from watchline.sources.clips import encode_still, equalised

    if not camera.ring:
        return None
    frame, found = camera.ring[-1]
    (picture,) = equalised([frame.pixels])
    height, width = picture.shape
    boxes = tuple(tuple(round(float(v), 1) for v in d.bbox_px) for d in found)
    return Still(encode_still(picture), frame.t_s, width, height, camera.stop, boxes)  # type: ignore[arg-type]


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
