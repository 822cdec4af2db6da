"""PMTiles: one file of tiles with its own directory, read by where each tile lies.

Standard: PMTiles version 3 (github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md): a header of 127 bytes, a root
directory, leaf directories of up to three more levels, tiles numbered along a Hilbert curve through all zooms.
Not covered: versions 1 and 2, directories compressed with Brotli or Zstandard.
"""

from __future__ import annotations

import bisect
import functools
import json
import os
import struct
import weakref
import zlib
from dataclasses import dataclass
from pathlib import Path

from watchline.domain.errors import BadInput
from watchline.sources.map_layers.layer import PICTURES, VECTOR_TILE, ZOOM_MAX, Facts, Tile

HEADER = struct.Struct("<7sB11Q6B4iB2i")
LEVELS = 4  # of directories, by the standard
DIRECTORY_MOST = 32 << 20  # bytes of a directory or of the metadata, unpacked
NONE, GZIP = 1, 2
FORMS = {2: PICTURES["png"], 3: PICTURES["jpg"], 4: PICTURES["webp"]}
VECTOR = 1


@dataclass(frozen=True)
class _Directory:
    """Entries sorted by tile number: first number, how many tiles share it (0: another directory), place, length."""

    numbers: tuple[int, ...]
    runs: tuple[int, ...]
    places: tuple[int, ...]
    lengths: tuple[int, ...]


class PmTiles:
    """An open file, read by place: several threads at once."""

    def __init__(self, path: Path) -> None:
        """Open and check a file; raises BadInput."""
        self._path, self._size = path, path.stat().st_size
        self._file = os.open(path, os.O_RDONLY)
        self.close = weakref.finalize(self, os.close, self._file)
        try:
            self._begin()
        except BaseException:
            self.close()
            raise

    def _begin(self) -> None:
        head = os.pread(self._file, HEADER.size, 0)
        if head[:7] != b"PMTiles":
            raise self._bad("is not PMTiles", "convert it; docs/map.md says how")
        if head[7:8] != b"\x03":
            raise self._bad(f"is PMTiles of version {head[7] if len(head) > 7 else '?'}, read is 3", "convert it")
        if len(head) < HEADER.size:
            raise self._bad("is cut short inside its header", "copy it again")
        told = HEADER.unpack(head)
        (root, root_len, meta, meta_len, leaves, leaves_len, data, data_len), told = told[2:10], told[14:]
        inner, tiles, kind, low, high, west, south, east, north = told[:9]
        end = max(root + root_len, meta + meta_len, leaves + leaves_len, data + data_len)
        if end > self._size:
            raise self._bad(f"is cut short: {self._size} of {end} bytes", "copy it again")
        if inner not in (NONE, GZIP) or tiles not in (NONE, GZIP):
            raise self._bad("is compressed with neither gzip nor nothing", "write it with gzip")
        if kind != VECTOR and kind not in FORMS:
            raise self._bad("holds tiles of an unknown form", "use MVT, PNG, JPEG or WebP")
        if not low <= high <= ZOOM_MAX:
            raise self._bad(f"zooms {low} to {high} are no zooms", f"use 0 to {ZOOM_MAX}")
        self._inner, self._gzip, self._kind = inner, tiles == GZIP, kind
        self._leaves, self._data, self._root = leaves, data, (root, root_len)
        self._directory = functools.lru_cache(maxsize=64)(self._read_directory)
        self._directory(*self._root)
        parts = self._parts(meta, meta_len) if kind == VECTOR else ()
        bounds = (west / 1e7, south / 1e7, east / 1e7, north / 1e7)
        shape = "vector" if kind == VECTOR else "raster"
        self.facts = Facts(shape, True, low, high, bounds, parts)  # type: ignore[arg-type]

    def _bad(self, rule: str, do: str) -> BadInput:
        return BadInput(str(self._path), rule, do)

    def _parts(self, place: int, length: int) -> tuple[str, ...]:
        try:
            told = json.loads(self._unpacked(place, length))
            return tuple(str(one["id"]) for one in told["vector_layers"])
        except (ValueError, KeyError, TypeError, RecursionError):
            raise self._bad(
                "does not say which vector layers it holds (metadata `vector_layers`)", "add it"
            ) from None

    def _bytes(self, place: int, length: int) -> bytes:
        if place + length > self._size:
            raise self._bad("names bytes past its own end", "copy it again")
        return os.pread(self._file, length, place)

    def _unpacked(self, place: int, length: int) -> bytes:
        packed = self._bytes(place, length)
        if self._inner == NONE:
            return packed
        unpack = zlib.decompressobj(16 + zlib.MAX_WBITS)
        try:
            data = unpack.decompress(packed, DIRECTORY_MOST)
        except zlib.error:
            raise self._bad("has a directory that cannot be unpacked", "copy it again") from None
        if not unpack.eof:
            raise self._bad("has a directory that is cut short or too large", "copy it again")
        return data

    def _read_directory(self, place: int, length: int) -> _Directory:
        data, at = self._unpacked(place, length), 0

        def number() -> int:
            nonlocal at
            value = shift = 0
            while True:
                byte = data[at]
                at, value, shift = at + 1, value | (byte & 127) << shift, shift + 7
                if byte < 128:
                    return value

        try:
            count = number()
            if count > len(data):
                raise IndexError
            numbers, last = [], 0
            for _ in range(count):
                last += number()
                numbers.append(last)
            runs, lengths = [number() for _ in range(count)], [number() for _ in range(count)]
            places: list[int] = []
            for k in range(count):
                told = number()
                places.append(places[-1] + lengths[k - 1] if told == 0 and k > 0 else told - 1)
        except IndexError:
            raise self._bad("has a damaged directory", "copy it again") from None
        return _Directory(tuple(numbers), tuple(runs), tuple(places), tuple(lengths))

    def tile(self, z: int, x: int, y: int) -> Tile | None:
        """Return a tile as it lies in the file, None where there is none or it is damaged."""
        wanted, (place, length) = number_of(z, x, y), self._root
        try:
            for _ in range(LEVELS):
                entries = self._directory(place, length)
                k = bisect.bisect_right(entries.numbers, wanted) - 1
                if k < 0:
                    return None
                if entries.runs[k] == 0:
                    place, length = self._leaves + entries.places[k], entries.lengths[k]
                elif wanted < entries.numbers[k] + entries.runs[k]:
                    data = self._bytes(self._data + entries.places[k], entries.lengths[k])
                    return Tile(data, FORMS.get(self._kind, VECTOR_TILE), self._gzip)
                else:
                    return None
        except BadInput:
            return None
        return None

    def features(self) -> bytes:
        """Return nothing: a file of tiles."""
        return b""


def number_of(z: int, x: int, y: int) -> int:
    """Return a tile's number: all tiles of lower zooms, then its place on the Hilbert curve of its own.

    >>> [number_of(*zxy) for zxy in ((0, 0, 0), (1, 0, 0), (1, 0, 1), (1, 1, 1), (1, 1, 0), (2, 0, 0))]
    [0, 1, 2, 3, 4, 5]
    """
    before = ((1 << 2 * z) - 1) // 3
    along, side = 0, 1 << z >> 1
    while side:
        right, down = int(x & side > 0), int(y & side > 0)
        along += side * side * ((3 * right) ^ down)
        if not down:  # the curve is turned in the two upper quarters
            if right:
                x, y = side - 1 - x, side - 1 - y
            x, y = y, x
        side >>= 1
    return before + along
