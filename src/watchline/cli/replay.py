"""`watchline replay`: the picture at any time, rebuilt from the ledger alone."""

from __future__ import annotations

from typing import Annotated

import msgspec
from cyclopts import Parameter

from watchline.cli.options import Json, LedgerFolder
from watchline.domain.errors import BadInput
from watchline.ops.clock import seconds_of, text_of
from watchline.ops.replay import as_table
from watchline.ops.replay import replay as replay_ledger

LAST_S = 253_402_300_799.0  # the end of the year 9999
TIME_HELP = "2018-01-23T00:01:00Z, or seconds since 1970"


def replay(
    ledger: LedgerFolder,
    /,
    *,
    as_of: Annotated[str | None, Parameter(help=f"what had happened by then: {TIME_HELP}")] = None,
    known_at: Annotated[str | None, Parameter(help=f"as it was known then: {TIME_HELP}")] = None,
    json: Json = False,
) -> int:
    """Show the picture of a past moment, as it was known at that or any later time."""
    table = as_table(replay_ledger(ledger, _time("--as-of", as_of), _time("--known-at", known_at)))
    if json:
        print(msgspec.json.encode(table).decode())
        return 0
    print(f"{table['site']}, {table['as_of']}" + (" (simulated)" if table["simulated"] else ""))
    print(f"dark: {', '.join(table['dark']) or 'none'}")
    for alert in table["alerts"]:
        said = alert["disposition"] or (alert["acknowledged_by"] and "acknowledged") or ""
        print(
            f"{alert['alert']:8} {alert['what']:14} km {alert['s_m'] / 1000:6.1f}  {alert['state']:12} "
            f"since {text_of(alert['first_s'])} {said}"
        )
    for track in table["tracks"]:
        side = "outside" if track["d_m"] < 0 else "home"
        print(
            f"track {track['track']:<6} km {track['s_m'] / 1000:6.1f}  {abs(track['d_m']):5.0f} m {side:8} "
            f"{track['speed_m_s']:4.1f} m/s"
        )
    return 0


def _time(option: str, text: str | None) -> float | None:
    if text is None:
        return None
    try:
        t_s = float(text)
    except ValueError:
        try:
            t_s = seconds_of(text)
        except ValueError:
            raise BadInput(option, f"{text!r} is not a time", f"write {TIME_HELP}") from None
    if not 0.0 <= t_s <= LAST_S:
        raise BadInput(option, f"{text!r} is not a time", f"write {TIME_HELP}")
    return t_s
