"""A file on a web server, read in pieces and kept on disk: what was fetched once is never fetched again.

A file is cut into chunks.  Asking for bytes fetches the chunks that hold them, neighbours in one request, and puts
them into a sparse file in the cache folder (WATCHLINE_CACHE, else the user's own); a list beside it says which chunks
are there, the file's size and its ETag.  So a window of a tile costs a window, a whole tile resumes where it broke
off, and a part is never taken for the whole: what is not in the list is not there.

Rules: a chunk is listed only after its bytes are on disk.  A file whose ETag, date or size has changed is begun anew.
One process writes a file at a time; a second waits.  A complete file is used without asking the server again.
A server without byte ranges sends the whole file, once; broken off, it begins anew.
"""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import io
import json
import os
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import IO, Any

from watchline.domain.errors import BadInput

CHUNK = 256 * 1024
TIMEOUT_S = 20.0
TRIES, PAUSE_S = 3, 1.0
ABSENT = (404, 410)
SAVE_EVERY = 8  # chunks; what a crash may cost again
# Who shows progress: called with the file's name, bytes of it on disk and its size.  Silent unless a verb sets it.
watching: ContextVar[Callable[[str, int, int], None] | None] = ContextVar("watching", default=None)


class Absent(Exception):
    """The server says that there is no such file."""


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
            if not self.complete:
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
        return os.pread(self._disk.fileno(), stop - start, start)

    def fetch(self, start: int, stop: int) -> None:
        """Bring the chunks that hold bytes start..stop to disk, trying again where a connection breaks."""
        for _ in range(10 * TRIES):
            lacking = [k for k in range(start // CHUNK, (stop - 1) // CHUNK + 1) if not self._have[k]]
            if not lacking:
                return
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
        with self._request("HEAD") as answer:
            size, mark = _length(answer.headers, self.url), _mark(answer.headers)
        if (size, mark) != (self.size, self._mark) or not mark:
            self._begin(size, mark)

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
        with self._request("GET", headers) as answer:
            if (_length_of_whole(answer), _mark(answer.headers)) not in ((self.size, self._mark), (self.size, "")):
                self._begin(0, "")
                raise BadInput(self.url, "changed while it was read", "read again")
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

    @contextlib.contextmanager
    def _request(self, method: str, headers: dict[str, str] | None = None) -> Iterator[http.client.HTTPResponse]:
        with _answer(self.url, method, headers or {}) as answer:
            yield answer


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


def exists(url: str) -> bool:
    """Return whether the server has a file; raises BadInput when it cannot say."""
    try:
        with _answer(url, "HEAD", {}):
            return True
    except Absent:
        return False


def _locked(place: Path) -> IO[bytes]:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        disk = place.open("r+b" if place.exists() else "x+b")
        fcntl.flock(disk, fcntl.LOCK_EX)
    except OSError as error:
        rule = f"cannot be written ({error.strerror})"
        raise BadInput(str(place), rule, "name another cache folder in WATCHLINE_CACHE") from None
    return disk


@contextlib.contextmanager
def _answer(url: str, method: str, headers: dict[str, str]) -> Iterator[Any]:
    """Yield the server's answer; what passes (timeouts, 5xx) is tried again, what does not is one clear line."""
    for left in reversed(range(TRIES)):
        try:
            answer = urllib.request.urlopen(
                urllib.request.Request(url, method=method, headers=headers), timeout=TIMEOUT_S
            )
            break
        except urllib.error.HTTPError as error:
            error.close()
            if error.code in ABSENT:
                raise Absent(url) from None
            if error.code < 500 or left == 0:
                raise _refusal(url, error.code) from None
        except (OSError, http.client.HTTPException) as error:
            if left == 0:
                reason = "no answer in time" if "timed out" in str(error) else str(error)
                do = "check the connection or give a folder"
                raise BadInput(url, f"cannot be reached ({reason})", do) from None
        time.sleep(PAUSE_S)
    with answer:
        yield answer


def _refusal(url: str, code: int) -> BadInput:
    if code in (401, 403):
        do = "it may need a login, or hide names that are not there; give a folder"
        return BadInput(url, f"the server refuses it ({code})", do)
    if code >= 500:
        return BadInput(url, f"the server fails ({code})", "try later: what came is kept")
    return BadInput(url, f"the server answers {code}")


def _length(headers: Any, url: str) -> int:
    try:
        return int(headers["Content-Length"])
    except (TypeError, ValueError):
        rule = "the server does not say how long it is, so that it could never be known to be whole"
        raise BadInput(url, rule, "give a folder") from None


def _length_of_whole(answer: Any) -> int:
    if answer.status == 206:
        total = str(answer.headers.get("Content-Range", "")).rpartition("/")[2]
        return int(total) if total.isdigit() else -1
    return int(answer.headers.get("Content-Length") or -1)


def _mark(headers: Any) -> str:
    """Return what tells one edition of a file from the next."""
    return str(headers.get("ETag") or headers.get("Last-Modified") or "")
