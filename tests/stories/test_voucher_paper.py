"""A barber without a till: the number typed on his own page, or by the office off his slip, settled by his file."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from ledger.audit import By
from ledger.book.balances import account_sum
from ledger.book.chart import Account
from ledger.book.requests import once
from ledger.database import Database
from ledger.errors import Refusal
from ledger.ids import new_request_id
from ledger.members import staff
from ledger.services.items import COMMUNITY
from ledger.sql import Sql
from ledger.units import CNY
from pos.voucher_paper import PaperUse, use_without_till
from settlement.auditor.run import audit
from settlement.export.write import write_export
from settlement.intake import Upload, take_claim_file
from settlement.night import run_night
from tests.support.invariants import check_invariants
from tests.support.night_plant import midnight, next_day
from tests.support.staff_rows import add_staff
from tests.support.town import CIVIC, HERE, Town
from tests.support.vouchers import (
    BARBER,
    HAIRCUT_FEN,
    OTHER,
    buy,
    offer,
    qr_of,
    redeem,
    returned,
    row_of,
    voucher_town,
)

HOUR = 3_600_000_000
DESK, OWNER = By("staff", 11), By("merchant", 1)
_NO_TILL = Sql(
    "UPDATE terminal SET state = 'revoked' WHERE community_id = :community_id AND merchant_id = :merchant_id"
)

_ONE_OF = Sql(
    "UPDATE terminal SET state = 'active', kind = :kind"
    " WHERE community_id = :community_id AND merchant_id = :merchant_id"
)


@pytest.fixture
def town(db: Database) -> Town:
    """A barber whose shop has no till that works, and somebody at the desk."""
    made = voucher_town(db)
    db.write(lambda tx: tx.run(_NO_TILL, community_id=HERE, merchant_id=BARBER))
    add_staff(db, {DESK: "secretary"}, at=made.at)
    made.desk.refresh(HERE)
    return made


def take(town: Town, code: str, *, by: By = OWNER, provider: int | None = BARBER, slip: str = ""):
    request_id = new_request_id(town.at)
    asked = PaperUse(
        community_id=HERE, request_id=request_id, code=code, by=by, provider_id=provider, slip=slip
    )
    work = partial(_work, town, asked)
    return once(town.db, HERE, request_id, kind="test", body={"code": code}, at=town.at, work=work)


def _work(town: Town, asked: PaperUse, tx):
    return use_without_till(tx, town.desk.terms_of(HERE), asked, at=town.at)


def at_desk(town: Town, code: str, slip: str = "L-0017"):
    return take(town, code, by=DESK, provider=None, slip=slip)


@pytest.mark.usefixtures("audited")
def test_typed_by_the_barber_and_by_the_desk_his_list_settles_it(
    town: Town, tmp_path: Path
) -> None:
    service = offer(town)
    mine, theirs = buy(town, service)["number"], buy(town, service, person=2)["number"]

    taken, other = take(town, mine), at_desk(town, theirs)

    assert (taken["ref"], taken["fen"], other["fen"]) == (mine, HAIRCUT_FEN, HAIRCUT_FEN)
    assert row_of(town, mine).how == "used"
    rows = [f"{number},30.00,15.50,2026-03-02 10:00" for number in (mine, theirs)]
    body = "\r\n".join(["ref,points,yuan,time", *rows, ""]).encode()
    filed = take_claim_file(
        town.db, HERE, BARBER, Upload("list.csv", body, 11), day=town.day, at=town.at
    )
    assert filed["outcome"] == "ok"
    night = run_night(town.db, HERE, town.day, at=midnight(next_day(town.day)) + 2 * HOUR)

    assert (night.state, night.codes, night.settled_fen) == ("locked", (), 2 * HAIRCUT_FEN)
    with town.db.read() as tx:
        assert account_sum(tx, HERE, Account.PAYABLE, CNY, BARBER) == 2 * HAIRCUT_FEN
    check_invariants(town.db.engine)
    write_export(town.db, HERE, tmp_path / "out", at=town.at + 24 * HOUR)
    report = audit(tmp_path / "out")
    assert report.findings == (), report.to_text("en")


def test_it_works_once_whichever_door_and_nobody_else_s(town: Town) -> None:
    service = offer(town)
    number, back = buy(town, service)["number"], buy(town, service)["number"]
    returned(town, back)
    with pytest.raises(Refusal, match="voucher_other_provider"):
        take(town, number, provider=OTHER)
    with pytest.raises(Refusal, match="voucher_number_wrong"):
        take(town, "12345678901")
    with pytest.raises(Refusal, match="voucher_returned"):
        take(town, back)

    take(town, qr_of(town, number))

    for again in (take, at_desk):
        with pytest.raises(Refusal, match="voucher_used"):
            again(town, number)


def test_who_has_a_till_uses_it(town: Town) -> None:
    service = offer(town, "MEND", provider_id=OTHER)
    number = buy(town, service)["number"]

    with pytest.raises(Refusal, match="voucher_has_till"):
        at_desk(town, number)
    with pytest.raises(Refusal, match="voucher_has_till"):
        take(town, number, provider=OTHER)
    assert redeem(town, number, till=1)["fen"] == HAIRCUT_FEN


@pytest.mark.parametrize(("kind", "is_till"), [("paper", False), ("kiosk", False), ("till", True)])
def test_a_pad_or_a_screen_is_no_till(town: Town, kind: str, is_till: bool) -> None:  # noqa: FBT001
    number = buy(town, offer(town))["number"]
    asked = {"community_id": HERE, "merchant_id": BARBER, "kind": kind}
    town.db.write(lambda tx: tx.run(_ONE_OF, **asked))

    if is_till:
        with pytest.raises(Refusal, match="voucher_has_till"):
            take(town, number)
    else:
        assert take(town, number)["fen"] == HAIRCUT_FEN


def test_what_the_community_does_itself_is_taken_at_the_desk_and_claimed_by_nobody(
    town: Town,
) -> None:
    meal = offer(town, "MEAL", provider_id=COMMUNITY, contract_fen=0)

    assert at_desk(town, buy(town, meal)["number"])["fen"] == 0

    with town.db.read() as tx:
        assert account_sum(tx, HERE, Account.REDEEMED, CIVIC) == 3_000
        assert account_sum(tx, HERE, Account.OFFSET, CIVIC, BARBER) == 0
    check_invariants(town.db.engine)


def test_the_desk_stands_apart_from_the_holder_and_needs_the_slip(town: Town) -> None:
    number = buy(town, offer(town))["number"]
    with pytest.raises(Refusal, match="name_bad"):
        at_desk(town, number, slip="")
    town.db.write(lambda tx: staff.set_person(tx, HERE, DESK.id, 1, by=By("staff", 12), at=town.at))

    with pytest.raises(Refusal, match="own_household"):
        at_desk(town, number)
