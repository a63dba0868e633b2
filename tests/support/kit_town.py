"""A community for the auditor's kit: real staff with roles, sales, nights with differences, a month stated and paid."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

from ledger.audit import SYSTEM, By
from ledger.book.accounts import account_id
from ledger.book.chart import Account, Kind
from ledger.book.posting import Line, Posting, Side, post
from ledger.database import Database
from ledger.ids import new_request_id
from ledger.members import approvals, kin, staff
from ledger.members.hashing import QUICK
from ledger.members.staff import NewStaff
from ledger.sql import Row, Sql, Tx
from ledger.token_keys import KeyClass
from pos.checkout import check_out
from pos.proof import BillLine, prove_by_bill
from pos.refunds import refund
from settlement.choices import Choice, offered
from settlement.claims import file_daybook
from settlement.closing import accept_statement, run_month
from settlement.daybook import Daybook, DaybookLine, totals_of
from settlement.decisions import Press, approve, decide
from settlement.night import run_night
from settlement.payouts import (
    approve_payout,
    confirm_payout,
    fail_payout,
    propose_again,
    propose_payout,
    send_payout,
)
from settlement.verdicts import Code
from tests.support.night_plant import HOUR, midnight, next_day
from tests.support.town import CIVIC, HERE, Town, build_town, moment

FIRST: Final = 20260316
LAST: Final = 20260331
ISSUED: Final = moment("2026-04-05 09:00")
PASSWORD: Final = "four words make one"  # noqa: S105 - of a made-up town
ROLES: Final = {
    "admin": "admin",
    "zhou": "accountant",
    "liu": "secretary",
    "chen": "committee",
    "he": "auditor",
}
FAULTS: Final = ("plain", "too_much", "too_little", "unclaimed", "twice", "unknown", "refunded")
OPEN: Final = Sql(
    "SELECT discrepancy_no, code, state, claimant_id FROM discrepancy"
    " WHERE community_id = :community_id AND state = 'open' ORDER BY discrepancy_no"
)


@dataclass
class KitTown:
    """The town, its staff by login, and what each till has written in its own daybook."""

    town: Town
    staff: dict[str, By]
    lines: dict[int, list[DaybookLine]] = field(default_factory=dict)
    receipts: list[dict[str, Any]] = field(default_factory=list)
    batches: dict[int, int] = field(default_factory=dict)


def kit_town(db: Database, *, people: int = 6, shops: int = 3) -> KitTown:
    """Two weeks of March with a few sales a day, one difference of each kind, a stated and paid month."""
    town = build_town(
        db, people=people, shops=shops, grant_units=400_000, at=midnight(FIRST) + 9 * HOUR
    )
    made = KitTown(town, db.write(partial(_hire, at=moment("2026-01-02 09:00"))))
    db.write(lambda tx: _relate(tx, made))
    _grant_by_hand(made, person=4, units=3_000)
    day = FIRST
    while day <= LAST:
        _live(made, day)
        day = next_day(day)
    _decide(made)
    town.at = ISSUED
    _pay(made)
    return made


def _hire(tx: Tx, *, at: int) -> dict[str, By]:
    hired: dict[str, By] = {}
    for n, (login, role) in enumerate(ROLES.items()):
        new = NewStaff(login=login, name=f"名{login}", password=PASSWORD)
        by = hired.get("admin", SYSTEM)
        when = at + n * 1_000_000
        staff_id = staff.add_staff(tx, HERE, new, pepper=b"p", by=by, at=when, cost=QUICK)
        staff.give_role(tx, HERE, staff_id, role, by=by, at=when)
        hired[login] = By("staff", staff_id)
    return hired


def _relate(tx: Tx, made: KitTown) -> None:
    """Zhou is resident 2, resident 3 is a relative; the committee member's first role was another."""
    at, admin = moment("2026-01-03 09:00"), made.staff["admin"]
    staff.set_person(tx, HERE, made.staff["zhou"].id, 2, by=admin, at=at)
    kin.declare(tx, HERE, 2, 3, kind="collateral", by=made.staff["liu"], at=at)
    chen = made.staff["chen"].id
    staff.give_role(tx, HERE, chen, "grid_worker", by=admin, at=at)
    staff.take_role(tx, HERE, chen, "grid_worker", by=admin, at=moment("2026-03-20 09:00"))


