"""Discrepancies as people work on them: both sides in one row, with age, owner and due date."""

from __future__ import annotations

from typing import Any, Final

from ledger import audit
from ledger.audit import By
from ledger.database import Database
from ledger.earning.calendar import day_from_key
from ledger.errors import GuardMissedError, Refusal
from ledger.members.shop_ties import check_not_own_shop
from ledger.sql import Row, Sql, Tx
from settlement.choices import Choice, Facts, offered
from settlement.verdicts import RULES, Code

UNSETTLED: Final = ("open", "asked", "proposed")
"""States in which somebody still has to act."""

COLUMNS: Final = (
    "d.discrepancy_no, d.run_no, d.business_date, d.code, d.sub_code, d.claimant_id,"
    " d.terminal_id, d.ref, d.booked_kind, d.booked_units, d.booked_fen, d.booked_at, d.booked_txn,"
    " d.claimed_batch, d.claimed_line, d.claimed_kind, d.claimed_units, d.claimed_fen,"
    " d.claimed_at, d.plus_fen, d.minus_fen, d.held_fen, d.rest_units, d.rest_fen, d.state,"
    " d.owner_id, d.due_date, d.opened_at, d.decision, d.reason, d.decided_by, d.decided_at,"
    " d.approved_by, d.posted_txn, d.posted_fen, d.closed_run, d.closed_date"
)
_FROM: Final = (
    f"SELECT {COLUMNS}, m.code AS merchant_code, m.name AS merchant_name FROM discrepancy d"
    " LEFT JOIN merchant m ON m.community_id = d.community_id AND m.merchant_id = d.claimant_id"
    " WHERE d.community_id = :community_id"
)
_ONE: Final = Sql(f"{_FROM} AND d.discrepancy_no = :discrepancy_no")
_OPEN: Final = Sql(
    f"{_FROM} AND d.state IN ('open', 'asked', 'proposed') AND d.discrepancy_no > :after"
    " ORDER BY d.discrepancy_no LIMIT :most"
)
_OPEN_OF_SHOP: Final = Sql(
    f"{_FROM} AND d.claimant_id = :claimant_id AND d.state IN ('open', 'asked', 'proposed')"
    " AND d.code NOT IN ('P1', 'P2', 'P3', 'P4') ORDER BY d.discrepancy_no LIMIT :most"
)
_OF_NIGHT: Final = Sql(f"{_FROM} AND d.run_no = :run_no ORDER BY d.discrepancy_no LIMIT :most")
_COUNTS: Final = Sql(
    "SELECT code, count(*) AS n, sum(plus_fen) AS plus_fen, sum(minus_fen) AS minus_fen,"
    " sum(held_fen) AS held_fen, min(due_date) AS due_date FROM discrepancy"
    " WHERE community_id = :community_id AND state IN ('open', 'asked', 'proposed')"
    " GROUP BY code ORDER BY code"
)
_ASSIGN: Final = Sql(
    "UPDATE discrepancy SET owner_id = :owner_id WHERE community_id = :community_id"
    " AND discrepancy_no = :discrepancy_no AND state IN ('open', 'asked', 'proposed')"
)


def get_discrepancy(tx: Tx, community_id: int, discrepancy_no: int) -> Row:
    """One discrepancy with its shop's code and name.

    Refuses: discrepancy_not_found.
    """
    row = tx.find(_ONE, community_id=community_id, discrepancy_no=discrepancy_no)
    if row is None:
        raise Refusal("discrepancy_not_found")
    return row


def facts_of(row: Row) -> Facts:
    """A discrepancy row's amounts, as the rules on decisions take them (units and fen)."""
    return Facts(
        Code(row.code),
        row.plus_fen,
        row.minus_fen,
        row.rest_units,
        row.rest_fen,
        row.claimed_fen or 0,
    )


def open_discrepancies(tx: Tx, community_id: int, *, after: int = 0, most: int = 100) -> list[Row]:
    """Those somebody still has to act on, oldest first; page on with the last number."""
    return tx.all(_OPEN, community_id=community_id, after=after, most=most)


def open_of_shop(tx: Tx, community_id: int, claimant_id: int, *, most: int = 100) -> list[Row]:
    """One shop's open discrepancies about its claims and sales, oldest first; how payments went is the office's own."""
    return tx.all(_OPEN_OF_SHOP, community_id=community_id, claimant_id=claimant_id, most=most)


def discrepancies_of_night(
    tx: Tx, community_id: int, run_no: int, *, most: int = 5_000
) -> list[Row]:
    """What one night found."""
    return tx.all(_OF_NIGHT, community_id=community_id, run_no=run_no, most=most)


def open_counts(tx: Tx, community_id: int) -> list[Row]:
    """By code: how many are open, their plus, minus and held fen (never netted), earliest due date."""
    return tx.all(_COUNTS, community_id=community_id)


def age_days(row: Row, today: int) -> int:
    """Calendar days since the night that found it (`today` as yyyymmdd)."""
    found = day_from_key(int(row.discrepancy_no) // 1_000_000)
    return (day_from_key(today) - found).days


def buttons(row: Row) -> tuple[Choice, ...]:
    """What may be done with it now; a proposed decision waits for the second person instead."""
    return offered(Code(row.code)) if row.state in {"pooled", "open", "asked"} else ()


def as_dict(row: Row, *, today: int) -> dict[str, Any]:
    """A discrepancy as plain values: ids as text, amounts in fen and units, English names."""
    rule = RULES[Code(row.code)]
    ids = ("claimant_id", "terminal_id", "booked_txn", "claimed_batch", "owner_id", "posted_txn")
    values: dict[str, Any] = row._asdict()
    values |= {name: None if values[name] is None else str(values[name]) for name in ids}
    return values | {
        "discrepancy_no": str(row.discrepancy_no),
        "name": rule.name,
        "sign": rule.sign.value,
        "hold": rule.hold.value,
        "first_action": rule.first_action,
        "age_days": age_days(row, today),
        "buttons": [choice.value for choice in buttons(row)],
    }


def assign(
    db: Database, community_id: int, discrepancy_no: int, owner_id: int, *, by: By, at: int
) -> None:
    """Give a discrepancy to a member of staff.

    Refuses: discrepancy_not_found, discrepancy_settled, own_shop (whoever it is given to).
    """
    db.write(lambda tx: assign_within(tx, community_id, discrepancy_no, owner_id, by=by, at=at))


def assign_within(
    tx: Tx, community_id: int, discrepancy_no: int, owner_id: int, *, by: By, at: int
) -> None:
    """The same, within a transaction of the caller."""
    row = get_discrepancy(tx, community_id, discrepancy_no)
    if row.state not in UNSETTLED:
        raise Refusal("discrepancy_settled", state=row.state)
    # Nobody is given what they could not decide.
    check_not_own_shop(tx, community_id, By("staff", owner_id), row.claimant_id)
    here = {"community_id": community_id, "discrepancy_no": discrepancy_no}
    if tx.run(_ASSIGN, **here, owner_id=owner_id) != 1:
        raise GuardMissedError("discrepancy")
    audit.record(
        tx,
        community_id,
        by,
        "discrepancy.assign",
        f"discrepancy:{discrepancy_no}",
        at=at,
        before={"owner": row.owner_id},
        after={"owner": owner_id},
    )
