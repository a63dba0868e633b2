"""Staff: passwords, roles, tries, and proposals that need a second person."""

from __future__ import annotations

import pytest

from ledger import audit
from ledger.audit import By
from ledger.clock import SECOND_US
from ledger.database import Database
from ledger.errors import Refusal
from ledger.members import approvals, clerks, files, sessions, staff
from ledger.members.hashing import QUICK
from ledger.members.passwords import check_password
from ledger.members.staff import NewStaff
from ledger.sql import Sql, Tx
from tests.ledger.members.test_people import a_household, a_resident
from tests.support.members import MORNING, OFFICE, Town, open_town

PEPPER = b"p" * 32
GOOD = "four words make one"
QUARTER = 900 * SECOND_US
AUDIT = Sql("SELECT act, before, after, subject FROM audit WHERE community_id = :community_id")


def refusal_of(work) -> str:
    with pytest.raises(Refusal) as refused:
        work()
    return refused.value.code


def add(db: Database, town: Town, login: str = "li.na", person_id: int | None = None) -> int:
    new = NewStaff(login=login, name="李娜", password=GOOD, person_id=person_id)

    def work(tx: Tx) -> int:
        return staff.add_staff(
            tx, town.community_id, new, pepper=PEPPER, by=OFFICE, at=MORNING, cost=QUICK
        )

    return db.write(work)


def sign_in(db: Database, town: Town, password: str = GOOD, at: int = MORNING) -> staff.Staff:
    return staff.sign_in(db, town.community_id, "li.na", password, pepper=PEPPER, at=at)


# --- signing in


def test_the_right_password_signs_in_and_the_wrong_one_does_not(db: Database) -> None:
    town = open_town(db)
    staff_id = add(db, town)

    assert sign_in(db, town).staff_id == staff_id
    assert refusal_of(lambda: sign_in(db, town, "four words make two")) == "sign_in_wrong"


def test_an_unknown_login_is_answered_like_a_wrong_password(db: Database) -> None:
    town = open_town(db)

    assert refusal_of(lambda: sign_in(db, town)) == "sign_in_wrong"


def test_a_login_of_another_community_signs_nobody_in(db: Database) -> None:
    town, other = open_town(db), open_town(db, issuer="CA02")
    add(db, town)

    assert refusal_of(lambda: sign_in(db, other)) == "sign_in_wrong"


def test_after_five_wrong_passwords_even_the_right_one_waits_a_quarter_of_an_hour(
    db: Database,
) -> None:
    town = open_town(db)
    add(db, town)

    for _ in range(5):
        assert refusal_of(lambda: sign_in(db, town, "wrong")) == "sign_in_wrong"

    with pytest.raises(Refusal) as refused:
        sign_in(db, town, at=MORNING + SECOND_US)
    assert (refused.value.code, refused.value.facts) == ("sign_in_locked", {"wait_s": 899})
    assert sign_in(db, town, at=MORNING + QUARTER).login == "li.na"
    for _ in range(4):
        assert refusal_of(lambda: sign_in(db, town, "wrong")) == "sign_in_wrong"
    assert sign_in(db, town).login == "li.na"


def test_whoever_left_does_not_get_in_and_is_signed_out(db: Database) -> None:
    town = open_town(db)
    staff_id = add(db, town)
    cookie = db.write(
        lambda tx: sessions.start(tx, town.community_id, "staff", staff_id, minutes=10, at=MORNING)
    )

    db.write(
        lambda tx: staff.set_state(tx, town.community_id, staff_id, "left", by=OFFICE, at=MORNING)
    )

    assert refusal_of(lambda: sign_in(db, town)) == "staff_left"
    split = sessions.split(cookie)
    assert split is not None
    with db.read() as tx:
        assert sessions.find(tx, *split, at=MORNING) is None


def test_a_changed_password_ends_every_sign_in(db: Database) -> None:
    town = open_town(db)
    staff_id = add(db, town)
    cookie = db.write(
        lambda tx: sessions.start(tx, town.community_id, "staff", staff_id, minutes=10, at=MORNING)
    )
    split = sessions.split(cookie)
    assert split is not None
    with db.read() as tx:
        assert sessions.find(tx, *split, at=MORNING) is not None
        assert sessions.find(tx, *split, at=MORNING + 600 * SECOND_US) is None

    db.write(
        lambda tx: staff.set_password(
            tx,
            town.community_id,
            staff_id,
            "another good sentence",
            pepper=PEPPER,
            by=OFFICE,
            at=MORNING,
            cost=QUICK,
        )
    )

    with db.read() as tx:
        assert sessions.find(tx, *split, at=MORNING) is None
    assert sign_in(db, town, "another good sentence").staff_id == staff_id


