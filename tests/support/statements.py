"""The guard on statements: each must say which community it speaks of, or no shard can run it."""

import re

GLOBAL_TABLES = {
    "community": "the list of communities itself, read to run all their nights",
    "payment_route": "a payment earns once over all communities, so it is the key alone",
    "alembic_version": "the number of the last migration",
}
"""Tables that a statement may use without naming a community, each with the reason."""

_TABLE = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE)\s+([a-z_][a-z0-9_.]*)", re.IGNORECASE)
_WITH = re.compile(
    r"(?:\bWITH(?:\s+RECURSIVE)?|,)\s+([a-z_][a-z0-9_]*)\s*(?:\([^)]*\))?\s+AS\b", re.IGNORECASE
)
_CATALOGUE = ("sqlite_", "pg_", "information_schema")


class UnscopedStatementError(AssertionError):
    """A statement reads or writes a community's rows without saying which community."""


def check_statement(text: str) -> None:
    """Raise UnscopedStatementError unless `text` names community_id or only global tables."""
    if "community_id" in text:
        return
    named_inside = {name.lower() for name in _WITH.findall(text)}
    tables = {name.lower() for name in _TABLE.findall(text)} - named_inside
    unscoped = {
        name for name in tables if name not in GLOBAL_TABLES and not name.startswith(_CATALOGUE)
    }
    if unscoped:
        raise UnscopedStatementError(f"no community_id, but {sorted(unscoped)} in: {text}")
