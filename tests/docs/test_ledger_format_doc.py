"""The checker printed in docs/ledger-format.md works as printed."""

from __future__ import annotations

import re
import sys
import types
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ledger_builders import counting_salt, fill, make_ledger
from watchline.ledger.pages import connect_to_write
from watchline.ledger.writer import Ledger

DOC = Path(__file__).parents[2] / "docs" / "ledger-format.md"


def _run_checker(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", DOC.read_text(), re.DOTALL)
    stand_in: Any = types.ModuleType("msgpack")  # the same decoding under the name the document uses
    stand_in.unpackb = msgspec.msgpack.decode
    monkeypatch.setitem(sys.modules, "msgpack", stand_in)
    monkeypatch.setattr(sys, "argv", ["checker", str(directory)])
    scope: dict[str, Any] = {}
    try:
        exec(compile(code, str(DOC), "exec"), scope)
    finally:
        for name in ("ledger", "payloads"):
            if name in scope:
                scope[name].close()


def test_it_finds_a_ledger_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Ledger.create(tmp_path / "ledger", counting_salt()) as ledger:
        payload_id = fill(ledger, 4)[0]
        ledger.delete_payload(payload_id, "test", 9.0)
        head = ledger.head[1]
    _run_checker(tmp_path / "ledger", monkeypatch)
    assert capsys.readouterr().out == f"whole {head}\n"


@pytest.mark.parametrize(
    "statement", ["UPDATE batch SET hash = zeroblob(32) WHERE seq = 2", "DELETE FROM batch WHERE seq = 3"]
)
def test_it_finds_a_ledger_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, statement: str) -> None:
    database = connect_to_write(make_ledger(tmp_path / "ledger") / "ledger.db")
    database.execute(statement)
    database.close()
    with pytest.raises(AssertionError):
        _run_checker(tmp_path / "ledger", monkeypatch)
