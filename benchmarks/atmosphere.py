"""Compare the band model of the air with pybsm's MODTRAN 5.2.1 spectra, and print the errors.

    python -m venv referee && referee/bin/pip install pybsm
    PYTHONPATH=src referee/bin/python benchmarks/atmosphere.py

pybsm pins its own numba, so it lives in an environment of its own; the model needs numpy only.  The spectra: mid-
latitude summer, rural haze, sensor at 75 m, target on the ground.  Error = model - MODTRAN, both weighted by dB/dT.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from watchline.sensing.air.band_model import Air, Band, band_transmission, transmission_table

F8 = NDArray[np.float64]

BANDS: tuple[Band, ...] = ((3.4, 4.9), (3.6, 4.2), (3.0, 5.0), (8.0, 12.0), (7.5, 14.0))
RANGES_KM = (1, 2, 3, 5, 8, 10, 15, 20)
HAZE_OF_VISIBILITY = {23.0: 1, 5.0: 2}  # pybsm's ihaze
SUMMER = {"air_c": 21.0, "vapour_g_m3": 14.0, "pressure_hpa": 1009.0}  # the first 75 m of that atmosphere
REPEATS = 50


def spectra() -> Callable[..., F8]:
    """Return pybsm's reader of spectra, or stop with what to do."""
    try:
        from pybsm.utils import load_database_atmosphere_no_interp
    except ImportError as fault:
        print(f"pybsm cannot be imported here ({fault}).  Give it an environment of its own:", file=sys.stderr)
        print("\n".join(__doc__.splitlines()[2:4]), file=sys.stderr)
        raise SystemExit(2) from None
    return load_database_atmosphere_no_interp  # type: ignore[no-any-return]


def referee(load: Callable[..., F8], visibility_km: float, band: Band) -> F8:
    """Return (R,) the band's transmission at RANGES_KM by MODTRAN."""
    out = []
    for km in RANGES_KM:
        table = load(altitude=75, ground_range=1000 * km, ihaze=HAZE_OF_VISIBILITY[visibility_km])
        um = table[:, 0] * 1e6
        x = 14387.77 / (um * 300.0)
        weight = um**-6 * np.exp(x) / np.expm1(x) ** 2
        inside = (um >= band[0] - 1e-6) & (um <= band[1] + 1e-6)
        out.append(np.average(table[inside, 1], weights=weight[inside]))
    return np.array(out)


def main() -> None:
    """Print one table per visibility and band, the worst errors, and what a table costs."""
    load = spectra()
    print("visibility  band um    what  " + "".join(f"{km:>8d}" for km in RANGES_KM) + "  km")
    for visibility_km in HAZE_OF_VISIBILITY:
        air = Air(visibility_km=visibility_km, **SUMMER)
        for band in BANDS:
            true = referee(load, visibility_km, band)
            got = band_transmission(air, band, np.array(RANGES_KM) * 1e3)
            for what, row in (("modtran", true), ("model", got), ("error", got - true)):
                print(
                    f"{visibility_km:7g} km  {band[0]:g}-{band[1]:<6g} {what:8}" + "".join(f"{v:8.3f}" for v in row)
                )
            print(f"{'':20} worst {np.abs(got - true).max():.3f}")
    started = time.process_time()
    for _ in range(REPEATS):
        transmission_table(Air(**SUMMER))
    print(f"one table: {1e3 * (time.process_time() - started) / REPEATS:.2f} ms of CPU")


if __name__ == "__main__":
    main()
