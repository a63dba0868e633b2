"""Certificates on paper: set aside when printed, used once at one kind of shop; what is unused goes back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ledger.audit import By, acts_on
from ledger.book.balances import account_sum, wallet_of
from ledger.book.chart import Account
from ledger.certificates.desk import expire
from ledger.certificates.rules import kinds_for, number_text, read_number, takes
from ledger.database import Database
from ledger.errors import Refusal
from ledger.members.hashing import Cost
from ledger.members.staff import NewStaff, add_staff
from ledger.units import CNY
from pos.certificate_desk import Call, take_by_hotline
from pos.checkout import check_out
from pos.holder import Shown, holder_of
from pos.notices import told_to
from pos.quotes import QuoteRequest, quote_for
from pos.refunds import refund
from settlement.auditor.run import audit
from settlement.daybook import DaybookLine
from settlement.export.write import write_export
from settlement.night import run_night
from tests.support.certificates import (
    DESK,
    GRAIN,
    cancelled,
    certificate_town,
    picture_of,
    printed,
    row_of,
    shown,
)
from tests.support.homes import home
from tests.support.invariants import check_invariants
from tests.support.night_plant import midnight, next_day
from tests.support.town import CIVIC, HERE, Town
from tests.support.vouchers import file_day

HOUR = 3_600_000_000
COLLEAGUE = By("staff", 8)
PASSWORD = "a long sentence nobody says"  # noqa: S105 - of a made-up town
DAY_US = 24 * HOUR
FORM = "0190d1a0-0000-7000-8000-00000000000{}"


@pytest.fixture
def town(db: Database) -> Town:
    return certificate_town(db)


def wallet(town: Town, person: int = 1) -> tuple[int, int]:
    """Units in the wallet, and of those set aside."""
    with town.db.read() as tx:
        found = wallet_of(tx, HERE, person, CIVIC)
    return found.posted, found.held


def refused(town: Town, text: str, total_fen: int = 20_000, points: int = 400, **more: Any) -> str:
    with pytest.raises(Refusal) as said:
        shown(town, text, total_fen, points, **more)
    return said.value.code


def member_of_staff(town: Town, person: int) -> By:
    new = NewStaff(login="li.na", name="李娜", password=PASSWORD, person_id=person)
    cost = Cost(memory_kib=64, passes=1)
    return By(
        "staff",
        town.db.write(
            lambda tx: add_staff(tx, HERE, new, pepper=b"p", by=DESK, at=town.at, cost=cost)
        ),
    )


def claim_of(answer: dict[str, Any]) -> DaybookLine:
    return DaybookLine(
        counter=int(answer["ref"].split("-")[2]),
        ref=answer["ref"],
        kind="sale",
        original_ref=None,
        total_fen=answer["total_fen"],
        offset_units=answer["offset_units"],
        offset_fen=answer["offset_fen"],
        paid_fen=answer["paid_fen"],
        occurred_at=answer["occurred_at"],
    )


def call_of(number: str, form: int) -> Call:
    """100.00 yuan of grain, paid in cash but for 100 points."""
    return Call(
        community_id=HERE,
        request_id=FORM.format(form),
        merchant_id=GRAIN,
        number=number,
        total_fen=10_000,
        offset_units=10_000,
        channel="cash",
    )


# --- the articles' first scene


@pytest.mark.usefixtures("audited")
def test_the_articles_first_scene_with_no_phone_and_no_card(town: Town, tmp_path: Path) -> None:
    # “我来结账，我的积分能抵扣吗？” “可以，请把社区出具的证明给我。”
    paper = printed(town, 400)
    assert wallet(town) == (70_000, 40_000)

    town.later(3_600)
    sold = shown(town, picture_of(town, paper), 10_000, 300)

    # 100.00 yuan of rice: points may pay 30.00 of it; 300 of the 400 points are used, 100 are free again.
    assert (sold["offset_fen"], sold["paid_fen"]) == (1_500, 8_500)
    assert (sold["certificate_units"], sold["certificate_back_units"]) == (40_000, 10_000)
    assert wallet(town) == (40_000, 0)
    ended = row_of(town, paper)
    assert (ended.how, int(ended.used_units), ended.ref) == ("used", 30_000, sold["ref"])
    assert refused(town, picture_of(town, paper)) == "certificate_used"

    file_day(town, [claim_of(sold)])
    night = run_night(town.db, HERE, town.day, at=midnight(next_day(town.day)) + 2 * HOUR)

    assert (night.state, night.codes, night.settled_fen) == ("locked", (), 1_500)
    with town.db.read() as tx:
        assert account_sum(tx, HERE, Account.PAYABLE, CNY, GRAIN) == 1_500
    check_invariants(town.db.engine)
    write_export(town.db, HERE, tmp_path / "out", at=town.at + DAY_US)
    report = audit(tmp_path / "out")
    assert report.findings == (), report.to_text("en")


def test_its_number_typed_at_the_till_is_as_good_as_the_picture(town: Town) -> None:
    paper = printed(town, 40)

    sold = shown(town, paper["number"], 10_000, 40)

    assert sold["certificate_back_units"] == 0
    assert wallet(town) == (66_000, 0)


def test_read_to_the_hotline_it_is_booked_under_a_number_that_the_shop_can_claim(
    town: Town,
) -> None:
    papers = [printed(town, 100), printed(town, 200)]

    sold = [
        take_by_hotline(
            town.desk,
            call_of(paper["number"].replace("-", " "), n),
            by=COLLEAGUE,
            at=town.later(60),
        )
        for n, paper in enumerate(papers)
    ]

    assert [one["ref"].split("-")[0::2][1] for one in sold] == ["00001", "00002"]
    assert [one["certificate_back_units"] for one in sold] == [0, 10_000]
    assert [one["earned_units"] for one in sold] == [0, 0]
    assert wallet(town) == (50_000, 0)
    check_invariants(town.db.engine)


def test_the_hotline_hears_a_wrong_digit(town: Town) -> None:
    paper = printed(town, 100)
    digits = paper["number"].replace("-", "")
    wrong = digits[:-1] + str((int(digits[-1]) + 1) % 10)
    with pytest.raises(Refusal, match="certificate_number_wrong"):
        take_by_hotline(town.desk, call_of(wrong, 1), by=COLLEAGUE, at=town.at)


def test_whoever_printed_it_does_not_take_it_and_who_took_the_call_is_kept(town: Town) -> None:
    paper = printed(town, 100)

    with pytest.raises(Refusal, match="certificate_own_print"):
        take_by_hotline(town.desk, call_of(paper["number"], 1), by=DESK, at=town.at)
    assert wallet(town) == (70_000, 10_000)
    take_by_hotline(town.desk, call_of(paper["number"], 1), by=COLLEAGUE, at=town.at)

    with town.db.read() as tx:
        acts = acts_on(tx, HERE, f"certificate:{paper['certificate_id']}")
    assert [(act.act, act.actor_id) for act in acts] == [
        ("certificate.print", DESK.id),
        ("certificate.hotline", COLLEAGUE.id),
    ]
    assert paper["number"].replace("-", "") not in repr([tuple(act) for act in acts])


def test_its_holder_is_told_and_nobody_prints_for_their_own_household(town: Town) -> None:
    printed(town, 100)

    with town.db.read() as tx:
        [told] = told_to(tx, HERE, 1)
    assert (told.kind, told.facts["units"]) == ("certificate_printed", 10_000)
    insider = member_of_staff(town, 1)
    with pytest.raises(Refusal, match="own_household"):
        printed(town, 100, by=insider)
    paper = printed(town, 100)
    with pytest.raises(Refusal, match="own_household"):
        take_by_hotline(town.desk, call_of(paper["number"], 1), by=insider, at=town.at)


# --- what it is not good for


def test_after_its_holder_moved_it_takes_nothing_of_the_new_households_points(town: Town) -> None:
    paper = printed(town, 100)
    new_home = home(town, "5-9", 1)

    asked = QuoteRequest(HERE, town.tills[0].terminal_id, picture_of(town, paper), 20_000)
    with pytest.raises(Refusal, match="certificate_moved"):
        quote_for(town.desk, asked, at=town.at)
    assert refused(town, paper["number"], points=100) == "certificate_moved"
    assert (wallet(town), wallet(town, new_home)) == ((70_000, 10_000), (0, 0))
    cancelled(town, paper)
    assert wallet(town) == (70_000, 0)
    check_invariants(town.db.engine)


def test_another_kind_of_shop_is_refused_and_the_paper_stays_good(town: Town) -> None:
    paper = printed(town, 400)

    assert refused(town, picture_of(town, paper), till=1) == "certificate_other_kind"
    assert wallet(town) == (70_000, 40_000)
    assert shown(town, picture_of(town, paper), 20_000, 400)["offset_fen"] == 2_000


def test_a_wider_kind_takes_in_the_kinds_below_it(town: Town) -> None:
    paper = printed(town, 400, kind="超市")

    assert refused(town, picture_of(town, paper), till=1) == "certificate_other_kind"
    assert shown(town, picture_of(town, paper), 20_000, 400)["offset_fen"] == 2_000


def test_a_certificate_says_at_no_other_place_who_stands_there(town: Town) -> None:
    code = picture_of(town, printed(town, 400))

    with pytest.raises(Refusal, match="token_wrong_class"):
        holder_of(town.desk, Shown(HERE, town.tills[0].terminal_id, code), at=town.at)


def test_a_card_cannot_be_used_as_a_certificate_nor_beyond_its_points(town: Town) -> None:
    paper = printed(town, 100)

    assert refused(town, picture_of(town, paper), points=120) == "insufficient_points"
    assert row_of(town, paper).how is None
    assert refused(town, number_text((int(row_of(town, paper).serial) + 1) % 10**8)) == (
        "certificate_not_found"
    )


def test_the_paper_is_offered_its_own_points_alone(town: Town) -> None:
    paper = printed(town, 100)
    asked = QuoteRequest(HERE, town.tills[0].terminal_id, picture_of(town, paper), 20_000)

    said = quote_for(town.desk, asked, at=town.at)

    assert (said.available_units, said.proposal.units, said.pin_needed_above_units) == (
        10_000,
        10_000,
        10_000,
    )
    assert said.holder_label == paper["number"].replace("-", "")[-4:]


@pytest.mark.parametrize("points", [0, 10, 19, 30, 410, 401, 420])
def test_points_outside_the_bounds_are_not_printed(town: Town, points: int) -> None:
    with pytest.raises(Refusal, match="certificate_points"):
        printed(town, points)


def test_no_more_is_printed_than_the_wallet_the_month_and_the_drawer_hold(town: Town) -> None:
    with pytest.raises(Refusal, match="certificate_kind"):
        printed(town, 400, kind="药店")
    shown(town, printed(town, 400)["number"], 20_000, 400)
    with pytest.raises(Refusal, match="insufficient_points"):
        printed(town, 400)
    # 1,200 points a month, and what is printed counts.
    town.grant(1, 200_000)
    printed(town, 400)
    printed(town, 400)
    with pytest.raises(Refusal, match="offset_over_month_cap"):
        printed(town, 20)


def test_three_at_a_time(town: Town) -> None:
    papers = [printed(town, 20) for _ in range(3)]
    with pytest.raises(Refusal, match="certificate_too_many"):
        printed(town, 20)

    cancelled(town, papers[0])

    assert printed(town, 20)


# --- how it ends


def test_after_its_last_day_all_of_it_goes_back_once(town: Town) -> None:
    paper = printed(town, 400)
    code = picture_of(town, paper)
    town.later(14 * 86_400)

    assert refused(town, code) == "certificate_expired"
    assert expire(town.db, HERE, town.day, at=town.at) == 1
    assert expire(town.db, HERE, town.day, at=town.at) == 0 or row_of(town, paper).how == "expired"
    assert wallet(town) == (70_000, 0)
    assert refused(town, code) == "certificate_expired"
    check_invariants(town.db.engine)


def test_on_its_last_day_it_is_good(town: Town) -> None:
    paper = printed(town, 400)
    code = picture_of(town, paper)
    town.later(13 * 86_400)

    assert expire(town.db, HERE, town.day, at=town.at) == 0
    assert shown(town, code, 20_000, 400)["offset_fen"] == 2_000


def test_cancelled_at_the_desk_it_is_dead_and_its_points_count_for_the_month_again(
    town: Town,
) -> None:
    paper = printed(town, 400)

    cancelled(town, paper)

    assert wallet(town) == (70_000, 0)
    assert refused(town, paper["number"]) == "certificate_cancelled"
    with pytest.raises(Refusal, match="certificate_cancelled"):
        cancelled(town, paper)
    for points in (400, 200):
        shown(town, printed(town, points)["number"], 20_000, points)


def test_the_same_sale_sent_again_takes_nothing_more(town: Town) -> None:
    paper = printed(town, 400)
    asked = town.sale(1, 20_000, 40_000, token=paper["number"])
    first = check_out(town.desk, asked, at=town.at)

    assert check_out(town.desk, asked, at=town.later(60)) == first
    assert wallet(town) == (30_000, 0)


def test_goods_that_come_back_bring_the_points_to_the_wallet(town: Town) -> None:
    sold = shown(town, printed(town, 400)["number"], 20_000, 400)

    answer = refund(town.desk, town.refund(sold["ref"], 10_000), at=town.later(60))

    assert answer["units_back"] == 20_000
    assert wallet(town) == (50_000, 0)
    check_invariants(town.db.engine)


# --- its number


def test_a_number_is_read_with_dashes_and_blanks_and_a_wrong_digit_is_found() -> None:
    # The same three stand in kiosk/web/tests/certificate.test.ts: server and till must agree.
    known = {0: "000-000-003", 12_345_678: "123-456-788", 99_999_999: "999-999-995"}
    assert {serial: number_text(serial) for serial in known} == known
    for serial in (*known, 7):
        said = number_text(serial)
        assert read_number(said) == read_number(said.replace("-", " ")) == serial
        digits = said.replace("-", "")
        for place, digit in enumerate(digits):
            other = digits[:place] + str((int(digit) + 3) % 10) + digits[place + 1 :]
            assert read_number(other) is None
    assert read_number("12345-678") is None


def test_kinds_that_can_be_printed_for_are_those_there_are_and_the_wider_ones() -> None:
    tree = {"超市": ["粮油店", "蔬果店"], "餐饮店": ["面馆"], "商场": ["超市"]}

    assert kinds_for(tree, ["粮油店", "药店"]) == sorted(["商场", "超市", "粮油店", "药店"])
    assert takes(tree, "商场", "粮油店")
    assert not takes(tree, "粮油店", "超市")
