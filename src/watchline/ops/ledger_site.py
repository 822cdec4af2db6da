"""The site that a ledger was written with."""

from __future__ import annotations

from pathlib import Path

import msgspec

from watchline.domain.errors import BadInput
from watchline.domain.records import SiteVersion
from watchline.domain.site import Site
from watchline.ledger.reader import LedgerReader


def site_of(
    reader: LedgerReader, directory: Path, end_s: float | None = None, known_at_s: float | None = None
) -> tuple[Site, float]:
    """Return the site as it was before end_s, as known at known_at_s, and since when; BadInput when it holds none.

    Numbers of sensors hold for one version of the site only.
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
        return msgspec.toml.decode(payload.data, type=Site), version.t_s
    except msgspec.ValidationError as error:
        raise BadInput(str(directory), f"was written with a site file of another version ({error})") from None
