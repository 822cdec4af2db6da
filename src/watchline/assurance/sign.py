"""Sign found later against what the sensors saw: two layers, which crossing is common, what both can have missed.

Theory: a find and a crossing may be one when the crossing lies in the time and stretch from which the sign can come.
As many as possible are paired, one to one, which makes the estimate as small as it can be: with the positive
dependence of the layers (who is easy to see leaves sign that is easy to find) it is a lower bound twice over.
A find without a partner is a crossing that the sensors missed; the bound on the unseen is never below these.

Limits: a party is one crossing and one find.  What can have come round an end proves nothing and is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_bipartite_matching

from watchline.assurance.claims import Find
from watchline.assurance.layers import TwoLayers

ODDS_RATIOS = (1.0, 2.0, 3.0, 5.0)  # independent, and how much easier for one layer what the other has found


@dataclass(frozen=True)
class Known:
    """A crossing that the sensors saw: when, and where along the line."""

    t_s: float
    s_m: float


def layers_of(known: Sequence[Known], finds: Sequence[Find]) -> TwoLayers:
    """Return how many only the sensors found, only sign, and both; finds must tell where they can have crossed."""
    may = np.array([[_may_be(find, one) for one in known] for find in finds], bool).reshape(len(finds), len(known))
    both = 0
    if may.any():
        both = int((maximum_bipartite_matching(csr_matrix(may), perm_type="column") >= 0).sum())
    return TwoLayers(len(known) - both, len(finds) - both, both)


def _may_be(find: Find, one: Known) -> bool:
    if find.from_m is None or find.to_m is None:
        raise ValueError("a find that proves no crossing cannot be paired")
    return find.since_s <= one.t_s <= find.found_s and find.from_m <= one.s_m <= find.to_m
