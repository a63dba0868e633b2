"""What a card or a code may do without a PIN, how often, how much a day, and when it is believed at all."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from ledger import tokens
from ledger.audit import SYSTEM
from ledger.book.balances import wallet_of
from ledger.database import Database
from ledger.errors import Refusal
from ledger.members import cards, keys, pins, settings
from ledger.members.hashing import QUICK
from ledger.stock.goods import NewGood, put_good
from ledger.token_keys import KeyClass, SigningKey
from pos.checkout import check_out
from pos.decide import SaleRequest
from pos.redemption import Piece, RedemptionRequest, redeem
from pos.refunds import refund
from tests.support.invariants import check_invariants
from tests.support.races import desk_in_process, run_processes, told
from tests.support.town import CIVIC, HERE, Town, build_town, moment

PIN = "274951"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def engine_url(request: pytest.FixtureRequest) -> str:
    """SQLite in the quick checks; PostgreSQL, where the statements are the same, in the full ones."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    return str(request.getfixturevalue(name))


@pytest.fixture
def town(db: Database) -> Town:
    """Three people with 3,000 points; 30 seconds between debits of a card, 200 points a day without a PIN."""
    town = build_town(db, shops=2, grant_units=300_000)
    db.write(
        lambda tx: pins.set_pin(
            tx, HERE, 1, PIN, pepper=town.desk.pepper, by=SYSTEM, at=town.at, cost=QUICK
        )
    )
    return town


def card_code(town: Town, person: int = 1, issue: int = 1, **claims: Any) -> str:
    """What is printed on a card."""
    signer = town.signers[KeyClass.CARD]
    start = signer.public.not_before_s
    fields = {"issued_at_s": start, "expires_at_s": start + 86_400 * 900, **claims}
    made = tokens.Claims(issuer=town.issuer, serial=person, issue=issue, **fields)
    return tokens.to_digits(tokens.sign(made, signer))


def signed(town: Town, signer: SigningKey, **claims: Any) -> str:
    now_s = town.at // 1_000_000
    fields = {
        "issuer": town.issuer,
        "issued_at_s": now_s,
        "expires_at_s": now_s + 60,
        "serial": 1,
        "issue": 900,
        **claims,
    }
    return tokens.to_digits(tokens.sign(tokens.Claims(**fields), signer))


def by_card(town: Town, units: int, *, later_s: int = 31, **changes: Any) -> str:
    """A bill of 400.00 paid with some points of person 1's printed card; what was said."""
    town.later(later_s)
    code = changes.pop("token", None) or card_code(town)
    return said(town, town.sale(1, 40_000, units, token=code, **changes))


def said(town: Town, request: SaleRequest) -> str:
    return told(lambda: check_out(town.desk, request, at=town.at))


def change(town: Town, **chosen: int) -> None:
    town.db.write(lambda tx: settings.change(tx, HERE, chosen, by=SYSTEM, why="test", at=town.at))


def available(town: Town) -> int:
    with town.db.read() as tx:
        return wallet_of(tx, HERE, 1, CIVIC).available


# --- sums of a day


def test_a_card_pays_two_hundred_points_a_day_without_a_pin(town: Town) -> None:
    assert by_card(town, 12_000) == "done"
    assert by_card(town, 10_000) == "pin_needed"
    assert by_card(town, 8_000) == "done"
    assert by_card(town, 2_000, till=1) == "pin_needed"
    assert by_card(town, 2_000, till=1, pin=PIN) == "done"
    town.at = moment("2026-03-03 00:00")
    assert by_card(town, 20_000) == "done"
    check_invariants(town.db.engine)


def test_what_is_paid_with_a_pin_leaves_the_sum_without_one_alone(town: Town) -> None:
    assert by_card(town, 40_000, pin=PIN) == "done"
    assert by_card(town, 20_000) == "done"
    assert by_card(town, 2_000) == "pin_needed"


def test_a_code_on_a_phone_has_a_sum_of_its_own(town: Town) -> None:
    change(town, pin_above_units_dyn=30_000)
    assert by_card(town, 20_000) == "done"
    assert said(town, town.sale(1, 40_000, 30_000)) == "done"
    assert said(town, town.sale(1, 40_000, 2_000)) == "pin_needed"
    assert said(town, town.sale(1, 40_000, 2_000, pin=PIN)) == "done"


