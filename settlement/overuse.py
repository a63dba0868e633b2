"""Points let go without network that were not there: an A5 that names both tills.

It is an A2 where the card was reported, and an A3 where a spare code had been taken by another till before.
The night names what came in since the night before. It holds nothing back: the shop kept to its limits and is paid.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final, NamedTuple

from ledger.sql import Row, Sql, Tx
from settlement.night_store import keep_found
from settlement.reckoning import Found
from settlement.sides import Run
from settlement.verdicts import Code

NO_OTHER: Final = "NO_OTHER"
"""No other use of the wallet within a day before it: the points were never there."""
CARD_REPORTED: Final = "CARD_REPORTED"
"""The card had been reported since the till's last sync: the community bears it."""

_FROM: Final = 700_000
"""A5s of a day are numbered from here, below the C4s."""
_SKEW_US: Final = 30_000_000
_DAY_US: Final = timedelta(days=1) // timedelta(microseconds=1)
_FOUND: Final = Sql(
    "SELECT x.txn_id, x.terminal_id, x.merchant_id, x.wallet_owner_id, x.occurred_at, x.business_date, x.recorded_at,"
    " t.amount, t.commodity, t.credit_id AS wallet_id, a.kind AS borne_by FROM txn x"
    " JOIN transfer t ON t.community_id = x.community_id AND t.txn_id = x.txn_id"
    " JOIN account a ON a.community_id = t.community_id AND a.account_id = t.debit_id"
    " WHERE x.community_id = :community_id AND x.kind = 'overspend' AND x.business_date >= :first"
    " AND x.business_date <= :last ORDER BY x.txn_id"
)
# The sale the points were lent for is the next entry of that till for that wallet, written in the same breath.
_SALE: Final = Sql(
    "SELECT ref FROM txn WHERE community_id = :community_id AND kind = 'sale' AND terminal_id = :terminal_id"
    " AND wallet_owner_id = :owner_id AND recorded_at = :recorded_at AND txn_id > :txn_id ORDER BY txn_id LIMIT 1"
)
_OTHER: Final = Sql(
    "SELECT x.ref, x.terminal_id FROM transfer t JOIN txn x ON x.community_id = t.community_id AND x.txn_id = t.txn_id"
    " WHERE t.community_id = :community_id AND t.debit_id = :wallet_id AND x.txn_id < :txn_id"
    " AND x.terminal_id IS NOT NULL AND x.terminal_id <> :terminal_id AND x.ref IS NOT NULL"
    " AND x.occurred_at >= :since ORDER BY x.txn_id DESC LIMIT 1"
)
# A spare code is good on one day, from its issue: of the codes with its number, the last issued before it was shown.
_FIRST: Final = Sql(
    "SELECT u.terminal_id, t.code AS till, (SELECT x.ref FROM txn x WHERE x.community_id = u.community_id"
    "  AND x.request_id = u.request_id AND x.ref IS NOT NULL ORDER BY x.txn_id LIMIT 1) AS ref"
    " FROM offline_sale o JOIN token_use u ON u.community_id = o.community_id AND u.serial = o.card_serial"
    "  AND u.sequence = o.card_issue AND u.issued_at_s * 1000000 <= o.occurred_at + :skew_us"
    " JOIN token_key k ON k.community_id = u.community_id AND k.kid = u.kid AND k.key_class = 'vch'"
    "  AND u.issued_at_s * 1000000 BETWEEN k.not_before AND k.not_after"
    " JOIN terminal t ON t.community_id = u.community_id AND t.terminal_id = u.terminal_id"
    " WHERE o.community_id = :community_id AND o.ref = :ref AND o.terminal_id = :terminal_id AND o.state = 'twice'"
    " ORDER BY u.issued_at_s DESC LIMIT 1"
)
_NAMED: Final = Sql(
    "SELECT claimant_id, ref FROM discrepancy WHERE community_id = :community_id AND code IN ('A2', 'A3', 'A5')"
    " AND business_date >= :first AND business_date <= :last"
)
_LAST_NIGHT: Final = Sql(
    "SELECT coalesce(max(business_date), 0) AS day FROM night_run WHERE community_id = :community_id"
    " AND business_date < :day AND state = 'locked'"
)


