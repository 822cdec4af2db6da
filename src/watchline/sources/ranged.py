"""A file on a web server, read in pieces and kept on disk: what was fetched once is never fetched again.

A file is cut into chunks.  Asking for bytes fetches the chunks that hold them, neighbours in one request, and puts
them into a sparse file in the cache folder (WATCHLINE_CACHE, else the user's own); a list beside it says which chunks
are there, the file's size and its ETag.  So a window of a tile costs a window, a whole tile resumes where it broke
off, and a part is never taken for the whole: what is not in the list is not there.

Rules: a chunk is listed only after its bytes are on disk.  A file whose ETag, date or size has changed is begun anew.
One process writes a file at a time; a second waits.  The server is asked only when something is lacking, so that what
was read once can be read again without it; that a file is not there counts again only while the server is out of
reach.  A server without byte ranges sends the whole file, once; broken off, it begins anew.
"""

from __future__ import annotations

import fcntl
import http.client
import io
import json
import os
import urllib.parse
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import IO

from watchline.domain.errors import BadInput
from watchline.sources.web import Absent, Unreachable, answered, length, length_of_whole, mark_of

CHUNK = 256 * 1024
ROUNDS = 30  # broken connections that are borne in one reading
SAVE_EVERY = 8  # chunks; what a crash may cost again
# Who shows progress: called with the file's name, bytes of it on disk and its size.  Silent unless a verb sets it.
watching: ContextVar[Callable[[str, int, int], None] | None] = ContextVar("watching", default=None)


class Changed(BadInput):
    """The file on the server is no longer the one that was begun; it is begun anew when it is opened again."""


def cache_folder() -> Path:
    """Return the folder where fetched files are kept: WATCHLINE_CACHE, else the user's cache folder."""
    said = os.environ.get("WATCHLINE_CACHE")
    if said:
        return Path(said)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "watchline"


