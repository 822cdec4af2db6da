"""Makes small picture files for the tests of the readers."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np

SHAPE = (96, 128)


def make_video(path: Path, count: int = 30, fps: float = 10.0, code: str = "mp4v") -> Path:
    """Write a video with a bright square that moves right."""
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*code), fps, SHAPE[::-1], True)
    rng = np.random.default_rng(0)
    base = cv2.GaussianBlur(rng.integers(0, 255, SHAPE, dtype=np.uint8), (0, 0), 3)
    for n in range(count):
        picture = base.copy()
        picture[40:46, 10 + 2 * n : 15 + 2 * n] = 250
        writer.write(cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR))
    writer.release()
    return path


def make_cptv(path: Path, count: int = 20, set_back_at: int | None = None) -> Path:
    """Write a CPTV recording: a background picture first, then noise; its clock may be set back by half a minute."""
    from datetime import timedelta

    from cptv import CPTVWriter
    from cptv.frame import Frame

    rng = np.random.default_rng(0)
    with path.open("wb") as file:
        writer = CPTVWriter(file)
        writer.timestamp = datetime(2024, 1, 1, tzinfo=UTC)
        writer.device_name, writer.device_id, writer.fps = b"test", 1, 9
        writer.latitude, writer.longitude = 0.0, 0.0
        writer.preview_secs, writer.motion_config = 0, b""
        writer.write_header()
        for n in range(count):
            pixels = (3000 + rng.integers(0, 40, (120, 160))).astype(np.uint16)
            back_s = 30.0 if set_back_at is not None and n >= set_back_at else 0.0
            seconds = timedelta(seconds=100 + n / 9 - back_s)
            writer.write_frame(Frame(pixels, seconds, timedelta(seconds=50), 20.0, 20.0, n == 0))
        writer.close()
    return path


def make_folder(path: Path, count: int = 3, dtype: type[np.generic] = np.uint8) -> Path:
    """Write numbered pictures whose mean is their number times ten."""
    path.mkdir()
    for n in range(count):
        cv2.imwrite(str(path / f"f{n}.png"), np.full(SHAPE, 10 * n + 1, dtype))
    return path
