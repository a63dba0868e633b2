"""Which fees of a batch stand beside its payments, and which line of a statement is the sum of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; fees booked before keep standing as they are."""
    for name in ("bulk_fee", "fees_by"):
        op.add_column("bank_batch", sa.Column(name, sa.Text(), nullable=True))
    op.add_column(
        "bank_line", sa.Column("fee_fen", sa.BigInteger(), autoincrement=False, nullable=True)
    )
