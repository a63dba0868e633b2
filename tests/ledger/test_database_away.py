"""A database server that goes away and comes back: refused with a next step, and no dead connection is handed out."""

import pytest

from ledger.database import Database
from ledger.errors import Refusal
from ledger.sql import Sql, Tx
from tests.support.postgres import Cluster

_ONE = Sql("SELECT 1 AS one")


def _one(tx: Tx) -> int:
    return int(tx.get(_ONE).one)


@pytest.mark.slow
def test_after_a_restart_the_next_request_is_served() -> None:
    with Cluster() as cluster:
        db = Database(cluster.url(cluster.new_database()))
        assert db.write(_one) == 1
        cluster.stop(crash=True)
        with pytest.raises(Refusal) as said:
            db.write(_one)
        with pytest.raises(Refusal) as said_reading, db.read() as tx:
            _one(tx)
        cluster.start()
        assert db.write(_one) == 1
        with db.read() as tx:
            assert _one(tx) == 1
        db.close()
    assert said.value.code == "busy_try_again"
    assert said_reading.value.code == "busy_try_again"


@pytest.mark.slow
def test_when_no_connection_is_free_the_request_is_refused() -> None:
    with Cluster() as cluster:
        url = cluster.url(cluster.new_database())
        first = Database(url)
        with first.read() as tx:
            most = int(tx.get(Sql("SELECT current_setting('max_connections') AS most")).most)
        first.close()
        taken = [Database(url) for _ in range(most + 1)]
        with pytest.raises(Refusal) as said:
            _hold_all(taken)
        for db in taken:
            db.close()
    assert said.value.code == "busy_try_again"


def _hold_all(databases: list[Database]) -> None:
    """Hold one connection of each at once, until the server has no more."""
    if databases:
        with databases[0].read() as tx:
            _one(tx)
            _hold_all(databases[1:])
