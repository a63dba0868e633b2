"""Somebody who takes part no longer is forgotten: no table names them, and the book is what it was."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import select

from ledger import audit as audit_acts
from ledger.audit import By
from ledger.database import Database
from ledger.earning.working_days import working_days_cn
from ledger.errors import Refusal
from ledger.households import acts, estates, homes
from ledger.members import approvals, residents
from ledger.seal.sealer import seal
from ledger.sql import Sql
from pos.checkout import check_out
from pos.forgetting import ERASED, KEPT, forget_person
from pos.mandates import Mandate, give_mandate
from pos.misuse.facts import to_name
from settlement.auditor.run import audit
from settlement.export.write import write_export
from tests.kiosk.test_pages_office import post
from tests.support import misuse
from tests.support.engines import all_tables
from tests.support.homes import ONE, ask, done, home
from tests.support.invariants import check_invariants
from tests.support.pages_town import Served, serve, text_of
from tests.support.town import HERE

NAME, PHONE = "欧阳建国", "13800000003"


@pytest.fixture
def served(sqlite_url: str, tmp_path: Path) -> Served:
    """Resident 3, who bought, gave a mandate, holds one for 1, and left a household with a paper in their name."""
    served = serve(Database(sqlite_url), tmp_path)
    town = served.town
    pool = home(town, "5-1-1", 2, 3)
    for person, acts_id, name in ((3, 1, "陈桂兰"), (1, 3, NAME)):
        mandate(served, person, acts_id, name)
    check_out(town.desk, town.sale(3, 10_000), at=town.later(60))
    words = {"reason": f"{NAME}结婚", "evidence": f"{NAME}的户口本"}
    done(town, ask(pool, acts.LEAVE, "5-1-9", 3, rule=acts.OWN, **words))
    return served


def mandate(served: Served, person: int, acts_id: int, name: str) -> None:
    town = served.town
    terms = town.desk.refresh(HERE)
    asked = Mandate(
        relation="neighbour",
        name=name,
        until_date=20_261_231,
        paper=f"{NAME}的授权书",
        acts_person_id=acts_id,
    )
    town.db.write(lambda tx: give_mandate(tx, terms, person, asked, by=ONE, at=town.later(1)))


def leave(served: Served) -> None:
    town = served.town
    with town.db.read() as tx:
        own = tx.get(
            Sql("SELECT household_id FROM resident WHERE community_id = :here AND person_id = 3"),
            here=HERE,
        )
    town.db.write(
        lambda tx: homes.move_out(
            tx, HERE, int(own.household_id), (3,), reason="搬走", today=town.day, by=ONE, at=town.later(60)
        )
    )  # fmt: skip


def everything(served: Served) -> str:
    """All that stands in any table, but the record of who looked and what was asked for."""
    with served.town.db.engine.connect() as connection:
        return " ".join(
            str(connection.execute(select(table)).all()) for table in all_tables().sorted_tables
        )


def test_no_table_names_them_and_the_book_is_what_it_was(served: Served, tmp_path: Path) -> None:
    town, page = served.town, "/office/residents/3"
    leave(served)
    assert NAME in everything(served)
    assert PHONE in everything(served)
    seal(town.db, HERE)
    write_export(town.db, HERE, tmp_path / "before", at=town.at)

    said = post(served, "admin", page, f"{page}/forget", why="本人申请", sure="1")

    shown = text_of(served.member("admin").get(said.location))
    assert "账本只用编号记这个人" in shown
    assert "永久删除" not in shown
    told = everything(served)
    for secret in (NAME, PHONE):
        assert secret not in told
    check_invariants(town.db.engine)
    seal(town.db, HERE)
    write_export(town.db, HERE, tmp_path / "after", at=town.at)
    for name in ("txn", "transfer", "household_act", "household_line", "balance"):
        before, after = (
            (tmp_path / side / f"{name}.csv").read_bytes() for side in ("before", "after")
        )
        assert before == after, name
    assert not audit(tmp_path / "after").faults


_ABOUT_PEOPLE = re.compile(
    r"(^|_)(person|household|owner|subject|actor)(_id)?$|^(limit_person|limit_household)$"
)


def test_every_table_with_a_person_or_a_household_is_erased_or_kept_for_a_stated_reason() -> None:
    about = {
        table.name
        for table in all_tables().sorted_tables
        if any(_ABOUT_PEOPLE.search(column.name) for column in table.columns)
    }

    # Two hold no number of a person, but words about them.
    assert about | {"redemption_proxy", "misuse_end"} == ERASED | KEPT.keys()
    assert not ERASED & KEPT.keys()
    assert all(len(reason) > 10 for reason in KEPT.values())


def test_what_they_said_and_what_was_typed_about_them_is_gone(served: Served) -> None:
    town, secret = served.town, f"{NAME}的卡"
    with town.db.read() as tx:
        town.grant(residents.get_resident(tx, HERE, 3).household_id, 10_000)
    ref = misuse.spend(town, 2_000, person=3, total_fen=10_000)
    with town.db.read() as tx:
        own = residents.get_resident(tx, HERE, 3).household_id
        rows = tuple(int(row.txn_id) for row in to_name(tx, HERE, 3, own, since=0))
    assert ref
    asked = misuse.Report(3, rows, secret, "form-1")
    form_id = town.db.write(
        lambda tx: misuse.take_report(
            tx, HERE, asked, working=working_days_cn(), today=town.day, by=ONE, at=town.at
        )
    )
    misuse.end(town, form_id, 0, why=secret)
    body = {"person_id": 3, "household_id": None, "reason": secret}
    town.db.write(
        lambda tx: approvals.propose(tx, HERE, "award.deduct", "person:3", body, by=ONE, at=town.at)
    )
    town.db.write(
        lambda tx: audit_acts.record(
            tx, HERE, ONE, "person.note", "person:3", at=town.at, after={"why": secret}
        )
    )
    leave(served)
    assert everything(served).count(secret) >= 4

    forget(served)

    assert NAME not in everything(served)


def test_who_still_takes_part_is_not_forgotten(served: Served) -> None:
    assert "永久删除" not in text_of(served.member("admin").get("/office/residents/3"))
    with pytest.raises(Refusal, match="person_active"):
        forget(served)
    leave(served)
    assert "永久删除" not in text_of(served.member("liu").get("/office/residents/3"))
    forget(served)
    with pytest.raises(Refusal, match="person_forgotten"):
        forget(served)


def test_while_heirs_may_claim_the_name_stays(served: Served) -> None:
    town = served.town
    town.db.write(
        lambda tx: estates.report_death(
            tx, HERE, 3, died_on=20_260_301, evidence="证 9", today=town.day, by=ONE, at=town.at
        )
    )

    with pytest.raises(Refusal, match="person_estate"):
        forget(served)
    forget(served, today=20_270_302)
    with town.db.read() as tx:
        rows = tx.all(
            Sql("SELECT evidence FROM household_act WHERE community_id = :here"), here=HERE
        )
    assert all(row.evidence == "" for row in rows)


def test_a_reason_is_needed(served: Served) -> None:
    leave(served)

    with pytest.raises(Refusal, match="why_missing"):
        forget(served, why=" ")


def forget(served: Served, *, by: By = ONE, why: str = "本人申请", today: int = 20_260_302) -> None:
    town = served.town
    town.db.write(
        lambda tx: forget_person(tx, HERE, 3, why=why, today=today, by=by, at=town.later(60))
    )
