"""The shift log as a table."""

from __future__ import annotations

from collections.abc import Sequence

from watchline.domain.desk import LogEntry
from watchline.reports.document import Block, Line, Table, Writer


def log_table(log: Sequence[LogEntry], say: Writer) -> list[Block]:
    """Return the lines of a log, oldest first."""
    if not log:
        return [Line(say.say("log.none"))]
    head = tuple(say.say(f"column.{name}") for name in ("time", "desk", "by", "kind", "said"))
    rows = tuple(
        (say.clock(entry.t_s), entry.desk, entry.person, say.code("log", entry.what), said(entry, say))
        for entry in log
    )
    return [Table(head, rows, (0.13, 0.11, 0.15, 0.13, 0.48))]


def said(entry: LogEntry, say: Writer) -> str:
    """Return what a line of the log says: its phrase, what was added, whom and what it is about."""
    phrase = say.code("phrase", entry.phrase) if entry.phrase else ""
    about = [say.isolated(name) for name in (entry.unit, entry.alert) if name]
    return " · ".join(part for part in (phrase, entry.text, *about) if part)
