"""Notices and expiry in processes killed anywhere: nobody is told twice, nothing is taken twice or forgotten."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from functools import partial
from multiprocessing import get_context

import pytest

from ledger.book.accounts import account_id
from ledger.book.chart import Account, Kind
from ledger.book.posting import Line, Posting, Side, post
from ledger.database import Database
from ledger.expiry import notices, run, store
from ledger.expiry.notices import give_notices
from ledger.expiry.run import run_expiry
from ledger.ids import new_request_id
from ledger.sql import Sql, Tx
from tests.support.crash import die
from tests.support.invariants import broken, check_invariants
from tests.support.killing import broken_off_around
from tests.support.lapses import hand_out_all, left, with_phones
from tests.support.town import CIVIC, HERE, Town, build_town, moment

PEOPLE = 9
UNITS = 10_000
CHUNK = 2
EVENINGS = ("2028-01-01", "2028-03-01")
LAST = "2028-04-01"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(280)]

_FORK = get_context("fork")
STEPS = (
    (run, "apply"),
    (store, "open_lapses"),
    (store, "remind"),
    (notices, "_seal_run"),
)
_LAPSES = Sql(
    "SELECT owner_id, units, state, expired_units FROM lapse WHERE community_id = :community_id"
    " ORDER BY owner_id"
)
_NOTICES = Sql("SELECT count(*) AS n FROM lapse_notice WHERE community_id = :community_id")


def open_town(url: str) -> Town:
    """Nine people with 100 points each of March 2026; every third one has a phone."""
    town = build_town(Database(url), people=PEOPLE, grant_units=UNITS)
    with_phones(town, 1, 4, 7)
    return town


def killed(url: str, job: Callable[[Database], object], at: int) -> bool:
    """Run `job` in a process that dies at its `at`-th step: within a transaction, or right after one."""

    def work() -> None:
        vars(store)["CHUNK"] = CHUNK
        with closing(Database(url)) as db, broken_off_around(*STEPS)(at, die):
            job(db)
        os._exit(0)

    child = _FORK.Process(target=work)
    child.start()
    child.join(60)
    assert child.exitcode in {0, -9}, child.exitcode
    return child.exitcode == -9


def until_done(url: str, job: Callable[[Database], object]) -> int:
    """Kill it at the first step, then at the second, and so on, until it lives to its end; gives the kills."""
    for at in range(1, 200):
        if not killed(url, job, at):
            return at - 1
    raise AssertionError("it never came to its end")


def tell(at: int, db: Database) -> None:
    """One night's notices."""
    give_notices(db, HERE, at=at)


def test_killed_at_every_step_it_ends_as_if_it_had_not_been(durable_url: str) -> None:
    town = open_town(durable_url)
    town.db.close()
    kills = 0
    for day in EVENINGS:
        kills += until_done(durable_url, partial(tell, moment(f"{day} 00:40")))
        town.db = Database(durable_url)
        hand_out_all(town, day)
        check_invariants(town.db.engine)
        town.db.close()
    kills += until_done(durable_url, lambda db: run_expiry(db, HERE, at=moment(f"{LAST} 00:50")))

    town.db = Database(durable_url)
    assert kills > 20
    with town.db.read() as tx:
        lapses = [tuple(row) for row in tx.all(_LAPSES, community_id=HERE)]
        told = tx.get(_NOTICES, community_id=HERE).n
    assert lapses == [(owner, UNITS, "expired", UNITS) for owner in range(1, PEOPLE + 1)]
    assert told == 2 * (PEOPLE + PEOPLE - 3)
    assert [left(town, owner) for owner in range(1, PEOPLE + 1)] == [0] * PEOPLE
    # What was told in runs that were killed is sealed by a later day's.
    sealed = give_notices(town.db, HERE, at=moment("2028-04-02 00:40")).runs
    assert all(notice.wallets for notice in sealed)
    check_invariants(town.db.engine)
    town.db.close()


def test_the_control_that_marks_in_a_second_transaction_takes_points_twice(
    durable_url: str,
) -> None:
    """The same work by somebody careless: takes what was announced, and notes it afterwards."""
    town = open_town(durable_url)
    for owner in range(1, PEOPLE + 1):
        town.grant(owner, UNITS)
    for day in EVENINGS:
        give_notices(town.db, HERE, at=moment(f"{day} 00:40"))
        hand_out_all(town, day)
    town.db.close()

    def careless(db: Database) -> None:
        with db.read() as tx:
            due = store.lapses_due(tx, HERE, CIVIC, 20280401)
        for row in due:
            db.write(partial(take, owner=int(row.owner_id), units=int(row.units) // 2))
            if int(row.owner_id) == PEOPLE:
                die()

    assert killed(durable_url, careless, 0)
    assert killed(durable_url, careless, 0)

    with closing(Database(durable_url)) as db, db.engine.connect() as connection:
        assert "what_lapsed_left_the_wallet_once" in broken(connection)


def take(tx: Tx, owner: int, units: int) -> None:
    """An entry of expiry, whatever was reckoned."""
    at = moment(f"{LAST} 00:50")

    def side(kind: Account, whose: int) -> Side:
        return Side(account_id(tx, HERE, kind, CIVIC, whose, at=at), kind)

    post(
        tx,
        Posting(
            community_id=HERE,
            kind=Kind.EXPIRE,
            request_id=new_request_id(at),
            occurred_at=at,
            at=at,
            business_date=20280401,
            lines=[Line(side(Account.WALLET, owner), side(Account.EXPIRED, 0), CIVIC, units)],
            wallet_owner_id=owner,
        ),
    )
