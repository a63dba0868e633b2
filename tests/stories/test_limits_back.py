"""Goods that come back give their points back to the limits of the month they were counted in, not of another."""

from __future__ import annotations

from sqlalchemy import text

from ledger.database import Database
from ledger.ids import new_request_id
from ledger.refs import make_reference
from pos.refunds import refund
from tests.support.certificates import certificate_town, printed, shown
from tests.support.invariants import check_invariants
from tests.support.offline_shops import OfflineShops
from tests.support.town import Town, moment

_USED = text(
    "SELECT cap_code, period_key, used FROM cap_counter WHERE subject_id = 1 AND period_key IN (202603, 202604)"
)


def used(town: Town) -> dict[tuple[str, int], int]:
    """By cap and month, what counts against the holder's limits."""
    with town.db.engine.connect() as connection:
        rows = connection.execute(_USED).all()
    return {(row.cap_code, int(row.period_key)): int(row.used) for row in rows if row.used}


def test_a_late_sale_of_last_month_gives_back_to_last_month(db: Database) -> None:
    shop = OfflineShops(db, at=moment("2026-03-31 20:00"))
    shop.allow()
    made = shop.made(shop.policy(), 1, 10_000)
    shop.town.at = moment("2026-04-01 09:00")
    answer = shop.send(made)
    assert answer["business_date"] == 20_260_401
    counted = used(shop.town)
    assert {month for _, month in counted} == {202603}

    refund(shop.town.desk, shop.town.refund(made.ref, 5_000), at=shop.town.at)

    assert used(shop.town) == {}
    check_invariants(db.engine)


def test_a_certificate_printed_last_month_gives_back_to_last_month(db: Database) -> None:
    town = certificate_town(db, at=moment("2026-03-31 20:00"))
    paper = printed(town, 400)
    before = used(town)
    assert list(before.values()) == [40_000]
    [(cap, month)] = before
    assert month == 202603
    town.at = moment("2026-04-01 09:00")
    sold = shown(town, paper["number"], 40_000, 400)

    refund(town.desk, town.refund(sold["ref"], 20_000), at=town.at)

    assert used(town)[cap, 202603] == 20_000
    assert (cap, 202604) not in used(town)
    check_invariants(db.engine)


def test_a_late_sale_under_the_number_of_another_day_is_refused(db: Database) -> None:
    shop = OfflineShops(db)
    shop.allow()
    policy, till = shop.policy(), shop.town.tills[0]
    codes = {}
    for day in (20_260_227, 20_260_301, 20_260_303, 20_260_305):
        counter = till.counter + 1
        ref = make_reference(till.code, day, counter)
        till.counter = counter
        made = shop.made(
            policy, 1, 0, ref=ref, counter=counter, request_id=new_request_id(shop.town.at)
        )
        shop.town.later(60)
        codes[day] = shop.refused(made) if abs(day - 20_260_302) > 1 else shop.send(made)["ref"]

    # A clock next to midnight may be one day off, and no more.
    assert codes[20_260_227] == codes[20_260_305] == "ref_bad"
