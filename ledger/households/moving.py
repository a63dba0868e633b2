"""Points and debts carried from one wallet to another: each age apart, so that no point becomes younger or older."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from ledger.book.accounts import account_id
from ledger.book.balances import lock_wallet, wallet_of
from ledger.book.chart import Account, Kind
from ledger.book.posting import Line, Posting, Side, post
from ledger.book.repay import repay_from_wallet
from ledger.book.unspent import lots_of
from ledger.earning.calendar import day_key
from ledger.earning.scheme import Scheme
from ledger.errors import Refusal
from ledger.households.rules import Aged, by_period, of_every_age
from ledger.ids import derived_request_id, new_id
from ledger.members import schemes
from ledger.sql import Sql, Tx

_LINE: Final = Sql(
    "INSERT INTO household_line (community_id, act_id, line_no, txn_id, what, commodity, from_owner,"
    " to_owner, person_id, earned_on, units) VALUES (:community_id, :act_id, :line_no, :txn_id, :what,"
    " :commodity, :from_owner, :to_owner, :person_id, :earned_on, :units)"
)
_COUNT: Final = Sql(
    "SELECT count(*) AS n FROM household_line"
    " WHERE community_id = :community_id AND act_id = :act_id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """So many units of one kind of points from one wallet to another; `person_id`: whose share it is."""

    commodity: int
    from_owner: int
    to_owner: int
    units: int
    debt_units: int = 0
    person_id: int | None = None


@dataclass(slots=True, kw_only=True)
class Carrier:
    """Carries the parts of one act; times in microseconds UTC, `business_date` as yyyymmdd."""

    tx: Tx
    community_id: int
    act_id: int
    kind: Kind
    staff_id: int
    at: int
    business_date: int
    ends: Sequence[tuple[int, int]] = ()
    _lines: int = field(default=-1)

    def carry(self, part: Part) -> int:
        """Move a part, an entry for each age, and let it repay what the other side owes; returns the units moved.

        Points set aside for a purchase stay where they are. Refuses household_points_gone (less is free than was agreed
        on) and period_locked.
        """
        wallet = self._side(Account.WALLET, part.commodity, part.from_owner)
        there = self._side(Account.WALLET, part.commodity, part.to_owner)
        for owner in (part.from_owner, part.to_owner):
            self._side(Account.PENDING, part.commodity, owner)
            self._side(Account.OWED, part.commodity, owner)
        for side in sorted((wallet.account_id, there.account_id)):
            lock_wallet(self.tx, self.community_id, side)
        held = wallet_of(self.tx, self.community_id, part.from_owner, part.commodity).held
        free = lots_of(self.tx, self.community_id, part.commodity, part.from_owner, held=held)
        lots = [Aged(*lot) for lot in free]
        if part.units > sum(lot.units for lot in lots):
            raise Refusal("household_points_gone")
        for lot in by_period(of_every_age(lots, part.units), self.ends):
            line = Line(wallet, there, part.commodity, lot.units)
            self._post(part, line, "points", lot.earned_on)
        if part.debt_units:
            debt = Line(
                self._side(Account.OWED, part.commodity, part.to_owner),
                self._side(Account.OWED, part.commodity, part.from_owner),
                part.commodity,
                part.debt_units,
            )
            self._post(part, debt, "debt", None)
        self._repay(part)
        return part.units

    def _post(self, part: Part, line: Line, what: str, earned_on: int | None) -> None:
        number = self._next()
        txn_id = new_id(self.at)
        post(
            self.tx,
            Posting(
                community_id=self.community_id,
                kind=self.kind,
                request_id=derived_request_id("household", self.act_id, number),
                txn_id=txn_id,
                occurred_at=self.at,
                at=self.at,
                business_date=self.business_date,
                lines=[line],
                person_id=part.person_id,
                wallet_owner_id=part.to_owner,
                staff_id=self.staff_id,
                reason_key=self.kind.value,
                source="office",
                corrects_date=earned_on,
            ),
        )
        self.tx.run(
            _LINE,
            community_id=self.community_id,
            act_id=self.act_id,
            line_no=number,
            txn_id=txn_id,
            what=what,
            commodity=part.commodity,
            from_owner=part.from_owner,
            to_owner=part.to_owner,
            person_id=part.person_id,
            earned_on=earned_on,
            units=line.amount,
        )

    def _repay(self, part: Part) -> None:
        repay_from_wallet(
            self.tx,
            self.community_id,
            part.to_owner,
            part.commodity,
            request_id=derived_request_id("household-repay", self.act_id, self._next(peek=True)),
            at=self.at,
            business_date=self.business_date,
        )

    def _next(self, *, peek: bool = False) -> int:
        if self._lines < 0:
            row = self.tx.get(_COUNT, community_id=self.community_id, act_id=self.act_id)
            self._lines = int(row.n)
        if peek:
            return self._lines
        self._lines += 1
        return self._lines

    def _side(self, kind: Account, commodity: int, owner: int) -> Side:
        found = account_id(self.tx, self.community_id, kind, commodity, owner, at=self.at)
        return Side(found, kind)


def fixed_ends(versions: Sequence[Scheme]) -> list[tuple[int, int]]:
    """The dates (month, day) within a month on which some version of the rules ends a year of earning."""
    return [
        (rule.month, rule.day)
        for rule in (version.expiry for version in versions)
        if rule.policy == "fixed_date" and rule.month and rule.day
    ]


def begun_by(tx: Tx, community_id: int, today: int) -> list[Scheme]:
    """The versions of the rules that have begun by a business date (yyyymmdd), the one in force last.

    Refuses scheme_missing.
    """
    adopted = schemes.versions(tx, community_id)
    found = [scheme for scheme in adopted if day_key(scheme.effective_from) <= today]
    if not found:
        raise Refusal("scheme_missing", business_date=today)
    return found
