"""Everything a sale must know about its community, read once for each version and then kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from ledger.earning.scheme import Scheme
from ledger.errors import Refusal
from ledger.members import (
    agreements,
    budget,
    clerks,
    communities,
    keys,
    merchants,
    pauses,
    schemes,
    settings,
    terminals,
)
from ledger.members.agreements import Agreement
from ledger.members.clerks import Clerk
from ledger.members.merchants import Branch, Merchant
from ledger.members.settings import CommunitySettings
from ledger.members.terminals import Terminal
from ledger.sql import Tx
from ledger.token_keys import KeySet
from ledger.units import FIRST_POINT_COMMODITY, points_text

_HUNDRED: Final = 100
_HUNDREDTHS: Final = 2


class Community(NamedTuple):
    """The community itself; `issuer` stands in its codes, `zone` decides which day it is."""

    id: int
    issuer: str
    name: str
    timezone: str
    zone: ZoneInfo
    hotline: str


class Civic(NamedTuple):
    """The point type that is earned and spent at shops, as the book counts it."""

    code: str
    commodity: int
    precision: int
    has_pool: bool
    """Whether a household shares one wallet; else each person has one."""


class Limits(NamedTuple):
    """What one kind of code may take from a wallet in a business day, in the units its points are counted in.

    `free_units`: without a PIN.
    """

    day_units: int
    free_units: int


@dataclass(frozen=True)
class Terms:
    """One community at one `config_version`; nothing here ever changes."""

    community: Community
    config_version: int
    settings: CommunitySettings
    schemes: tuple[Scheme, ...]
    keyset: KeySet
    merchants: Mapping[int, Merchant]
    branches: Mapping[int, Branch]
    terminals: Mapping[int, Terminal]
    agreements: Mapping[int, tuple[Agreement, ...]]
    clerks: Mapping[int, Clerk]
    budgets_exceeded: frozenset[int] = frozenset()
    """The years whose budget for points is used up."""
    paused_shops: Mapping[int, int] = field(default_factory=dict)
    """Shops that give no points because no bill of theirs came for too long, each with the day it began (yyyymmdd)."""

    def earning_paused_on(self, merchant_id: int, business_date: int) -> bool:
        """Whether a shop gives no points on a day until its bills come; what was sold before that day earns."""
        began = self.paused_shops.get(merchant_id)
        return began is not None and business_date >= began

    def earning_stopped_on(self, business_date: int) -> bool:
        """Whether no points are given on a day because the year's budget is used up; using points goes on.

        Refusals: scheme_missing.
        """
        if business_date // 10_000 not in self.budgets_exceeded:
            return False
        return self.scheme_on(business_date).budget.on_exceed == budget.STOPS_EARNING

    def scheme_on(self, business_date: int) -> Scheme:
        """The scheme in force on a business date (yyyymmdd).

        Refusals: scheme_missing.
        """
        return schemes.in_force(list(self.schemes), business_date)

    @cached_property
    def civic(self) -> Civic:
        """The point type of the shops' rules; LookupError where no scheme has any."""
        for scheme in reversed(self.schemes):
            code = _shop_type(scheme)
            if code is not None:
                return _civic(scheme, code)
        raise LookupError("no scheme of this community lets points be spent or earned at shops")

    @cached_property
    def shown(self) -> Civic:
        """The point type a member's page opens with: that of the shops, or else the first of the newest scheme."""
        if any(_shop_type(scheme) for scheme in self.schemes):
            return self.civic
        newest = self.schemes[-1]
        return _civic(newest, newest.point_types[0].code)

    def limits(self, *, is_code: bool, is_spare: bool = False) -> Limits:
        """The day's limits of a code that works once, or of a printed card.

        `is_spare`: a code that was fetched ahead and may have been copied for a day, so less of it goes without a PIN.

        The settings say them in hundredths of a point, whatever the scheme counts in; nothing else may read them.
        """
        chosen, scale = self.settings, 10**self.shown.precision
        day = chosen.day_units_dyn if is_code else chosen.day_units_card
        free = chosen.pin_above_units_dyn if is_code else chosen.pin_above_units_card
        if is_spare:
            free = min(free, chosen.offline_spare_units)
        return Limits(day * scale // _HUNDRED, free * scale // _HUNDRED)

    def said(self, units: int) -> int | str:
        """Units as a refusal carries them: its sentence writes hundredths, points counted otherwise go in words."""
        precision = self.shown.precision
        return units if precision == _HUNDREDTHS else points_text(units, precision)

    def terminal(self, terminal_id: int) -> Terminal:
        """One terminal, whatever its state.

        Refusals: terminal_not_found.
        """
        found = self.terminals.get(terminal_id)
        if found is None:
            raise Refusal("terminal_not_found")
        return found

    def merchant(self, merchant_id: int) -> Merchant:
        """One shop, whatever its state.

        Refusals: merchant_not_found.
        """
        found = self.merchants.get(merchant_id)
        if found is None:
            raise Refusal("merchant_not_found")
        return found

    def branch(self, branch_id: int) -> Branch:
        """One place of a shop.

        Refusals: branch_not_found.
        """
        found = self.branches.get(branch_id)
        if found is None:
            raise Refusal("branch_not_found")
        return found

    def clerks_of(self, merchant_id: int) -> list[Clerk]:
        """The clerks who may sign in at a shop's tills."""
        return [
            clerk
            for clerk in self.clerks.values()
            if clerk.merchant_id == merchant_id and clerk.state == "active"
        ]

    def agreement_on(self, merchant_id: int, business_date: int) -> Agreement | None:
        """What a shop may do on that day; None without an agreement or while suspended."""
        if self.merchant(merchant_id).state != "active":
            return None
        return agreements.agreement_on(self.agreements.get(merchant_id, ()), business_date)


class TermsCache:
    """The latest terms of each community, shared by the threads of one process.

    A server that runs in several processes needs no message between them: every request reads the
    community's `config_version` with its other facts and asks for that version here.
    """

    def __init__(self) -> None:
        """Start empty."""
        self._kept: Final[dict[int, Terms]] = {}

    def find(self, community_id: int) -> Terms | None:
        """The terms last read, which may be a version behind; None before the first reading."""
        return self._kept.get(community_id)

    def get(self, tx: Tx, community_id: int, config_version: int) -> Terms:
        """The terms of that version, read through `tx` when it is not the one kept.

        Refusals: community_not_found.
        """
        kept = self._kept.get(community_id)
        if kept is not None and kept.config_version == config_version:
            return kept
        terms = read_terms(tx, community_id)
        self._kept[community_id] = terms
        return terms

    def latest(self, tx: Tx, community_id: int) -> Terms:
        """The terms in force as `tx` sees them.

        Refusals: community_not_found.
        """
        row = communities.get_community(tx, community_id)
        return self.get(tx, community_id, int(row.config_version))


def read_terms(tx: Tx, community_id: int) -> Terms:
    """Read a community's terms afresh.

    Refusals: community_not_found.
    """
    # The version comes first: what changes while the rest is read then carries a later version.
    row = communities.get_community(tx, community_id)
    by_shop: dict[int, tuple[Agreement, ...]] = {}
    for agreement in agreements.all_agreements(tx, community_id):
        by_shop[agreement.merchant_id] = (*by_shop.get(agreement.merchant_id, ()), agreement)
    return Terms(
        community=Community(
            id=community_id,
            issuer=row.issuer,
            name=row.name,
            timezone=row.timezone,
            zone=ZoneInfo(row.timezone),
            hotline=row.hotline,
        ),
        config_version=int(row.config_version),
        settings=settings.current(tx, community_id),
        schemes=tuple(schemes.versions(tx, community_id)),
        keyset=keys.public_keys(tx, community_id),
        merchants={m.merchant_id: m for m in merchants.all_merchants(tx, community_id)},
        branches={b.branch_id: b for b in merchants.all_branches(tx, community_id)},
        terminals={t.terminal_id: t for t in terminals.all_terminals(tx, community_id)},
        agreements=by_shop,
        clerks={c.clerk_id: c for c in clerks.all_clerks(tx, community_id)},
        budgets_exceeded=budget.exceeded_years(tx, community_id),
        paused_shops={
            int(pause.merchant_id): int(pause.from_date)
            for pause in pauses.open_pauses(tx, community_id)
        },
    )


def _shop_type(scheme: Scheme) -> str | None:
    offset = scheme.find_offset("merchant_purchase")
    if offset is not None:
        return offset.point_type
    return scheme.spend_rules[0].point_type if scheme.spend_rules else None


def _civic(scheme: Scheme, code: str) -> Civic:
    point_type = scheme.get_point_type(code)
    place = [row.code for row in scheme.point_types].index(code)
    return Civic(
        code=code,
        commodity=FIRST_POINT_COMMODITY + 1 + place,
        precision=point_type.precision,
        has_pool=point_type.household_pool or point_type.subject == "household",
    )
