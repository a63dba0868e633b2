"""What of a purchase booked to another household the community had borne before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of purchases booked so far everything went back to the household."""
    zero = sa.Column(
        "borne_units", sa.BigInteger(), autoincrement=False, nullable=False, server_default="0"
    )
    with op.batch_alter_table("rebooked") as batch:
        batch.add_column(zero)
    with op.batch_alter_table("rebooked") as batch:
        batch.alter_column("borne_units", server_default=None)
