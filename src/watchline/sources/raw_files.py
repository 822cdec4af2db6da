"""Raw counts without a header: `NAME.raw` beside `NAME.raw.toml`, which says what the bytes are.

    width = 640                  # pixels
    height = 512
    bits = 14                    # 8 to 16; above 8 a pixel is two bytes
    rate_hz = 9.0                # optional: pictures per second, 1 if left out
    byte_order = "little"        # or "big"
    header_bytes = 0             # before the first picture
    picture_header_bytes = 0     # before each picture

Covered: pictures one after another, row by row from the top, counts in the low bits.  Not covered: packed 10, 12
and 14 bit, interleaved channels, and makers' own containers (SEQ, PTW, radiometric JPEG): export those as
16-bit TIFF.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from watchline.domain.errors import BadInput
from watchline.domain.frames import Frame
from watchline.sources.pictures import MOST_PIXELS, Cut, Pictures
from watchline.sources.toml_file import read_table

USUAL_FPS = 1.0


@dataclass(frozen=True, slots=True)
class Layout:
    """What the bytes of a raw file are; fields as in the module's example."""

    width: int
    height: int
    bits: int
    rate_hz: float | None = None
    byte_order: str = "little"
    header_bytes: int = 0
    picture_header_bytes: int = 0

    @property
    def dtype(self) -> np.dtype[Any]:
        """Return how a pixel is stored."""
        return np.dtype(np.uint8) if self.bits == 8 else np.dtype("<u2" if self.byte_order == "little" else ">u2")

    @property
    def picture_bytes(self) -> int:
        """Return the bytes of one picture with its header."""
        return self.picture_header_bytes + self.width * self.height * self.dtype.itemsize


class RawPictures(Pictures):
    """Pictures of a raw file; times count from zero at the stated rate."""

    def __init__(self, path: Path, *, camera_id: str, rate_hz: float | None = None) -> None:
        self.layout = read_layout(path)
        self.name, self._path, self._camera_id = str(path), path, camera_id
        self.size = (self.layout.width, self.layout.height)
        self.fps = rate_hz or self.layout.rate_hz
        body = path.stat().st_size - self.layout.header_bytes
        self.count, self._rest = divmod(max(body, 0), self.layout.picture_bytes)
        if self.count == 0:
            rule = f"holds {max(body, 0)} bytes, one picture needs {self.layout.picture_bytes}"
            raise BadInput(str(path), rule, "check width, height and bits beside it")
        self._file = path.open("rb")

    def __iter__(self) -> Iterator[Frame]:
        """Yield the pictures; raises Cut if the last one is not whole, BadInput on counts beyond the stated bits."""
        layout, number = self.layout, 0
        self._file.seek(layout.header_bytes)
        while len(data := self._file.read(layout.picture_bytes)) == layout.picture_bytes:
            counts = np.frombuffer(data, layout.dtype, offset=layout.picture_header_bytes)
            pixels = counts.reshape(layout.height, layout.width).astype(layout.dtype.newbyteorder("="))
            self._check(pixels, number)
            yield Frame(self._camera_id, number, number / (self.fps or USUAL_FPS), pixels)
            number += 1
        if data:
            raise Cut(self.name, number, f"then {len(data)} bytes of a picture of {layout.picture_bytes}")

    def _check(self, pixels: NDArray[Any], number: int) -> None:
        highest = int(pixels.max())
        if highest >> self.layout.bits:
            rule = f"picture {number} holds {highest}, more than {self.layout.bits} bits"
            raise BadInput(self.name, rule, "check bits, byte_order, width and height beside it")

    def close(self) -> None:
        """Give the file back."""
        self._file.close()


def read_layout(path: Path) -> Layout:
    """Return what `PATH.toml` says of a raw file; raises BadInput naming file, key and rule."""
    beside = path.with_name(path.name + ".toml")
    said = read_table(beside, do=f"raw pictures need it beside {path.name}, with width, height, bits")
    for key in said:
        if key not in Layout.__dataclass_fields__:
            raise BadInput(f"{beside}: {key}", "unknown key", f"known are {', '.join(Layout.__dataclass_fields__)}")
    for key in ("width", "height", "bits"):
        if key not in said:
            raise BadInput(f"{beside}: {key}", "is missing")
    return _checked(beside, said)


def _checked(beside: Path, said: dict[str, Any]) -> Layout:
    rules: dict[str, Callable[[Any], bool]] = {
        "width": lambda v: type(v) is int and 16 <= v <= 16_384,
        "height": lambda v: type(v) is int and 16 <= v <= 16_384,
        "bits": lambda v: type(v) is int and 8 <= v <= 16,
        "rate_hz": lambda v: type(v) in (int, float) and 0.01 <= v <= 1000.0,
        "byte_order": lambda v: v in ("little", "big"),
        "header_bytes": lambda v: type(v) is int and 0 <= v <= 1 << 30,
        "picture_header_bytes": lambda v: type(v) is int and 0 <= v <= 1 << 20,
    }
    words = {"bits": "8 to 16", "rate_hz": "0.01 to 1000", "byte_order": "little or big"}
    for key, value in said.items():
        if not rules[key](value):
            raise BadInput(f"{beside}: {key}", f"must be {words.get(key, 'a whole number in range')}, got {value!r}")
    layout = Layout(**said)
    if layout.width * layout.height > MOST_PIXELS:
        raise BadInput(f"{beside}: width, height", f"more than {MOST_PIXELS} pixels a picture")
    return layout
