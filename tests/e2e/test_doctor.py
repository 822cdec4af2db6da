"""The doctor says what is there, what is not, and what to do about it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from small_site import write_small_site
from watchline.cli import doctor as looked_at
from watchline.cli import main


def _asked(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, tuple[str, str]]]:
    with pytest.raises(SystemExit) as done:
        main(["doctor", *words, "--json"])
    told = json.loads(capsys.readouterr().out)["findings"]
    return int(done.value.code or 0), {one["what"]: (one["state"], one["do"]) for one in told}  # type: ignore[arg-type]


def test_this_machine_can_run_it(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, told = _asked(
        capsys, str(write_small_site(tmp_path / "site")), "--ledger", str(tmp_path / "not yet" / "ledger")
    )
    assert code == 0, told
    assert told["SQLite"] == ("good", "")
    assert told["site.toml"][0] == "good"
    assert f"disk of {tmp_path}" in told


def test_what_will_not_work_is_bad_and_says_what_to_do(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looked_at, "SQLITE_LEAST", (99, 0, 0))
    monkeypatch.setattr(looked_at, "CONSOLE", tmp_path)
    monkeypatch.setattr(looked_at, "EXTRAS", {"many": ("no-such-package", "nodes")})
    code, told = _asked(capsys)
    assert code == 1
    assert told["SQLite"] == ("bad", "pip install --upgrade apsw")
    assert told["console"][0] == "bad"
    assert told["no-such-package"] == ("note", "for nodes: pip install 'watchline[many]'")


def test_a_fault_of_the_site_is_bad(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    site = write_small_site(tmp_path / "site")
    site.write_text(site.read_text().replace("line.geojson", "nowhere.geojson"))
    code, told = _asked(capsys, str(site))
    assert code == 1
    assert any(state == "bad" and "line" in what for what, (state, _) in told.items())
