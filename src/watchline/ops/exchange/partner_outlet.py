"""What another core is told over a federation link, again and again until its ledger has it.

Theory: nothing is queued for a partner who is away.  What they are to know follows from the picture and from the
terms that hold now, and what they know from their own word (`PartnerWord`), which is in our ledger; the difference is
told.  So what a release let out and that was not taken is not told any more when the release is over, and a core that
goes on after a crash tells what is missing and nothing else.  Squares are the exception: they are of the past, kept
in the ledger before they are told, and told as they were kept.

Mutable: it remembers what was told when.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np

from watchline.domain.batches import TrackBatch
from watchline.domain.federation import PartnerWord, ToldPartner
from watchline.domain.policy import CellReport, Released
from watchline.domain.records import Alert, DistressCall, GeoPoint, PartnerEvent, Record
from watchline.domain.site import LinkSpec
from watchline.ledger.reader import LedgerReader
from watchline.links.federation import key_of
from watchline.ops.picture import Picture
from watchline.ops.publish import Outlet
from watchline.ops.released import RELEASED
from watchline.ops.site_file import LoadedSite
from watchline.policy import cells

PROTOCOL = "federation"
AGAIN_S = 30.0  # what was told and not answered is told again
FRESH_S = 3600.0  # alerts that are closed for longer are not told
SQUARES_MOST = 50_000  # that wait for a partner who is away; the oldest give way
KEPT_S = 30 * 86_400.0  # what the other side would still take


class PartnerOutlet(Outlet):
    """See the module.  connected: whether the other core is there."""

    def __init__(self, spec: LinkSpec, loaded: LoadedSite, connected: Callable[[], bool]) -> None:
        super().__init__(spec, loaded)
        self._connected = connected
        self._kept: set[str] = set()
        self._left: set[str] = set()
        self._said_s: dict[str, float] = {}
        self._squares: dict[str, CellReport] = {}
        self.given_up = 0

    # -- what is known of the past -------------------------------------------------------------------------

    def recall(self, directory: Path, now_s: float) -> None:
        """Take from the ledger what was kept for the partner, what they have, and what is counted and not told."""
        since_s, mine = now_s - KEPT_S, self._spec.id
        with LedgerReader(directory) as reader:
            for entry in reader.events(["cell_report", "partner_word", "released"], since_s):
                match entry.value:
                    case PartnerWord(source=source) as word if source == mine:
                        self.heard(word)
                    case Released(link=link) as left if link == mine:
                        self._left.add(left.id.removesuffix(RELEASED))
                    case CellReport() as report if report.id.startswith(f"{mine}-out-cells-"):
                        self._squares[report.id] = report
                    case _:
                        pass
            for key in self._kept & self._squares.keys():
                del self._squares[key]
            self._count_again(reader, now_s)

    def _count_again(self, reader: LedgerReader, now_s: float) -> None:
        """Count the tracks of the windows that have not been told."""
        self._terms = self._terms_at((), now_s)
        for cell_m, delay_s in {(one.cell_m, one.delay_s) for one in self._terms if one.cell_m > 0.0}:
            terms = [one for one in self._terms if (one.cell_m, one.delay_s) == (cell_m, delay_s)]
            state, first = cells.init(cell_m, delay_s), cells.first_untold(delay_s, now_s)
            for batch in reader.columns("tracks", first * delay_s):
                assert isinstance(batch, TrackBatch)
                seen = [*self._of_tracks(batch, terms)]
                # Nothing is due: all of these windows are still to be told.
                state, _ = cells.step(state, seen, first * delay_s + delay_s, self._lonlat, lambda which: {})
            self._coarse[cell_m, delay_s] = state

    # -- what comes back -----------------------------------------------------------------------------------

    def heard(self, record: Record) -> None:
        """Take note of what the other core says of our messages."""
        if isinstance(record, PartnerWord) and record.state in ("kept", "refused"):
            self._kept.add(record.ref)
            self._squares.pop(record.ref, None)
            self._said_s.pop(record.ref, None)

    # -- what goes out -------------------------------------------------------------------------------------

    def due(self, picture: Picture) -> Iterator[Record]:
        """Yield what the other core must be told now."""
        now_s = picture.now_s
        self._terms = self._terms_at(picture.releases.values(), now_s)
        for report in self._counted(picture):
            named = msgspec.structs.replace(report, id=_squares_key(self._spec.id, report))
            if named.id not in self._kept:
                self._squares[named.id] = named
        while len(self._squares) > SQUARES_MOST:
            self._squares.pop(next(iter(self._squares)))
            self.given_up += 1
        if not self._connected():
            return
        for record in self._to_know(picture):
            key = key_of(record)  # all of these have one
            if key in self._kept or now_s - self._said_s.get(key, -np.inf) < AGAIN_S:
                continue
            self._said_s[key] = now_s
            yield record
        if "tracks" in self._spec.sends and now_s - self._tracks_s >= 2.0 - 1e-6:
            self._tracks_s = now_s
            yield from self._tracks(picture.tracks, now_s)
        if "units" in self._spec.sends:
            yield from self._unit_places(picture)

    def first_time(self, record: Record) -> bool:
        """Return whether a record has not left yet, and take note that it does: it is kept once, not each time."""
        if record.id in self._left:
            return False
        self._left.add(record.id)
        return True

    def _to_know(self, picture: Picture) -> Iterator[Record]:
        yield from list(self._squares.values())
        for told in picture.outside.told.values():
            if told.recipient == self.recipient.id and told.until_s > picture.now_s:
                yield self._event(told)
        for item in picture.alerts.values():
            alert = item.alert
            if alert.state != "open" and alert.t_s < picture.now_s - FRESH_S:
                continue
            theirs = alert.source.startswith(f"{self._spec.id}/")
            if alert.what == "distress":
                if theirs and item.acknowledged is not None:
                    yield self._taken(alert)
                elif not theirs and self._theirs("distress", alert.position.s_m):
                    yield self._call(alert)
            elif "alerts" in self._spec.sends and not alert.found_late and self._theirs("alerts", alert.position.s_m):
                yield self._as_alert(alert)

    def _event(self, told: ToldPartner) -> PartnerEvent:
        return PartnerEvent(
            id=f"{self._spec.id}-out-{told.id}", t_s=told.t_s, source=self._spec.node, provenance=(told.id,),
            what=told.what, organisation=self._spec.node, place=told.place, confidence=told.confidence,
            until_s=told.until_s, people=told.people, text=told.text,
        )  # fmt: skip

    def _call(self, alert: Alert) -> DistressCall:
        """Return a call for help as the partner is told it; one that a person here has closed is taken back."""
        at = alert.position
        people = "" if alert.count < 2 else f"{alert.count} people"
        return DistressCall(
            **self._stamp(f"distress-{alert.alert}-{alert.revision}", alert.t_s),  # type: ignore[arg-type]
            provenance=(alert.id,),
            uid=alert.alert,
            place=GeoPoint(lon_deg=at.lon_deg, lat_deg=at.lat_deg),
            text=people,
            over=alert.state == "closed",
        )

    def _taken(self, alert: Alert) -> PartnerWord:
        """Return that a person here has taken their call."""
        about = alert.source.removeprefix(f"{self._spec.id}/")
        return PartnerWord(
            id=f"{self._spec.id}-out-taken-{about}", t_s=alert.t_s, source=self._spec.node, state="taken", ref=about
        )  # fmt: skip


def _squares_key(link: str, report: CellReport) -> str:
    """Return a name that is the same whenever the same squares are counted."""
    at = report.place
    return f"{link}-out-cells-{report.from_s:.0f}-{report.to_s:.0f}-{at.lon_deg:.4f}-{at.lat_deg:.4f}"
