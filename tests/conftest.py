"""What holds for every test."""

from __future__ import annotations

from hypothesis import settings

# The gate asks the same questions every day, so that a red run means changed code and not an unlucky draw; new ones
# are asked by `make soak`.  The first example may compile a loop: a busy machine is not a fault of the code.
settings.register_profile("gate", deadline=None, derandomize=True, database=None, max_examples=30)
settings.register_profile("explore", deadline=None, max_examples=300)
settings.load_profile("gate")
