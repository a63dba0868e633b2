"""The yuan of a goods counter: what residents pay beside points, counted, and brought to the bank.

What lies in a till is the community's, not yet in its fund: the account `till` says where it is, `copaid` whose it is,
and both are the same until it reaches the bank.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, NamedTuple

from ledger import audit
from ledger.audit import By
from ledger.book import requests
from ledger.book.accounts import account_id
from ledger.book.balances import account_sum
from ledger.book.chart import Account, Kind
from ledger.book.funds import POINTS, keep_entry
from ledger.book.posting import Line, Side
from ledger.database import Database
from ledger.errors import GuardMissedError, Refusal
from ledger.ids import new_id
from ledger.sql import Row, Sql, Tx
from ledger.stock.booking import book, staff_of, today
from ledger.stock.moves import Facts
from ledger.units import CNY, MOST_FEN

COUNTED: Final = "counted"
BANKED: Final = "banked"
SOURCE: Final = "goods_counter"
"""Under which word the fund says where the money came from."""
_MOST_REASON: Final = 100

_KEEP: Final = Sql(
    "INSERT INTO till_act (community_id, act_id, merchant_id, number, kind, business_date, book_fen, fen, reason,"
    " staff_id, at, txn_id) VALUES (:community_id, :act_id, :merchant_id, :number, :kind, :business_date, :book_fen,"
    " :fen, :reason, :staff_id, :at, :txn_id) ON CONFLICT (community_id, merchant_id, number) DO NOTHING"
)
_NEXT: Final = Sql(
    "SELECT coalesce(max(number), 0) + 1 AS number FROM till_act WHERE community_id = :community_id"
    " AND merchant_id = :merchant_id"
)
_ACTS: Final = Sql(
    "SELECT act_id, number, kind, business_date, book_fen, fen, reason, staff_id, at FROM till_act"
    " WHERE community_id = :community_id AND merchant_id = :merchant_id ORDER BY number DESC LIMIT 50"
)
_SIDE: Final = (
    "coalesce((SELECT sum(t.amount) FROM account a JOIN transfer t ON t.community_id = a.community_id"
    "  AND t.{side}_id = a.account_id JOIN txn x ON x.community_id = t.community_id AND x.txn_id = t.txn_id"
    "  WHERE a.community_id = c.community_id AND a.kind = 'till' AND a.owner_id = :merchant_id"
    "  AND x.kind = '{kind}' AND x.business_date = :day), 0)"
)
_DAY: Final = Sql(
    f"SELECT {_SIDE.format(side='debit', kind='redeem')} AS taken,"
    f" {_SIDE.format(side='credit', kind='return_goods')} AS given_back,"
    f" {_SIDE.format(side='credit', kind='till_banked')} AS banked"
    " FROM community c WHERE c.community_id = :community_id"
)


class TillDay(NamedTuple):
    """A counter's yuan on one business date, in fen: taken, given back, banked; and what should lie there now."""

    taken_fen: int
    given_back_fen: int
    banked_fen: int
    should_fen: int


def paid_lines(tx: Tx, community_id: int, merchant_id: int, fen: int, *, at: int) -> list[Line]:
    """The entry's line for yuan that came into a counter's till (below zero: went back); none for nothing."""
    if fen == 0:
        return []
    till = _side(tx, community_id, Account.TILL, merchant_id, at)
    paid = _side(tx, community_id, Account.COPAID, merchant_id, at)
    return [Line(till, paid, CNY, fen) if fen > 0 else Line(paid, till, CNY, -fen)]


def till_day(tx: Tx, community_id: int, merchant_id: int, day: int) -> TillDay:
    """What a counter took in yuan on a business date (yyyymmdd), and what should lie in its till."""
    row = tx.get(_DAY, community_id=community_id, merchant_id=merchant_id, day=day)
    should = account_sum(tx, community_id, Account.TILL, CNY, merchant_id)
    return TillDay(int(row.taken), int(row.given_back), int(row.banked), should)


def till_acts(tx: Tx, community_id: int, merchant_id: int) -> list[Row]:
    """The last fifty counts and trips to the bank, newest first: kind, business_date, book_fen, fen, reason, at."""
    return tx.all(_ACTS, community_id=community_id, merchant_id=merchant_id)


def count_till(
    db: Database,
    community_id: int,
    request_id: str,
    merchant_id: int,
    counted_fen: int,
    *,
    reason: str,
    by: By,
    at: int,
) -> dict[str, Any]:
    """Write down what lies in a counter's till; what it has more or less than the book is booked with its reason.

    Refuses: amount_wrong, reason_missing (it differs and nobody says why), notice_long, period_locked,
    request_id_reused, busy_try_again.
    """
    if not 0 <= counted_fen <= MOST_FEN:
        raise Refusal("amount_wrong")

    def work(tx: Tx, facts: Facts, should: int) -> tuple[Facts, int]:
        more = counted_fen - should
        if more and not reason.strip():
            raise Refusal("reason_missing")
        lines = paid_lines(tx, community_id, merchant_id, more, at=at)
        return replace(facts, txn_id=book(tx, facts, Kind.TILL_COUNT, lines)), counted_fen

    facts = _Act(db, community_id, request_id, merchant_id, COUNTED, reason, by, at)
    return _once(facts, {"counted_fen": counted_fen}, work)


