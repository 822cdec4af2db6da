"""From sealed sheets and a ledger to what every patrol walked of its plan."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import msgspec
import numpy as np

from watchline.domain.errors import BadInput
from watchline.domain.patrols import PatrolsSealed
from watchline.domain.records import UnitReport
from watchline.ledger.reader import LedgerReader
from watchline.ledger.store import LEDGER_DB
from watchline.ops.planning.sealing import PUBLIC, Seal, opened
from watchline.ops.site_file import LoadedSite
from watchline.planning.patrol.walked import Walked, walked

WITHIN_M = 600.0  # of the place: half of a kilometre between posts, and a position's error
SILENT_S = 900.0


def walked_of(site: LoadedSite, out: Path, ledger: Path) -> dict[str, Walked]:
    """Return, for every unit, what it walked of the legs that were planned until the ledger's last report.

    Raises BadInput when the ledger knows no such seal, or a sheet is not the one that was sealed.
    """
    if not (ledger / LEDGER_DB).exists():
        raise BadInput(f"--walked {ledger}", "is no ledger", "give the folder that watchline run names")
    with LedgerReader(ledger) as reader:
        heads = [e.value.head for e in reader.events(["patrols_sealed"]) if isinstance(e.value, PatrolsSealed)]
        told = [e.value for e in reader.events(["unit_report"]) if isinstance(e.value, UnitReport)]
    if not heads:
        raise BadInput(f"--walked {ledger}", "knows of no sealed patrols", "plan them with --ledger first")
    seal = _seal(out)
    end_s = max((one.t_s for one in told), default=seal.from_s)
    found = {}
    for unit in sorted({name.rsplit("-day", 1)[0] for name in seal.sheets}):
        names = sorted(name for name in seal.sheets if name.rsplit("-day", 1)[0] == unit)
        rows = [row for name in names for row in _rows(opened(out, name, heads[-1]))]
        planned_s = seal.from_s + np.array([float(row["leave_s"]) for row in rows])
        lon, lat = (np.array([float(row[key]) for row in rows]) for key in ("lon_deg", "lat_deg"))
        due = planned_s <= end_s
        planned_m = site.line.frame.xy_m_from_lonlat(lon, lat)
        mine = sorted((one for one in told if one.unit == unit and not one.exercise), key=lambda one: one.t_s)
        t = np.array([one.t_s for one in mine])
        xy = site.line.frame.xy_m_from_lonlat(
            np.array([one.position.lon_deg for one in mine]), np.array([one.position.lat_deg for one in mine])
        )
        found[unit] = walked(
            planned_s[due], planned_m[due], t, xy.reshape(-1, 2), within_m=WITHIN_M, silent_s=SILENT_S
        )
    return found


def _seal(out: Path) -> Seal:
    try:
        return msgspec.json.decode((out / PUBLIC).read_bytes(), type=Seal)
    except OSError as error:
        raise BadInput(str(out / PUBLIC), f"cannot be read ({error.strerror})", "name the plan's folder") from None
    except msgspec.DecodeError as error:
        raise BadInput(str(out / PUBLIC), f"is no list of sheets ({error})") from None


def _rows(sheet: bytes) -> list[dict[str, str]]:
    text = sheet.decode()
    return list(csv.DictReader(io.StringIO(text.split("\n", 1)[1])))
