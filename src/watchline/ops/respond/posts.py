"""The posts of a line in depth, as screens and the command line show them: checkpoints, gaps of blocking lines.

It takes seconds of a processor for 200 km, so a running core has it made by a process of its own (`made_beside`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec

from watchline.geo.terrain import Terrain
from watchline.ops.beside import Beside, Died, questions
from watchline.ops.respond.blocking_line import GapAt, blocking_line
from watchline.ops.respond.checkpoints import Checkpoint, Round, checkpoints
from watchline.ops.site_file import LoadedSite, read_site


@dataclass(frozen=True)
class Asked:
    """What is asked: a moment of the day, the air's visibility, where mobile checkpoints were heard."""

    now_s: float
    visibility_m: float
    heard: tuple[tuple[str, float, float], ...] = ()


class GapRow(msgspec.Struct, frozen=True):
    """A gap in some hours of the site's clock; closer: which reserve is soonest there, "" for none."""

    left: str
    right: str
    from_km: float
    to_km: float
    crosser: str = msgspec.field(name="class")
    day: bool
    hours: tuple[int, ...]
    mean: float
    worst: float
    worst_km: float
    closer: str
    closer_s: float | None


class RoundRow(msgspec.Struct, frozen=True):
    """A way round a checkpoint; seconds and metres None where there is none.  way: degrees longitude, latitude."""

    crosser: str = msgspec.field(name="class")
    keep_m: float
    through_s: float | None
    extra_s: float | None
    extra_m: float | None
    noticed_day: float
    noticed_night: float
    way: tuple[tuple[float, float], ...]


class CheckpointRow(msgspec.Struct, frozen=True):
    """A checkpoint; hours: of the site's clock in which it is manned; surface: of its road, "" for none near."""

    id: str
    kind: str
    organisation: str
    s_m: float
    d_m: float
    surface: str
    off_road_m: float | None
    hours: tuple[tuple[float, float], ...]
    rounds: tuple[RoundRow, ...]


class Posts(msgspec.Struct, frozen=True):
    """Both; visibility_m: with which it was reckoned."""

    checkpoints: tuple[CheckpointRow, ...]
    gaps: tuple[GapRow, ...]
    visibility_m: float


def posts_of(site: LoadedSite, terrain: Terrain, asked: Asked) -> Posts:
    """Return the posts of the whole line."""
    heard = {name: (lon, lat) for name, lon, lat in asked.heard}
    length_km = site.line.length_m / 1000.0
    return Posts(
        checkpoint_rows(site, terrain, asked, heard),
        tuple(map(gap_row, blocking_line(site, terrain, 0.0, length_km, asked.now_s, asked.visibility_m))),
        asked.visibility_m,
    )


def made_beside(site: Path, asked: Asked) -> Posts:
    """Return the posts of a site file, reckoned in a process of its own.  Raises RuntimeError with what it says."""
    beside = Beside("watchline-posts", _work, site)
    try:
        beside.ask(asked)
        made = beside.hear(wait=True)
    except Died:
        raise RuntimeError("the process died") from None
    finally:
        beside.close()
    if not isinstance(made, Posts):
        raise RuntimeError(str(made))
    return made


def _work(pipe: Connection, path: Path) -> None:
    for asked in questions(pipe):
        try:
            site = read_site(path)
            pipe.send(posts_of(site, site.terrain(), asked))
        except Exception as error:  # noqa: BLE001 (it is told on the screen)
            pipe.send(f"{type(error).__name__}: {error}")


def gap_row(at: GapAt) -> GapRow:
    """Return a gap as it is written."""
    gap = at.gap
    return GapRow(
        gap.left, gap.right, round(gap.from_m / 1000.0, 3), round(gap.to_m / 1000.0, 3), at.crosser.name, at.day,
        at.hours, round(gap.mean, 3), round(gap.worst, 3), round(gap.worst_at_m / 1000.0, 3), at.closer,
        None if math.isinf(at.closer_s) else round(at.closer_s),
    )  # fmt: skip


def checkpoint_rows(
    site: LoadedSite, terrain: Terrain, asked: Asked, heard: Mapping[str, tuple[float, float]]
) -> tuple[CheckpointRow, ...]:
    """Return the checkpoints as they are written."""
    found = checkpoints(site, terrain, asked.visibility_m, heard)
    return tuple(_checkpoint_row(one, site) for one in found)


def _checkpoint_row(one: Checkpoint, site: LoadedSite) -> CheckpointRow:
    off_m = None if math.isinf(one.off_road_m) else round(one.off_road_m)
    return CheckpointRow(
        one.post.id, one.post.kind, one.post.organisation, round(one.s_m), round(one.d_m), one.surface, off_m,
        one.post.hours, tuple(_round_row(round_, site) for round_ in one.rounds),
    )  # fmt: skip


def _round_row(one: Round, site: LoadedSite) -> RoundRow:
    found = one.found
    if found is None:
        return RoundRow(one.crosser.name, one.keep_m, None, None, None, 0.0, 0.0, ())
    way = site.line.frame.lonlat_from_xy_m(found.way_m[:: max(1, len(found.way_m) // 60)]).round(5).tolist()
    return RoundRow(
        one.crosser.name, one.keep_m, round(found.through_s), round(found.round_s - found.through_s),
        round(found.extra_m), round(one.noticed_day, 3), round(one.noticed_night, 3),
        tuple((lon, lat) for lon, lat in way),
    )  # fmt: skip
