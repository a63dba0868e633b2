"""Vouchers from the purchase to the provider's statement: each refusal its code, each yuan at the contract's price."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ledger.audit import SYSTEM, By
from ledger.book.accounts import account_id
from ledger.book.balances import account_sum, wallet_of
from ledger.book.chart import Account
from ledger.book.cover import cover_of
from ledger.database import Database
from ledger.errors import Refusal
from ledger.ids import new_request_id
from ledger.services import items
from ledger.services.lapse import run_vouchers
from ledger.units import CNY
from pos.checkout import check_out
from pos.voucher_sale import PageSale, sell_on_page
from pos.voucher_use import use_voucher
from settlement.auditor.run import audit
from settlement.choices import Choice
from settlement.decisions import Press, decide
from settlement.discrepancies import open_discrepancies
from settlement.export.write import write_export
from settlement.night import run_night
from tests.support.invariants import check_invariants
from tests.support.night_plant import midnight, next_day
from tests.support.staff_rows import add_staff
from tests.support.town import CIVIC, HERE, Town, moment
from tests.support.vouchers import (
    BARBER,
    HAIRCUT_FEN,
    OTHER,
    PIN,
    buy,
    claim_line,
    file_day,
    offer,
    qr_of,
    redeem,
    returned,
    used,
    voucher_town,
)

HOUR = 3_600_000_000
DAY_US = 24 * HOUR


@pytest.fixture
def town(db: Database) -> Town:
    return voucher_town(db)


def points(town: Town, person: int = 1) -> int:
    with town.db.read() as tx:
        return wallet_of(tx, HERE, person, CIVIC).available


def total(town: Town, kind: Account, commodity: int = CIVIC, owner: int = 0) -> int:
    with town.db.read() as tx:
        return account_sum(tx, HERE, kind, commodity, owner)


def bound(town: Town) -> int:
    """Fen of the fund that stand behind the barber's vouchers and offsets."""

    def look(tx) -> int:
        cover = account_id(tx, HERE, Account.COVER, CNY, BARBER, at=town.at)
        return cover_of(tx, HERE, cover).authorised

    return town.db.write(look)


# --- bought, used, claimed, settled


@pytest.mark.usefixtures("audited")
def test_a_voucher_settles_at_its_contracts_price_through_a_real_night(
    town: Town, tmp_path: Path
) -> None:
    service = offer(town)
    first, second = buy(town, service), buy(town, service)
    assert points(town) == 70_000 - 6_000
    assert total(town, Account.VOUCHER) == 6_000
    assert bound(town) == 2 * HAIRCUT_FEN

    taken = redeem(town, qr_of(town, first["number"]))
    typed = redeem(town, second["number"])

    assert (taken["units"], taken["fen"]) == (3_000, HAIRCUT_FEN)
    assert total(town, Account.VOUCHER) == 0
    assert total(town, Account.OFFSET, owner=BARBER) == 6_000
    file_day(town, [claim_line(taken), claim_line(typed)])
    night = run_night(town.db, HERE, town.day, at=midnight(next_day(town.day)) + 2 * HOUR)

    assert night.state == "locked"
    assert night.codes == ()
    assert night.settled_fen == 2 * HAIRCUT_FEN
    assert total(town, Account.PAYABLE, CNY, BARBER) == 2 * HAIRCUT_FEN
    assert total(town, Account.RETIRED) == 6_000
    assert bound(town) == 0
    check_invariants(town.db.engine)
    write_export(town.db, HERE, tmp_path / "out", at=town.at + DAY_US)
    report = audit(tmp_path / "out")
    assert report.findings == (), report.to_text("en")


