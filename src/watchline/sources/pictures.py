"""Open anything that holds thermal pictures and read it picture by picture.

Kinds: video file, CPTV recording (16 bit), raw counts with a layout beside them, TIFF of many pages, folder of
pictures (in name order), single picture, RTSP address.  `open_pictures` chooses; every kind has `name`,
`size`, `fps`, `count`, yields `Frame`, and is closed after use.

Rules: nothing is silently left out.  What cannot be read at all is `BadInput`; a recording that breaks off
yields what is readable and then raises `Cut`, which says how many pictures there were.
"""

from __future__ import annotations

import abc
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from watchline.domain.errors import BadInput
from watchline.domain.frames import Frame

# OpenCV and its FFmpeg write to stderr from C; ours is the only line the user shall see.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
# A damaged header may promise a picture that no memory holds; a thermal camera's has a few million pixels at most.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(1 << 26))

import cv2  # only after its silence is arranged; if it was loaded before, it is told now

cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

MOST_PIXELS = 1 << 26  # as told to OpenCV above
RAW_SUFFIXES = (".raw",)
TIFF_SUFFIXES = (".tif", ".tiff")
PICTURE_SUFFIXES = (".png", *TIFF_SUFFIXES, ".jpg", ".jpeg", ".bmp", ".pgm", ".webp")
RTSP_PREFIXES = ("rtsp://", "rtsps://")


class Cut(BadInput):
    """A recording breaks off: `read` pictures were readable and have all been handed out."""

    def __init__(self, where: str, read: int, why: str) -> None:
        self.read = read
        super().__init__(where, f"the file is cut: {read} pictures could be read, {why}", "")


class Pictures(abc.ABC):
    """Base of all kinds; not frozen because it owns an open file.

    name: what the user gave; size: (width, height) in pixels; fps: pictures per second or None when the
    source carries no clock; count: number of pictures promised, or None when unknown.
    """

    name: str = ""
    size: tuple[int, int] = (0, 0)
    fps: float | None = None
    count: int | None = None

    def file_of(self, number: int) -> str:
        """Return the name of the file that picture `number` came from."""
        return Path(self.name).name

    @abc.abstractmethod
    def close(self) -> None:
        """Give the file back; reading ends."""

    @abc.abstractmethod
    def __iter__(self) -> Iterator[Frame]:
        """Yield the pictures, oldest first."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_pictures(where: str, *, camera_id: str = "camera", rate_hz: float | None = None) -> Pictures:
    """Open a file, a folder or an address and return its pictures.

    rate_hz: pictures per second, instead of what the source says; needed for times in folders (default 1).
    Raises BadInput naming the path and what is wrong with it.
    """
    from watchline.sources import cptv_files, folders, raw_files, rtsp, tiff_stacks, video_files

    if where.lower().startswith(RTSP_PREFIXES):
        return rtsp.RtspPictures(where, camera_id=camera_id)
    if "://" in where:
        raise BadInput(where, "this kind of address is not read", "give a file, a folder or rtsp://…")
    path = Path(where)
    check_readable(path)
    if path.is_dir():
        return folders.FolderPictures(path, camera_id=camera_id, rate_hz=rate_hz)
    suffix = path.suffix.lower()
    if suffix in TIFF_SUFFIXES and tiff_stacks.pages_of(path) > 1:
        return tiff_stacks.TiffStack(path, camera_id=camera_id, rate_hz=rate_hz)
    if suffix in RAW_SUFFIXES:
        return raw_files.RawPictures(path, camera_id=camera_id, rate_hz=rate_hz)
    if suffix in PICTURE_SUFFIXES:
        return folders.FolderPictures(path, camera_id=camera_id, rate_hz=rate_hz)
    if suffix == ".cptv":
        return cptv_files.CptvPictures(path, camera_id=camera_id)
    return video_files.VideoPictures(path, camera_id=camera_id, rate_hz=rate_hz)


def is_one_picture(where: str) -> bool:
    """Say whether this is a file of one picture: nothing moves in it, so it is looked at as a still."""
    from watchline.sources import tiff_stacks

    path = Path(where)
    if path.suffix.lower() not in PICTURE_SUFFIXES or not path.is_file():
        return False
    return path.suffix.lower() not in TIFF_SUFFIXES or tiff_stacks.pages_of(path) <= 1


def check_readable(path: Path) -> None:
    """Raise BadInput if a path is missing, empty or forbidden."""
    try:
        if not path.exists():
            raise BadInput(str(path), "there is no such file or folder")
        if path.is_dir():
            next(path.iterdir(), None)
            return
        with path.open("rb") as file:
            if not file.read(1):
                raise BadInput(str(path), "the file is empty")
    except PermissionError:
        raise BadInput(str(path), "no permission to read it") from None
    except OSError as error:
        raise BadInput(str(path), f"cannot be read ({error.strerror})") from None


def grey(picture: NDArray[Any]) -> NDArray[Any]:
    """Return one channel of a decoded picture: colours are weighed to brightness, an alpha channel is dropped."""
    if picture.ndim == 2:
        return picture
    if picture.shape[2] == 1:
        return picture[:, :, 0]
    blue, green, red = picture[:, :, 0], picture[:, :, 1], picture[:, :, 2]
    if np.array_equal(blue, green) and np.array_equal(green, red):
        return np.ascontiguousarray(green)
    mixed = 0.114 * blue.astype(np.float32) + 0.587 * green + 0.299 * red
    return np.asarray(np.round(mixed)).astype(picture.dtype)