def _grant_by_hand(made: KitTown, *, person: int, units: int) -> None:
    """What the secretary proposed and the committee agreed to."""
    at, liu, chen = made.town.at, made.staff["liu"], made.staff["chen"]

    def work(tx: Tx) -> None:
        number = approvals.propose(
            tx, HERE, "grant", f"person:{person}", {"person_id": str(person)}, by=liu, at=at
        )
        approvals.approve(tx, HERE, number, by=chen, at=at)
        post_grant(tx, person=person, units=units, by=chen, at=at, day=made.town.day)

    made.town.db.write(work)


def post_grant(tx: Tx, *, person: int, units: int, by: By, at: int, day: int) -> int:
    """Points given by hand, with whoever gave them on the entry."""

    def side(kind: Account, owner: int) -> Side:
        return Side(account_id(tx, HERE, kind, CIVIC, owner, at=at), kind)

    lines = [Line(side(Account.ISSUED_GRANT, 0), side(Account.WALLET, person), CIVIC, units)]
    return post(
        tx,
        Posting(
            community_id=HERE,
            kind=Kind.GRANT,
            request_id=new_request_id(at),
            occurred_at=at,
            at=at,
            business_date=day,
            lines=lines,
            wallet_owner_id=person,
            staff_id=by.id,
            reason_key="grant",
            source="office",
        ),
    )


# --- days


def _live(made: KitTown, day: int) -> None:
    """Sales at every shop, one difference in the first days, the tills' claims and the night."""
    town = made.town
    fault = FAULTS[(day - FIRST) % len(FAULTS)]
    for n, till in enumerate(town.tills):
        town.at = midnight(day) + (9 + n) * HOUR
        for person in (1 + n, 1 + (n + 3) % town.people):
            _sell(made, n, person, 5_000 + 300 * n)
            town.later(600)
        _file(made, n, day, fault if n == 0 else "plain")
        bill = [
            BillLine(f"bill-{r['ref']}", r["paid_fen"], r["occurred_at"])
            for r in made.receipts
            if r["business_date"] == day and r["till"] == n
        ]
        prove_by_bill(
            town.desk, HERE, till.merchant_id, bill, until=day, by="bill", at=town.later(60)
        )
    run_night(town.db, HERE, day, at=midnight(next_day(day)) + 2 * HOUR)


def _sell(made: KitTown, till: int, person: int, total_fen: int) -> None:
    town = made.town
    card = town.code(person, KeyClass.CARD)
    request = town.sale(person, total_fen, 4_000, till=till, token=card)
    receipt = check_out(town.desk, request, at=town.at)
    made.receipts.append({**receipt, "till": till, "counter": request.counter})
    made.lines.setdefault(till, []).append(
        DaybookLine(
            counter=request.counter,
            ref=receipt["ref"],
            kind="sale",
            original_ref=None,
            total_fen=receipt["total_fen"],
            offset_units=receipt["offset_units"],
            offset_fen=receipt["offset_fen"],
            paid_fen=receipt["paid_fen"],
            occurred_at=receipt["occurred_at"],
        )
    )


def _file(made: KitTown, till: int, day: int, fault: str) -> None:
    lines = made.lines.pop(till)
    _file_batch(made, till, day, _falsified(made, lines, till, fault))
    if fault == "twice":
        _file_batch(made, till, day, lines[:1])


