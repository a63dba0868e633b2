"""What earns and spends points: point types, formulas, items, spend rules, offsets, review."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from ledger.earning.scheme_values import (
    AmountFen,
    Code,
    Codes,
    Count,
    Decimals,
    Deduction,
    Derived,
    Flag,
    Number,
    Part,
    Percent,
    Points,
    Positive,
    PositivePoints,
    SignedPoints,
    StarLevel,
    Text,
    Texts,
)

StageKind = Literal[
    "register", "serve", "dispatch", "inspect", "verify_payment", "rate", "self", "peer",
    "resident", "score", "deliberate", "audit", "approve", "verify", "confirm",
]  # fmt: skip
OffsetTarget = Literal[
    "merchant_purchase", "property_fee", "refuse_fee", "parking_fee", "service_fee"
]
PaymentChannel = Literal["scan", "credit_card", "bank_card", "gateway", "cash_with_receipt"]
FundedBy = Literal["community_fund", "merchant", "property_company", "street_budget"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PointType(Part):
    """A kind of point: who holds it, how finely it is counted; two types never mix."""

    code: Code
    name: Text
    subject: Literal["person", "household"]
    recorded_by: Literal["person", "household"] | None = None
    precision: Decimals
    face_value_fen: AmountFen
    negative_balance: Literal["forbid", "debt", "floor_zero"]
    transferable: Flag
    household_pool: Flag = False
    gift_to_household_of_need: Flag = False

    @property
    def units_per_point(self) -> int:
        """Smallest units in one point: 100 at precision 2."""
        scale: int = 10**self.precision
        return scale


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted(Part):
    """A row priced in points of one type; `precision` is copied from that type by the loader."""

    code: Code
    point_type: Code
    precision: Derived = 0

    def units(self, points: Decimal) -> int:
        """Points as people write them in smallest units, exactly: 12.8 -> 1,280 at precision 2.

        The loader has refused points finer than the type's precision, so a rest here is a bug.
        """
        units = points.scaleb(self.precision)
        whole = int(units)
        if whole != units:
            raise ValueError(f"{points} points are finer than {self.precision} decimals")
        return whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula(Part):
    """An expression over what is known of a deed, with tables for words and marks."""

    expr: Text
    round: Literal["half_up", "floor"]
    table: Mapping[Code, Mapping[Text, Number]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item(Counted):
    """A deed that adds or takes points (or honour alone), its caps and its review."""

    area: Text
    name: Text
    mode: Literal["fixed", "range", "formula", "periodic"]
    review_flow: Code
    points: SignedPoints | None = None
    min: Points | None = None
    max: Points | None = None
    typical: Points | None = None
    formula: Code | None = None
    difficulty: Text | None = None
    per: Literal["month", "quarter", "year"] | None = None
    deduct: Deduction | None = None
    private_deduction: Flag = False
    weight: Number = Decimal(1)
    cap_day: PositivePoints | None = None
    cap_month: PositivePoints | None = None
    cap_quarter: PositivePoints | None = None
    evidence: Texts = ()
    active: Flag = True
    honour_only: Flag = False
    needs_two_reviewers: Flag = False
    appeal_days: Positive | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendRule(Counted):
    """Points for buying at partner shops through approved channels, up to caps."""

    name: Text
    points_per_yuan: PositivePoints
    base: Literal["net_paid"]
    payment_channels: tuple[PaymentChannel, ...]
    merchant_roles: tuple[Literal["earn"], ...] = ()
    merchant_categories: Texts = ()
    exclude_goods: Texts = ()
    cap_txn_points: PositivePoints | None = None
    cap_day_points: PositivePoints | None = None
    cap_month_points: PositivePoints | None = None
    min_gap_seconds_same_shop: Count = 0
    needs_payment_reference: Flag = True
    on_refund: Literal["reverse_proportional"]
    review_flow: Code


@dataclass(frozen=True, slots=True, kw_only=True)
class Offset(Counted):
    """Points against a bill in yuan: rate, steps, share of the bill, caps."""

    name: Text
    targets: tuple[OffsetTarget, ...]
    points_per_yuan: PositivePoints
    step_points: PositivePoints
    min_points: Points = Decimal(0)
    cap_percent_of_bill: Percent = 100
    cap_txn_points: PositivePoints | None = None
    cap_month_points: PositivePoints | None = None
    funded_by: FundedBy
    claimable: Flag
    credential: Literal["signed_qr"] | None = None
    paper_certificate_fallback: Flag = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reward(Counted):
    """Goods or a service for a price in points of one type."""

    kind: Literal["goods", "service"]
    name: Text
    points: PositivePoints
    provider: Text

    @property
    def price_units(self) -> int:
        """The price in smallest units of the point type."""
        return self.units(self.points)


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement(Part):
    """What a resident must hold to have a benefit."""

    point_type: Code
    balance_at_least: Points | None = None
    star_at_least: StarLevel | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Benefit(Part):
    """A discount by right at one kind of merchant; it is never claimed back."""

    code: Code
    name: Text
    merchant_category: Text
    requires: Requirement
    burn_points: Points = Decimal(0)
    percent_off: Percent
    per: Literal["month", "quarter", "year"] | None = None
    funded_by: FundedBy
    claimable: Flag


@dataclass(frozen=True, slots=True, kw_only=True)
class Fund(Part):
    """Money raised by neighbours for one work, shown to all; giving money never earns points."""

    code: Code
    name: Text
    target_fen: AmountFen
    raised_by: Literal["resident_contribution", "donation", "community_fund"]
    publish_each_income_and_expense: Flag
    remainder: Literal["kept_for_spares", "returned", "next_work"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage(Part):
    """One step of a review: who looks, how many, how soon, and who must be another."""

    kind: StageKind
    role: Code
    quorum: Positive = 1
    weight: Number | None = None
    deadline_days: Positive | None = None
    distinct_from: Codes = ()
    when: Literal["month_end", "quarter_end", "year_end"] | None = None
    batch: Literal["day", "month", "quarter"] | None = None
    by_phone: Flag = False
    record: Texts = ()
    evidence: Texts = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewFlow(Part):
    """The stages a record passes before its points count, and how several scores become one."""

    id: Code
    combine: Literal["weighted_mean", "last_stage_wins_with_reason"] | None = None
    stage: tuple[Stage, ...]
