"""The community's funds: the one behind the points, and those the scheme names for a work of the neighbours.

Fund 0 pays for points alone: offsets, goods, fees of paying shops. A work's fund pays for its work alone. No money ever
earns points.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple, Protocol

from ledger.book.accounts import find_account
from ledger.book.chart import Account
from ledger.errors import Refusal
from ledger.sql import Row, Sql, Tx
from ledger.units import CNY

POINTS: Final = 0
"""The number of the fund behind the points."""

_ALL: Final = Sql(
    "SELECT fund_id, code, name FROM fund WHERE community_id = :community_id ORDER BY fund_id"
)
_OPEN: Final = Sql(
    "INSERT INTO fund (community_id, fund_id, code, name, opened_at)"
    " VALUES (:community_id, :fund_id, :code, :name, :at)"
)
_BALANCE: Final = Sql(
    "SELECT posted FROM balance WHERE community_id = :community_id AND account_id = :account_id"
)
_SUMS: Final = Sql(
    "SELECT kind, source, sum(fen) AS fen FROM fund_entry WHERE community_id = :community_id"
    " AND fund_id = :fund_id GROUP BY kind, source ORDER BY kind, source"
)
_ENTRIES: Final = Sql(
    "SELECT e.txn_id, e.fund_id, e.kind, e.source, e.fen, e.reason, x.business_date, x.staff_id"
    " FROM fund_entry e JOIN txn x ON x.community_id = e.community_id AND x.txn_id = e.txn_id"
    " WHERE e.community_id = :community_id AND e.fund_id = :fund_id"
    " ORDER BY e.txn_id DESC LIMIT :most"
)
_KEEP: Final = Sql(
    "INSERT INTO fund_entry (community_id, txn_id, fund_id, kind, source, fen, reason)"
    " VALUES (:community_id, :txn_id, :fund_id, :kind, :source, :fen, :reason)"
)


class Named(Protocol):
    """A fund as a scheme names it."""

    @property
    def code(self) -> str:
        """Its short name, the same over all versions."""
        ...

    @property
    def name(self) -> str:
        """What people call it."""
        ...


class WorkFund(NamedTuple):
    """A fund for one work, under the code the scheme gives it."""

    fund_id: int
    code: str
    name: str


class FundFigures(NamedTuple):
    """What is in a fund, what came in by source, and what was spent from it or moved to another; all fen."""

    balance_fen: int
    by_source: dict[str, int]
    spent_fen: int
    moved_fen: int

    @property
    def in_fen(self) -> int:
        """What came in from outside."""
        return sum(self.by_source.values())


def name_funds(tx: Tx, community_id: int, funds: Iterable[Named], *, at: int) -> None:
    """Give each fund a scheme names its number, once; a fund no version names any more keeps its own."""
    known = {fund.code: fund for fund in work_funds(tx, community_id)}
    number = max((fund.fund_id for fund in known.values()), default=POINTS)
    for fund in funds:
        if fund.code not in known:
            number += 1
            tx.run(
                _OPEN, community_id=community_id, fund_id=number, code=fund.code, name=fund.name,
                at=at,
            )  # fmt: skip


def work_funds(tx: Tx, community_id: int) -> list[WorkFund]:
    """Every fund a scheme ever named."""
    return [WorkFund(*row) for row in tx.all(_ALL, community_id=community_id)]


def fund_id_of(tx: Tx, community_id: int, code: str) -> int:
    """The number of a fund by its code; '' is the fund behind the points.

    Refusals: fund_not_found.
    """
    if not code:
        return POINTS
    for fund in work_funds(tx, community_id):
        if fund.code == code:
            return fund.fund_id
    raise Refusal("fund_not_found", fund=code)


def fund_balance(tx: Tx, community_id: int, fund_id: int) -> int:
    """What is in a fund, in fen; of the points' fund without what is set aside for shops."""
    account = find_account(tx, community_id, Account.FUND, CNY, fund_id)
    if account is None:
        return 0
    return int(tx.get(_BALANCE, community_id=community_id, account_id=account).posted)


def fund_figures(tx: Tx, community_id: int, fund_id: int) -> FundFigures:
    """A fund's balance and sums."""
    came: dict[str, int] = {}
    out = moved = 0
    for row in tx.all(_SUMS, community_id=community_id, fund_id=fund_id):
        if row.kind == "in":
            came[row.source] = came.get(row.source, 0) + int(row.fen)
        elif row.kind == "move":
            moved -= int(row.fen)
        else:
            out -= int(row.fen)
    return FundFigures(fund_balance(tx, community_id, fund_id), came, out, moved)


def fund_entries(tx: Tx, community_id: int, fund_id: int, *, most: int = 50) -> list[Row]:
    """A fund's latest entries, newest first; `fen` is signed."""
    return tx.all(_ENTRIES, community_id=community_id, fund_id=fund_id, most=most)


def keep_entry(
    tx: Tx,
    community_id: int,
    txn_id: int,
    fund_id: int,
    *,
    kind: str,
    fen: int,
    source: str = "",
    reason: str,
) -> None:
    """Write down beside an entry of the book which fund it was and why: `in`, `out`, `move` or `fee`."""
    tx.run(
        _KEEP,
        community_id=community_id,
        txn_id=txn_id,
        fund_id=fund_id,
        kind=kind,
        source=source,
        fen=fen,
        reason=reason.strip(),
    )
