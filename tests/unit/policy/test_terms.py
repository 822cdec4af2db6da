"""What a recipient is told: floors by kind, releases, stretches."""

from __future__ import annotations

import msgspec
import pytest

from builders import site
from watchline.domain.policy import Release
from watchline.domain.site import Recipient, Sees
from watchline.policy.releasing import NotReleased, check_release
from watchline.policy.terms import CELL_M, DELAY_S, UNKNOWN, exact_terms, recipient_named, terms_of

SITE = site()
NOW_S = 1_000_000.0
FINE = (Sees(what=("tracks", "alerts"), cell_m=1.0, delay_s=1.0),)


def _release(**more: object) -> Release:
    said: dict[str, object] = {
        "id": "r", "t_s": NOW_S, "source": "officer", "release": "r-1", "recipient": "them", "officer": "officer",
        "purpose": "rescue", "reason": "people without water at the ford", "from_m": 1000.0, "to_m": 3000.0,
        "what": ("tracks",), "until_s": NOW_S + 3600.0,
    }  # fmt: skip
    return Release(**(said | more))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["rescue", "partner", "armed", "unknown"])
@pytest.mark.parametrize("sees", [FINE, (Sees(what=("tracks",)),)])
def test_no_policy_goes_below_the_floor_of_a_kind(kind: str, sees: tuple[Sees, ...]) -> None:
    for term in terms_of(SITE, Recipient(id="them", kind=kind, sees=sees)):  # type: ignore[arg-type]
        assert term.cell_m >= CELL_M
        assert term.delay_s >= DELAY_S
        assert not term.exact


def test_our_own_see_their_sectors_as_they_are_and_nothing_else() -> None:
    terms = terms_of(SITE, Recipient(id="ours", kind="own", organisation="own"))
    assert {one.what for one in terms} == {"tracks", "alerts", "units", "distress"}
    assert exact_terms(terms, "tracks", 5_000.0) is not None
    assert exact_terms(terms, "tracks", 10_001.0) is None
    assert terms_of(SITE, Recipient(id="others", kind="own", organisation="")) == []


def test_whoever_is_not_in_the_policy_is_unknown_and_told_nothing() -> None:
    assert recipient_named(SITE, "nobody") is UNKNOWN
    assert terms_of(SITE, UNKNOWN) == []
    assert terms_of(SITE, UNKNOWN, (_release(recipient="somebody else"),), NOW_S) == []


def test_an_exact_place_is_not_made_harmless_by_waiting() -> None:
    (term,) = terms_of(SITE, Recipient(id="v", kind="own", sees=(Sees(what=("tracks",), delay_s=60.0),)))
    assert (term.cell_m, term.exact) == (CELL_M, False)


def test_a_release_lifts_the_terms_on_its_stretch_until_its_end() -> None:
    them, release = Recipient(id="them", kind="partner", sees=FINE), _release()
    assert exact_terms(terms_of(SITE, them, (release,), NOW_S), "tracks", 2000.0) is not None
    assert exact_terms(terms_of(SITE, them, (release,), NOW_S), "tracks", 3001.0) is None
    assert exact_terms(terms_of(SITE, them, (release,), NOW_S), "alerts", 2000.0) is None
    assert exact_terms(terms_of(SITE, them, (release,), NOW_S + 3600.0), "tracks", 2000.0) is None
    assert all(not term.imagery for term in terms_of(SITE, them, (release,), NOW_S))


@pytest.mark.parametrize(
    ("kind", "change", "why"),
    [
        ("partner", {"reason": "please"}, "wrong"),
        ("partner", {"until_s": NOW_S + 25 * 3600.0}, "wrong"),
        ("partner", {"until_s": NOW_S}, "wrong"),
        ("partner", {"what": ()}, "wrong"),
        ("partner", {"to_m": 0.0}, "wrong"),
        ("armed", {"purpose": "coordination"}, "forbidden"),
        ("unknown", {"purpose": "coordination"}, "forbidden"),
        ("armed", {"to_m": 40_000.0}, "forbidden"),
        ("armed", {"what": ("tracks", "units")}, "forbidden"),
    ],
)
def test_a_release_needs_a_reason_an_end_and_for_the_armed_a_rescue(
    kind: str, change: dict[str, object], why: str
) -> None:
    them = Recipient(id="them", kind=kind)  # type: ignore[arg-type]
    check_release(_release(), them, may_release=True)
    with pytest.raises(NotReleased) as refused:
        check_release(_release(**change), them, may_release=True)
    assert refused.value.why == why


def test_only_a_named_officer_releases() -> None:
    with pytest.raises(NotReleased, match="no officer"):
        check_release(_release(), Recipient(id="them", kind="partner"), may_release=False)
    with pytest.raises(NotReleased, match="not in the site's policy"):
        check_release(_release(), UNKNOWN, may_release=True)


def test_terms_survive_being_written_and_read() -> None:
    told = Recipient(id="them", kind="partner", organisation="own", sees=FINE)
    assert msgspec.json.decode(msgspec.json.encode(told), type=Recipient) == told