def bank_till(
    db: Database,
    community_id: int,
    request_id: str,
    merchant_id: int,
    fen: int,
    *,
    reason: str = "",
    by: By,
    at: int,
) -> dict[str, Any]:
    """Bring yuan of a counter's till to the bank: they are the fund's that pays for goods.

    Refuses: amount_wrong, till_short (with what lies there), notice_long, period_locked, request_id_reused,
    busy_try_again.
    """
    if not 0 < fen <= MOST_FEN:
        raise Refusal("amount_wrong")

    def work(tx: Tx, facts: Facts, should: int) -> tuple[Facts, int]:
        if fen > should:
            raise Refusal("till_short", asked_fen=fen, left_fen=max(should, 0))
        bank = _side(tx, community_id, Account.BANK, 0, at)
        till = _side(tx, community_id, Account.TILL, merchant_id, at)
        paid = _side(tx, community_id, Account.COPAID, merchant_id, at)
        fund = _side(tx, community_id, Account.FUND, POINTS, at)
        lines = [Line(bank, till, CNY, fen), Line(paid, fund, CNY, fen)]
        txn_id = book(tx, facts, Kind.TILL_BANKED, lines)
        if txn_id is not None:
            said = reason.strip() or "goods counter"
            keep_entry(
                tx, community_id, txn_id, POINTS, kind="in", fen=fen, source=SOURCE, reason=said
            )
        return replace(facts, txn_id=txn_id), fen

    facts = _Act(db, community_id, request_id, merchant_id, BANKED, reason, by, at)
    return _once(facts, {"banked_fen": fen}, work)


_Work = Callable[[Tx, Facts, int], tuple[Facts, int]]
"""What an act does, told what should lie there; gives its facts with the entry, and the fen it is about."""


class _Act(NamedTuple):
    db: Database
    community_id: int
    request_id: str
    merchant_id: int
    kind: str
    reason: str
    by: By
    at: int


def _once(act: _Act, body: dict[str, Any], work: _Work) -> dict[str, Any]:
    if len(act.reason.strip()) > _MOST_REASON:
        raise Refusal("notice_long", most=_MOST_REASON)

    def write(tx: Tx) -> dict[str, Any]:
        facts = Facts(
            community_id=act.community_id,
            request_id=act.request_id,
            merchant_id=act.merchant_id,
            kind=act.kind,
            business_date=today(tx, act.community_id, act.at),
            at=act.at,
            staff_id=staff_of(act.by),
            reason=act.reason,
        )
        should = account_sum(tx, act.community_id, Account.TILL, CNY, act.merchant_id)
        facts, fen = work(tx, facts, should)
        _keep(tx, act, facts, should, fen)
        return {"book_fen": should, "fen": fen, "more_fen": fen - should}

    said = {"merchant_id": str(act.merchant_id), "reason": act.reason.strip(), **body}
    try:
        return requests.once(
            act.db,
            act.community_id,
            act.request_id,
            kind=f"till_{act.kind}",
            body=said,
            at=act.at,
            work=write,
        )
    except GuardMissedError as missed:
        raise Refusal("busy_try_again") from missed


def _keep(tx: Tx, act: _Act, facts: Facts, should: int, fen: int) -> None:
    """Two acts at once draw one number: the second one looks again at what is there."""
    here = {"community_id": act.community_id, "merchant_id": act.merchant_id}
    row = {
        "act_id": new_id(act.at),
        "number": int(tx.get(_NEXT, **here).number),
        "kind": act.kind,
        "business_date": facts.business_date,
        "book_fen": should,
        "fen": fen,
        "reason": act.reason.strip(),
        "staff_id": facts.staff_id,
        "at": act.at,
        "txn_id": facts.txn_id,
    }
    if tx.run(_KEEP, **here, **row) != 1:
        raise GuardMissedError("till")
    about: audit.Facts = {"book_fen": should, "fen": fen, "reason": act.reason.strip()}
    subject = f"merchant:{act.merchant_id}"
    audit.record(tx, act.community_id, act.by, f"till.{act.kind}", subject, at=act.at, after=about)


def _side(tx: Tx, community_id: int, kind: Account, owner_id: int, at: int) -> Side:
    return Side(account_id(tx, community_id, kind, CNY, owner_id, at=at), kind)
