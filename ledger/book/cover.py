"""Cover: the part of the fund reserved for one shop, so that every offset is paid for before the goods leave.

The fund's own row is touched only when a shop's reserve runs low (a tranche) and at night (what is left goes back), so
no sale ever waits for another shop. `cover.posted` is what is reserved; `cover.held` is what was authorised and is not
yet settled; an authorised offset is payable whatever changes later.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from ledger.book.accounts import account_id
from ledger.book.chart import Account, Kind
from ledger.book.posting import Line, Posting, Side, post
from ledger.book.steps import Step
from ledger.ids import derived_request_id
from ledger.sql import Sql, Tx
from ledger.units import CNY

_AUTHORISE: Final = Sql(
    "UPDATE balance SET held = held + :fen WHERE community_id = :community_id AND account_id = :account_id"
    " AND posted - held >= :fen"
)
_RELEASE: Final = Sql(
    "UPDATE balance SET held = held - :fen WHERE community_id = :community_id AND account_id = :account_id"
    " AND held >= :fen"
)
_LEFT: Final = Sql(
    "SELECT posted, held, posted - held AS free FROM balance"
    " WHERE community_id = :community_id AND account_id = :account_id"
)
_ALL: Final = Sql(
    "SELECT a.account_id, a.owner_id, b.posted - b.held AS free FROM account a"
    " JOIN balance b ON b.community_id = a.community_id AND b.account_id = a.account_id"
    " WHERE a.community_id = :community_id AND a.kind = 'cover' AND b.posted > b.held ORDER BY a.account_id"
)


class Cover(NamedTuple):
    """One shop's reserve in fen: `reserved` in all, `authorised` and not settled, `free` for the next sale."""

    reserved: int
    authorised: int
    free: int


def authorise_step(community_id: int, cover_account: int, fen: int) -> Step:
    """The step that binds `fen` of the shop's reserve to one sale; its guard `cover` misses when less is free."""
    params: dict[str, Any] = {"community_id": community_id, "account_id": cover_account, "fen": fen}
    return Step(_AUTHORISE, params, guard="cover")


def release_step(community_id: int, cover_account: int, fen: int) -> Step:
    """The step that frees what a sale that never happened had bound."""
    params: dict[str, Any] = {"community_id": community_id, "account_id": cover_account, "fen": fen}
    return Step(_RELEASE, params, guard="cover_release")


def cover_of(tx: Tx, community_id: int, cover_account: int) -> Cover:
    """The shop's reserve as it stands."""
    row = tx.get(_LEFT, community_id=community_id, account_id=cover_account)
    return Cover(int(row.posted), int(row.held), int(row.free))


def reserve(
    tx: Tx,
    community_id: int,
    merchant_id: int,
    fen: int,
    *,
    request_id: str,
    at: int,
    business_date: int,
) -> int:
    """Move up to `fen` from the fund into the shop's reserve and return what was moved (0: the fund is empty).

    Raises GuardMissedError where two shops reached for the last of the fund at once; the try is repeated.
    """
    fund = account_id(tx, community_id, Account.FUND, CNY, at=at)
    cover = account_id(tx, community_id, Account.COVER, CNY, merchant_id, at=at)
    moved = min(fen, cover_of(tx, community_id, fund).free)
    if moved > 0:
        _move(tx, community_id, merchant_id, Kind.COVER, (fund, Account.FUND), (cover, Account.COVER), moved,
              request_id=request_id, at=at, business_date=business_date)  # fmt: skip
    return max(moved, 0)


def reclaim(
    tx: Tx, community_id: int, *, run_key: str, at: int, business_date: int, leave: int = 0
) -> dict[int, int]:
    """Return unused reserves to the fund, but not the shop `leave`'s; gives the fen by shop."""
    fund = account_id(tx, community_id, Account.FUND, CNY, at=at)
    returned: dict[int, int] = {}
    for row in tx.all(_ALL, community_id=community_id):
        if row.owner_id == leave:
            continue
        request_id = derived_request_id("uncover", run_key, row.owner_id)
        _move(tx, community_id, row.owner_id, Kind.UNCOVER, (row.account_id, Account.COVER), (fund, Account.FUND),
              int(row.free), request_id=request_id, at=at, business_date=business_date)  # fmt: skip
        returned[int(row.owner_id)] = int(row.free)
    return returned


def _move(  # noqa: PLR0913 - both sides of one entry and what it is for
    tx: Tx,
    community_id: int,
    merchant_id: int,
    kind: Kind,
    debit: tuple[int, Account],
    credit: tuple[int, Account],
    fen: int,
    *,
    request_id: str,
    at: int,
    business_date: int,
) -> None:
    post(
        tx,
        Posting(
            community_id=community_id,
            kind=kind,
            request_id=request_id,
            occurred_at=at,
            at=at,
            business_date=business_date,
            lines=[Line(Side(*debit), Side(*credit), CNY, fen)],
            merchant_id=merchant_id,
            reason_key=kind.value,
        ),
    )
