"""From a ledger to what can be said of the unseen: a window's accounts, and the crossings that were seen in it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import msgspec

from watchline.assurance.account import Account
from watchline.assurance.claims import Find, lies_in
from watchline.assurance.layers import both_missed, chapman
from watchline.assurance.sign import ODDS_RATIOS, Known, layers_of
from watchline.assurance.unseen import Crossed, Unseen, account_of, unseen
from watchline.coverage.crossing import STRETCH_M, stretches
from watchline.domain.audit import LookedAgain, SampleDrawn
from watchline.domain.batches import MissBatch, standing
from watchline.domain.claims import SignFound
from watchline.domain.errors import BadInput
from watchline.domain.records import Alert, OperatorAction, Record, RunStarted, SiteVersion
from watchline.domain.site import Site
from watchline.ledger.reader import LedgerReader
from watchline.ops.ledger_site import site_of
from watchline.reports.unseen import ClassFacts, Sign, UnseenFacts
from watchline.sensing.detection import CROSSERS

CROSSING = ("crossing", "crossed")
ATTEMPT = (*CROSSING, "approaching")
NO_CROSSER = ("nuisance", "environment", "false", "own")
ON_FOOT = "person"
_NAMES = [one.name for one in CROSSERS]
SHOWN = (("walker", "person"), ("vehicle", "vehicle"))  # the account's class, and what alerts call it


@dataclass(frozen=True)
class Book:
    """What a ledger holds of crossings and accounts.

    lengths: since when (s) the line was how long (m), in order of time;
    alerts: about people who come to the line, by name, as last told; said: what people made of each, a second look in
    place of the first word; acknowledged_s: when somebody first did something about it; rows: every minute's account
    as it stands; signs: found later, as last told.
    """

    site: Site
    lengths: tuple[tuple[float, float], ...]
    head: str
    end_s: float
    simulated: bool
    alerts: dict[str, Alert]
    said: dict[str, OperatorAction]
    acknowledged_s: dict[str, float]
    rows: MissBatch
    signs: tuple[SignFound, ...] = ()

    @property
    def start_s(self) -> float:
        """Return when the accounts begin; twelve hours before the end when there are none."""
        return float(self.rows.t_s.min()) if len(self.rows) else self.end_s - 12 * 3600.0

    def length_m(self, from_s: float = -math.inf, to_s: float = math.inf) -> float:
        """Return how long the line was in a time, at its longest where it changed in it."""
        ends = [since_s for since_s, _ in self.lengths[1:]] + [math.inf]
        held = [
            m for (since_s, m), end_s in zip(self.lengths, ends, strict=True) if end_s > from_s and since_s < to_s
        ]
        return max(held, default=self.lengths[0][1])


@dataclass(frozen=True)
class Window:
    """From when to when, and which part of the line in kilometres."""

    from_s: float
    to_s: float
    from_km: float
    to_km: float

    def holds(self, t_s: float, s_m: float) -> bool:
        """Return whether a moment and a place are in it."""
        return self.from_s <= t_s < self.to_s and self.from_km <= s_m / STRETCH_M < self.to_km


def read_book(directory: Path) -> Book:
    """Return what a ledger holds; raises BadInput."""
    alerts: dict[str, Alert] = {}
    said: dict[str, OperatorAction] = {}
    acknowledged: dict[str, float] = {}
    with LedgerReader(directory) as reader:
        site = site_of(reader, directory).site
        versions = [e.value for e in reader.events(["site_version"]) if isinstance(e.value, SiteVersion)]
        head, end_s, simulated = reader.head[1], 0.0, False
        for entry in reader.events(["run_started", "alert", "operator_action"]):
            record = entry.value
            assert isinstance(record, Record)
            end_s = max(end_s, record.t_s)
            if record.exercise:
                continue
            match record:
                case RunStarted():
                    simulated |= record.simulated
                case Alert() if record.what in ATTEMPT:
                    alerts[record.alert] = record
                case OperatorAction():
                    acknowledged.setdefault(record.alert, record.t_s)
                    if record.action in ("dispose", "undo"):
                        said[record.alert] = record
                case _:
                    pass
        said = _said_again(reader, said)
        signs = _signs(reader)
        rows = standing(MissBatch.join([b for b in reader.columns("misses") if isinstance(b, MissBatch)]))
    lengths = tuple((version.t_s, version.length_m) for version in versions)
    end_s = max(end_s, float((rows.t_s + 3600.0 * rows.hours).max()) if len(rows) else 0.0)
    return Book(site, lengths, head, end_s, simulated, alerts, said, acknowledged, rows, signs)


def _signs(reader: LedgerReader) -> tuple[SignFound, ...]:
    """Return the sign that stands, as last told."""
    told = [e.value for e in reader.events(["sign_found"]) if isinstance(e.value, SignFound) and not e.value.exercise]
    return tuple(s for s in {sign.sign: sign for sign in told}.values() if not s.withdrawn)


def _said_again(reader: LedgerReader, said: dict[str, OperatorAction]) -> dict[str, OperatorAction]:
    """Return what people made of each alert, with the second person's word where one looked again."""
    drawn: dict[str, str] = {}
    for entry in reader.events(["sample_drawn", "looked_again"]):
        match entry.value:
            case SampleDrawn(of="disposition") as sample:
                drawn[sample.sample] = sample.ref
            case LookedAgain() as look if (alert := drawn.get(look.sample)) in said:
                word = msgspec.structs.replace(said[alert], action="dispose", disposition=look.found)
                said = {**said, alert: word}
            case _:
                pass
    return said


