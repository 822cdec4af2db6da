"""Site files that earlier versions wrote: read whole by this one, and written again without loss."""

from __future__ import annotations

from pathlib import Path

import pytest

from watchline.ops.site_file import parse_site, site_text

OLD = sorted((Path(__file__).parent / "old_sites").glob("*.toml"))


@pytest.mark.parametrize("path", OLD, ids=lambda path: path.stem)
def test_it_is_read_without_a_fault(path: Path, tmp_path: Path) -> None:
    site, faults, _ = parse_site(path)
    assert faults == []
    assert len(site.sensors) > 5
    again = tmp_path / "site.toml"
    again.write_text(site_text(site), encoding="utf-8")
    assert parse_site(again)[:2] == (site, [])


def test_there_is_one_of_each_version_with_another_form() -> None:
    assert [path.stem for path in OLD] == ["site-0.1"]
