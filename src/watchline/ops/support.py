"""What may be sent to somebody who is to help: how the system is, nothing of who or where.

Theory: a list of what goes in, never of what stays out.  Of records only kinds that machines make; of their fields
numbers, and words that our own code chooses from; every other text becomes a token (`sensor-3`), the same one in the
whole bundle.  Which name a token stands for is told apart, to be kept here.

Rules: no place, no name, no word of a person, no alert, no track, no task; a test fills a ledger with such words and
looks for them in every byte of the bundle.
"""

from __future__ import annotations

import re
import types
import typing
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from watchline.domain.kinds import record_types
from watchline.domain.records import Record
from watchline.domain.site import Site
from watchline.ledger.reader import LedgerReader
from watchline.ops.record_log import line_of
from watchline.ops.site_file import Fault

TECHNICAL = (
    "run_started", "run_ended", "sensor_health", "node_receipt", "node_registered", "node_replay", "clock_jump",
    "drop", "worker_fault", "rejection", "radar_service", "head_state", "late_looks", "payload_deleted",
    "columns_deleted",
)  # fmt: skip
"""Kinds that machines make of machines."""
PLAIN = frozenset({"version", "fidelity"})
"""Texts that our own code writes and that say nothing of a site."""
LINES_MOST = 20_000


class Tokens:
    """Texts as tokens, the same token for the same text.  Mutable: it remembers what it was given."""

    def __init__(self) -> None:
        """Begin with none."""
        self._of: dict[tuple[str, str], str] = {}

    def of(self, field: str, text: str) -> str:
        """Return the token of a text, which is named after the field that holds it."""
        known = self._of.get((field, text))
        if known is None:
            number = sum(1 for name, _ in self._of if name == field) + 1
            known = self._of[field, text] = f"{field}-{number}"
        return known

    def names(self) -> dict[str, str]:
        """Return token -> text: what stays here."""
        return {token: text for (_, text), token in self._of.items()}


def ledger_parts(ledger: LedgerReader, tokens: Tokens) -> dict[str, bytes]:
    """Return the files of a bundle that come from a ledger: counts of every kind, the lines of machines."""
    counts = {"batches": ledger.last_seq, "of": ledger.counts()}
    lines: list[bytes] = []
    for entry in ledger.events(TECHNICAL):
        assert isinstance(entry.value, Record)
        line = line_of(entry.value, entry.seq, entry.known_s)
        if line is not None:
            told = {
                "t_s": round(line.t_s, 3), "known_s": round(line.known_s, 3), "seq": line.seq, "level": line.level,
                "kind": line.kind, "source": tokens.of("source", line.source),
                **_told(line.kind, line.fields, tokens),
            }  # fmt: skip
            lines.append(msgspec.json.encode(told))
    return {
        "ledger.json": msgspec.json.format(msgspec.json.encode(counts), indent=1),
        "log.jsonl": b"\n".join(lines[-LINES_MOST:]) + b"\n",
    }


def _told(kind: str, fields: Mapping[str, Any], tokens: Tokens) -> dict[str, Any]:
    hints = get_type_hints(record_types()[kind])
    return {name: _safe(name, value, hints[name], tokens) for name, value in fields.items()}


def _safe(name: str, value: Any, hint: Any, tokens: Tokens) -> Any:
    """Return a value without words of a site: numbers and our own words as they are, other texts as tokens."""
    if isinstance(value, bool | int | float) or value is None or name in PLAIN:
        return value
    if isinstance(value, str):
        return value if value in _own_words(hint) else tokens.of(name, value)
    if isinstance(value, Mapping):
        return len(value)
    return [_safe(name, one, _inner(hint), tokens) for one in value]


def _own_words(hint: Any) -> frozenset[str]:
    if get_origin(hint) is Literal:
        return frozenset(word for word in get_args(hint) if isinstance(word, str))
    if get_origin(hint) in (types.UnionType, typing.Union):
        return frozenset().union(*(_own_words(one) for one in get_args(hint)))
    return frozenset()


def _inner(hint: Any) -> Any:
    return next(iter(get_args(hint)), str)


def site_parts(site: Site, faults: Iterable[Fault], length_m: float) -> dict[str, bytes]:
    """Return the file of a bundle that comes from a site: how much of what, which settings are used, faults by rule.

    No id, no place: of a fault its field without what stands in brackets.
    """
    tables: dict[str, Any] = {"length_km": round(length_m / 1000)}
    for field in msgspec.structs.fields(Site):
        value = getattr(site, field.name)
        if isinstance(value, tuple):
            kinds = Counter(_kind(row) for row in value)
            used = sorted({name for row in value for name in msgspec.to_builtins(row)})
            tables[field.name] = {"rows": len(value), "kinds": dict(kinds), "settings": used}
        elif isinstance(value, msgspec.Struct):
            tables[field.name] = {"settings": sorted(msgspec.to_builtins(value))}
    said = Counter((fault.severity, re.sub(r"\[[^]]*\]", "[]", fault.field)) for fault in faults)
    tables["check"] = [{"severity": s, "field": f, "count": n} for (s, f), n in sorted(said.items())]
    return {"site.json": msgspec.json.format(msgspec.json.encode(tables), indent=1)}


def _kind(row: Any) -> str:
    return str(getattr(row, "kind", getattr(row, "protocol", "")))
