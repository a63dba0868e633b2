"""One spare code at two tills without network: the first that comes is booked, the second is named with both tills."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from ledger.database import Database
from ledger.offline.bound import bound
from pos.checkout import check_out
from pos.offline import lists
from pos.refunds import refund
from settlement.auditor.run import audit
from settlement.export.write import write_export
from settlement.night import run_night
from tests.support.invariants import check_invariants
from tests.support.offline_shops import OfflineShops
from tests.support.spare import fetched, renew
from tests.support.town import HERE, moment

HOUR_S = 3_600


@pytest.fixture
def shop(db: Database) -> Iterator[OfflineShops]:
    """Three tills that may let points go, people with 800 points each, and keys for spare codes."""
    made = OfflineShops(db, shops=3, grant_units=80_000)
    renew(made.town)
    made.allow()
    yield made
    check_invariants(db.engine)


def twice(shop: OfflineShops, units: tuple[int, int] = (10_000, 20_000)) -> tuple[Any, Any]:
    """One code, the second of its day, shown at two tills: both entries, as they wait."""
    code = fetched(shop.town, a_day=2)[1].digits
    told = [shop.policy(0), shop.policy(1)]
    made = [shop.made(told[n], 1, units[n], till=n, token=code) for n in (0, 1)]
    shop.town.later(HOUR_S)
    return made[0], made[1]


def found(shop: OfflineShops) -> list[tuple[Any, ...]]:
    return sorted(
        shop.rows(
            "discrepancy WHERE code IN ('A1', 'A2', 'A3', 'A5')",
            "code, ref, sub_code, rest_units, held_fen",
        )
    )


def lost(shop: OfflineShops) -> list[tuple[Any, ...]]:
    return shop.rows(
        "transfer t JOIN account a ON a.account_id = t.debit_id AND a.kind = 'loss'", "t.amount"
    )


def test_the_first_is_booked_and_the_second_is_paid_by_the_community(shop: OfflineShops) -> None:
    first, second = twice(shop)

    answers = [shop.send(first), shop.send(second)]

    assert [one["offline"]["state"] for one in answers] == ["booked", "twice"]
    assert answers[1]["offset_fen"] == 1_000
    assert (answers[1]["earned_units"], answers[1]["earned_cut_by"]) == (0, "code_used")
    assert shop.wallet(1) == (70_000, 0)
    assert lost(shop) == [(20_000,)]
    # The same upload again is the same answer, and books nothing.
    assert [shop.send(second), shop.send(first)] == answers[::-1]
    assert lost(shop) == [(20_000,)]


def test_whichever_comes_first_wins(shop: OfflineShops) -> None:
    first, second = twice(shop)

    assert shop.send(second)["offline"]["state"] == "booked"
    assert shop.send(first)["offline"]["state"] == "twice"
    assert shop.wallet(1) == (60_000, 0)


def test_one_used_with_network_first_is_named_all_the_same(shop: OfflineShops) -> None:
    code = fetched(shop.town)[0].digits
    late = shop.made(shop.policy(1), 1, 4_000, till=1, token=code)
    there = check_out(
        shop.town.desk, shop.town.sale(1, 5_000, 2_000, token=code), at=shop.town.later(60)
    )
    assert shop.send(late)["offline"]["state"] == "twice"

    run_night(shop.db, HERE, 20_260_302, at=moment("2026-03-03 02:00"))

    assert found(shop) == [("A3", late.ref, there["ref"], 4_000, 0)]


def test_the_same_till_could_have_known_and_is_refused(shop: OfflineShops) -> None:
    code, policy = fetched(shop.town)[0].digits, shop.policy()
    shop.send(shop.made(policy, 1, 2_000, token=code))

    assert shop.refused(shop.made(policy, 1, 2_000, token=code)) == "token_used"
    # Beyond the floor limit the shop bears it: what it was told forbade it.
    over = shop.made(shop.policy(1), 1, 22_000, till=1, token=code)
    assert shop.refused(over) == "offline_over_sale"
    assert lost(shop) == []


def test_the_night_names_both_tills_and_pays_both_shops(shop: OfflineShops, tmp_path: Path) -> None:
    first, second = twice(shop)
    third = shop.made(shop.policy(2), 2, 2_000, till=2)
    for request in (third, first, second):
        shop.send(request)

    night = run_night(shop.db, HERE, 20_260_302, at=moment("2026-03-03 02:00"))
    run_night(shop.db, HERE, 20_260_303, at=moment("2026-03-04 02:00"))

    assert night.state == "locked"
    assert found(shop) == [("A3", second.ref, first.ref, 20_000, 0)]
    write_export(shop.db, HERE, tmp_path / "out", at=moment("2026-03-04 03:00"))
    assert audit(tmp_path / "out").findings == ()


def test_its_holder_is_told_and_the_office_can_call(shop: OfflineShops) -> None:
    for request in twice(shop):
        shop.send(request)

    with shop.db.read() as tx:
        [told] = lists.unheard(tx, HERE, 1)
        calls = lists.to_call(tx, HERE)

    assert (told.state, told.person_id) == ("twice", 1)
    assert [row.request_id for row in calls] == [told.request_id]


def test_goods_that_come_back_go_to_the_community_that_paid_for_them(shop: OfflineShops) -> None:
    first, second = twice(shop)
    shop.send(first)
    sold = shop.send(second)

    refund(shop.town.desk, shop.town.refund(sold["ref"], 5_000, till=1), at=shop.town.later(60))

    assert shop.wallet(1) == (70_000, 0)
    back = shop.rows(
        "transfer t JOIN account a ON a.account_id = t.credit_id AND a.kind = 'loss'", "t.amount"
    )
    assert back == [(20_000,)]


def test_uploads_at_the_same_moment_book_one_and_lose_one(shop: OfflineShops) -> None:
    entries = twice(shop)
    answers: list[str] = []

    def send(request: Any) -> None:
        answers.append(shop.send(request)["offline"]["state"])

    threads = [Thread(target=send, args=(request,)) for request in (*entries, *entries)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == ["booked", "booked", "twice", "twice"]
    assert len(lost(shop)) == 1


def test_one_code_copied_to_every_till_costs_no_more_than_is_printed(shop: OfflineShops) -> None:
    code = fetched(shop.town)[0].digits
    made = [shop.made(shop.policy(n), 1, 20_000, till=n, token=code) for n in range(3)]
    for request in made:
        shop.send(request)

    terms = shop.town.desk.refresh(HERE)
    with shop.db.read() as tx:
        printed = bound(tx, terms, units_per_fen=20, at=shop.town.at)
    assert (printed.one_code_units, printed.one_code_fen) == (60_000, 3_000)
    assert shop.wallet(1) == (60_000, 0)
    assert lost(shop) == [(20_000,), (20_000,)]
