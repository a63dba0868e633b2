"""What no scheme may be configured for, each tried on a scheme that is otherwise in order."""

from __future__ import annotations

import pytest

from ledger.earning.scheme_file import SCHEMES, parse_scheme
from ledger.earning.scheme_law import forbidden_uses, use_behind_key, use_behind_value
from ledger.earning.scheme_problems import SchemeError

CHANGAN = (SCHEMES / "changan.toml").read_text(encoding="utf-8")
ARCADIA = (SCHEMES / "arcadia.toml").read_text(encoding="utf-8")
HEBEI = (SCHEMES / "hebei.toml").read_text(encoding="utf-8")
NOT_FROM_ONE_TO_ANOTHER = "points do not pass from one person to another"


@pytest.mark.parametrize(
    ("text", "old", "new", "key", "because"),
    [
        (CHANGAN, "transferable = false", "transferable = true", "point_type.0.transferable",
         NOT_FROM_ONE_TO_ANOTHER),
        (CHANGAN, 'code = "civic"', 'code = "civic"\ntransfer_fee_fen = 1', "point_type.1.transfer_fee_fen",
         NOT_FROM_ONE_TO_ANOTHER),
        (CHANGAN, 'code = "civic"', 'code = "civic"\nsale_price_fen = 5', "point_type.1.sale_price_fen",
         "never sold"),
        (CHANGAN, '["social_donation"', '["resident_payment"', "budget.funding.0", "never sold"),
        (CHANGAN, '["scan"', '["top_up"', "spend_rule.0.payment_channels.0", "never sold"),
        (CHANGAN, '["refuse_fee"', '["cash_out"', "offset.0.targets.0", "never paid out"),
        (CHANGAN, 'name = "文创产品"', 'name = "现金红包"', "reward.2.name", "never paid out"),
        (CHANGAN, '["refuse_fee"', '["social_insurance"', "offset.0.targets.0", "rights given by law"),
        (CHANGAN, 'name = "优惠理发"', 'name = "低保补贴"', "benefit.1.name", "rights given by law"),
        (ARCADIA, 'uses = ["星级文明户"', 'uses = ["子女入学"', "stars.uses.0", "rights given by law"),
        (HEBEI, 'external_sharing = "off"', 'external_sharing = "bank"', "privacy.external_sharing",
         "rights given by law"),
        (ARCADIA, "points = 0                      # honour", "points = 5  # honour", "item.24.name",
         "thanked with honour"),
        (ARCADIA, "needs_two_reviewers = true\n", "", "item.37.points", "not taken by one person"),
        (ARCADIA, "appeal_days = 15\n", "", "item.37.points", "not taken by one person"),
        (ARCADIA, 'negative_balance = "floor_zero"', 'negative_balance = "debt"', "item.0.point_type",
         "never leaves a person below zero"),
        (ARCADIA, '"本月加分", "兑换"', '"本月加分", "扣分原因"', "publicity.columns.5", "wall"),
        (HEBEI, '"户号", "加分事项"', '"身份证号", "加分事项"', "public_ledger.fields.1", "wall"),
        (HEBEI, "show_reason_for_deduction = false", "show_reason_for_deduction = true",
         "publicity.show_reason_for_deduction", "wall"),
        (CHANGAN, 'totals_only = ["civic"]', "totals_only = []", "publicity", "what a family spends"),
        (CHANGAN, 'subject = "person"\npoint_type = "party"                    # per',
         'subject = "person"\npoint_type = "civic"                    # per', "publicity",
         "what a family spends"),
        (CHANGAN, "consent_required = true", "consent_required = false", "privacy.consent_required",
         "voluntary"),
        (CHANGAN, "notice_days = [90, 30]", "notice_days = [30, 30]", "expiry.notice_days", "two notices"),
        (CHANGAN, 'burn_points = 5\npercent_off = 30\nfunded_by = "merchant"\nclaimable = false',
         'burn_points = 5\npercent_off = 30\nfunded_by = "merchant"\nclaimable = true',
         "benefit.1.claimable", "own promise"),
    ],
)  # fmt: skip
def test_a_forbidden_use_is_refused_with_its_reason(
    text: str, old: str, new: str, key: str, because: str
) -> None:
    assert old in text

    with pytest.raises(SchemeError) as caught:
        parse_scheme(text.replace(old, new, 1), "scheme.toml")

    first = caught.value.problems[0]
    assert (first.key, first.code) == (key, "forbidden_use")
    assert because in first.reason
    assert first.advice


def test_words_are_found_as_whole_parts_of_a_code_only() -> None:
    assert use_behind_key("cash_rate_fen") is forbidden_uses()["cashed"]
    assert use_behind_key("cashier") is None
    assert use_behind_value("bank") is forbidden_uses()["statutory"]
    assert use_behind_value("embankment_fund") is None
