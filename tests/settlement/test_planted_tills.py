"""Claims of sales that tills made without network and the server refused, or never saw: each under its own code."""

from __future__ import annotations

from collections import Counter

import pytest

from settlement.night import verify_night
from tests.settlement.test_planted_faults import found_in, night, one_day, states
from tests.support.fault_plant import file_till, honest_days, live_day
from tests.support.night_plant import HOUR, Entry, Planted, Planter, book, into
from tests.support.town import HERE, Town

REFUSED = {
    "A1": "token_bad_signature",
    "A2": "card_not_active",
    "A3": "token_used",
    "A4": "terminal_revoked",
    "A5": "offline_over_card",
}
"""Each verdict with a refusal that an entry without network is kept under."""


def refused_entry(town: Town, sale: Entry, code: str, *, came_at: int) -> None:
    """The entry as the server keeps it: refused, with its code."""
    into(
        town.db,
        "INSERT INTO offline_sale (community_id, request_id, ref, terminal_id, merchant_id, counter, policy_day,"
        " policy_at, occurred_at, came_at, business_date, person_id, card_serial, card_issue, total_fen, units, fen,"
        f" lacked_units, state, code, keyed_by, heard_where) VALUES ({HERE}, 'r-{sale.ref}', '{sale.ref}',"
        f" {sale.till.terminal_id}, {sale.till.merchant_id}, {sale.counter}, 0, 0, {sale.at}, {came_at}, 0, 1, 1, 1,"
        f" {sale.fen * 5}, {sale.units}, {sale.fen}, 0, 'refused', '{code}', 0, '')",
    )


def till_says(town: Town, sale: Entry, at: int) -> None:
    """The till tells that it still holds the sale."""
    into(
        town.db,
        "INSERT INTO till_waiting (community_id, terminal_id, said_at, last_counter, waiting, unused)"
        f" VALUES ({HERE}, {sale.till.terminal_id}, {at}, {sale.counter}, '[{sale.counter}]', '[]')",
    )


@pytest.mark.parametrize("verdict", REFUSED)
def test_a_claim_of_a_refused_sale_is_called_what_it_was_refused_for(
    town: Town, verdict: str
) -> None:
    planter, day = one_day(town)
    sale = planter.entry(day.day)
    day.file(sale)
    refused_entry(town, sale, REFUSED[verdict], came_at=sale.at + HOUR)
    live_day(town, day, 1)

    found = found_in(town, night(town, day.day))

    assert found == Counter([Planted(verdict, sale.till.merchant_id, sale.ref, minus_fen=sale.fen)])
    assert states(town, sale.ref) == [(verdict, "open")]


def test_a_refusal_that_comes_after_the_day_changes_nothing_of_its_night(town: Town) -> None:
    planter, day = one_day(town)
    sale = planter.entry(day.day)
    day.file(sale)
    live_day(town, day, 1)
    night(town, day.day)

    refused_entry(town, sale, "token_used", came_at=sale.at + 48 * HOUR)

    assert states(town, sale.ref) == [("X1", "pooled")]
    assert verify_night(town.db, HERE, day.day)


def test_a_sale_its_till_still_holds_waits_a_day_and_explains_itself(town: Town) -> None:
    planter = Planter(town.tills, 7)
    first, second = honest_days(planter, 2, per_day=3)
    sale = planter.entry(first.day)
    first.file(sale)
    till_says(town, sale, at=sale.at + HOUR)
    live_day(town, first, 1)

    found = found_in(town, night(town, first.day))

    assert found == Counter([Planted("S3", sale.till.merchant_id, sale.ref, minus_fen=sale.fen)])
    assert states(town, sale.ref) == [("S3", "pooled")]
    live_day(town, second, 2, file=False)
    book(town, [Entry(**{**vars(sale), "day": second.day})])
    for till in town.tills:
        file_till(town, second, till.code, 2)
    assert not found_in(town, night(town, second.day))
    assert states(town, sale.ref) == [("S3", "auto_cleared")]


def test_a_sale_its_till_holds_too_long_is_somebodys(town: Town) -> None:
    planter = Planter(town.tills, 7)
    days = honest_days(planter, 3, per_day=2)
    sale = planter.entry(days[0].day)
    days[0].file(sale)
    till_says(town, sale, at=sale.at + HOUR)
    seen = []
    for number, day in enumerate(days, start=1):
        live_day(town, day, number)
        night(town, day.day)
        seen += [state for _, state in states(town, sale.ref)]

    assert seen == ["pooled", "open", "open"]
