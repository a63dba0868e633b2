"""Flows of services for points: vouchers bought, used, given back and lapsed, and a benefit that uses points up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ledger.book.chart import Account as Acc
from ledger.book.chart import Kind
from ledger.book.cover import authorise_step, release_step
from ledger.book.steps import Step
from ledger.database import Database
from ledger.sql import Sql, Tx
from tests.support.flow_tools import (
    AT,
    DAY,
    SALON,
    SHOP,
    Beside,
    Claim,
    book,
    request_id,
    side_of,
)
from tests.support.town import CIVIC, Town

UNITS, FEN = 3_000, 1_500
_CUT, _MEAL = 1, 2
_VOUCHERS = {"cut_1": 11, "cut_2": 12, "cut_3": 13, "meal": 14}

_SERVICE = Sql(
    "INSERT INTO service (community_id, service_id, code, name, provider_id, commodity, price_units, contract_fen,"
    " valid_days, cancel_hours, needs_booking, returnable, unused, state, changed_at) VALUES (:community_id,"
    " :service_id, :code, :code, :provider_id, :commodity, :units, :fen, 1, 24, 0, 1, 'lapse', 'on', :at)"
)
_SOLD = Sql(
    "INSERT INTO voucher (community_id, voucher_id, serial, service_id, provider_id, commodity, units, contract_fen,"
    " person_id, wallet_owner_id, sold_by, unused, returnable, needs_booking, cancel_hours, business_date, last_day,"
    " sold_at, request_id, txn_id)"
    " VALUES (:community_id, :voucher_id, :voucher_id, :service_id, :provider_id, :commodity, :units, :fen, 2, 2,"
    " 'page', 'lapse', 1, 0, 24, :day, :day, :at, :request_id, :txn_id)"
)
_ENDED = Sql(
    "INSERT INTO voucher_end (community_id, voucher_id, how, provider_id, terminal_id, ref, units, fen,"
    " business_date, occurred_at, ended_at, request_id, txn_id) VALUES (:community_id, :voucher_id, :how,"
    " :provider_id, :terminal_id, :ref, :units, :fen, :day, :at, :at, :request_id, :txn_id)"
)
_GIVEN = Sql(
    "INSERT INTO benefit_given (community_id, benefit_id, code, merchant_id, terminal_id, person_id, ref,"
    " business_date, occurred_at, total_fen, off_fen, commodity, burned_units, scheme_version, txn_id) VALUES"
    " (:community_id, :request_id, 'B02', :merchant_id, :terminal_id, 2, :ref, :day, :at, 3000, 900, :commodity,"
    " :units, 'changan/2026.1', :txn_id)"
)


def voucher(db: Database, town: Town) -> None:
    """Flow 5: three haircuts at 30 points: one taken (15.00 by contract), one given back, one lapsed; and a meal."""
    for name in ("cut_1", "cut_2", "cut_3"):
        _buy(db, town, name, SALON, _CUT)
    _buy(db, town, "meal", 0, _MEAL)
    claim = Claim(SALON, UNITS, FEN, "M03T1-260302-00001-X", "voucher")
    used = [(Acc.VOUCHER, 0, Acc.OFFSET, SALON, UNITS)]
    book(db, town, "cut_done", Kind.VOUCHER_USE, used, claim=claim,
         beside=_ends(town, "cut_done", "cut_1", "used", claim.ref))  # fmt: skip
    eaten = [(Acc.VOUCHER, 0, Acc.REDEEMED, 0, UNITS)]
    book(db, town, "meal_done", Kind.VOUCHER_USE, eaten,
         beside=_ends(town, "meal_done", "meal", "used", "M01T1-260302-00090-X"))  # fmt: skip
    back = [(Acc.VOUCHER, 0, Acc.WALLET, 2, UNITS)]
    book(db, town, "cut_back", Kind.VOUCHER_END, back,
         beside=_ends(town, "cut_back", "cut_2", "returned"))  # fmt: skip
    late = [(Acc.VOUCHER, 0, Acc.EXPIRED, 0, UNITS)]
    book(db, town, "cut_late", Kind.VOUCHER_END, late,
         beside=_ends(town, "cut_late", "cut_3", "lapsed"))  # fmt: skip


def benefit(db: Database, town: Town) -> None:
    """A haircut by agreement uses 5 points up; what it takes off the bill the shop bears itself."""
    ref = "M01T1-260302-00091-X"

    def given(_tx: Tx, txn_id: int) -> list[Step]:
        row = _common(town, "benefit", txn_id) | {
            "merchant_id": SHOP,
            "terminal_id": 1_001,
            "ref": ref,
            "units": 500,
        }
        return [Step(_GIVEN, _only(_GIVEN, row))]

    book(db, town, "benefit", Kind.BENEFIT, [(Acc.WALLET, 2, Acc.REDEEMED, 0, 500)], beside=given)


def _buy(db: Database, town: Town, name: str, provider: int, service: int) -> None:
    fen = FEN if provider else 0

    def sold(tx: Tx, txn_id: int) -> list[Step]:
        row = _common(town, name, txn_id) | {
            "voucher_id": _VOUCHERS[name], "service_id": service, "provider_id": provider, "fen": fen,
            "code": f"S{service}",
        }  # fmt: skip
        first = [Step(_SERVICE, _only(_SERVICE, row))] if name in {"cut_1", "meal"} else []
        return [*first, Step(_SOLD, _only(_SOLD, row)), *_cover(tx, town, provider, authorise_step)]

    book(db, town, name, Kind.VOUCHER_BUY, [(Acc.WALLET, 2, Acc.VOUCHER, 0, UNITS)], beside=sold)


def _ends(town: Town, name: str, which: str, how: str, ref: str | None = None) -> Beside:
    provider = 0 if which == "meal" else SALON

    def ends(tx: Tx, txn_id: int) -> list[Step]:
        row = _common(town, name, txn_id) | {
            "voucher_id": _VOUCHERS[which], "provider_id": provider, "how": how, "ref": ref,
            "terminal_id": None if ref is None else 1_003,
            "fen": FEN if how == "used" and provider else 0,
        }  # fmt: skip
        # What a use had bound goes to its offset; every other end lets go of it.
        freed = [] if how == "used" else _cover(tx, town, provider, release_step)
        return [Step(_ENDED, _only(_ENDED, row)), *freed]

    return ends


def _cover(tx: Tx, town: Town, provider: int, step: Callable[[int, int, int], Step]) -> list[Step]:
    if not provider:
        return []
    return [step(town.here, side_of(tx, town.here, Acc.COVER, provider).account_id, FEN)]


def _common(town: Town, name: str, txn_id: int) -> dict[str, Any]:
    return {
        "community_id": town.here, "commodity": CIVIC, "units": UNITS, "day": DAY, "at": AT,
        "request_id": request_id(name), "txn_id": txn_id,
    }  # fmt: skip


def _only(sql: Sql, row: dict[str, Any]) -> dict[str, Any]:
    """The parameters a statement names: PostgreSQL's driver takes no others amiss, and a reader neither."""
    return {name: value for name, value in row.items() if f":{name}" in sql.text}
