"""What stands around a scheme's points: dates, notices, stars, expiry, budget, partners."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Annotated, Literal

from pydantic import Field

from ledger.earning.scheme_values import (
    AmountFen,
    Clock,
    Code,
    Codes,
    Count,
    Day,
    DayOfMonth,
    Flag,
    Month,
    MonthOfQuarter,
    Number,
    Part,
    Percent,
    Positive,
    Quotas,
    Text,
    Texts,
    Thresholds,
    Weekday,
)

Rule = Literal["per_event", "daily", "weekly", "monthly", "quarterly", "yearly", "rolling"]
Covers = Annotated[
    str,
    Field(
        pattern=r"^(previous_(day|month|quarter|year)|current_year|([1-9]|[12]\d|3[01])_to_([1-9]|[12]\d|3[01]))$"
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Header(Part):
    """Name, version and place in time of a scheme; a version never changes once in force."""

    id: Code
    name: Text
    version: Annotated[str, Field(strict=True, pattern=r"^\d{4}\.\d{1,3}$")]
    effective_from: Day
    timezone: Text
    currency: Literal["CNY"]
    seeds: Texts = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarRule(Part):
    """When an act of the scheme falls due, how long it lasts and which days it covers."""

    rule: Rule
    day: DayOfMonth | None = None
    month: Month | None = None
    month_of_quarter: MonthOfQuarter | None = None
    weekdays: tuple[Weekday, ...] = ()
    at: Clock | None = None
    length_days: Positive | None = None
    late_days: Count | None = None
    covers: Covers | None = None
    refresh: Literal["on_change", "daily"] | None = None
    reprint: Literal["weekly", "monthly", "quarterly"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar(Part):
    """The rhythm of a scheme, one rule for each act it names."""

    record: CalendarRule | None = None
    summarise: CalendarRule | None = None
    publish: CalendarRule | None = None
    appraise: CalendarRule | None = None
    settle: CalendarRule | None = None
    statement: CalendarRule | None = None
    redeem: CalendarRule | None = None
    verify: CalendarRule | None = None
    settle_points: CalendarRule | None = None
    rebalance_items: CalendarRule | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mask(Part):
    """How a person and an address look on a wall."""

    name: Literal["code_unless_consent", "code_only"]
    address: Literal["building_only", "none"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Publicity(Part):
    """What hangs on the wall, for whom, where and how long people may object."""

    subject: Literal["person", "household"]
    point_type: Code | None = None
    totals_only: Codes = ()
    place: Text | None = None
    columns: Texts
    mask: Mask
    objection_days: Positive
    channels: tuple[
        Literal["wall_a3", "web", "wechat_group_text", "phone_readout", "branch_meeting"], ...
    ]
    boards: Texts = ()
    show_reason_for_deduction: Flag = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicLedger(Part):
    """The open register: which columns anyone may read."""

    enabled: Flag
    name: Text
    fields: Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class RedemptionWindow(Part):
    """Days and hours of the counter; `opens` is the key `from`, `closes` the key `to`."""

    rule: Literal["daily", "weekly", "monthly", "quarterly", "yearly"]
    name: Text | None = None
    weekdays: tuple[Weekday, ...] = ()
    day: DayOfMonth | None = None
    month: Month | None = None
    month_of_quarter: MonthOfQuarter | None = None
    length_days: Positive = 1
    opens: Annotated[Clock, Field(validation_alias="from")] = time(0)
    closes: Annotated[Clock, Field(validation_alias="to")] = time(23, 59)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stars(Part):
    """How stars follow from points: by thresholds, by shares of a ranking, or the first n."""

    enabled: Flag
    name: Text | None = None
    subject: Literal["person", "household"] | None = None
    point_type: Code | None = None
    basis: Literal["year_points", "rank", "rank_in_branch"] | None = None
    window: Literal["calendar_year", "quarter"] | None = None
    thresholds: Thresholds = field(default_factory=dict)
    quota_percent: Quotas = field(default_factory=dict)
    recommend_top: Positive | None = None
    uses: Texts = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Card(Part):
    """The paper a resident holds."""

    kind: Text
    printed: Flag
    record_book: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry(Part):
    """When points lapse, oldest first, and how many days before each notice goes out."""

    policy: Literal["none", "rolling_months", "fixed_date"]
    months: Positive | None = None
    month: Month | None = None
    day: DayOfMonth | None = None
    years_after: Count | None = None
    notice_days: tuple[Positive, ...] = ()
    unit: Literal["lot_fifo"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget(Part):
    """The money behind the points in a year, and what gives way when it is used up."""

    funding: Codes
    yearly_cap_fen: AmountFen
    warn_at_percent: Percent
    on_exceed: Literal[
        "stop_earning_keep_redeeming", "stop_new_redemption", "raise_prices_next_quarter"
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Privacy(Part):
    """Consent, the age of an own account, and whether anything leaves the community."""

    consent_required: Flag
    min_age_own_account: Annotated[int, Field(strict=True, ge=14, le=18)]
    external_sharing: Literal["off", "written_consent_per_household"] = "off"
    board_shows_needs: Literal["anonymous", "off"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Merchants(Part):
    """The partner shops: their agreement, categories, and which category holds which."""

    agreement: Text
    expected_count: Count | None = None
    categories: Texts
    category_tree: Mapping[Text, Texts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Community(Part):
    """Figures of the place, for reports."""

    buildings: Count | None = None
    households: Count | None = None
    residents: Count | None = None
    area_km2: Number | None = None
    compounds: Count | None = None
    old_compounds: Count | None = None
    share_aged_60_percent: Percent | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage(Part):
    """How far a trial has spread."""

    village_groups: Count | None = None
    pilot_villages_before: Count | None = None
    pilot_villages: Count | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VolunteerTeams(Part):
    """Standing teams of volunteers and when they gather."""

    count: Count
    daily_muster: Clock | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceDesk(Part):
    """The hotline and the desk that act for residents without a phone."""

    hotline_name: Text
    hotline_hours: Text
    staff_assisted: Flag
    callback_required: Flag
    ticket_fields: Texts
    escalate_hours: Positive | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs(Part):
    """The list of needs, the list of resources, and how one is assigned to the other."""

    needs_list: Text
    resource_list: Text
    match_by: tuple[Literal["skill", "distance", "time", "gender_preference"], ...]
    visit_rule: Literal["two_volunteers_first_visit", "one_volunteer"] | None = None
    close_needs: tuple[Literal["beneficiary_confirmation", "staff_confirmation"], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance(Part):
    """A place in the file and the words of the source that stand behind it."""

    path: Annotated[str, Field(strict=True, pattern=r"^[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*$")]
    quote: Text
