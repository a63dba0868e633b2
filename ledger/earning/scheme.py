"""A published scheme: every rule of one community's points, as values of one dated version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Protocol, TypeVar

from pydantic import Field

from ledger.earning.scheme_frame import (
    Budget,
    Calendar,
    Card,
    Community,
    Coverage,
    Expiry,
    Header,
    Merchants,
    Needs,
    Privacy,
    Provenance,
    Publicity,
    PublicLedger,
    RedemptionWindow,
    ServiceDesk,
    Stars,
    VolunteerTeams,
)
from ledger.earning.scheme_parts import (
    Benefit,
    Formula,
    Fund,
    Item,
    Offset,
    OffsetTarget,
    PointType,
    ReviewFlow,
    Reward,
    SpendRule,
)
from ledger.earning.scheme_values import Code, DerivedText, Part


class _Coded(Protocol):
    @property
    def code(self) -> str: ...


_Row = TypeVar("_Row", bound=_Coded)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme(Part):
    """One version of a scheme, as its file says; `digest` names its content."""

    schema: Literal["points-scheme/1"]
    header: Annotated[Header, Field(validation_alias="scheme")]
    point_types: Annotated[
        tuple[PointType, ...], Field(validation_alias="point_type", min_length=1)
    ]
    formulas: Annotated[Mapping[Code, Formula], Field(validation_alias="formula")] = field(
        default_factory=dict
    )
    items: Annotated[tuple[Item, ...], Field(validation_alias="item")] = ()
    spend_rules: Annotated[tuple[SpendRule, ...], Field(validation_alias="spend_rule")] = ()
    offsets: Annotated[tuple[Offset, ...], Field(validation_alias="offset")] = ()
    rewards: Annotated[tuple[Reward, ...], Field(validation_alias="reward")] = ()
    benefits: Annotated[tuple[Benefit, ...], Field(validation_alias="benefit")] = ()
    funds: Annotated[tuple[Fund, ...], Field(validation_alias="fund")] = ()
    review_flows: Annotated[tuple[ReviewFlow, ...], Field(validation_alias="review_flow")] = ()
    calendar: Calendar
    publicity: Publicity | None = None
    public_ledger: PublicLedger | None = None
    windows: Annotated[
        tuple[RedemptionWindow, ...], Field(validation_alias="redemption_window")
    ] = ()
    stars: Stars | None = None
    card: Card | None = None
    expiry: Expiry
    budget: Budget
    privacy: Privacy
    merchants: Merchants | None = None
    community: Community | None = None
    coverage: Coverage | None = None
    volunteer_teams: VolunteerTeams | None = None
    service_desk: ServiceDesk | None = None
    needs: Needs | None = None
    provenance: tuple[Provenance, ...] = ()
    digest: DerivedText = ""

    @property
    def id(self) -> str:
        """The scheme's short name, the same over all its versions."""
        return self.header.id

    @property
    def version(self) -> str:
        """The version, such as 2026.1; events keep the version under which they were scored."""
        return self.header.version

    @property
    def effective_from(self) -> date:
        """The first business date on which this version counts."""
        return self.header.effective_from

    @property
    def timezone(self) -> str:
        """The zone whose clock decides which day it is, by its name in the zone database."""
        return self.header.timezone

    def get_point_type(self, code: str) -> PointType:
        """The point type of that code."""
        return _get(self.point_types, code)

    def get_item(self, code: str) -> Item:
        """The item of that code, active or not."""
        return _get(self.items, code)

    def get_spend_rule(self, code: str) -> SpendRule:
        """The spend rule of that code."""
        return _get(self.spend_rules, code)

    def get_offset(self, code: str) -> Offset:
        """The offset rule of that code."""
        return _get(self.offsets, code)

    def get_reward(self, code: str) -> Reward:
        """The reward of that code."""
        return _get(self.rewards, code)

    def get_review_flow(self, flow_id: str) -> ReviewFlow:
        """The review flow of that id."""
        for flow in self.review_flows:
            if flow.id == flow_id:
                return flow
        raise LookupError(flow_id)

    def find_offset(self, target: OffsetTarget) -> Offset | None:
        """The offset rule for a kind of bill; the loader lets at most one stand for each."""
        return next((offset for offset in self.offsets if target in offset.targets), None)

    def units(self, point_type: str, points: Decimal | int) -> int:
        """Points of a type in its smallest units, exactly: 20 civic points are 2,000 units."""
        units = Decimal(points).scaleb(self.get_point_type(point_type).precision)
        if units != int(units):
            raise ValueError(f"{points} points are finer than {point_type} is counted")
        return int(units)

    def active_items(self) -> tuple[Item, ...]:
        """The items in force; a closed item stays so that old records keep their meaning."""
        return tuple(item for item in self.items if item.active)


def scheme_on(versions: Iterable[Scheme], day: date) -> Scheme:
    """The latest version that has begun on a business date; LookupError before the first."""
    begun = [scheme for scheme in versions if scheme.effective_from <= day]
    if not begun:
        raise LookupError(f"no scheme version is in force on {day.isoformat()}")
    return max(begun, key=lambda scheme: scheme.effective_from)


def _get(rows: Iterable[_Row], code: str) -> _Row:
    for row in rows:
        if row.code == code:
            return row
    raise LookupError(code)
