"""Four nights of a thousand claims with planted faults: each found once, under its code, signed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest

from ledger.book.balances import account_sum
from ledger.book.chart import Account
from ledger.sql import Sql
from ledger.units import CNY
from settlement.claims import file_daybook
from settlement.intake import Upload, take_claim_file
from settlement.night import run_night, verify_night
from settlement.night_result import NightResult
from tests.support.night_plant import (
    HOUR,
    Day,
    Entry,
    Planted,
    Planter,
    book,
    claim_csv,
    daybook,
    midnight,
    next_day,
    reserve_cover,
)
from tests.support.town import HERE, Till, Town

FIRST_DAY = 20260302
PER_DAY = 940
EACH = 4
FOUND = Sql(
    "SELECT code, sub_code, claimant_id, ref, plus_fen, minus_fen FROM discrepancy"
    " WHERE community_id = :community_id AND run_no = :run_no"
)
STATES = Sql("SELECT code, ref, state FROM discrepancy WHERE community_id = :community_id")
WAITING = Sql(
    "SELECT ref, closed_run FROM open_item WHERE community_id = :community_id ORDER BY ref"
)


class Crash(
    BaseException
):  # stands for a power cut, not for an error of the program: nothing catches it
    """The process ended here."""


def plan_days(tills: Sequence[Till], seed: int, days: int = 4, per_day: int = PER_DAY) -> list[Day]:
    """Days of sales with every fault, sales over midnight, a late claim and a late till."""
    planter = Planter(tills, seed)
    made: list[Day] = []
    day = FIRST_DAY
    for n in range(days):
        today = planter.plain(day, per_day)
        planter.plant(today, EACH, made)
        if n:
            late = next(p for p in made[-1].truth if p.code == "X2")
            sale = next(e for e in made[-1].booked if e.ref == late.ref)
            today.file(sale)
            today.truth.append(Planted("X4", sale.till.merchant_id, sale.ref))
            made[-1].explained.append(("X2", sale.ref))
            offline = next(p for p in made[-1].truth if p.code == "X1")
            found = next(e for e in made[-1].filed_all() if e.ref == offline.ref)
            today.booked.append(found)
            made[-1].explained.append(("X1", found.ref))
        made.append(today)
        day = next_day(day)
    return made


def over_midnight(following: Day) -> list[Entry]:
    """Sales of the next day that are in the book before the night runs."""
    return [e for e in following.booked if e.day == following.day][:5]


def live(town: Town, days: Sequence[Day], n: int) -> None:
    """Book a day's sales (some of the next day's too) and let every shop file, half of them a CSV."""
    today = days[n]
    # The night gives unused cover back to the fund, so every day begins with its own.
    town.at = midnight(today.day) + 6 * HOUR
    reserve_cover(town, 2_000_000)
    already = {e.ref for e in over_midnight(today)} if n else set()
    # What a till booked offline reaches the book with the date it gets there.
    book(town, [e if e.day == today.day else moved(e, today.day)
                for e in today.booked if e.ref not in already])  # fmt: skip
    if n + 1 < len(days):
        book(town, over_midnight(days[n + 1]))
    at = midnight(today.day) + 22 * HOUR
    for till in town.tills:
        lines = today.filed[till.code]
        if till.merchant_id % 2:
            answer = file_daybook(
                town.db, HERE, till.terminal_id, daybook(today.day, n + 1, lines), at=at
            )
        else:
            text = claim_csv(f"M{till.merchant_id:02d}", lines, backquote=till.merchant_id == 4)
            encoding = "gb18030" if till.merchant_id == 6 else "utf-8-sig"
            upload = Upload(f"{today.day}.csv", text.encode(encoding), by=7)
            answer = take_claim_file(town.db, HERE, till.merchant_id, upload, day=today.day, at=at)
        assert answer["outcome"] == "ok", answer


def moved(entry: Entry, day: int) -> Entry:
    return replace(entry, day=day)


def night_of(town: Town, day: Day, **options) -> NightResult:
    return run_night(town.db, HERE, day.day, at=midnight(next_day(day.day)) + 2 * HOUR, **options)


def found_in(town: Town, run_no: int) -> Counter[Planted]:
    with town.db.read() as tx:
        rows = tx.all(FOUND, community_id=HERE, run_no=run_no)
    assert all(row.sub_code == "" for row in rows)
    return Counter(Planted(r.code, r.claimant_id, r.ref, r.plus_fen, r.minus_fen) for r in rows)


def expected_fen(days: Sequence[Day], n: int) -> int:
    """What night n must make payable, reckoned from the plan alone."""
    today = days[n]
    unclaimed = {p.ref for p in today.truth if p.code == "X2"}
    short = {p.ref: p.plus_fen for p in today.truth if p.code == "V2"}
    total = sum(e.fen - short.get(e.ref, 0) for e in today.booked if e.ref not in unclaimed)
    if n:
        late = {ref for code, ref in days[n - 1].explained if code == "X2"}
        total += sum(e.fen for e in days[n - 1].booked if e.ref in late)
    return total


@pytest.mark.slow
def test_every_planted_fault_is_found_once_and_nothing_else(town: Town) -> None:
    days = plan_days(town.tills, seed=20260302)

    digests = []
    for n, day in enumerate(days):
        live(town, days, n)
        result = night_of(town, day)
        digests.append(result.digest)

        assert result.state == "locked"
        assert found_in(town, result.run_no) == Counter(day.truth)
        assert result.settled_fen == expected_fen(days, n)
        for total in result.codes:
            planted = [p for p in day.truth if p.code == total.code]
            assert total.plus_fen == sum(p.plus_fen for p in planted)
            assert total.minus_fen == sum(p.minus_fen for p in planted)

    with town.db.read() as tx:
        cleared = {(r.code, r.ref) for r in tx.all(STATES, community_id=HERE)
                   if r.state == "auto_cleared"}  # fmt: skip
        late = {(p.code, p.ref) for day in days for p in day.truth if p.code == "X4"}
        assert cleared == {pair for day in days for pair in day.explained} | late
        payable = sum(
            account_sum(tx, HERE, Account.PAYABLE, CNY, t.merchant_id) for t in town.tills
        )
        assert payable == sum(expected_fen(days, n) for n in range(len(days)))
    for day, digest in zip(days, digests, strict=True):
        again = night_of(town, day)
        assert again.digest == digest
        assert verify_night(town.db, HERE, day.day)
