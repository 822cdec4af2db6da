"""The handover sheet: what is open, what is dark, what was said, and two signatures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from watchline.domain.desk import Handover, LogEntry, OpenItem, Signature
from watchline.domain.records import SensorHealth
from watchline.reports.document import Block, Document, Heading, Line, SignatureLine, Table, Writer
from watchline.reports.log import log_table

DARK_MOST = 40


@dataclass(frozen=True)
class HandoverFacts:
    """What the sheet is made from: the handover, its signatures so far, sensors dark then, the log since the last.

    site: its name; ledger_head: of the chain it was read from; simulated: nothing of it happened to anybody.
    """

    site: str
    timezone: str
    handover: Handover
    outgoing: Signature | None
    incoming: Signature | None
    dark: Sequence[SensorHealth]
    log: Sequence[LogEntry]
    ledger_head: str
    simulated: bool


def handover_sheet(facts: HandoverFacts, say: Writer) -> Document:
    """Return the sheet."""
    handover = facts.handover
    last = facts.incoming or facts.outgoing
    items = last.items if last is not None else handover.items
    blocks: list[Block] = [
        Line(say.say("handover.who", outgoing=handover.outgoing, incoming=handover.incoming, desk=handover.desk)),
        Line(say.say("handover.prepared", time=say.moment(handover.t_s))),
    ]
    if handover.note:
        blocks.append(Line(say.say("handover.note", note=handover.note)))
    blocks += [Heading(say.say("handover.open", n=len(items))), _open(items, say)]
    blocks += [Heading(say.say("handover.dark", n=len(facts.dark))), *_dark(facts.dark, say)]
    blocks += [Heading(say.say("log.title", n=len(facts.log))), *log_table(facts.log, say)]
    blocks += [
        Heading(say.say("handover.signatures")),
        Line(say.say("handover.stays")),
        _signature(handover.outgoing, "handover.outgoing", facts.outgoing, say),
        _signature(handover.incoming, "handover.incoming", facts.incoming, say),
    ]
    title = say.say("handover.title", number=handover.handover, site=facts.site)
    marks = (say.say("mark.simulated"),) if facts.simulated else ()
    return Document(title, say.language, tuple(blocks), marks, say.say("footer.ledger", head=facts.ledger_head[:16]))


def _open(items: Sequence[OpenItem], say: Writer) -> Block:
    if not items:
        return Line(say.say("handover.none_open"))
    head = tuple(say.say(f"column.{name}") for name in ("id", "what", "place", "since", "state", "by"))
    rows = tuple(
        (
            item.ref,
            say.code("alert", item.what),
            "–" if item.s_m is None else say.say("km", km=f"{item.s_m / 1000:.1f}"),
            say.clock(item.since_s),
            say.code("state", item.state),
            item.by or "–",
        )
        for item in items
    )
    return Table(head, rows, (0.11, 0.28, 0.14, 0.13, 0.18, 0.16))


def _dark(dark: Sequence[SensorHealth], say: Writer) -> list[Block]:
    if not dark:
        return [Line(say.say("handover.none_dark"))]
    head = tuple(say.say(f"column.{name}") for name in ("sensor", "since", "cause"))
    rows = tuple((one.sensor, say.moment(one.t_s), say.code("cause", one.cause)) for one in dark[:DARK_MOST])
    more = len(dark) - DARK_MOST
    blocks: list[Block] = [Table(head, rows, (0.3, 0.4, 0.3))]
    return [*blocks, Line(say.say("and_more", n=more))] if more > 0 else blocks


def _signature(name: str, key: str, signature: Signature | None, say: Writer) -> SignatureLine:
    if signature is None:
        return SignatureLine(say.say(key, name=name), say.say("handover.not_signed"))
    count = len(signature.items)
    text = say.say("handover.signed", time=say.moment(signature.t_s), n=count, digest=signature.digest)
    return SignatureLine(say.say(key, name=name), text)
