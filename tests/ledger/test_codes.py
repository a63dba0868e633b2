"""Codes issued to residents: alive a minute, never twice the same, the card's code for years."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier

import pytest

from ledger.database import Database
from ledger.errors import Refusal
from ledger.members import codes, keys
from ledger.refs import is_valid
from ledger.sql import Sql, Tx
from ledger.tokens import Token, read, verify
from tests.ledger.key_samples import COMMUNITY, DAY_US, MORNING, STAFF, VAULT, open_communities

SERIAL = 12_345
GET_LAST = Sql(
    "SELECT last_issue FROM code_sequence WHERE community_id = :community_id AND serial = :serial"
)
SET_LAST = Sql(
    "UPDATE code_sequence SET last_issue = :last "
    "WHERE community_id = :community_id AND serial = :serial"
)


@pytest.fixture
def book(db: Database) -> Database:
    db.write(open_communities)
    db.write(lambda tx: keys.renew_keys(tx, VAULT, COMMUNITY, at=MORNING, by=STAFF))
    return db


def show(db: Database, *, purpose: str = "dyn", at: int = MORNING, serial: int = SERIAL) -> str:
    return db.write(
        lambda tx: codes.issue_dynamic(tx, VAULT, COMMUNITY, serial, at=at, purpose=purpose)
    )


def believed(db: Database, text: str, *, at: int = MORNING, allowed: str = "dyn") -> Token:
    with db.read() as tx:
        keyset = keys.public_keys(tx, COMMUNITY)
    return verify(
        read(text),
        keyset,
        now_s=at // 1_000_000,
        classes_allowed=frozenset({allowed}),
        issuer="CHAN",
    )


def test_a_phone_code_lives_sixty_seconds(book: Database) -> None:
    token = believed(book, show(book))

    assert (token.serial, token.key_class) == (SERIAL, "dyn")
    assert token.expires_at_s - token.issued_at_s == 60


def test_two_codes_of_the_same_second_differ(book: Database) -> None:
    first, second = believed(book, show(book)), believed(book, show(book))

    assert (first.issue, second.issue) == (0, 1)
    assert first.issued_at_s == second.issued_at_s


def test_codes_asked_for_at_once_all_differ(book: Database) -> None:
    with ThreadPoolExecutor(8) as pool:
        shown = list(pool.map(lambda _: show(book), range(40)))

    assert sorted(believed(book, text).issue for text in shown) == list(range(40))


def numbers_taken_at_once(db: Database, take: Callable[[Tx, Barrier], int]) -> list[int]:
    both_there = Barrier(2, timeout=20)

    def one(_: int) -> int:
        return db.write(lambda tx: take(tx, both_there))

    with ThreadPoolExecutor(2) as pool:
        return sorted(pool.map(one, range(2)))


def guarded(tx: Tx, both_there: Barrier) -> int:
    both_there.wait()
    text = codes.issue_dynamic(tx, VAULT, COMMUNITY, SERIAL, at=MORNING)
    return read(text).claims.issue


def unguarded(tx: Tx, both_there: Barrier) -> int:
    last = int(tx.get(GET_LAST, community_id=COMMUNITY, serial=SERIAL).last_issue) + 1
    both_there.wait()
    tx.run(SET_LAST, last=last, community_id=COMMUNITY, serial=SERIAL)
    return last


@pytest.mark.parametrize(("take", "numbers"), [(guarded, [1, 2]), (unguarded, [1, 1])])
def test_two_servers_at_once_take_two_numbers_and_without_the_guard_the_same(
    postgres_url: str, take: Callable[[Tx, Barrier], int], numbers: list[int]
) -> None:
    with closing(Database(postgres_url)) as db:
        db.write(open_communities)
        db.write(lambda tx: keys.renew_keys(tx, VAULT, COMMUNITY, at=MORNING, by=STAFF))
        show(db)

        assert numbers_taken_at_once(db, take) == numbers


def test_each_card_counts_for_itself(book: Database) -> None:
    show(book)

    assert believed(book, show(book, serial=9)).issue == 0


def test_the_running_number_starts_again_after_65535(book: Database) -> None:
    show(book)
    book.write(lambda tx: tx.run(SET_LAST, last=65_534, community_id=COMMUNITY, serial=SERIAL))

    assert [believed(book, show(book)).issue for _ in range(2)] == [65_535, 0]


def test_an_earn_only_code_cannot_pay(book: Database) -> None:
    text = show(book, purpose="earn")

    assert believed(book, text, allowed="earn").serial == SERIAL
    with pytest.raises(Refusal, match="token_wrong_class"):
        believed(book, text)


def test_a_phone_cannot_show_a_cards_code(book: Database) -> None:
    with pytest.raises(Refusal, match="token_purpose_unknown"):
        show(book, purpose="card")


def test_a_card_printed_again_years_later_carries_the_same_code(book: Database) -> None:
    def printed() -> str:
        with book.read() as tx:
            return codes.issue_card_code(tx, VAULT, COMMUNITY, SERIAL, 2, at=MORNING)

    first = printed()
    much_later = MORNING + 700 * DAY_US
    book.write(lambda tx: keys.renew_keys(tx, VAULT, COMMUNITY, at=much_later, by=STAFF))

    assert printed() == first
    token = believed(book, first, at=MORNING + 1_000 * DAY_US, allowed="card")
    assert (token.serial, token.issue) == (SERIAL, 2)


def test_a_reissued_card_carries_another_code(book: Database) -> None:
    with book.read() as tx:
        shown = [
            codes.issue_card_code(tx, VAULT, COMMUNITY, SERIAL, issue, at=MORNING)
            for issue in (1, 2)
        ]

    assert [believed(book, text, allowed="card").issue for text in shown] == [1, 2]


def test_the_short_number_carries_a_check_character_that_catches_slips() -> None:
    number = codes.card_number(12_345)
    slips = {number.replace("23", "32"), number.replace("1", "7"), number.replace("45", "54")}

    assert number.startswith("012345-")
    assert is_valid(number)
    assert not any(is_valid(slip) for slip in slips)
