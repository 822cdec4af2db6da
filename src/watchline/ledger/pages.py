"""A digest at the end of every database page, so that no flipped bit goes unnoticed.

Theory: SQLite can leave bytes free at the end of each page for whoever writes the file.  The writer opens its
databases through a layer that fills them, on the way to the main file, with the first 16 bytes of
SHA-256(page number + rest of the page).  This covers what the hash chain cannot: indexes, free space, the
file's own header, salts.  The write-ahead log has checksums of its own (`wal.py`).  SQLite ignores the digests,
so any SQLite can read the file; one that writes it without this layer leaves pages that no longer check.

Rules: databases are read here through SQLite's own file layer: opening and closing the file any other way
would drop the locks of a writer in the same process.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import apsw

PAGE_BYTES = 4096
DIGEST_BYTES = 16
_VFS_NAME = "watchline-pages"
_SYSTEM_VFS = "unix"


def page_digest(number: int, content: bytes) -> bytes:
    """Return the digest of a page; number counts from 1, content is the page without its last 16 bytes."""
    return hashlib.sha256(number.to_bytes(4, "big") + content).digest()[:DIGEST_BYTES]


def page_is_whole(number: int, page: bytes) -> bool:
    """Return whether a page carries its own digest; a page of zeros was never written and is whole."""
    if len(page) != PAGE_BYTES:
        return False
    content = page[:-DIGEST_BYTES]
    return page[-DIGEST_BYTES:] == page_digest(number, content) or not any(page)


class _DigestingFile(apsw.VFSFile):
    """A main database file that signs each page as it is written."""

    def xWrite(self, data: bytes, offset: int) -> None:
        if len(data) == PAGE_BYTES and offset % PAGE_BYTES == 0:
            content = bytes(data[:-DIGEST_BYTES])
            data = content + page_digest(offset // PAGE_BYTES + 1, content)
        super().xWrite(data, offset)


class _DigestingVfs(apsw.VFS):
    def __init__(self) -> None:
        super().__init__(_VFS_NAME, _SYSTEM_VFS)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        kind = _DigestingFile if flags[0] & apsw.SQLITE_OPEN_MAIN_DB else apsw.VFSFile
        return kind(_SYSTEM_VFS, name, flags)


_VFS = _DigestingVfs()  # kept alive: SQLite knows it by name for the life of the process


def connect_to_write(path: Path, *, create: bool = False) -> apsw.Connection:
    """Open a database so that its pages are signed.  WAL, FULL, no mapping; checkpoints only when asked for."""
    flags = apsw.SQLITE_OPEN_READWRITE | (apsw.SQLITE_OPEN_CREATE if create else 0)
    connection = apsw.Connection(str(path), flags=flags, vfs=_VFS_NAME)
    if create:
        connection.pragma("page_size", PAGE_BYTES)
        connection.reserve_bytes(reserve=DIGEST_BYTES)
    connection.pragma("journal_mode", "wal")
    connection.pragma("synchronous", "FULL")
    connection.pragma("mmap_size", 0)
    connection.pragma(
        "journal_size_limit", 0
    )  # a log that starts over is cut: `wal.py` tells old frames from hurt ones
    connection.wal_autocheckpoint(0)
    connection.set_busy_timeout(2000)
    return connection


def connect_to_read(path: Path, *, still: bool) -> apsw.Connection:
    """Open a database for reading.  still: nobody writes it and its log is empty, so no file is touched."""
    address = path.absolute().as_uri() + ("?immutable=1" if still else "?mode=ro")
    connection = apsw.Connection(address, flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI, vfs=_SYSTEM_VFS)
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    connection.set_busy_timeout(2000)
    return connection


def hurt_pages(path: Path) -> Iterator[int]:
    """Yield the numbers of pages that do not carry their own digest, the last one too when it is not whole.

    A page that a running writer is just putting down is read again before it is called hurt.
    """
    flags = [apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_MAIN_DB, 0]
    file = apsw.VFSFile(_SYSTEM_VFS, str(path.absolute()), flags)
    try:
        size = file.xFileSize()
        if size == 0:
            yield 1
        for offset in range(0, size, PAGE_BYTES):
            number = offset // PAGE_BYTES + 1
            length = min(PAGE_BYTES, size - offset)
            if not any(page_is_whole(number, file.xRead(length, offset)) for _ in range(3)):
                yield number
    finally:
        file.xClose()
