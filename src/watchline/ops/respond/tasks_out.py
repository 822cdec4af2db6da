"""Tasks on their way out over links: kept first, sent once they are durable, and only then said to be sent.

Rules: a task that no live link reaches waits; it goes out as soon as the link is back, unless it is over or older
than `FRESH_S`, and meanwhile stands as not sent, which the desk is told of.
Mutable: it remembers what is on its way.
"""

from __future__ import annotations

from collections.abc import Callable

from watchline.domain.records import Record, Rejection
from watchline.domain.respond import Task
from watchline.geo.terrain import Terrain
from watchline.links.contract import LocalError
from watchline.ops.picture import Picture
from watchline.ops.respond.carrying import link_of, said_over, sent
from watchline.ops.site_file import LoadedSite

FRESH_S = 600.0


class TasksOut:
    """What is on its way over the links of a site."""

    def __init__(self, loaded: LoadedSite, terrain: Terrain | None) -> None:
        self._site, self._terrain = loaded, terrain
        self._waiting: list[tuple[str, Record]] = []
        self._told: list[Record] = []
        self._under_way: dict[str, tuple[Task, str, str]] = {}  # by task: the task, its link, id of its last record
        self._refused: set[str] = set()

    def hear(self, picture: Picture, is_live: Callable[[str], bool]) -> None:
        """Look for tasks that a live link can carry now."""
        for job in picture.tasking.jobs.values():
            task = job.task
            tried = task.task in self._under_way or task.task in self._refused
            if job.sent or job.over or tried or picture.now_s - task.t_s > FRESH_S:
                continue
            link = link_of(task, self._site, picture)
            if link is None or not is_live(link.id) or self._terrain is None:
                continue
            try:
                records = said_over(link, task, self._site, picture, self._terrain, picture.now_s)
            except LocalError as error:
                self._refused.add(task.task)
                self._told.append(
                    Rejection(
                        id=f"{task.id}-refused", t_s=picture.now_s, source=link.id, provenance=(task.id,),
                        what=f"task {task.task} to {task.unit}", rule=str(error),
                    )
                )  # fmt: skip
                continue
            self._waiting += [(link.id, record) for record in records]
            self._under_way[task.task] = task, link.id, records[-1].id

    def take(self) -> tuple[list[Record], list[tuple[str, Record]]]:
        """Return what is to be kept now, and what is to be sent over which link once that is durable."""
        orders, self._waiting = self._waiting, []
        told, self._told = self._told, []
        # The task itself is in the ledger already.
        return [*told, *(record for _, record in orders if not isinstance(record, Task))], orders

    def went(self, orders: list[tuple[str, Record]], now_s: float) -> None:
        """Note what has been said over links: that is to be kept as well."""
        said = {record.id for _, record in orders}
        for name, (task, link, last) in self._under_way.items():
            if last in said:
                self._told.append(sent(task, link, now_s))
                self._under_way[name] = task, link, ""
