"""An SQLite file of somebody else's, read where it lies: never written, its own code shut off, its work bounded.

Rules: opened as immutable, so that neither a journal nor a lock is ever made beside it; a file that is shorter than
its header says is refused at once, since a full check of a large one takes minutes.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import apsw

from watchline.domain.errors import BadInput

STEPS_MOST = 50_000_000  # of SQLite's virtual machine for one question: seconds, on any machine


class SqliteFile:
    """One connection, which one thread has at a time.  Mutable: it counts the work of a question."""

    def __init__(self, path: Path) -> None:
        """Open a file; raises BadInput."""
        self._path, self._turn, self._steps = path, threading.Lock(), 0
        try:
            with path.open("rb") as file:
                head = file.read(100)
        except OSError as error:
            raise BadInput(str(path), f"cannot be read ({error.strerror})") from None
        if head[:16] != b"SQLite format 3\x00" or len(head) < 100:
            raise BadInput(str(path), "is not an SQLite file", "copy it again, or convert it")
        page = int.from_bytes(head[16:18], "big")
        said = (65_536 if page == 1 else page) * int.from_bytes(head[28:32], "big")
        if path.stat().st_size < said:
            raise BadInput(str(path), f"is cut short: {path.stat().st_size} of {said} bytes", "copy it again")
        flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
        try:
            self._connection = apsw.Connection(f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1", flags=flags)
            for pragma in ("query_only=ON", "trusted_schema=OFF", "cell_size_check=ON"):
                self._connection.execute(f"PRAGMA {pragma}").fetchall()
        except apsw.Error as error:
            raise self._damaged(error) from None
        self._connection.set_progress_handler(self._worked, 10_000)

    def _worked(self) -> bool:
        self._steps += 10_000
        return self._steps > STEPS_MOST

    def _damaged(self, error: Exception) -> BadInput:
        return BadInput(str(self._path), f"is damaged ({' '.join(str(error).split())[:120]})", "copy it again")

    def all(self, question: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a question; raises BadInput when the file is damaged."""
        with self._turn:
            self._steps = 0
            try:
                return list(self._connection.execute(question, values))
            except (apsw.Error, UnicodeDecodeError) as error:
                raise self._damaged(error) from None

    def tables(self) -> set[str]:
        """Return the names of tables and views."""
        return {str(row[0]) for row in self.all("SELECT name FROM sqlite_schema WHERE type IN ('table','view')")}

    def columns(self, table: str) -> list[str]:
        """Return the names of a table's columns."""
        return [str(row[0]) for row in self.all("SELECT name FROM pragma_table_info(?)", (table,))]

    def close(self) -> None:
        """Let the file go."""
        self._connection.close(True)


def quoted(name: str) -> str:
    """Return a name as SQL writes one.

    >>> quoted('a "b"')
    '"a ""b\"""'
    """
    return '"' + name.replace('"', '""') + '"'
