"""Fund of 500 yuan, twelve shops, 60 yuan of offsets a day: what was promised is paid, tills stop in time."""

from datetime import date, timedelta
from typing import Any

import pytest

from kiosk.generator.claims import daybook
from ledger.audit import SYSTEM
from ledger.book.balances import account_sum
from ledger.book.fund import add_to_fund
from ledger.book.shops import cover_left
from ledger.database import Database
from ledger.errors import Refusal
from ledger.members import merchants
from ledger.units import CNY
from pos.checkout import check_out
from settlement.claims import file_daybook
from settlement.night import run_night
from tests.support.town import HERE, Town, build_town, moment

SHOPS = range(1, 13)
FIRST = date(2026, 3, 2)
FUND_FEN = 50_000
OFFSET_UNITS = 10_000  # 100 points, 5.00 yuan


def _town(db: Database, *, tranche_fen: int = 5_000) -> Town:
    return build_town(
        db,
        people=12,
        shops=12,
        fund_fen=FUND_FEN,
        grant_units=200_000,
        cover_tranche_fen=tranche_fen,
    )


def _offset(town: Town, shop: int, lines: dict[int, list[dict[str, Any]]]) -> None:
    """Person n buys for 20.00 yuan in shop n with 100 points; the till notes it."""
    receipt = check_out(
        town.desk, town.sale(shop, 2_000, OFFSET_UNITS, till=shop - 1), at=town.later(60)
    )
    names = ("ref", "total_fen", "offset_units", "offset_fen", "paid_fen", "occurred_at")
    note = {name: receipt[name] for name in names}
    counter = town.tills[shop - 1].counter
    lines.setdefault(shop, []).append(
        {**note, "counter": counter, "kind": "sale", "original_ref": None}
    )


def _close(db: Database, town: Town, day: date, lines: dict[int, list[dict[str, Any]]]) -> int:
    """File every till's day and run the night; gives the fen it settled."""
    for shop, rung in lines.items():
        till = town.tills[shop - 1]
        book = daybook(till.code, day, (day - FIRST).days + 1, rung)
        del book["terminal"]
        file_daybook(db, HERE, till.terminal_id, book, at=town.at)
    night = moment(f"{day + timedelta(days=1)} 02:00")
    result = run_night(db, HERE, town.day, at=night)
    assert result.state == "locked"
    assert result.codes == ()
    return result.settled_fen


def _sum(db: Database, kind: str, owner: int = 0) -> int:
    with db.read() as tx:
        return account_sum(tx, HERE, kind, CNY, owner)


def test_the_tills_stop_on_the_ninth_day_and_every_offset_is_paid(db: Database) -> None:
    town = _town(db)
    given, settled, stopped = 0, 0, []

    for number in range(10):
        day = FIRST + timedelta(days=number)
        town.at = moment(f"{day} 09:00")
        lines: dict[int, list[dict[str, Any]]] = {}
        for shop in SHOPS:
            if given == FUND_FEN:
                with pytest.raises(Refusal) as said:
                    _offset(town, shop, lines)
                assert said.value.code == "cover_empty"
                stopped.append((number + 1, shop))
            else:
                _offset(town, shop, lines)
                given += 500
        settled += _close(db, town, day, lines)
        assert settled == given

    # 8 days of 60 yuan and 20 yuan of the ninth: 500 yuan, not a fen more or less.
    assert given == FUND_FEN
    assert stopped == [(9, n) for n in SHOPS if n > 4] + [(10, n) for n in SHOPS]
    assert sum(_sum(db, "payable", shop) for shop in SHOPS) == FUND_FEN
    assert _sum(db, "fund") == 0
    assert [_sum(db, "cover", shop) for shop in SHOPS] == [0] * 12


def test_a_till_without_cover_sells_without_points_until_the_fund_is_filled(db: Database) -> None:
    town = _town(db)
    lines: dict[int, list[dict[str, Any]]] = {}
    for _ in range(10):
        for shop in range(1, 11):
            _offset(town, shop, lines)
            town.later(180)

    with pytest.raises(Refusal) as said:
        _offset(town, 12, lines)
    assert said.value.code == "cover_empty"
    with db.read() as tx:
        assert cover_left(tx, HERE, 12) == 0
    receipt = check_out(town.desk, town.sale(12, 2_000, 0, till=11), at=town.later(60))
    assert receipt["paid_fen"] == 2_000

    add_to_fund(
        db,
        HERE,
        500,
        request_id="top-up",
        by=0,
        at=town.at,
        business_date=town.day,
        reason="a donation",
    )
    _offset(town, 12, lines)


def test_a_shop_that_is_paused_after_the_sale_is_still_paid_for_it(db: Database) -> None:
    town = _town(db)
    lines: dict[int, list[dict[str, Any]]] = {}
    _offset(town, 3, lines)
    db.write(lambda tx: merchants.set_state(tx, HERE, 3, "suspended", by=SYSTEM, at=town.at))

    assert _close(db, town, FIRST, lines) == 500
    assert _sum(db, "payable", 3) == 500


def test_reserves_others_do_not_use_are_no_reason_to_refuse(db: Database) -> None:
    town = _town(db, tranche_fen=30_000)
    lines: dict[int, list[dict[str, Any]]] = {}

    for shop in SHOPS:
        _offset(town, shop, lines)

    assert _close(db, town, FIRST, lines) == 6_000
    assert _sum(db, "fund") == FUND_FEN - 6_000
