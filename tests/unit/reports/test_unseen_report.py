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
from watchline.domain.claims import SignFound
from watchline.domain.errors import BadInput
from watchline.domain.records import Position, Record
from watchline.ops.documents import Asked, document_of
from watchline.ops.unseen import unseen_facts
from watchline.reports.document import Line, Table, Writer
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


def _sign(name: str, hour: float, *, low: float | None = 0.0, high: float | None = 2.0, **more: object) -> Record:
    """Return sign of somebody who crossed in this hour of the window."""
    since_s = T0_S + hour * HOUR_S
    return SignFound(id=name, t_s=T0_S + 6 * HOUR_S, source="claims", sign=name, what="footprints", people=1,
                     found_s=since_s + HOUR_S, since_s=since_s, person="auditor", from_km=low, to_km=high,
                     **more)  # type: ignore[arg-type]  # fmt: skip


def test_sign_that_nobody_saw_raises_the_bound_and_is_told_with_what_the_layers_may_share(tmp_path: Path) -> None:
    seen = [_at_line("A-1"), _at_line("A-2", t_s=T0_S + 2 * HOUR_S)]
    plain = account_ledger(tmp_path / "plain", seen, accounts(0.2, 0.6))
    records = [
        *seen,
        _sign("N-1", 0.0),
        _sign("N-2", 4.0),
        _sign("N-3", 4.0, low=2.0, high=4.0),
        _sign("N-4", 4.0, low=None, high=None, round_an_end=True),
        _sign("N-5", 4.0, withdrawn=True),
        _sign("N-6", 4.0, exercise=True),
    ]
    ledger = account_ledger(tmp_path / "sign", records, accounts(0.2, 0.6))
    before, after = unseen_facts(plain).classes[0], unseen_facts(ledger).classes[0]
    assert after.most is not None
    assert before.most is not None
    assert after.most > before.most
    assert (after.least, after.p_any) == (2, 1.0)
    sign = unseen_facts(ledger).sign
    assert sign is not None
    assert (sign.sensors_only, sign.sign_only, sign.both, sign.not_sure) == (1, 2, 1, 1)
    assert sign.both_missed == ((1.0, 2.0), (2.0, 4.0), (3.0, 6.0), (5.0, 10.0))
    document = document_of("unseen", ledger, "en")
    said = " ".join(block.text for block in document.blocks if isinstance(block, Line))
    assert "at least 2 crossed without the sensors' notice" in said
    tables = [block for block in document.blocks if isinstance(block, Table)]
    assert tables[-1].rows[1] == ("2", "4.0", "8.0")
    elsewhere = unseen_facts(ledger, stretch_km=(1.0, 9.0)).sign
    assert elsewhere is not None
    assert (elsewhere.sign_only, elsewhere.not_sure) == (1, 3)  # N-3 alone lies inside


def test_where_no_find_is_common_what_both_missed_is_unknown(tmp_path: Path) -> None:
    ledger = account_ledger(tmp_path / "l", [_at_line("A-1"), _sign("N-1", 4.0)], accounts(0.2, 0.6))
    said = " ".join(b.text for b in document_of("unseen", ledger, "en").blocks if isinstance(b, Line))
    assert "how many both missed is UNKNOWN" in said
    blind = account_ledger(tmp_path / "b", [_sign("N-1", 4.0)], accounts(0.9, 1.0))
    said = " ".join(b.text for b in document_of("shift", blind, "en").blocks if isinstance(b, Line))
    assert "UNKNOWN" in said
