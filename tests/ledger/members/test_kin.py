"""Relatives: declared once, ended by others, and nobody decides about a household they live in."""

from __future__ import annotations

import pytest

from ledger import audit
from ledger.audit import By
from ledger.database import Database
from ledger.errors import Refusal
from ledger.members import approvals, households, kin, residents, staff
from ledger.members.hashing import QUICK
from ledger.members.residents import Identity
from ledger.members.staff import NewStaff
from tests.support.members import MORNING, OFFICE, Town, open_town

PASSWORD = "four words make one"  # noqa: S105 - of a made-up town


def a_person(db: Database, town: Town, home: str) -> int:
    """A resident of the household of that code, opened where it is new."""

    def work(tx) -> int:
        known = households.find_by_code(tx, town.community_id, home)
        household = (
            known.household_id
            if known
            else households.open_household(
                tx, town.community_id, code=home, building="3", unit="1", by=OFFICE, at=MORNING
            )
        )
        return residents.register(
            tx,
            town.community_id,
            household,
            Identity("王秀英", ""),
            birth_year=None,
            consent_at=MORNING,
            by=OFFICE,
            at=MORNING,
        )

    return db.write(work)


def a_colleague(db: Database, town: Town, person: int | None) -> By:
    def work(tx) -> int:
        new = NewStaff(login="li.na", name="李娜", password=PASSWORD, person_id=person)
        return staff.add_staff(
            tx, town.community_id, new, pepper=b"p", by=OFFICE, at=MORNING, cost=QUICK
        )

    return By("staff", db.write(work))


def declare(
    db: Database, town: Town, one: int, other: int, kind: str = "collateral", by: By = OFFICE
) -> None:
    db.write(
        lambda tx: kin.declare(tx, town.community_id, one, other, kind=kind, by=by, at=MORNING)
    )


def end(db: Database, town: Town, one: int, other: int, by: By = OFFICE) -> None:
    db.write(lambda tx: kin.end(tx, town.community_id, one, other, by=by, at=MORNING + 1))


def decide(db: Database, town: Town, person: int, by: By) -> str:
    """Propose something about a person and let `by` decide; gives the state, or raises."""

    def work(tx) -> str:
        number = approvals.propose(
            tx, town.community_id, "grant", "x:1", {"person_id": str(person)}, by=OFFICE, at=MORNING
        )
        return approvals.approve(tx, town.community_id, number, by=by, at=MORNING).state

    return db.write(work)


def test_nobody_decides_about_a_household_in_which_a_relative_lives(db: Database) -> None:
    town = open_town(db)
    me, sister, her_child = (a_person(db, town, home) for home in ("1-1", "2-2", "2-2"))
    neighbour = a_person(db, town, "3-3")
    colleague = a_colleague(db, town, me)
    # The control: before anybody said so, nothing keeps this member of staff from deciding.
    assert decide(db, town, sister, colleague) == "approved"

    declare(db, town, sister, me)

    for person in (sister, her_child):
        with pytest.raises(Refusal, match="own_kin"):
            decide(db, town, person, colleague)
    with pytest.raises(Refusal, match="own_household"):
        decide(db, town, me, colleague)
    assert decide(db, town, neighbour, colleague) == "approved"


def test_an_ended_declaration_keeps_nobody_from_deciding_and_stays_in_the_record(
    db: Database,
) -> None:
    town = open_town(db)
    me, other = a_person(db, town, "1-1"), a_person(db, town, "2-2")
    colleague = a_colleague(db, town, me)
    declare(db, town, me, other, "spouse")

    end(db, town, other, me)

    assert decide(db, town, other, colleague) == "approved"
    with db.read() as tx:
        [known] = kin.kin_of(tx, town.community_id, me)
        acts = [a.act for a in audit.acts_on(tx, town.community_id, f"person:{min(me, other)}")]
    assert (known.kind, known.ended_at, known.ended_by) == ("spouse", MORNING + 1, OFFICE.id)
    assert acts[-2:] == ["kin.declare", "kin.end"]
    db.write(
        lambda tx: kin.declare(
            tx, town.community_id, me, other, kind="other", by=OFFICE, at=MORNING + 2
        )
    )
    with pytest.raises(Refusal, match="own_kin"):
        decide(db, town, other, colleague)


def test_nobody_ends_a_declaration_of_their_own(db: Database) -> None:
    town = open_town(db)
    me, other = a_person(db, town, "1-1"), a_person(db, town, "2-2")
    colleague = a_colleague(db, town, me)
    declare(db, town, me, other, by=colleague)

    with pytest.raises(Refusal, match="own_household"):
        end(db, town, other, me, by=colleague)
    with db.read() as tx:
        assert kin.kin_of(tx, town.community_id, other)[0].ended_at is None


def test_a_declaration_is_made_once_and_about_two_people_of_the_community(db: Database) -> None:
    town, elsewhere = open_town(db), open_town(db, issuer="CA02")
    me, other = a_person(db, town, "1-1"), a_person(db, town, "2-2")
    stranger = a_person(db, elsewhere, "1-1")
    declare(db, town, me, other)

    for one, second, kind, code in (
        (other, me, "spouse", "kin_twice"),
        (me, me, "spouse", "kin_oneself"),
        (me, other, "friend", "kin_kind"),
        (me, stranger, "spouse", "resident_not_found"),
    ):
        with pytest.raises(Refusal, match=code):
            declare(db, town, one, second, kind)
    with pytest.raises(Refusal, match="kin_not_found"):
        end(db, town, me, stranger)


def test_nobody_says_of_themselves_which_resident_they_are(db: Database) -> None:
    town = open_town(db)
    me = a_person(db, town, "1-1")
    colleague = a_colleague(db, town, None)

    def say(by: By):
        return lambda tx: staff.set_person(
            tx, town.community_id, colleague.id, me, by=by, at=MORNING
        )

    with pytest.raises(Refusal, match="own_role"):
        db.write(say(colleague))
    assert decide(db, town, me, colleague) == "approved"

    db.write(say(OFFICE))

    with pytest.raises(Refusal, match="own_household"):
        decide(db, town, me, colleague)
