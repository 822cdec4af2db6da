"""A simulated week at the desk: how many alerts, how true, how early, what was kept back, and who never alarmed.

Goes through recorded days (`alert_days.py`) with the product's own alarm spine.  The operator is simulated: three
minutes after a card appears its disposition is what really was there, which also corrects later probabilities.

    python benchmarks/alerting_week.py FOLDER [--seeds 701,...] [--json FILE] [--no-answers]
"""

from __future__ import annotations

import argparse
import heapq
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from alert_days import DAY_S, Moment, later, moments, week_setting, with_permits
from alert_facts import Ledger
from alert_truth import Day

from watchline.alerting.management.rates import bins, flood_share
from watchline.assurance.calibration import reliability, spiegelhalter_z
from watchline.domain.records import Alert, ExplainedTrack, OperatorAction, Record, Suppression
from watchline.ops import alarms

ANSWER_S = 180.0
DETECTABLE_SEEN = 10  # detections of a party before it is at the line,
DETECTABLE_S = 60.0  # the first of them so long before
INTRUSIONS = ("approaching", "crossing", "crossed", "loitering", "fence_touched", "lost_contact", "group_arrival")


@dataclass
class Desk:
    """What a desk was shown, and what really was there.  Mutable: it watches the spine."""

    setting: object
    alerts: dict[str, Alert] = field(default_factory=dict)
    held: dict[str, tuple[float, str]] = field(default_factory=dict)
    shown: dict[str, tuple[float, Alert]] = field(default_factory=dict)
    revisions: list[Alert] = field(default_factory=list)
    verdicts: dict[str, str] = field(default_factory=dict)
    party_of: dict[str, set[tuple[int, int]]] = field(default_factory=dict)
    raised_s: dict[tuple[int, int], float] = field(default_factory=dict)
    kept_s: dict[tuple[int, int], float] = field(default_factory=dict)
    said: list[tuple[float, bool]] = field(default_factory=list)
    kept: Counter = field(default_factory=Counter)
    explained: Counter = field(default_factory=Counter)
    top: dict[str, bool] = field(default_factory=dict)
    waiting: list[tuple[float, str, str]] = field(default_factory=list)

    def hear(self, records: list[Record], day: Day, number: int, now_s: float) -> None:
        """Take what the spine said at one moment."""
        for r in records:
            match r:
                case Alert():
                    self.alerts[r.alert] = r
                    self.revisions.append(r)
                    self._match(r, day, number)
                case Suppression():
                    self._hold(r)
                case ExplainedTrack():
                    self.explained[r.rule, r.state] += 1
        for r in records:
            if isinstance(r, Alert) and r.state == "open":
                self._show(r, day, number, now_s)
        for r in records:
            if isinstance(r, Suppression) and r.over and self.alerts[r.what].state == "open":
                self._show(self.alerts[r.what], day, number, now_s)

    def _xy(self, alert: Alert) -> np.ndarray:
        return self.setting.line.frame.xy_m_from_lonlat(alert.position.lon_deg, alert.position.lat_deg)

    def _match(self, alert: Alert, day: Day, number: int) -> None:
        if alert.what in INTRUSIONS and alert.state == "open" and alert.what != "lost_contact":
            party, _, _ = day.at(alert.t_s - number * DAY_S, self._xy(alert), 400.0)
            if party >= 0:
                self.party_of.setdefault(alert.alert, set()).add((number, party))

    def _hold(self, r: Suppression) -> None:
        if not r.over:
            self.kept[r.rule] += 1
            self.held.setdefault(r.what, (r.t_s, r.rule))
        elif r.what in self.held:
            since, _ = self.held.pop(r.what)
            for party in self.party_of.get(r.what, ()):
                # Time during which nothing else about this party was on the queue.
                until = min(r.t_s, max(self.raised_s.get(party, np.inf), since))
                self.kept_s[party] = max(self.kept_s.get(party, 0.0), until - since)

    def _show(self, alert: Alert, day: Day, number: int, now_s: float) -> None:
        if alert.alert in self.held:
            return
        for party in self.party_of.get(alert.alert, ()):
            self.raised_s.setdefault(party, now_s - party[0] * DAY_S)
        if alert.level == 4 and alert.p is not None and alert.alert not in self.top:
            self.top[alert.alert] = self._verdict(alert, day, number) in ("true", "distress")
        if alert.alert in self.shown:
            return
        self.shown[alert.alert] = now_s, alert
        self.verdicts[alert.alert] = verdict = self._verdict(alert, day, number)
        if alert.p is not None:
            self.said.append((alert.p, verdict in ("true", "distress")))
            heapq.heappush(self.waiting, (now_s + ANSWER_S, alert.alert, verdict))

    def _verdict(self, alert: Alert, day: Day, number: int) -> str:
        if alert.what not in INTRUSIONS and alert.track_id is None:
            return "fact"
        return day.verdict(alert.t_s - number * DAY_S, self._xy(alert), alert.what)

    def answers(self, now_s: float) -> list[Record]:
        """Return what the operator says now."""
        out: list[Record] = []
        while self.waiting and self.waiting[0][0] <= now_s:
            _, name, verdict = heapq.heappop(self.waiting)
            out.append(
                OperatorAction(
                    id=f"O-{name}", t_s=now_s, source="desk", alert=name, operator="desk", action="dispose",
                    key=f"key-{name}", disposition=verdict,
                )
            )  # fmt: skip
        return out


