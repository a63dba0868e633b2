"""A hand-out as it is asked for and as it is kept: the request, its row, a row for each good."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final, NamedTuple

from ledger.book.posting import Posting
from ledger.book.steps import Step
from ledger.sql import Row, Sql

MOST_LINES: Final = 30
MOST_PIECES: Final = 99

_KEEP: Final = Sql(
    "INSERT INTO redemption (community_id, redemption_id, ref, merchant_id, terminal_id, clerk_id, person_id,"
    " wallet_owner_id, business_date, occurred_at, units, paid_fen, txn_id) VALUES (:community_id, :redemption_id,"
    " :ref, :merchant_id, :terminal_id, :clerk_id, :person_id, :wallet_owner_id, :business_date, :occurred_at, :units,"
    " :paid_fen, :txn_id)"
)
_KEEP_LINE: Final = Sql(
    "INSERT INTO redemption_line (community_id, redemption_id, line_no, good_id, quantity, price_units, price_fen,"
    " cost_fen, below_zero) SELECT c.community_id, :redemption_id, :line_no, :good_id, :quantity, :price_units,"
    " :price_fen, :cost_fen, coalesce((SELECT CASE WHEN g.stock < g.held THEN 1 ELSE 0 END FROM good g"
    "  WHERE g.community_id = c.community_id AND g.good_id = :good_id), 0) FROM community c"
    " WHERE c.community_id = :community_id"
)


class Piece(NamedTuple):
    """So many pieces of one good."""

    good_id: int
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RedemptionRequest:
    """What the counter asks for; times in microseconds UTC."""

    community_id: int
    terminal_id: int
    clerk_id: int | None
    request_id: str
    counter: int
    ref: str
    token: str
    lines: tuple[Piece, ...]
    pin: str | None
    occurred_at: int
    hold: str | None = None
    """The request that set the basket's goods aside."""
    order_id: str | None = None
    """The order that is collected; `lines` are its own."""
    proxy_relation: str | None = None
    proxy_name: str | None = None
    """Who collects for the holder."""
    paid_fen: int | None = None
    """The yuan beside the points as the counter showed them, in fen; None where it showed none."""

    def body(self) -> dict[str, Any]:
        """What 'the same content' means; a PIN typed again is not other content."""
        return {
            name: value
            for name, value in asdict(self).items()
            if name not in {"pin", "clerk_id"} and (name not in _OPTIONAL or value is not None)
        }


# A request sent before these were there means the same after.
_OPTIONAL: Final = frozenset({"hold", "order_id", "proxy_relation", "proxy_name", "paid_fen"})


class Priced(NamedTuple):
    """One good of a slip: its price a piece in units and the yuan beside it, its standard cost in fen."""

    good_id: int
    price_units: int
    cost_fen: int
    price_fen: int = 0


def row_step(
    request: RedemptionRequest, row: Row, posting: Posting, units: int, paid_fen: int = 0
) -> Step:
    """The redemption's own row; `paid_fen`: yuan paid beside the points at the counter."""
    return Step(
        _KEEP,
        {
            "community_id": request.community_id,
            "redemption_id": request.request_id,
            "ref": request.ref,
            "merchant_id": posting.merchant_id or 0,
            "terminal_id": request.terminal_id,
            "clerk_id": request.clerk_id,
            "person_id": int(row.person_id),
            "wallet_owner_id": int(row.owner_id),
            "business_date": posting.business_date,
            "occurred_at": request.occurred_at,
            "units": units,
            "paid_fen": paid_fen,
            "txn_id": posting.txn_id,
        },
    )


def line_steps(request: RedemptionRequest, goods: list[Priced]) -> list[Step]:
    """A row for each good handed out, in the order of the request."""
    return [
        Step(
            _KEEP_LINE,
            {
                "community_id": request.community_id,
                "redemption_id": request.request_id,
                "line_no": number,
                "quantity": piece.quantity,
                **good._asdict(),
            },
        )
        for number, (good, piece) in enumerate(zip(goods, request.lines, strict=True), start=1)
    ]
