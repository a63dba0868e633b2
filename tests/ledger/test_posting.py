"""The one writer of the book: what a posting writes, what its guard lets through, and how it is undone.

Two communities have accounts and entries of the same numbers: a statement that forgets whose it speaks of shows.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest
from sqlalchemy import event

from ledger.book.chart import Account, Kind
from ledger.book.posting import Line, Posting, Side, check_open, header, post, reverse, steps
from ledger.database import Database
from ledger.errors import GuardMissedError, Refusal

POINTS, DAY, AT = 1002, 20260302, 1_772_413_200_000_000
WALLET, OFFSET, ISSUED = (
    Side(11, Account.WALLET),
    Side(12, Account.OFFSET),
    Side(13, Account.ISSUED_CONSUMPTION),
)
OWED, PENDING, OTHER = Side(14, Account.OWED), Side(15, Account.PENDING), Side(10, Account.WALLET)
SIDES = (WALLET, OFFSET, ISSUED, OWED, PENDING, OTHER)
BALANCES = {WALLET: (100, 40), OWED: (0, 0), OTHER: (5, 0)}
HERE, THERE = 1, 2


def posting(*lines: Line, kind: Kind = Kind.SALE, **changes: Any) -> Posting:
    given: dict[str, Any] = {
        "community_id": HERE,
        "request_id": "r1",
        "occurred_at": AT - 5,
        "at": AT,
        "business_date": DAY,
        "txn_id": 77,
    }
    return Posting(kind=kind, lines=lines, **(given | changes))


def spend(units: int) -> Line:
    return Line(WALLET, OFFSET, POINTS, units)


def give_rows_in_no_order(connection: sqlite3.Connection, _: object) -> None:
    """What is read without saying in which order comes the other way round."""
    connection.execute("PRAGMA reverse_unordered_selects = ON")


@pytest.fixture
def db(sqlite_url: str) -> Iterator[Database]:
    opened = Database(sqlite_url)
    event.listen(opened.engine, "connect", give_rows_in_no_order)
    with opened.engine.begin() as connection:
        for community in (HERE, THERE):
            for side in SIDES:
                connection.exec_driver_sql(
                    "INSERT INTO account (community_id, account_id, commodity, kind, owner_id, bounded, opened_at)"
                    " VALUES (?, ?, ?, ?, ?, ?, 0)",
                    (
                        community,
                        side.account_id,
                        POINTS,
                        side.kind.value,
                        side.account_id,
                        int(side in BALANCES),
                    ),
                )
            for side, (posted, held) in BALANCES.items():
                connection.exec_driver_sql(
                    "INSERT INTO balance (community_id, account_id, posted, held) VALUES (?, ?, ?, ?)",
                    (community, side.account_id, posted, held),
                )
    yield opened
    opened.close()


def rows(db: Database, sql: str) -> list[tuple[Any, ...]]:
    with db.engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(sql)]


def balances(db: Database, community: int = HERE) -> dict[int, tuple[int, int]]:
    asked = f"SELECT account_id, posted, held FROM balance WHERE community_id = {community}"
    return {account: (posted, held) for account, posted, held in rows(db, asked)}


# --- as a list of statements


def test_the_header_says_everything_of_a_posting_once() -> None:
    values: dict[str, Any] = {
        field.name: n
        for n, field in enumerate(fields(Posting), 100)
        if field.name not in {"kind", "lines", "captured"}
    }
    found = header(Posting(kind=Kind.GRANT, lines=(), **values))

    assert found["kind"] == "grant"
    # The moment of writing is the only one that is called otherwise in the table.
    assert found | {"at": found["recorded_at"]} == values | {
        "kind": "grant",
        "recorded_at": values["at"],
    }


def test_what_is_issued_and_accepted_nowhere_else_is_so_here() -> None:
    found = header(posting(community_id=9))

    assert (found["issuing_community"], found["accepting_community"]) == (9, 9)
    assert found["source"] == "job"
    assert (found["provisional"], found["reason_key"], found["scheme_period"]) == (0, "", "")


def test_guards_come_first_in_the_order_of_accounts_then_header_transfers_outbox() -> None:
    repaid = Line(WALLET, OWED, POINTS, 7)
    earned = Line(ISSUED, PENDING, POINTS, 30)
    made = steps(posting(spend(20), earned, repaid, captured={11: 20, 10: 3}))

    assert [(step.guard, step.rows, step.returns) for step in made] == [
        ("balance", 1, False), ("balance", 1, False), ("balance", 1, False),
        ("", 1, False), ("", 1, False), ("", 1, False),
    ]  # fmt: skip
    # A repayment takes from the wallet and from what is owed, which grows by debits.
    assert [dict(step.params) for step in made[:3]] == [
        {"community_id": 1, "account_id": 10, "delta": 0, "captured": 3},
        {"community_id": 1, "account_id": 11, "delta": -27, "captured": 20},
        {"community_id": 1, "account_id": 14, "delta": -7, "captured": 0},
    ]
    assert {type(amount) for step in made[:3] for amount in step.params.values()} == {int}
    assert made[3].params == header(posting(spend(20), earned, repaid))
    assert dict(made[4].params) == {
        "community_id": 1, "txn_id": 77,
        "commodity0": POINTS, "debit0": 11, "credit0": 12, "amount0": 20,
        "commodity1": POINTS, "debit1": 13, "credit1": 15, "amount1": 30,
        "commodity2": POINTS, "debit2": 11, "credit2": 14, "amount2": 7,
    }  # fmt: skip
    assert dict(made[5].params) == {"community_id": 1, "txn_id": 77, "recorded_at": AT}


def test_an_account_that_ends_as_it_began_needs_no_guard() -> None:
    back = Line(OFFSET, WALLET, POINTS, 20)
    there_and_back = posting(spend(20), back, kind=Kind.REVERSAL)

    assert [step.guard for step in steps(there_and_back)] == ["", "", ""]
    assert [step.guard for step in steps(posting())] == ["", ""]


def test_twelve_lines_are_written_and_thirteen_are_a_bug() -> None:
    assert len(steps(posting(*[spend(1)] * 12))) == 4

    with pytest.raises(ValueError, match="at most 12"):
        steps(posting(*[spend(1)] * 13))


@pytest.mark.parametrize(
    "line", [spend(0), spend(-1), Line(OFFSET, WALLET, POINTS, 5), Line(WALLET, ISSUED, POINTS, 5)]
)
def test_what_the_chart_does_not_allow_is_a_bug(line: Line) -> None:
    with pytest.raises(ValueError, match="may not move"):
        steps(posting(spend(1), line))


# --- in the book


def test_a_posting_is_written_whole(db: Database) -> None:
    earned = Line(ISSUED, PENDING, POINTS, 30)
    made = db.write(lambda tx: post(tx, posting(spend(20), earned, ref="M01", reason_key="sale")))

    assert made == 77
    assert rows(db, "SELECT * FROM transfer ORDER BY line_no") == [
        (HERE, 77, 0, POINTS, 11, 12, 20),
        (HERE, 77, 1, POINTS, 13, 15, 30),
    ]
    names = list(header(posting()))
    [written] = rows(db, f"SELECT {', '.join(names)} FROM txn")
    assert dict(zip(names, written, strict=True)) == header(posting(ref="M01", reason_key="sale"))
    assert rows(db, "SELECT community_id, entry_id, kind, recorded_at FROM outbox") == [
        (HERE, 77, "txn", AT)
    ]
    assert balances(db) == {10: (5, 0), 11: (80, 40), 14: (0, 0)}
    assert balances(db, THERE) == {10: (5, 0), 11: (100, 40), 14: (0, 0)}


@pytest.mark.usefixtures("fresh_ids")
def test_a_posting_without_a_number_is_given_one_of_its_time(db: Database) -> None:
    made = db.write(lambda tx: post(tx, posting(txn_id=0)))

    assert made > 0
    assert rows(db, "SELECT txn_id FROM txn") == [(made,)]
    # 41 bits of milliseconds since 2025 stand in front.
    assert made >> 22 == AT // 1_000 - 1_735_689_600_000


@pytest.mark.parametrize(
    ("units", "captured", "left"),
    [
        (60, 0, (40, 40)),
        (61, 0, None),
        (40, 40, (60, 0)),
        (100, 40, (0, 0)),
        (41, 41, None),
        (0, 10, (100, 30)),
    ],
)
def test_what_is_held_can_be_taken_by_its_own_posting_alone(
    db: Database, units: int, captured: int, left: tuple[int, int] | None
) -> None:
    lines = [spend(units)] if units else []
    asked = posting(*lines, captured={11: captured} if captured else {})

    if left is not None:
        db.write(lambda tx: post(tx, asked))
        assert balances(db)[11] == left
        return
    with pytest.raises(GuardMissedError) as missed:
        db.write(lambda tx: post(tx, asked))
    assert missed.value.guard == "balance"
    assert balances(db)[11] == (100, 40)
    assert rows(db, "SELECT * FROM txn") == []


def test_other_wallets_are_left_alone(db: Database) -> None:
    db.write(lambda tx: post(tx, posting(spend(20), captured={11: 20})))

    assert balances(db) == {10: (5, 0), 11: (80, 20), 14: (0, 0)}
    assert balances(db, THERE)[11] == (100, 40)


def lock(db: Database, community: int, day: int, state: str = "locked") -> None:
    with db.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO book_day VALUES (?, ?, ?, 0)", (community, day, state)
        )


def test_a_locked_day_takes_nothing_and_says_which(db: Database) -> None:
    lock(db, HERE, DAY)

    with pytest.raises(Refusal) as said:
        db.write(lambda tx: post(tx, posting(spend(1))))
    assert (said.value.code, said.value.facts) == ("period_locked", {"business_date": DAY})
    assert rows(db, "SELECT * FROM txn") == []
    db.write(lambda tx: post(tx, posting(spend(1), business_date=DAY + 1)))


def test_a_day_cut_off_and_a_day_locked_elsewhere_are_open(db: Database) -> None:
    lock(db, HERE, DAY, "cut_off")
    lock(db, THERE, DAY)

    db.write(lambda tx: post(tx, posting(spend(1))))
    with db.read() as tx, pytest.raises(Refusal, match="period_locked"):
        check_open(tx, THERE, DAY)


def close_month(db: Database, community: int, month: int) -> None:
    names = [row[1] for row in rows(db, "PRAGMA table_info(period)")]
    values = {"community_id": community, "period_key": month}
    with db.engine.begin() as connection:
        connection.exec_driver_sql(
            f"INSERT INTO period ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})",
            tuple(values.get(name, 0) for name in names),
        )


def test_a_closed_month_takes_nothing_also_on_days_without_a_night(db: Database) -> None:
    close_month(db, HERE, 202602)
    close_month(db, THERE, 202603)

    with pytest.raises(Refusal, match="period_locked"):
        db.write(lambda tx: post(tx, posting(spend(1), business_date=20260228)))
    db.write(lambda tx: post(tx, posting(spend(1))))
    lock(db, HERE, 20260201)
    with db.read() as tx, pytest.raises(Refusal, match="period_locked"):
        # Locked as a day and as a month is one refusal.
        check_open(tx, HERE, 20260201)


# --- undone


def undo(db: Database, community: int = HERE, txn_id: int = 77, **changes: Any) -> int:
    asked: dict[str, Any] = {
        "request_id": "r2",
        "at": AT + 9,
        "business_date": DAY + 1,
        "reason_key": "mistake",
    }
    return db.write(lambda tx: reverse(tx, community, txn_id, **(asked | changes)))


def test_undoing_swaps_the_sides_of_every_line_and_names_what_it_undoes(db: Database) -> None:
    earned = Line(ISSUED, PENDING, POINTS, 30)
    db.write(lambda tx: post(tx, posting(spend(20), earned)))
    # The same number in another community is another entry, on another day, of accounts of other kinds.
    db.write(lambda tx: post(tx, posting(spend(3), community_id=THERE, business_date=DAY + 5)))
    with db.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE account SET kind = CASE account_id WHEN 11 THEN 'retired' ELSE 'fund' END"
            f" WHERE community_id = {THERE} AND account_id IN (11, 12)"
        )
    db.write(lambda tx: post(tx, posting(business_date=DAY - 9, txn_id=70, request_id="r0")))

    made = undo(db)

    lines = f"SELECT line_no, commodity, debit_id, credit_id, amount FROM transfer WHERE txn_id = {made} ORDER BY 1"
    assert rows(db, lines) == [(0, POINTS, 12, 11, 20), (1, POINTS, 15, 13, 30)]
    names = (
        "community_id, kind, request_id, business_date, occurred_at, recorded_at, reason_key, reverses_txn,"
        " corrects_date"
    )
    assert rows(db, f"SELECT {names} FROM txn WHERE txn_id = {made}") == [
        (HERE, "reversal", "r2", DAY + 1, AT + 9, AT + 9, "mistake", 77, DAY)
    ]
    assert balances(db)[11] == (100, 40)
    assert balances(db, THERE)[11] == (97, 40)


def test_an_entry_is_undone_once_and_its_namesake_elsewhere_is_another(db: Database) -> None:
    for community in (THERE, HERE):
        db.write(lambda tx, here=community: post(tx, posting(spend(20), community_id=here)))  # type: ignore[misc]
    undo(db, THERE)

    undo(db)
    with pytest.raises(Refusal) as said:
        undo(db, request_id="r3")
    assert said.value.code == "already_reversed"


def test_points_that_are_gone_cannot_be_taken_back_by_undoing(db: Database) -> None:
    earned = Line(ISSUED, OTHER, POINTS, 30)
    db.write(lambda tx: post(tx, posting(earned)))
    db.write(
        lambda tx: post(tx, posting(Line(OTHER, OFFSET, POINTS, 6), txn_id=78, request_id="r4"))
    )

    with pytest.raises(GuardMissedError):
        undo(db)


def test_an_entry_without_lines_is_undone_by_one_without_lines(db: Database) -> None:
    db.write(lambda tx: post(tx, posting()))

    made = undo(db)

    assert rows(db, f"SELECT reverses_txn, corrects_date FROM txn WHERE txn_id = {made}") == [
        (77, None)
    ]
