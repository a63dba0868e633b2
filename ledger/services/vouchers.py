"""Vouchers sold for points: the points wait on an account of their own, the provider's money is bound at once."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from ledger.book.accounts import account_id
from ledger.book.balances import lock_wallet, wallet_of
from ledger.book.chart import Account, Kind
from ledger.book.cover import authorise_step, cover_of, reserve
from ledger.book.posting import Line, Posting, Side, check_open
from ledger.book.posting import steps as posting_steps
from ledger.book.steps import Step, apply
from ledger.errors import Refusal
from ledger.ids import derived_request_id, new_id
from ledger.services.items import COMMUNITY, is_served, service_on
from ledger.services.rules import MOST_SERIAL, Standing, last_day_of, number_text
from ledger.sql import Row, Sql, Tx
from ledger.units import CNY

_KEEP: Final = Sql(
    "INSERT INTO voucher (community_id, voucher_id, serial, service_id, provider_id, commodity, units,"
    " contract_fen, person_id, wallet_owner_id, sold_by, terminal_id, unused, returnable, needs_booking,"
    " cancel_hours, business_date, last_day, sold_at, request_id, txn_id) VALUES (:community_id,"
    " :voucher_id, :serial, :service_id, :provider_id, :commodity, :units, :contract_fen, :person_id,"
    " :wallet_owner_id, :sold_by, :terminal_id, :unused, :returnable, :needs_booking, :cancel_hours,"
    " :business_date, :last_day, :at, :request_id, :txn_id)"
)
_COLUMNS: Final = (
    "SELECT v.voucher_id, v.serial, v.service_id, v.provider_id, v.commodity, v.units, v.contract_fen,"
    " v.person_id, v.wallet_owner_id, v.sold_by, v.unused, v.business_date, v.last_day, v.sold_at,"
    " v.txn_id, v.returnable, v.needs_booking, v.cancel_hours, s.code, s.name, e.how, e.fen,"
    " e.ref, e.business_date AS ended_on, e.ended_at FROM voucher v"
    " JOIN service s ON s.community_id = v.community_id AND s.service_id = v.service_id"
    " LEFT JOIN voucher_end e ON e.community_id = v.community_id AND e.voucher_id = v.voucher_id"
    " WHERE v.community_id = :community_id"
)
_BY_SERIAL: Final = Sql(f"{_COLUMNS} AND v.serial = :serial")
_BY_ID: Final = Sql(f"{_COLUMNS} AND v.voucher_id = :voucher_id")
_OF_PERSON: Final = Sql(
    f"{_COLUMNS} AND v.person_id = :person_id ORDER BY v.voucher_id DESC LIMIT :most"
)
_OF_PROVIDER: Final = Sql(
    f"{_COLUMNS} AND v.provider_id = :provider_id AND e.how = 'used'"
    " AND e.business_date >= :first_date AND e.business_date <= :last_date"
    " ORDER BY e.ended_at DESC LIMIT :most"
)
_NEWEST: Final = Sql(f"{_COLUMNS} ORDER BY v.voucher_id DESC LIMIT :most")
_LOCK: Final = Sql(
    "UPDATE voucher SET last_day = last_day WHERE community_id = :community_id"
    " AND voucher_id = :voucher_id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """Who buys what, where. `commodity_shops`: the points of the shops; the day is yyyymmdd, times in microseconds.

    `extra`: steps of the door (a burned code, limits) written with the sale or not at all.
    """

    community_id: int
    request_id: str
    service_id: int
    person_id: int
    wallet_owner_id: int
    business_date: int
    occurred_at: int
    scheme_version: str
    sold_by: str = "page"
    merchant_id: int | None = None
    branch_id: int | None = None
    terminal_id: int | None = None
    clerk_id: int | None = None
    card_serial: int | None = None
    card_issue: int | None = None
    ref: str | None = None
    extra: Sequence[Step] = ()


def sell(tx: Tx, bought: Purchase, *, at: int) -> dict[str, Any]:
    """Take the points of one voucher out of the wallet, in the caller's transaction; gives what the holder is told.

    What the provider will be paid is bound in its cover now, so that a voucher once sold is always honoured.
    Refuses: service_not_found, service_off, insufficient_points, points_owed, voucher_fund_empty, period_locked.
    Raises GuardMissedError where another took the points or the fund's last yuan meanwhile.
    """
    here = bought.community_id
    service = service_on(tx, here, bought.service_id, bought.business_date)
    served = is_served(tx, here, int(service.provider_id), bought.business_date)
    if service.state != "on" or not served:
        raise Refusal("service_off", service=service.code)
    check_open(tx, here, bought.business_date)
    owner, commodity = bought.wallet_owner_id, int(service.commodity)
    wallet = Side(account_id(tx, here, Account.WALLET, commodity, owner, at=at), Account.WALLET)
    lock_wallet(tx, here, wallet.account_id)
    standing = wallet_of(tx, here, owner, commodity)
    if standing.owed > 0:
        raise Refusal("points_owed", owed_units=standing.owed)
    units = int(service.price_units)
    if units > standing.available:
        raise Refusal("insufficient_points", available_units=standing.available, asked_units=units)
    waiting = Side(account_id(tx, here, Account.VOUCHER, commodity, at=at), Account.VOUCHER)
    bound = _bound(tx, bought, service, at=at)
    posting = _posting(bought, [Line(wallet, waiting, commodity, units)], at=at)
    row = _row(bought, service, posting.txn_id, at)
    apply(tx, [*bought.extra, *posting_steps(posting), Step(_KEEP, row), *bound])
    return {
        "voucher_id": str(row["voucher_id"]),
        "number": number_text(row["serial"]),
        "service": service.name,
        "units": units,
        "last_day": row["last_day"],
        "business_date": bought.business_date,
        "occurred_at": bought.occurred_at,
        "txn_id": str(posting.txn_id),
    }


def lock_voucher(tx: Tx, community_id: int, voucher_id: int) -> None:
    """Let whoever else acts on this voucher wait for this transaction, so that what is read now stays true."""
    tx.run(_LOCK, community_id=community_id, voucher_id=voucher_id)


def standing_of(voucher: Row) -> Standing:
    """What the rules ask of a voucher's row."""
    ended_on = None if voucher.ended_on is None else int(voucher.ended_on)
    return Standing(
        int(voucher.provider_id),
        int(voucher.last_day),
        bool(voucher.returnable),
        voucher.how,
        ended_on,
    )


