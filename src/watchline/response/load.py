"""How often nobody is free: alerts come by chance, each keeps a unit for a while.

Theory: Erlang's formulas for Poisson arrivals (1917).  load: arrivals a unit of time, times how long one is busy.
Limits: every unit can go to every alert; alerts in bursts find fewer free than this says.
"""

from __future__ import annotations


def all_busy(load: float, units: int) -> float:
    """Return the share of alerts that find no unit free and get none (Erlang B).

    >>> round(all_busy(2.0, 3), 5)
    0.21053
    """
    p = 1.0
    for n in range(1, units + 1):
        p = load * p / (n + load * p)
    return p


def must_wait(load: float, units: int) -> float:
    """Return the share of alerts that have to wait for a unit (Erlang C); 1 when the load is more than they can bear.

    >>> round(must_wait(2.0, 3), 5)
    0.44444
    """
    if load >= units:
        return 1.0
    b = all_busy(load, units)
    return units * b / (units - load * (1.0 - b))
