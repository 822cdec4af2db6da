"""The site that a ledger was written with, and its sensors as the present one numbers them."""

from __future__ import annotations

import itertools
from bisect import bisect_left
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from watchline.domain.batches import _Batch
from watchline.domain.errors import BadInput
from watchline.domain.records import SiteVersion
from watchline.domain.site import Site
from watchline.geo.line import LineFrame
from watchline.ledger.reader import LedgerReader
from watchline.ledger.writer import Ledger
from watchline.ops.site_file import LoadedSite, line_of
from watchline.sources.geojson import lines_in

BESIDE_BYTES_MOST = 16 * 2**20  # of all shapes of a version: half of what one batch of the ledger holds in memory
Looks = TypeVar("Looks", bound=_Batch)  # scans or detections


def kept_site(
    ledger: Ledger, loaded: LoadedSite, before: SiteVersion | None, number: str, now_s: float
) -> SiteVersion:
    """Return the record of a site, its files put into the ledger; those of the version before stand if all are alike.

    before: the version before, None where there is none or its files were deleted.
    Shapes are kept in their order until they would be more than `BESIDE_BYTES_MOST`.
    """
    if before is not None and before.digest == loaded.digest and (before.beside or not loaded.beside):
        return msgspec.structs.replace(before, id=number, t_s=now_s)
    payload_id = ledger.put_payload(loaded.text.encode(), "application/toml")
    total = itertools.accumulate(len(data) for _, data in loaded.beside)
    kept = [one for one, size in zip(loaded.beside, total, strict=True) if size <= BESIDE_BYTES_MOST]
    beside = tuple((name, ledger.put_payload(data, "application/geo+json")) for name, data in kept)
    return SiteVersion(
        id=number, t_s=now_s, source="site file", digest=loaded.digest, name=loaded.site.name,
        length_m=round(loaded.line.length_m, 3), payload_id=payload_id, beside=beside,
    )  # fmt: skip


@dataclass(frozen=True)
class SiteThen:
    """A site as a ledger holds it.  line: None where its shape was not kept; since_s: when it began to hold."""

    site: Site
    line: LineFrame | None
    since_s: float


def site_of(
    reader: LedgerReader, directory: Path, end_s: float | None = None, known_at_s: float | None = None
) -> SiteThen:
    """Return the site as it was before end_s, as known at known_at_s; BadInput when the ledger holds none.

    Numbers of sensors hold for one version of the site only (`SensorNumbers`).
    """
    versions = [entry.value for entry in reader.events(["site_version"], t1_s=end_s, known_at_s=known_at_s)]
    if not versions:
        raise BadInput(str(directory), "holds no site at that time", "a ledger of watchline run begins with one")
    version = versions[-1]
    assert isinstance(version, SiteVersion)
    payload = reader.payload(version.payload_id)
    if payload is None:
        raise BadInput(str(directory), "the site file it was written with has been deleted")
    try:
        site = msgspec.toml.decode(payload.data, type=Site)
    except msgspec.ValidationError as error:
        raise BadInput(str(directory), f"was written with a site file of another version ({error})") from None
    return SiteThen(site, _line_of(reader, version, site), version.t_s)


def _line_of(reader: LedgerReader, version: SiteVersion, site: Site) -> LineFrame | None:
    """Return the line of a version, None where its shape is not held."""
    name = site.line.file
    payload = reader.payload(dict(version.beside)[name]) if name in dict(version.beside) else None
    return None if payload is None else line_of(lines_in(payload.data, Path(name)), Path(name), site)


class SensorNumbers:
    """A ledger's columns with their sensors as the present site numbers them.

    Columns name a sensor by its place in the site that was in force when they were written: that place is looked up
    in that site, and the sensor's id in the present one.  gone: how many rows were of sensors that the present site
    has not.  Mutable: it counts them.
    """

    def __init__(self, reader: LedgerReader, ids: tuple[str, ...]) -> None:
        """ids: of the present site's sensors."""
        self.gone = 0
        self._ids = ids
        self._seqs: list[int] = []
        self._now: list[NDArray[np.int32] | None] = []
        for entry in reader.events(["site_version"]):
            assert isinstance(entry.value, SiteVersion)
            self._seqs.append(entry.seq)
            self._now.append(self._numbers_since(reader, entry.value))

    def of(self, batch: Looks, seq: int) -> Looks:
        """Return what lies in a batch of the ledger with present numbers, without rows of sensors that are gone."""
        at = bisect_left(self._seqs, seq) - 1  # a site holds for what comes after it
        now = self._now[at] if at >= 0 else None
        if now is None:
            return batch
        then = batch.columns()["sensor"]
        sensor = np.where(then < len(now) - 1, now[np.minimum(then, len(now) - 1)], -1)
        here = sensor >= 0
        self.gone += int(np.count_nonzero(~here))
        return batch.with_columns(sensor=sensor.astype(np.int32)).take(here)

    def _numbers_since(self, reader: LedgerReader, version: SiteVersion) -> NDArray[np.int32] | None:
        """Return (n + 1,) the present number of each sensor of a site, -1 for one that is gone, and a last -1.

        None where they are numbered alike; of a site whose file was deleted no sensor is known.
        """
        payload = reader.payload(version.payload_id)
        table = msgspec.toml.decode(payload.data) if payload is not None else {}
        then = tuple(str(row["id"]) for row in table.get("sensors", []))
        if then == self._ids:
            return None
        place = {one: k for k, one in enumerate(self._ids)}
        return np.array([*(place.get(one, -1) for one in then), -1], np.int32)