def test_goods_and_offsets_count_into_one_sum(town: Town) -> None:
    till = town.tills[0]
    eggs = NewGood(
        merchant_id=till.merchant_id,
        code="R11",
        name="鸡蛋",
        price_units=15_000,
        commodity=CIVIC,
        cost_fen=900,
        stock=5,
    )
    good_id = town.db.write(lambda tx: put_good(tx, HERE, eggs, by=SYSTEM, at=town.at))
    ref = till.next_ref(town.day)
    basket = RedemptionRequest(
        community_id=HERE,
        terminal_id=till.terminal_id,
        clerk_id=None,
        request_id="basket",
        counter=till.counter,
        ref=ref,
        token=card_code(town),
        lines=(Piece(good_id, 1),),
        pin=None,
        occurred_at=town.at,
    )
    assert told(lambda: redeem(town.desk, basket, at=town.at)) == "done"

    assert by_card(town, 6_000) == "pin_needed"
    assert by_card(town, 4_000) == "done"
    second = replace(basket, request_id="second", ref=till.next_ref(town.day), counter=till.counter)
    town.later(31)
    assert told(lambda: redeem(town.desk, second, at=town.at)) == "pin_needed"
    check_invariants(town.db.engine)


def test_with_a_pin_there_is_a_sum_of_a_day_too(town: Town) -> None:
    change(town, day_units_card=50_000)
    assert by_card(town, 40_000, pin=PIN) == "done"
    assert by_card(town, 12_000, pin=PIN) == "spent_day_cap"
    assert by_card(town, 10_000, pin=PIN) == "done"
    assert by_card(town, 2_000, pin=PIN) == "spent_day_cap"


def test_what_came_back_still_counts_for_the_day_without_a_pin(town: Town) -> None:
    """A stolen card gains nothing by bringing goods back."""
    town.later(31)
    sold = check_out(town.desk, town.sale(1, 40_000, 20_000, token=card_code(town)), at=town.at)
    refund(town.desk, town.refund(sold["ref"], 40_000), at=town.at)

    assert by_card(town, 2_000) == "pin_needed"


def test_points_only_collected_need_no_pin_and_no_pause(town: Town) -> None:
    change(town, pin_above_units_card=0)
    assert by_card(town, 0, later_s=0) == "done"
    assert by_card(town, 0, later_s=0, till=1) == "done"
    assert by_card(town, 2_000) == "pin_needed"


@pytest.mark.slow
def test_eight_tills_with_one_card_keep_to_its_sum_and_its_pause(engine_url: str) -> None:
    db = Database(engine_url)
    town = build_town(db, people=1, tills_each=8, grant_units=300_000, card_pause_s=0)
    asked = [
        [town.sale(1, 10_000, 4_000, till=n, token=card_code(town)) for _ in range(4)]
        for n in range(8)
    ]
    db.close()

    def job(number: int) -> list[str]:
        with desk_in_process(town, engine_url) as desk:
            return [told(partial(check_out, desk, one, at=town.at)) for one in asked[number]]

    answers = [answer for one in run_processes(8, job) for answer in one]

    assert sorted(set(answers)) == ["done", "pin_needed"]
    assert answers.count("done") == 5
    db = Database(engine_url)
    check_invariants(db.engine)
    db.close()


@pytest.mark.slow
def test_eight_tills_with_one_card_at_one_moment_debit_it_once(engine_url: str) -> None:
    db = Database(engine_url)
    town = build_town(db, people=1, tills_each=8, grant_units=300_000)
    asked = [town.sale(1, 10_000, 2_000, till=n, token=card_code(town)) for n in range(8)]
    db.close()

    def job(number: int) -> str:
        with desk_in_process(town, engine_url) as desk:
            return told(lambda: check_out(desk, asked[number], at=town.at))

    assert sorted(run_processes(8, job)) == ["card_too_soon"] * 7 + ["done"]


# --- the pause


def test_a_card_rests_half_a_minute_between_debits(town: Town) -> None:
    assert by_card(town, 2_000) == "done"
    assert by_card(town, 2_000, later_s=29, till=1) == "card_too_soon"
    assert by_card(town, 2_000, later_s=1, till=1) == "done"


def test_a_phone_shows_a_new_code_at_once(town: Town) -> None:
    assert said(town, town.sale(1, 10_000, 2_000)) == "done"
    assert said(town, town.sale(1, 10_000, 2_000, till=1)) == "done"


# --- PINs


def test_a_wrong_pin_costs_a_try_and_five_lock_it(town: Town) -> None:
    assert [by_card(town, 2_000, pin="000001") for _ in range(4)] == ["pin_wrong"] * 4
    assert by_card(town, 2_000, pin="000001") == "pin_locked"
    assert by_card(town, 2_000, pin=PIN) == "pin_locked"
    assert by_card(town, 2_000) == "done"
    assert available(town) == 298_000


