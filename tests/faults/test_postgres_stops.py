"""The database server stopped at once under load: nothing acknowledged is lost, nothing happens twice."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from ledger.database import Database
from ledger.members.terms import TermsCache
from pos.checkout import check_out
from pos.desk import Desk
from tests.faults.stops import Rush
from tests.support.engines import create_schema
from tests.support.invariants import check_invariants
from tests.support.postgres import Cluster
from tests.support.town import build_town

PEOPLE = 10
START_UNITS = 100_000
UNITS = 2_000

pytestmark = [pytest.mark.slow, pytest.mark.timeout(280)]


def open_rush(url: str, folder: Path, sales: int, *, keeps_asking: bool = True) -> Rush:
    """Sales of ten people in two shops, each with 20 points offset."""
    db = Database(url)
    town = build_town(db, people=PEOPLE, shops=2, grant_units=START_UNITS)
    requests = [town.sale(n % PEOPLE + 1, 1_000 + n, UNITS, till=n % 2) for n in range(sales)]
    db.close()
    return Rush(town, url, folder, requests, keeps_asking)


def test_five_stops_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    survive(tmp_path, sales=150, stops=5)


@pytest.mark.proof
@pytest.mark.timeout(3_600)
def test_sixty_stops_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    for number in range(6):
        folder = tmp_path / str(number)
        folder.mkdir()
        survive(folder, sales=300, stops=10)


def survive(folder: Path, *, sales: int, stops: int) -> None:
    """Sell while the server is stopped; then every receipt must still be true and every sale there once."""
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")  # noqa: T201 - shown where the run fails
    with Cluster(durable=True) as cluster:
        name = cluster.new_database()
        create_schema(cluster.url(name))
        rush = open_rush(cluster.url(name), folder, sales)
        assert rush.run(cluster, stops=stops, seed=seed) == stops

        db = Database(cluster.url(name))
        desk = Desk(db=db, terms=TermsCache(), pepper=rush.town.desk.pepper, channel=None)
        acknowledged = rush.acknowledged()
        assert len(acknowledged) == sales
        again = {
            r.request_id: check_out(desk, r, at=rush.town.at)["balance_units"]
            for r in rush.requests
        }
        assert again == acknowledged
        with db.engine.connect() as connection:
            booked = connection.exec_driver_sql("SELECT request_id FROM txn WHERE kind = 'sale'")
            assert sorted(booked.scalars()) == sorted(acknowledged)
            left = connection.exec_driver_sql(
                "SELECT sum(b.posted) FROM balance b JOIN account a ON a.account_id = b.account_id"
                " WHERE a.kind = 'wallet'"
            ).scalar_one()
        assert left == PEOPLE * START_UNITS - sales * UNITS
        check_invariants(db.engine)
        db.close()


def test_a_server_that_does_not_wait_for_its_disk_loses_what_was_acknowledged(
    tmp_path: Path,
) -> None:
    """The control: the same stop on a server that answers before its log is written."""
    lost = 0
    for number in range(4):
        folder = tmp_path / str(number)
        folder.mkdir()
        with Cluster(durable=True) as cluster:
            name = cluster.new_database()
            create_schema(cluster.url(name))
            cluster.execute("postgres", "ALTER SYSTEM SET synchronous_commit = off")
            cluster.execute("postgres", "ALTER SYSTEM SET wal_writer_delay = '10s'")
            cluster.execute("postgres", "SELECT pg_reload_conf()")
            rush = open_rush(cluster.url(name), folder, 60, keeps_asking=False)
            rush.run(cluster, stops=1, seed=number)
            db = Database(cluster.url(name))
            with db.engine.connect() as connection:
                kept = set(
                    connection.exec_driver_sql(
                        "SELECT request_id FROM txn WHERE kind = 'sale'"
                    ).scalars()
                )
            db.close()
        lost += len(set(rush.acknowledged()) - kept)
        if lost:
            break

    assert lost
