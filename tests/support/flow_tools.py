"""What the flows are written with: one posting under a fixed request id, its sides named by kind and owner."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ledger.book.accounts import account_id
from ledger.book.chart import Account, Kind
from ledger.book.cover import authorise_step, reserve
from ledger.book.facts import offset_step
from ledger.book.posting import Line, Posting, Side, check_open
from ledger.book.posting import steps as posting_steps
from ledger.book.requests import once
from ledger.book.steps import Step, apply
from ledger.database import Database
from ledger.ids import derived_request_id, new_id
from ledger.sql import Sql, Tx
from ledger.units import CNY
from tests.support.town import CIVIC, Town, moment

DAY: Final = 20260302
AT: Final = moment("2026-03-02 10:00")
MINUTE: Final = 60_000_000

SHOP, PROPERTY, SALON, GRAIN = 1, 2, 3, 4
"""A shop with a till, the property company, the barber, a shop whose claims are disputed."""
MARKET: Final = 5
"""The points supermarket."""
OTHER: Final = 2
"""The community next door."""

Flow = Callable[[Database, Town], None]

Beside = Callable[[Tx, int], list[Step]]
"""More rows of the same transaction, given the entry's number."""

Move = tuple[Account, int, Account, int, int]
"""Debited kind and owner, credited kind and owner, and how much."""


class Claim(NamedTuple):
    """An offset that a flow books beside its posting."""

    claimant_id: int
    units: int
    fen: int
    ref: str
    kind: str = "sale"
    original_ref: str | None = None


def book(  # noqa: PLR0913 - everything one posting may say
    db: Database,
    town: Town,
    name: str,
    kind: Kind,
    moves: Sequence[Move],
    *,
    claim: Claim | None = None,
    captured: Mapping[tuple[Account, int], int] | None = None,
    beside: Beside = lambda _tx, _txn_id: [],
    here: int = 0,
    **fields: Any,
) -> int:
    """Post `moves` once under the flow's own request id and return the entry's number.

    `captured`: what of an account's hold is used up; `beside(tx, txn_id)`: more rows of the same transaction.
    """
    community_id = here or town.here

    def work(tx: Tx) -> dict[str, Any]:
        txn_id = new_id(AT)
        used = {
            side_of(tx, community_id, *named).account_id: amount
            for named, amount in (captured or {}).items()
        }
        posting = _posting(
            tx, community_id, name, kind, moves, claim, txn_id=txn_id, captured=used, **fields
        )
        check_open(tx, community_id, DAY)
        apply(
            tx,
            [
                *posting_steps(posting),
                *(_claim_steps(tx, community_id, txn_id, claim) if claim else ()),
                *beside(tx, txn_id),
            ],
        )
        return {"txn_id": str(txn_id)}

    # The kind belongs to the body: two flows that share a name by mistake are refused.
    body = {"flow": name, "kind": kind.value}
    answer = once(db, community_id, request_id(name), kind="flow", body=body, at=AT, work=work)
    return int(answer["txn_id"])


def lend_and_sell(
    db: Database,
    town: Town,
    lent: tuple[str, Sequence[Move]],
    sold: tuple[str, Sequence[Move]],
    claim: Claim,
) -> None:
    """What a wallet lacks and the sale it is lent for, each a name and its moves, in one transaction as at intake."""

    def sale(tx: Tx, _lent_id: int) -> list[Step]:
        txn_id = new_id(AT)
        posting = _posting(
            tx, town.here, sold[0], Kind.ADJUST, sold[1], claim, txn_id=txn_id, corrects_date=DAY
        )
        return [*posting_steps(posting), *_claim_steps(tx, town.here, txn_id, claim)]

    book(db, town, lent[0], Kind.OVERSPEND, lent[1], provisional=1, beside=sale)


def _posting(
    tx: Tx,
    community_id: int,
    name: str,
    kind: Kind,
    moves: Sequence[Move],
    claim: Claim | None,
    **fields: Any,
) -> Posting:
    return Posting(
        community_id=community_id,
        kind=kind,
        request_id=request_id(name),
        occurred_at=AT,
        at=AT,
        business_date=DAY,
        lines=[_line(tx, community_id, move) for move in moves],
        reason_key=name,
        merchant_id=claim.claimant_id if claim else None,
        **fields,
    )


def request_id(name: str) -> str:
    """The one request id of a flow."""
    return derived_request_id("flow", name)


def set_cover_aside(db: Database, town: Town, claimant_id: int, fen: int, *, here: int = 0) -> None:
    """Reserve part of the fund for a claimant, once."""
    community_id = here or town.here
    name = f"cover-{claimant_id}"

    def work(tx: Tx) -> dict[str, Any]:
        moved = reserve(
            tx, community_id, claimant_id, fen, request_id=request_id(f"{name}-tranche"), at=AT,
            business_date=DAY,
        )  # fmt: skip
        return {"fen": moved}

    once(db, community_id, request_id(name), kind="flow", body={"flow": name}, at=AT, work=work)


def _claim_steps(tx: Tx, community_id: int, txn_id: int, claim: Claim) -> list[Step]:
    """The booked offset and, for a sale, the yuan bound for it."""
    booked = offset_step(
        community_id,
        txn_id,
        claimant_id=claim.claimant_id,
        terminal_id=1_000 + claim.claimant_id,
        ref=claim.ref,
        kind=claim.kind,
        original_ref=claim.original_ref,
        units=claim.units,
        fen=claim.fen,
        units_per_fen=0 if claim.kind == "voucher" else claim.units // claim.fen,
        business_date=DAY,
        occurred_at=AT,
    )
    # A refund binds nothing, and what stands behind a voucher was bound when it was sold.
    if claim.fen < 0 or claim.kind == "voucher":
        return [booked]
    cover = side_of(tx, community_id, Account.COVER, claim.claimant_id)
    return [booked, authorise_step(community_id, cover.account_id, claim.fen)]


_YUAN: Final = frozenset(
    {
        Account.BANK, Account.FUND, Account.COVER, Account.PAYABLE, Account.CLEARING,
        Account.RETURNS, Account.BANK_FEE, Account.INVENTORY, Account.GOODS_COST, Account.SPENT,
        Account.TILL, Account.COPAID,
    }
)  # fmt: skip


def _line(tx: Tx, community_id: int, move: Move) -> Line:
    debit, debit_owner, credit, credit_owner, amount = move
    commodity = CNY if {debit, credit} & _YUAN else CIVIC
    return Line(
        side_of(tx, community_id, debit, debit_owner, commodity),
        side_of(tx, community_id, credit, credit_owner, commodity),
        commodity,
        amount,
    )


def side_of(tx: Tx, community_id: int, kind: Account, owner_id: int, commodity: int = 0) -> Side:
    """An account's side of a line; yuan or civic points by its kind, where no commodity is given."""
    commodity = commodity or (CNY if kind in _YUAN else CIVIC)
    return Side(account_id(tx, community_id, kind, commodity, owner_id, at=AT), kind)


_TXN_OF: Final = Sql(
    "SELECT txn_id FROM txn WHERE community_id = :community_id AND request_id = :request_id"
)


def txn_of(tx: Tx, community_id: int, name: str) -> int:
    """The entry of a flow posted before."""
    return int(tx.get(_TXN_OF, community_id=community_id, request_id=request_id(name)).txn_id)
