"""The limits a till is told: marked, measured as they were told, and passed by nobody."""

import pytest

from ledger.errors import Refusal
from ledger.offline.policy import (
    SKEW_US,
    Policy,
    Spend,
    check_spend,
    read_policy,
    write_policy,
)

KEY, OTHER = b"k" * 32, b"o" * 32
NOON = 1_772_424_000_000_000
HOUR_US = 3_600 * 1_000_000
TOLD = Policy(1, 7, 20_260_302, NOON, NOON + 24 * HOUR_US, 200_000, 10_000, 10_000, 20_000)


def spend(units: int = 10_000, **changes: object) -> Spend:
    fields: dict[str, object] = {
        "key_class": "card",
        "at": NOON + HOUR_US,
        "card_before": 0,
        "terminal_before": 0,
        **changes,
    }
    return Spend(units=units, **fields)  # type: ignore[arg-type]


def test_what_a_till_sends_back_is_what_it_was_told() -> None:
    text = write_policy(TOLD, KEY)

    assert read_policy(text, KEY, community_id=1, terminal_id=7) == TOLD


@pytest.mark.parametrize(
    ("text", "community", "terminal"),
    [
        (write_policy(TOLD, OTHER), 1, 7),
        (write_policy(TOLD, KEY), 1, 8),
        (write_policy(TOLD, KEY), 2, 7),
        (write_policy(TOLD, KEY)[:-1], 1, 7),
        (write_policy(TOLD._replace(terminal_units=9**9), OTHER), 1, 7),
        ("", 1, 7),
        ("1..", 1, 7),
        ("2." + write_policy(TOLD, KEY)[2:], 1, 7),
        ("1." * 500, 1, 7),
    ],
)
def test_no_other_limits_are_believed(text: str, community: int, terminal: int) -> None:
    with pytest.raises(Refusal) as refused:
        read_policy(text, KEY, community_id=community, terminal_id=terminal)

    assert refused.value.code == "offline_policy_bad"


@pytest.mark.parametrize(
    ("policy", "made", "code"),
    [
        (TOLD._replace(terminal_units=0), spend(), "offline_no_spending"),
        (TOLD, spend(key_class="dyn"), "offline_code_class"),
        (TOLD, spend(at=TOLD.valid_until + SKEW_US + 1), "offline_too_long"),
        (TOLD, spend(at=NOON - SKEW_US - 1), "offline_too_long"),
        (TOLD, spend(10_001), "offline_over_sale"),
        (TOLD, spend(5_000, card_before=5_001), "offline_over_card"),
        (TOLD, spend(10_000, terminal_before=190_001), "offline_over_terminal"),
        (TOLD, spend(20_001, key_class="vch"), "offline_over_sale"),
        (TOLD, spend(2_000, key_class="vch", spares_before=1), "offline_over_card"),
        (TOLD, spend(15_000, key_class="vch", card_before=5_001), "offline_over_card"),
        (TOLD._replace(spare_units=0), spend(key_class="vch"), "offline_over_sale"),
    ],
)
def test_each_limit_is_named_where_it_is_passed(policy: Policy, made: Spend, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        check_spend(policy, made)

    assert refused.value.code == code


@pytest.mark.parametrize(
    "made",
    [
        spend(),
        spend(20_000, key_class="vch"),
        spend(15_000, key_class="vch", card_before=5_000),
        spend(5_000, card_before=5_000),
        spend(10_000, terminal_before=190_000),
        spend(at=TOLD.valid_until + SKEW_US),
        spend(at=NOON - SKEW_US),
    ],
)
def test_what_keeps_to_the_limits_passes(made: Spend) -> None:
    check_spend(TOLD, made)
