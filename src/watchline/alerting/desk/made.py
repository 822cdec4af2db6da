"""Alerts that nothing stands behind: for seeded tests and exercises.  They look like real ones and are marked."""

from __future__ import annotations

from watchline.alerting.desk.setup import Setup
from watchline.domain.records import Alert, AlertKind, Eta, Fact, Verifier

LEVELS = (0.25, 0.5, 0.75)  # a made-up probability above these is level 2, 3, 4


def made_alert(
    setup: Setup, alert: str, what: AlertKind, s_m: float, d_m: float, t_s: float, chance: tuple[float, ...]
) -> Alert:
    """Return an alert as the engine might say it of somebody who comes to the line.

    chance: four numbers 0..1: speed, how often seen, probability, how many.
    """
    speed, seen, p, many = chance[:4]
    speed_m_s, minutes = round(0.7 + 0.8 * speed, 1), round(1.0 + 5.0 * seen, 1)
    sensor = min(setup.cameras_s_m, key=lambda one: abs(one[1] - s_m), default=("", 0.0))[0]
    eta_s = abs(d_m) / speed_m_s
    coming = what == "approaching" and d_m < 0
    level = 1 + sum(p > bound for bound in LEVELS)
    ref = f"alert:{alert}"
    facts = [
        Fact(text_key="fact.moving", args={"speed_m_s": speed_m_s, "heading_deg": 180, "minutes": minutes},
             source="track", t_s=t_s, ref=ref),
        Fact(text_key="fact.place_home" if d_m > 0 else "fact.place_outside",
             args={"km": round(s_m / 1000, 1), "distance_m": round(abs(d_m))}, source="track", t_s=t_s, ref=ref),
    ]  # fmt: skip
    if sensor:
        args: dict[str, float | int | str] = {"sensor": sensor, "hits": int(20 + 200 * seen), "minutes": minutes}
        facts.insert(0, Fact(text_key="fact.seen_by", args=args, source=sensor, t_s=t_s, ref=ref))
    if coming:
        args = {"distance_m": round(abs(d_m)), "eta_min": round(eta_s / 60, 1)}
        facts.append(Fact(text_key="fact.toward_line", args=args, source="track", t_s=t_s, ref=ref))
    return Alert(
        id=f"{alert}.1",
        t_s=t_s,
        source="alerting",
        exercise=setup.exercise,
        alert=alert,
        revision=1,
        what=what,
        first_s=t_s - 60.0 * minutes,
        state="open",
        position=setup.position(s_m, d_m),
        level=level,
        facts=tuple(facts),
        sensors=(sensor,) if sensor else (),
        count=1 + int(3 * many),
        subject="person",
        distance_m=round(abs(d_m)),
        p=round(0.1 + 0.85 * p, 2),
        eta=Eta(t5_s=t_s + 0.8 * eta_s, t50_s=t_s + eta_s, t95_s=t_s + 1.3 * eta_s) if coming else None,
        could_be=(("person", 0.8), ("animal", 0.2)),
        verifiers=(Verifier(name=sensor, up=True),) if sensor else (),
        no_clip_reason_key="noclip.no_pictures",
    )
