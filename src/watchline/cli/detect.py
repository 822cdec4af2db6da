"""`watchline detect`: pictures in, a line per detection out.  The clock, the files and the progress bar are here."""

from __future__ import annotations

import json
import math
import os
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, TextIO

from cyclopts import Parameter

from watchline.cli.camera_file import read_camera
from watchline.cli.options import Json
from watchline.domain.batches import CLASSES
from watchline.domain.errors import BadInput
from watchline.domain.frames import Frame, PictureResult, PixelDetection
from watchline.sources.depth import Depth, depth_of
from watchline.sources.own_model import load_model
from watchline.sources.pictures import Cut, Pictures, is_one_picture, open_pictures
from watchline.vision import VisionSettings, init, own_detector, step, stream_health

ALL_FALSE_PER_PICTURE = 10.0
STILLS_FALSE_PER_PICTURE = 0.1  # a single picture has no second look to confirm with
USUAL_ANNOTATED_FPS = 9.0
STILL_FAULTS = ("broken",)  # of pictures that have nothing to do with each other


def detect(
    input: str,
    *,
    out: Annotated[Path | None, Parameter(name="--out")] = None,
    camera: Path | None = None,
    annotated: Path | None = None,
    stills: bool = False,
    masks: Path | None = None,
    all: bool = False,
    model: Path | None = None,
    zoom: float = 1.0,
    tune: Path | None = None,
    json: Json = False,
) -> int:
    """Find people and vehicles in thermal pictures.

    Parameters
    ----------
    input:
        Video file, CPTV recording, raw counts with NAME.raw.toml beside them, TIFF of many pages, rtsp:// address,
        picture, or folder of pictures (a sequence in name order).
    out:
        File of JSON lines, one per detection.
    camera:
        CAMERA.toml with what is known of the camera: rate, tolerated false alarms, masks.
    annotated:
        Also write a video with the detections drawn in (.webm, .mp4, .mkv or .avi).
    stills:
        The pictures are independent of each other.
    masks:
        Also write a PNG per picture into this folder: 255 inside detections, 0 elsewhere.
    all:
        Also report candidates, down to ten false alarms per picture.
    model:
        Your own network, an ONNX file (YOLO or DETR head): what it finds is added, with its name, version and hash.
    zoom:
        How much pictures are enlarged before your network sees them, in tiles: for far subjects.
    tune:
        Instead: watch this empty scene, and draw threshold against false alarms and P_d of walkers put into it.
    json:
        Print one JSON object instead of the summary.
    """
    _spare_the_input(input, {"--out": out, "--annotated": annotated, "--tune": tune})
    settings = _settings(camera, stills=stills or is_one_picture(input), all_candidates=all)
    if tune is not None:
        from watchline.cli import tune as tuning_view

        return tuning_view.tune(input, tune, settings, as_json=json)
    if out is None:
        raise BadInput("--out", "is missing", "name the file of detections, or --tune OUT.png")
    network = _network(model, zoom) if model is not None else None
    with open_pictures(input, rate_hz=settings.rate_hz) as pictures:
        run = _Run(pictures, settings, network)
        with _Outputs(out, masks, annotated, pictures) as outputs:
            cut = _watch(run, outputs)
    if json:
        _print_json(run, out, cut)
    else:
        _print_summary(run, out)
    if cut is not None:
        raise cut
    return 0


def _spare_the_input(where: str, outputs: dict[str, Path | None]) -> None:
    """Refuse to write over what is read: a recording may be the only one there is."""
    source = Path(where)
    for option, path in outputs.items():
        if path is not None and path.exists() and source.exists() and path.samefile(source):
            raise BadInput(f"{option} {path}", "is the input itself", "choose another file")


def _settings(camera: Path | None, *, stills: bool, all_candidates: bool) -> VisionSettings:
    settings = read_camera(camera) if camera is not None else VisionSettings()
    if stills:
        settings = replace(settings, mode="stills")
        if camera is None:
            settings = replace(settings, false_alarms_per_picture=STILLS_FALSE_PER_PICTURE)
    if all_candidates:
        settings = replace(settings, false_alarms_per_picture=ALL_FALSE_PER_PICTURE)
    return settings