def run(folder: Path, seeds: list[int], *, answers: bool = True, hours: float = 24.0) -> tuple[Desk, dict]:
    """Go through the days; return the desk and its figures."""
    setting = week_setting()
    state = alarms.init(setting.site, setting.line, setting.places_m)
    desk = Desk(setting)
    totals = Counter()
    began = time.process_time()
    crossings: list[tuple[int, int, float]] = []
    book, checked, wrong = Ledger(setting.site, setting.line), 0, []
    for number, seed in enumerate(seeds):
        day = Day(folder / f"day-{seed}")
        book.dark.clear()  # each day is a world of its own, in which everything works at first
        for moment in moments(folder / f"day-{seed}"):
            if moment.now_s - setting.start_s > hours * 3600.0:
                break
            moment = later(with_permits(moment, setting), number)
            state, records = _step(state, moment, desk if answers else None)
            desk.hear(records, day, number, moment.now_s)
            alerts = _fold(book, moment, records)
            checked += sum(len(a.facts) for a in alerts)
            wrong += [(a.id, fact, want) for a in alerts for fact, want in book.wrong(a)]
        crossings += [
            (number, p, one.crossing_s)
            for p, one in day.parties.items()
            if one.people and one.unit < 0 and one.outside_m < -500.0 and np.isfinite(one.crossing_s)
            and one.seen >= DETECTABLE_SEEN and one.crossing_s - one.first_seen_s >= DETECTABLE_S
            and one.crossing_s < setting.start_s + hours * 3600
        ]  # fmt: skip
        totals["crossings"] += sum(
            one.people and one.unit < 0 and np.isfinite(one.crossing_s) for one in day.parties.values()
        )
    out = figures(desk, setting.start_s, seeds, hours, crossings, totals, time.process_time() - began)
    return desk, out | {"facts_checked": checked, "facts_wrong": len(wrong), "wrong": [str(w) for w in wrong[:10]]}


def _fold(book: Ledger, moment: Moment, records: list[Record]) -> list[Alert]:
    """Fold what a ledger keeps of a moment; return the open alerts told in it, whose facts can then be checked."""
    for record in (*moment.records, *records):
        book.tell(record)
    book.columns(moment.tracks)
    book.columns(moment.detections)
    if moment.now_s - book.now_s > 3600.0:
        book.forget(moment.now_s)
    return [r for r in records if isinstance(r, Alert) and r.state == "open"]


def _step(state: alarms.State, moment: Moment, desk: Desk | None) -> tuple[alarms.State, list[Record]]:
    said = tuple(desk.answers(moment.now_s)) if desk is not None else ()
    heard = alarms.Heard(
        moment.now_s, (*moment.records, *said), moment.detections, moment.tracks, moment.dark
    )  # fmt: skip
    return alarms.step(state, heard)


def figures(desk: Desk, start_s: float, seeds, hours, crossings, totals, cpu_s: float) -> dict:
    """Return the figures of the week."""
    counts = []
    for number in range(len(seeds)):
        a = start_s + number * DAY_S
        counts += bins((t for t, _ in desk.shown.values()), a, a + hours * 3600)
    before = [desk.raised_s.get((n, p), np.inf) < t for n, p, t in crossings]
    kept = [desk.kept_s.get((n, p), 0.0) for n, p, _ in crossings]
    said = np.array([p for p, _ in desk.said]), np.array([true for _, true in desk.said], float)
    track_verdicts = Counter(desk.verdicts[a] for a, (_, al) in desk.shown.items() if al.p is not None)
    return {
        "days": len(seeds),
        "alerts": len(desk.shown),
        "mean_per_10_min": round(float(np.mean(counts)), 3),
        "worst_10_min": max(counts),
        "flood_share": round(flood_share(counts), 5),
        "top_level": len(desk.top),
        "top_level_precision": round(float(np.mean(list(desk.top.values()))), 3) if desk.top else None,
        "precision_of_all_with_p": round(
            sum(track_verdicts[v] for v in ("true", "distress")) / max(sum(track_verdicts.values()), 1), 3
        ),
        "verdicts": dict(track_verdicts),
        "kinds": dict(Counter(al.what for _, al in desk.shown.values())),
        "crossings": totals["crossings"],
        "detectable": len(crossings),
        "raised_before_the_line": round(float(np.mean(before)), 4) if before else None,
        "longest_kept_back_s": max(kept, default=0.0),
        "kept_back_over_60_s": sum(k > 60.0 for k in kept),
        "spiegelhalter_z": round(spiegelhalter_z(*said), 2),
        "reliability": [
            (round(b.forecast, 2), round(b.happened / b.trials, 2), b.trials) for b in reliability(*said)
        ],
        "own_or_exercise_alarmed": track_verdicts["own"],
        "fewest_facts": min(len(a.facts) for a in desk.revisions),
        "suppressions": dict(desk.kept),
        "explained": {f"{rule} {state}": n for (rule, state), n in desk.explained.items()},
        "cpu_s": round(cpu_s, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", default="701,702,703,704,705,706,707")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--no-answers", action="store_true")
    options = parser.parse_args()
    _, out = run(
        options.folder,
        [int(s) for s in options.seeds.split(",")],
        answers=not options.no_answers,
        hours=options.hours,
    )
    for name, value in out.items():
        print(f"{name:26} {value}")
    if options.json:
        options.json.write_text(json.dumps(out, indent=1, default=float))


if __name__ == "__main__":
    main()
