"""The report of calibration: were the probabilities that were told right, and what do they rest on?"""

from __future__ import annotations

from dataclasses import dataclass

from watchline.reports.document import Block, Document, Heading, Line, Table, Writer


@dataclass(frozen=True)
class BinFacts:
    """One bin: what was told on the mean, how often it happened, and the counts that a right one stays between."""

    told: float
    happened: int
    of: int
    low: int
    high: int


@dataclass(frozen=True)
class Checked:
    """Probabilities of one sort, told before it was known: how many, Z, Brier score, the bins of the diagram."""

    count: int
    z: float | None
    brier: float | None
    bins: tuple[BinFacts, ...]


@dataclass(frozen=True)
class CalibrationFacts:
    """alerts: what was told of alerts, against what people found; passages: of trials, each by what those before it
    had taught; e_value: largest so far of the monitor that looks for twice as many misses, which calls at alarm_at;
    answered of tests.
    """

    site: str
    timezone: str
    alerts: Checked
    passages: Checked
    missed: int
    e_value: float
    alarm_at: float
    answered: int
    tests: int
    last_trial_s: float | None
    ledger_head: str
    simulated: bool


def calibration_report(facts: CalibrationFacts, say: Writer) -> Document:
    """Return the report."""
    blocks: list[Block] = [Heading(say.say("calibration.passages"))]
    if facts.passages.count:
        assert facts.last_trial_s is not None
        when = say.moment(facts.last_trial_s)
        blocks.append(Line(say.say("calibration.trials", n=facts.passages.count, missed=facts.missed, when=when)))
        alarm = "calibration.alarm" if facts.e_value >= facts.alarm_at else "calibration.no_alarm"
        blocks.append(Line(say.say(alarm, e=f"{facts.e_value:.1f}", limit=f"{facts.alarm_at:g}")))
        blocks += _checked(facts.passages, say)
    else:
        blocks.append(Line(say.say("calibration.no_trials")))
    if facts.tests:
        blocks.append(Line(say.say("calibration.answered", n=facts.answered, of=facts.tests)))
    else:
        blocks.append(Line(say.say("calibration.no_tests")))
    blocks.append(Heading(say.say("calibration.alerts")))
    blocks += _checked(facts.alerts, say) if facts.alerts.count else [Line(say.say("calibration.no_alerts"))]
    marks = (say.say("mark.simulated"),) if facts.simulated else ()
    footer = say.say("footer.ledger", head=facts.ledger_head[:16])
    return Document(say.say("calibration.title", site=facts.site), say.language, tuple(blocks), marks, footer)


def _checked(one: Checked, say: Writer) -> list[Block]:
    blocks: list[Block] = []
    if one.z is not None and one.brier is not None:
        words = say.say("calibration.score", n=one.count, z=f"{one.z:+.2f}", brier=f"{one.brier:.3f}")
        blocks.append(Line(words))
    head = tuple(say.say(f"column.{name}") for name in ("told_p", "happened", "of_all", "band"))
    rows = tuple((f"{b.told:.2f}", str(b.happened), str(b.of), f"{b.low}–{b.high}") for b in one.bins)
    return [*blocks, Table(head, rows, (0.25, 0.25, 0.25, 0.25))]