@dataclass(slots=True)
class _Run:
    """What is counted while pictures go by."""

    pictures: Pictures
    settings: VisionSettings
    network: own_detector.Network | None = None
    frames: int = 0
    detections: int = 0
    tracks: set[int] = field(default_factory=set)
    confirmed: set[int] = field(default_factory=set)
    health: dict[str, int] = field(default_factory=dict)
    depth: Depth | None = None
    stream: stream_health.State = field(default_factory=stream_health.State)
    faults: dict[str, tuple[float, int]] = field(default_factory=dict)
    last_health: str = "no picture"
    first_s: float | None = None
    seconds: float = 0.0

    def inspect(self, frame: Frame) -> tuple[str, ...]:
        """Look at the stream itself; returns what is wrong now.  Independent pictures have no clock to be wrong."""
        if self.depth is None:
            self.depth = getattr(self.pictures, "depth", None) or depth_of(frame.pixels)
        self.stream, names = stream_health.step(self.stream, frame)
        if self.settings.mode == "stills":
            names = tuple(name for name in names if name in STILL_FAULTS)
        for name in names:
            first_s, pictures = self.faults.get(name, (frame.t_s, 0))
            self.faults[name] = (first_s, pictures + 1)
        return names

    def count(self, result: PictureResult) -> None:
        self.frames += 1
        self.detections += len(result.detections)
        self.tracks.update(d.track for d in result.detections if d.track >= 0)
        self.confirmed.update(d.track for d in result.detections if d.confirmed)
        self.last_health = result.health.state
        self.health[self.last_health] = self.health.get(self.last_health, 0) + 1


def _watch(run: _Run, outputs: _Outputs) -> Cut | None:
    """Take every picture through vision and write what was found; returns how the source broke off, if it did."""
    import cv2

    cv2.setNumThreads(1)
    state = init(run.settings)
    started = time.monotonic()
    try:
        with _progress(run.pictures) as tick:
            for frame in run.pictures:
                run.first_s = frame.t_s if run.first_s is None else run.first_s
                names = run.inspect(frame)
                state, result = _step(state, frame, run.pictures)
                result = _second_opinion(run, _with_faults(result, names))
                outputs.write(result, run.first_s)
                run.count(result)
                tick()
    except Cut as cut:
        return cut
    finally:
        run.seconds = time.monotonic() - started
    return None


def _network(path: Path, zoom: float) -> own_detector.Network:
    if not 0.25 <= zoom <= 8.0:
        raise BadInput("--zoom", f"must be 0.25 to 8, got {zoom}")
    m = load_model(path)
    return own_detector.Network(m.run, m.rows, m.cols, m.channels, m.names, m.made_by, zoom)


def _second_opinion(run: _Run, result: PictureResult) -> PictureResult:
    """Return the result with what the user's own network says: a class for ours, and its own finds beside them."""
    if run.network is None or result.health.state == "blind":
        return result
    try:
        theirs = own_detector.detect(run.network, result.frame.pixels)
    except ValueError as error:
        raise BadInput("--model", str(error)) from None
    return replace(result, detections=own_detector.joined(result.detections, theirs))


def _with_faults(result: PictureResult, names: tuple[str, ...]) -> PictureResult:
    """Return the result with what is wrong with the stream; a picture that shows nothing is blind whatever else."""
    health = replace(result.health, faults=stream_health.words(names))
    if stream_health.is_blind(names):
        health = replace(health, state="blind", reason=health.faults[0])
    return replace(result, health=health)


def _step(state: Any, frame: Frame, pictures: Pictures) -> Any:
    try:
        return step(state, frame, frame.t_s)
    except ValueError as error:
        raise BadInput(f"{pictures.name}: picture {frame.number}", str(error)) from None


class _Outputs:
    """The files that are written; not frozen because it owns them."""

    def __init__(self, out: Path, masks: Path | None, annotated: Path | None, pictures: Pictures) -> None:
        self._pictures, self._masks, self._annotated_to = pictures, masks, annotated
        self._lines: TextIO = _open_for_writing(out)
        self._video: Any = None
        self._view: Any = None
        if masks is not None:
            try:
                masks.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise BadInput(str(masks), f"cannot be made ({error.strerror})") from None

    def __enter__(self) -> _Outputs:
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()
        if self._video is not None:
            self._video.close()

    def write(self, result: PictureResult, first_s: float) -> None:
        file = self._pictures.file_of(result.frame.number)
        for d in result.detections:
            self._lines.write(json.dumps(detection_line(d, result.frame, file, first_s), ensure_ascii=False) + "\n")
        if self._masks is not None:
            self._write_mask(result, file)
        if self._annotated_to is not None:
            self._write_annotated(result)

    def _write_mask(self, result: PictureResult, file: str) -> None:
        import cv2

        from watchline.vision.outline import mask_of

        assert self._masks is not None
        mask = result.mask if result.mask is not None else mask_of(result.frame.pixels, result.detections)
        stem = Path(file).stem if hasattr(self._pictures, "files") else f"{result.frame.number:06d}"
        _, encoded = cv2.imencode(".png", mask)
        (self._masks / f"{stem}.png").write_bytes(encoded.tobytes())

    def _write_annotated(self, result: PictureResult) -> None:
        from watchline.sources import clips

        assert self._annotated_to is not None
        picture, self._view = clips.to_8bit(result.frame.pixels, self._view or clips.View())
        if self._video is None:
            size = (picture.shape[1], picture.shape[0])
            fps = self._pictures.fps or USUAL_ANNOTATED_FPS
            self._video = clips.VideoOut(self._annotated_to, fps=fps, size=size)
        note = "" if result.health.state == "ok" else result.health.state
        if picture.shape[::-1] == self._video.size:
            self._video.write(clips.annotate(picture, result.detections, note))


