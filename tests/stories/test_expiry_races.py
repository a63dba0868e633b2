"""Expiry while people spend: what is used at the last moment is theirs, and two runs at once are one."""

from __future__ import annotations

import contextlib
import random
import sqlite3
from collections import Counter
from contextlib import closing
from functools import partial
from itertools import count

import psycopg
import pytest

from ledger.book.unspent import Unspent, unspent
from ledger.database import Database
from ledger.errors import GuardMissedError
from ledger.expiry import run, store
from ledger.expiry.notices import give_notices
from ledger.expiry.run import run_expiry
from ledger.sql import Sql
from pos.checkout import check_out
from pos.desk import Desk
from tests.support.invariants import broken, check_invariants
from tests.support.lapses import expired_in_all, give, hand_out_all, left, notices, use, with_phones
from tests.support.races import desk_in_process, run_processes, told
from tests.support.town import CIVIC, HERE, Town, build_town, moment

OLD, NEW = 10_000, 5_000
NIGHT = moment("2028-04-01 00:50")
PEOPLE = 8
TILLS = 6

_LAPSES = Sql(
    "SELECT owner_id, state, expired_units FROM lapse WHERE community_id = :community_id"
    " ORDER BY owner_id"
)


def town_of(db: Database, people: int, *, tills: int = 1) -> Town:
    """Everybody holds 100 old points that were announced twice, and 50 young ones."""
    town = build_town(
        db, people=people, tills_each=tills, at=NIGHT, opened=moment("2027-12-20 08:00")
    )
    for person in range(1, people + 1):
        give(town, person, CIVIC, OLD, "2026-03-05")
        give(town, person, CIVIC, NEW, "2027-12-05")
    with_phones(town, *range(1, people + 1))
    for day in ("2028-01-01", "2028-03-01"):
        assert notices(town, day)
    return town


