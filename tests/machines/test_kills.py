"""Forty processes killed over two hundred sales: nothing acknowledged is lost, nothing happens twice."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ledger.database import Database
from ledger.members.terms import TermsCache
from pos.desk import Desk
from pos.recovery import SETTLE_US, recover
from tests.support.crash import Death, HastyDatabase, Shop, ask_again, deaths
from tests.support.invariants import check_invariants
from tests.support.town import build_town

SALES = 200
KILLS = 40
PEOPLE = 25
START_UNITS = 30_000
UNITS = 2_000

pytestmark = [pytest.mark.slow, pytest.mark.timeout(280)]


def open_shop(url: str, folder: Path, sales: int = SALES) -> Shop:
    """200 sales of 25 people in two shops, every second one through the gateway, each with 20 points offset."""
    db = Database(url)
    town = build_town(db, people=PEOPLE, shops=2, grant_units=START_UNITS)
    requests = [
        town.sale(
            n % PEOPLE + 1, 1_000 + n, UNITS, till=n % 2, channel="gateway" if n % 4 < 2 else "scan"
        )
        for n in range(sales)
    ]
    db.close()
    return Shop(town, url, folder, requests)


def test_forty_kills_lose_nothing_and_double_nothing(durable_url: str, tmp_path: Path) -> None:
    survive(durable_url, tmp_path, seed=7)


@pytest.mark.proof
@pytest.mark.parametrize("number", range(10))
def test_other_forty_kills_lose_nothing_either(
    durable_url: str, tmp_path: Path, number: int
) -> None:
    seed = random.SystemRandom().randrange(10**6)
    print(f"run {number}, seed {seed}")  # noqa: T201 - shown by pytest where the run fails
    survive(durable_url, tmp_path, seed=seed)


def survive(durable_url: str, tmp_path: Path, *, seed: int) -> None:
    """Forty kills over 200 sales, then recovery and every request asked again."""
    shop = open_shop(durable_url, tmp_path)
    for death in deaths(KILLS, SALES, seed=seed):
        shop.run_until_killed(death)
    killed = Counter(shop.deaths)
    assert killed.total() == KILLS
    assert set(killed) == {"any", "charged", "asked", "posted"}
    acknowledged = dict(shop.acknowledged)

    db = Database(durable_url)
    channel = shop.channel
    desk = Desk(db=db, terms=TermsCache(), pepper=shop.town.desk.pepper, channel=channel)
    check_invariants(db.engine)
    recover(desk, shop.town.here, at=shop.town.at + SETTLE_US)
    answers = {
        request.request_id: ask_again(desk, request, at=shop.town.at) for request in shop.requests
    }

    lost = [r for r, balance in acknowledged.items() if answers[r].get("balance_units") != balance]
    assert lost == []
    assert set(acknowledged) <= {r for r, answer in answers.items() if "refused" not in answer}
    check_sold_once(db, shop, answers)
    check_invariants(db.engine)
    assert recover(desk, shop.town.here, at=shop.town.at + 2 * SETTLE_US) == {}
    again = {r.request_id: ask_again(desk, r, at=shop.town.at) for r in shop.requests}
    assert again == answers
    db.close()


def check_sold_once(db: Database, shop: Shop, answers: dict[str, dict[str, Any]]) -> None:
    """The book, the channel and the receipts name the same sales, each once, with the same sums."""
    sold = {r: answer for r, answer in answers.items() if "refused" not in answer}
    refused = Counter(a["refused"] for a in answers.values() if "refused" in a)
    # A sale whose process died before the channel heard of it was let go by recovery; nobody had an answer.
    assert set(refused) <= {"payment_declined"}
    with db.engine.connect() as connection:
        booked = connection.exec_driver_sql(
            "SELECT s.sale_id, s.paid_fen, x.txn_id FROM sale s JOIN txn x ON x.request_id = s.sale_id"
            " WHERE s.state = 'done'"
        ).all()
        wallets = connection.exec_driver_sql(
            "SELECT sum(b.posted), sum(b.held) FROM balance b JOIN account a"
            " ON a.account_id = b.account_id WHERE a.kind = 'wallet'"
        ).one()
    assert sorted(row.sale_id for row in booked) == sorted(sold)
    by_gateway = {r.request_id for r in shop.requests if r.channel == "gateway"}
    charged = shop.channel.charged()
    assert charged == {r: a["paid_fen"] for r, a in sold.items() if r in by_gateway}
    assert shop.channel.given_back() == 0
    spendable = sum(a["earned_units"] for r, a in sold.items() if r in by_gateway)
    assert wallets[0] == PEOPLE * START_UNITS - UNITS * len(sold) + spendable
    assert wallets[1] == 0


def test_a_server_that_answers_before_it_commits_loses_what_it_acknowledged(
    durable_url: str, tmp_path: Path
) -> None:
    """The control: the same kills, the same count, on a database one step less careful."""
    shop = open_shop(durable_url, tmp_path, sales=80)
    shop.open_database = HastyDatabase
    lost: set[str] = set()
    # Whether a kill falls between the answer and the commit is luck; of so many one does.
    for number in range(40):
        if lost:
            break
        shop.run_until_killed(Death("any", 2 * number + 3))
        db = Database(durable_url)
        with db.engine.connect() as connection:
            kept = connection.exec_driver_sql("SELECT sale_id FROM sale WHERE state = 'done'").all()
        db.close()
        lost |= set(shop.acknowledged) - {row.sale_id for row in kept}

    assert lost
