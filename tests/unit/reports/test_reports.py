from __future__ import annotations

import builtins
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from builders import T0_S, action, alert, health
from desk_builders import LINE, WEST_M, two_desks
from ledger_builders import counting_salt
from watchline.alerting.desk.phrases import PHRASES
from watchline.cli import main
from watchline.domain.desk import Escalation, Handover, LogEntry, Need, OpenItem, Role, Signature
from watchline.domain.errors import BadInput
from watchline.domain.records import AlertKind, Disposition, Record, RunStarted, SiteVersion
from watchline.ledger.writer import Ledger
from watchline.ops.sheets import handover_facts, shift_facts
from watchline.ops.site_file import site_text
from watchline.reports.document import Document, Writer
from watchline.reports.handover import handover_sheet
from watchline.reports.html import html
from watchline.reports.pdf import pdf
from watchline.reports.shift import shift_report
from watchline.reports.words import RIGHT_TO_LEFT, Language, words

LANGUAGES: tuple[Language, ...] = get_args(Language)
ITEMS = (OpenItem(ref="A-1", what="approaching", state="open", since_s=T0_S, s_m=WEST_M),)


def _places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_words_with_the_same_places(language: Language) -> None:
    english = words("en")
    own = words(language)
    assert set(own) == set(english)
    assert {key: _places(text) for key, text in own.items()} == {key: _places(t) for key, t in english.items()}


def test_every_code_that_a_sheet_can_hold_has_words() -> None:
    known = words("en")
    codes = [("alert", get_args(AlertKind)), ("disposition", get_args(Disposition)), ("need", get_args(Need))]
    codes += [("phrase", tuple(phrase.id for phrase in PHRASES)), ("side", ("outgoing", "incoming"))]
    assert [f"{prefix}.{code}" for prefix, all_ in codes for code in all_ if f"{prefix}.{code}" not in known] == []
    assert len(get_args(Role)) == 4


def _records() -> Iterator[Record]:
    yield RunStarted(id="run-1", t_s=T0_S, source="core", version="0", site="x", seed=1, fidelity="detections",
                     simulated=True)  # fmt: skip
    yield alert(position=LINE_AT)
    yield alert("X1-1", position=LINE_AT, exercise=True)
    yield action(1, "acknowledge", T0_S + 30)
    yield action(2, "dispose", T0_S + 60, disposition="nuisance", cause="shepherd")
    yield health("cam", "dark", T0_S + 5)
    yield Escalation(id="e", t_s=T0_S + 9, source="desk", alert="A-1", step=1, to="shift_commander", waited_s=9,
                     limit_s=9)  # fmt: skip
    yield LogEntry(id="l-1", t_s=T0_S + 10, source="west-1", desk="west", person="west-1", what="order",
                   phrase="order_look", unit="patrol-1")  # fmt: skip
    yield LogEntry(id="l-2", t_s=T0_S + 11, source="east-1", desk="east", person="east-1", what="note", text="east")
    common: dict[str, Any] = {"handover": "H-1", "desk": "west", "items": ITEMS}
    yield Handover(id="h", t_s=T0_S + 20, source="west-1", outgoing="west-1", incoming="west-2", **common)
    yield Signature(id="s", t_s=T0_S + 25, source="west-1", person="west-1", side="outgoing", digest="d", **common)


LINE_AT = alert().position


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("reports") / "ledger"
    with Ledger.create(directory, counting_salt()) as books:
        payload = books.put_payload(site_text(two_desks()).encode(), "application/toml")
        version = SiteVersion(id="site-1", t_s=T0_S, source="x", digest="d", name="Test line",
                              length_m=LINE.length_m, payload_id=payload)  # fmt: skip
        for record in (version, *_records()):
            books.append(record, record.t_s)
    return directory


def _sheet(ledger: Path, language: Language) -> Document:
    facts = handover_facts(ledger)
    return handover_sheet(facts, Writer(language, facts.timezone))


def test_a_sheet_says_what_is_open_dark_and_said_and_who_has_not_signed(ledger: Path) -> None:
    text = html(_sheet(ledger, "en")).decode()
    assert "SIMULATED" in text
    assert all(part in text for part in ("A-1", "Crossing expected", "cam", "go and look", "not signed", "digest d"))
    assert "east" not in text


def test_a_shift_report_counts_what_is_real_and_says_that_the_unseen_is_unknown(ledger: Path) -> None:
    facts = shift_facts(ledger)
    text = html(shift_report(facts, Writer("en", "UTC"))).decode()
    assert [one.alert for one, _ in facts.alerts] == ["A-1"]
    assert "UNKNOWN" in text
    assert "nuisance 1" in text
    assert "X1-1" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_runs_as_its_language_does_and_dates_stay_readable(ledger: Path, language: Language) -> None:
    text = html(_sheet(ledger, language)).decode()
    assert ('dir="rtl"' in text) == (language in RIGHT_TO_LEFT)
    date = re.search(r"(.)2018-01-23 00:00", text)
    assert date is not None
    assert (date.group(1) == "\u2066") == (language in RIGHT_TO_LEFT)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_sheet_is_the_same_pdf_and_holds_its_letters(ledger: Path, language: Language) -> None:
    one, two = pdf(_sheet(ledger, language)), pdf(_sheet(ledger, language))
    assert one.startswith(b"%PDF-")
    assert one == two
    assert one.count(b"/FontFile2") == 2  # both weights travel with it


def test_without_the_parts_a_pdf_is_refused_in_one_line(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "uharfbuzz":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(BadInput, match="extra `reports`"):
        pdf(_sheet(ledger, "en"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["handover", "{ledger}", "--out", "{out}/s.doc"], "ends neither"),
        (["handover", "{ledger}", "--number", "H-9", "--out", "{out}/s.html"], "no such handover"),
        (["shift", "{ledger}", "--from", "yesterday", "--out", "{out}/s.html"], "must be a time with zone"),
        (["shift", "{ledger}", "--number", "H-1", "--out", "{out}/s.html"], "belongs to a handover"),
        (
            ["handover", "{ledger}", "--to", "2018-01-23T00:00:00Z", "--out", "{out}/s.html"],
            "belongs to a report of a time",
        ),
        (["shift", "{out}/none", "--out", "{out}/s.html"], "none"),
    ],
)
def test_a_report_that_cannot_be_made_is_one_line_and_exit_2(
    ledger: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["report", *(a.format(ledger=ledger, out=tmp_path) for a in arguments)])
    assert left.value.code == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_a_report_is_written_where_it_was_asked_for(ledger: Path, tmp_path: Path) -> None:
    out = tmp_path / "sheet.html"
    with pytest.raises(SystemExit) as left:
        main(["report", "handover", str(ledger), "--lang", "ar", "--out", str(out)])
    assert left.value.code == 0
    assert "تسليم المناوبة" in out.read_text(encoding="utf-8")
