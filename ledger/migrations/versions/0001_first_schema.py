"""The first schema: every room's tables."""

from __future__ import annotations

from ledger.migrations.first_schema import book, counter, members, office, settlement

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table; no table points at one of another file."""
    for room in (office, members, book, counter, settlement):
        room.create()
