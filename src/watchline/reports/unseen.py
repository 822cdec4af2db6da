"""The report of the unseen: how many may have crossed unnoticed, in plain words, with what that rests on."""

from __future__ import annotations

from dataclasses import dataclass, replace

from watchline.reports.document import Block, Document, Heading, Line, Table, Writer

ASSUMPTIONS = ("reference", "health", "frailty", "groups", "choice", "ground", "silent")


@dataclass(frozen=True)
class ClassFacts:
    """One class of crosser ("person", "vehicle").

    seen: crossings that were detected, of those not_judged by nobody yet; most: at most so many more at 95 %, p_any
    the chance of any, mean how many on the average, most_if_random the bound for crossers who do not choose; None:
    UNKNOWN.  detected_h, missed_h, blind_h: stretch-hours; mean_miss: over what was watched, None if nothing was;
    least: so many of the unseen are known, by sign found later.
    """

    subject: str
    seen: int
    not_judged: int
    most: int | None
    p_any: float | None
    mean: float | None
    most_if_random: int | None
    detected_h: float
    missed_h: float
    blind_h: float
    mean_miss: float | None
    least: int = 0
    informed: float | None = None
    knowing: float | None = None

    @property
    def blind_share(self) -> float:
        """Return the share of stretch and time without watch; 1 when there is no account at all."""
        whole = self.detected_h + self.missed_h + self.blind_h
        return self.blind_h / whole if whole > 0.0 else 1.0


@dataclass(frozen=True)
class Sign:
    """Sign found later and what the sensors saw: two layers.

    sensors_only, sign_only, both: crossings by who found them; not_sure: finds that prove no crossing of this window.
    chapman: how many there were by Chapman's estimate, None without a find; both_missed: (odds ratio, how many both
    missed if the layers depend on each other so much; None: no find is common, so nothing can be said).
    """

    sensors_only: int
    sign_only: int
    both: int
    not_sure: int
    chapman: float | None
    both_missed: tuple[tuple[float, float | None], ...]


@dataclass(frozen=True)
class UnseenFacts:
    """A window, a stretch of the line in kilometres, and what can be said of each class."""

    site: str
    timezone: str
    from_s: float
    to_s: float
    from_km: float
    to_km: float
    classes: tuple[ClassFacts, ...]
    ledger_head: str
    simulated: bool
    sign: Sign | None = None


def unseen_report(facts: UnseenFacts, say: Writer) -> Document:
    """Return the report."""
    blocks: list[Block] = [
        Line(say.say("shift.window", start=say.moment(facts.from_s), end=say.moment(facts.to_s))),
        Line(say.say("unseen.stretch", a=f"{facts.from_km:g}", b=f"{facts.to_km:g}")),
    ]
    for one in facts.classes:
        blocks += [Heading(say.code("subject", one.subject)), *(Line(text) for text in unseen_lines(one, say))]
        if one.informed is not None and one.knowing is not None:
            words = say.say("unseen.best_ways", plan=percent(one.informed), now=percent(one.knowing))
            blocks.append(Line(words))
    blocks += [
        Heading(say.say("unseen.account")),
        _table(facts, say),
        Line(say.say("unseen.account_words")),
        *_sign(facts.sign, say),
        Heading(say.say("unseen.assumptions")),
        *(Line(f"{number}. {say.say(f'unseen.assume_{name}')}") for number, name in enumerate(ASSUMPTIONS, 1)),
    ]
    marks = (say.say("mark.simulated"),) if facts.simulated else ()
    footer = say.say("footer.ledger", head=facts.ledger_head[:16])
    return Document(say.say("unseen.title", site=facts.site), say.language, tuple(blocks), marks, footer)


def beside(document: Document, facts: UnseenFacts, say: Writer) -> Document:
    """Return a document with what may have crossed unseen at its end: a count in it is never the whole truth."""
    blocks: list[Block] = [
        Heading(say.say("unseen.beside")),
        Line(say.say("shift.window", start=say.moment(facts.from_s), end=say.moment(facts.to_s))),
        Line(say.say("unseen.stretch", a=f"{facts.from_km:g}", b=f"{facts.to_km:g}")),
        *(Line(f"{say.code('subject', c.subject)}: {' '.join(unseen_lines(c, say))}") for c in facts.classes),
    ]
    return replace(document, blocks=(*document.blocks, *blocks))


def _sign(sign: Sign | None, say: Writer) -> list[Block]:
    if sign is None:
        return []
    blocks: list[Block] = [Heading(say.say("sign.title"))]
    if sign.not_sure:
        blocks.append(Line(say.say("sign.not_sure", n=sign.not_sure)))
    if sign.chapman is None:
        return [*blocks, Line(say.say("sign.none"))]
    first, second, both = sign.sensors_only, sign.sign_only, sign.both
    blocks.append(Line(say.say("sign.layers", first=first + both, second=second + both, both=both)))
    blocks.append(Line(say.say("sign.missed", n=second)))
    if not both:
        return [*blocks, Line(say.say("sign.no_common", chapman=f"{sign.chapman:.1f}"))]
    head = tuple(say.say(f"column.{name}") for name in ("odds_ratio", "both_missed", "in_all"))
    found = first + second + both
    rows = tuple((f"{x:g}", f"{k:.1f}", f"{found + k:.1f}") for x, k in sign.both_missed if k is not None)
    blocks.append(Line(say.say("sign.lower", chapman=f"{sign.chapman:.1f}")))
    return [*blocks, Table(head, rows, (0.34, 0.33, 0.33))]


def unseen_lines(one: ClassFacts, say: Writer) -> list[str]:
    """Return the statement on one class, never a bare zero: how many were seen, how many may not have been."""
    seen = say.say("unseen.seen", n=one.seen)
    if one.not_judged:
        seen = f"{seen} {say.say('unseen.not_judged', n=one.not_judged)}"
    if one.least:
        seen = f"{seen} {say.say('sign.least', n=one.least)}"
    if one.most is None or one.p_any is None or one.mean is None:
        return [seen, say.say("unseen.unknown")]
    bound = say.say("unseen.bound", most=one.most, p=percent(one.p_any), mean=f"{one.mean:.1f}")
    lines = [seen, bound]
    if one.blind_share > 0.0:
        lines.append(say.say("unseen.blind", share=percent(one.blind_share)))
    return lines


def _table(facts: UnseenFacts, say: Writer) -> Table:
    head = tuple(
        say.say(f"column.{name}")
        for name in ("class", "watched", "of_that_missed", "blind", "mean_miss", "if_random")
    )
    rows = tuple(
        (
            say.code("subject", one.subject),
            f"{one.detected_h + one.missed_h:.0f}",
            f"{one.missed_h:.0f}",
            f"{one.blind_h:.0f}",
            "–" if one.mean_miss is None else f"{one.mean_miss:.2f}",
            "–" if one.most_if_random is None else str(one.most_if_random),
        )
        for one in facts.classes
    )
    return Table(head, rows, (0.18, 0.17, 0.17, 0.16, 0.16, 0.16))


def percent(share: float) -> str:
    """Return a share in per cent: what is not all is never 100, and what is not nothing never 0."""
    if share <= 0.0 or share >= 1.0:
        return f"{100.0 * share:.0f} %"
    return f"{min(max(100.0 * share, 0.1), 99.9):.{1 if share < 0.095 or share > 0.99 else 0}f} %"
