"""A small running site with a feed that says what a test tells it to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from builders import T0_S, camera, fence, radar, scan, sighting, site, write_site
from ledger_builders import counting_salt
from watchline.alerting.desk.commands import Act
from watchline.alerting.desk.roles import Who
from watchline.domain.batches import DetectionBatch, ScanBatch
from watchline.domain.records import Record
from watchline.domain.site import Site
from watchline.geo.terrain import Terrain
from watchline.ledger.store import LEDGER_DB
from watchline.ledger.writer import Ledger
from watchline.ops.clock import Clock
from watchline.ops.core import Core
from watchline.ops.operation.worker import Inline as FollowerInline
from watchline.ops.people import Request
from watchline.ops.respond.worker import Inline as ProposalsInline
from watchline.ops.respond.worker import Proposers
from watchline.ops.resume import nothing_before, read_before
from watchline.ops.search.worker import Inline
from watchline.ops.site_file import read_site

SENSORS = (camera(), radar(), fence())


@dataclass
class Step:
    """What is heard in one second."""

    records: list[Record] = field(default_factory=list)
    scans: ScanBatch = field(default_factory=ScanBatch.empty)
    detections: DetectionBatch = field(default_factory=DetectionBatch.empty)
    scene: object = None


@dataclass
class ScriptedFeed:
    """Says what `script` returns for each second.  Mutable: it counts scans."""

    script: Callable[[float], Step]

    def step(self, to_s: float) -> Step:
        return self.script(to_s)


def walker_seen_by_radar(now_s: float) -> Step:
    """Return a radar that watches one walker come from 2 km north of the tower at 1.5 m/s."""
    second = round(now_s - T0_S)
    looks = [scan(3 * second, 1, now_s, detections=1), scan(3 * second + 1, 2, now_s, range_m=10_000.0)]
    looks.append(scan(3 * second + 2, 0, now_s, az_rad=(-0.17, 0.17)))
    seen = sighting(3 * second, 1, SENSORS[1], now_s, [0.0, 2000.0 - 1.5 * second])
    return Step([], ScanBatch.join(looks), seen)


def silence(now_s: float) -> Step:
    """Return nothing at all."""
    return Step()


def make_core(
    directory: Path, script: Callable[[float], Step] = walker_seen_by_radar, what: Site | None = None, *,
    proposers: Proposers = ProposalsInline, speed: float | None = None, ground: Terrain | None = None,
) -> Core:  # fmt: skip
    """Return a core on a new ledger in `directory`/ledger, or one that goes on with it; speed: None is free.

    ground: level when none is given.
    """
    write_site(directory / "site", what or site(*SENSORS), ground=ground)
    return core_on(directory, script, proposers=proposers, speed=speed)


def core_on(
    directory: Path, script: Callable[[float], Step], *, proposers: Proposers = ProposalsInline,
    speed: float | None = None,
) -> Core:  # fmt: skip
    """Return the same of the site that lies in `directory`/site."""
    loaded = read_site(directory / "site")
    ledger_directory = directory / "ledger"
    goes_on = (ledger_directory / LEDGER_DB).exists()
    known = (loaded.site, loaded.line)
    before = read_before(ledger_directory, *known) if goes_on else nothing_before(*known)
    return Core(
        loaded,
        loaded.terrain(),
        ScriptedFeed(script),
        None,
        (Ledger.open if goes_on else Ledger.create)(ledger_directory, counting_salt()),
        Clock(before.end_s or T0_S, 1.0, speed=speed),
        fidelity="detections",
        seed=1,
        simulated=True,
        before=before,
        maps=Inline,
        follower=FollowerInline,
        proposers=proposers,
    )


def ticks(core: Core, count: int) -> Core:
    for _ in range(count):
        core.tick()
    return core


DESK = Who("desk", "shift_commander")


def ask(alert: str = "A-1", action: str = "acknowledge", key: str = "press-0001") -> Request:
    return Request(DESK, Act(key=key, alert=alert, action=action))  # type: ignore[arg-type]


def only_alert(core: Core) -> str:
    """Return the id of the one alert there is."""
    (alert,) = core.picture.alerts
    return alert