class Overuse(NamedTuple):
    """One over-use: the till that let points go, its slip, the other till's slip, and the units that were not there.

    `other_ref` and `other_terminal_id` are '' and 0 where no other till used the wallet within a day before it.
    """

    business_date: int
    merchant_id: int
    terminal_id: int
    ref: str
    other_terminal_id: int
    other_ref: str
    units: int
    owner_id: int
    is_loss: bool
    is_twice: bool = False
    """The other slip is that of the spare code's first use, or its till's code where that has no slip."""


def find_overuse(tx: Tx, community_id: int, *, first: int, last: int) -> list[Overuse]:
    """Every over-use booked on the business dates from `first` to `last` (yyyymmdd), in the order of the book."""
    rows = tx.all(_FOUND, community_id=community_id, first=first, last=last)
    return [_overuse(tx, community_id, row) for row in rows]


def close_overuse(tx: Tx, run: Run, *, at: int) -> None:
    """Name each over-use of the days this night closes, once."""
    here = run.community_id
    first = int(tx.get(_LAST_NIGHT, community_id=here, day=run.day).day) + 1
    named = {
        (int(row.claimant_id), row.ref)
        for row in tx.all(_NAMED, community_id=here, first=first, last=run.day)
    }
    found = [
        _a5(one)
        for one in find_overuse(tx, here, first=first, last=run.day)
        if (one.merchant_id, one.ref) not in named
    ]
    keep_found(tx, run, found, first=_FROM, at=at)


def _overuse(tx: Tx, community_id: int, row: Row) -> Overuse:
    asked = {
        "community_id": community_id,
        "terminal_id": row.terminal_id,
        "txn_id": row.txn_id,
    }
    sale = tx.find(_SALE, **asked, owner_id=row.wallet_owner_id, recorded_at=row.recorded_at)
    ref = "" if sale is None else str(sale.ref)
    first = _first_use(tx, community_id, row, ref)
    if first is not None:
        other_ref = str(first.ref or first.till)
        return _named(row, ref, int(first.terminal_id), other_ref, is_twice=True)
    other = tx.find(_OTHER, **asked, wallet_id=row.wallet_id, since=int(row.occurred_at) - _DAY_US)
    if other is None:
        return _named(row, ref, 0, "")
    return _named(row, ref, int(other.terminal_id), str(other.ref))


def _first_use(tx: Tx, community_id: int, row: Row, ref: str) -> Row | None:
    """Where the spare code of this slip was taken first; None where it is not about one."""
    if row.borne_by != "loss":
        return None
    asked = {"ref": ref, "terminal_id": row.terminal_id, "skew_us": _SKEW_US}
    return tx.find(_FIRST, community_id=community_id, **asked)


def _named(row: Row, ref: str, till: int, other_ref: str, *, is_twice: bool = False) -> Overuse:
    return Overuse(
        int(row.business_date),
        int(row.merchant_id),
        int(row.terminal_id),
        ref,
        till,
        other_ref,
        int(row.amount),
        int(row.wallet_owner_id),
        row.borne_by == "loss",
        is_twice,
    )


def _a5(one: Overuse) -> Found:
    # The other till stands in its slip's number; `rest_units` is what was not there, as a C4 has what differs.
    code, other = Code.A5, one.other_ref or NO_OTHER
    if one.is_twice:
        # The first use is paid, and so is this one, on the community: its till could not know.
        code = Code.A3
    elif one.is_loss:
        # A card reported since the till's last sync: its delay is paid, with a warning.
        code, other = Code.A2, CARD_REPORTED
    return Found(
        code,
        other,
        one.merchant_id,
        one.terminal_id,
        one.ref,
        one.business_date,
        rest_units=one.units,
    )
