"""The shelf: prices per kind of points, lots, moves, holds and counts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_NEW_NUMBERS = (
    "held",
    "price_version",
    "limit_person",
    "limit_household",
    "shelf_days",
    "is_fast",
    "low_stock",
    "lead_days",
)
_NEW_TEXTS = ("barcode", "spec", "category", "fund_source", "limit_period", "paused")


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=null)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _to_good(name: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["community_id", "good_id"], ["good.community_id", "good.good_id"], name=name
    )


def upgrade() -> None:
    """Give goods their new columns; what stands on a shelf becomes a counted piece that cost the book nothing yet.

    The book never paid for those pieces, so their standard cost begins at nothing; setting it books their worth.
    """
    _price()
    _widen("good", numbers=_NEW_NUMBERS, texts=_NEW_TEXTS)
    with op.batch_alter_table("good") as batch:
        batch.add_column(_number("more_on", null=True))
        batch.drop_column("price_units")
        batch.drop_column("commodity")
        batch.create_check_constraint("ck_good_held", "held >= 0")
    op.execute("UPDATE good SET cost_fen = 0, limit_period = 'month'")
    _widen("redemption", numbers=("paid_fen",))
    _widen("redemption_line", numbers=("price_fen", "cost_fen"))
    _lots_and_moves()
    _holds()
    _counts()
    op.execute(
        "INSERT INTO stock_move (community_id, move_id, request_id, line_no, merchant_id, good_id, kind, quantity,"
        " cost_fen, paid_fen, business_date, at, staff_id, second_staff_id, reason, ref)"
        " SELECT community_id, good_id, 'opening-' || CAST(good_id AS TEXT), 1, merchant_id, good_id, 'count', stock,"
        " 0, 0, 0, changed_at, 0, 0, 'opening', '' FROM good WHERE stock <> 0"
    )


def _widen(table: str, *, numbers: tuple[str, ...], texts: tuple[str, ...] = ()) -> None:
    """Add columns to a table with rows; what they say of old rows is nothing."""
    with op.batch_alter_table(table) as batch:
        for name in numbers:
            batch.add_column(
                sa.Column(
                    name, sa.BigInteger(), autoincrement=False, nullable=False, server_default="0"
                )
            )
        for name in texts:
            batch.add_column(sa.Column(name, sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table(table) as batch:
        for name in (*numbers, *texts):
            batch.alter_column(name, server_default=None)


def _price() -> None:
    op.create_table(
        "good_price",
        _number("community_id"),
        _number("good_id"),
        _number("commodity"),
        _number("from_date"),
        _number("units"),
        _number("fen"),
        _number("set_at"),
        sa.PrimaryKeyConstraint(
            "community_id", "good_id", "commodity", "from_date", name="pk_good_price"
        ),
        _to_good("fk_good_price_good"),
        sa.CheckConstraint("units > 0", name="ck_good_price_units"),
        sa.CheckConstraint("fen >= 0", name="ck_good_price_fen"),
    )
    op.execute(
        "INSERT INTO good_price (community_id, good_id, commodity, from_date, units, fen, set_at)"
        " SELECT community_id, good_id, commodity, 0, price_units, 0, changed_at FROM good"
    )


def _lots_and_moves() -> None:
    op.create_table(
        "stock_lot",
        _number("community_id"),
        _number("lot_id"),
        _number("good_id"),
        _text("source"),
        _text("donor"),
        _text("document"),
        _number("received"),
        _number("left_pieces"),
        _number("made_on", null=True),
        _number("best_before", null=True),
        _number("received_on"),
        sa.PrimaryKeyConstraint("community_id", "lot_id", name="pk_stock_lot"),
        _to_good("fk_stock_lot_good"),
        sa.CheckConstraint(
            "left_pieces >= 0 AND left_pieces <= received", name="ck_stock_lot_left"
        ),
    )
    op.create_index("ix_stock_lot_good", "stock_lot", ["community_id", "good_id", "left_pieces"])
    op.create_table(
        "stock_move",
        _number("community_id"),
        _number("move_id"),
        _text("request_id"),
        _number("line_no"),
        _number("merchant_id"),
        _number("good_id"),
        _text("kind"),
        _number("quantity"),
        _number("cost_fen"),
        _number("paid_fen"),
        _number("lot_id", null=True),
        _number("business_date"),
        _number("at"),
        _number("txn_id", null=True),
        _number("staff_id"),
        _number("second_staff_id"),
        _text("reason"),
        _text("ref"),
        sa.PrimaryKeyConstraint("community_id", "move_id", name="pk_stock_move"),
        _to_good("fk_stock_move_good"),
        sa.CheckConstraint("quantity <> 0 OR kind = 'revalue'", name="ck_stock_move_quantity"),
        sa.UniqueConstraint("community_id", "request_id", "line_no", name="uq_stock_move_2"),
    )
    op.create_index("ix_stock_move_good", "stock_move", ["community_id", "good_id", "move_id"])
    op.create_index(
        "ix_stock_move_day", "stock_move", ["community_id", "merchant_id", "business_date"]
    )


def _holds() -> None:
    op.create_table(
        "stock_hold",
        _number("community_id"),
        _number("hold_id"),
        _text("request_id"),
        _number("good_id"),
        _number("quantity"),
        _text("purpose"),
        _number("person_id", null=True),
        _number("opened_at"),
        _number("expires_at"),
        _text("state"),
        _text("ended_by"),
        _number("ended_at", null=True),
        sa.PrimaryKeyConstraint("community_id", "hold_id", name="pk_stock_hold"),
        _to_good("fk_stock_hold_good"),
        sa.CheckConstraint("quantity > 0", name="ck_stock_hold_quantity"),
        sa.UniqueConstraint("community_id", "request_id", "good_id", name="uq_stock_hold_2"),
    )
    op.create_index("ix_stock_hold_end", "stock_hold", ["community_id", "state", "expires_at"])
    op.create_table(
        "stock_flag",
        _number("community_id"),
        _text("redemption_id"),
        _number("line_no"),
        _number("good_id"),
        _number("stock_after"),
        _number("opened_at"),
        _number("count_id", null=True),
        _number("closed_at", null=True),
        sa.PrimaryKeyConstraint("community_id", "redemption_id", "line_no", name="pk_stock_flag"),
    )
    op.create_index("ix_stock_flag_good", "stock_flag", ["community_id", "good_id", "closed_at"])


def _counts() -> None:
    op.create_table(
        "stock_count",
        _number("community_id"),
        _number("count_id"),
        _number("merchant_id"),
        _number("business_date"),
        _text("state"),
        _number("opened_by"),
        _number("second_by"),
        _number("opened_at"),
        _number("ended_at", null=True),
        sa.PrimaryKeyConstraint("community_id", "count_id", name="pk_stock_count"),
    )
    op.create_index("ix_stock_count_shop", "stock_count", ["community_id", "merchant_id", "state"])
    op.create_table(
        "stock_count_line",
        _number("community_id"),
        _number("count_id"),
        _number("good_id"),
        _number("book_pieces"),
        _number("counted"),
        _number("counted_again", null=True),
        _text("reason"),
        sa.PrimaryKeyConstraint("community_id", "count_id", "good_id", name="pk_stock_count_line"),
        sa.ForeignKeyConstraint(
            ["community_id", "count_id"],
            ["stock_count.community_id", "stock_count.count_id"],
            name="fk_stock_count_line",
        ),
        sa.CheckConstraint("counted >= 0", name="ck_stock_counted"),
    )
    op.create_table(
        "stock_pause",
        _number("community_id"),
        _number("merchant_id"),
        _text("notice"),
        _number("since"),
        sa.PrimaryKeyConstraint("community_id", "merchant_id", name="pk_stock_pause"),
    )
