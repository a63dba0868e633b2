"""A scheme whose points are whole: every door counts its limits in points, not in hundredths of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from kiosk.fee_desk import FeeRequest, ask
from ledger.audit import SYSTEM
from ledger.bills.facts import bills_of_household
from ledger.database import Database
from ledger.errors import Refusal
from ledger.ids import new_request_id
from ledger.members import keys, pins
from ledger.members.hashing import QUICK
from ledger.members.terms import Limits
from ledger.token_keys import KeyClass
from pos.checkout import check_out
from pos.quotes import QuoteRequest, quote_for
from pos.voucher_sale import CounterSale, sell_at_counter
from tests.support.counter_tablet import counter_tablet
from tests.support.fees import build_fee_town, take_list
from tests.support.goods_counter import SCHEMES, GoodsCounter
from tests.support.http import VAULT
from tests.support.town import HERE, Town, build_town, moment
from tests.support.vouchers import offer

WHOLE = re.sub(
    r"precision = 2 +#", "precision = 0  #", (SCHEMES / "changan.toml").read_text(encoding="utf-8")
).replace("points_per_yuan = 20", "points_per_yuan = 100")
"""Chang'an's scheme with whole civic points; a hundred are one yuan, so that a fen is a whole point."""
PIN = "274951"
FREE: dict[str, Any] = {"pin_above_units_dyn": 20_000, "day_units_dyn": 50_000}
"""200 points a day without a PIN, 500 at all; settings are in hundredths."""


@pytest.fixture
def town(db: Database) -> Town:
    """Three people with 3,000 whole points."""
    made = build_town(
        db, scheme_text=WHOLE, grant_units=3_000, vault=VAULT, at=moment("2026-03-03 09:30"), **FREE
    )
    assert made.desk.refresh(HERE).limits(is_code=True) == Limits(500, 200)
    return made


def refused(work: Any) -> Refusal:
    with pytest.raises(Refusal) as said:
        work()
    return said.value


def test_a_sale_and_its_quote(town: Town) -> None:
    ask = QuoteRequest(HERE, town.tills[0].terminal_id, town.code(1), 100_000)
    assert quote_for(town.desk, ask, at=town.at).pin_needed_above_units == 200
    said = refused(lambda: check_out(town.desk, town.sale(1, 100_000, 220), at=town.at))
    assert (said.code, said.facts["limit_units"]) == ("pin_needed", "200")
    check_out(town.desk, town.sale(1, 100_000, 200), at=town.at)


def test_goods_an_order_and_the_counters_figures(town: Town) -> None:
    counter = GoodsCounter(town)
    counter.put("R02", "鸡蛋(袋)", 210, 20)
    counter.put("R01", "拖鞋", 200, 20)
    tablet = counter_tablet(town)
    holder = tablet.post("/counter/holder", {"token": town.code(1)})
    assert (holder["available_units"], holder["pin_needed_above_units"]) == (3_000, 200)
    said = refused(lambda: counter.redeem(1, {"R02": 1}))
    assert (said.code, said.facts["limit_units"]) == ("pin_needed", "200")
    counter.redeem(1, {"R01": 1})
    assert refused(lambda: counter.redeem(1, {"R01": 1})).code == "pin_needed"


def test_what_the_till_is_told(town: Town) -> None:
    rules = counter_tablet(town).get("/till/state")["rules"]
    assert (rules["precision"], rules["pin_above_units_dyn"]) == (0, 200)


def test_a_day_has_its_end_with_a_pin_too(town: Town) -> None:
    counter = GoodsCounter(town)
    counter.put("R09", "大米", 501, 20)
    counter.put("R08", "油", 500, 20)
    give_pin(town)
    said = refused(lambda: counter.redeem(1, {"R09": 1}, pin=PIN))
    assert (said.code, said.facts["limit_units"]) == ("spent_day_cap", "500")
    counter.redeem(1, {"R08": 1}, pin=PIN)


def test_a_voucher_at_the_counter(town: Town) -> None:
    town.db.write(lambda tx: keys.make_key(tx, town.vault, HERE, KeyClass.SVC, at=town.at, by=0))
    service = offer(town, provider_id=1, price_units=201, contract_fen=100)

    def sell() -> dict[str, Any]:
        till = town.tills[0]
        ref = till.next_ref(town.day)
        request = CounterSale(
            community_id=HERE,
            terminal_id=till.terminal_id,
            clerk_id=None,
            request_id=new_request_id(town.at),
            counter=till.counter,
            ref=ref,
            token=town.code(1),
            service_id=service,
            pin=None,
            occurred_at=town.at,
        )
        return sell_at_counter(town.desk, request, at=town.at)

    said = refused(sell)
    assert (said.code, said.facts["limit_units"]) == ("pin_needed", "200")


def test_a_fee_at_the_office(db: Database) -> None:
    town = build_fee_town(
        db, scheme_text=WHOLE, grant_units=3_000, at=moment("2026-03-03 09:30"), **FREE
    )
    take_list(town, ("B1", 1, "300.00"))
    with db.read() as tx:
        bill = bills_of_household(tx, HERE, 1)[0]

    def take(units: int) -> dict[str, Any]:
        request = FeeRequest(
            community_id=HERE,
            request_id=new_request_id(town.at),
            bill_id=bill.bill_id,
            units=units,
            at_office=99,
            token=town.code(1),
        )
        return ask(town.desk, request, at=town.at)

    said = refused(lambda: take(220))
    assert (said.code, said.facts["limit_units"]) == ("pin_needed", "200")
    assert take(200)["units"] == 200


def test_nobody_else_reads_what_the_settings_hold_in_hundredths() -> None:
    """The limits come from one place, which knows in what the points are counted."""
    may = {"ledger/members/terms.py", "ledger/members/settings.py", "kiosk/office/settings.py"}
    root = Path(__file__).parents[2]
    reads = [
        str(path.relative_to(root))
        for package in ("ledger", "pos", "settlement", "kiosk")
        for path in (root / package).rglob("*.py")
        if re.search(
            r"\.(day_units|pin_above_units)_(card|dyn)\b", path.read_text(encoding="utf-8")
        )
    ]
    assert set(reads) - may == set()


def give_pin(town: Town) -> None:
    said: dict[str, Any] = {"pepper": town.desk.pepper, "by": SYSTEM, "at": town.at}
    town.db.write(lambda tx: pins.set_pin(tx, HERE, 1, PIN, cost=QUICK, **said))
