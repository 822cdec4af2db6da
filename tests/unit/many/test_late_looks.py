"""A tower comes back after hours: what it saw is gone through, told, and the account of those hours is revised."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import pytest

from builders import T0_S, radar, scan, sighting, site, write_site
from ledger_builders import counting_salt
from many_builders import HandedOver
from watchline.domain.batches import DetectionBatch, MissBatch
from watchline.domain.nodes import LateLooks, MinuteBasis
from watchline.domain.records import Alert
from watchline.domain.site import Transport
from watchline.ledger.reader import LedgerReader
from watchline.ledger.store import LEDGER_DB
from watchline.ledger.writer import Ledger
from watchline.ops.account.history import HistoryWorker
from watchline.ops.account.worker import AccountWorker
from watchline.ops.clock import Clock
from watchline.ops.core import Core
from watchline.ops.many.message import bodies
from watchline.ops.many.nodes_feed import NodesFeed, numbers_of
from watchline.ops.many.outbox import Outbox
from watchline.ops.quiet import QuietFeed
from watchline.ops.resume import nothing_before, read_before
from watchline.ops.site_file import read_site
from watchline.ops.unseen import unseen_facts

RADAR = radar(min_speed_m_s=0.0)
AWAY_S = 3 * 3600.0
WATCHED_S = (3600.0, 4500.0)  # of the time away: what the tower's outbox still holds
COMES_S = WATCHED_S[0] + 120.0


@dataclass
class _Running:
    """A core in this process with the real processes beside it; its clock goes in steps of a minute."""

    core: Core
    source: HandedOver
    account: AccountWorker
    history: HistoryWorker

    def until(self, at_s: float) -> None:
        while self.core.clock.now_s < at_s - 1e-6:
            self.core.tick()
            self.core.ledger.wait_durable()

    def close(self) -> None:
        self.core.close()
        self.account.close()


def _run(directory: Path) -> _Running:
    what = msgspec.structs.replace(site(RADAR), transport=Transport(servers=("127.0.0.1:1",)))
    path, ledger = write_site(directory / "site", what), directory / "ledger"
    loaded = read_site(path)
    goes_on = (ledger / LEDGER_DB).exists()
    known = (loaded.site, loaded.line)
    before = read_before(ledger, *known) if goes_on else nothing_before(*known)
    source, account, history = HandedOver(), AccountWorker(path), HistoryWorker(path, ledger)
    core = Core(
        loaded, loaded.terrain(), NodesFeed(QuietFeed(), source, loaded.site, numbers_of(before.receipts)), None,
        (Ledger.open if goes_on else Ledger.create)(ledger, counting_salt()),
        Clock(before.end_s or T0_S, 60.0), fidelity="detections", seed=1, simulated=True, before=before,
        account=account, history=history,
    )  # fmt: skip
    return _Running(core, source, account, history)


def _walker(second: float) -> list[float]:
    """Return where somebody is who walks over the line; the tower stands 100 m behind it."""
    return [200.0, 900.0 - 1.5 * (second - COMES_S)]


def _backlog(directory: Path) -> Outbox:
    box = Outbox(directory / "outbox.db", "tower", 1 << 30)
    for k, second in enumerate(np.arange(*WATCHED_S, 2.0).tolist()):
        t_s = T0_S + second
        seen = sighting(k, 0, RADAR, t_s, [_walker(second)]) if second >= COMES_S else DetectionBatch.empty()
        box.put(bodies((RADAR.id,), scan(k, 0, t_s, detections=len(seen)), seen, (), t_s))
    return box


def _minute(directory: Path, began_s: float, known_at_s: float | None = None) -> MissBatch:
    """Return what the ledger holds of a minute and of people on foot, as it was known at a time."""
    with LedgerReader(directory / "ledger") as reader:
        rows = MissBatch.join(list(reader.columns("misses", known_at_s=known_at_s)))  # type: ignore[arg-type]
    return rows.take((rows.crosser == 0) & (rows.t_s == began_s))


@pytest.mark.slow
def test_a_tower_that_returns_after_hours_revises_history_and_account(tmp_path: Path) -> None:
    """The core is stopped between the backlog and its going through, and goes on with it."""
    one = _run(tmp_path)
    try:
        one.until(T0_S + AWAY_S)
        one.source.deliver(_backlog(tmp_path))
        one.until(one.core.clock.now_s + 60.0)
    finally:
        one.close()
    two = _run(tmp_path)
    try:
        back_s = two.core.clock.now_s
        two.until(back_s + 1500.0)
    finally:
        two.close()

    with LedgerReader(tmp_path / "ledger") as reader:
        alerts = [e.value for e in reader.events(["alert"]) if isinstance(e.value, Alert)]
        (gone,) = [e.value for e in reader.events(["late_looks"])]
        bases = [e.value for e in reader.events(["minute_basis"]) if isinstance(e.value, MinuteBasis)]
    late = [a for a in alerts if a.found_late]
    assert isinstance(gone, LateLooks)
    assert (gone.from_s - T0_S, gone.looks, gone.found) == (WATCHED_S[0], 450, 1)
    assert len(late) == 1
    assert late[0].what in ("crossing", "crossed")
    assert late[0].facts[0].text_key == "fact.found_late"
    assert abs(late[0].position.s_m - 5200.0) < 100.0
    assert WATCHED_S[0] <= late[0].first_s - T0_S <= WATCHED_S[1]
    assert two.core.picture.alerts[late[0].alert].state(back_s + 1500.0) == "open"
    assert not two.core.picture.tasking.proposals  # nobody is sent after somebody who left hours ago

    again = {b.began_s - T0_S for b in bases if b.revision}
    whole = {b.began_s - T0_S for b in bases if WATCHED_S[0] <= b.began_s - T0_S <= WATCHED_S[1] - 60.0}
    assert again == whole
    assert len(again) == 15
    began_s = T0_S + min(again)
    then = _minute(tmp_path, began_s, known_at_s=back_s)
    assert then.adversary.min() > 0.97  # nothing was watched, as it was known then
    now = _minute(tmp_path, began_s)
    assert len(now) == 2 * len(then)  # both are kept
    assert now.mean[len(then) :][4:6].max() < 0.9

    window = (began_s, T0_S + max(again) + 60.0, (4.0, 6.0))
    on_foot = unseen_facts(tmp_path / "ledger", *window).classes[0]
    assert on_foot.seen == 1  # who was found late counts as seen in the hour of crossing
    assert on_foot.detected_h + on_foot.missed_h == pytest.approx(2.0 * len(again) / 60.0)
    assert on_foot.most is not None
