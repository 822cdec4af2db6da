"""The red team's verdict as a page of Markdown, as numbers, and as one answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

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


@dataclass(frozen=True)
class Verdict:
    """Everything that was judged.

    models: by name, of walkers; bounds: by how many opportunities the crossers had; optimised, vehicles: None if
    nobody was sent so.  Vehicles are shown and pass no gate: walkers alone teach the law.
    """

    crossings: int
    taught: int
    law: PassageLaw
    models: dict[str, Calibrated]
    bounds: dict[int, Covered]
    optimised: Beaten | None
    vehicles: Calibrated | None = None

    @property
    def gates(self) -> dict[str, bool]:
        """Return each gate and whether it was passed; models that are known to be wrong must fail theirs."""
        out = {"live figures are calibrated": self.models["live"].right}
        out |= {f"{NAMES[name]}: fails": not self.models[name].right for name in ("glimpses", "plan")}
        out |= {f"bound holds, best of {c}": bound.right for c, bound in self.bounds.items()}
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
        "taught_by": verdict.taught,
        "law": dict(zip(("scale", "frailty_k", "needed"), _middle(verdict.law), strict=True)),
        "models": {
            name: _model(m) for name, m in verdict.models.items()
        },
        "vehicles": None if verdict.vehicles is None else _model(verdict.vehicles),
        "bounds": {
            str(c): {
                "worlds": b.worlds, "unknown": b.unknown, "held": round(b.share, 4), "median": b.most,
                "median_if_known": b.most_if_known,
            }
            for c, b in verdict.bounds.items()
        },
        "optimised": None if verdict.optimised is None else {
            "crossings": verdict.optimised.passages, "missed": round(verdict.optimised.missed, 4),
            "pi_adv": round(verdict.optimised.adversary, 4), "over_se": round(verdict.optimised.over_se, 2),
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
    scale, k, needed = _middle(verdict.law)
    live, drove = verdict.models["live"], verdict.vehicles
    out = [
        "# The red team's verdict",
        "",
        f"**{'Passed' if verdict.passed else 'Not passed'}.** {verdict.crossings} crossings of the simulator through "
        f"the running product, after {verdict.taught} that taught it (scale {scale:.2f}, frailty k {k:.2f}, reports "
        f"needed {needed:.1f}).",
        "",
        "| figures | said | missed | Z | Brier | reliability | verdict |",
        "|---|---|---|---|---|---|---|",
        *(_row(NAMES[name], m) for name, m in verdict.models.items()),
        *([_row(f"the account, live: {drove.passages} vehicles", drove)] if drove is not None else []),
        "",
        f"Right is |Z| < {Z_MOST:g}, and every tenth with {DECILE_LEAST} crossings or more inside its 99.9 % band:",
        "",
        "| said | missed | of | share | band | |",
        "|---|---|---|---|---|---|",
        *(
            f"| {b.forecast:.2f} | {b.happened} | {b.trials} | {b.happened / b.trials:.2f} | {b.low} to {b.high} | "
            f"{'' if b.inside else 'outside' if b.trials >= DECILE_LEAST else 'outside, too few'} |"
            for b in live.deciles
        ),
        "",
        f"The bound on the unseen (U95) must hold in {COVER_LEAST:.0%} of worlds and be at most {WIDTH_MOST:g} times "
        "that of one who knows how crossers choose:",
        "",
        "| crossers | worlds | unknown | held | median U95 | if all were known | verdict |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {'at random' if c == 1 else f'best of {c}'} | {b.worlds} | {b.unknown} | {b.share:.3f} | "
            f"{b.most:g} | {b.most_if_known:g} | {'holds' if b.right else 'does not'} |"
            for c, b in verdict.bounds.items()
        ),
        "",
    ]
    if verdict.optimised is not None:
        o = verdict.optimised
        out.append(
            f"{o.passages} who looked for the best way with the simulator's own physics were missed {o.missed:.3f} "
            f"of the time, pi_adv said {o.adversary:.3f}: {o.over_se:+.1f} standard errors (limit {BEATEN_SE:g})."
        )
    return "\n".join(out) + "\n"


def _row(name: str, m: Calibrated) -> str:
    return (
        f"| {name} | {m.mean:.3f} | {m.missed:.3f} | {m.z:+.2f} | {m.brier.score:.3f} | {m.brier.reliability:.4f} | "
        f"{'right' if m.right else 'wrong'} |"
    )


def _middle(law: PassageLaw) -> Sequence[float]:
    return [round(float(np.exp(law.weight @ np.log(x))), 3) for x in (law.scale, law.frailty_k, law.needed)]
