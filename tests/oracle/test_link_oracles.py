"""Drones', radars' and cameras' bytes as other programs read them: files of builders/link_oracles.py.

asterix.json: libasterix 0.36.3; klv.json: klvdata 0.0.3; mavlink.json: pymavlink 2.4.50.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from watchline.domain.records import RadarPlot
from watchline.links.air import asterix, klv, mavlink
from watchline.links.contract import Settings, at

HERE = Path(__file__).parent / "links"
ASTERIX, KLV, MAVLINK = (json.loads((HERE / f"{name}.json").read_text()) for name in ("asterix", "klv", "mavlink"))
ULP = 1e-12  # of the same formula in another order


@pytest.mark.parametrize("category", sorted(asterix.PROFILES))
def test_records_are_cut_into_the_same_items_and_the_same_ones_are_refused(category: int) -> None:
    cases = ASTERIX["cases"][str(category)]
    assert sum(case["items"] is None for case in cases) > 10
    assert sum(case["items"] is not None for case in cases) > 60
    for case in cases:
        body = bytes.fromhex(case["body"])
        try:
            items, end = asterix.cut(category, body, 0)
        except (ValueError, IndexError):
            assert case["items"] is None, case["body"]
            continue
        assert case["items"] is not None, case["body"]
        kept = {name: raw.hex() for name, raw in items.items() if name not in ("RE", "SP")}
        assert (kept, len(body) - end) == (case["items"], case["rest"])


def test_plots_have_the_same_range_azimuth_and_time_of_day() -> None:
    for plot in ASTERIX["plots"]:
        state = at(asterix.init(Settings("radar")), 1_516_665_600.0 + plot["tod_s"])
        _, (record,), errors = asterix.decode(state, bytes.fromhex(plot["block"]))
        assert isinstance(record, RadarPlot)
        assert errors == ()
        assert record.range_m == pytest.approx(plot["rho_nm"] * 1852, rel=ULP)
        assert record.azimuth_rad == pytest.approx(math.radians(plot["theta_deg"]), rel=ULP)
        assert record.t_s % 86_400 == pytest.approx(plot["tod_s"], abs=1e-6)


def test_numbers_of_a_packet_are_those_that_klvdata_reads() -> None:
    read = 0
    for case in KLV["cases"]:
        packet = bytes.fromhex(case["packet"])
        items = klv.items_of(packet)
        for tag, scale in klv.SCALES.items():
            if str(tag) in case["numbers"]:
                read += 1
                assert scale.value(items[tag]) == pytest.approx(case["numbers"][str(tag)], rel=1e-9, abs=1e-9)
    assert read > 300


@pytest.mark.parametrize(
    ("tag", "raw", "degrees"), [(13, "5595b66d", 60.176823), (14, "5b5360c4", 128.426759), (16, "cd9c", 144.571)]
)
def test_numbers_of_the_official_sample_packet(tag: int, raw: str, degrees: float) -> None:
    # MISB ST 0902 sample packet, values as published with it.
    assert klv.SCALES[tag].value(bytes.fromhex(raw)) == pytest.approx(degrees, abs=6e-7 if tag < 15 else 5e-4)


def test_definitions_have_the_crc_bytes_of_the_standard() -> None:
    ours = {str(n): [layout.name, layout.extra] for n, layout in mavlink.LAYOUTS.items()}
    assert ours == MAVLINK["extras"]


@pytest.mark.parametrize("case", MAVLINK["frames"], ids=lambda case: case["name"])
def test_frames_of_pymavlink_say_what_it_put_in(case: dict[str, Any]) -> None:
    raw = bytes.fromhex(case["frame"])
    _, (message,), errors = mavlink.unpack(mavlink.init(Settings("drones")), raw)
    assert errors == []
    assert (message.system, message.name) == (7, case["name"])
    for name, value in message.values.items():
        told = case["values"][name]
        if isinstance(value, tuple):
            assert list(value) == pytest.approx(told)
        else:
            assert value == pytest.approx(told, rel=1e-6) if isinstance(value, float) else value == told
    again = mavlink.pack(message.name, message.values, system=7, component=1, sequence=message.sequence)
    assert again == raw
