"""A holder says which entries they did not make: kept, the cards of those entries blocked at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, NamedTuple

from ledger import audit
from ledger.audit import By
from ledger.book.steps import Step, apply
from ledger.earning.calendar import day_from_key, day_key
from ledger.earning.working_days import WorkingDays
from ledger.errors import Refusal
from ledger.ids import new_id
from ledger.members import approvals, cards, residents
from ledger.sql import Row, Sql, Tx
from pos.misuse.facts import MOST, find_out
from pos.notices import MISUSE, tell_step

WORKING_DAYS: Final = 2
"""Within so many working days points are back, where no PIN was asked."""
DAYS_BACK: Final = 90
"""So many days after its business date an entry can still be named."""

_LONGEST: Final = 500
_FORM: Final = Sql(
    "INSERT INTO misuse_form (community_id, form_id, person_id, household_id, told, source, taken_by, business_date,"
    " due_date, taken_at, request_id) VALUES (:community_id, :form_id, :person_id, :household_id, :told, :source,"
    " :taken_by, :business_date, :due_date, :at, :request_id)"
)
_ENTRY: Final = Sql(
    "INSERT INTO misuse_entry (community_id, txn_id, form_id, commodity, wallet_owner_id, units, pin_asked) VALUES"
    " (:community_id, :txn_id, :form_id, :commodity, :wallet_owner_id, :units, :pin_asked)"
)
_NAMED: Final = Sql(
    "SELECT form_id FROM misuse_entry WHERE community_id = :community_id AND txn_id = :txn_id"
)


class Report(NamedTuple):
    """Whose card, which entries (numbers of postings), and what the holder says happened."""

    person_id: int
    txn_ids: tuple[int, ...]
    told: str
    request_id: str


def first_day(today: int) -> int:
    """The earliest business date (yyyymmdd) whose entries can still be named."""
    return day_key(day_from_key(today) - timedelta(days=DAYS_BACK))


def due_on(working: WorkingDays, today: int) -> int:
    """The last day (yyyymmdd) on which points must be back."""
    return day_key(working.add_working_days(day_from_key(today), WORKING_DAYS).day)


def take_report(
    tx: Tx, community_id: int, report: Report, *, working: WorkingDays, today: int, by: By, at: int
) -> int:
    """Keep the form, block every card it is about, tell the holder; returns the form's number.

    `by`: a member of staff at the desk, or the holder on their own page. Refuses resident_not_found, misuse_nothing,
    misuse_entry_other (no purchase with this holder's card, or too old), misuse_entry_named, own_household, own_kin.
    """
    who = residents.get_resident(tx, community_id, report.person_id)
    approvals.check_not_own_household(tx, community_id, by, person_id=who.person_id)
    chosen = sorted(set(report.txn_ids))
    if not 0 < len(chosen) <= MOST:
        raise Refusal("misuse_nothing", most=MOST)
    owners = {who.household_id, who.person_id}
    rows = [_named_entry(tx, community_id, who.person_id, txn_id, today) for txn_id in chosen]
    # A wallet they have left is another household's: its people would decide about their own points.
    if any(int(row.wallet_owner_id) not in owners for row in rows):
        raise Refusal("misuse_entry_other", days=DAYS_BACK)
    form_id, due = new_id(at), due_on(working, today)
    steps = [
        Step(
            _FORM,
            {
                "community_id": community_id,
                "form_id": form_id,
                "person_id": who.person_id,
                "household_id": who.household_id,
                "told": report.told.strip()[:_LONGEST],
                "source": "office" if by.kind == "staff" else "resident",
                "taken_by": by.id if by.kind == "staff" else 0,
                "business_date": today,
                "due_date": due,
                "at": at,
                "request_id": report.request_id,
            },
        ),
        *(_entry_step(community_id, form_id, row) for row in rows),
        tell_step(
            community_id,
            who.person_id,
            MISUSE,
            str(form_id % 10**6),
            at=at,
            units=sum(int(row.units_out) for row in rows),
            until=due,
        ),
    ]
    apply(tx, steps)
    after: audit.Facts = {"entries": len(rows), "person_id": str(who.person_id)}
    audit.record(tx, community_id, by, "misuse.report", f"misuse:{form_id}", at=at, after=after)
    _block_cards(tx, community_id, rows, by=by, at=at)
    return form_id


def _named_entry(tx: Tx, community_id: int, person_id: int, txn_id: int, today: int) -> Row:
    row = find_out(tx, community_id, txn_id)
    if (
        row is None
        or row.person_id != person_id
        or row.units_out <= 0
        or row.business_date < first_day(today)
    ):
        raise Refusal("misuse_entry_other", days=DAYS_BACK)
    if tx.find(_NAMED, community_id=community_id, txn_id=txn_id) is not None:
        raise Refusal("misuse_entry_named", ref=row.ref or "")
    return row


def _entry_step(community_id: int, form_id: int, row: Row) -> Step:
    return Step(
        _ENTRY,
        {
            "community_id": community_id,
            "txn_id": row.txn_id,
            "form_id": form_id,
            "commodity": row.commodity,
            "wallet_owner_id": row.wallet_owner_id,
            "units": int(row.units_out),
            "pin_asked": int(row.pin_asked),
        },
    )


def _block_cards(tx: Tx, community_id: int, rows: list[Row], *, by: By, at: int) -> None:
    """The issue that was used is dead from now on; a newer issue of the card is not what was copied."""
    used = {(int(row.card_serial), int(row.card_issue or 0)) for row in rows}
    for serial, issue in sorted(used):
        card = cards.get_card(tx, community_id, serial)
        if card.issue == issue and "lost" in cards.MAY_BECOME.get(card.state, frozenset()):
            cards.set_state(tx, community_id, serial, "lost", by=by, at=at)
