"""How the tracker's loops are compiled: they make no arrays, so none of them counts who uses one.

Counting was a fifth of their time.  A loop that does make arrays is compiled by numba's own `njit` and called from
outside of these only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])

# numba's types do not know the last one.
compiled = cast("Callable[[F], F]", cast("Any", numba).njit(cache=True, error_model="numpy", _nrt=False))
