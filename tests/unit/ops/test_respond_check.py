"""Faults of what a site says about units and who may send them: field and rule, one line each."""

from __future__ import annotations

import msgspec

from builders import site
from watchline.domain.site import Organisation, Person, Tasking, Unit
from watchline.ops.respond_check import check_respond
from watchline.ops.site_limits import check_limits


def test_every_fault_names_its_field() -> None:
    made = site()
    wrong = msgspec.structs.replace(made.posts[0], observers=-1, hours=((3.0, 25.0),), team_m_s=0.0)
    what = msgspec.structs.replace(
        made,
        organisations=(*made.organisations, Organisation(id="guard", name="Guard")),
        people=(Person(name="lead", role="shift_commander"),),
        posts=(wrong,),
        units=(
            Unit(id="D1", kind="drone", organisation="own", post="tower", endurance_s=0.0, link_range_m=1.0),
            Unit(id="G1", kind="patrol", organisation="guard", post="tower"),
        ),
        tasking=(Tasking(by="nobody", organisations=("own", "gone"), into=("gone",), delegated=("lead", "ghost")),),
    )
    faults = [*check_limits(what, "site.toml"), *check_respond(what, "site.toml")]
    found = [(fault.severity, fault.field) for fault in faults]
    assert found == [
        ("fault", "posts[tower].observers"), ("fault", "posts[tower].team_m_s"), ("fault", "units[D1].endurance_s"),
        ("fault", "units[D1].link_range_m"), ("fault", "posts[tower].hours"), ("fault", "tasking[0].by"),
        ("fault", "tasking[0].delegated"), ("fault", "tasking[0].organisations"), ("fault", "tasking[0].into"),
        ("warning", "units[G1].organisation"),
    ]  # fmt: skip
    assert list(check_respond(made, "site.toml")) == []
