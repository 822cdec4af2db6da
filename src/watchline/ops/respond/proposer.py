"""From a question to options: what is dear in proposing, as one function of values, wherever it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import msgspec
import numpy as np
from numpy.typing import NDArray

from watchline.domain.respond import Option
from watchline.ops.respond.land import Ground
from watchline.response.futures import HORIZON_S, STEP_S, Futures, futures
from watchline.response.holding import hold
from watchline.response.proposals import Standing, Wanted, propose, twins
from watchline.response.proximity import Party
from watchline.response.travel.eta import EtaModel
from watchline.response.travel.flight import Leg

F8 = NDArray[np.float64]

MOST_AGO_S = 3600.0  # a sighting that is older says nothing of where they are
# A meeting place must have moved so far, and by a share of the way that is left, before a unit under way is told.
NEWS_M, NEWS_SHARE = 75.0, 0.1


@dataclass(frozen=True)
class Sought:
    """An alert as it stands: grid position (2,), velocity (2,), error of its speed.

    held_s: by wire, where they cross; held: whether it is also asked who could hold the places that they may pass;
    seen_s: how long ago they were seen there.
    """

    alert: str
    at_m: F8
    v_m_s: F8
    sd_m_s: float
    weight: float
    distress: bool
    held_s: float
    held: bool
    seen_s: float = 0.0


@dataclass(frozen=True)
class Led:
    """A unit on its way to an alert, and the grid position (2,) to which it was sent."""

    sought: Sought
    who: Standing
    place_m: F8


@dataclass(frozen=True)
class Question:
    """Who could answer these alerts, by where everybody is at now_s; led: and where would these meet theirs.

    answered: alerts to which a unit is on its way.
    """

    now_s: float
    sought: tuple[Sought, ...]
    standing: tuple[Standing, ...]
    led: tuple[Led, ...] = ()
    parties: tuple[Party, ...] = ()
    flying: tuple[Leg, ...] = ()
    eta: Mapping[str, EtaModel] = field(default_factory=dict)
    answered: tuple[Sought, ...] = ()


@dataclass(frozen=True)
class Answer:
    """The options of each alert, by its id; twins: alerts that are most likely a party that another one stands for;
    fault: why there are none, of a proposer that failed."""

    options: Mapping[str, tuple[Option, ...]]
    fault: str = ""
    twins: frozenset[str] = frozenset()


def answered(ground: Ground, question: Question) -> Answer:
    """Return the options of every alert; about 20 ms for each unit that may go."""
    land = replace(ground.land_at(question.now_s), parties=question.parties, flying=question.flying)
    others = [_wanted(sought, ground) for sought in question.answered]
    wanted = twins([_wanted(sought, ground) for sought in question.sought], others)
    standing, eta, now_s = question.standing, question.eta, question.now_s
    options = propose(wanted, standing, land, eta, now_s)
    held = {sought.alert for sought in question.sought if sought.held}
    for want in wanted:
        of = options[want.alert]
        if of and want.alert in held and not want.twin:
            sent = {o.unit for o in of if o.chosen}
            options[want.alert] = of + hold(want, standing, sent, ground.points_m, land, eta, now_s)
    for led in question.led:
        (found,) = propose([_wanted(led.sought, ground)], [led.who], land, eta, now_s).values()
        # The nearest of several units for one alert speaks; the others go on to where they were sent.
        if found and led.sought.alert not in options and _moved(found[0], led, ground):
            options[led.sought.alert] = (msgspec.structs.replace(found[0], led=True),)
    return Answer(options, twins=frozenset(want.alert for want in wanted if want.twin))


def _moved(option: Option, led: Led, ground: Ground) -> bool:
    place = ground.line.frame.xy_m_of(option.place)
    moved_m, left_m = (float(np.hypot(*(place - at))) for at in (led.place_m, led.who.xy_m))
    return moved_m > max(NEWS_M, NEWS_SHARE * left_m)


def _wanted(sought: Sought, ground: Ground) -> Wanted:
    if sought.distress:  # they stay where they are
        t = np.arange(0.0, HORIZON_S + STEP_S, STEP_S)
        ways = Futures(t, np.broadcast_to(sought.at_m, (1, len(t), 2)), np.ones(1))
    else:
        ways = futures(
            sought.at_m, sought.v_m_s, sought.sd_m_s, ground.line, delay_s=sought.held_s,
            gone_d_m=ground.site.line.home_depth_m, ago_s=min(sought.seen_s, MOST_AGO_S),
        )  # fmt: skip
    return Wanted(sought.alert, _now(ways, sought.at_m), ways, sought.weight, sought.distress, sought.seen_s)


def _now(ways: Futures, seen_m: F8) -> F8:
    """Return (2,) where they most likely are now; where they were seen if they would all be gone."""
    here = ways.ways_m[:, 0]
    still = ~np.isnan(here[:, 0])
    return np.asarray(here[still].mean(axis=0) if still.any() else seen_m)
