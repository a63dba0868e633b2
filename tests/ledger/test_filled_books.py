"""Books that older versions of the program filled, brought to this one: same balances, same root, nothing found.

`books/NNNN.json` holds every row of a book as the program of that revision left it: a month of sales, refunds, goods,
wrong claims, decisions, statements and payouts, and what the revision had besides. It was not made by this program, and
nothing here makes it again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, MetaData, create_engine, insert, inspect, text
from sqlalchemy.exc import ProgrammingError

import ledger
from ledger import audit as audit_log
from ledger import migrate
from ledger.audit import SYSTEM
from ledger.database import Database
from ledger.seal.sealer import seal, size
from ledger.seal.tiles import read_root
from settlement.auditor.run import audit
from settlement.export.write import write_export
from settlement.night import run_night
from tests.support.engines import ENGINES
from tests.support.invariants import check_invariants
from tests.support.night_plant import midnight, next_day
from tests.support.postgres import Cluster
from tests.support.town import HERE, moment

BOOKS = Path(__file__).parent / "books"
REVISIONS = tuple(sorted(path.stem for path in BOOKS.glob("*.json")))
HOUR = 3_600_000_000
GUARDED = ("txn", "transfer", "offset_booked", "leaf", "audit")
LATER = moment("2026-04-20 09:00")

_POSTED = (
    "SELECT a.account_id, a.kind, a.commodity, a.owner_id,"
    " coalesce((SELECT sum(t.amount) FROM transfer t WHERE t.credit_id = a.account_id), 0)"
    " - coalesce((SELECT sum(t.amount) FROM transfer t WHERE t.debit_id = a.account_id), 0) AS moved"
    " FROM account a ORDER BY a.account_id"
)
_HELD = "SELECT account_id, posted, held FROM balance ORDER BY account_id"


@pytest.fixture(params=ENGINES)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'old.db'}"
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    name = cluster.new_database()
    yield cluster.url(name)
    cluster.drop_database(name)


def fill(url: str, revision: str) -> dict[str, Any]:
    """Bring an empty database to an older revision and put that revision's book into it, as it stood there."""
    book: dict[str, Any] = json.loads((BOOKS / f"{revision}.json").read_text(encoding="utf-8"))
    config = Config()
    config.set_main_option("script_location", str(Path(ledger.__file__).parent / "migrations"))
    engine = create_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        tables = MetaData()
        tables.reflect(connection)
        for table in tables.sorted_tables:
            if table.name in book:
                _put(connection, table, book[table.name])
        if connection.dialect.name == "sqlite":
            # As that program left it: what is only added to was guarded.
            for name in GUARDED:
                connection.exec_driver_sql(
                    f"CREATE TRIGGER keep_{name}_update BEFORE UPDATE ON {name}"
                    " BEGIN SELECT RAISE(ABORT, 'rows are only added'); END"
                )
    engine.dispose()
    return book


def _put(connection: Connection, table: Any, kept: dict[str, Any]) -> None:
    rows = [dict(zip(kept["columns"], map(_value, row), strict=True)) for row in kept["rows"]]
    connection.execute(insert(table), rows)


def _value(kept: Any) -> Any:
    return bytes.fromhex(kept["hex"]) if isinstance(kept, dict) else kept


def asked(url: str, *statements: str) -> list[list[tuple[Any, ...]]]:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = [[tuple(row) for row in connection.execute(text(one))] for one in statements]
    engine.dispose()
    return found


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_filled_book_keeps_every_balance_and_its_root(
    empty_url: str, revision: str, tmp_path: Path
) -> None:
    book = fill(empty_url, revision)
    before = asked(empty_url, _POSTED, _HELD)
    counts = {name: len(kept["rows"]) for name, kept in book.items()}
    db = Database(empty_url)
    with db.read() as tx:
        root = read_root(tx, HERE, size(tx, HERE))

    migrate.upgrade(db.engine)
    migrate.upgrade(db.engine)

    assert asked(empty_url, _POSTED, _HELD) == before
    after = {name: asked(empty_url, f"SELECT count(*) FROM {name}")[0][0][0] for name in counts}
    # What stood on a shelf is written as its first count.
    assert {name: n for name, n in after.items() if n != counts[name]} in ({}, {"stock_move": 1})
    with db.read() as tx:
        assert read_root(tx, HERE, size(tx, HERE)) == root
    check_invariants(db.engine)
    assert audited(db, tmp_path / "out") == ()
    _goes_on(db)
    check_invariants(db.engine)
    assert audited(db, tmp_path / "later") == ()
    db.close()


@pytest.mark.parametrize("revision", REVISIONS)
def test_vouchers_of_before_keep_the_terms_of_their_service(empty_url: str, revision: str) -> None:
    fill(empty_url, revision)
    db = Database(empty_url)
    migrate.upgrade(db.engine)

    [rows] = asked(
        empty_url,
        "SELECT s.code, v.returnable, v.needs_booking, v.cancel_hours FROM voucher v"
        " JOIN service s ON s.service_id = v.service_id ORDER BY v.voucher_id",
    )

    assert rows == [("CUT", 1, 0, 12), ("CUT", 1, 0, 12), ("BOOK", 0, 1, 24), ("SHORT", 1, 0, 24)]
    db.close()


def test_a_book_that_cannot_be_brought_up_stays_what_it_was(empty_url: str) -> None:
    fill(empty_url, "0015")
    is_sqlite = empty_url.startswith("sqlite")
    # One step finds what it cannot do: a row that points to nothing, or a name that is taken.
    break_it = "PRAGMA foreign_keys=OFF" if is_sqlite else "CREATE TABLE proxy (n integer)"
    engine = create_engine(empty_url)
    with engine.begin() as connection:
        connection.exec_driver_sql(break_it)
        if is_sqlite:
            connection.exec_driver_sql("UPDATE redemption_line SET redemption_id = 'gone'")
    engine.dispose()
    before = tables_of(empty_url)
    db = Database(empty_url)

    with pytest.raises((RuntimeError, ProgrammingError)):
        migrate.upgrade(db.engine)

    assert migrate.version(db.engine) == "0015"
    assert tables_of(empty_url) == before
    db.close()


def _goes_on(db: Database) -> None:
    """The next night is settled, and a new act gets its place behind the old ones."""
    day = 20260407
    result = run_night(db, HERE, day, at=midnight(next_day(day)) + 2 * HOUR)
    assert result.state == "locked"
    with db.read() as tx:
        old = size(tx, HERE)
    db.write(lambda tx: audit_log.record(tx, HERE, SYSTEM, "test.act", "test:1", at=LATER))
    seal(db, HERE)
    with db.read() as tx:
        assert size(tx, HERE) > old


def audited(db: Database, out: Path) -> tuple[Any, ...]:
    """What the second engine finds."""
    write_export(db, HERE, out, at=LATER + HOUR)
    return tuple(audit(out).findings)


def tables_of(url: str) -> list[str]:
    engine = create_engine(url)
    names = sorted(inspect(engine).get_table_names())
    engine.dispose()
    return names
