"""One payment earns once, over two communities too, whoever is slow and whoever dies."""

import threading
from collections import Counter
from collections.abc import Callable

import pytest

from ledger.database import Database
from ledger.errors import Refusal
from ledger.sql import Sql
from pos import routes
from pos.routes import Reservation, confirm, find_route, mark_posted, release, reserve, sweep

PAYMENT = "gateway:pi_1"
AT = 1_772_409_600_000_000
LATER = AT + routes.LIFE_US

POSTED = Sql("""
    SELECT payment_ref, community_id, sale_id FROM payment_posting
    WHERE outcome = 'posted' AND community_id > 0
""")


def take(db: Database, community_id: int, sale_id: str, at: int = AT) -> Reservation:
    return reserve(db, payment_ref=PAYMENT, community_id=community_id, sale_id=sale_id, at=at)


def post(db: Database, reservation: Reservation, at: int = AT) -> bool:
    """Stand in for the posting: its transaction marks the payment."""
    return db.write(lambda tx: mark_posted(tx, reservation, at=at))


def posted(db: Database) -> list[tuple[int, str]]:
    with db.read() as tx:
        return [(row.community_id, row.sale_id) for row in tx.all(POSTED)]


def refused(code: str = "payment_already_used") -> pytest.RaisesExc[Refusal]:
    return pytest.raises(Refusal, match=f"^{code}")


def test_a_payment_is_reserved_posted_and_confirmed(db: Database) -> None:
    mine = take(db, 1, "s1")
    first, again = post(db, mine), post(db, mine)
    confirm(db, mine)
    confirm(db, mine)

    assert (first, again) == (True, False)
    assert take(db, 1, "s1").state == "confirmed"
    with db.read() as tx:
        route = find_route(tx, PAYMENT)
    assert route is not None
    assert (route.community_id, route.sale_id, route.state) == (1, "s1", "confirmed")


def test_the_same_sale_asks_again_and_has_the_same_reservation(db: Database) -> None:
    assert take(db, 1, "s1") == take(db, 1, "s1", AT + 1)


@pytest.mark.parametrize(("community_id", "sale_id"), [(1, "s2"), (2, "s1"), (2, "s2")])
@pytest.mark.parametrize("settled", [False, True])
def test_another_sale_or_community_is_refused(
    db: Database, community_id: int, sale_id: str, *, settled: bool
) -> None:
    mine = take(db, 1, "s1")
    if settled:
        post(db, mine)
        confirm(db, mine)

    with refused():
        take(db, community_id, sale_id, LATER if settled else AT)


def test_a_released_payment_is_free_again(db: Database) -> None:
    assert release(db, take(db, 1, "s1"), at=AT) == "released"

    theirs = take(db, 2, "s9")

    assert post(db, theirs) is True
    assert posted(db) == [(2, "s9")]


def test_a_posting_that_did_happen_cannot_be_released(db: Database) -> None:
    mine = take(db, 1, "s1")
    post(db, mine)

    assert release(db, mine, at=AT) == "confirmed"
    with refused():
        take(db, 2, "s9", LATER)


def test_an_overdue_reservation_is_taken_over_and_its_late_posting_is_refused(
    db: Database,
) -> None:
    slow = take(db, 1, "s1")
    with refused():
        take(db, 2, "s9", LATER - 1)
    theirs = take(db, 2, "s9", LATER)
    post(db, theirs, LATER)

    with refused("payment_route_ended"):
        post(db, slow, LATER + 1)
    with refused():
        take(db, 1, "s1", LATER + 1)
    assert posted(db) == [(2, "s9")]


def test_a_sale_that_died_after_posting_keeps_its_payment(db: Database) -> None:
    post(db, take(db, 1, "s1"))

    with refused():
        take(db, 2, "s9", LATER)

    assert posted(db) == [(1, "s1")]


def test_a_sale_that_was_given_up_may_try_again(db: Database) -> None:
    first = take(db, 1, "s1")
    release(db, first, at=AT)
    second = take(db, 1, "s1")

    assert second.turn == first.turn + 1
    with refused("payment_route_ended"):
        post(db, first)
    assert post(db, second) is True
    assert posted(db) == [(1, "s1")]


