"""A short run of the fuzz target, so that it keeps working; the long one is in `make soak`."""

from __future__ import annotations

import os

import pytest

from fault.fuzz_readers import fuzz

MINUTES = float(os.environ.get("WATCHLINE_FUZZ_MINUTES", "0.15"))


@pytest.mark.slow
def test_no_wounded_recording_breaks_a_reader() -> None:
    counts, findings = fuzz(MINUTES, seed=int(os.environ.get("WATCHLINE_FUZZ_SEED", "1")))
    assert findings == []
    assert sum(counts.values()) > 50
    assert any(name.endswith("read") for name in counts)
    assert any(name.endswith("error") for name in counts)
