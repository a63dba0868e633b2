"""How each kind of row becomes members, shops or points."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from ledger.audit import By
from ledger.book.accounts import account_id
from ledger.book.chart import Account, Kind
from ledger.book.posting import Line, Posting, Side, post
from ledger.book.repay import repay_lines
from ledger.earning.calendar import business_date, day_bounds, day_from_key, day_key
from ledger.errors import Refusal
from ledger.ids import derived_request_id
from ledger.members import agreements, communities, households, merchants, residents, settings
from ledger.members.import_checks import OPENING, open_households
from ledger.members.import_rows import Row, agreement_of
from ledger.members.residents import Identity
from ledger.members.terms import read_terms
from ledger.sql import Tx

Take = Callable[[Row], object]


def taker(tx: Tx, community_id: int, kind: str, *, by: By, at: int) -> Take:
    """A function that takes one row of that kind, inside the caller's transaction.

    Refusals: those of the members' own functions, import_no_pool, period_locked.
    """
    return _TAKERS[kind](tx, community_id, by, at)


def _take_households(tx: Tx, community_id: int, by: By, at: int) -> Take:
    return lambda row: households.open_household(
        tx,
        community_id,
        code=row.values["household_code"],
        building=row.values["building"],
        unit=row.values["unit"],
        by=by,
        at=at,
    )


def _take_residents(tx: Tx, community_id: int, by: By, at: int) -> Take:
    homes = open_households(tx, community_id)
    zone = communities.get_community(tx, community_id).timezone

    def take_one(row: Row) -> None:
        values = row.values
        consent_on = values["consent_on"]
        residents.register(
            tx,
            community_id,
            homes[values["household_code"]],
            Identity(values["name"], values["phone"] or ""),
            birth_year=values["birth_year"],
            consent_at=None
            if consent_on is None
            else day_bounds(day_from_key(consent_on), zone)[0],
            by=by,
            at=at,
        )

    return take_one


def _take_merchants(tx: Tx, community_id: int, by: By, at: int) -> Take:
    chosen = settings.current(tx, community_id)

    def take_one(row: Row) -> None:
        values = row.values
        merchant_id = merchants.open_merchant(
            tx,
            community_id,
            code=values["merchant_code"],
            name=values["name"],
            category=values["category"],
            by=by,
            at=at,
        )
        merchants.open_branch(
            tx, community_id, merchant_id, code="1", name=values["name"], by=by, at=at
        )
        signed = agreement_of(
            merchant_id,
            row,
            proof_days=chosen.proof_days,
            allowance_fen=chosen.allowance_day_fen,
        )
        agreements.sign_agreement(tx, community_id, signed, by=by, at=at)

    return take_one


def _take_balances(tx: Tx, community_id: int, by: By, at: int) -> Take:
    terms = read_terms(tx, community_id)
    if not terms.civic.has_pool:
        raise Refusal("import_no_pool")
    homes = open_households(tx, community_id)
    commodity = terms.civic.commodity
    day = day_key(business_date(at, terms.community.timezone))
    version = terms.scheme_on(day).version
    grants = Side(
        account_id(tx, community_id, Account.ISSUED_GRANT, commodity, at=at), Account.ISSUED_GRANT
    )

    def take_one(row: Row) -> None:
        home = homes[row.values["household_code"]]
        wallet = Side(
            account_id(tx, community_id, Account.WALLET, commodity, home, at=at), Account.WALLET
        )
        units = row.values["points"]
        repaid = repay_lines(tx, community_id, home, commodity, units, wallet, at=at)
        posting = Posting(
            community_id=community_id,
            kind=Kind.GRANT,
            request_id=derived_request_id(OPENING, community_id, home),
            occurred_at=at,
            at=at,
            business_date=day,
            lines=[Line(grants, wallet, commodity, units), *repaid],
            scheme_version=version,
            wallet_owner_id=home,
            staff_id=by.id or None,
            issuing_community=community_id,
            accepting_community=community_id,
            reason_key=OPENING,
            source="import",
        )
        post(tx, posting)

    return take_one


_TAKERS: Final[Mapping[str, Callable[[Tx, int, By, int], Take]]] = {
    "households": _take_households,
    "residents": _take_residents,
    "merchants": _take_merchants,
    "balances": _take_balances,
}
