"""A node's store: what it has to tell waits on disk until it is acknowledged, through cuts of the link and of power.

Mutable: it owns a SQLite file.  Numbers grow by one and never come again.  The store is bounded: beyond `KEPT_MAX`
the oldest give way and are counted; the gap in the numbers tells the other side as well.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import apsw

from watchline.domain.errors import BadInput

KEPT_MAX = 500_000  # messages: at ten a second fourteen hours, about 150 MB


class Kept(NamedTuple):
    """A message and its number."""

    number: int
    body: bytes


class Outbox:
    """The store in one file."""

    def __init__(self, path: Path, kept_max: int = KEPT_MAX) -> None:
        """Open or make it; BadInput when the file cannot be used."""
        self._max = kept_max
        try:
            self._db = apsw.Connection(str(path))
            self._db.pragma("journal_mode", "wal")
            self._db.pragma("synchronous", "full")
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS message (number INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB)"
            )
            self._db.execute("CREATE TABLE IF NOT EXISTS acknowledged (number INTEGER)")
        except apsw.Error as error:
            raise BadInput(str(path), f"cannot be used as a store ({error})", "give another file") from None

    def keep(self, bodies: list[bytes]) -> int:
        """Make messages durable together; return how many of the oldest gave way."""
        with self._db:
            self._db.executemany("INSERT INTO message (body) VALUES (?)", [(body,) for body in bodies])
            over = self._count() - self._max
            if over > 0:
                self._db.execute(
                    "DELETE FROM message WHERE number IN (SELECT number FROM message ORDER BY number LIMIT ?)",
                    (over,),
                )
        return max(over, 0)

    def _count(self) -> int:
        return int(next(iter(self._db.execute("SELECT count(*) FROM message")))[0])

    def after(self, number: int, limit: int) -> list[Kept]:
        """Return the next messages after a number, in order."""
        rows = self._db.execute(
            "SELECT number, body FROM message WHERE number > ? ORDER BY number LIMIT ?", (number, limit)
        )
        return [Kept(int(row[0]), bytes(row[1])) for row in rows]

    @property
    def acknowledged(self) -> int:
        """Return up to which number everything was acknowledged."""
        return int(next(iter(self._db.execute("SELECT coalesce(max(number), 0) FROM acknowledged")))[0])

    def forget(self, number: int) -> None:
        """Drop everything up to a number: it is durable elsewhere."""
        with self._db:
            self._db.execute("DELETE FROM message WHERE number <= ?", (number,))
            self._db.execute("DELETE FROM acknowledged")
            self._db.execute("INSERT INTO acknowledged VALUES (?)", (number,))

    def close(self) -> None:
        """Close the file."""
        self._db.close()
