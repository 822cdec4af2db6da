"""The red team's verdict as a page of Markdown, as numbers, and as one answer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from watchline.assurance.pace import Pace
from watchline.assurance.passage_law import PassageLaw
from watchline.assurance.red_team import (
    BEATEN_SE,
    COVER_LEAST,
    DECILE_LEAST,
    WIDTH_MOST,
    Z_MOST,
    Beaten,
    Calibrated,
    Covered,
)

NAMES = {
    "live": "the account, live",
    "glimpses": "live, looks independent, exp(-H)",
    "plan": "as planned: nothing dark, nominal contrast",
}


WRONG = ("glimpses", "plan")  # known to be: a trial that they pass could not fail the account


@dataclass(frozen=True)
class Judged:
    """What is found of one class: by how many it was taught and what, its figures by model, its bounds by how many
    opportunities the crossers had.
    """

    taught: int
    law: PassageLaw
    pace: Pace
    models: dict[str, Calibrated]
    bounds: dict[int, Covered]

    @property
    def passages(self) -> int:
        """Return how many were judged."""
        return self.models["live"].passages


@dataclass(frozen=True)
class Verdict:
    """Everything that was judged, by class; optimised: None if nobody was sent so."""

    classes: dict[str, Judged]
    optimised: Beaten | None

    @property
    def crossings(self) -> int:
        """Return how many passages were judged."""
        return sum(of.passages for of in self.classes.values()) + (self.optimised.passages if self.optimised else 0)

    @property
    def gates(self) -> dict[str, bool]:
        """Return each gate and whether it was passed; models that are known to be wrong must fail theirs."""
        out = {}
        for name, of in self.classes.items():
            out[f"{name}s: live figures are calibrated"] = of.models["live"].right
            out |= {f"{name}s: {NAMES[model]}: fails": not of.models[model].right for model in WRONG}
            out |= {f"{name}s: bound holds, best of {c}": bound.right for c, bound in of.bounds.items()}
        if self.optimised is not None:
            out["pi_adv is not beaten"] = self.optimised.right
        return out

    @property
    def passed(self) -> bool:
        """Return whether every gate was passed."""
        return all(self.gates.values())


def numbers(verdict: Verdict) -> dict[str, Any]:
    """Return the verdict as one JSON object."""
    return {
        "passed": verdict.passed,
        "gates": verdict.gates,
        "crossings": verdict.crossings,
        "classes": {name: _numbers_of(one) for name, one in verdict.classes.items()},
        "optimised": None if verdict.optimised is None else {
            "crossings": verdict.optimised.passages, "missed": round(verdict.optimised.missed, 4),
            "pi_adv": round(verdict.optimised.adversary, 4), "over_se": round(verdict.optimised.over_se, 2),
        },
    }  # fmt: skip


def _numbers_of(one: Judged) -> dict[str, Any]:
    return {
        "taught_by": one.taught,
        "law": dict(zip(("scale", "frailty_k", "needed"), _middle(one.law), strict=True)),
        "pace": round(math.exp(one.pace.ln_mean), 3),
        "models": {name: _model(m) for name, m in one.models.items()},
        "bounds": {
            str(c): {
                "worlds": b.worlds, "unknown": b.unknown, "held": round(b.share, 4), "median": b.most,
                "median_if_known": b.most_if_known,
            }
            for c, b in one.bounds.items()
        },
    }  # fmt: skip


def _model(m: Calibrated) -> dict[str, Any]:
    return {
        "passages": m.passages, "mean": round(m.mean, 4), "missed": round(m.missed, 4), "z": round(m.z, 2),
        "brier": round(m.brier.score, 4),
        "deciles": [
            {"said": round(b.forecast, 3), "missed": b.happened, "of": b.trials, "band": [b.low, b.high]}
            for b in m.deciles
        ],
    }  # fmt: skip


def page(verdict: Verdict) -> str:
    """Return the verdict as Markdown."""
    out = [
        "# The red team's verdict",
        "",
        f"**{'Passed' if verdict.passed else 'Not passed'}.** {verdict.crossings} crossings of the simulator through "
        f"the running product. Right is |Z| < {Z_MOST:g}, and every tenth with {DECILE_LEAST} crossings or more "
        f"inside its 99.9 % band. The bound on the unseen (U95) must hold in {COVER_LEAST:.0%} of worlds and be at "
        f"most {WIDTH_MOST:g} times that of one who knows how crossers choose.",
    ]
    for name, one in verdict.classes.items():
        out += _page_of(name, one)
    if verdict.optimised is not None:
        o = verdict.optimised
        out += [
            "",
            f"{o.passages} who looked for the best way with the simulator's own physics were missed {o.missed:.3f} "
            f"of the time, pi_adv said {o.adversary:.3f}: {o.over_se:+.1f} standard errors (limit {BEATEN_SE:g}).",
        ]
    return "\n".join(out) + "\n"


def _page_of(name: str, one: Judged) -> list[str]:
    scale, k, needed = _middle(one.law)
    return [
        "",
        f"## {name.capitalize()}s: {one.passages}",
        "",
        f"After {one.taught} that taught the account (scale {scale:.2f}, frailty k {k:.2f}, reports needed "
        f"{needed:.1f}, {math.exp(one.pace.ln_mean):.2f} times as fast as the reference).",
        "",
        "| figures | said | missed | Z | Brier | reliability | verdict |",
        "|---|---|---|---|---|---|---|",
        *(_row(NAMES[model], m) for model, m in one.models.items()),
        "",
        "| said | missed | of | share | band | |",
        "|---|---|---|---|---|---|",
        *(
            f"| {b.forecast:.2f} | {b.happened} | {b.trials} | {b.happened / b.trials:.2f} | {b.low} to {b.high} | "
            f"{'' if b.inside else 'outside' if b.trials >= DECILE_LEAST else 'outside, too few'} |"
            for b in one.models["live"].deciles
        ),
        "",
        "| crossers | worlds | unknown | held | median U95 | if all were known | verdict |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {'at random' if c == 1 else f'best of {c}'} | {b.worlds} | {b.unknown} | {b.share:.3f} | "
            f"{b.most:g} | {b.most_if_known:g} | {'holds' if b.right else 'does not'} |"
            for c, b in one.bounds.items()
        ),
    ]


def _row(name: str, m: Calibrated) -> str:
    return (
        f"| {name} | {m.mean:.3f} | {m.missed:.3f} | {m.z:+.2f} | {m.brier.score:.3f} | {m.brier.reliability:.4f} | "
        f"{'right' if m.right else 'wrong'} |"
    )


def _middle(law: PassageLaw) -> Sequence[float]:
    return [round(float(np.exp(law.weight @ np.log(x))), 3) for x in (law.scale, law.frailty_k, law.needed)]