def unseen_facts(
    directory: Path,
    from_s: float | None = None,
    to_s: float | None = None,
    stretch_km: tuple[float, float] | None = None,
    book: Book | None = None,
) -> UnseenFacts:
    """Return the facts of a window, all of the ledger's time and line if none is given; raises BadInput.

    book: of the directory, where it was just read.
    """
    book = read_book(directory) if book is None else book
    end_s = book.end_s if to_s is None else to_s
    start_s = min(book.start_s, end_s - 1e-3) if from_s is None else from_s
    low_km, high_km = stretch_km if stretch_km is not None else (0.0, book.length_m(start_s, end_s) / STRETCH_M)
    if not 0.0 <= low_km < high_km:
        raise BadInput("--stretch", f"must be A:B in kilometres with 0 <= A < B, got {low_km:g}:{high_km:g}")
    if not start_s < end_s:
        raise BadInput("--from", "must be before --to")
    window = Window(start_s, end_s, low_km, high_km)
    classes, sign = [], sign_of(book, window)
    for name, subject in SHOWN:
        found = known(book, window, CROSSING, subject)
        judged = sum(a.alert in book.said for a in found)
        least = sign.sign_only if subject == ON_FOOT else 0
        classes.append(_class(subject, unseen_of(book, window, name, found, least), len(found) - judged, least))
    return UnseenFacts(
        book.site.name, book.site.clock.timezone, start_s, end_s, low_km, high_km, tuple(classes), book.head,
        book.simulated, sign,
    )  # fmt: skip


def find_of(sign: SignFound) -> Find:
    """Return what a sign says of where and when its people can have crossed."""
    low, high = (None if km is None else STRETCH_M * km for km in (sign.from_km, sign.to_km))
    return Find(sign.people, sign.found_s, sign.since_s, low, high, sign.round_an_end)


def sign_of(book: Book, window: Window) -> Sign:
    """Return the sign that touches a window, and how that which proves a crossing in it meets what was seen.

    Sign is taken to be of people on foot.
    """
    low_m, high_m = STRETCH_M * window.from_km, STRETCH_M * window.to_km
    finds = [find_of(s) for s in book.signs if s.since_s < window.to_s and s.found_s > window.from_s]
    sure = [f for f in finds if lies_in(f, low_m, high_m, window.from_s, window.to_s)]
    crossed = [Known(a.first_s, a.position.s_m) for a in known(book, window, CROSSING, ON_FOOT)]
    layers = layers_of(crossed, sure)
    return Sign(
        layers.first_only, layers.second_only, layers.both, len(finds) - len(sure),
        chapman(layers)[0] if sure else None, tuple((ratio, both_missed(layers, ratio)) for ratio in ODDS_RATIOS),
    )  # fmt: skip


def known(book: Book, window: Window, kinds: tuple[str, ...], subject: str) -> list[Alert]:
    """Return the alerts of these kinds in a window that nobody said were no crosser."""
    return [
        a for a in book.alerts.values()
        if a.what in kinds and (a.subject == "vehicle") == (subject == "vehicle")
        and window.holds(a.first_s, a.position.s_m) and not _is_no_crosser(book.said.get(a.alert))
    ]  # fmt: skip


def unseen_of(book: Book, window: Window, crosser: str, found: list[Alert], least: int = 0) -> Unseen:
    """Return what can be said of the unseen of one class when these were seen, and `least` more are known by sign."""
    count = stretches(book.length_m(window.from_s, window.to_s))
    crossed = [Crossed(a.first_s, min(max(int(a.position.s_m / STRETCH_M), 0), count - 1)) for a in found]
    return unseen(_rows_of(book, window), _NAMES.index(crosser), crossed, count, least)


def by_kilometre(book: Book, window: Window, crosser: str) -> Account:
    """Return what was watched and missed of one class, stretch by stretch."""
    count = stretches(book.length_m(window.from_s, window.to_s))
    return account_of(_rows_of(book, window), _NAMES.index(crosser), count)


def _rows_of(book: Book, window: Window) -> MissBatch:
    rows = book.rows
    here = (rows.t_s >= window.from_s) & (rows.t_s < window.to_s)
    here &= (rows.stretch >= int(window.from_km)) & (rows.stretch < window.to_km)
    return rows.take(here)


def _class(subject: str, found: Unseen, not_judged: int, least: int) -> ClassFacts:
    bound, account = found.bound, found.account
    return ClassFacts(
        subject,
        found.seen,
        not_judged,
        None if bound is None else bound.most,
        None if bound is None else bound.p_any,
        None if bound is None else bound.mean,
        None if found.pooled is None else found.pooled.most,
        float(account.detected.sum()),
        float(account.missed.sum()),
        float(account.blind.sum()),
        _or_none(found.mean_miss),
        least,
        _or_none(found.informed),
        _or_none(found.knowing),
    )


def _or_none(p: float) -> float | None:
    return None if math.isnan(p) else p


def _is_no_crosser(action: OperatorAction | None) -> bool:
    return action is not None and action.action == "dispose" and action.disposition in NO_CROSSER
