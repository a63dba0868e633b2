"""What is booked as paid of a payment that the bank made otherwise than asked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; what was settled before was booked as asked."""
    op.add_column(
        "bank_line", sa.Column("booked_fen", sa.BigInteger(), autoincrement=False, nullable=True)
    )
