"""The hours that a plan is made for, by their names: night, day, heat crossover, dust, in summer and in winter."""

from __future__ import annotations

from watchline.ops.planning.study_file import Hour
from watchline.ops.site_file import LoadedSite
from watchline.sensing.air.conditions import Conditions, at, nominal

# 10:00 UTC of a day in July and of one in January: late morning to afternoon from the Atlantic to the Indus.
SUMMER_S, WINTER_S = 1_531_648_800.0, 1_516_010_400.0
DUST_KM = 2.0
QUARTER_S, HOUR_S = 900.0, 3600.0


def conditions_of(hour: Hour, site: LoadedSite) -> Conditions:
    """Return the air, light and contrast of an hour by its name, on this line.

    The heat crossover is the quarter of an hour of that day at which a person differs least from the ground.
    """
    if hour == "night":
        return nominal()
    lon, lat = (float(v) for v in site.line.lonlat_deg[len(site.line.lonlat_deg) // 2])
    noon_s = WINTER_S if hour.startswith("winter_") else SUMMER_S
    if hour.endswith("day"):
        return at(lat, lon, noon_s)
    if hour == "dust":
        return at(lat, lon, noon_s, visibility_km=DUST_KM, dust=True, wind_m_s=10.0)
    if hour == "winter_night":
        return at(lat, lon, noon_s + 12.0 * HOUR_S)
    every = [at(lat, lon, noon_s - 10.0 * HOUR_S + QUARTER_S * k) for k in range(96)]
    return min(every, key=lambda one: abs(one.contrast("person").mean_k))
