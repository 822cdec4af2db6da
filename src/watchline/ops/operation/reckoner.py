"""What an operation has reached and who should sweep what next, from what the ledger holds up to a batch.

The same ledger gives the same answer, bit by bit, whether it is read piece by piece while the core runs or at once
after a restart.  Mutable: it keeps what tracks of each operation have shown so far.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from watchline.domain.operations import OperationPlan, OperationProgress, OperationStated, PlannedSector
from watchline.domain.records import UnitReport
from watchline.ledger.reader import LedgerReader
from watchline.ops.operation.area_search import Area, Going, Track
from watchline.ops.operation.operation_file import operation_of
from watchline.ops.operation.told import plan_of, progress_of
from watchline.ops.site_file import LoadedSite
from watchline.search import places


@dataclass(frozen=True)
class Ask:
    """What is asked of an operation: what it has reached by batch seq, and a plan from plan_s on, None for none.

    going: sectors that units are on by order; number: of the plan.
    """

    stated: OperationStated
    version: int
    seq: int
    now_s: float
    known: places.State
    plan_s: float | None = None
    going: tuple[PlannedSector, ...] = ()
    number: int = 1


@dataclass(frozen=True)
class Answer:
    """What it has reached, with the plan that was asked for."""

    progress: OperationProgress
    plan: OperationPlan | None = None


@dataclass
class _Followed:
    version: int
    area: Area
    read_seq: int = 0


@dataclass
class Reckoner:
    """Answers for the operations of a site whose ledger is in a folder."""

    site: LoadedSite
    ledger: Path
    _followed: dict[str, _Followed] = field(default_factory=dict)

    def answer(self, ask: Ask) -> Answer:
        """Return the answer."""
        one = self._followed.get(ask.stated.operation)
        if one is None or one.version != ask.version:
            one = _Followed(ask.version, Area(operation_of(ask.stated, self.site.site), self.site))
            self._followed[ask.stated.operation] = one
        self._read(one, ask.seq)
        going = [_going(sector, self.site) for sector in ask.going]
        found = one.area.stands(ask.known, ask.now_s if ask.plan_s is None else ask.plan_s, going,
                                plans=ask.plan_s is not None)  # fmt: skip
        frame = self.site.line.frame
        progress = progress_of(found, frame, ask.version, ask.seq, ask.now_s)
        plan = None if ask.plan_s is None else plan_of(found, frame, progress, ask.number)
        return Answer(progress, plan)

    def _read(self, one: _Followed, seq: int) -> None:
        """Take what units told between what was read and a batch."""
        operation = one.area.operation
        fixes: dict[str, list[tuple[float, float, float]]] = {}
        with LedgerReader(self.ledger) as reader:
            for entry in reader.events(["unit_report"], after_seq=one.read_seq):
                if entry.seq > seq:
                    break
                told = entry.value
                if (
                    isinstance(told, UnitReport) and told.unit in operation.units and not told.exercise
                    and operation.begins_s <= told.t_s <= operation.ends_s
                ):  # fmt: skip
                    where = told.position
                    fixes.setdefault(told.unit, []).append((told.t_s, where.lon_deg, where.lat_deg))
        for unit, rows in sorted(fixes.items()):
            table = np.array(sorted(set(rows)), float)
            one.area.take(Track(unit, table[:, 1:], table[:, 0]))
        one.read_seq = max(one.read_seq, seq)


def _going(sector: PlannedSector, site: LoadedSite) -> Going:
    corners = np.array(sector.corners, float)
    xy = np.asarray(site.line.frame.xy_m_from_lonlat(corners[:, 0], corners[:, 1]), float)
    return Going(xy.min(axis=0), xy.max(axis=0), sector.to_s, sector.seconds, -math.log1p(-min(sector.pod, 0.999)))