class RangedFile:
    """A remote file; `read` fetches what is not on disk yet.  A context manager: it holds the file's lock.

    Raises Absent when it is not there, BadInput when the server cannot be used.
    failure: what was raised while another library was reading through `opener`, which saw only a short read.
    """

    def __init__(self, url: str, folder: Path | None = None) -> None:
        parts = urllib.parse.urlsplit(url)
        place = (folder or cache_folder()) / "tiles" / parts.netloc.replace(":", "_") / parts.path.strip("/")
        self.url, self.name = url, place.name
        self.failure: BaseException | None = None
        self._list = place.with_name(place.name + ".json")
        self._disk = _locked(place)
        try:
            self.size, self._mark, self._have = self._known()
            self._asked = self._was_read = False
            if not self._have:
                self._ask()
        except BaseException:
            self._disk.close()
            raise

    @property
    def complete(self) -> bool:
        """Return whether every chunk is on disk."""
        return bool(self._have) and all(self._have)

    @property
    def bytes_kept(self) -> int:
        """Return how many bytes are on disk."""
        last = self.size - (len(self._have) - 1) * CHUNK
        return sum(CHUNK for have in self._have[:-1] if have) + (last if self._have and self._have[-1] else 0)

    def read(self, start: int, count: int) -> bytes:
        """Return `count` bytes from `start`, fewer at the end."""
        stop = min(start + count, self.size)
        if stop <= start:
            return b""
        self.fetch(start, stop)
        self._was_read = True
        return os.pread(self._disk.fileno(), stop - start, start)

    def fetch(self, start: int, stop: int) -> None:
        """Bring the chunks that hold bytes start..stop to disk, trying again where a connection breaks."""
        for _ in range(ROUNDS):
            lacking = [k for k in range(start // CHUNK, (stop - 1) // CHUNK + 1) if not self._have[k]]
            if not lacking:
                return
            if not self._asked:
                self._ask()
                continue
            first = last = lacking[0]
            while last + 1 in lacking:
                last += 1
            self._fetch_run(first, last)
        raise BadInput(self.url, "breaks off again and again", "try later: what came is kept")

    def opener(self, path: str, mode: str = "rb") -> IO[bytes]:
        """Return a reader of this file for libraries that open files themselves, by its name only."""
        if Path(path).name != self.name or "w" in mode:
            raise FileNotFoundError(path)
        return _View(self)  # type: ignore[return-value]  # as much of a file as rasterio asks for

    def __enter__(self) -> RangedFile:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let the lock go."""
        self._disk.close()

    def _known(self) -> tuple[int, str, list[bool]]:
        """Return size, mark and chunks from the list on disk; nothing when it is not there or not whole."""
        try:
            said = json.loads(self._list.read_text())
            size, mark, have = int(said["size"]), str(said["mark"]), [letter == "1" for letter in said["have"]]
        except (OSError, ValueError, KeyError, TypeError):
            return 0, "", []
        sound = said.get("url") == self.url and said.get("chunk") == CHUNK and len(have) == -(-size // CHUNK)
        return (size, mark, have) if sound and os.fstat(self._disk.fileno()).st_size == size else (0, "", [])

    def _ask(self) -> None:
        """Ask the server whether the file is there and still the same."""
        try:
            with answered(self.url, "HEAD", {}) as answer:
                size, mark = length(answer.headers, self.url), mark_of(answer.headers)
        except Absent:
            self._list.write_text(json.dumps({"absent": True}))
            raise
        except Unreachable:
            if self._known_absent():
                raise Absent(self.url) from None
            raise
        self._asked = True
        if (size, mark) != (self.size, self._mark) or not mark:
            self._begin(size, mark)
            if self._was_read:
                raise Changed(self.url, "changed while it was read", "read again")

    def _known_absent(self) -> bool:
        try:
            return bool(json.loads(self._list.read_text()).get("absent", False))
        except (OSError, ValueError):
            return False

    def _begin(self, size: int, mark: str) -> None:
        self.size, self._mark = size, mark
        self._have = [False] * -(-size // CHUNK)
        self._save()
        self._disk.truncate(0)
        self._disk.truncate(size)

    def _save(self) -> None:
        """Write the list, after the bytes it speaks of."""
        os.fsync(self._disk.fileno())
        have = "".join("1" if there else "0" for there in self._have)
        text = json.dumps({"url": self.url, "size": self.size, "mark": self._mark, "chunk": CHUNK, "have": have})
        beside = self._list.with_name(self._list.name + ".new")
        beside.write_text(text)
        beside.replace(self._list)

    def _fetch_run(self, first: int, last: int) -> None:
        stop = min((last + 1) * CHUNK, self.size)
        headers = {"Range": f"bytes={first * CHUNK}-{stop - 1}", "Accept-Encoding": "identity"}
        with answered(self.url, "GET", headers) as answer:
            if (length_of_whole(answer), mark_of(answer.headers)) not in ((self.size, self._mark), (self.size, "")):
                self._begin(0, "")
                raise Changed(self.url, "changed while it was read", "read again")
            # 200: the server knows no ranges and sends it all, so all is taken.
            run = (first, stop) if answer.status == 206 else (0, self.size)
            try:
                self._take(answer, *run)
            except (OSError, http.client.HTTPException):
                pass  # broken off: what came is listed, and the caller asks for the rest
            finally:
                self._save()

    def _take(self, answer: http.client.HTTPResponse, chunk: int, stop: int) -> None:
        unsaved = 0
        while chunk * CHUNK < stop:
            want = min(CHUNK, self.size - chunk * CHUNK)
            data = answer.read(want)
            if len(data) < want:
                return
            os.pwrite(self._disk.fileno(), data, chunk * CHUNK)
            self._have[chunk] = True
            chunk, unsaved = chunk + 1, unsaved + 1
            if unsaved == SAVE_EVERY:
                self._save()
                unsaved = 0
            show = watching.get()
            if show is not None:
                show(self.name, self.bytes_kept, self.size)


class _View(io.RawIOBase):
    """A position in a RangedFile; whatever is raised, Ctrl-C among it, is kept there."""

    def __init__(self, whole: RangedFile) -> None:
        self._whole, self._at = whole, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + (0, self._at, self._whole.size)[whence]
        return self._at

    def read(self, size: int = -1) -> bytes:
        try:
            data = self._whole.read(self._at, self._whole.size if size < 0 else size)
        except BaseException as error:  # noqa: BLE001  # nothing can be raised through GDAL; the owner raises it
            self._whole.failure = self._whole.failure or error
            return b""
        self._at += len(data)
        return data


def _locked(place: Path) -> IO[bytes]:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        disk = place.open("r+b" if place.exists() else "x+b")
        fcntl.flock(disk, fcntl.LOCK_EX)
    except OSError as error:
        rule = f"cannot be written ({error.strerror})"
        raise BadInput(str(place), rule, "name another cache folder in WATCHLINE_CACHE") from None
    return disk