@pytest.mark.parametrize(
    "cookie", ["", "x.y", "1", "1.", "-1.abc", "99999999999999999999.a", "１.a"]
)
def test_a_cookie_that_is_none_of_ours_is_nobody(db: Database, cookie: str) -> None:
    split = sessions.split(cookie)

    if split is not None:
        with db.read() as tx:
            assert sessions.find(tx, *split, at=MORNING) is None


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short", "password_short"),
        ("password1", "password_common"),
        ("Password2026!", "password_common"),
        ("12345678", "password_common"),
        ("aaaaaaaab", "password_common"),
        ("qwertyuiop", "password_common"),
        ("li.na2026", "password_common"),
        ("x" * 201, "password_common"),
    ],
)
def test_a_password_everybody_would_try_is_refused(password: str, code: str) -> None:
    assert refusal_of(lambda: check_password(password, login="li.na")) == code


@pytest.mark.parametrize("password", [GOOD, "常村路上有一棵老槐树", "k9$Tz!qp"])
def test_an_ordinary_password_or_sentence_is_taken(password: str) -> None:
    check_password(password, login="li.na")


def test_no_secret_stands_in_the_record_of_acts(db: Database) -> None:
    town = open_town(db)
    add(db, town)

    with db.read() as tx:
        said = str(tx.all(AUDIT, community_id=town.community_id))
    assert GOOD not in said
    assert "argon2" not in said
    assert "李娜" not in said


# --- roles


def test_a_role_is_given_and_taken_by_somebody_else_only(db: Database) -> None:
    town = open_town(db)
    staff_id = add(db, town)

    def give(by: By, role: str = "accountant"):
        return lambda: db.write(
            lambda tx: staff.give_role(tx, town.community_id, staff_id, role, by=by, at=MORNING)
        )

    assert refusal_of(give(By("staff", staff_id))) == "own_role"
    assert refusal_of(give(OFFICE, "mayor")) == "role_unknown"
    give(OFFICE)()
    assert refusal_of(give(OFFICE)) == "role_twice"
    with db.read() as tx:
        assert staff.roles_of(tx, town.community_id, staff_id) == {"accountant"}
    db.write(
        lambda tx: staff.take_role(
            tx, town.community_id, staff_id, "accountant", by=OFFICE, at=MORNING
        )
    )

    with db.read() as tx:
        assert staff.roles_of(tx, town.community_id, staff_id) == frozenset()
        acts = [act.act for act in audit.acts_on(tx, town.community_id, f"staff:{staff_id}")]
    assert acts == ["staff.add", "role.give", "role.take"]


# --- proposals


def propose(db: Database, town: Town, body: dict[str, object], by: By = OFFICE) -> int:
    return db.write(
        lambda tx: approvals.propose(
            tx, town.community_id, "payout", "payout:1", body, by=by, at=MORNING
        )
    )


def decide(db: Database, town: Town, number: int, by: By, what=approvals.approve):
    return db.write(lambda tx: what(tx, town.community_id, number, by=by, at=MORNING))


def test_whoever_proposes_does_not_approve(db: Database) -> None:
    town = open_town(db)
    number = propose(db, town, {"amount_fen": 4_000})

    assert refusal_of(lambda: decide(db, town, number, OFFICE)) == "approval_same_person"
    approved = decide(db, town, number, By("staff", 2))
    assert (approved.state, approved.decided_by) == ("approved", 2)
    assert refusal_of(lambda: decide(db, town, number, By("staff", 3))) == "approval_decided"


def test_an_approval_is_good_for_the_very_thing_that_was_proposed(db: Database) -> None:
    town = open_town(db)
    number = propose(db, town, {"amount_fen": 4_000})

    def check(amount_fen: int):
        with db.read() as tx:
            return approvals.check_approved(
                tx, town.community_id, "payout", "payout:1", {"amount_fen": amount_fen}
            )

    assert refusal_of(lambda: check(4_000)) == "approval_missing"
    decide(db, town, number, By("staff", 2))
    assert check(4_000).approval_id == number
    assert refusal_of(lambda: check(4_001)) == "approval_changed"