def _open_for_writing(out: Path) -> TextIO:
    try:
        return out.open("w", encoding="utf-8")
    except OSError as error:
        raise BadInput(str(out), f"cannot be written ({error.strerror})") from None


def detection_line(d: PixelDetection, frame: Frame, file: str, first_s: float) -> dict[str, Any]:
    """Return the JSON form of a detection: the contract of `--out`; t_s counts from the first picture.

    `made_by` is there when the user's own network gave score or class; then the score is on that network's own scale.
    """
    line = {
        "frame": frame.number,
        "file": file,
        "t_s": round(frame.t_s - first_s, 4),
        "x_px": round(d.x_px, 2),
        "y_px": round(d.y_px, 2),
        "bbox_px": [round(v, 2) for v in d.bbox_px],
        "score": round(d.score, 4),
        "class": {name: round(p, 3) for name, p in zip(CLASSES, d.p_class, strict=True)},
        "track": d.track if d.track >= 0 else None,
    }
    return line | {"made_by": d.made_by} if d.made_by else line


class _progress:
    """A bar on stderr, or nothing when nobody watches."""

    def __init__(self, pictures: Pictures) -> None:
        self._total = pictures.count
        self._bar: Any = None
        self._name = os.path.basename(pictures.name.rstrip("/")) or pictures.name

    def __enter__(self) -> Any:
        if not sys.stderr.isatty():
            return lambda: None
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
        )  # fmt: skip
        self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self._bar.start()
        task = self._bar.add_task(self._name, total=self._total)
        return lambda: self._bar.advance(task)

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()


def _print_summary(run: _Run, out: Path) -> None:
    rate = run.frames / run.seconds if run.seconds > 0.0 else 0.0
    states = ", ".join(f"{name} {n}" for name, n in run.health.items())
    print(
        f"{run.frames} pictures ({run.depth}) in {run.seconds:.1f} s ({rate:.0f} pictures/s); "
        f"health: {states or 'no picture'}"
    )
    for fault in _faults(run):
        print(f"fault: {fault['text']}, from {fault['first_t_s']} s on, in {fault['pictures']} pictures")
    if run.settings.mode == "stills":
        print(f"{run.detections} detections -> {out}")
    else:
        print(
            f"{run.detections} detections on {len(run.tracks)} tracks, "
            f"{len(run.confirmed)} subjects confirmed -> {out}"
        )


def _faults(run: _Run) -> list[dict[str, Any]]:
    """Return what was wrong with the stream: since when, and in how many pictures it stood."""
    begin_s = run.first_s or 0.0
    return [
        {"fault": name, "text": stream_health.RULES[name].text, "first_t_s": round(at_s - begin_s, 3), "pictures": n}
        for name, (at_s, n) in sorted(run.faults.items(), key=lambda item: item[1])
    ]


def _print_json(run: _Run, out: Path, cut: Cut | None) -> None:
    rate = run.frames / run.seconds if run.seconds > 0.0 else math.nan
    summary = {
        "input": run.pictures.name,
        "out": str(out),
        "frames": run.frames,
        "detections": run.detections,
        "tracks": len(run.tracks),
        "confirmed": len(run.confirmed),
        "seconds": round(run.seconds, 3),
        "frames_per_s": round(rate, 1) if math.isfinite(rate) else None,
        "health": run.last_health,
        "health_frames": run.health,
        "depth": str(run.depth),
        "model": None if run.network is None else run.network.made_by,
        "faults": _faults(run),
        "cut": None if cut is None else {"frames_read": cut.read, "reason": cut.rule},
    }
    print(json.dumps(summary, ensure_ascii=False))
