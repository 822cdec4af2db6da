"""A picture of a camera, and what was found in it, still in pixels."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Frame:
    """One thermal picture.

    pixels: (rows, columns) uint8, uint16 or float32; larger = warmer unless the camera says otherwise.
    t_s: seconds since the Unix epoch, UTC (or since the start of a file that carries no clock).
    number: counts up by one per picture read; preset: which stop of a panning head, 0 for a fixed camera;
    shutter: a flat-field correction ran in this picture, its values are not a scene;
    stamped_s: the time that the source itself put on it, on its own clock, NaN when it puts none; arrived_s:
    when a live picture came, on this machine's clock, NaN for recordings.  `t_s` never goes back.
    """

    camera_id: str
    number: int
    t_s: float
    pixels: NDArray[Any]
    preset: int = 0
    shutter: bool = False
    stamped_s: float = float("nan")
    arrived_s: float = float("nan")


@dataclass(frozen=True, slots=True)
class PixelDetection:
    """One subject in one picture.

    x_px, y_px: centre, x right, y down, pixel centres at integers; bbox_px: x, y, w, h of the box;
    snr: peak contrast over local noise; score: larger is surer, on the scale on which the camera's
    threshold is set; p_class over `batches.CLASSES`; track: number of the tracklet in the picture plane, or -1;
    confirmed: the tracklet has passed temporal confirmation; made_by: name, version and hash of the user's own
    network where it gave the score or the class, empty where Watchline's own rules did.
    """

    x_px: float
    y_px: float
    bbox_px: tuple[float, float, float, float]
    score: float
    snr: float
    p_class: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 1.0)
    track: int = -1
    confirmed: bool = False
    made_by: str = ""


@dataclass(frozen=True, slots=True)
class PictureHealth:
    """What the camera's own pictures say of it.

    state: "ok", "learning" (background not known yet), "disturbed" (the whole picture changed),
    "frozen" (the same picture again and again), "blind" (no contrast), "moving" (a panning head turns);
    sigma: measured temporal noise in counts; jitter_px: shift found by registration;
    quality: 0..1, contrast now over contrast when the background was learned, NaN if not known;
    faults: what is wrong with the stream itself, each in words (`vision.stream_health`).
    """

    state: str = "ok"
    sigma: float = float("nan")
    jitter_px: float = 0.0
    quality: float = float("nan")
    reason: str = ""
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PictureResult:
    """What `vision` says of one picture."""

    frame: Frame
    detections: tuple[PixelDetection, ...] = ()
    health: PictureHealth = field(default_factory=PictureHealth)
    mask: NDArray[np.uint8] | None = None
