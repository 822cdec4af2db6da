"""Blind samples: which decisions are looked at again, and what the second looks say of all of them.

Theory: the order of a pool is that of SHA-256(seed and name), with a seed that nobody chooses: whoever has the ledger
can draw the same again.  Half are drawn from decisions that took somebody out of the count, where a wrong word makes
the line look better.  Of n looked at again k were wrong: the share of wrong ones is at most the upper Clopper-Pearson
limit, and so many of the pool.  Numbers that a reporter's device gave to no report that arrived are gaps.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence

from scipy.stats import beta


def drawn(counted: Sequence[str], not_counted: Sequence[str], number: int, seed: str) -> list[str]:
    """Return names to look at again, half of them from `not_counted` as far as there are so many."""
    one, other = _ordered(counted, seed), _ordered(not_counted, seed)
    half = min(len(other), max((number + 1) // 2, number - len(one)))
    return [*other[:half], *one[: number - half]]


def _ordered(names: Iterable[str], seed: str) -> list[str]:
    return sorted(names, key=lambda name: hashlib.sha256(f"{seed}|{name}".encode()).digest())


def wrong_most(looked: int, wrong: int, pool: int, confidence: float = 0.95) -> int | None:
    """Return how many of a pool are wrong at most, wrong ones that were found among them; None: none was looked at.

    >>> wrong_most(59, 0, 1000), wrong_most(0, 0, 50)
    (50, None)
    """
    if not 0 <= wrong <= looked <= pool:
        raise ValueError(f"must be 0 <= wrong <= looked <= pool, got {wrong}, {looked}, {pool}")
    if looked == 0:
        return None
    share = 1.0 if wrong == looked else float(beta.ppf(confidence, wrong + 1, looked - wrong))
    return min(pool - (looked - wrong), math.ceil(share * pool - 1e-9))


def missing_numbers(numbers: Iterable[int]) -> list[int]:
    """Return the numbers between a reporter's first and last that never came."""
    came = set(numbers)
    return [n for n in range(min(came), max(came) + 1) if n not in came] if came else []
