from __future__ import annotations

import http.cookiejar
import json
import re
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import answered, free_port, started, watchline
from demo_files import write_short_demo

from builders import camera, site, write_site
from ledger_builders import flip_bit
from watchline.domain.batches import MissBatch
from watchline.domain.records import OperatorAction
from watchline.ledger.reader import LedgerReader
from watchline.ledger.verify import verify


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_short_demo(tmp_path_factory.mktemp("short"))


def _headless(where: Path, ledger: Path, *more: object, for_s: int = 60) -> dict[str, Any]:
    done = watchline(
        "run", where, "--headless", "--fidelity", "detections", "--for", for_s, "--ledger", ledger, "--json", *more
    )
    assert done.returncode == 0, done.stderr
    out: dict[str, Any] = json.loads(done.stdout)
    return out


@pytest.mark.slow
def test_the_account_of_every_minute_is_in_the_ledger_and_always_the_same(short: Path, tmp_path: Path) -> None:
    runs = [_headless(short, tmp_path / str(n), "--seed", 3, "--account", for_s=150) for n in range(2)]
    assert runs[0]["chain_head"] == runs[1]["chain_head"]
    assert runs[0]["seconds"] == 150.0
    assert runs[0]["scans"] > 0
    assert verify(tmp_path / "0").whole
    with LedgerReader(tmp_path / "0") as reader:
        book = MissBatch.join(list(reader.columns("misses")))
    begun, first = np.unique(book.t_s, return_index=True)
    parts_s = 3600.0 * book.hours[first]
    # A minute is cut in two where a sensor falls dark.
    assert parts_s.sum() == pytest.approx(150.0)
    assert parts_s.max() == pytest.approx(60.0)
    assert np.diff(begun).tolist() == pytest.approx(parts_s[:-1].tolist())
    assert len(book) == len(begun) * 4 * 16
    assert np.all(book.adversary >= book.mean - 1e-12)


@pytest.mark.slow
def test_the_built_in_line_runs_and_its_chain_is_whole(tmp_path: Path) -> None:
    words = ("run", "--headless", "--fidelity", "detections", "--for", 60, "--seed", 3, "--json", "--ledger")
    run = watchline(*words, tmp_path / "one")
    assert json.loads(run.stdout)["seconds"] == 60.0
    assert watchline("verify", tmp_path / "one").returncode == 0


@pytest.mark.slow
def test_one_flipped_byte_is_found_and_its_batch_named(short: Path, tmp_path: Path) -> None:
    _headless(short, tmp_path / "ledger", "--seed", 3)
    assert watchline("verify", tmp_path / "ledger").returncode == 0
    told = []
    for number, share in enumerate((0.35, 0.5, 0.65, 0.8)):
        copy = tmp_path / f"copy-{number}"
        shutil.copytree(tmp_path / "ledger", copy)
        path = copy / "ledger.db"
        flip_bit(path, int(path.stat().st_size * share) * 8)
        broken = watchline("verify", copy)
        assert broken.returncode == 1, (share, broken.stdout)
        told.append(broken.stdout)
    # A byte of free space or of an index harms no batch, and is told as what it is.
    assert any(re.match(r"broken: first broken batch \d+ \(", line) for line in told), told


@pytest.mark.slow
def test_a_run_goes_on_with_its_ledger(short: Path, tmp_path: Path) -> None:
    first, second = (_headless(short, tmp_path / "ledger", "--seed", 3) for _ in range(2))
    assert second["ledger_batches"] > first["ledger_batches"]
    assert verify(tmp_path / "ledger").whole
    picture = json.loads(watchline("replay", tmp_path / "ledger", "--json").stdout)
    assert picture["as_of"] == "2018-01-23T00:02:00Z"


