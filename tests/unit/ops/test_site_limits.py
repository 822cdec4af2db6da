"""Limits of a site's settings: every one of the table is a setting, and is held."""

from __future__ import annotations

import msgspec
import pytest

from builders import camera, site
from watchline.domain.site import Pan, Site
from watchline.ops.site_limits import LIMITS, check_limits


def test_a_sound_site_lies_within_them() -> None:
    assert list(check_limits(site(camera()), "site.toml")) == []


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("mast_m", 501.0, "must be within 0..500 m, got 501"),
        ("lat_deg", 91.0, "must be within -90..90 degrees, got 91"),
        ("pan", Pan(from_deg=0.0, to_deg=90.0, stops=0, dwell_s=1.0), "must be within 1..360 stops, got 0"),
    ],
)
def test_a_value_outside_is_named_with_its_rule(field: str, value: object, rule: str) -> None:
    what = site(msgspec.structs.replace(camera(), **{field: value}))
    (fault,) = check_limits(what, "site.toml")
    assert fault.rule == rule
    assert fault.field.startswith(f"sensors[{what.sensors[0].id}].{field}")


def test_each_of_several_values_is_judged() -> None:
    made = site()
    slow = msgspec.structs.replace(made.desk, escalate_after_s=(1.0, 0.0, 1.0, 1.0))
    (fault,) = check_limits(msgspec.structs.replace(made, desk=slow), "site.toml")
    assert fault.field == "desk.escalate_after_s[1]"


def test_every_table_is_one_of_the_site() -> None:
    names = {field.name for field in msgspec.structs.fields(Site)}
    assert {table.partition(".")[0] for table in LIMITS} <= names
