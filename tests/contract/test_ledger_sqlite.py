"""The SQLite engine keeps the contract of a ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ledger_suite import LedgerSuite

from ledger_builders import counting_salt
from watchline.ledger.reader import LedgerReader
from watchline.ledger.verify import verify
from watchline.ledger.writer import Ledger


class TestSqliteLedger(LedgerSuite):
    @pytest.fixture
    def where(self, tmp_path: Path) -> Path:
        return tmp_path / "ledger"

    def create(self, where: Path, salt: Any = None) -> Ledger:
        return Ledger.create(where, salt or counting_salt())

    def open(self, where: Path) -> Ledger:
        return Ledger.open(where, counting_salt())

    def reader(self, where: Path) -> LedgerReader:
        return LedgerReader(where)

    def is_whole(self, where: Path) -> bool:
        return verify(where).whole
