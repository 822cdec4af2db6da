"""What a ledger holds of some kinds of records, exercises left out: one reading for every paper."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast

from watchline.domain.records import Record, RunStarted
from watchline.domain.site import Site
from watchline.ledger.reader import LedgerReader
from watchline.ops.ledger_site import site_of

R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class Written:
    """What was read, by its kind, in the order in which it was learned; head: of the chain."""

    site: Site
    head: str
    by_kind: dict[type[Record], list[Record]]

    def all(self, kind: type[R]) -> list[R]:
        """Return all records of a kind that was read."""
        return cast(list[R], self.by_kind.get(kind, []))

    @property
    def simulated(self) -> bool:
        """Return whether nothing of it happened to anybody."""
        return any(run.simulated for run in self.all(RunStarted))

    @property
    def end_s(self) -> float:
        """Return when the last of it happened."""
        return max((record.t_s for records in self.by_kind.values() for record in records), default=0.0)


def written(directory: Path, kinds: Iterable[type[Record]]) -> Written:
    """Read a ledger; what belongs to an exercise has no place in a report."""
    found: dict[type[Record], list[Record]] = defaultdict(list)
    all_kinds: list[type[Record]] = [RunStarted, *kinds]
    names = [str(kind.__struct_config__.tag) for kind in all_kinds]
    with LedgerReader(directory) as reader:
        site = site_of(reader, directory).site
        for entry in reader.events(names):
            assert isinstance(entry.value, Record)
            if not entry.value.exercise:
                found[type(entry.value)].append(entry.value)
        return Written(site, reader.head[1], found)
