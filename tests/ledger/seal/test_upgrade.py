"""A database from before the seal: what had its place gets its leaf, what was recorded waits to be sealed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from alembic import command
from sqlalchemy import text

from ledger.database import Database
from ledger.migrate import _config, upgrade
from ledger.seal.entries import ACT, TXN
from ledger.seal.sealer import seal
from ledger.seal.verify import verify_log
from ledger.sql import Sql
from tests.support.postgres import Cluster

HERE = 7
PLACED = 600
WAITING = 3
ACTS = 5
BEFORE = "0002"

LEAVES = Sql(
    "SELECT kind, entry_id FROM leaf WHERE community_id = :community_id ORDER BY leaf_index"
)
SALTS = Sql("SELECT salt, commitment FROM audit WHERE community_id = :community_id")


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest, tmp_path: object) -> Iterator[Database]:
    """A database as the version before the seal left it."""
    if request.param == "sqlite":
        url, drop = f"sqlite:///{tmp_path}/old.db", lambda: None
    else:
        cluster: Cluster = request.getfixturevalue("postgres")
        name = cluster.new_database()
        url, drop = cluster.url(name), lambda: cluster.drop_database(name)
    db = Database(url)
    config = _config()
    with db.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, BEFORE)
    _live(db)
    yield db
    db.close()
    drop()


def _live(db: Database) -> None:
    """Bookings with and without an offset, most with their place, some waiting; acts."""
    account = (
        "INSERT INTO account (community_id, account_id, commodity, kind, owner_id, bounded, opened_at)"
        f" VALUES ({HERE}, :id, 1002, :kind, 0, 0, 0)"
    )
    txn = (
        "INSERT INTO txn (community_id, txn_id, request_id, kind, ref, business_date, scheme_period,"
        " occurred_at, recorded_at, scheme_version, issuing_community, accepting_community,"
        f" reason_key, source, provisional) VALUES ({HERE}, :n, :request, 'sale', :ref, 20260302,"
        f" '202603', :n, :n, 'v', {HERE}, {HERE}, 'sale', 'till', 0)"
    )
    transfer = (
        "INSERT INTO transfer (community_id, txn_id, line_no, commodity, debit_id, credit_id, amount)"
        f" VALUES ({HERE}, :n, 0, 1002, 1, 2, 100)"
    )
    offset = (
        "INSERT INTO offset_booked (community_id, txn_id, claimant_id, terminal_id, ref, kind, units,"
        f" fen, units_per_fen, business_date, occurred_at) VALUES ({HERE}, :n, 5, 6, :ref, 'sale', 100,"
        " 5, 20, 20260302, :n)"
    )
    act = (
        "INSERT INTO audit (community_id, audit_id, at, actor_kind, actor_id, act, subject, before,"
        f" after, device) VALUES ({HERE}, :n, :n, 'job', 0, 'good.put', 'good:1', '', '', '')"
    )
    with db.engine.begin() as connection:
        connection.execute(text(account), [{"id": 1, "kind": "a"}, {"id": 2, "kind": "b"}])
        rows = [{"n": n, "request": f"r{n}", "ref": f"ref{n}"} for n in range(PLACED + WAITING)]
        for statement in (txn, transfer):
            connection.execute(text(statement), rows)
        connection.execute(text(offset), rows[::2])
        connection.execute(
            text(f"INSERT INTO leaf (community_id, leaf_index, txn_id) VALUES ({HERE}, :n, :n)"),
            rows[:PLACED],
        )
        connection.execute(
            text(f"INSERT INTO outbox (community_id, txn_id, recorded_at) VALUES ({HERE}, :n, :n)"),
            rows[PLACED:],
        )
        connection.execute(text(f"INSERT INTO log_head VALUES ({HERE}, {PLACED})"))
        connection.execute(text(act), [{"n": 10_000 + n} for n in range(ACTS)])


def test_everything_is_sealed_in_the_order_it_had(old: Database) -> None:
    upgrade(old.engine)
    whole = verify_log(old, HERE)

    assert (whole.size, whole.fault) == (PLACED, None)
    assert seal(old, HERE) == PLACED + WAITING + ACTS
    assert verify_log(old, HERE).fault is None
    with old.read() as tx:
        leaves = [(row.kind, row.entry_id) for row in tx.all(LEAVES, community_id=HERE)]
        salts = {bytes(row.salt) for row in tx.all(SALTS, community_id=HERE)}
    assert leaves[: PLACED + WAITING] == [(TXN, n) for n in range(PLACED + WAITING)]
    assert [kind for kind, _ in leaves[PLACED + WAITING :]] == [ACT] * ACTS
    assert {len(salt) for salt in salts} == {16}
    assert len(salts) == ACTS
