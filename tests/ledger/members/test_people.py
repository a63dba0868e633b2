"""Households, residents and cards: numbers in the book, names apart, one owner for each card."""

import pytest

from ledger import audit
from ledger.database import Database
from ledger.errors import Refusal
from ledger.members import cards, households, residents
from ledger.members.residents import NOBODY, Identity
from ledger.sql import Sql, Tx
from tests.support.members import MORNING, OFFICE, Town, open_town

WANG = Identity("王秀英", "13800001111")
EVERYTHING = Sql("SELECT * FROM audit WHERE community_id = :community_id")


def refusal_of(db: Database, work) -> str:
    with pytest.raises(Refusal) as refused:
        db.write(work)
    return refused.value.code


def a_household(db: Database, town: Town, code: str = "3-2-501") -> int:
    def work(tx: Tx) -> int:
        return households.open_household(
            tx, town.community_id, code=code, building="3号楼", unit="501", by=OFFICE, at=MORNING
        )

    return db.write(work)


def a_resident(db: Database, town: Town, household: int, *, consent: bool = True) -> int:
    def work(tx: Tx) -> int:
        return residents.register(
            tx,
            town.community_id,
            household,
            WANG,
            birth_year=1948,
            consent_at=MORNING if consent else None,
            by=OFFICE,
            at=MORNING,
        )

    return db.write(work)


# --- households and residents


def test_a_household_is_known_by_its_code(db: Database) -> None:
    town = open_town(db)
    household = a_household(db, town)

    with db.read() as tx:
        found = households.find_by_code(tx, town.community_id, "3-2-501")

    assert found is not None
    assert (found.household_id, found.building) == (household, "3号楼")
    with pytest.raises(Refusal, match="household_code_taken"):
        a_household(db, town)


def test_a_closed_household_takes_nobody_in(db: Database) -> None:
    town = open_town(db)
    household = a_household(db, town)

    db.write(
        lambda tx: households.close_household(
            tx, town.community_id, household, by=OFFICE, at=MORNING
        )
    )

    with pytest.raises(Refusal, match="household_closed"):
        a_resident(db, town, household)


def test_a_name_stands_in_one_table_and_can_be_forgotten(db: Database) -> None:
    town = open_town(db)
    person = a_resident(db, town, a_household(db, town))

    with db.read() as tx:
        assert residents.identity_of(tx, town.community_id, person) == WANG
        assert "王秀英" not in str(tx.all(EVERYTHING, community_id=town.community_id))
    db.write(lambda tx: residents.forget(tx, town.community_id, person, by=OFFICE, at=MORNING))

    with db.read() as tx:
        assert residents.identity_of(tx, town.community_id, person) == NOBODY
        assert residents.get_resident(tx, town.community_id, person).state == "active"
        acts = [act.act for act in audit.acts_on(tx, town.community_id, f"person:{person}")]
    assert acts == ["resident.register", "resident.forget"]


@pytest.mark.parametrize("text", ["秀英", "1380000", "3-2-501", ""])
def test_a_resident_is_found_by_name_phone_or_household(db: Database, text: str) -> None:
    town = open_town(db)
    person = a_resident(db, town, a_household(db, town))

    with db.read() as tx:
        found = residents.search(tx, town.community_id, text)
        nobody = residents.search(tx, town.community_id, "%")
        elsewhere = residents.search(tx, town.community_id + 1, text)

    assert [row.person_id for row in found] == [person]
    assert nobody == []
    assert elsewhere == []


@pytest.mark.parametrize(
    ("identity", "year", "code"),
    [
        (Identity("", ""), 1948, "name_bad"),
        (Identity("王\t秀英", ""), 1948, "name_bad"),
        (Identity("王秀英", "call me"), 1948, "phone_bad"),
        (Identity("王秀英", "1234"), 1948, "phone_bad"),
        (Identity("王秀英", ""), 48, "birth_year_bad"),
    ],
)
def test_a_resident_with_nonsense_is_refused(
    db: Database, identity: Identity, year: int, code: str
) -> None:
    town = open_town(db)
    household = a_household(db, town)

    refused = refusal_of(
        db,
        lambda tx: residents.register(
            tx,
            town.community_id,
            household,
            identity,
            birth_year=year,
            consent_at=MORNING,
            by=OFFICE,
            at=MORNING,
        ),
    )

    assert refused == code


def test_a_resident_leaves_once(db: Database) -> None:
    town = open_town(db)
    person = a_resident(db, town, a_household(db, town))

    def leave(tx: Tx) -> None:
        residents.leave(tx, town.community_id, person, by=OFFICE, at=MORNING)

    db.write(leave)

    assert refusal_of(db, leave) == "resident_left"


# --- cards


def test_cards_are_made_in_stacks_with_rising_numbers(db: Database) -> None:
    town = open_town(db)

    made = db.write(lambda tx: cards.make_cards(tx, town.community_id, 3, by=OFFICE, at=MORNING))
    more = db.write(lambda tx: cards.make_cards(tx, town.community_id, 1, by=OFFICE, at=MORNING))

    assert [card.serial for card in made + more] == [1, 2, 3, 4]
    assert {card.state for card in made} == {"unassigned"}


def test_a_card_goes_to_one_resident_who_has_consented(db: Database) -> None:
    town = open_town(db)
    household = a_household(db, town)
    person = a_resident(db, town, household)
    shy = a_resident(db, town, household, consent=False)
    db.write(lambda tx: cards.make_cards(tx, town.community_id, 1, by=OFFICE, at=MORNING))

    def assign(to: int):
        return lambda tx: cards.assign(tx, town.community_id, 1, to, by=OFFICE, at=MORNING)

    assert refusal_of(db, assign(shy)) == "consent_missing"
    assert db.write(assign(person)).person_id == person
    assert refusal_of(db, assign(person)) == "card_taken"
    with db.read() as tx:
        assert [card.serial for card in cards.cards_of(tx, town.community_id, person)] == [1]


def test_a_card_is_found_by_the_number_typed_from_it(db: Database) -> None:
    town = open_town(db)
    [card] = db.write(lambda tx: cards.make_cards(tx, town.community_id, 1, by=OFFICE, at=MORNING))
    typed = card.number.replace("-", "").lower()

    with db.read() as tx:
        assert cards.get_by_number(tx, town.community_id, typed) == card
        with pytest.raises(Refusal, match="card_number_bad"):
            cards.get_by_number(tx, town.community_id, typed.replace("1", "2"))
        with pytest.raises(Refusal, match="card_number_bad"):
            cards.get_by_number(tx, town.community_id, "")
        with pytest.raises(Refusal, match="card_not_found"):
            cards.get_by_number(tx, town.community_id + 1, typed)


def test_a_lost_card_comes_back_only_as_a_new_issue(db: Database) -> None:
    town = open_town(db)
    person = a_resident(db, town, a_household(db, town))
    db.write(lambda tx: cards.open_card(tx, town.community_id, person, by=OFFICE, at=MORNING))

    def become(state: str):
        return lambda tx: cards.set_state(tx, town.community_id, 1, state, by=OFFICE, at=MORNING)

    assert db.write(become("suspended")).state == "suspended"
    assert db.write(become("active")).state == "active"
    assert db.write(become("lost")).state == "lost"
    assert refusal_of(db, become("active")) == "card_change_bad"
    again = db.write(lambda tx: cards.reissue(tx, town.community_id, 1, by=OFFICE, at=MORNING))

    assert (again.serial, again.issue, again.state) == (1, 2, "active")
