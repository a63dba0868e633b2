"""A member's entries in plain sentences: what came, what went, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any, Final, NamedTuple

from kiosk.texts import Translate, mark
from ledger.book.chart import Account, Kind

MOST: Final = 60
"""How many lines of the book one page asks for."""


class Entry(NamedTuple):
    """One line people read. `change` in units; `tone` is plus, minus or wait; `txn_id` pages on."""

    txn_id: int
    at: int
    ref: str
    why: str
    change: int
    kind_name: str
    tone: str
    scheme_version: str


_OUT: Final = "out"  # points left the member's accounts
_IN: Final = "in"  # points came into them
_VESTED: Final = "vested"  # from on the way to spendable
_REPAID: Final = "repaid"  # from spendable to what was to be made up

_WHY: Final[Mapping[tuple[str, str], str]] = {
    ("sale", _OUT): mark("Spent at {shop}"),
    ("sale", _IN): mark("Collected at {shop}"),
    ("earn_spending", _IN): mark("Collected at {shop}"),
    ("earn_deed", _IN): mark("Collected for helping the community"),
    ("deduct", _OUT): mark("Taken off by a decision of the community"),
    ("grant", _IN): mark("Given by the community"),
    ("vest", _VESTED): mark("From {shop}, payment checked: can be spent now"),
    ("unproven", _OUT): mark("No payment was found for this purchase at {shop}; ask the office"),
    ("refund", _IN): mark("Goods returned to {shop}: the points you spent come back"),
    ("refund", _OUT): mark("Goods returned to {shop}: the points they brought go back"),
    ("bill_offset", _OUT): mark("Taken off a fee bill of {shop}"),
    ("bill_back", _IN): mark("The fee bill of {shop} changed: points come back"),
    ("redeem", _OUT): mark("Goods for points at {shop}"),
    ("voucher_buy", _OUT): mark("A voucher for a service"),
    ("voucher_end", _IN): mark("A voucher given back, or past its last day: the points are back"),
    ("benefit", _OUT): mark("Used up by a benefit at {shop}"),
    ("expire", _OUT): mark("Lapsed: not used by their last day, after every notice"),
    ("household_move", _IN): mark("Came with people who joined the household"),
    ("household_move", _OUT): mark("Went with people who left the household"),
    ("heirs", _IN): mark("Inherited"),
    ("heirs", _OUT): mark("Passed to the heirs"),
    ("gift", _IN): mark("Given by another household, agreed to by the community"),
    ("gift", _OUT): mark("Given to a household in need"),
    ("rebook", _IN): mark("A purchase of the wrong household was put right"),
    ("rebook", _OUT): mark("A purchase of the wrong household was put right"),
    ("misuse_back", _IN): mark("Back: you said this purchase was not yours"),
    ("misuse_undone", _OUT): mark("Taken again: this purchase counts as yours"),
    ("forgive", _IN): mark("The community let this debt go"),
    ("return_goods", _IN): mark("Goods for points returned to {shop}"),
    ("reversal", _IN): mark("Entry corrected"),
    ("reversal", _OUT): mark("Entry corrected"),
}
_BY_TIME: Final = mark("Collected at {shop}: can be spent now")
_REPAID_WHY: Final = mark("Made up for points spent before goods were returned")
_OTHERWISE: Final = mark("Entry by the community office")
_NAMES: Final[Mapping[str, str]] = {
    Account.WALLET: mark("can be spent"),
    Account.PENDING: mark("pending"),
    Account.OWED: mark("to be made up"),
}


def entries_from(
    rows: Iterable[Any],
    shops: Mapping[int, str],
    translate: Translate,
    *,
    unnamed_shop: str = "",
) -> list[Entry]:
    """The book's rows (newest first, see `ledger.book.balances.entries_of`) as lines people read.

    A move between two of the member's own accounts is one line, not two. `unnamed_shop` stands for the shop on a
    line that names no person: in a pool it may be somebody else's.
    """
    grouped = [list(sides) for _, sides in groupby(rows, key=lambda row: (row.txn_id, row.line_no))]
    hidden = dict.fromkeys(shops, unnamed_shop)
    return [
        _entry(sides, hidden if unnamed_shop and sides[0].person_id is None else shops, translate)
        for sides in grouped
    ]


def whole_entries(rows: list[Any], most: int) -> tuple[list[Any], int | None]:
    """The rows without a transaction cut off by the page's end, and where the next page begins."""
    if len(rows) < most:
        return rows, None
    last = rows[-1].txn_id
    whole = [row for row in rows if row.txn_id != last] or rows
    return whole, int(whole[-1].txn_id)


def _entry(sides: list[Any], shops: Mapping[int, str], translate: Translate) -> Entry:
    first = sides[0]
    changes = {Account(row.account_kind): int(row.change) for row in sides}
    shown, way = _shown(changes)
    why = _REPAID_WHY if way == _REPAID else _WHY.get((first.kind, way), _OTHERWISE)
    if way == _VESTED and first.reason_key == "vest_unproven":
        why = _BY_TIME
    shop = shops.get(first.merchant_id or 0, "")
    change = changes[shown]
    tone = "minus" if change < 0 else "wait" if shown is Account.PENDING else "plus"
    return Entry(
        txn_id=int(first.txn_id),
        at=int(first.occurred_at),
        ref=first.ref or "",
        why=translate(why).format(shop=shop),
        change=change,
        kind_name=translate(_NAMES[shown]),
        tone=tone,
        scheme_version=first.scheme_version if first.kind in _BY_RULE else "",
    )


_BY_RULE: Final = frozenset(
    {Kind.SALE, Kind.EARN_SPENDING, Kind.EARN_DEED, Kind.REFUND, Kind.BILL_OFFSET}
)


def _shown(changes: Mapping[Account, int]) -> tuple[Account, str]:
    """Which of the member's accounts tells the line best, and which way the points went."""
    if Account.WALLET in changes and Account.PENDING in changes:
        return Account.WALLET, _VESTED
    if Account.WALLET in changes and Account.OWED in changes:
        return Account.WALLET, _REPAID
    [(only, change)] = changes.items()
    return only, _IN if change > 0 else _OUT
