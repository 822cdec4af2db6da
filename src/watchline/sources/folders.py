"""Folders of pictures in name order, and single pictures: 8 and 16 bit PNG, TIFF, JPEG and their like.

Numbers in names are ordered as numbers: `f2.png` comes before `f10.png`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from watchline.domain.errors import BadInput
from watchline.domain.frames import Frame
from watchline.sources.depth import brought_to_steps, depth_of
from watchline.sources.pictures import PICTURE_SUFFIXES, Pictures, grey

import cv2  # isort: skip  (after pictures, which silences it)

USUAL_FPS = 1.0


class FolderPictures(Pictures):
    """Pictures of a folder, or one picture; without a clock, so times count from zero at `rate_hz`."""

    def __init__(self, path: Path, *, camera_id: str, rate_hz: float | None = None) -> None:
        self.name, self._camera_id = str(path), camera_id
        self.files = _picture_files(path) if path.is_dir() else [path]
        if not self.files:
            raise BadInput(str(path), "the folder holds no pictures", f"expected {', '.join(PICTURE_SUFFIXES)}")
        self.fps, self.count = rate_hz, len(self.files)
        first = _read(self.files[0])
        self.size, self.depth = (first.shape[1], first.shape[0]), depth_of(first)

    def file_of(self, number: int) -> str:
        """Return the name of the file that picture `number` came from."""
        return self.files[number].name

    def close(self) -> None:
        """Do nothing: each picture is closed once it is read."""

    def __iter__(self) -> Iterator[Frame]:
        """Yield the pictures; raises BadInput naming the file that cannot be read."""
        for number, file in enumerate(self.files):
            t_s = number / (self.fps or USUAL_FPS)
            yield Frame(self._camera_id, number, t_s, brought_to_steps(_read(file), self.depth))


def _picture_files(folder: Path) -> list[Path]:
    files = [f for f in folder.iterdir() if f.suffix.lower() in PICTURE_SUFFIXES and f.is_file()]
    return sorted(files, key=lambda f: [int(p) if p.isdigit() else p for p in re.split(r"(\d+)", f.name)])


def _read(file: Path) -> np.ndarray[tuple[int, int], np.dtype[np.generic]]:
    try:
        raw = np.fromfile(file, np.uint8)
    except PermissionError:
        raise BadInput(str(file), "no permission to read it") from None
    except OSError as error:
        raise BadInput(str(file), f"cannot be read ({error.strerror})") from None
    try:
        picture = None if raw.size == 0 else cv2.imdecode(raw, cv2.IMREAD_UNCHANGED)
    except cv2.error:  # more pixels than MOST_PIXELS, or a header that contradicts itself
        picture = None
    if picture is None:
        rule = "the file is empty" if raw.size == 0 else "the picture cannot be decoded"
        raise BadInput(str(file), rule, "remove it, or copy it again")
    return grey(picture)
