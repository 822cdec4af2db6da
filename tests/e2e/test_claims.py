"""A simulated month: what officials say of it, what was found later, and what the ledger supports."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import answered, watchline

from small_site import write_small_site
from watchline.domain.batches import MissBatch
from watchline.domain.trials import PassageTrial
from watchline.ledger.reader import LedgerReader
from watchline.ledger.writer import Ledger
from watchline.ops.account.line import Account
from watchline.ops.account.seeing import Seeing
from watchline.ops.clock import text_of
from watchline.ops.site_file import read_site
from watchline.ops.unseen import read_book

HOUR_S = 3600.0
DAYS = 30


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the ledger of a month in which nobody was seen, half of the sensors dark for two hours a day."""
    where = tmp_path_factory.mktemp("month")
    site = write_small_site(where / "site", length_m=6_000.0)
    done = watchline(
        "run", site, "--headless", "--fidelity", "detections", "--for", 4, "--ledger", where / "led", "--json"
    )
    assert done.returncode == 0, done.stderr
    loaded = read_site(site)
    account = Account(loaded, loaded.terrain())
    count = len(loaded.site.sensors)
    whole = Seeing((1.0,) * count, frozenset(), frozenset({p.id for p in loaded.site.posts}), False, 20_000.0)
    states = (whole, replace(whole, dark=frozenset(range(0, count, 2)), present=frozenset()))
    start_s = read_book(where / "led").end_s
    hours = [account.reckon(state, 0.0, 1.0) for state in states]
    every = range(24 * DAYS)
    rows = [replace(hours[hour % 24 < 2], t_s=np.full(len(hours[0]), start_s + hour * HOUR_S)) for hour in every]
    with Ledger.open(where / "led", lambda: b"1" * 16) as book:
        book.append_columns(MissBatch.join(rows), start_s + 24 * DAYS * HOUR_S)
        book.commit(start_s + 24 * DAYS * HOUR_S)
    return where / "led"


def _claim(ledger: Path, *words: object) -> dict[str, Any]:
    done = watchline("claim", ledger, "--person", "auditor", "--json", *words)
    assert done.returncode in (0, 1), done.stderr
    out: dict[str, Any] = json.loads(done.stdout)
    return out


@pytest.mark.slow
def test_what_is_said_of_a_month_gets_the_verdict_that_the_ledger_supports(month: Path, tmp_path: Path) -> None:
    office = ("--office", "border command")
    impenetrable = _claim(month, "--words", "The line is impenetrable", *office, "--always")["verdicts"][0]
    no_breach = _claim(month, "--words", "No breach for a month", *office, "--definition", "breach")["verdicts"][0]
    # A part of the stretch had no watch: of the whole of it nothing can be said.
    assert impenetrable["verdict"] == no_breach["verdict"] == "unknown"
    assert no_breach["blind_share"] > 0.0
    book = read_book(month)
    rows = book.rows.take((book.rows.crosser == 0) & (book.rows.adversary <= 0.97))
    km = int(np.bincount(rows.stretch).argmax())
    there = ("--stretch", f"{km}:{km + 1}")
    here = _claim(month, "--words", "Nobody crosses here", *office, *there)["verdicts"][0]
    assert here["verdict"] in ("not_supported", "unknown")

    # Fifteen people are found in a cave on the home side, beyond the southern end: they may have gone round it.
    cave = ("--sign", "people", "--people", 15, "--note", "cave beyond the southern end", "--round-an-end")
    found = _claim(month, *cave)
    assert {v["claim"] for v in found["verdicts"]} >= {"C-1", "C-2"}
    assert all(v["verdict"] != "contradicted" and v["by"] == "N-1" for v in found["verdicts"])

    # Footprints inside the claimed stretch that come from nowhere else are crossings that were not known.
    inside = ("--from", text_of(book.start_s + HOUR_S), "--to", text_of(book.end_s - HOUR_S))
    over = watchline(
        "claim", month, "--person", "auditor", "--json", "--sign", "footprints", "--people", 2, *there, *inside
    )
    assert over.returncode == 1, over.stderr
    assert {v["claim"]: v["verdict"] for v in json.loads(over.stdout)["verdicts"]}["C-3"] == "contradicted"

    for language, says in (("en", "NOT SUPPORTED|UNKNOWN|CONTRADICTED"), ("ar", "منقوض")):
        out = tmp_path / f"claims-{language}.html"
        assert watchline("report", "claims", month, "--lang", language, "--out", out).returncode == 0
        page = out.read_text(encoding="utf-8")
        assert any(word in page for word in says.split("|"))
        assert "15" in page
    with LedgerReader(month) as reader:
        assert len(list(reader.events(["claim_verdict"]))) >= 6


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["shift", "unseen", "transparency"])
def test_a_report_of_nobody_prints_the_bound_and_where_nothing_was_watched_unknown(
    month: Path, tmp_path: Path, kind: str
) -> None:
    book = read_book(month)
    watched, before = tmp_path / "watched.html", tmp_path / "before.html"
    window = ("--from", text_of(book.start_s + HOUR_S), "--to", text_of(book.start_s + 25 * HOUR_S))
    assert watchline("report", kind, month, "--out", watched, *window).returncode == 0
    page = watched.read_text(encoding="utf-8")
    assert "95 %" in page
    assert "The chance of at least one" in page
    nothing = ("--from", "2001-01-01T00:00:00Z", "--to", "2001-01-02T00:00:00Z")
    assert watchline("report", kind, month, "--out", before, *nothing).returncode == 0
    assert "UNKNOWN" in before.read_text(encoding="utf-8")


@pytest.mark.slow
def test_whether_probabilities_were_right_is_a_report_for_everybody(month: Path, tmp_path: Path) -> None:
    ledger = tmp_path / "led"
    shutil.copytree(month, ledger)
    assert watchline("report", "calibration", ledger, "--out", tmp_path / "before.html").returncode == 0
    assert "Plant a walk" in (tmp_path / "before.html").read_text(encoding="utf-8")
    end_s = read_book(ledger).end_s
    with Ledger.open(ledger, lambda: b"2" * 16) as book:
        for k in range(40):
            # Well exposed, and missed every time: what was said of the unseen was far too good.
            trial = PassageTrial(
                id=f"PT-{k}", t_s=end_s, source="trial", walk=f"W-{k}", how="planted", crosser="walker",
                from_s=end_s - 900.0, to_s=end_s, s_m=3000.0, looks=400.0, alone=0.0,
            )  # fmt: skip
            book.append(trial, end_s)
        book.commit(end_s)
    assert watchline("report", "calibration", ledger, "--out", tmp_path / "after.html").returncode == 0
    page = (tmp_path / "after.html").read_text(encoding="utf-8")
    assert "40 passages" in page
    assert "ALARM" in page


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ((), "one of them, must be given"),
        (("--words", "none crossed"), "--office"),
        (("--words", "none", "--office", "o", "--stretch", "9:2"), "0 <= A < B"),
        (("--words", "none", "--office", "o", "--from", "yesterday"), "time with zone"),
    ],
)
def test_a_claim_that_cannot_be_is_one_line(
    month: Path, capsys: pytest.CaptureFixture[str], more: tuple[str, ...], says: str
) -> None:
    done = answered(capsys, "claim", month, "--person", "auditor", *more)
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
