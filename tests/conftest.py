"""What holds for every test."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

END_TO_END = Path(__file__).parent / "e2e"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave what starts the product as a user does out of the fast gate."""
    for item in items:
        if END_TO_END in item.path.parents:
            item.add_marker(pytest.mark.slow)


# The gate asks the same questions every day, so that a red run means changed code and not an unlucky draw; new ones
# are asked by `make soak`.  The first example may compile a loop: a busy machine is not a fault of the code.
settings.register_profile("gate", deadline=None, derandomize=True, database=None, max_examples=30)
settings.register_profile("explore", deadline=None, max_examples=300)
settings.load_profile("gate")
