"""A household says that a purchase on its account is not its own: verdict T2, from the word to the row people work on.

Nothing is taken from anybody by saying so, and no card is blocked: the card was not misused, somebody typed or picked
the wrong household. What was bought with a card by somebody else is unauthorised use, and has forms of its own.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final, NamedTuple

from ledger import audit
from ledger.audit import By
from ledger.earning.calendar import day_from_key, day_key
from ledger.errors import Refusal
from ledger.members import approvals, residents
from ledger.sql import Row, Sql, Tx
from settlement.effects import today_of
from settlement.own_rows import open_row
from settlement.verdicts import Code

DAYS_BACK: Final = 90
"""So many days after its business date a purchase can still be named."""
MOST: Final = 40
_LONGEST: Final = 500
_SPAN: Final = (850_000, 899_999)
"""T2 rows of a day are numbered in between."""

# What of a purchase still stands: less what came back. Points taken back for lack of a payment stand no more.
STANDS: Final = (
    "SELECT s.txn_id, s.sale_id, s.ref, s.merchant_id, s.terminal_id, s.person_id, s.wallet_owner_id, s.business_date,"
    " x.occurred_at, x.scheme_version, x.units_per_fen,"
    " (SELECT min(t.commodity) FROM transfer t WHERE t.community_id = x.community_id AND t.txn_id = x.txn_id)"
    "  AS commodity, s.offset_units - coalesce(b.units, 0) AS units_out, s.offset_fen - coalesce(b.fen, 0) AS fen_out,"
    " CASE WHEN p.state = 'reversed' THEN 0 ELSE s.earned_units - coalesce(b.earned, 0) END AS earned_out,"
    " coalesce(p.left_units, 0) AS pending_units, coalesce(b.waiting, 0) AS refunds_open"
    " FROM sale s JOIN txn x ON x.community_id = s.community_id AND x.txn_id = s.txn_id"
    " LEFT JOIN pending p ON p.community_id = s.community_id AND p.txn_id = s.txn_id"
    " LEFT JOIN (SELECT community_id, sale_id,"
    "  sum(CASE WHEN state = 'done' THEN units_back ELSE 0 END) AS units,"
    "  sum(CASE WHEN state = 'done' THEN offset_fen ELSE 0 END) AS fen,"
    "  sum(CASE WHEN state = 'done' THEN earned_back_units ELSE 0 END) AS earned,"
    "  sum(CASE WHEN state = 'open' THEN 1 ELSE 0 END) AS waiting"
    "  FROM refund WHERE community_id = :community_id GROUP BY community_id, sale_id) b"
    "  ON b.community_id = s.community_id AND b.sale_id = s.sale_id"
    " WHERE s.community_id = :community_id AND s.state = 'done'"
    # Whose points the community lent or gave back already has an answer of its own.
    " AND NOT EXISTS (SELECT 1 FROM offline_sale o WHERE o.community_id = s.community_id AND o.request_id = s.sale_id"
    "  AND o.state IN ('loss', 'twice'))"
    " AND NOT EXISTS (SELECT 1 FROM misuse_entry m WHERE m.community_id = s.community_id AND m.txn_id = s.txn_id)"
)
_TO_NAME: Final = Sql(
    f"{STANDS} AND s.wallet_owner_id IN (:household_id, :person_id) AND s.business_date >= :since"
    " AND NOT EXISTS (SELECT 1 FROM wrong_household w WHERE w.community_id = s.community_id AND w.txn_id = s.txn_id)"
    " ORDER BY s.txn_id DESC LIMIT :most"
)
ONE: Final = Sql(f"{STANDS} AND s.txn_id = :txn_id")
_NAMED: Final = Sql(
    "SELECT discrepancy_no FROM wrong_household WHERE community_id = :community_id AND txn_id = :txn_id"
)
_SAY: Final = Sql(
    "INSERT INTO wrong_household (community_id, txn_id, discrepancy_no, person_id, household_id, told, source,"
    " taken_by, business_date, taken_at) VALUES (:community_id, :txn_id, :discrepancy_no, :person_id,"
    " :household_id, :told, :source, :taken_by, :today, :at)"
)
_SAID: Final = (
    "SELECT w.txn_id, w.discrepancy_no, w.person_id, w.household_id, w.told, w.source, w.taken_by, w.taken_at,"
    " d.state, d.decision, d.reason, d.due_date, d.ref, d.claimant_id, d.booked_units, d.booked_at, r.to_owner,"
    " r.to_person, r.units, r.earned_units, r.owed_units FROM wrong_household w JOIN discrepancy d"
    " ON d.community_id = w.community_id AND d.discrepancy_no = w.discrepancy_no"
    " LEFT JOIN rebooked r ON r.community_id = w.community_id AND r.txn_id = w.txn_id"
    " WHERE w.community_id = :community_id"
)
_OF_HOUSEHOLD: Final = Sql(
    f"{_SAID} AND w.household_id = :household_id ORDER BY w.txn_id DESC LIMIT :most"
)
_ONE_SAID: Final = Sql(f"{_SAID} AND w.discrepancy_no = :discrepancy_no")
_NEWEST: Final = Sql(f"{_SAID} ORDER BY w.taken_at DESC, w.txn_id DESC LIMIT :most")


class Named(NamedTuple):
    """Whose account, which purchases (numbers of postings), and what they say happened."""

    person_id: int
    txn_ids: tuple[int, ...]
    told: str = ""


def first_day(today: int) -> int:
    """The earliest business date (yyyymmdd) whose purchases can still be named."""
    return day_key(day_from_key(today) - timedelta(days=DAYS_BACK))


def to_name(tx: Tx, community_id: int, person_id: int, *, at: int) -> list[Row]:
    """Purchases on a resident's account or their household's that nobody has named, newest first; units signed plus.

    Refuses: resident_not_found.
    """
    who = residents.get_resident(tx, community_id, person_id)
    rows = tx.all(
        _TO_NAME,
        community_id=community_id,
        household_id=who.household_id,
        person_id=person_id,
        since=first_day(today_of(tx, community_id, at=at)),
        most=MOST,
    )
    return [row for row in rows if row.units_out > 0 or row.earned_out > 0]


def say_not_ours(tx: Tx, community_id: int, named: Named, *, by: By, at: int) -> list[int]:
    """Keep that these purchases are another household's, each a T2 of its own; returns the differences' numbers.

    `by`: a member of staff at the desk, or a resident on their own page. Refuses: resident_not_found, purchase_none
    (nothing is ticked), purchase_other (on no account of this household, too old, or nothing of it stands),
    purchase_named, own_household, own_kin.
    """
    approvals.check_not_own_household(tx, community_id, by, person_id=named.person_id)
    who = residents.get_resident(tx, community_id, named.person_id)
    chosen = sorted(set(named.txn_ids))
    if not 0 < len(chosen) <= MOST:
        raise Refusal("purchase_none", most=MOST)
    today = today_of(tx, community_id, at=at)
    numbers = []
    for txn_id in chosen:
        row = _named(tx, community_id, {who.household_id, who.person_id}, txn_id, today)
        number = open_row(
            tx,
            community_id,
            Code.T2,
            _SPAN,
            {
                "claimant_id": row.merchant_id,
                "terminal_id": row.terminal_id,
                "ref": row.ref,
                "business_date": row.business_date,
                "booked_kind": "sale",
                "booked_units": int(row.units_out),
                "booked_fen": int(row.fen_out),
                "booked_at": row.occurred_at,
                "booked_txn": row.txn_id,
            },
            at=at,
        )
        tx.run(
            _SAY,
            community_id=community_id,
            txn_id=txn_id,
            discrepancy_no=number,
            person_id=who.person_id,
            household_id=who.household_id,
            told=named.told.strip()[:_LONGEST],
            source="office" if by.kind == "staff" else "resident",
            taken_by=by.id if by.kind == "staff" else 0,
            today=today,
            at=at,
        )
        numbers.append(number)
    facts: audit.Facts = {"purchases": len(numbers), "person_id": str(who.person_id)}
    subject = f"discrepancy:{numbers[0]}"
    audit.record(tx, community_id, by, "household.not_ours", subject, at=at, after=facts)
    return numbers


def said_of(tx: Tx, community_id: int, household_id: int, *, most: int = 10) -> list[Row]:
    """What a household said of its purchases, newest first, with what came of it."""
    return tx.all(_OF_HOUSEHOLD, community_id=community_id, household_id=household_id, most=most)


def newest_said(tx: Tx, community_id: int, *, most: int = 50) -> list[Row]:
    """What households said last."""
    return tx.all(_NEWEST, community_id=community_id, most=most)


def get_said(tx: Tx, community_id: int, discrepancy_no: int) -> Row:
    """What was said behind one T2.

    Refuses: discrepancy_not_found.
    """
    row = tx.find(_ONE_SAID, community_id=community_id, discrepancy_no=discrepancy_no)
    if row is None:
        raise Refusal("discrepancy_not_found")
    return row


def _named(tx: Tx, community_id: int, owners: set[int], txn_id: int, today: int) -> Row:
    if tx.find(_NAMED, community_id=community_id, txn_id=txn_id) is not None:
        raise Refusal("purchase_named")
    row = tx.find(ONE, community_id=community_id, txn_id=txn_id)
    if (
        row is None
        or int(row.wallet_owner_id) not in owners
        or row.business_date < first_day(today)
        or not (row.units_out > 0 or row.earned_out > 0)
    ):
        raise Refusal("purchase_other", days=DAYS_BACK)
    return row
