"""Every kind of report says what may have crossed unseen; incident, month and impact say what the ledger holds."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from account_ledgers import HOUR_S, account_ledger, accounts
from builders import T0_S, action, alert, health
from desk_builders import WEST_M, two_desks
from ledger_builders import counting_salt
from watchline.cli import main
from watchline.domain.desk import Escalation, Handover, LogEntry, OpenItem, SeatTaken, SeededOutcome
from watchline.domain.errors import BadInput
from watchline.domain.kinds import record_types
from watchline.domain.policy import Release, Released, TrackViewed
from watchline.domain.records import Clip, Fact, Record, Suppression, Verifier
from watchline.domain.respond import Option, Proposal, Task, TaskApproval, TaskReport, TaskSent
from watchline.domain.site import Area, Recipient
from watchline.ledger.reader import LedgerReader
from watchline.ledger.writer import Ledger
from watchline.ops.documents import Asked, Kind, document_of
from watchline.ops.papers.impact import open_points
from watchline.ops.papers.incident import incident_facts
from watchline.ops.papers.transparency import transparency_facts
from watchline.reports.document import Document, Heading, Line, SignatureLine, Table
from watchline.reports.html import html
from watchline.reports.pdf import pdf
from watchline.reports.words import Language, words

LANGUAGES: tuple[Language, ...] = get_args(Language)
STRINGS = Path(__file__).resolve().parents[3] / "console" / "src" / "strings"
CLIP = b"a film"


def _needed() -> Iterator[Record]:
    """Yield what a handover and an incident are made from; nobody crossed."""
    yield alert(track_id=7, p=0.8, facts=(
        Fact(text_key="fact.crossed", args={"km": 1.2}, source="cam", t_s=T0_S),
        Fact(text_key="fact.of_another_version", args={"m": 3}, source="cam", t_s=T0_S),
    ), verifiers=(Verifier(name="radar-1", up=False),))  # fmt: skip
    item = OpenItem(ref="A-1", what="approaching", state="open", since_s=T0_S, s_m=WEST_M)
    yield Handover(id="h", t_s=T0_S + 5 * HOUR_S, source="west-1", handover="H-1", desk="west", outgoing="west-1",
                   incoming="west-2", items=(item,))  # fmt: skip


def _happened() -> Iterator[Record]:
    yield health("cam-dark", "dark", T0_S - 60)
    yield from _needed()
    yield Suppression(id="u", t_s=T0_S + 1, source="alerting", what="A-1", rule="budget", until_s=T0_S + 9,
                      alert_kind="approaching")  # fmt: skip
    yield Escalation(id="e", t_s=T0_S + 9, source="desk", alert="A-1", step=1, to="shift_commander", waited_s=9,
                     limit_s=9)  # fmt: skip
    yield action(1, "acknowledge", T0_S + 30)
    yield action(2, "dispose", T0_S + 60, disposition="nuisance", cause="shepherd")
    yield LogEntry(id="l", t_s=T0_S + 70, source="west-1", desk="west", person="west-1", what="note", text="a flock",
                   alert="A-1")  # fmt: skip
    yield Release(id="r", t_s=T0_S + 80, source="commander", release="R-1", recipient="ours", officer="commander",
                  purpose="coordination", reason="a shared search", from_m=0.0, to_m=1.0, what=("alerts",),
                  until_s=T0_S + 900, alert="A-1")  # fmt: skip
    yield Released(id="left", t_s=T0_S + 81, source="tak", provenance=("A-1.1",), recipient="ours", link="tak",
                   what="outside_track", digest="ab" * 32, cell_m=0.0, delay_s=0.0)  # fmt: skip
    way = Option(unit="patrol-1", means="foot", place=alert().position, chance=0.5, meets_s=T0_S, said_s=60.0,
                 early_s=T0_S, arrives_s=T0_S, late_s=T0_S, worth=0.1, heard_s=T0_S, route=())  # fmt: skip
    yield Proposal(id="p", t_s=T0_S + 82, source="respond", proposal="P-1", alert="A-1", what="approaching",
                   options=(way,), holds_s=T0_S + 400)  # fmt: skip
    yes = TaskApproval(id="ta", t_s=T0_S + 83, source="commander", proposal="P-1", alert="A-1", unit="patrol-1",
                       digest="d", operator="commander", by_right="shift commander")  # fmt: skip
    yield yes
    yield Task(id="t", t_s=T0_S + 83, source="respond", task="K-1", number=1, unit="patrol-1", alert="A-1",
               approval=yes, option=way)  # fmt: skip
    yield TaskSent(id="ts", t_s=T0_S + 84, source="respond", task="K-1", link="", say="go to the wadi")
    yield TaskReport(id="tr", t_s=T0_S + 86, source="patrol-1", task="K-1", unit="patrol-1", state="done",
                     result="not_found")  # fmt: skip
    yield TaskReport(id="tx", t_s=T0_S + 86, source="patrol-2", task="K-9", unit="patrol-2", state="done")
    yield TrackViewed(id="v", t_s=T0_S + 90, source="auditor", person="auditor", how="trail", ref="7")
    yield TrackViewed(id="v2", t_s=T0_S + 91, source="auditor", person="auditor", how="trail", ref="8")
    yield SeatTaken(id="s", t_s=T0_S + 89, source="auditor", person="auditor", role="auditor", desk="")
    yield SeededOutcome(id="o", t_s=T0_S + 95, source="desk", test="T-1", desk="west", outcome="missed", waited_s=120)
    yield alert("A-2", T0_S + 100)
    yield alert("X1-1", T0_S + 110, exercise=True)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a ledger of one alert with all that can belong to it."""
    path = account_ledger(tmp_path_factory.mktemp("papers") / "led", _happened(), accounts(0.2, 0.6))
    with Ledger.open(path, counting_salt()) as ledger:
        for name in ("held", "gone"):
            payload = ledger.put_payload(CLIP + name.encode(), "video/webm")
            film = Clip(id=f"clip-{name}", t_s=T0_S + 200, source="cam", clip=f"clip-{name}", alert="A-1",
                        sensor="cam", t0_s=T0_S, t1_s=T0_S + 9, fps=3.0, width_px=64, height_px=48,
                        media_type="video/webm", payload_id=payload)  # fmt: skip
            ledger.append(film, T0_S + 200)
        ledger.commit(T0_S + 201)
        ledger.delete_payload(payload, "retention: evidence_days", T0_S + 300, "retention")
    return path


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return account_ledger(tmp_path_factory.mktemp("watched") / "led", _needed(), accounts(0.2, 0.6))


