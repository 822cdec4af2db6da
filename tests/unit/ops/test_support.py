"""The support bundle helps, and says nothing of who and where."""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from builders import camera, site, write_site
from ledger_builders import counting_salt
from watchline.domain.kinds import record_types
from watchline.domain.records import (
    Chat,
    Drop,
    GeoPoint,
    NodeRegistered,
    OperatorAction,
    Record,
    Rejection,
    RunStarted,
    SensorHealth,
    UnitPlace,
    WorkerFault,
)
from watchline.domain.site import Person, Place
from watchline.ledger.writer import Ledger
from watchline.ops.record_log import LOGGED
from watchline.ops.support import PLAIN, TECHNICAL, Tokens, _own_words

sys.path.append(str(Path(__file__).parents[2] / "e2e"))

from command_line import answered

SECRET = "qzvx"  # in every name, place and word of the things below
LON_DEG, LAT_DEG = 41.7391, 33.8264


def _records() -> Iterator[Record]:
    more: dict[str, Any] = {"t_s": 100.0, "source": f"{SECRET}-source"}
    run = {"site": f"{SECRET} line", "seed": 1, "fidelity": "frames", "simulated": True}
    yield RunStarted(id="a", version="0.1.0", **run, **more)
    yield SensorHealth(id="b", sensor=f"{SECRET}-camera", state="dark", cause=f"{SECRET} cut it", **more)
    yield SensorHealth(id="c", sensor=f"{SECRET}-camera", state="up", cause="", **more)
    yield Drop(id="d", queue="link out", dropped=7, **more)
    yield Rejection(id="e", what=f"{SECRET} bytes", rule=f"{SECRET!r} is no number", sample=SECRET, **more)
    yield WorkerFault(id="f", worker="clip", fault=f"/home/{SECRET}/site.toml", **more)
    node = {"node_types": (), "taskable": True, "status_every_s": 5.0}
    yield NodeRegistered(id="g", node=SECRET, name=f"{SECRET} hill", **node, **more)
    yield OperatorAction(id="h", alert="A-1", operator=f"{SECRET} name", action="acknowledge", key=SECRET, **more)
    yield Chat(id="i", sender=SECRET, to=SECRET, text=SECRET, **more)
    yield UnitPlace(id="j", unit=SECRET, place=GeoPoint(lon_deg=LON_DEG, lat_deg=LAT_DEG), stale_s=1.0, **more)


def _ledger(folder: Path) -> Path:
    with Ledger.create(folder, counting_salt()) as ledger:
        for number, record in enumerate(_records()):
            ledger.append(record, 100.0 + number)
        ledger.commit(200.0)
    return folder


def _bundle(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name).decode() for name in file.namelist()}


def _says_nothing(parts: dict[str, str]) -> bool:
    told = "".join(parts.values()).lower()
    return not any(word in told for word in (SECRET, f"{LON_DEG}", f"{LAT_DEG}", "41.73", "33.82"))


def test_a_ledgers_bundle_has_the_machines_lines_and_no_word_of_people(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = answered(capsys, "support", _ledger(tmp_path / "ledger"), "--out", tmp_path / "bundle.zip")
    assert told.returncode == 0, told.stderr
    parts = _bundle(tmp_path / "bundle.zip")
    assert _says_nothing(parts)
    lines = [json.loads(line) for line in parts["log.jsonl"].splitlines()]
    assert [line["kind"] for line in lines] == [
        "run_started", "sensor_health", "sensor_health", "drop", "rejection", "worker_fault", "node_registered",
    ]  # fmt: skip
    assert (lines[1]["sensor"], lines[1]["state"], lines[2]["sensor"]) == ("sensor-1", "dark", "sensor-1")
    assert lines[3]["dropped"] == 7
    assert json.loads(parts["ledger.json"])["of"]["chat"] == 1
    names = json.loads((tmp_path / "bundle.zip.names.json").read_text())
    assert names["sensor-1"] == f"{SECRET}-camera"


def test_a_sites_bundle_counts_and_names_nobody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = Place(id=SECRET, kind="well", name=SECRET, lon_deg=LON_DEG, lat_deg=LAT_DEG)
    made = msgspec.structs.replace(
        site(camera(f"{SECRET}-c")),
        name=f"{SECRET} line",
        people=(Person(name=SECRET, role="shift_commander"),),
        places=(there, there),
    )
    path = write_site(tmp_path / SECRET, made)
    assert answered(capsys, "support", path, "--out", tmp_path / "bundle.zip").returncode == 0
    parts = _bundle(tmp_path / "bundle.zip")
    assert _says_nothing(parts)
    told = json.loads(parts["site.json"])
    assert told["people"]["rows"] == 1
    assert {"severity": "fault", "field": "places[].id", "count": 1} in told["check"]


def test_only_kinds_that_machines_make_and_words_of_ours() -> None:
    assert set(TECHNICAL) <= set(LOGGED)
    people = {"person", "operator", "officer", "outgoing", "incoming", "commander", "text", "position", "place"}
    for kind in TECHNICAL:
        assert people.isdisjoint(LOGGED[kind][1]), kind
    assert all(name in {f.name for f in msgspec.structs.fields(record_types()["run_started"])} for name in PLAIN)
    assert _own_words(str) == frozenset()


def test_the_same_text_has_the_same_token_in_one_field() -> None:
    tokens = Tokens()
    assert [tokens.of("sensor", "x"), tokens.of("sensor", "y"), tokens.of("sensor", "x"), tokens.of("node", "x")] == [
        "sensor-1", "sensor-2", "sensor-1", "node-1",
    ]  # fmt: skip


def test_a_bundle_is_a_zip(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answered(capsys, "support", tmp_path, "--out", tmp_path / "bundle.txt").returncode == 2
