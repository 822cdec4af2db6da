"""A ledger keeps the site it was written with: its file, the shapes beside it, and each version for its own time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from builders import T0_S, camera, radar, site, straight_line, write_site
from core_builders import core_on, silence, ticks
from ledger_builders import counting_salt
from watchline.domain.records import SiteVersion
from watchline.ledger.reader import LedgerReader
from watchline.ledger.verify import verify
from watchline.ledger.writer import Ledger
from watchline.ops import ledger_site
from watchline.ops.ledger_site import kept_site, site_of
from watchline.ops.site_file import read_site
from watchline.ops.unseen import read_book

SHORT, LONG = straight_line(10_000.0), straight_line(14_000.0)


def _versions(directory: Path) -> list[SiteVersion]:
    with LedgerReader(directory / "ledger") as reader:
        return [e.value for e in reader.events(["site_version"]) if isinstance(e.value, SiteVersion)]


@pytest.fixture
def ran(tmp_path: Path) -> Path:
    """Return a directory whose ledger was written twice with a line of 10 km and then once with one of 14 km."""
    what = site(camera(), radar())
    for line in (SHORT, SHORT, LONG):
        write_site(tmp_path / "site", what, line)
        ticks(core_on(tmp_path, silence), 30).close()
    return tmp_path


def test_the_line_of_each_time_is_read_from_the_ledger_alone(ran: Path) -> None:
    (ran / "site" / "line.geojson").unlink()
    (ran / "site" / "site.toml").unlink()
    with LedgerReader(ran / "ledger") as reader:
        then, now = (site_of(reader, ran, end_s).line for end_s in (T0_S + 31.0, None))
    assert then is not None
    assert now is not None
    assert then.length_m == pytest.approx(SHORT.length_m, abs=0.1)
    assert now.length_m == pytest.approx(LONG.length_m, abs=0.1)
    assert verify(ran / "ledger").whole


def test_a_start_with_the_same_site_keeps_no_file_twice(ran: Path) -> None:
    first, second, third = _versions(ran)
    assert [name for name, _ in first.beside] == ["line.geojson"]
    assert (second.payload_id, second.beside, second.id) == (first.payload_id, first.beside, "site-2")
    assert third.beside != first.beside


def test_shapes_that_are_too_many_bytes_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = read_site(write_site(tmp_path / "site", site(camera())))
    monkeypatch.setattr(ledger_site, "BESIDE_BYTES_MOST", 10)
    with Ledger.create(tmp_path / "ledger", counting_salt()) as ledger:
        version = kept_site(ledger, loaded, None, "site-1", T0_S)
        ledger.append(version, T0_S)
        ledger.commit(T0_S)
    assert version.beside == ()
    with LedgerReader(tmp_path / "ledger") as reader:
        assert site_of(reader, tmp_path).line is None


def test_a_window_has_the_length_that_the_line_had_in_it(ran: Path) -> None:
    book = read_book(ran / "ledger")
    changed_s = book.lengths[-1][0]
    lengths = [book.length_m(*span) for span in ((T0_S, changed_s), (changed_s, np.inf), (T0_S - 9.0, T0_S - 1.0))]
    assert lengths == pytest.approx([SHORT.length_m, LONG.length_m, SHORT.length_m], abs=0.1)
    assert book.length_m() == pytest.approx(LONG.length_m, abs=0.1)
