"""The gateway library: each row says who, to whom, for what, on which conditions, and how it was checked."""

from datetime import date

import pytest

from fairshare.law import Gateway, load_law

LAW = load_law()


@pytest.mark.parametrize("gateway", LAW.gateways.values(), ids=lambda each: each.id)
def test_a_gateway_is_complete_and_rests_on_provisions_that_are_held(gateway: Gateway) -> None:
    assert gateway.who
    assert gateway.to
    assert gateway.purposes
    assert gateway.title_cy
    assert all(each in LAW.provisions for each in gateway.provisions)
    assert set(gateway.nations) <= set().union(*(LAW.provision(each).nations for each in gateway.provisions))


@pytest.mark.parametrize(
    ("gateway_id", "nation", "day", "applies"),
    [
        ("family-criminal-protocol", "E", date(2024, 3, 1), True),
        ("family-criminal-protocol", "E", date(2024, 2, 29), False),
        ("family-criminal-protocol", "S", date(2026, 3, 1), False),
        ("scotland-adult-protection", "S", date(2026, 3, 1), True),
        ("wales-duty-to-report", "W", date(2026, 3, 1), True),
        ("wales-duty-to-report", "E", date(2026, 3, 1), False),
    ],
)
def test_a_gateway_applies_only_in_its_nations_and_after_its_start(
    gateway_id: str, nation: str, day: date, applies: bool
) -> None:
    assert LAW.gateways[gateway_id].applies_in(nation, day) is applies  # type: ignore[arg-type]


def test_a_gateway_whose_commencement_is_unconfirmed_says_so_and_was_not_read() -> None:
    gateway = LAW.gateways["children-duty-to-share"]
    assert any("not confirmed" in each for each in gateway.conditions)
    assert not gateway.was_read


def test_the_power_in_the_crime_and_disorder_act_is_no_duty() -> None:
    assert LAW.gateways["crime-and-disorder-act"].duty is False
    assert LAW.gateways["adult-safeguarding-board"].duty is True
