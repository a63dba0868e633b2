"""Why a whole sale was undone at the till that made it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the reason; what was given back before came back as goods."""
    op.add_column("refund", sa.Column("undo", sa.Text(), nullable=True))
