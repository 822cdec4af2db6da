"""Forty busy minutes of a short line through the whole core: what alerts say can be worked out from the ledger."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np
import pytest

from ledger_builders import counting_salt
from sim_builders import short_demo
from watchline.domain.batches import DetectionBatch, TrackBatch
from watchline.domain.records import (
    Alert,
    Beacon,
    Cue,
    DetectionTrial,
    ExplainedTrack,
    Record,
    SensorHealth,
    Suppression,
    UnitReport,
)
from watchline.domain.records import Weather as SkyRecord
from watchline.domain.site import Unit
from watchline.ledger.reader import LedgerReader
from watchline.ledger.writer import Ledger
from watchline.ops.clock import Clock
from watchline.ops.core import Core
from watchline.ops.respond.worker import Inline
from watchline.ops.resume import nothing_before
from watchline.ops.site_file import LoadedSite, read_site, site_text
from watchline.sensing import signature
from watchline.sim.weather import Front, Weather
from watchline.sim.world import World, WorldStep, start_of
from watchline.sources.elevation import write_terrain

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from alert_facts import CHECKS
from alert_facts import Ledger as Book

pytestmark = pytest.mark.slow
R = TypeVar("R", bound=Record)

SECONDS = 2400.0
DUST_S = 600.0  # dust begins to lie over the whole line, and is at its worst a quarter of an hour later
CALL_S = 1600.0
INTRUSIONS = {"approaching", "crossing", "crossed", "loitering", "fence_touched", "lost_contact", "group_arrival"}


@dataclass
class Busy:
    """A world with an exercise team that crosses the line, told apart by its reports; and a call in the dust."""

    world: World
    line: object
    called: bool = False

    def step(self, to_s: float) -> WorldStep:
        step = self.world.step(to_s)
        records: list[Record] = [
            msgspec.structs.replace(r, exercise=True) if isinstance(r, UnitReport) and r.unit == "X1" else r
            for r in step.records
        ]
        if to_s - self.world.start_s >= CALL_S and not self.called:
            self.called = True
            records.append(_call(self.world, to_s))
        return WorldStep(records, step.scans, step.detections, step.scene)


def _call(world: World, now_s: float) -> Beacon:
    from watchline.sim.reporting import positions

    at = positions(world, world.line.xy_m_from_sd(np.array([[6000.0, -2000.0]])))[0]
    return Beacon(id="call-1", t_s=now_s, source="B7", beacon="B7", position=at, people=1)


class Storm(Weather):
    """Weather with nothing but a dust storm that stands over the line."""

    def fronts(self, t_s: float) -> list[Front]:
        """Return the storm."""
        return [Front("dust", self.start_s + DUST_S, self.start_s + 2 * SECONDS, 8000.0, 0.0, 1e6, 1.0)]


def _site(directory: Path) -> LoadedSite:
    demo = short_demo()
    home = next(post.id for post in demo.site.posts if post.kind == "checkpoint_fixed")
    own = Unit(id="X1", kind="reserve", organisation="desert_brigade", post=home)
    partner = Unit(
        id="PARTNER-1", kind="patrol", organisation="partner", lon_deg=42.0, lat_deg=33.7, speed_m_s=6.0,
        patrol_from_km=1.0, patrol_to_km=15.0, patrol_offset_m=-1200.0,
    )  # fmt: skip
    simulation = msgspec.structs.replace(demo.site.simulation, activity=4.0)
    site = msgspec.structs.replace(demo.site, units=(*demo.site.units, own, partner), simulation=simulation)
    directory.mkdir()
    write_terrain(directory / "terrain.tif", demo.terrain, demo.line.frame)
    for name, data in demo.files.items():
        (directory / name).write_bytes(data)
    (directory / "site.toml").write_text(site_text(site), encoding="utf-8")
    return read_site(directory)


@dataclass
class Story:
    """What the ledger holds after the run, and the site it was about."""

    loaded: LoadedSite
    records: list[Record]
    book: Book
    wrong: list[object]
    checked: Counter[str]
    own_way: dict[int, np.ndarray]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    directory = tmp_path_factory.mktemp("alarms")
    loaded = _site(directory / "site")
    terrain = loaded.terrain()
    world = World(loaded.site, loaded.line, terrain, seed=11, start_s=start_of(loaded.site))
    world.weather = Storm(world.weather.middle_s_m, world.weather.lon_deg, world.start_s, 11)
    number = [u.id for u in loaded.site.units].index("X1")
    way = loaded.line.xy_m_from_sd(np.column_stack([np.full(12, 9000.0), np.linspace(-1500.0, 900.0, 12)]))
    world.population.send(world.start_s + 120.0, way, 1.3, [signature.PERSON] * 3, unit=number)
    core = Core(
        loaded, terrain, Busy(world, loaded.line), None, Ledger.create(directory / "ledger", counting_salt()),
        Clock(world.start_s, 1.0), fidelity="detections", seed=11, simulated=True,
        before=nothing_before(loaded.site, loaded.line), proposers=Inline,
    )  # fmt: skip
    own: dict[int, np.ndarray] = {}

    def note(now_s: float) -> None:
        truth = world.truth()
        own[round(now_s)] = truth.xy_m[truth.unit >= 0]

    core.run(SECONDS, note)
    core.close()
    return _read(directory / "ledger", loaded, own)


def _read(ledger: Path, loaded: LoadedSite, own: dict[int, np.ndarray]) -> Story:
    """Fold the ledger moment by moment, and check every open alert against it."""
    with LedgerReader(ledger) as reader:
        entries = [entry.value for entry in reader.since(0)]
    records = [value for value in entries if isinstance(value, Record)]
    columns: dict[int, list[TrackBatch | DetectionBatch]] = {}
    for value in entries:
        if isinstance(value, TrackBatch | DetectionBatch):
            t = np.ceil(value.t_s - 1e-6).astype(int)
            for second in np.unique(t):
                columns.setdefault(int(second), []).append(value.take(t == second))
    book, wrong, checked = Book(loaded.site, loaded.line), list[object](), Counter[str]()
    seconds = sorted(columns)
    for record in records:
        while seconds and seconds[0] <= record.t_s + 1e-6:
            for batch in columns.pop(seconds.pop(0)):
                book.columns(batch)
        book.tell(record)
        if isinstance(record, Alert) and record.state == "open":
            checked.update(fact.text_key for fact in record.facts)
            wrong += [(record.id, fact, want) for fact, want in book.wrong(record)]
    return Story(loaded, records, book, wrong, checked, own)


def _of(story: Story, kind: type[R]) -> list[R]:
    return [record for record in story.records if isinstance(record, kind)]


def test_every_alert_carries_three_facts_and_every_fact_follows_from_the_ledger(story: Story) -> None:
    alerts = [a for a in _of(story, Alert) if a.state == "open"]
    assert len({a.alert for a in alerts}) >= 5
    assert min(len(a.facts) for a in alerts) >= 3
    assert story.wrong == []
    assert sum(story.checked.values()) > 100
    assert len(story.checked) >= 12


def test_the_check_of_facts_finds_a_wrong_number(story: Story) -> None:
    alert = next(a for a in reversed(_of(story, Alert)) if a.state == "open" and a.what == "sensor_dark")
    fact = next(f for f in alert.facts if f.text_key == "fact.cause")
    bent = msgspec.structs.replace(fact, args={"cause": "rust"})
    assert CHECKS["fact.cause"](story.book, alert, bent) != {"cause": "rust"}
    assert story.book.wrong(msgspec.structs.replace(alert, facts=(bent,))) != []


def test_own_partner_and_exercise_units_never_alarm_and_stay_visible(story: Story) -> None:
    line = story.loaded.line
    for alert in _of(story, Alert):
        if alert.what not in INTRUSIONS or alert.track_id is None or alert.state != "open":
            continue
        xy = line.frame.xy_m_from_lonlat(alert.position.lon_deg, alert.position.lat_deg)
        units = story.own_way.get(round(alert.t_s), np.zeros((0, 2)))
        assert len(units) == 0 or np.hypot(*(units - xy).T).min() > 60.0, alert
    explained = _of(story, ExplainedTrack)
    rules = {(e.rule, e.exercise) for e in explained}
    assert ("own_unit", False) in rules
    assert ("own_unit", True) in rules, "the exercise team was seen, explained, and marked"


def test_own_patrols_in_view_are_trials_with_what_was_seen_of_them(story: Story) -> None:
    trials = _of(story, DetectionTrial)
    assert trials
    assert all(0 <= t.detected <= t.looks and t.looks >= 3 and t.to_s >= t.from_s for t in trials)
    assert all(not t.unit.startswith(("X", "PARTNER")) for t in trials)


def test_hits_turn_cameras_and_the_look_is_kept(story: Story) -> None:
    cues = _of(story, Cue)
    asked = {c.cue for c in cues if c.state == "asked"}
    looked = {c.cue for c in cues if c.state == "looked"}
    assert asked
    assert len(asked - looked) <= 1  # one may still be under way at the end
    assert all(c.settled_s - c.t_s <= 4.0 for c in cues if c.state == "asked")


def test_distress_is_on_top_within_ten_seconds_whatever_else_there_is(story: Story) -> None:
    call = next(r for r in story.records if isinstance(r, Beacon) and r.source == "B7")
    first = next(a for a in _of(story, Alert) if a.what == "distress" and a.source == "B7")
    assert first.t_s - call.t_s <= 10.0
    sky = [w for w in _of(story, SkyRecord) if w.t_s <= call.t_s][-1]
    assert sky.visibility_m < 1500.0
    assert first.level == 4
    assert not any(s.what == first.alert for s in _of(story, Suppression))


def test_a_suppression_names_its_rule_and_ends(story: Story) -> None:
    standing: dict[str, Suppression] = {}
    for record in story.records:
        if isinstance(record, Suppression):
            assert record.rule
            assert record.until_s >= record.t_s
            if record.over:
                assert record.what in standing
            standing[record.what] = record
    closed = {a.alert for a in _of(story, Alert) if a.state == "closed"}
    assert all(s.over for name, s in standing.items() if name in closed)


def test_dark_sensors_are_told_with_the_records_of_their_silence(story: Story) -> None:
    dark = [a for a in _of(story, Alert) if a.what == "sensor_dark" and a.state == "open"]
    silences = {r.id for r in _of(story, SensorHealth) if r.state == "dark"}
    assert dark
    assert all(set(a.provenance) <= silences for a in dark)
