"""Whose accounts a refund touches, and its lines."""

from __future__ import annotations

from typing import Final, NamedTuple

from ledger.book.accounts import account_id
from ledger.book.chart import Account
from ledger.book.posting import Line, Side
from ledger.earning.rates import RefundSplit
from ledger.errors import GuardMissedError
from ledger.households.owners import owner_now
from ledger.offline.borne import borne_units
from ledger.sql import Row, Sql, Tx
from pos.misuse.facts import is_borne
from pos.taking import Owner, Taking

_OWNER: Final = Sql(
    "SELECT w.account_id AS wallet_id, p.account_id AS pending_id, o.account_id AS owed_id,"
    " wb.posted - wb.held AS available, ob.posted AS owed,"
    " coalesce((SELECT left_units FROM pending q WHERE q.community_id = :community_id AND q.txn_id = :txn_id"
    "  AND q.state = 'open'), 0) AS pending_left"
    " FROM account w"
    " JOIN balance wb ON wb.community_id = w.community_id AND wb.account_id = w.account_id"
    " JOIN account p ON p.community_id = w.community_id AND p.kind = 'pending' AND p.commodity = w.commodity"
    "  AND p.owner_id = w.owner_id"
    " JOIN account o ON o.community_id = w.community_id AND o.kind = 'owed' AND o.commodity = w.commodity"
    "  AND o.owner_id = w.owner_id"
    " JOIN balance ob ON ob.community_id = o.community_id AND ob.account_id = o.account_id"
    " WHERE w.community_id = :community_id AND w.kind = 'wallet' AND w.commodity = :commodity"
    " AND w.owner_id = :owner_id"
)
_LOST: Final = Sql(
    "SELECT request_id FROM offline_sale WHERE community_id = :community_id"
    " AND request_id = :sale_id AND state IN ('loss', 'twice')"
)
_REBOOKED: Final = Sql(
    "SELECT to_owner FROM rebooked WHERE community_id = :community_id AND txn_id = :txn_id"
)

BUYER: Final = (
    "coalesce((SELECT q.to_person FROM rebooked q WHERE q.community_id = sale.community_id AND q.txn_id = sale.txn_id),"
    " person_id) AS person_id, coalesce((SELECT q.to_owner FROM rebooked q WHERE q.community_id = sale.community_id"
    " AND q.txn_id = sale.txn_id), wallet_owner_id) AS wallet_owner_id, person_id AS counted_person,"
    " wallet_owner_id AS counted_owner"
)
"""Whose a sale is: one booked to the wrong household counts as another's since, its limits as they were counted."""


LOCK_SALE: Final = Sql(
    "UPDATE sale SET refunded_fen = refunded_fen WHERE community_id = :community_id AND sale_id = :sale_id"
)


def owner_of(tx: Tx, community_id: int, sale: Row, commodity: int, owner_id: int) -> Owner:
    """The accounts of one wallet owner and what stands in them, as a refund of this sale sees them."""
    row = tx.get(
        _OWNER,
        community_id=community_id,
        txn_id=sale.txn_id,
        commodity=commodity,
        owner_id=owner_id,
    )
    return Owner(*(int(value) for value in row))


def earner_of(tx: Tx, community_id: int, sale: Row, commodity: int, *, at: int) -> Owner | None:
    """Where the points went that the sale earned, if whoever bought lives in another household now; else None."""
    owner_id = owner_now(tx, community_id, int(sale.wallet_owner_id), sale.person_id)
    if owner_id == sale.wallet_owner_id:
        return None
    for kind in (Account.WALLET, Account.PENDING, Account.OWED):
        account_id(tx, community_id, kind, commodity, owner_id, at=at)
    return owner_of(tx, community_id, sale, commodity, owner_id)


class Borne(NamedTuple):
    """What of a refund's points goes back to the community, and where: in units."""

    side: Side | None
    units: int


def borne_of(tx: Tx, community_id: int, sale: Row, commodity: int, units: int, *, at: int) -> Borne:
    """What the community lost by this sale, of `units` that come back: whoever held the card never had those points.

    All of it where it was sold without network with a card reported lost, or given back to its holder already; what
    the wallet lacked where that debt was let go.
    """
    # Whoever decides about this sale meanwhile waits for the refund, and sees it.
    tx.run(LOCK_SALE, community_id=community_id, sale_id=sale.sale_id)
    _check_owner(tx, community_id, sale)
    lent = tx.find(_LOST, community_id=community_id, sale_id=sale.sale_id) is not None
    if not lent and not is_borne(tx, community_id, sale.txn_id):
        owner_id, person_id = int(sale.wallet_owner_id), int(sale.person_id)
        let_go = borne_units(tx, community_id, sale.sale_id, owner_id, person_id)
        units = min(units, let_go)
    if not units:
        return Borne(None, 0)
    loss = account_id(tx, community_id, Account.LOSS, commodity, at=at)
    return Borne(Side(loss, Account.LOSS), units)


def _check_owner(tx: Tx, community_id: int, sale: Row) -> None:
    """Whose it is was read before the sale was held still: booked to another household meanwhile, it is read anew."""
    now = tx.find(_REBOOKED, community_id=community_id, txn_id=sale.txn_id)
    if now is not None and int(now.to_owner) != int(sale.wallet_owner_id):
        raise GuardMissedError("sale")


def refund_lines(
    split: RefundSplit,
    taking: Taking,
    owners: tuple[Owner, Owner],
    shop: Side,
    issued: Side,
    commodity: int,
    borne: Borne,
) -> list[Line]:
    """What moves: `owners` are the one whose pool paid and the one who answers for the points earned.

    `borne`: what of the points goes back to the community; the rest was the holder's.
    """
    owner, earner = owners
    wallet = Side(owner.wallet_id, Account.WALLET)
    moves = (
        (shop, borne.side or wallet, borne.units),
        (shop, wallet, split.units_back - borne.units),
        (Side(owner.pending_id, Account.PENDING), issued, taking.from_pending),
        (Side(earner.wallet_id, Account.WALLET), issued, taking.from_wallet),
        (Side(earner.owed_id, Account.OWED), issued, taking.to_owed),
        (wallet, Side(owner.owed_id, Account.OWED), taking.repaid),
    )
    return [Line(debit, credit, commodity, units) for debit, credit, units in moves if units]