class _Screen:
    """A browser of few words.  Mutable: it keeps cookies."""

    def __init__(self, link: str) -> None:
        jar = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        self.base = link.split("/?")[0]
        try:
            self._opener.open(link, timeout=60).close()
        except (
            urllib.error.HTTPError
        ) as error:  # 503: the console is not built here; the session is open all the same
            if error.code != 503:
                raise
            error.close()

    def ask(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        data = json.dumps(body).encode() if body is not None else None
        with self._opener.open(urllib.request.Request(self.base + path, data=data), timeout=60) as answer:
            out: dict[str, Any] = json.load(answer)
        return out


def _link(run: subprocess.Popen[str]) -> str:
    assert run.stderr is not None
    for line in run.stderr:
        if line.startswith("console: "):
            return line.split()[1]
    raise AssertionError("no link was printed")


def _first_alert(screen: _Screen) -> str:
    until = time.monotonic() + 240.0
    while time.monotonic() < until:
        alerts = screen.ask("/api/alerts")["alerts"]
        if alerts:
            return str(alerts[0]["id"])
        time.sleep(0.2)
    raise AssertionError("nothing happened")


@pytest.mark.slow
def test_what_was_acknowledged_before_kill_9_is_in_the_ledger(short: Path, tmp_path: Path) -> None:
    run = started(
        "run", short, "--no-browser", "--port", free_port(), "--fidelity", "detections", "--speed", 60, "--seed", 3,
        "--ledger", tmp_path / "ledger",
    )  # fmt: skip
    try:
        screen = _Screen(_link(run))
        alert = _first_alert(screen)
        answer = screen.ask(f"/api/alerts/{alert}/acknowledge", {"key": "press-before-kill"})
    finally:
        run.send_signal(signal.SIGKILL)
        run.communicate(timeout=120)
    assert answer["durable"]
    with LedgerReader(tmp_path / "ledger") as reader:
        kept = [e.value for e in reader.events(["operator_action"]) if isinstance(e.value, OperatorAction)]
    assert [(a.alert, a.key) for a in kept] == [(alert, "press-before-kill")]
    assert watchline("verify", tmp_path / "ledger").returncode == 0
    _headless(short, tmp_path / "ledger", "--seed", 3)
    assert verify(tmp_path / "ledger").whole


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_asked_to_stop_ends_in_good_order(short: Path, tmp_path: Path, number: int) -> None:
    run = started(
        "run", short, "--no-browser", "--port", free_port(), "--fidelity", "detections", "--ledger", tmp_path / "l"
    )
    _link(run)
    run.send_signal(number)
    _, said = run.communicate(timeout=120)
    assert run.returncode == 0
    assert "Traceback" not in said
    with LedgerReader(tmp_path / "l") as reader:
        assert len(list(reader.events(["run_ended"]))) == 1


@pytest.mark.slow
def test_a_port_that_is_taken_is_said_at_once(short: Path, tmp_path: Path) -> None:
    run = started(
        "run", short, "--no-browser", "--port", free_port(), "--fidelity", "detections", "--ledger", tmp_path / "l"
    )
    try:
        port = _link(run).split(":")[2].split("/")[0]
        second = watchline("run", short, "--no-browser", "--port", port, "--ledger", tmp_path / "other")
        same_ledger = watchline("run", short, "--headless", "--for", 1, "--ledger", tmp_path / "l")
    finally:
        run.terminate()
        run.communicate(timeout=120)
    _assert_one_line(second, "--port")
    _assert_one_line(same_ledger, "l")


def _assert_one_line(done: subprocess.CompletedProcess[str], names: str) -> None:
    assert done.returncode == 2, (done.stdout, done.stderr)
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("watchline: ")
    assert names in lines[0]


BAD = {
    "missing site": (["run", "nosuch.toml", "--headless"], "nosuch.toml"),
    "no time": (["run", "--for", "0"], "--for"),
    "no number": (["run", "--for", "nan"], "--for"),
    "a word for a number": (["run", "--for", "soon"], "--for"),
    "no such port": (["run", "--port", "99999"], "--port"),
    "no speed": (["run", "--speed", "-1"], "--speed"),
    "no seed": (["run", "--headless", "--seed", "-1"], "--seed"),
    "unknown fidelity": (["run", "--fidelity", "high"], "--fidelity"),
    "unknown verb": (["walk"], "walk"),
    "unknown option": (["run", "--fast"], "--fast"),
    "too many words": (["run", "a", "b"], "b"),
    "no ledger": (["replay", "nosuch"], "nosuch"),
    "no moment": (["replay", ".", "--as-of", "soon"], "--as-of"),
    "a moment without zone": (["replay", ".", "--as-of", "2018-01-23T00:00:00"], "--as-of"),
    "nothing to check": (["check", "nosuch.toml"], "nosuch.toml"),
    "nothing to verify": (["verify", "nosuch"], "nosuch"),
    "nothing to make": (["init", "new"], "--demo"),
    "no line": (["init", "new", "--line", "nosuch.geojson"], "nosuch.geojson"),
    "no such side": (["init", "new", "--line", "x", "--home-side", "up"], "--home-side"),
}


@pytest.mark.parametrize(("words", "names"), BAD.values(), ids=BAD.keys())
def test_bad_input_is_one_line_and_exit_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], names: str
) -> None:
    monkeypatch.chdir(tmp_path)
    _assert_one_line(answered(capsys, *words), names)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["a file", "below a file", "a full directory"])
def test_a_ledger_that_cannot_be_is_bad_input(
    short: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    (tmp_path / "file").write_text("x")
    where = {"a file": tmp_path / "file", "below a file": tmp_path / "file" / "x", "a full directory": tmp_path}[kind]
    _assert_one_line(answered(capsys, "run", short, "--headless", "--for", 1, "--ledger", where), "--ledger")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("search", "replacement", "names"),
    [
        ("2018-01-23T00:00:00Z", "2018-01-23", "simulation.start"),
        ('post = "tower"\nmast_m', 'post = "nowhere"\nmast_m', "sensors[cam].post"),
        ("netd_k = 0.03", "netd_k = 0.0", "sensors[cam].netd_k"),
        ('file = "terrain.tif"', 'file = "none.tif"', "terrain.file"),
        ('[simulation]\nstart = "2018-01-23T00:00:00Z"', "", "simulation"),
    ],
    ids=["no zone", "no post", "no noise", "no elevation", "nothing to see"],
)
def test_a_site_with_a_fault_does_not_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], search: str, replacement: str, names: str
) -> None:
    path = write_site(tmp_path / "site", site(camera()))
    text = path.read_text(encoding="utf-8")
    assert search in text
    path.write_text(text.replace(search, replacement), encoding="utf-8")
    words = ("run", path, "--headless", "--for", 1, "--fidelity", "detections", "--ledger", tmp_path / "l")
    _assert_one_line(answered(capsys, *words), names)