def test_the_sweep_asks_the_book_of_each_overdue_sale(db: Database) -> None:
    post(db, take(db, 1, "s1"))
    reserve(db, payment_ref="gateway:pi_2", community_id=2, sale_id="s2", at=AT)
    reserve(db, payment_ref="gateway:pi_3", community_id=2, sale_id="s3", at=AT + 1)

    assert sweep(db, at=LATER) == {"confirmed": 1, "released": 1}
    assert sweep(db, at=LATER) == {"confirmed": 0, "released": 0}
    with db.read() as tx:
        assert [find_route(tx, f"gateway:pi_{n}") is not None for n in (1, 2, 3)] == [
            True,
            False,
            True,
        ]


Earn = Callable[[Database, int, str], None]


def earn(db: Database, community_id: int, sale_id: str, at: int = AT) -> None:
    """The whole way of a sale."""
    mine = take(db, community_id, sale_id, at)
    post(db, mine, at)
    confirm(db, mine)


def race(db: Database, way: Earn) -> Counter[str]:
    """Eight sales of two communities, all on one payment, all at once."""
    together, ends = threading.Barrier(8), []

    def run(number: int) -> None:
        together.wait(timeout=10)
        try:
            way(db, 1 + number % 2, f"s{number}")
        except Refusal as refusal:
            ends.append(refusal.code)
        else:
            ends.append("earned")

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return Counter(ends)


def test_of_eight_sales_in_two_communities_one_earns(db: Database) -> None:
    ends = race(db, earn)

    assert ends == {"earned": 1, "payment_already_used": 7}
    assert len(posted(db)) == 1


def test_of_eight_sales_after_an_abandoned_one_still_one_earns(db: Database) -> None:
    slow = take(db, 1, "abandoned")

    ends = race(db, lambda db, community_id, sale_id: earn(db, community_id, sale_id, LATER))

    assert ends == {"earned": 1, "payment_already_used": 7}
    assert len(posted(db)) == 1
    with refused("payment_route_ended"):
        post(db, slow, LATER)


def test_without_the_key_over_all_communities_the_payment_earns_twice(db: Database) -> None:
    """The control: each community's own book is a guard against its own sales only."""

    def earn_unreserved(db: Database, community_id: int, sale_id: str) -> None:
        mine = Reservation(PAYMENT, community_id, sale_id, 1, LATER, "reserved")
        if not post(db, mine):
            raise Refusal("payment_already_used")

    ends = race(db, earn_unreserved)

    assert ends["earned"] == 2
    assert {community_id for community_id, _ in posted(db)} == {1, 2}


def test_eight_tries_of_one_sale_post_once(db: Database) -> None:
    firsts: list[bool] = []

    def same_sale(db: Database, _community_id: int, _sale_id: str) -> None:
        firsts.append(post(db, take(db, 1, "s1")))

    race(db, same_sale)

    assert sorted(firsts) == [False] * 7 + [True]
    assert posted(db) == [(1, "s1")]


def post_and_give_up(db: Database, payment_ref: str) -> tuple[bool, str]:
    """Both at once: whether the posting went through, and how the reservation ended."""
    mine = reserve(db, payment_ref=payment_ref, community_id=1, sale_id="s1", at=AT)
    together, posted_it, states = threading.Barrier(2), [], []

    def try_post() -> None:
        together.wait(timeout=10)
        try:
            posted_it.append(post(db, mine))
        except Refusal:
            posted_it.append(False)

    def give_up() -> None:
        together.wait(timeout=10)
        states.append(release(db, mine, at=AT))

    threads = [threading.Thread(target=try_post), threading.Thread(target=give_up)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return posted_it[0], states[0]


def test_posting_and_giving_up_at_once_never_both_win(db: Database) -> None:
    ends = [post_and_give_up(db, f"gateway:pi_{number}") for number in range(20)]

    assert set(ends) <= {(True, "confirmed"), (False, "released")}