@pytest.fixture(scope="module")
def unwatched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a ledger in which D = 0: all was blind."""
    return account_ledger(tmp_path_factory.mktemp("unwatched") / "led", _needed(), accounts(0.9, 1.0))


def _said(document: Document) -> str:
    parts: list[str] = []
    for block in document.blocks:
        match block:
            case Heading() | Line():
                parts.append(block.text)
            case SignatureLine():
                parts += [block.who, block.text]
            case Table():
                parts += [cell for row in block.rows for cell in row]
    return "\n".join(parts).replace("\u2066", "").replace("\u2069", "")


def _pattern(language: Language, key: str) -> str:
    """Return a pattern of the words of a key with any number in its places."""
    return re.sub(r"\\{\w+\\}", r"[<\\d., %]+", re.escape(words(language)[key]))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_kind_of_report_prints_chance_and_bound_where_nobody_was_seen(
    watched: Path, kind: Kind, language: Language
) -> None:
    said = _said(document_of(kind, watched, language))
    assert re.search(_pattern(language, "unseen.bound"), said), said
    assert words(language)["unseen.unknown"] not in said


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_kind_of_report_prints_unknown_where_nothing_was_watched(
    unwatched: Path, kind: Kind, language: Language
) -> None:
    said = _said(document_of(kind, unwatched, language))
    # The shift report has its own sentence when no class has a bound.
    assert words(language)["unseen.unknown"] in said or words(language)["shift.unseen"] in said
    assert not re.search(_pattern(language, "unseen.bound"), said)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["incident", "transparency", "dpia"])
def test_the_papers_are_set_as_html_and_pdf_without_a_place_left_empty(
    told: Path, kind: Kind, language: Language
) -> None:
    document = document_of(kind, told, language)
    page = html(document).decode()
    assert not re.search(r"\{\w+\}", page)
    assert not re.search(r"\b(incident|public|impact|risk|measure|open|column)\.[a-z_]+", page)
    assert pdf(document).startswith(b"%PDF-")


def test_a_dossier_holds_all_that_the_desk_knew_and_did_with_names_and_nothing_else(told: Path) -> None:
    said = _said(document_of("incident", told, "en", Asked(number="A-1")))
    assert "K-9" not in said
    for part in (
        "Crossed the line at km 1.2", "fact.of_another_version m 3", "radar-1 could have confirmed it and was NOT",
        "cam-dark", "said what it was", "nuisance · shepherd", "30 s", "Kept off the queue: desk's load",
        "told to shift commander", "a flock", "Let ours see more: a shared search", "SHA-256 " + "ab" * 32,
        "Proposed to answer it: patrol-1", "Looked at: trail",
        "Approved that patrol-1 goes, by right of shift commander", "go to the wadi", "Order K-1: done; not_found",
        "retention: evidence_days",
    ):  # fmt: skip
        assert part in said, part
    facts = incident_facts(told, "A-1")
    assert [h.what for h in facts.course].count("incident.viewed") == 1  # of track 7, not of track 8
    assert all(h.known_s >= h.t_s for h in facts.course)


def test_a_dossier_proves_its_films_and_names_its_batches(told: Path) -> None:
    facts = incident_facts(told, track=7)
    held, gone = facts.kept
    assert (held.name, held.digest) == ("clip-held", hashlib.sha256(CLIP + b"held").hexdigest())
    assert (gone.digest, gone.deleted_s, gone.reason) == ("", T0_S + 300, "retention: evidence_days")
    with LedgerReader(told) as reader:
        assert {seq for seq, _ in facts.batches} == {h.batch for h in facts.course}
        assert [(seq, digest) for seq, digest, _ in reader.heads(*(seq for seq, _ in facts.batches))] == list(
            facts.batches
        )
        assert reader.head[1] == facts.ledger_head


def test_a_dossier_is_of_the_latest_real_alert_unless_one_is_named(told: Path) -> None:
    assert incident_facts(told).alert.alert == "A-2"
    with pytest.raises(BadInput, match="exercise"):
        incident_facts(told, "X1-1")
    with pytest.raises(BadInput, match="no such alert"):
        incident_facts(told, track=99)


def test_the_month_counts_what_was_used_shared_looked_at_and_removed(told: Path) -> None:
    facts = transparency_facts(told)
    assert (facts.from_s, facts.to_s) == (1_514_764_800.0, 1_517_443_200.0)  # January 2018
    assert dict(facts.alerts) == {"approaching": 2}
    assert dict(facts.dispositions) == {"nuisance": 1}
    assert (facts.answered, facts.median_s, facts.not_judged) == (1, 30.0, 1)
    assert (facts.tests, facts.missed) == (1, 1)
    assert [(s.recipient, s.kind, s.what, s.count) for s in facts.shared] == [("ours", "own", "outside_track", 1)]
    assert [r.reason for r in facts.let_out] == ["a shared search"]
    assert (dict(facts.looks), facts.lookers, facts.audits) == ({"trail": 2}, 1, 1)
    assert dict(facts.deleted) == {"retention: evidence_days": 1}
    said = _said(document_of("transparency", told, "en"))
    assert said.count("UNKNOWN to this ledger") == 3  # complaints, requests, costs: people know them
    later = transparency_facts(told, T0_S + HOUR_S, T0_S + 2 * HOUR_S)
    assert (later.alerts, later.shared, later.let_out) == ([], [], [])


def test_an_impact_assessment_follows_the_configuration(tmp_path: Path) -> None:
    plain = two_desks()
    careful = msgspec.structs.replace(
        two_desks(evidence_days=120.0, seeded_per_12_h=1.0),
        areas=(Area(id="village", kind="privacy", file="village.geojson"),),
        recipients=(Recipient(id="neighbour", kind="partner"), Recipient(id="medics", kind="rescue")),
    )
    assert list(open_points(plain)) == ["no_officer", "no_masks", "no_distress_card", "no_rescue", "no_tests"]
    assert list(open_points(careful)) == ["no_officer", "kept_long", "no_distress_card"]
    ledger = account_ledger(tmp_path / "led", [], None, careful)
    said = _said(document_of("dpia", ledger, "en"))
    assert "120 days" in said
    assert "Privacy masks in force: 1" in said
    assert "longer than 90 days" in said
    assert said.count("not signed") == 3


def test_reasons_have_one_wording_on_screen_and_on_paper() -> None:
    for language in LANGUAGES:
        console: dict[str, str] = json.loads((STRINGS / f"{language}.json").read_text(encoding="utf-8"))
        ours = {key: text for key, text in words(language).items() if key.startswith("fact.")}
        shown = {key.removesuffix(".other"): text for key, text in console.items() if key.startswith("fact.")}
        assert ours == {key: text for key, text in shown.items() if key.count(".") == 1}, "run make_fact_words.py"


def test_every_code_that_a_paper_can_hold_has_words() -> None:
    fields: dict[str, tuple[str, str]] = {
        "did": ("operator_action", "action"), "nuisance": ("operator_action", "cause"),
        "rule": ("suppression", "rule"), "viewed": ("track_viewed", "how"), "purpose": ("release", "purpose"),
    }  # fmt: skip
    known = words("en")
    for prefix, (kind, field) in fields.items():
        schema: dict[str, Any] = msgspec.json.schema(record_types()[kind])
        found = json.dumps(next(iter(schema["$defs"].values()))["properties"][field])
        for code in re.findall(r'"enum": \[(.*?)\]', found)[0].replace('"', "").split(", "):
            assert f"{prefix}.{code}" in known


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["shift", "--track", "7"], "belongs to an incident"),
        (["incident", "--number", "A-1", "--track", "7"], "belongs to an incident without"),
        (["dpia", "--from", "2018-01-23T00:00:00Z"], "belongs to a report of a time"),
        (["incident", "--number", "A-99"], "no such alert"),
        (["incident", "--desk", "west"], "belongs to a handover"),
    ],
)
def test_what_a_paper_cannot_be_asked_is_one_line(
    told: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["report", arguments[0], str(told), "--out", str(tmp_path / "o.html"), *arguments[1:]])
    assert left.value.code == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
