"""Never a bare zero: beside every count stands the bound, or UNKNOWN; the same from a ledger as from the desk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from account_ledgers import HOUR_S, account_ledger, accounts
from builders import T0_S, action, alert
from watchline.cli import main
from watchline.domain.batches import MissBatch
from watchline.domain.errors import BadInput
from watchline.domain.records import Position, Record
from watchline.ops.documents import Asked, document_of
from watchline.ops.unseen import unseen_facts
from watchline.reports.document import Line, Writer
from watchline.reports.unseen import ClassFacts, UnseenFacts, unseen_report
from watchline.reports.words import Language


def _at_line(name: str, **more: object) -> Record:
    place = Position(lon_deg=41.0, lat_deg=34.0, s_m=500.0, d_m=10.0)
    return alert(name, what="crossed", position=place, **more)  # type: ignore[arg-type]


def test_a_window_without_a_crossing_has_a_chance_and_a_bound_in_every_report(tmp_path: Path) -> None:
    ledger = account_ledger(tmp_path / "l", [], accounts(0.2, 0.6))
    person, vehicle = unseen_facts(ledger).classes
    assert (person.subject, vehicle.subject) == ("person", "vehicle")
    assert person.seen == 0
    assert person.most is not None
    assert person.most >= 1
    assert person.p_any is not None
    assert person.p_any > 0.1
    for kind in ("unseen", "shift"):
        document = document_of(kind, ledger, "en", Asked(from_s=T0_S, to_s=T0_S + 6 * HOUR_S))  # type: ignore[arg-type]
        said = " ".join(block.text for block in document.blocks if isinstance(block, Line))
        assert f"at most {person.most} crossed unseen (95 %)" in said
        assert "UNKNOWN" not in said


@pytest.mark.parametrize("book", [None, accounts(0.9, 1.0)], ids=["no account", "all blind"])
def test_where_nothing_was_watched_every_report_says_unknown(tmp_path: Path, book: MissBatch | None) -> None:
    ledger = account_ledger(tmp_path / "l", [_at_line("A-1")], book)
    for kind in ("unseen", "shift"):
        document = document_of(kind, ledger, "en", Asked(from_s=T0_S, to_s=T0_S + 6 * HOUR_S))  # type: ignore[arg-type]
        said = " ".join(block.text for block in document.blocks if isinstance(block, Line))
        assert "UNKNOWN" in said
        assert "at most" not in said


def test_only_crossings_count_and_only_those_nobody_called_something_else(tmp_path: Path) -> None:
    records = [
        _at_line("A-1"),
        _at_line("A-2"),
        _at_line("A-3", exercise=True),
        alert("A-4"),
        action(1, "dispose", T0_S + 60, disposition="nuisance", cause="shepherd", alert_id="A-2"),
    ]
    ledger = account_ledger(tmp_path / "l", records, accounts(0.2, 0.6))
    person, _ = unseen_facts(ledger).classes
    assert (person.seen, person.not_judged) == (1, 1)
    assert unseen_facts(ledger, T0_S + HOUR_S, T0_S + 2 * HOUR_S).classes[0].seen == 0
    elsewhere = unseen_facts(ledger, stretch_km=(1.0, 3.0)).classes[0]
    assert elsewhere.seen == 0
    assert elsewhere.detected_h + elsewhere.missed_h == pytest.approx(2 * 6.0)


@pytest.mark.parametrize("language", get_args(Language))
def test_the_report_says_what_it_rests_on_in_every_language(language: Language) -> None:
    known = ClassFacts("person", 3, 1, 7, 0.62, 1.4, 5, 80.0, 20.0, 10.0, 0.2)
    unknown = ClassFacts("vehicle", 0, 0, None, None, None, None, 0.0, 0.0, 10.0, None)
    facts = UnseenFacts("Line", "Asia/Riyadh", T0_S, T0_S + HOUR_S, 0.0, 12.0, (known, unknown), "ab" * 32, True)
    document = unseen_report(facts, Writer(language, facts.timezone))
    said = " ".join(block.text for block in document.blocks if isinstance(block, Line))
    assert "7" in said
    assert "62 %" in said
    assert "9 %" in said or "9.1 %" in said
    assert (
        sum(block.text[:3] in {f"{k}. " for k in range(1, 8)} for block in document.blocks if isinstance(block, Line))
        == 7
    )
    assert unknown.blind_share == 1.0
    assert replace(unknown, blind_h=0.0).blind_share == 1.0


@pytest.mark.parametrize("words", [["--stretch", "5"], ["--stretch", "9:3"], ["--from", "2030-01-01T00:00:00Z"]])
def test_what_cannot_be_asked_is_one_line(
    tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = account_ledger(tmp_path / "l", [], accounts(0.2, 0.6))
    with pytest.raises(SystemExit) as left:
        main(["report", "unseen", str(ledger), "--out", str(tmp_path / "o.html"), *words])
    assert left.value.code == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    with pytest.raises(BadInput):
        document_of("unseen", ledger, "en", Asked(stretch_km=(9.0, 3.0)))