@pytest.mark.usefixtures("audited")
def test_what_the_provider_claims_too_low_is_settled_so_far_and_the_rest_waits(town: Town) -> None:
    taken = redeem(town, buy(town, offer(town))["number"])
    file_day(town, [claim_line(taken, offset_fen=1_000)])

    night = run_night(town.db, HERE, town.day, at=midnight(next_day(town.day)) + 2 * HOUR)

    assert [code.code for code in night.codes] == ["V2"]
    assert night.settled_fen == 1_000
    # 3,000 units stand for 15.50 yuan; for 10.00 of them go 1,935, rounded down.
    assert total(town, Account.RETIRED) == 1_935
    assert total(town, Account.OFFSET, owner=BARBER) == 3_000 - 1_935

    zhou, chief = By("staff", 11), By("staff", 12)
    add_staff(town.db, {zhou: "accountant", chief: "secretary"}, at=town.at)
    town.at = midnight(next_day(town.day)) + 9 * HOUR
    with town.db.read() as tx:
        [open_one] = open_discrepancies(tx, HERE)
    press = Press(
        HERE, open_one.discrepancy_no, Choice.PAY_BOOKED, zhou, "seen", new_request_id(town.at)
    )
    decided = decide(town.db, press, may_decide=lambda _tx, _row: None, at=town.at)
    assert decided["state"] == "decided"
    last = run_night(town.db, HERE, town.day, at=midnight(next_day(town.day)) + 2 * HOUR)

    assert last.state == "locked"
    assert total(town, Account.PAYABLE, CNY, BARBER) == HAIRCUT_FEN
    assert total(town, Account.RETIRED) == 3_000
    assert total(town, Account.OFFSET, owner=BARBER) == 0
    assert bound(town) == 0


def test_what_the_community_does_itself_nobody_claims(town: Town) -> None:
    service = offer(
        town, "R04", name="助餐", provider_id=items.COMMUNITY, price_units=10_000, contract_fen=0
    )
    bought = buy(town, service)
    assert bound(town) == 0

    with pytest.raises(Refusal) as caught:
        redeem(town, bought["number"])
    assert caught.value.code == "voucher_other_provider"

    make_counter(town, 1)
    taken = redeem(town, bought["number"], till=1)
    assert taken["fen"] == 0
    assert total(town, Account.REDEEMED) == 10_000
    assert total(town, Account.OFFSET, owner=OTHER) == 0
    check_invariants(town.db.engine)


def make_counter(town: Town, till: int) -> None:
    with town.db.engine.begin() as connection:
        connection.exec_driver_sql(
            f"UPDATE terminal SET kind = 'counter' WHERE terminal_id = {town.tills[till].terminal_id}"
        )
        connection.exec_driver_sql("UPDATE community SET config_version = config_version + 1")


# --- each refusal its code


def test_used_twice(town: Town) -> None:
    number = buy(town, offer(town))["number"]
    first = used(town, number)
    answer = use_voucher(town.desk, first, at=town.at)

    assert use_voucher(town.desk, first, at=town.at) == answer
    refusal = refused(town, number)

    assert refusal.code == "voucher_used"
    assert refusal.facts == {"used_day": town.day}
    assert total(town, Account.OFFSET, owner=BARBER) == 3_000


def test_used_after_its_last_day(town: Town) -> None:
    number = buy(town, offer(town))["number"]
    picture = qr_of(town, number)
    town.at += 29 * DAY_US
    assert town.day == 20260331
    town.at += DAY_US

    for code in (number, picture):
        refusal = refused(town, code)
        assert refusal.code == "voucher_expired"
        assert refusal.facts == {"last_day": 20260331}


def test_used_at_the_wrong_provider(town: Town) -> None:
    number = buy(town, offer(town))["number"]

    assert refused(town, number, till=1).code == "voucher_other_provider"
    redeem(town, number)
    # A stranger's till learns nothing of what became of it.
    assert refused(town, number, till=1).code == "voucher_other_provider"


def test_given_back_and_then_shown(town: Town) -> None:
    number = buy(town, offer(town))["number"]

    returned(town, number)

    assert points(town) == 70_000
    assert bound(town) == 0
    assert refused(town, number).code == "voucher_returned"
    with pytest.raises(Refusal, match="voucher_returned"):
        returned(town, number)
    check_invariants(town.db.engine)


def test_used_and_then_given_back(town: Town) -> None:
    number = buy(town, offer(town))["number"]
    redeem(town, number)

    with pytest.raises(Refusal, match="voucher_used"):
        returned(town, number)


def test_not_taken_back_where_its_service_says_so(town: Town) -> None:
    number = buy(town, offer(town, returnable=False))["number"]

    with pytest.raises(Refusal, match="voucher_not_returnable"):
        returned(town, number)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("1234", "voucher_number_wrong"),
        ("0000-0000-011", "voucher_number_wrong"),
        ("0000-0000-010", "voucher_not_found"),
    ],
)
def test_numbers_that_are_none(town: Town, typed: str, code: str) -> None:
    assert refused(town, typed).code == code


def test_a_residents_own_code_is_no_voucher(town: Town) -> None:
    assert refused(town, town.code(1)).code == "token_wrong_class"


