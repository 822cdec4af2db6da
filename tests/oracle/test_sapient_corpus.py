"""The conformance messages of the public test harness: the good pass, the bad do not, with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("sapient_msg")

from watchline.links import PeerError, sapient
from watchline.links.log import replay

CORPUS = Path(__file__).parents[3] / "shared" / "data" / "sapient"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="skipped: no ../shared/data/sapient"),
]


def _refusals(path: Path) -> list[PeerError]:
    return [item for item in replay(sapient, path.read_bytes(), path.name) if isinstance(item, PeerError)]


def test_every_good_message_is_accepted() -> None:
    files = sorted((CORPUS / "True").glob("*.json"))
    assert files
    assert {path.name: _refusals(path) for path in files if _refusals(path)} == {}


def test_bad_messages_are_refused_with_the_reason() -> None:
    files = sorted((CORPUS / "False").glob("*.json"))
    refused = {path.name: found[0].reason for path in files if (found := _refusals(path))}
    assert len(refused) >= 0.97 * len(files)
    assert all(refused.values())
