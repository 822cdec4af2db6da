"""CPTV recordings: 16-bit thermal video of the Cacophony Project, read with its own library.

A picture marked as background is the recorder's own mean, not a moment, and is left out.  While the shutter
closes for a flat-field correction, and `FFC_S` after it, the values are not a scene: `Frame.shutter`.
Version 1 files carry neither times nor rate: 9 Hz, the rate of the Lepton cores they were recorded with.
"""

from __future__ import annotations

import contextlib
import io
import struct
import zlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from watchline.domain.errors import BadInput
from watchline.domain.frames import Frame
from watchline.sources.pictures import MOST_PIXELS, Cut, Pictures
from watchline.sources.stamps import Stamps

LEPTON_FPS = 9.0
FFC_S = 1.0  # a Lepton's shutter is closed for about half a second; the first pictures after it still settle
MOST_BYTES = 1 << 24  # of one read: a damaged length must not ask for all memory there is
BROKEN = (EOFError, OSError, struct.error, IndexError, ValueError, KeyError, zlib.error)


@contextlib.contextmanager
def _unheard() -> Iterator[None]:
    """Keep what the library prints about damaged files from our own lines."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


class _Bounded:
    """A stream that gives no more than MOST_BYTES at once; the library believes every length it reads."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.seek = stream.seek

    def read(self, count: int) -> bytes:
        if not 0 <= count <= MOST_BYTES:
            raise OSError(f"a length of {count} bytes")
        return bytes(self._stream.read(count))


class CptvPictures(Pictures):
    """Pictures of a CPTV file; times are UTC from the recorder's clock."""

    def __init__(self, path: Path, *, camera_id: str) -> None:
        try:
            from cptv import CPTVReader
        except ImportError:
            raise BadInput(str(path), "CPTV needs the cptv library", "pip install watchline[cptv]") from None
        self.name, self._camera_id = str(path), camera_id
        self._file = path.open("rb")
        try:
            with _unheard():
                self._reader: Any = CPTVReader(self._file)
        except BROKEN as error:
            self._file.close()
            raise BadInput(str(path), f"is not a CPTV recording ({error})") from None
        self.size = (int(self._reader.x_resolution), int(self._reader.y_resolution))
        if not 0 < self.size[0] * self.size[1] <= MOST_PIXELS:
            self._file.close()
            raise BadInput(str(path), f"promises pictures of {self.size[0]} x {self.size[1]}", "the file is damaged")
        self._reader.s = _Bounded(self._reader.s)
        self.fps = float(self._reader.fps) if self._reader.fps else LEPTON_FPS
        self.count = int(self._reader.num_frames) if self._reader.num_frames else None

    def __iter__(self) -> Iterator[Frame]:
        """Yield the pictures; raises Cut after the last readable one if the file breaks off."""
        number, broken = 0, ""
        self._frames = iter(self._reader)
        start_s, clock = self._reader.timestamp.timestamp(), Stamps(1.0 / (self.fps or LEPTON_FPS))
        first_on: timedelta | None = None
        try:
            while (raw := self._next()) is not None:
                if raw.background_frame:
                    continue
                if first_on is None:
                    first_on = raw.time_on
                stamp_s = start_s + self._elapsed_s(raw.time_on, first_on, number)
                pixels = np.ascontiguousarray(raw.pix, dtype=np.uint16)
                shut = _shutter(raw)
                yield Frame(self._camera_id, number, clock.time_of(stamp_s), pixels, shutter=shut, stamped_s=stamp_s)
                number += 1
            # The reader takes a broken end for a proper one; the next byte tells.
            self._reader.s.read(1)
        except BROKEN:
            broken = "then the data breaks off"
        if broken and number == 0:
            raise BadInput(self.name, "holds no picture that can be decoded", "the file is cut or damaged")
        if broken:
            raise Cut(self.name, number, broken)
        if number == 0:
            raise BadInput(self.name, "holds no picture")

    def _next(self) -> Any:
        with _unheard():
            return next(self._frames, None)

    def _elapsed_s(self, now: timedelta | None, first: timedelta | None, number: int) -> float:
        if now is None or first is None:
            return number / (self.fps or LEPTON_FPS)
        return (now - first).total_seconds()

    def close(self) -> None:
        """Give the file back."""
        self._file.close()


def _shutter(raw: Any) -> bool:
    if raw.time_on is None or not raw.last_ffc_time:
        return False
    return bool(timedelta(0) <= raw.time_on - raw.last_ffc_time < timedelta(seconds=FFC_S))
