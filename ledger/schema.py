"""One description of all tables; every table names its community first."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()
"""Every package's tables; the numbered migrations create exactly these."""


def number(name: str, *, null: bool = False) -> Column[int]:
    """A 64-bit whole number: an id, an amount in the smallest unit, a time in microseconds, a yyyymmdd date."""
    return Column(name, BigInteger, nullable=null, autoincrement=False)


def text(name: str, *, null: bool = False) -> Column[str]:
    """A piece of text; JSON is kept as text too."""
    return Column(name, Text, nullable=null)


def blob(name: str, *, null: bool = False) -> Column[bytes]:
    """Bytes: hashes, keys, files."""
    return Column(name, LargeBinary, nullable=null)


def unique(*columns: str) -> UniqueConstraint:
    """A unique key; `community_id` comes first in `columns`."""
    return UniqueConstraint(*columns)


def table(name: str, *parts: Any, key: tuple[str, ...]) -> Table:  # noqa: ANN401 - columns and constraints share no useful base
    """A table of one community's rows: `community_id` first in the primary key, constraints named."""
    columns = [part for part in parts if isinstance(part, Column)]
    others = [part for part in parts if not isinstance(part, Column)]
    for position, constraint in enumerate(others):
        if isinstance(constraint, UniqueConstraint):
            constraint.name = f"uq_{name}_{position}"
    return Table(
        name,
        metadata,
        number("community_id"),
        *columns,
        PrimaryKeyConstraint("community_id", *key, name=f"pk_{name}"),
        *others,
    )


def points_to(name: str, target: str, **columns: str) -> ForeignKeyConstraint:
    """A foreign key inside one community: `points_to('fk_x', 'account', debit_id='account_id')`."""
    return ForeignKeyConstraint(
        ["community_id", *columns],
        [f"{target}.community_id", *(f"{target}.{there}" for there in columns.values())],
        name=name,
    )


def index(name: str, *columns: str) -> Index:
    """An index whose first column is the community."""
    return Index(name, "community_id", *columns)
