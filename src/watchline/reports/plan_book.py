"""The book of a plan of towers: what was asked, what was found, each mast with what it sees, who is pushed where.

In English only: the words of planning have not been translated.
"""

from __future__ import annotations

from dataclasses import dataclass

from watchline.reports.document import Block, Document, Heading, Line, Picture, Table


@dataclass(frozen=True)
class MastPage:
    """One mast: name, kind, degrees, chainage and offset, cost, post its radio reaches; pictures (PNG), empty for a
    fence."""

    name: str
    kind: str
    lon_deg: float
    lat_deg: float
    s_km: float
    d_m: float
    cost: float
    link: str
    viewshed: bytes
    panorama: bytes


@dataclass(frozen=True)
class PlanFacts:
    """What the book says.

    compared: (name, chance of detection on the weakest kilometre, mean over kilometres, kilometres under a half);
    pushed: (kilometre, hours from help before, after) where the weakest route goes farther from help than before;
    by_hour: (its name, chance on the weakest kilometre before, with the plan).
    """

    site: str
    question: str
    compared: tuple[tuple[str, float, float, int], ...]
    bound: float
    gap: float
    mean_gap: float | None
    masts: tuple[MastPage, ...]
    cost: float
    limit_h: float
    pushed: tuple[tuple[int, float, float], ...]
    refused: bool
    weakest_km: tuple[tuple[int, float, float], ...]
    map_png: bytes
    by_hour: tuple[tuple[str, float, float], ...]
    basis: str


def plan_book(facts: PlanFacts) -> Document:
    """Return the book."""
    verdict = (
        "REFUSED: it would push crossers beyond the reach of help, and brings no rescue with it."
        if facts.refused
        else "Nobody is pushed beyond the reach of help."
    )
    compared = tuple((name, f"{weak:.3f}", f"{mean:.3f}", str(km)) for name, weak, mean, km in facts.compared)
    blocks: list[Block] = [
        Line(facts.question),
        Line(verdict),
        Picture(facts.map_png, "How often a crosser is detected with the plan, and the weakest routes left."),
        Heading("What it brings"),
        Table(("plan", "weakest km", "mean", "km under a half"), compared, (0.4, 0.2, 0.2, 0.2)),
        Line("Chance of detection on the weakest way of a kilometre, for a crosser who knows all that stands still."),
        Line(
            f"No choice within the study's rules lifts the weakest kilometre above {facts.bound:.3f}; this one is "
            f"within {100 * facts.gap:.1f} % of it." + _mean(facts.mean_gap)
        ),
        *_by_hour(facts),
        Heading("Masts and posts that move"),
        Table(
            ("name", "kind", "km", "offset m", "lon, lat", "cost", "radio to, or way"),
            tuple(
                (m.name, m.kind, f"{m.s_km:.1f}", f"{m.d_m:.0f}", f"{m.lon_deg:.5f}, {m.lat_deg:.5f}",
                 f"{m.cost:g}", m.link) for m in facts.masts
            ),
            (0.12, 0.18, 0.1, 0.12, 0.26, 0.1, 0.12),
        ),
        Line(f"Cost together: {facts.cost:g}."),
        Heading("Kilometres that stay weakest"),
        Table(
            ("km", "before", "with the plan"),
            tuple((str(km), f"{before:.3f}", f"{after:.3f}") for km, before, after in facts.weakest_km),
            (0.3, 0.35, 0.35),
        ),
        Heading("Where crossers are pushed to"),
        *_pushed(facts),
    ]  # fmt: skip
    for mast in facts.masts:
        blocks += [
            Heading(f"{mast.name}: {mast.kind}, km {mast.s_km:.1f}, {mast.d_m:.0f} m behind the line"),
            *_pictures(mast),
        ]
    blocks += [Heading("What this rests on"), Line(facts.basis)]
    return Document(f"{facts.site}: plan of towers", "en", tuple(blocks), (), "watchline plan towers")


def _pictures(mast: MastPage) -> list[Block]:
    """Return what a mast sees; nothing for a fence."""
    if not mast.viewshed:
        return []
    return [
        Picture(mast.viewshed, "What it sees of a standing person; north is up."),
        Picture(mast.panorama, "The ground as seen from its top, all round from north: nearer is darker."),
    ]


def _mean(gap: float | None) -> str:
    if gap is None:
        return " The mean was not searched to a bound."
    return f" Among choices as strong there, its mean over the kilometres is within {100 * gap:.1f} % of the best."


def _by_hour(facts: PlanFacts) -> list[Block]:
    if len(facts.by_hour) < 2:
        return []
    rows = tuple((hour, f"{before:.3f}", f"{after:.3f}") for hour, before, after in facts.by_hour)
    return [Table(("hour", "weakest km today", "with the plan"), rows, (0.3, 0.35, 0.35))]


def _pushed(facts: PlanFacts) -> list[Block]:
    if not facts.pushed:
        return [Line("Nowhere does the weakest route go farther from water, road or help than the one taken today.")]
    return [
        Line(f"Hours on foot from help at the worst place of the weakest route; limit {facts.limit_h:g} h."),
        Table(
            ("km", "hours today", "hours with the plan"),
            tuple((str(km), f"{before:.1f}", f"{after:.1f}") for km, before, after in facts.pushed),
            (0.3, 0.35, 0.35),
        ),
    ]