def test_a_forged_picture_is_found_out(town: Town) -> None:
    picture = qr_of(town, buy(town, offer(town))["number"])
    forged = picture[:-1] + str((int(picture[-1]) + 1) % 10)

    assert refused(town, forged).code == "token_bad_signature"


def refused(town: Town, code: str, *, till: int = 0) -> Refusal:
    town.later(1)
    with pytest.raises(Refusal) as caught:
        redeem(town, code, till=till)
    return caught.value


# --- what is not enough


def test_no_voucher_without_points_and_none_without_money_behind_it(db: Database) -> None:
    town = voucher_town(db, fund_fen=2 * HAIRCUT_FEN - 1)
    dear = offer(town, "DEAR", price_units=70_001)
    cut = offer(town)

    with pytest.raises(Refusal, match="insufficient_points"):
        buy(town, dear)
    buy(town, cut)
    with pytest.raises(Refusal, match="voucher_fund_empty"):
        buy(town, cut)

    assert points(town) == 67_000
    assert bound(town) == HAIRCUT_FEN
    check_invariants(town.db.engine)


def test_a_service_switched_off_is_not_sold_and_its_vouchers_stay_good(town: Town) -> None:
    service = offer(town)
    number = buy(town, service)["number"]
    town.db.write(
        lambda tx: items.set_service_state(tx, HERE, service, "off", by=SYSTEM, at=town.at)
    )

    with pytest.raises(Refusal, match="service_off"):
        buy(town, service)
    assert redeem(town, number)["fen"] == HAIRCUT_FEN


# --- past the last day


@pytest.mark.usefixtures("audited")
def test_unused_points_come_back_or_lapse_but_never_without_notice(town: Town) -> None:
    back, gone = offer(town), offer(town, "CUT2", unused="lapse")
    buy(town, back), buy(town, gone), buy(town, gone, person=2)
    town.at = moment("2026-03-24 01:00")

    told = run_vouchers(town.db, HERE, town.day, notice_days=7, at=town.at)
    again = run_vouchers(town.db, HERE, town.day, notice_days=7, at=town.at)
    town.at = moment("2026-04-01 01:00")
    ended = run_vouchers(town.db, HERE, town.day, notice_days=7, at=town.at)
    ended_again = run_vouchers(town.db, HERE, town.day, notice_days=7, at=town.at)

    assert (told, again) == ((3, 0, 0), (0, 0, 0))
    assert (ended, ended_again) == ((0, 1, 2), (0, 0, 0))
    assert (points(town), points(town, 2)) == (67_000, 67_000)
    assert total(town, Account.EXPIRED) == 6_000
    assert bound(town) == 0
    check_invariants(town.db.engine)


def test_whoever_was_not_told_gets_the_points_back(town: Town) -> None:
    buy(town, offer(town, unused="lapse"))
    town.at = moment("2026-04-01 01:00")

    assert run_vouchers(town.db, HERE, town.day, notice_days=7, at=town.at) == (0, 1, 0)
    assert points(town) == 70_000


def test_the_same_purchase_again_is_one_purchase(town: Town) -> None:
    asked = PageSale(HERE, new_request_id(town.at), 1, offer(town), PIN)
    first = sell_on_page(town.desk, asked, at=town.at)

    assert sell_on_page(town.desk, asked, at=town.at) == first
    assert points(town) == 67_000
    with pytest.raises(Refusal, match="request_id_reused"):
        sell_on_page(town.desk, asked._replace(person_id=2), at=town.at)
    with pytest.raises(Refusal, match="pin_wrong"):
        sell_on_page(town.desk, asked._replace(pin="111222"), at=town.at)


def test_a_number_is_used_once_whatever_it_was_used_for(town: Town) -> None:
    first, second = (buy(town, offer(town, code))["number"] for code in ("CUT", "CUT2"))
    asked = used(town, first)
    use_voucher(town.desk, asked, at=town.at)
    again = replace(used(town, second), counter=asked.counter, ref=asked.ref)
    with pytest.raises(Refusal, match="ref_taken"):
        use_voucher(town.desk, again, at=town.at)

    sale = replace(town.sale(1, 1_000), counter=asked.counter, ref=asked.ref)
    with pytest.raises(Refusal, match="ref_taken"):
        check_out(town.desk, sale, at=town.at)


def test_another_tills_number_is_not_taken(town: Town) -> None:
    number = buy(town, offer(town))["number"]
    asked = used(town, number)

    with pytest.raises(Refusal, match="ref_bad"):
        use_voucher(town.desk, replace(asked, counter=asked.counter + 1), at=town.at)
