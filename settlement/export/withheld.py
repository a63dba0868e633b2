"""Acts whose text a person typed: their words stay at home, and their leaf can be checked all the same.

Such an act goes out as if its text were erased: without salt and words, with the commitment its leaf holds of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ledger.sql import Tx

TABLE: Final = "audit"

_TYPED: Final = ("why", "reason")
"""Names of facts that a person types: anything may stand in them, a name too."""

_IS_TYPED: Final = "(t.commitment IS NULL AND ({}))".format(
    " OR ".join(f"t.{side} LIKE '%\"{fact}\":%'" for side in ("before", "after") for fact in _TYPED)
)
_LENGTH: Final = {"sqlite": "length(CAST({} AS BLOB))", "postgresql": "octet_length({})"}
_HEX: Final = {"sqlite": "lower(hex(t.salt))", "postgresql": "encode(t.salt, 'hex')"}
_SHA256: Final = {
    "sqlite": "sha256_of({})",
    "postgresql": "encode(sha256(convert_to({}, 'UTF8')), 'hex')",
}


def columns(dialect: str) -> Mapping[str, str]:
    """What stands in the export for the columns of `audit` that may hold a person's words."""
    parts = (_HEX[dialect], "t.before", "t.after")
    text = " || ".join(f"{_LENGTH[dialect].format(part)} || ':' || {part}" for part in parts)
    empty = "zeroblob(0)" if dialect == "sqlite" else "''::bytea"
    return MappingProxyType(
        {
            "before": f"CASE WHEN {_IS_TYPED} THEN '' ELSE t.before END",
            "after": f"CASE WHEN {_IS_TYPED} THEN '' ELSE t.after END",
            "salt": f"CASE WHEN {_IS_TYPED} THEN {empty} ELSE t.salt END",
            "commitment": f"CASE WHEN {_IS_TYPED} THEN {_SHA256[dialect].format(text)} ELSE t.commitment END",
        }
    )


def prepare(tx: Tx) -> None:
    """Let SQLite work out a SHA-256; PostgreSQL can by itself."""
    if tx.dialect == "sqlite":
        tx.raw.create_function("sha256_of", 1, _sha256, deterministic=True)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
