"""Numbered schema history for all packages (Alembic)."""