def test_what_is_used_while_the_run_goes_on_does_not_lapse(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = town_of(db, 2)
    monkeypatch.setattr(store, "CHUNK", 1)

    run_expiry(db, HERE, at=NIGHT, each=lambda _: use_of_two(town))

    assert expired_in_all(town) == OLD + OLD - 4_000
    assert left(town, 2) == NEW
    check_invariants(db.engine)


def use_of_two(town: Town) -> None:
    """Person 2 buys for 40 points, once."""
    if left(town, 2) == OLD + NEW:
        use(town, 2, 4_000, "2028-04-01")


def test_the_control_on_figures_of_the_evening_takes_young_points(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = town_of(db, 2)
    monkeypatch.setattr(store, "CHUNK", 1)
    seen: dict[int, Unspent] = {}
    reckon = unspent

    def of_the_evening(tx, community_id, commodity, until, owners) -> list[Unspent]:
        if not seen:
            seen.update(
                {row.owner_id: row for row in reckon(tx, community_id, commodity, until, [1, 2])}
            )
        return [seen[owner] for owner in owners]

    monkeypatch.setattr(run, "unspent", of_the_evening)
    run_expiry(db, HERE, at=NIGHT, each=lambda _: use_of_two(town))

    assert left(town, 2) == NEW - 4_000


def till(town: Town, desk: Desk, number: int) -> Counter[int]:
    """One till's night: 20 points off each purchase, until nobody has any; gives the units used by person."""
    chance = random.Random(number)
    used: Counter[int] = Counter()
    for _ in range(25):
        person = chance.randint(1, PEOPLE)
        town.sequence[person] = max(town.sequence.get(person, 0), 1_000 * (number + 1))
        request = town.sale(person, 8_000, 2_000, till=number, token=town.code(person))
        if told(partial(check_out, desk, request, at=town.at)) == "done":
            used[person] += 2_000
    return used


@pytest.mark.slow
def test_six_tills_and_two_runs_at_once(engine_url: str) -> None:
    with closing(Database(engine_url)) as db:
        town = town_of(db, PEOPLE, tills=TILLS)

    def job(number: int) -> Counter[int]:
        with desk_in_process(town, engine_url) as desk:
            if number < TILLS:
                return till(town, desk, number)
            vars(store)["CHUNK"] = 2
            return Counter({-1: sum(run_expiry(desk.db, HERE, at=NIGHT).units.values())})

    done = sum(run_processes(TILLS + 2, job), Counter[int]())

    with closing(Database(engine_url)) as db:
        town.db = db
        check_invariants(db.engine)
        with db.read() as tx:
            lapses = {int(row.owner_id): row for row in tx.all(_LAPSES, community_id=HERE)}
        assert {row.state for row in lapses.values()} <= {"expired", "used"}
        assert sum(int(row.expired_units) for row in lapses.values()) == done.pop(-1)
        for person in range(1, PEOPLE + 1):
            taken = int(lapses[person].expired_units)
            assert left(town, person) == OLD + NEW - done[person] - taken
            assert taken <= OLD


def only_civic(due):
    """The list of the evening, whatever happened since."""
    return lambda _tx, _community, commodity, *_: due if commodity == CIVIC else []


def test_the_control_of_two_runs_without_guards_takes_points_twice(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list of the evening, worked off by two: neither the lapse's state nor its request stands in the way."""
    town = town_of(db, 1)
    with db.read() as tx:
        due = store.lapses_due(tx, HERE, CIVIC, 20280401)
        figures = unspent(tx, HERE, CIVIC, 20260331, [1])
    half = [figures[0]._replace(earned=OLD // 2)]
    names = map("entry {}".format, count())
    monkeypatch.setattr(store, "lapses_due", only_civic(due))
    monkeypatch.setattr(run, "unspent", lambda *_: half)
    monkeypatch.setattr(run, "derived_request_id", lambda *_: next(names))
    monkeypatch.setattr(store, "ENDED", Sql(store.ENDED.text.replace(" AND state = 'open'", "")))

    for _ in range(2):
        run_expiry(db, HERE, at=NIGHT)

    assert expired_in_all(town) == OLD
    with db.engine.connect() as connection:
        assert "what_lapsed_left_the_wallet_once" in broken(connection)


@pytest.mark.parametrize("guard", ["state", "request", "figures"])
def test_each_guard_alone_makes_a_second_run_harmless(
    db: Database, monkeypatch: pytest.MonkeyPatch, guard: str
) -> None:
    """What is announced twice and reckoned once is taken once, whichever guard is left."""
    town = town_of(db, 1)
    with db.read() as tx:
        due = store.lapses_due(tx, HERE, CIVIC, 20280401)
        figures = unspent(tx, HERE, CIVIC, 20260331, [1])
    names = map("entry {}".format, count())
    run_expiry(db, HERE, at=NIGHT)
    assert expired_in_all(town) == OLD
    monkeypatch.setattr(store, "lapses_due", only_civic(due))
    if guard != "figures":
        monkeypatch.setattr(run, "unspent", lambda *_: [figures[0]._replace(earned=NEW)])
    if guard != "request":
        monkeypatch.setattr(run, "derived_request_id", lambda *_: next(names))
    if guard != "state":
        text = store.ENDED.text.replace(" AND state = 'open'", "")
        monkeypatch.setattr(store, "ENDED", Sql(text))

    with contextlib.suppress(GuardMissedError, sqlite3.IntegrityError, psycopg.IntegrityError):
        run_expiry(db, HERE, at=NIGHT)

    assert expired_in_all(town) == OLD


def test_notices_given_by_two_at_once_are_given_once(engine_url: str) -> None:
    with closing(Database(engine_url)) as db:
        town = build_town(db, people=PEOPLE, grant_units=OLD)
        at = moment("2028-01-01 00:40")

    def job(_: int) -> int:
        with closing(Database(engine_url)) as db:
            return sum(run.wallets for run in give_notices(db, HERE, at=at).runs)

    told = run_processes(4, job)

    with closing(Database(engine_url)) as db:
        town.db = db
        check_invariants(db.engine)
        assert sum(told) == PEOPLE
        assert hand_out_all(town, "2028-01-01") == PEOPLE