def find_by_serial(tx: Tx, community_id: int, serial: int) -> Row | None:
    """A voucher with its service and its end (`how` null: open); None where there is none."""
    return tx.find(_BY_SERIAL, community_id=community_id, serial=serial)


def get_voucher(tx: Tx, community_id: int, voucher_id: int) -> Row:
    """A voucher with its service and its end.

    Refuses: voucher_not_found.
    """
    row = tx.find(_BY_ID, community_id=community_id, voucher_id=voucher_id)
    if row is None:
        raise Refusal("voucher_not_found")
    return row


def vouchers_of(tx: Tx, community_id: int, person_id: int, *, most: int = 50) -> list[Row]:
    """A person's own vouchers, the newest first, from whichever wallet they were paid; nobody else sees them."""
    return tx.all(_OF_PERSON, community_id=community_id, person_id=person_id, most=most)


def used_at(
    tx: Tx, community_id: int, provider_id: int, first_date: int, last_date: int, *, most: int = 500
) -> list[Row]:
    """What a provider honoured on these business dates, the newest first."""
    return tx.all(
        _OF_PROVIDER,
        community_id=community_id,
        provider_id=provider_id,
        first_date=first_date,
        last_date=last_date,
        most=most,
    )


def newest(tx: Tx, community_id: int, *, most: int = 100) -> list[Row]:
    """The vouchers sold last."""
    return tx.all(_NEWEST, community_id=community_id, most=most)


def _bound(tx: Tx, bought: Purchase, service: Row, *, at: int) -> list[Step]:
    """The step that binds the contract's fen in the provider's cover, filled from the fund as far as it lacks them."""
    if int(service.provider_id) == COMMUNITY:
        return []
    here, provider, fen = bought.community_id, int(service.provider_id), int(service.contract_fen)
    account_id(tx, here, Account.OFFSET, int(service.commodity), provider, at=at)
    cover = account_id(tx, here, Account.COVER, CNY, provider, at=at)
    missing = fen - cover_of(tx, here, cover).free
    if missing > 0:
        moved = reserve(
            tx,
            here,
            provider,
            missing,
            request_id=derived_request_id("voucher-cover", bought.request_id),
            at=at,
            business_date=bought.business_date,
        )
        if moved < missing:
            raise Refusal("voucher_fund_empty")
    return [authorise_step(here, cover, fen)]


def _posting(bought: Purchase, lines: list[Line], *, at: int) -> Posting:
    return Posting(
        community_id=bought.community_id,
        kind=Kind.VOUCHER_BUY,
        request_id=bought.request_id,
        txn_id=new_id(at),
        occurred_at=bought.occurred_at,
        at=at,
        business_date=bought.business_date,
        lines=lines,
        ref=bought.ref,
        scheme_period=str(bought.business_date // 100),
        scheme_version=bought.scheme_version,
        person_id=bought.person_id,
        wallet_owner_id=bought.wallet_owner_id,
        card_serial=bought.card_serial,
        card_issue=bought.card_issue,
        merchant_id=bought.merchant_id,
        branch_id=bought.branch_id,
        terminal_id=bought.terminal_id,
        staff_id=bought.clerk_id,
        reason_key=Kind.VOUCHER_BUY.value,
        source="page" if bought.terminal_id is None else "counter",
    )


def _row(bought: Purchase, service: Row, txn_id: int, at: int) -> dict[str, Any]:
    return {
        "community_id": bought.community_id,
        "voucher_id": new_id(at),
        # Drawn, not counted: nobody finds a neighbour's voucher by typing the next number.
        "serial": secrets.randbelow(MOST_SERIAL) + 1,
        "service_id": bought.service_id,
        "provider_id": int(service.provider_id),
        "commodity": int(service.commodity),
        "units": int(service.price_units),
        "contract_fen": int(service.contract_fen),
        "person_id": bought.person_id,
        "wallet_owner_id": bought.wallet_owner_id,
        "sold_by": bought.sold_by,
        "terminal_id": bought.terminal_id,
        # The terms of this day are the voucher's own from now on, whatever the service says later.
        "unused": service.unused,
        "returnable": int(service.returnable),
        "needs_booking": int(service.needs_booking),
        "cancel_hours": int(service.cancel_hours),
        "business_date": bought.business_date,
        "last_day": last_day_of(bought.business_date, int(service.valid_days)),
        "at": at,
        "request_id": bought.request_id,
        "txn_id": txn_id,
    }
