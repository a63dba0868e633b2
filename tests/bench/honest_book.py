"""A large book without a fault: many sales made by the product's own steps, written in bulk, and real nights.

What a sale writes comes from `pos.sale_plan`; only the deciding before it (codes, limits, one transaction each) is left
out, so that a million are written in a minute. Claims, nights and the seal are the product's, untouched.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ledger.book.accounts import account_id
from ledger.book.chart import Account
from ledger.book.cover import authorise_step, reserve
from ledger.book.requests import hash_of, keep_step
from ledger.database import Database
from ledger.ids import new_id, new_request_id
from ledger.refs import make_reference
from ledger.seal.sealer import seal
from ledger.sql import Sql, Tx
from ledger.units import CNY
from pos.sale_plan import Accounts, Plan, booking_steps, posting_of, sale_step
from settlement.claims import file_daybook
from settlement.daybook import Daybook, DaybookLine, totals_of
from settlement.night import run_night
from tests.support.night_plant import HOUR, midnight, next_day
from tests.support.town import CIVIC, HERE, Till, Town, build_town

PEOPLE = 2_000
SHOPS = 12
FIRST_DAY = 20260302
_AT_ONCE = 20_000
_MOST_A_TILL = 15_000
"""Lines in one daybook; a till takes no more than 20,000."""

_EACH_OFFSET = 3
"""Every third sale takes points."""


@dataclass
class Made:
    """What was written."""

    sales: int = 0
    transfers: int = 0
    nights: int = 0
    lines: dict[int, list[DaybookLine]] = field(default_factory=lambda: defaultdict(list))


def fill(db: Database, sales: int, *, days: int = 4) -> Made:
    """Write `sales` sales over `days` days, each day claimed, settled and locked."""
    town = build_town(
        db,
        people=PEOPLE,
        shops=SHOPS,
        tills_each=2,
        fund_fen=10**12,
        grant_units=10**9,
        allowance_fen=10**11,
    )
    made = Made()
    accounts = _accounts(town)
    day, numbers = FIRST_DAY, iter(range(1, 10**9))
    batches: dict[int, int] = defaultdict(int)
    for left in range(days, 0, -1):
        count = (sales - made.sales) // left
        _open_day(town, day, count)
        plans = _plans(town, accounts, day, count, numbers, made)
        while some := [plan for _, plan in zip(range(_AT_ONCE), plans, strict=False)]:
            db.write(lambda tx, some=some: _write(tx, some, made))  # type: ignore[misc]
        seal(db, HERE)
        _file(town, made, batches, day)
        result = run_night(db, HERE, day, at=midnight(next_day(day)) + 2 * HOUR)
        assert (result.state, result.codes) == ("locked", ())
        made.nights += 1
        day = next_day(day)
    seal(db, HERE)
    return made


def _accounts(town: Town) -> dict[str, dict[int, int]]:
    """Account numbers by kind and owner, opened where nobody has."""

    def work(tx: Tx) -> dict[str, dict[int, int]]:
        found: dict[str, dict[int, int]] = defaultdict(dict)
        for person in range(1, PEOPLE + 1):
            for kind in (Account.WALLET, Account.PENDING, Account.OWED):
                found[kind.value][person] = account_id(tx, HERE, kind, CIVIC, person, at=town.at)
        for shop in range(1, SHOPS + 1):
            found["offset"][shop] = account_id(tx, HERE, Account.OFFSET, CIVIC, shop, at=town.at)
            found["cover"][shop] = account_id(tx, HERE, Account.COVER, CNY, shop, at=town.at)
        issued = account_id(tx, HERE, Account.ISSUED_CONSUMPTION, CIVIC, at=town.at)
        found["issued"][0] = issued
        return found

    return town.db.write(work)


def _open_day(town: Town, day: int, count: int) -> None:
    """Cover enough for every offset of the day."""
    town.at = midnight(day) + 7 * HOUR
    for shop in range(1, SHOPS + 1):

        def work(tx: Tx, shop: int = shop) -> None:
            reserve(
                tx,
                HERE,
                shop,
                count * 1_000,
                request_id=new_request_id(town.at),
                at=town.at,
                business_date=day,
            )

        town.db.write(work)


def _plans(
    town: Town,
    accounts: dict[str, dict[int, int]],
    day: int,
    count: int,
    numbers: Iterator[int],
    made: Made,
) -> Iterator[Plan]:
    begin, span = midnight(day) + 8 * HOUR, 12 * HOUR
    for place in range(count):
        number = next(numbers)
        till = town.tills[number % len(town.tills)]
        at = begin + span * place // count
        plan = _plan(till, accounts, day, number, at)
        if plan.offset_fen:
            made.lines[till.terminal_id].append(_line(plan))
        yield plan


def _plan(till: Till, accounts: dict[str, dict[int, int]], day: int, number: int, at: int) -> Plan:
    person, shop = number % PEOPLE + 1, till.merchant_id
    till.counter += 1
    offset_fen = (1 + number % 4) * 100 if number % _EACH_OFFSET == 0 else 0
    total_fen = 1_500 + number % 3_000
    paid_fen = total_fen - offset_fen
    return Plan(
        community_id=HERE,
        sale_id=new_request_id(at),
        ref=make_reference(till.code, day, till.counter),
        counter=till.counter,
        merchant_id=shop,
        branch_id=shop,
        terminal_id=till.terminal_id,
        clerk_id=None,
        person_id=person,
        wallet_owner_id=person,
        card_serial=person,
        card_issue=1,
        business_date=day,
        occurred_at=at,
        at=at,
        asked_at=at,
        commodity=CIVIC,
        scheme_version="changan/2026.1",
        units_per_fen=20,
        total_fen=total_fen,
        offset_units=offset_fen * 20,
        offset_fen=offset_fen,
        paid_fen=paid_fen,
        earned_units=paid_fen,
        cut_by="",
        repay_units=0,
        route="till",
        channel="scan",
        payment_ref=None,
        spendable=number % 2 == 0,
        gap_us=0,
        body_hash="",
        caps=(),
        accounts=Accounts(
            issued=accounts["issued"][0],
            offset=accounts["offset"][shop],
            cover=accounts["cover"][shop],
            wallet=accounts["wallet"][person],
            pending=accounts["pending"][person],
            owed=accounts["owed"][person],
        ),
    )


def _line(plan: Plan) -> DaybookLine:
    return DaybookLine(
        counter=plan.counter,
        ref=plan.ref,
        kind="sale",
        original_ref=None,
        total_fen=plan.total_fen,
        offset_units=plan.offset_units,
        offset_fen=plan.offset_fen,
        paid_fen=plan.paid_fen,
        occurred_at=plan.occurred_at,
    )


def _write(tx: Tx, plans: list[Plan], made: Made) -> None:
    """The rows of many sales, statement by statement."""
    rows: dict[Sql, list[Any]] = {}
    for plan in plans:
        txn_id = new_id(plan.at)
        posting = posting_of(
            plan, txn_id=txn_id, at=plan.at, business_date=plan.business_date, captured={}
        )
        steps = booking_steps(plan, posting)
        if plan.offset_fen:
            steps.append(authorise_step(HERE, plan.accounts.cover, plan.offset_fen))
        steps.append(sale_step(plan, state="done", business_date=plan.business_date, txn_id=txn_id))
        body_hash = hash_of({"sale": plan.sale_id})
        steps.append(
            keep_step(HERE, plan.sale_id, "sale", body_hash, at=plan.at, response={}, txn_id=txn_id)
        )
        for step in steps:
            rows.setdefault(step.sql, []).append(step.params)
        made.transfers += len(posting.lines)
    made.sales += len(plans)
    for sql, params in rows.items():
        tx.many(sql, params)


def _file(town: Town, made: Made, batches: dict[int, int], day: int) -> None:
    """Each till files its day, in as many daybooks as it takes."""
    at = midnight(next_day(day)) + HOUR
    for terminal_id, lines in made.lines.items():
        for first in range(0, len(lines), _MOST_A_TILL):
            some = lines[first : first + _MOST_A_TILL]
            batches[terminal_id] += 1
            book = Daybook(
                business_date=day,
                batch_no=batches[terminal_id],
                opened_at=at,
                closed_at=at,
                lines=tuple(some),
                totals=totals_of(some),
            )
            file_daybook(town.db, HERE, terminal_id, book, at=at)
    made.lines.clear()
