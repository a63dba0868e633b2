"""What else happens to a purchase while it is booked to the right household: let go, moved home, given back at once."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from ledger.audit import By
from ledger.book.balances import account_sum, wallet_of
from ledger.book.chart import Account
from ledger.database import Database
from ledger.errors import Refusal
from ledger.seal.sealer import seal
from ledger.sql import Sql, Tx
from pos import refund_lines
from pos.checkout import check_out
from pos.offline.forgiving import agree_to_forgiving, propose_forgiving
from pos.refunds import refund
from settlement.gate import second_engine
from settlement.rebooking import approve_end, propose_end
from settlement.wrong_household import Named, say_not_ours, to_name
from tests.support.invariants import check_invariants
from tests.support.offline_shops import OfflineShops
from tests.support.staff_rows import add_staff
from tests.support.town import CIVIC, HERE, Town, build_town

ONE, TWO, THREE = By("staff", 81), By("staff", 82), By("staff", 83)
WRONG, RIGHT = 1, 2
_MOVE_IN = Sql(
    "UPDATE resident SET household_id = :home WHERE community_id = :here AND person_id = :person"
)
_LIVES = Sql(
    "UPDATE staff SET person_id = :person WHERE community_id = :here AND staff_id = :staff"
)


@pytest.fixture
def shops(db: Database) -> OfflineShops:
    """Person 1 had 300 points, spent them, and owes 100 that a sale without network took; cash brings none."""
    made = OfflineShops(db)
    made.allow()
    late = made.made(made.policy(), WRONG, 10_000, channel="cash")
    other = made.town.sale(WRONG, 10_000, 30_000, till=1, channel="cash")
    check_out(made.town.desk, other, at=made.town.at)
    made.send(late)
    add_staff(db, {ONE: "secretary", TWO: "committee", THREE: "committee"}, at=made.town.at)
    return made


def forgive(shops: OfflineShops, units: int) -> None:
    town = shops.town
    terms = town.desk.terms_of(HERE)
    number = shops.db.write(
        lambda tx: propose_forgiving(tx, terms, WRONG, units, "住院", by=ONE, at=town.at)
    )
    shops.db.write(
        lambda tx: agree_to_forgiving(tx, terms, number, today=town.day, by=TWO, at=town.at)
    )


def propose(town: Town, used: int, *, to: int = RIGHT, by: By = ONE) -> int:
    """Say that the purchase that used so many units is another's, and propose whose."""

    def work(tx: Tx) -> int:
        found = to_name(tx, HERE, WRONG, at=town.at)
        [row] = [row for row in found if int(row.units_out) == used]
        named = Named(WRONG, (int(row.txn_id),))
        [number] = say_not_ours(tx, HERE, named, by=by, at=town.at)
        return propose_end(tx, HERE, number, "rebook", to_person=to, why="小票", by=by, at=town.at)

    return town.db.write(work)


def approve(town: Town, number: int, *, by: By = TWO) -> None:
    town.db.write(lambda tx: approve_end(tx, HERE, number, by=by, at=town.at))


def lost(db: Database) -> int:
    with db.read() as tx:
        return account_sum(tx, HERE, Account.LOSS, CIVIC)


def test_what_was_let_go_comes_back_to_the_community_and_not_to_whoever_never_paid_it(
    shops: OfflineShops,
) -> None:
    forgive(shops, 4_000)
    before = (shops.wallet(WRONG), shops.wallet(RIGHT))
    assert before == ((0, 6_000), (30_000, 0))

    approve(shops.town, propose(shops.town, 10_000))

    # They had made up nothing of it: 6,000 are owed no longer, and 4,000 were the community's.
    assert shops.wallet(WRONG) == (0, 0)
    assert shops.wallet(RIGHT) == (20_000, 0)
    assert lost(shops.db) == 0
    check_invariants(shops.db.engine)
    seal(shops.db, HERE)
    report = second_engine(shops.db, HERE, at=shops.town.at)
    assert report.passed, report.findings


def test_goods_that_come_back_after_that_are_all_the_right_households(shops: OfflineShops) -> None:
    forgive(shops, 4_000)
    approve(shops.town, propose(shops.town, 10_000))
    [late] = [ref for ref, used in shops.rows("sale", "ref, offset_units") if used == 10_000]

    refund(shops.town.desk, shops.town.refund(str(late), 5_000), at=shops.town.at)

    assert shops.wallet(RIGHT) == (30_000, 0)
    assert (shops.wallet(WRONG), lost(shops.db)) == ((0, 0), 0)
    check_invariants(shops.db.engine)


def move_in(town: Town, person: int, home: int) -> None:
    town.db.write(lambda tx: tx.run(_MOVE_IN, here=HERE, person=person, home=home))


def test_who_moved_in_meanwhile_is_no_other_household_any_more(shops: OfflineShops) -> None:
    number = propose(shops.town, 10_000)
    before = shops.wallet(WRONG)
    move_in(shops.town, RIGHT, WRONG)

    with pytest.raises(Refusal, match="rebook_same_household"):
        approve(shops.town, number)

    assert shops.wallet(WRONG) == before


def test_nobody_agrees_for_the_household_into_which_the_other_has_moved(
    shops: OfflineShops,
) -> None:
    number = propose(shops.town, 10_000)
    shops.db.write(lambda tx: tx.run(_LIVES, here=HERE, person=3, staff=THREE.id))
    move_in(shops.town, RIGHT, 3)

    with pytest.raises(Refusal, match="own_household"):
        approve(shops.town, number, by=THREE)
    approve(shops.town, number)


@pytest.mark.parametrize("guarded", [True, False])
def test_a_refund_that_began_before_gives_to_the_household_it_counts_as_now(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, *, guarded: bool
) -> None:
    db = Database(postgres_url)
    town = build_town(db, people=3, grant_units=100_000)
    add_staff(town.db, {ONE: "secretary", TWO: "committee"}, at=town.at)
    made = check_out(town.desk, town.sale(WRONG, 5_000, 20_000, channel="cash"), at=town.at)
    number = propose(town, 20_000)
    real: Any = refund_lines.owner_of
    left = [lambda: approve(town, number)]

    def between(*args: Any, **named: Any) -> Any:
        found = real(*args, **named)
        if left:
            other = threading.Thread(target=left.pop())
            other.start()
            other.join()
        return found

    monkeypatch.setattr("pos.refunds.owner_of", between)
    if not guarded:
        monkeypatch.setattr("pos.refund_lines._check_owner", lambda *_: None)

    refund(town.desk, town.refund(str(made["ref"]), 5_000), at=town.at)

    def held(person: int) -> int:
        with town.db.read() as tx:
            return wallet_of(tx, HERE, person, CIVIC).posted

    expected = (100_000, 100_000) if guarded else (120_000, 80_000)
    found = (held(WRONG), held(RIGHT))
    db.close()
    assert found == expected
