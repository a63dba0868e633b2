"""Vouchers in a test town: a barber under contract, the community's own meals, and what tills and residents ask for."""

from __future__ import annotations

from functools import partial
from typing import Any

from ledger.audit import SYSTEM
from ledger.database import Database
from ledger.ids import new_request_id
from ledger.members import keys, pins
from ledger.members.hashing import Cost
from ledger.services.codes import code_of
from ledger.services.endings import Ending, give_back
from ledger.services.items import Offer, get_service, put_service, set_terms
from ledger.services.rules import read_number
from ledger.services.vouchers import find_by_serial, get_voucher
from ledger.sql import Row, Tx
from ledger.token_keys import KeyClass
from pos.voucher_sale import PageSale, sell_on_page
from pos.voucher_use import VoucherUse, use_voucher
from settlement.claims import file_daybook
from settlement.daybook import Daybook, DaybookLine, totals_of
from tests.support.town import CIVIC, HERE, Town, build_town

PIN = "284617"
HAIRCUT_FEN = 1_550
"""The contract's price: 3,000 units do not divide by it, so no rate could say it."""
BARBER, OTHER = 1, 2


def voucher_town(db: Database, *, people: int = 2, fund_fen: int = 100_000, **more: Any) -> Town:
    """Two shops (the first is the barber), people with 700 points and a PIN, keys for vouchers."""
    town = build_town(db, people=people, shops=2, grant_units=70_000, fund_fen=fund_fen, **more)
    db.write(lambda tx: keys.make_key(tx, town.vault, HERE, KeyClass.SVC, at=town.at, by=0))
    for person in range(1, people + 1):
        db.write(partial(_set_pin, town, person))
    return town


def _set_pin(town: Town, person: int, tx: Tx) -> None:
    said: dict[str, Any] = {"pepper": town.desk.pepper, "by": SYSTEM, "at": town.at}
    pins.set_pin(tx, HERE, person, PIN, cost=Cost(memory_kib=64, passes=1), **said)


def offer(town: Town, code: str = "CUT", **changes: Any) -> int:
    """A haircut for 30 points at the barber, 15.50 yuan by contract, unless said otherwise."""
    fields: dict[str, Any] = {
        "code": code,
        "name": "优惠理发",
        "provider_id": BARBER,
        "commodity": CIVIC,
        "price_units": 3_000,
        "contract_fen": HAIRCUT_FEN,
        "valid_days": 30,
        **changes,
    }
    new = Offer(**fields)
    return town.db.write(
        lambda tx: put_service(tx, HERE, new, shop_commodity=CIVIC, by=SYSTEM, at=town.at)
    )


def dearer(town: Town, service_id: int, from_date: int, **changes: Any) -> None:
    """The same haircut for 40 points and 20.00 yuan from a day on, unless said otherwise."""
    town.db.write(partial(_dearer, town, service_id, from_date, changes))


def _dearer(town: Town, service_id: int, from_date: int, changes: dict[str, Any], tx: Tx) -> None:
    known = get_service(tx, HERE, service_id)
    terms: dict[str, Any] = {
        "price_units": 4_000,
        "contract_fen": 2_000,
        "valid_days": 30,
        **changes,
    }
    new = Offer(
        code=known.code,
        name=known.name,
        provider_id=int(known.provider_id),
        commodity=int(known.commodity),
        **terms,
    )
    set_terms(tx, HERE, service_id, new, from_date, today=town.day, by=SYSTEM, at=town.at)


def buy(town: Town, service_id: int, person: int = 1) -> dict[str, Any]:
    """A resident buys one on the own page."""
    asked = PageSale(HERE, new_request_id(town.at), person, service_id, PIN)
    return sell_on_page(town.desk, asked, at=town.at)


def used(town: Town, code: str, *, till: int = 0, **changes: Any) -> VoucherUse:
    """What a till asks for when a voucher is shown."""
    where = town.tills[till]
    ref = where.next_ref(town.day)
    fields: dict[str, Any] = {
        "community_id": HERE,
        "terminal_id": where.terminal_id,
        "clerk_id": None,
        "request_id": new_request_id(town.at),
        "counter": where.counter,
        "ref": ref,
        "code": code,
        "occurred_at": town.at,
        **changes,
    }
    return VoucherUse(**fields)


def redeem(town: Town, code: str, *, till: int = 0) -> dict[str, Any]:
    """A till redeems a voucher."""
    return use_voucher(town.desk, used(town, code, till=till), at=town.at)


def qr_of(town: Town, number: str) -> str:
    """The digits of a voucher's picture."""
    row = row_of(town, number)

    with town.db.read() as tx:
        return code_of(
            tx,
            town.vault,
            HERE,
            town.issuer,
            serial=int(row.serial),
            last_day=int(row.last_day),
            timezone="Asia/Shanghai",
            at=town.at,
        )


def row_of(town: Town, number: str) -> Row:
    """The voucher behind a number."""
    serial = read_number(number)
    assert serial is not None
    with town.db.read() as tx:
        row = find_by_serial(tx, HERE, serial)
    assert row is not None
    return row


def claim_line(answer: dict[str, Any], **changes: Any) -> DaybookLine:
    """How the provider's till claims a voucher it took."""
    fields: dict[str, Any] = {
        "counter": int(answer["ref"].split("-")[2]),
        "ref": answer["ref"],
        "kind": "voucher",
        "original_ref": None,
        "total_fen": answer["fen"],
        "offset_units": answer["units"],
        "offset_fen": answer["fen"],
        "paid_fen": 0,
        "occurred_at": answer["occurred_at"],
        **changes,
    }
    return DaybookLine(**fields)


def file_day(
    town: Town, lines: list[DaybookLine], *, till: int = 0, batch_no: int = 1
) -> dict[str, Any]:
    """A till files its day."""
    book = Daybook(
        business_date=town.day,
        batch_no=batch_no,
        opened_at=town.at,
        closed_at=town.at,
        lines=tuple(lines),
        totals=totals_of(lines),
    )
    return file_daybook(town.db, HERE, town.tills[till].terminal_id, book, at=town.at)


def returned(town: Town, number: str) -> dict[str, Any]:
    """The holder gives a voucher back."""
    voucher_id = int(row_of(town, number).voucher_id)

    def work(tx: Tx) -> dict[str, Any]:
        ending = Ending(
            community_id=HERE,
            request_id=new_request_id(town.at),
            how="returned",
            business_date=town.day,
        )
        return give_back(tx, get_voucher(tx, HERE, voucher_id), ending, at=town.at)

    return town.db.write(work)