def _file_batch(made: KitTown, till: int, day: int, lines: list[DaybookLine]) -> None:
    town = made.town
    number = made.batches[till] = made.batches.get(till, 0) + 1
    at = midnight(day) + 22 * HOUR
    book = Daybook(
        business_date=day,
        batch_no=number,
        opened_at=midnight(day),
        closed_at=at,
        lines=tuple(lines),
        totals=totals_of(lines),
    )
    answer = file_daybook(town.db, HERE, town.tills[till].terminal_id, book, at=at)
    assert answer["outcome"] == "ok", answer


def _falsified(made: KitTown, lines: list[DaybookLine], till: int, fault: str) -> list[DaybookLine]:
    """What the shop files, with one difference."""
    first, *others = lines
    changed = {
        "plain": [first],
        "too_much": [_with_fen(first, first.offset_fen + 100)],
        "too_little": [_with_fen(first, first.offset_fen - 100)],
        "unclaimed": [],
        "twice": [first],
        "unknown": [first, _unknown(made, first, till)],
        "refunded": [first],
    }[fault]
    if fault == "refunded":
        request = made.town.refund(first.ref, 2_500, till=till)
        refund(made.town.desk, request, at=made.town.at)
    return [*changed, *others]


def _with_fen(line: DaybookLine, fen: int) -> DaybookLine:
    return replace(line, offset_fen=fen, offset_units=fen * 20, paid_fen=line.total_fen - fen)


def _unknown(made: KitTown, line: DaybookLine, till: int) -> DaybookLine:
    where = made.town.tills[till]
    ref = where.next_ref(made.town.day)
    return replace(line, ref=ref, counter=where.counter)


# --- the office


def _decide(made: KitTown) -> None:
    """Zhou decides what can be decided; where more than the book is paid, Liu agrees."""
    town = made.town
    town.at = moment("2026-04-01 10:00")
    with town.db.read() as tx:
        rows = tx.all(OPEN, community_id=HERE)
    for n, row in enumerate(rows[:-2]):
        _decide_one(made, row, as_claimed=n % 2 == 0)


def _decide_one(made: KitTown, row: Row, *, as_claimed: bool) -> None:
    choices = offered(Code(row.code))
    wanted = Choice.PAY_CLAIMED if as_claimed else Choice.PAY_BOOKED
    choice = wanted if wanted in choices else Choice.PAY_BOOKED
    at = made.town.later(60)
    press = Press(
        HERE, row.discrepancy_no, choice, made.staff["zhou"], "looked into", new_request_id(at)
    )
    answer = decide(made.town.db, press, may_decide=lambda _tx, _row: None, at=at)
    if answer["state"] == "proposed":
        at = made.town.later(60)
        second = press._replace(by=made.staff["liu"], request_id=new_request_id(at))
        approve(made.town.db, second, may_decide=lambda _tx, _row: None, at=at)


def _pay(made: KitTown) -> None:
    """March is stated and accepted; the first payout is confirmed, the second fails and is proposed anew."""
    db, at = made.town.db, made.town.at
    zhou, liu = made.staff["zhou"], made.staff["liu"]
    for n, statement in enumerate(run_month(db, HERE, 202603, at=at).statements):
        owner = By("merchant", statement.claimant_id)
        accept_statement(db, HERE, statement.statement_id, by=owner, at=at + HOUR)
        paid = propose_payout(db, HERE, statement.statement_id, by=zhou, at=at + 2 * HOUR)
        approve_payout(db, HERE, paid.payout_id, by=liu, at=at + 3 * HOUR)
        send_payout(db, None, HERE, paid.payout_id, by=zhou, at=at + 4 * HOUR)
        if n == 1:
            fail_payout(db, HERE, paid.payout_id, by=zhou, why="refused", at=at + 5 * HOUR)
            propose_again(db, HERE, paid.payout_id, by=zhou, at=at + 6 * HOUR)
        else:
            confirm_payout(db, HERE, paid.payout_id, by=zhou, at=at + 5 * HOUR)