def test_a_denied_proposal_allows_nothing(db: Database) -> None:
    town = open_town(db)
    number = propose(db, town, {})

    decide(db, town, number, By("staff", 2), approvals.deny)

    with db.read() as tx:
        assert approvals.waiting(tx, town.community_id) == []
        with pytest.raises(Refusal, match="approval_missing"):
            approvals.check_approved(tx, town.community_id, "payout", "payout:1", {})


def test_nobody_proposes_or_decides_about_their_own_household(db: Database) -> None:
    town = open_town(db)
    home = a_household(db, town)
    person = a_resident(db, town, home)
    neighbour = a_resident(db, town, a_household(db, town, "3-2-502"))
    insider = By("staff", add(db, town, person_id=person))

    assert refusal_of(lambda: propose(db, town, {"person_id": person}, insider)) == "own_household"
    assert refusal_of(lambda: propose(db, town, {"household_id": home}, insider)) == "own_household"
    number = propose(db, town, {"person_id": str(person)})
    assert refusal_of(lambda: decide(db, town, number, insider)) == "own_household"
    other = propose(db, town, {"person_id": neighbour})
    assert decide(db, town, other, insider).state == "approved"


def test_a_proposal_of_another_community_is_not_found(db: Database) -> None:
    town, other = open_town(db), open_town(db, issuer="CA02")
    number = propose(db, town, {})

    assert refusal_of(lambda: decide(db, other, number, By("staff", 2))) == "approval_not_found"


# --- clerks


def a_clerk(db: Database, town: Town, code: str = "5827") -> int:
    return db.write(
        lambda tx: clerks.add_clerk(
            tx,
            town.community_id,
            town.merchant_id,
            label="小李",
            code=code,
            pepper=PEPPER,
            by=OFFICE,
            at=MORNING,
            cost=QUICK,
        )
    )


def check_clerk(db: Database, town: Town, clerk: int, code: str, merchant: int | None = None):
    clerks.check_clerk(
        db, town.community_id, merchant or town.merchant_id, clerk, code, pepper=PEPPER
    )


def test_a_clerks_code_is_good_in_their_own_shop_only(db: Database) -> None:
    town = open_town(db)
    clerk = a_clerk(db, town)

    check_clerk(db, town, clerk, "5827")
    assert refusal_of(lambda: check_clerk(db, town, clerk, "5827", 7)) == "clerk_not_found"
    assert refusal_of(lambda: check_clerk(db, town, clerk, "5828")) == "clerk_code_wrong"


def test_a_clerk_is_locked_after_five_wrong_codes_until_given_a_new_one(db: Database) -> None:
    town = open_town(db)
    clerk = a_clerk(db, town)

    said = [refusal_of(lambda: check_clerk(db, town, clerk, "0000")) for _ in range(6)]

    assert said == ["clerk_code_wrong"] * 4 + ["clerk_locked"] * 2
    assert refusal_of(lambda: check_clerk(db, town, clerk, "5827")) == "clerk_locked"
    db.write(
        lambda tx: clerks.set_code(
            tx,
            town.community_id,
            clerk,
            "9031",
            pepper=PEPPER,
            by=OFFICE,
            at=MORNING,
            cost=QUICK,
        )
    )
    check_clerk(db, town, clerk, "9031")


@pytest.mark.parametrize("code", ["", "123", "12345", "1234", "7777", "12a4", "１２３５"])
def test_a_clerks_code_is_four_digits_that_are_not_the_first_guess(db: Database, code: str) -> None:
    town = open_town(db)

    assert refusal_of(lambda: a_clerk(db, town, code)) == "clerk_code_shape"


# --- files


def test_a_file_is_kept_once_under_its_hash_and_only_at_home(db: Database) -> None:
    town, other = open_town(db), open_town(db, issuer="CA02")

    def keep(tx: Tx) -> str:
        return files.keep(
            tx,
            town.community_id,
            b"a,b\n1,2\n",
            name="../bill\n.csv",
            media_type="text/csv",
            source="bill",
            by=OFFICE,
            at=MORNING,
        )

    first, again = db.write(keep), db.write(keep)

    assert first == again
    with db.read() as tx:
        kept = files.get_file(tx, town.community_id, first)
        assert (kept.body, kept.name) == (b"a,b\n1,2\n", "../bill.csv")
        for strange in (first[:-2] + "00", "no hash"):
            with pytest.raises(Refusal, match="file_not_found"):
                files.get_file(tx, town.community_id, strange)
        with pytest.raises(Refusal, match="file_not_found"):
            files.get_file(tx, other.community_id, first)
