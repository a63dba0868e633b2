"""PINs: six digits, no trivial ones, five tries, and a lock only the service desk opens."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from ledger.database import Database
from ledger.errors import Refusal
from ledger.members import pins
from ledger.members.hashing import QUICK, STANDARD, hash_secret, is_right
from ledger.sql import Sql, Tx
from tests.ledger.members.test_people import a_household, a_resident
from tests.support.members import MORNING, OFFICE, Town, open_town

PEPPER = b"p" * 32
KEPT = Sql("SELECT phc FROM pin WHERE community_id = :community_id")


def someone_with_pin(db: Database, digits: str = "395172") -> tuple[Town, int]:
    town = open_town(db)
    person = a_resident(db, town, a_household(db, town))
    set_pin(db, town, person, digits)
    return town, person


def set_pin(db: Database, town: Town, person: int, digits: str) -> None:
    def work(tx: Tx) -> None:
        pins.set_pin(
            tx,
            town.community_id,
            person,
            digits,
            pepper=PEPPER,
            by=OFFICE,
            at=MORNING,
            cost=QUICK,
        )

    db.write(work)


def try_pin(db: Database, town: Town, person: int, digits: str, pepper: bytes = PEPPER) -> str:
    try:
        pins.check_pin(db, town.community_id, person, digits, pepper=pepper, at=MORNING)
    except Refusal as refusal:
        left = refusal.facts.get("tries_left")
        return refusal.code if left is None else f"{refusal.code} {left}"
    return "right"


def test_the_right_pin_passes_and_a_wrong_one_says_how_many_tries_are_left(db: Database) -> None:
    town, person = someone_with_pin(db)

    assert try_pin(db, town, person, "395172") == "right"
    assert try_pin(db, town, person, "395173") == "pin_wrong 4"
    assert try_pin(db, town, person, "395173") == "pin_wrong 3"
    assert try_pin(db, town, person, "395172") == "right"
    assert try_pin(db, town, person, "395173") == "pin_wrong 4"


def test_after_five_wrong_tries_even_the_right_pin_is_refused(db: Database) -> None:
    town, person = someone_with_pin(db)

    said = [try_pin(db, town, person, "000000") for _ in range(5)]

    assert said == ["pin_wrong 4", "pin_wrong 3", "pin_wrong 2", "pin_wrong 1", "pin_locked"]
    assert try_pin(db, town, person, "395172") == "pin_locked"
    with db.read() as tx:
        assert pins.state_of(tx, town.community_id, person) == "locked"
    set_pin(db, town, person, "602847")
    assert try_pin(db, town, person, "602847") == "right"


def test_the_last_try_may_still_be_the_right_one(db: Database) -> None:
    town, person = someone_with_pin(db)

    for _ in range(4):
        try_pin(db, town, person, "000000")

    assert try_pin(db, town, person, "395172") == "right"
    with db.read() as tx:
        assert pins.state_of(tx, town.community_id, person) == "set"


def test_guesses_sent_at_the_same_moment_are_all_counted(db: Database) -> None:
    town, person = someone_with_pin(db)

    with ThreadPoolExecutor(8) as together:
        said = list(together.map(lambda n: try_pin(db, town, person, f"{n:06d}"), range(100, 120)))

    assert sum(answer.startswith("pin_wrong") for answer in said) == 4
    assert sum(answer == "pin_locked" for answer in said) == 16


def test_nobody_without_a_pin_gets_past(db: Database) -> None:
    town = open_town(db)
    person = a_resident(db, town, a_household(db, town))

    assert try_pin(db, town, person, "395172") == "pin_not_set"
    with db.read() as tx:
        assert pins.state_of(tx, town.community_id, person) == "none"


@pytest.mark.parametrize("digits", ["", "12345", "1234567", "12345a", "１２３４５６", " 95172"])
def test_a_pin_is_six_plain_digits_and_anything_else_costs_no_try(
    db: Database, digits: str
) -> None:
    town, person = someone_with_pin(db)

    assert try_pin(db, town, person, digits) == "pin_shape"
    assert try_pin(db, town, person, "000000") == "pin_wrong 4"


@pytest.mark.parametrize(
    "digits",
    ["123456", "654321", "111111", "000000", "121212", "123123", "890123", "112233", "194801"],
)
def test_a_pin_anybody_would_guess_is_refused(digits: str) -> None:
    with pytest.raises(Refusal, match="pin_trivial"):
        pins.check_choice(digits, birth_year=1948)


@pytest.mark.parametrize("digits", ["395172", "602847", "194702", "100200"])
def test_an_ordinary_pin_is_taken(digits: str) -> None:
    pins.check_choice(digits, birth_year=1948)


def test_a_stolen_table_of_pins_is_useless_without_the_pepper(db: Database) -> None:
    town, person = someone_with_pin(db)

    assert try_pin(db, town, person, "395172", pepper=b"q" * 32) == "pin_wrong 4"
    with db.read() as tx:
        kept = tx.get(KEPT, community_id=town.community_id).phc
    assert kept.startswith("$argon2id$")
    assert "395172" not in kept


def test_the_standard_hash_costs_what_the_design_says() -> None:
    phc = hash_secret("395172", pepper=PEPPER, cost=STANDARD)

    assert "$m=19456,t=2,p=1$" in phc
    assert is_right("395172", phc, pepper=PEPPER)
    assert not is_right("395173", phc, pepper=PEPPER)


@pytest.mark.parametrize("digits", ["194511", "451102", "110245", "021945"])
def test_what_looks_like_the_birthday_is_refused(digits: str) -> None:
    with pytest.raises(Refusal) as caught:
        pins.check_choice(digits, birth_year=1945)

    assert caught.value.code == "pin_trivial"
    pins.check_choice("459102", birth_year=1945)
