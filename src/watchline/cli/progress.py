"""Progress on a terminal, silence elsewhere."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from watchline.sources.ranged import watching


@contextlib.contextmanager
def downloads_shown(json: bool) -> Iterator[None]:
    """Show a bar for each file that is fetched meanwhile; nothing with --json, nothing when stderr is no terminal."""
    if json or not sys.stderr.isatty():
        yield
        return
    columns = TextColumn("fetching {task.description}"), BarColumn(), DownloadColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks = {}

        def show(name: str, done: int, size: int) -> None:
            if name not in tasks:
                tasks[name] = bar.add_task(name, total=size)
            bar.update(tasks[name], completed=done)

        token = watching.set(show)
        try:
            yield
        finally:
            watching.reset(token)


def busy(json: bool, what: str) -> contextlib.AbstractContextManager[object]:
    """Return a spinner on stderr, or nothing when nobody watches or bars are shown instead."""
    if json or watching.get() is not None or not sys.stderr.isatty():
        return contextlib.nullcontext()
    return Console(stderr=True).status(what)
