"""From a ledger to what can be said of the unseen: a window's accounts, and the crossings that were seen in it."""

from __future__ import annotations

import math
from pathlib import Path

from watchline.assurance.unseen import Crossed, Unseen, unseen
from watchline.coverage.crossing import STRETCH_M, stretches
from watchline.domain.batches import MissBatch
from watchline.domain.errors import BadInput
from watchline.domain.records import Alert, OperatorAction, Record, RunStarted, SiteVersion
from watchline.ledger.reader import LedgerReader
from watchline.ops.ledger_site import site_of
from watchline.reports.unseen import ClassFacts, UnseenFacts
from watchline.sensing.detection import CROSSERS

CROSSING = ("crossing", "crossed")
NO_CROSSER = ("nuisance", "environment", "false", "own")
SHOWN = (("walker", "person"), ("vehicle", "vehicle"))  # the account's class, and what alerts call it


def unseen_facts(
    directory: Path,
    from_s: float | None = None,
    to_s: float | None = None,
    stretch_km: tuple[float, float] | None = None,
) -> UnseenFacts:
    """Return the facts of a window, all of the ledger's time and line if none is given; raises BadInput."""
    alerts: dict[str, Alert] = {}
    said: dict[str, OperatorAction] = {}
    with LedgerReader(directory) as reader:
        site, _ = site_of(reader, directory)
        versions = [entry.value for entry in reader.events(["site_version"])]
        head, end_s, simulated = reader.head[1], 0.0, False
        for entry in reader.events(["run_started", "alert", "operator_action"]):
            record = entry.value
            assert isinstance(record, Record)
            end_s = max(end_s, record.t_s)
            if record.exercise:
                continue
            match record:
                case RunStarted():
                    simulated |= record.simulated
                case Alert() if record.what in CROSSING:
                    alerts[record.alert] = record
                case OperatorAction() if record.action in ("dispose", "undo"):
                    said[record.alert] = record
                case _:
                    pass
        rows = MissBatch.join([b for b in reader.columns("misses") if isinstance(b, MissBatch)])
    version = versions[-1]
    assert isinstance(version, SiteVersion)
    length_m = version.length_m
    count = stretches(length_m)
    low_km, high_km = stretch_km if stretch_km is not None else (0.0, length_m / STRETCH_M)
    if not 0.0 <= low_km < high_km:
        raise BadInput("--stretch", f"must be A:B in kilometres with 0 <= A < B, got {low_km:g}:{high_km:g}")
    end_s = max(end_s, float((rows.t_s + 3600.0 * rows.hours).max()) if len(rows) else 0.0) if to_s is None else to_s
    start_s = (float(rows.t_s.min()) if len(rows) else end_s - 12 * 3600.0) if from_s is None else from_s
    if not start_s < end_s:
        raise BadInput("--from", "must be before --to")
    here = (rows.t_s >= start_s) & (rows.t_s < end_s) & (rows.stretch >= int(low_km)) & (rows.stretch < high_km)
    rows = rows.take(here)
    names = [crosser.name for crosser in CROSSERS]
    classes = []
    for name, subject in SHOWN:
        found = [
            a for a in alerts.values()
            if (a.subject == "vehicle") == (subject == "vehicle") and start_s <= a.first_s < end_s
            and low_km <= a.position.s_m / STRETCH_M < high_km and not _is_no_crosser(said.get(a.alert))
        ]  # fmt: skip
        crossed = [Crossed(a.first_s, min(max(int(a.position.s_m / STRETCH_M), 0), count - 1)) for a in found]
        judged = sum(a.alert in said for a in found)
        classes.append(_class(subject, unseen(rows, names.index(name), crossed, count), len(found) - judged))
    return UnseenFacts(
        site.name, site.clock.timezone, start_s, end_s, low_km, high_km, tuple(classes), head, simulated
    )


def _class(subject: str, found: Unseen, not_judged: int) -> ClassFacts:
    bound, account = found.bound, found.account
    return ClassFacts(
        subject,
        found.seen,
        not_judged,
        None if bound is None else bound.most,
        None if bound is None else bound.p_any,
        None if bound is None else bound.mean,
        None if found.pooled is None else found.pooled.most,
        float(account.detected.sum()),
        float(account.missed.sum()),
        float(account.blind.sum()),
        None if math.isnan(found.mean_miss) else found.mean_miss,
    )


def _is_no_crosser(action: OperatorAction | None) -> bool:
    return action is not None and action.action == "dispose" and action.disposition in NO_CROSSER
