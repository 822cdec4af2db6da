"""What the write-ahead log beside a database really holds, read without SQLite.

Theory: SQLite reads a log up to the first frame whose salts or running checksum do not fit, and silently
forgets the rest.  That is right after a power cut and wrong after damage, so the log is read here as well,
frame by frame (layout: https://www.sqlite.org/fileformat2.html#the_write_ahead_log).  A frame left over from
before the log started over differs in both salts; any other frame that does not fit is hurt.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

HEADER_BYTES = 32
FRAME_HEADER_BYTES = 24
_MAGIC = {0x377F0682: "<", 0x377F0683: ">"}  # byte order of the words that the checksum runs over


@dataclass(frozen=True, slots=True)
class WalState:
    """committed: frames up to the last complete transaction; unfinished: whole or partial frames after it.

    hurt: what does not fit, in words, or "" when all fits.
    """

    committed: int = 0
    unfinished: int = 0
    hurt: str = ""


def wal_path(database: Path) -> Path:
    """Return where SQLite keeps the log of a database."""
    return database.with_name(database.name + "-wal")


def read_wal(database: Path) -> WalState:
    """Return what the log of a database holds; an absent or empty log holds nothing."""
    try:
        data = wal_path(database).read_bytes()
    except FileNotFoundError:
        return WalState()
    if not data:
        return WalState()
    if len(data) < HEADER_BYTES:
        return WalState(unfinished=1)
    order = _MAGIC.get(int.from_bytes(data[:4], "big"))
    if order is None or _checksum(order, data[:24], (0, 0)) != struct.unpack(">2I", data[24:32]):
        return WalState(hurt="the log's header")
    return _read_frames(data, order)


def _read_frames(data: bytes, order: str) -> WalState:
    page_bytes = int.from_bytes(data[8:12], "big")
    salts = data[16:24]
    running = struct.unpack(">2I", data[24:32])
    stride = FRAME_HEADER_BYTES + page_bytes
    committed = fitting = 0
    stale = False
    whole_frames, rest = divmod(len(data) - HEADER_BYTES, stride)
    for index in range(whole_frames):
        frame = data[HEADER_BYTES + index * stride :][:stride]
        if frame[8:12] != salts[:4] and frame[12:16] != salts[4:]:
            stale = True
            continue
        running = _checksum(order, frame[:8] + frame[FRAME_HEADER_BYTES:], running)
        if stale or frame[8:16] != salts or running != struct.unpack(">2I", frame[16:24]):
            return WalState(committed, fitting - committed, f"frame {index + 1} of {whole_frames} of the log")
        fitting = index + 1
        if frame[4:8] != bytes(4):
            committed = fitting
    return WalState(committed, fitting - committed + (1 if rest and not stale else 0))


def _checksum(order: str, data: bytes, start: tuple[int, ...]) -> tuple[int, int]:
    """Return SQLite's running checksum over pairs of 32-bit words."""
    first, second = start
    for x, y in struct.iter_unpack(order + "2I", data):
        first = (first + x + second) & 0xFFFFFFFF
        second = (second + y + first) & 0xFFFFFFFF
    return first, second
