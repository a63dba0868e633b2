"""The schema can be spread over servers by community: every key, index and type keeps to it."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Sequence,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from settlement.export.shape import BYTES, NUMBER, TEXT
from settlement.export.tables import KEPT_HOME, SHAPES
from tests.support.engines import all_tables

# A table here is kept whole on one server or keyed by something else; each says why.
GLOBAL = {
    "payment_route": "one payment earns once over all communities: the payment is the key",
}
PORTABLE = {BigInteger, Text, LargeBinary}


def faults(table: Table) -> Iterator[str]:
    """What would keep `table` from being spread, or from being the same on both engines."""
    yield from _key_faults(table)
    for column in table.columns:
        yield from _column_faults(column)
    for foreign_key in table.foreign_key_constraints:
        yield from _foreign_key_faults(foreign_key)
    for constraint in table.constraints:
        if constraint.name is None:
            yield f"{type(constraint).__name__} without a name"


def _key_faults(table: Table) -> Iterator[str]:
    if not table.primary_key.columns:
        yield "no primary key"
        return
    if table.name in GLOBAL:
        return
    community = table.columns.get("community_id")
    if community is None or type(community.type) is not BigInteger or community.nullable:
        yield "community_id is not a BigInteger that is always there"
    for constraint in table.constraints:
        if isinstance(constraint, PrimaryKeyConstraint | UniqueConstraint):
            yield from _first(constraint, f"{type(constraint).__name__} {constraint.name}")
    for index in table.indexes:
        yield from _first(index, f"index {index.name}")


def _first(constraint: PrimaryKeyConstraint | UniqueConstraint | Index, what: str) -> Iterator[str]:
    columns = [column.name for column in constraint.columns]
    if columns[:1] != ["community_id"]:
        yield f"{what} begins with {columns[:1]}, not with community_id"


def _column_faults(column: Column[object]) -> Iterator[str]:
    if type(column.type) not in PORTABLE:
        yield f"{column.name} is a {type(column.type).__name__}, which the engines see differently"
    if column.autoincrement is True or isinstance(column.default, Sequence) or column.identity:
        yield f"{column.name} is numbered by the server"
    if column.server_default is not None or column.server_onupdate is not None:
        yield f"{column.name} is filled in by the server"
    if column.computed is not None:
        yield f"{column.name} is computed by the server"


def _foreign_key_faults(key: ForeignKeyConstraint) -> Iterator[str]:
    source = [column.name for column in key.columns]
    target = [element.column.name for element in key.elements]
    if source[:1] != ["community_id"] or target[:1] != ["community_id"]:
        yield f"foreign key {key.name} does not begin with community_id on both sides"
    if key.ondelete or key.onupdate:
        yield f"foreign key {key.name} changes rows by itself"


@pytest.mark.parametrize("name", sorted(all_tables().tables))
def test_a_table_can_be_spread_by_community(name: str) -> None:
    assert list(faults(all_tables().tables[name])) == []


def _community() -> Column[int]:
    return Column("community_id", BigInteger, nullable=False, autoincrement=False)


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, autoincrement=False)


BAD_TABLES: dict[str, tuple[str, Callable[[MetaData], Table]]] = {
    "no key at all": ("no primary key", lambda m: Table("bad", m, _community())),
    "no community": (
        "community_id is not",
        lambda m: Table("bad", m, _number("n"), PrimaryKeyConstraint("n", name="pk")),
    ),
    "community second in the key": (
        "PrimaryKeyConstraint pk begins",
        lambda m: Table(
            "bad",
            m,
            _community(),
            _number("n"),
            PrimaryKeyConstraint("n", "community_id", name="pk"),
        ),
    ),
    "a unique key over all communities": (
        "UniqueConstraint uq begins",
        lambda m: Table("bad", m, *_good(), UniqueConstraint("n", name="uq")),
    ),
    "an index over all communities": (
        "index ix begins",
        lambda m: Table("bad", m, *_good(), Index("ix", "n")),
    ),
    "a small number": (
        "which the engines see differently",
        lambda m: Table("bad", m, *_good(), Column("small", Integer, nullable=False)),
    ),
    "an identity column": (
        "is numbered by the server",
        lambda m: Table("bad", m, *_good(), Column("x", BigInteger, Identity())),
    ),
    "a server default": (
        "is filled in by the server",
        lambda m: Table("bad", m, *_good(), Column("x", BigInteger, server_default=text("0"))),
    ),
    "a check without a name": (
        "CheckConstraint without a name",
        lambda m: Table("bad", m, *_good(), CheckConstraint("n >= 0")),
    ),
    "a foreign key that deletes": (
        "changes rows by itself",
        lambda m: Table(
            "bad",
            m,
            *_good(),
            ForeignKeyConstraint(
                ["community_id", "n"],
                ["good.community_id", "good.n"],
                name="fk",
                ondelete="SET NULL",
            ),
        ),
    ),
    "a foreign key across communities": (
        "does not begin with community_id",
        lambda m: Table(
            "bad", m, *_good(), ForeignKeyConstraint(["n"], ["good.community_id"], name="fk")
        ),
    ),
}


def _good() -> tuple[Column[int], Column[int], PrimaryKeyConstraint]:
    return _community(), _number("n"), PrimaryKeyConstraint("community_id", "n", name="pk")


@pytest.mark.parametrize("case", BAD_TABLES)
def test_the_lint_finds(case: str) -> None:
    expected, build = BAD_TABLES[case]
    metadata = MetaData()
    Table("good", metadata, *_good())

    found = list(faults(build(metadata)))

    assert any(expected in fault for fault in found), found


def test_the_lint_passes_a_good_table() -> None:
    assert list(faults(Table("good", MetaData(), *_good()))) == []


def test_only_tables_that_say_why_are_keyed_otherwise() -> None:
    keyed_otherwise = {
        name
        for name, table in all_tables().tables.items()
        if next(iter(table.primary_key.columns)).name != "community_id"
    }

    assert keyed_otherwise == set(GLOBAL)


# --- what goes into an export is decided for every table and column

KINDS = {BigInteger: NUMBER, Text: TEXT, LargeBinary: BYTES}


def test_every_table_is_exported_or_kept_at_home() -> None:
    assert SHAPES.keys() & KEPT_HOME.keys() == set()
    assert SHAPES.keys() | KEPT_HOME.keys() == set(all_tables().tables), (
        "a new table is described in settlement/export/, or kept at home with a reason"
    )


@pytest.mark.parametrize("name", SHAPES)
def test_an_exported_table_has_its_columns_in_order(name: str) -> None:
    shape, table = SHAPES[name], all_tables().tables[name]
    columns = [column for column in table.columns if column.name != "community_id"]

    assert [
        (column.name, KINDS[type(column.type)], column.nullable)
        for column in columns
        if column.name not in shape.left_out
    ] == [(column.name, column.kind, column.null) for column in shape.columns]
    assert shape.left_out.keys() <= {column.name for column in columns}
    key = [column.name for column in table.primary_key.columns]
    assert ["community_id", *shape.key] == key
