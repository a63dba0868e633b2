"""What must be true of vouchers at any moment, asked in raw SQL that shares nothing with the product's own code."""

from __future__ import annotations

from functools import partial
from typing import Final

from ledger.services.endings import Ending, give_back
from ledger.services.vouchers import Purchase, get_voucher, sell
from ledger.sql import Tx
from tests.support.town import HERE, Town
from tests.support.vouchers import offer

_OPEN: Final = (
    "NOT EXISTS (SELECT 1 FROM voucher_end e WHERE e.community_id = v.community_id"
    " AND e.voucher_id = v.voucher_id)"
)
_HELD: Final = (
    "coalesce((SELECT sum(CASE WHEN t.credit_id = a.account_id THEN t.amount ELSE -t.amount END)"
    " FROM transfer t WHERE t.community_id = a.community_id"
    " AND a.account_id IN (t.credit_id, t.debit_id)), 0)"
)

CHECKS: Final[dict[str, str]] = {
    "the_vouchers_account_is_the_open_vouchers": (
        f"SELECT a.* FROM account a WHERE a.kind = 'voucher' AND {_HELD} <> coalesce((SELECT sum(v.units)"
        " FROM voucher v WHERE v.community_id = a.community_id AND v.commodity = a.commodity"
        f" AND {_OPEN}), 0)"
    ),
    # One row a voucher is the table's own key; that no second entry moved its points is not.
    "a_voucher_ends_once": (
        "SELECT x.community_id, x.txn_id FROM txn x WHERE x.kind IN ('voucher_use', 'voucher_end')"
        " AND NOT EXISTS (SELECT 1 FROM voucher_end e WHERE e.community_id = x.community_id"
        " AND e.txn_id = x.txn_id)"
    ),
}
"""Each names what holds; its query finds the rows where it does not. Written for both engines."""

MUTATIONS: Final[dict[str, str]] = {
    "the_vouchers_account_is_the_open_vouchers": (
        "UPDATE voucher SET units = units + 1 WHERE voucher_id NOT IN (SELECT voucher_id FROM voucher_end)"
    ),
    "a_voucher_ends_once": "UPDATE voucher_end SET txn_id = txn_id + 1",
}
"""For each the statement that breaks it and no other, in a town with an open voucher and one that was given back."""


def buy_a_little(town: Town) -> None:
    """Person 2 buys two of the community's meals and gives one back."""
    service_id = offer(town, "MEAL", name="助餐", provider_id=0, contract_fen=0, price_units=1_000)

    def work(tx: Tx, number: int) -> int:
        bought = Purchase(
            community_id=HERE,
            request_id=f"meal-{number}",
            service_id=service_id,
            person_id=2,
            wallet_owner_id=2,
            business_date=town.day,
            occurred_at=town.at,
            scheme_version="",
        )
        return int(sell(tx, bought, at=town.at)["voucher_id"])

    def back(tx: Tx, voucher_id: int) -> None:
        ending = Ending(
            community_id=HERE, request_id="meal-back", how="returned", business_date=town.day
        )
        give_back(tx, get_voucher(tx, HERE, voucher_id), ending, at=town.at)

    first, _ = (town.db.write(partial(work, number=number)) for number in (1, 2))
    town.db.write(partial(back, voucher_id=first))
