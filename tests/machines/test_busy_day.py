"""Eight processes do everything at once, a night among it; whoever looks in between sees a book that holds."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ledger.database import Database
from ledger.errors import Refusal
from ledger.seal.sealer import seal
from pos.channel_refunds import refund_by_gateway
from pos.checkout import check_out
from pos.desk import Desk
from pos.proof import BillLine, prove_by_bill
from pos.recovery import SETTLE_US, recover
from pos.refunds import refund
from settlement.night import run_night
from tests.support.crash import sell
from tests.support.fake_channel import FakeChannel
from tests.support.invariants import BrokenInvariantError, broken
from tests.support.races import desk_in_process, run_processes
from tests.support.town import Town, build_town, moment

TILLS = 6
PEOPLE = 4
ROUNDS = 60

pytestmark = pytest.mark.slow

EXPECTED = {
    "sold",
    "given back",
    "insufficient_points",
    "points_owed",
    "refund_over_sale",
    "payment_unknown",
    "payment_declined",
    "refund_declined",
    "offset_over_month_cap",
    "busy_try_again",
}


def trouble_at(chance: random.Random):
    """A channel that loses every tenth request and every tenth answer, and declines some."""
    words = ["lost_request", "lost_answer", "declined", *[""] * 7]
    return lambda _key: chance.choice(words)


def till(town: Town, desk: Desk, number: int) -> Counter[str]:
    """One till's day: sells by either way, takes back parts of what it and nobody else sold."""
    chance = random.Random(number)
    channel = desk.channel
    assert isinstance(channel, FakeChannel)
    channel.trouble = trouble_at(chance)
    said: Counter[str] = Counter()
    sold: list[dict[str, Any]] = []
    for _ in range(ROUNDS):
        town.later(1)
        try:
            if sold and chance.random() < 0.4:
                receipt = chance.choice(sold)
                request = town.refund(receipt["ref"], chance.randint(1, 3_000), till=number)
                back = refund_by_gateway if receipt["channel"] == "gateway" else refund
                back(desk, request, at=town.at)
                said["given back"] += 1
            else:
                request_to_sell = town.sale(
                    chance.randint(1, PEOPLE),
                    chance.randint(1_000, 9_000),
                    chance.choice([0, 2_000, 4_000]),
                    till=number,
                    channel=chance.choice(["scan", "gateway"]),
                    token=signed_here(town, chance, number),
                )
                sold.append(sell(desk, request_to_sell, at=town.at))
                said["sold"] += 1
        except Refusal as refusal:
            said[refusal.code] += 1
    return said


def signed_here(town: Town, chance: random.Random, number: int) -> str:
    """A code nobody else shows: each process numbers codes in a range of its own."""
    person = chance.randint(1, PEOPLE)
    town.sequence[person] = max(town.sequence.get(person, 0), 1_000 * (number + 1))
    return town.code(person)


def bills(town: Town, desk: Desk) -> Counter[str]:
    """Bills come in and open sales are finished while the tills go on."""
    units = 0
    for _ in range(10):
        with desk.db.engine.connect() as connection:
            waiting = connection.exec_driver_sql(
                "SELECT sale_id, merchant_id, paid_fen, paid_at FROM evidence WHERE state = 'claimed'"
            ).all()
        for shop in (1, 2):
            lines = [
                BillLine(f"wx-{row.sale_id}", row.paid_fen, row.paid_at)
                for row in waiting
                if row.merchant_id == shop
            ]
            proved = prove_by_bill(
                desk, town.here, shop, lines, until=town.day, by="bill", at=town.at
            )
            units += proved.units
        recover(desk, town.here, at=town.at + SETTLE_US)
    return Counter({"units vested": units})


def night(town: Town, desk: Desk) -> Counter[str]:
    """Yesterday is closed, the order goes on being sealed, and every look in between is a whole book."""
    result = run_night(desk.db, town.here, 20260302, at=town.at)
    looks = 0
    for _ in range(15):
        seal(desk.db, town.here)
        with desk.db.engine.connect() as connection:
            if desk.db.dialect == "postgresql":
                connection = connection.execution_options(isolation_level="REPEATABLE READ")  # noqa: PLW2901
            else:
                connection.exec_driver_sql("BEGIN")
            found = broken(connection)
            connection.rollback()
        if found:
            raise BrokenInvariantError(str(found))
        looks += 1
    return Counter({f"night {result.state}": 1, "looks": looks})


def test_everything_at_once(engine_url: str, tmp_path: Path) -> None:
    channel = FakeChannel(tmp_path / "channel")
    with closing(Database(engine_url)) as db:
        town = build_town(
            db,
            people=PEOPLE,
            shops=2,
            tills_each=TILLS // 2,
            grant_units=60_000,
            channel=channel,
            cover_tranche_fen=500,
        )
        for person in range(1, PEOPLE + 1):
            check_out(town.desk, town.sale(person, 5_000, 20_000), at=town.at)
    town.at = moment("2026-03-03 09:00")

    def job(number: int) -> Counter[str]:
        with desk_in_process(town, engine_url) as desk:
            if number < TILLS:
                return till(town, desk, number)
            return bills(town, desk) if number == TILLS else night(town, desk)

    *tills, bill, closed = run_processes(TILLS + 2, job)

    said = sum(tills, Counter())
    assert set(said) <= EXPECTED
    assert said["sold"] > TILLS * ROUNDS // 4
    assert said["given back"] > TILLS
    assert bill["units vested"] > 0
    assert closed == {"night locked": 1, "looks": 15}
    with closing(Database(engine_url)) as db:
        desk = Desk(db, town.desk.terms, town.desk.pepper, channel)
        recover(desk, town.here, at=town.at + 10 * SETTLE_US)
        with db.engine.connect() as connection:
            assert broken(connection) == {}
            booked = connection.exec_driver_sql(
                "SELECT sum(paid_fen) FROM sale WHERE state = 'done' AND route = 'gateway'"
            ).scalar_one()
            back = connection.exec_driver_sql(
                "SELECT sum(r.cash_fen) FROM refund r JOIN sale s ON s.sale_id = r.sale_id"
                " WHERE r.state = 'done' AND s.route = 'gateway'"
            ).scalar_one()
        let_go = sum(channel.charged().values()) - int(booked)
        assert channel.given_back() - int(back) == let_go
