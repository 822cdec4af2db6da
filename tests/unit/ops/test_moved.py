"""Times of a record on another clock: its own, and those until which it holds."""

from __future__ import annotations

import msgspec

from builders import T0_S
from watchline.domain.policy import CellReport
from watchline.domain.records import Chat, GeoPoint, OutsideTrack, Record
from watchline.ops.link_hub import moved

HERE = GeoPoint(lon_deg=42.0, lat_deg=33.6)


def test_every_time_of_a_record_is_moved_and_nothing_else() -> None:
    records: list[Record] = [
        Chat(id="1", t_s=T0_S, source="a", sender="a", to="b", text="c"),
        OutsideTrack(id="2", t_s=T0_S, source="a", uid="u", what="person", place=HERE, stale_s=T0_S + 8.0),
        CellReport(
            id="3", t_s=T0_S, source="a", place=HERE, cell_m=1000.0, from_s=T0_S - 3600.0, to_s=T0_S - 1800.0,
            least=1, most=5,
        ),
    ]  # fmt: skip
    for record in records:
        after = moved(record, 100.0)
        for name in record.__struct_fields__:
            before, now = getattr(record, name), getattr(after, name)
            assert now == (before + 100.0 if name in ("t_s", "stale_s", "from_s", "to_s") else before), name
        assert moved(after, -100.0) == msgspec.structs.replace(record)