def test_a_right_pin_forgives_the_tries_before(town: Town) -> None:
    for _ in range(2):
        assert [by_card(town, 2_000, pin="000001") for _ in range(4)] == ["pin_wrong"] * 4
        assert by_card(town, 2_000, pin=PIN) == "done"


def test_a_refused_pin_burns_the_code_it_came_with(town: Town) -> None:
    request = town.sale(1, 10_000, 2_000, pin="000001")
    assert said(town, request) == "pin_wrong"
    assert said(town, replace(request, pin=PIN)) == "pin_wrong"
    assert said(town, town.sale(1, 10_000, 2_000, pin=PIN, token=request.token)) == "token_used"


def test_nobody_tries_a_pin_without_the_card(town: Town) -> None:
    forged = card_code(town)[:-12] + "0" * 12
    for _ in range(9):
        assert by_card(town, 2_000, pin="000001", token=forged).startswith("token_")
    assert by_card(town, 2_000, pin=PIN) == "done"


def test_who_has_no_pin_stays_below_the_limit(town: Town) -> None:
    code = card_code(town, 2)
    assert said(town, town.sale(2, 40_000, 20_000, token=code)) == "done"
    town.later(31)
    assert said(town, town.sale(2, 40_000, 2_000, token=code)) == "pin_needed"
    assert said(town, town.sale(2, 40_000, 2_000, token=code, pin=PIN)) == "pin_not_set"


# --- which codes are believed


def test_a_lost_card_is_refused_and_a_new_one_works(town: Town) -> None:
    town.db.write(lambda tx: cards.set_state(tx, HERE, 1, "lost", by=SYSTEM, at=town.at))
    assert by_card(town, 2_000) == "card_not_active"
    assert by_card(town, 0) == "card_not_active"

    town.db.write(lambda tx: cards.reissue(tx, HERE, 1, by=SYSTEM, at=town.at))

    assert by_card(town, 2_000) == "card_replaced"
    assert by_card(town, 2_000, token=card_code(town, issue=2)) == "done"


def test_a_resident_who_left_buys_nothing_with_points(town: Town) -> None:
    with town.db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE resident SET state = 'left' WHERE person_id = 1")
    assert by_card(town, 2_000) == "card_not_active"


def test_a_collecting_code_collects_and_pays_nothing(town: Town) -> None:
    collecting = town.code(1, KeyClass.EARN)
    assert said(town, town.sale(1, 5_000, 2_000, token=collecting)) == "token_earn_only"
    assert said(town, town.sale(1, 5_000, token=town.code(1, KeyClass.EARN))) == "done"
    assert said(town, town.sale(1, 5_000, token=collecting)) == "token_used"


def test_a_code_lives_a_minute_and_half_a_minute_of_grace(town: Town) -> None:
    code, start = town.code(1), town.at
    town.at = start + 90_000_000
    assert said(town, town.sale(1, 5_000, 2_000, token=code)) == "done"
    town.at = start
    code = town.code(1)
    town.at = start + 91_000_000
    assert said(town, town.sale(1, 5_000, 2_000, token=code)) == "token_expired"


def test_codes_of_other_kinds_and_places_are_refused(town: Town) -> None:
    def make_list_key(tx) -> SigningKey:
        at = town.at - 60_000_000
        keys.make_key(tx, town.vault, HERE, KeyClass.LIST, at=at, by=0, not_before=at)
        return keys.signing_key(tx, town.vault, HERE, KeyClass.LIST, at=town.at)

    lists = signed(town, town.db.write(make_list_key))
    assert said(town, town.sale(1, 5_000, 2_000, token=lists)) == "token_wrong_class"
    real = town.signers[KeyClass.DYN]
    stranger = SigningKey(replace(real.public, community="CA09"), real.private)
    foreign = signed(town, stranger, issuer="CA09")
    assert said(town, town.sale(1, 5_000, 2_000, token=foreign)) == "token_other_community"
    early = signed(
        town,
        real,
        issued_at_s=town.at // 1_000_000 + 31,
        expires_at_s=town.at // 1_000_000 + 91,
    )
    assert said(town, town.sale(1, 5_000, 2_000, token=early)) == "token_from_future"
    assert available(town) == 300_000


def test_a_code_that_is_no_code_is_refused_like_any_other(town: Town) -> None:
    for text in ("", "71", "https://example.com", "71" + "9" * 253, "1" * 255):
        with pytest.raises(Refusal) as refused:
            check_out(town.desk, replace(town.sale(1, 5_000), token=text), at=town.at)
        assert refused.value.code.startswith("token_")
