"""Write what a camera saw: short evidence clips (VP9 in WebM), annotated video, 8-bit views of 16-bit pictures."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from watchline.domain.errors import BadInput
from watchline.domain.frames import PixelDetection
from watchline.sources import pictures as _silence  # noqa: F401  sets OpenCV's log level before it loads

import cv2  # isort: skip

U1 = NDArray[np.uint8]

CODECS = {".webm": "VP90", ".mp4": "mp4v", ".mkv": "VP90", ".avi": "MJPG"}
LOW_PERCENT, HIGH_PERCENT = 0.5, 99.7  # shares of the picture shown as black and as white
SLOWNESS = 0.95  # how much of the last picture's limits is kept, so that the view does not flicker
STILL_QUALITY = 75
HEADER_BYTES = 1024  # header and tags of a clip with one track
TRACK_UID = b"\x73\xc5\x88"  # element number and length 8 (RFC 9559, section 5.1.4.1.2)
LEAST_SPAN = 8.0  # counts between black and white, at least: a blind camera shall look blind, not noisy
BINS = 1024
PLATEAU = 4.0  # even shares that one count may take
FLOOR = 0.15  # even shares that every count gets, so that a few hot pixels stay apart from each other
OUTLINE_BGR, CONFIRMED_BGR = (0, 200, 255), (60, 60, 255)


@dataclass(frozen=True, slots=True)
class View:
    """Limits of the 8-bit view, carried from picture to picture."""

    low: float = float("nan")
    high: float = float("nan")


def to_8bit(pixels: NDArray[Any], view: View) -> tuple[U1, View]:
    """Return an 8-bit view of a picture and the limits to hand in with the next one.

    pixels: (rows, cols) any real dtype; uint8 comes back as it is.
    """
    if pixels.dtype == np.uint8:
        return pixels, view
    low, high = (float(v) for v in np.percentile(pixels[::2, ::2], [LOW_PERCENT, HIGH_PERCENT]))
    if np.isfinite(view.low):
        low = SLOWNESS * view.low + (1.0 - SLOWNESS) * low
        high = SLOWNESS * view.high + (1.0 - SLOWNESS) * high
    scaled = (pixels.astype(np.float32) - low) * (255.0 / max(high - low, LEAST_SPAN))
    return np.clip(np.round(scaled), 0.0, 255.0).astype(np.uint8), View(low, high)


def equalised(pictures: Sequence[NDArray[Any]]) -> list[U1]:
    """Return 8-bit views of one film's pictures in which ground and subject both show.

    Plateau equalisation, the usual display of thermal cameras: greys are given out by how often counts occur over the
    whole film, no count more than PLATEAU times its even share, so that a wide sky does not take all of them.
    One table for all pictures: nothing flickers.
    """
    if pictures[0].dtype == np.uint8:
        return [np.asarray(picture) for picture in pictures]
    pooled = np.concatenate([picture[::2, ::2].ravel() for picture in pictures]).astype(np.float32)
    low, high = float(np.percentile(pooled, 0.05)), float(max(picture.max() for picture in pictures))
    high = max(high, low + LEAST_SPAN)
    counts, edges = np.histogram(pooled, bins=BINS, range=(low, high))
    shares = np.minimum(counts, PLATEAU * counts.sum() / BINS) + FLOOR * counts.sum() / BINS
    greys = np.concatenate([[0.0], np.cumsum(shares) / shares.sum()]) * 255.0
    return [np.interp(picture, edges, greys).astype(np.uint8) for picture in pictures]


class VideoOut:
    """Writes pictures to a video file; the suffix chooses the codec.  Not frozen: it owns an open file."""

    def __init__(self, path: Path, *, fps: float, size: tuple[int, int]) -> None:
        """Open the file; raises BadInput if the suffix is unknown or the place cannot be written."""
        code = CODECS.get(path.suffix.lower())
        if code is None:
            raise BadInput(str(path), "unknown kind of video", f"use {', '.join(CODECS)}")
        if not path.parent.is_dir():
            raise BadInput(str(path), "its folder does not exist")
        self.size = size
        fourcc = cv2.VideoWriter.fourcc(*code)
        with _quiet():
            self._writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, fourcc, fps, size, True)
        if not self._writer.isOpened():
            raise BadInput(str(path), "cannot be written")

    def write(self, picture: U1) -> None:
        """Append a picture, (rows, cols) grey or (rows, cols, 3) BGR."""
        colour = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR) if picture.ndim == 2 else picture
        self._writer.write(colour)

    def close(self) -> None:
        """Finish the file."""
        with _quiet():
            self._writer.release()


def encode_still(picture: U1) -> bytes:
    """Return an 8-bit picture (rows, cols) as a JPEG."""
    done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, STILL_QUALITY])
    if not done:
        raise RuntimeError("a picture could not be written as JPEG")
    return bytes(data)


def encode_clip(frames: Sequence[U1], fps: float) -> bytes:
    """Return a VP9 WebM clip of grey or BGR pictures of one size; same pictures, same bytes.

    Raises ValueError without pictures.
    """
    if not frames:
        raise ValueError("frames: a clip needs at least one picture")
    rows, cols = frames[0].shape[:2]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.webm"
        out = VideoOut(path, fps=fps, size=(cols, rows))
        for picture in frames:
            out.write(picture)
        out.close()
        return _same_every_time(path.read_bytes())


def _same_every_time(clip: bytes) -> bytes:
    """Replace the random track number that the muxer writes (Matroska TrackUID, in header and tags)."""
    head = clip[:HEADER_BYTES]
    at = head.find(TRACK_UID)
    if at < 0:
        return clip
    random_number = head[at + len(TRACK_UID) : at + len(TRACK_UID) + 8]
    return head.replace(random_number, b"\0\0\0\0\0\0\0\1") + clip[HEADER_BYTES:]


def annotate(picture: U1, detections: Sequence[PixelDetection], note: str = "") -> U1:
    """Return a BGR copy with boxes, tracklet numbers and a line of text; red once confirmed."""
    drawn = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)
    for d in detections:
        x, y, w, h = (round(v) for v in d.bbox_px)
        colour = CONFIRMED_BGR if d.confirmed else OUTLINE_BGR
        cv2.rectangle(drawn, (x - 2, y - 2), (x + w + 1, y + h + 1), colour, 1)
        label = f"{d.track}" if d.track >= 0 else f"{d.score:.1f}"
        cv2.putText(drawn, label, (x - 2, max(8, y - 4)), cv2.FONT_HERSHEY_PLAIN, 0.7, colour, 1)
    if note:
        cv2.putText(drawn, note, (4, picture.shape[0] - 4), cv2.FONT_HERSHEY_PLAIN, 0.7, (255, 255, 255), 1)
    return np.asarray(drawn, np.uint8)


class _quiet:
    """Send what C code writes to stderr nowhere: OpenCV's fallback-tag message cannot be turned off otherwise."""

    def __enter__(self) -> None:
        self._kept = os.dup(2)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)

    def __exit__(self, *_: object) -> None:
        os.dup2(self._kept, 2)
        os.close(self._kept)
