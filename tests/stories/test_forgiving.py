"""A debt out of a sale without network is let go by two people, never about their own household; the book balances."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ledger.audit import By
from ledger.book.balances import account_sum
from ledger.book.chart import Account, Kind
from ledger.database import Database
from ledger.errors import Refusal
from ledger.sql import Sql
from pos.checkout import check_out
from pos.notices import FORGIVEN, told_to
from pos.offline.forgiving import (
    agree_to_forgiving,
    debts,
    let_go,
    owed_by_offline,
    propose_forgiving,
)
from pos.refunds import refund
from tests.support import misuse
from tests.support.invariants import check_invariants
from tests.support.offline_shops import OfflineShops
from tests.support.staff_rows import add_staff
from tests.support.town import CIVIC, HERE

ONE, TWO, NEIGHBOUR = By("staff", 81), By("staff", 82), By("staff", 83)
_LIVES = Sql("UPDATE staff SET person_id = 1 WHERE community_id = :here AND staff_id = 83")


@pytest.fixture
def shop(db: Database) -> Iterator[OfflineShops]:
    """Person 1 owes 100 points: used without network after they had been spent at another till."""
    made = OfflineShops(db)
    made.allow()
    late = made.made(made.policy(), 1, 10_000)
    check_out(made.town.desk, made.town.sale(1, 10_000, 30_000, till=1), at=made.town.at)
    made.send(late)
    add_staff(db, {ONE: "secretary", TWO: "committee", NEIGHBOUR: "committee"}, at=made.town.at)
    db.write(lambda tx: tx.run(_LIVES, here=HERE))
    yield made
    check_invariants(db.engine)


def owed(shop: OfflineShops) -> list[tuple[int, int]]:
    with shop.db.read() as tx:
        return [(one.owner_id, one.units) for one in debts(tx, shop.town.desk.terms_of(HERE))]


def propose(shop: OfflineShops, units: int, *, by: By = ONE, reason: str = "住院") -> int:
    terms = shop.town.desk.terms_of(HERE)
    return shop.db.write(
        lambda tx: propose_forgiving(tx, terms, 1, units, reason, by=by, at=shop.town.at)
    )


def agree(shop: OfflineShops, proposal: int, *, by: By = TWO) -> int:
    town = shop.town
    terms = town.desk.terms_of(HERE)
    return shop.db.write(
        lambda tx: agree_to_forgiving(tx, terms, proposal, today=town.day, by=by, at=town.at)
    )


def test_two_people_let_a_part_go_and_the_community_bears_it(shop: OfflineShops) -> None:
    assert owed(shop) == [(1, 10_000)]

    proposal = propose(shop, 4_000)
    assert shop.wallet(1) == (0, 10_000)
    assert agree(shop, proposal) == 4_000

    assert shop.wallet(1) == (0, 6_000)
    assert owed(shop) == [(1, 6_000)]
    with shop.db.read() as tx:
        assert account_sum(tx, HERE, Account.LOSS, CIVIC) == 4_000
        assert [one.kind for one in told_to(tx, HERE, 1)] == [FORGIVEN]


@pytest.mark.parametrize(
    ("code", "units", "by", "reason"),
    [
        ("forgive_too_much", 10_001, ONE, "住院"),
        ("forgive_too_much", 0, ONE, "住院"),
        ("reason_missing", 1_000, ONE, " "),
        ("own_household", 1_000, NEIGHBOUR, "住院"),
    ],
)
def test_what_may_not_be_proposed(
    shop: OfflineShops, code: str, units: int, by: By, reason: str
) -> None:
    with pytest.raises(Refusal, match=code):
        propose(shop, units, by=by, reason=reason)


def test_neither_alone_nor_at_home_nor_twice(shop: OfflineShops) -> None:
    proposal = propose(shop, 10_000)
    with pytest.raises(Refusal, match="forgive_waiting"):
        propose(shop, 1_000)
    with pytest.raises(Refusal, match="approval_same_person"):
        agree(shop, proposal, by=ONE)
    with pytest.raises(Refusal, match="own_household"):
        agree(shop, proposal, by=NEIGHBOUR)

    assert agree(shop, proposal) == 10_000

    with pytest.raises(Refusal, match="approval_decided"):
        agree(shop, proposal)
    with pytest.raises(Refusal, match="forgive_none"):
        propose(shop, 1_000)
    assert shop.wallet(1) == (0, 0)


def ref_of(shop: OfflineShops, units: int) -> str:
    """The receipt of the sale that took so many units."""
    [ref] = [ref for ref, used in shop.rows("sale", "ref, offset_units") if used == units]
    return str(ref)


def lost(shop: OfflineShops) -> int:
    with shop.db.read() as tx:
        return account_sum(tx, HERE, Account.LOSS, CIVIC)


def test_goods_that_come_back_give_nobody_the_points_that_were_let_go(shop: OfflineShops) -> None:
    agree(shop, propose(shop, 4_000))
    late = ref_of(shop, 10_000)

    said = refund(shop.town.desk, shop.town.refund(late, 1_500), at=shop.town.at)
    assert (lost(shop), shop.wallet(1)) == (1_000, (0, 6_000))
    # The slip promises the holder nothing that went back to the community.
    assert (said["units_back"], said["borne_units"]) == (3_000, 3_000)

    refund(shop.town.desk, shop.town.refund(late, 3_500), at=shop.town.at)
    assert (lost(shop), shop.wallet(1)[0]) == (0, 0)


def test_a_purchase_by_another_gives_back_what_its_holder_had_to_make_up_alone(
    shop: OfflineShops,
) -> None:
    agree(shop, propose(shop, 4_000))

    form_id = misuse.report(shop.town, ref_of(shop, 10_000))

    assert misuse.give(shop.town, form_id) == 6_000
    assert shop.wallet(1) == (0, 0)
    assert lost(shop) == 10_000


@pytest.mark.parametrize(
    ("moves", "left"),
    [
        ([(Kind.OVERSPEND, 100)], 100),
        ([(Kind.OVERSPEND, 100), (Kind.SALE, -100), (Kind.REFUND, 50)], 0),
        ([(Kind.REFUND, 50), (Kind.OVERSPEND, 100), (Kind.SALE, -120)], 0),
        ([(Kind.REFUND, 50), (Kind.OVERSPEND, 100), (Kind.SALE, -30)], 70),
        ([(Kind.OVERSPEND, 100), (Kind.FORGIVE, -60), (Kind.MISUSE_UNDONE, 30)], 40),
        ([(Kind.HOUSEHOLD_MOVE, 80), (Kind.VEST, -10)], 70),
    ],
)
def test_what_is_owed_for_something_else_is_none_of_these_debts(
    moves: list[tuple[Kind, int]], left: int
) -> None:
    assert owed_by_offline(moves) == left


def test_what_was_made_up_meanwhile_is_not_told_as_let_go(shop: OfflineShops) -> None:
    proposal = propose(shop, 10_000)
    refund(shop.town.desk, shop.town.refund(ref_of(shop, 30_000), 2_000, till=1), at=shop.town.at)
    owes = shop.wallet(1)[1]
    assert 0 < owes < 10_000

    assert agree(shop, proposal) == owes

    with shop.db.read() as tx:
        assert let_go(tx, HERE, proposal) == owes
