"""Honest counting: nobody chooses what is looked at again, or looks at their own word; what lacks is shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from account_ledgers import account_ledger, accounts
from builders import T0_S, action, alert
from ledger_builders import counting_salt
from watchline.assurance.sampling import drawn, missing_numbers, wrong_most
from watchline.cli import main
from watchline.domain.claims import SignFound
from watchline.domain.records import FieldReport, GeoPoint, Inspection, Position, Record, RunStarted
from watchline.ledger.reader import LedgerReader
from watchline.ledger.writer import Ledger
from watchline.ops.audit import audit_facts, read_audit
from watchline.ops.papers.transparency import transparency_facts
from watchline.ops.unseen import unseen_facts

names = st.lists(st.text("abcdef0123456789", min_size=1, max_size=4), unique=True, max_size=12)


@given(names, names, st.integers(1, 20), st.text(min_size=1, max_size=8))
def test_a_draw_is_anybodys_to_repeat_and_half_of_it_is_of_what_was_not_counted(
    one: list[str], other: list[str], number: int, seed: str
) -> None:
    counted, out = [f"c{x}" for x in one], [f"n{x}" for x in other]
    got = drawn(counted, out, number, seed)
    assert got == drawn(counted[::-1], out[::-1], number, seed)
    assert len(got) == len(set(got)) == min(number, len(counted) + len(out))
    assert set(got) <= {*counted, *out}
    assert sum(x.startswith("n") for x in got) >= min(len(out), (number + 1) // 2)


def test_another_seed_draws_others() -> None:
    names = [f"A-{k}" for k in range(40)]
    assert len({tuple(drawn([], names, 5, seed)) for seed in "abcdefgh"}) > 6


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 400))
def test_the_most_that_can_be_wrong_is_the_clopper_pearson_limit_and_never_below_what_was_found(
    looked: int, wrong: int, more: int
) -> None:
    wrong, pool = min(wrong, looked), looked + more
    most = wrong_most(looked, wrong, pool)
    if looked == 0:
        assert most is None
        return
    assert most is not None
    assert wrong <= most <= pool - (looked - wrong)
    if most < pool - (looked - wrong):
        assert binom.cdf(wrong, looked, most / pool) <= 0.05 + 1e-9


@given(st.sets(st.integers(1, 60), min_size=1))
def test_numbers_that_never_came_are_all_that_lie_between(numbers: set[int]) -> None:
    missing = missing_numbers(numbers)
    assert not numbers & set(missing)
    assert numbers | set(missing) == set(range(min(numbers), max(numbers) + 1))
    assert missing_numbers([]) == []


AT_LINE = Position(lon_deg=41.0, lat_deg=34.0, s_m=500.0, d_m=10.0)
HOUR_S = 3600.0


def _report(number: int, what: str, known_s: float = 0.0, by: str = "patrol-1") -> FieldReport:
    return FieldReport(id=f"{by}.{number}", t_s=T0_S + 10.0 * number, source=by, reporter=by, number=number,
                       what=what, place=GeoPoint(lon_deg=41.0, lat_deg=34.0))  # type: ignore[arg-type]  # fmt: skip


def _records() -> Iterator[Record]:
    yield RunStarted(id="run-1", t_s=T0_S, source="core", version="0", site="x", seed=1, fidelity="detections",
                     simulated=True)  # fmt: skip
    for k in range(1, 9):
        yield alert(f"A-{k}", T0_S + k, what="crossed", position=AT_LINE)
        word = "true" if k > 6 else "nuisance"
        yield action(k, "dispose", T0_S + 100 + k, alert_id=f"A-{k}", disposition=word)
    yield _report(1, "footprints")
    yield _report(3, "passage")
    yield Inspection(id="patrol-1.6", t_s=T0_S + 60, source="patrol-1", number=6, subject="wire-1", condition=0.9,
                     what="cut")  # fmt: skip
    yield SignFound(id="n1", t_s=T0_S + 9 * HOUR_S, source="claims", sign="N-1", what="footprints", people=2,
                    found_s=T0_S + HOUR_S, since_s=T0_S, person="commander", from_km=0.0, to_km=1.0)  # fmt: skip
    yield SignFound(id="n2", t_s=T0_S + 4 * HOUR_S, source="claims", sign="N-2", what="footprints", people=2,
                    found_s=T0_S + 3 * HOUR_S, since_s=T0_S, person="commander", note="a herd",
                    withdrawn=True)  # fmt: skip


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    path = account_ledger(tmp_path / "led", _records(), accounts(0.2, 0.6))
    with Ledger.open(path, counting_salt()) as book:
        book.append(_report(7, "sign"), T0_S + 20 * HOUR_S)  # told twenty hours after it was found
        book.commit(T0_S + 20 * HOUR_S)
    return path


def _audit(ledger: Path, *words: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(["audit", str(ledger), *words])
    return int(left.value.code or 0)


def test_sign_that_was_late_withdrawn_or_never_came_is_told(ledger: Path) -> None:
    facts = audit_facts(ledger)
    assert [one.ref for one in facts.late] == ["N-1", "patrol-1.7"]
    assert [sign for sign, *_ in facts.withdrawn] == ["N-2"]
    assert [(g.who, g.numbers) for g in facts.gaps] == [("patrol-1", (2, 4, 5))]
    assert (facts.dispositions, facts.not_counted, facts.signs, facts.wrongly_most) == (8, 6, 4, None)


def test_a_second_word_replaces_the_first_in_every_count(
    ledger: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = unseen_facts(ledger).classes[0]
    assert before.seen == 2
    assert _audit(ledger, "--person", "auditor", "--draw", "4", "--json") == 0
    samples = json.loads(capsys.readouterr().out)
    assert [s["sample"] for s in samples] == ["S-1", "S-2", "S-3", "S-4"]
    with LedgerReader(ledger) as reader:
        assert samples[0]["seed"] == reader.heads(1)[0][1]  # where the last decision is: nobody chose it
    wanted = next(s for s in samples if s["ref"] not in ("A-7", "A-8"))
    paper = tmp_path / "blind.html"
    assert _audit(ledger, "--person", "auditor", "--sample", wanted["sample"], "--out", str(paper)) == 0
    page = paper.read_text(encoding="utf-8")
    assert wanted["ref"] in page
    assert "nuisance" not in page
    assert "said what it was" not in page
    assert _audit(ledger, "--person", "auditor", "--sample", wanted["sample"], "--found", "true") == 1
    same = next(s for s in samples if s["ref"] not in ("A-7", "A-8", wanted["ref"]))
    assert _audit(ledger, "--person", "commander", "--sample", same["sample"], "--found", "nuisance") == 0
    assert unseen_facts(ledger).classes[0].seen == before.seen + 1
    facts = audit_facts(ledger)
    assert [one.wrongly_out for one in facts.looks] == [one.ref == wanted["ref"] for one in facts.looks]
    assert facts.wrongly_most == 5  # all but the one that was right
    month = transparency_facts(ledger)
    assert (month.sampled, month.changed) == (2, 1)


def test_what_was_drawn_is_not_drawn_again_and_a_time_bounds_the_pool(
    ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _audit(ledger, "--person", "auditor", "--draw", "6") == 0
    assert _audit(ledger, "--person", "auditor", "--draw", "6") == 0
    refs = [s.ref for s in read_audit(ledger).samples.values()]
    assert sorted(refs) == [f"A-{k}" for k in range(1, 9)]
    assert _audit(ledger, "--person", "auditor", "--draw", "1") == 2
    assert "nothing of this time is left" in capsys.readouterr().err
    assert _audit(ledger, "--person", "auditor", "--of", "sign", "--draw", "9") == 0
    signs = [s for s in read_audit(ledger).samples.values() if s.of == "sign"]
    assert sorted(s.ref for s in signs) == ["N-1", "N-2", "patrol-1.1", "patrol-1.7"]
    herd = next(s.sample for s in signs if s.ref == "N-2")
    assert _audit(ledger, "--person", "auditor", "--sample", herd, "--found", "stands") == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "one of them, must be given"),
        (("--draw", "0"), "at least 1"),
        (("--person", "west-1", "--draw", "1"), "auditors or shift commanders"),
        (("--sample", "S-9"), "was not drawn"),
        (("--draw", "1", "--from", "yesterday"), "time with zone"),
    ],
)
def test_what_cannot_be_drawn_is_one_line(
    ledger: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], says: str
) -> None:
    person = () if "--person" in words else ("--person", "auditor")
    assert _audit(ledger, *person, *words) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1


def test_nobody_looks_again_at_their_own_word(ledger: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _audit(ledger, "--person", "auditor", "--of", "sign", "--draw", "9") == 0
    samples = read_audit(ledger).samples.values()
    theirs = next(s.sample for s in samples if s.ref == "N-1")
    assert _audit(ledger, "--person", "commander", "--sample", theirs, "--found", "stands") == 2
    assert "it takes a second person" in capsys.readouterr().err
    assert _audit(ledger, "--person", "auditor", "--sample", theirs, "--found", "true") == 2
