"""What holds for every test."""

from __future__ import annotations

from hypothesis import settings

# The first example may compile a loop; a busy machine is not a fault of the code.
settings.register_profile("watchline", deadline=None)
settings.load_profile("watchline")
