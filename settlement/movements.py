"""What moved in and out of a group of accounts between two closes of the book, from places of the order alone.

A month is closed over a prefix of the order, so the movements of a period are those of the places between two closes:
what was open before, what came in, what went out and what stands at the end add up by themselves, or a report refuses.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from ledger.book.chart import DEBIT_SIDE, Account
from ledger.book.period import TrialLine
from ledger.sql import Sql, Tx

HANDS: Final = frozenset({Account.WALLET, Account.PENDING})
"""Where residents' points are: to be spent, or waiting for proof."""
FUNDS: Final = frozenset({Account.FUND, Account.COVER})
"""The community's money: free, or set aside for shops."""

_BETWEEN: Final = Sql(
    "SELECT t.commodity, d.kind AS debit, c.kind AS credit, sum(t.amount) AS amount"
    " FROM leaf l JOIN transfer t ON t.community_id = l.community_id AND t.txn_id = l.entry_id"
    " JOIN account d ON d.community_id = t.community_id AND d.account_id = t.debit_id"
    " JOIN account c ON c.community_id = t.community_id AND c.account_id = t.credit_id"
    " WHERE l.community_id = :community_id AND l.leaf_index >= :first_leaf AND l.leaf_index < :end_leaf"
    " GROUP BY t.commodity, d.kind, c.kind ORDER BY t.commodity, d.kind, c.kind"
)


class Move(NamedTuple):
    """The sum of one commodity's transfers from one kind of account to another: units, or fen."""

    commodity: int
    debit: str
    credit: str
    amount: int


class Flow(NamedTuple):
    """What one kind of account gave to a group and took from it: units, or fen; both at least 0."""

    other: str
    came: int
    went: int


def moves_between(tx: Tx, community_id: int, first_leaf: int, end_leaf: int) -> list[Move]:
    """All that moved in the places [first_leaf, end_leaf) of the order, summed."""
    rows = tx.all(_BETWEEN, community_id=community_id, first_leaf=first_leaf, end_leaf=end_leaf)
    return [Move(int(row.commodity), row.debit, row.credit, int(row.amount)) for row in rows]


def flows(moves: Iterable[Move], commodity: int, group: frozenset[Account]) -> list[Flow]:
    """What came into a group of credit-side accounts and what went out, by the account on the other side.

    What moves within the group is neither; the order is by the other account's name.
    """
    sums: dict[str, list[int]] = {}
    for move in moves:
        inside = (move.debit in group, move.credit in group)
        if move.commodity != commodity or inside[0] == inside[1]:
            continue
        other = move.debit if inside[1] else move.credit
        sums.setdefault(other, [0, 0])[0 if inside[1] else 1] += move.amount
    return [Flow(other, *sums[other]) for other in sorted(sums)]


def standing(lines: Sequence[TrialLine], commodity: int, group: Iterable[Account]) -> int:
    """What stands on a group of accounts in a trial balance, on the side each of them grows on: units, or fen."""
    wanted = set(group)
    return sum(
        line.debits - line.credits if line.kind in DEBIT_SIDE else line.credits - line.debits
        for line in lines
        if line.commodity == commodity and line.kind in wanted
    )
