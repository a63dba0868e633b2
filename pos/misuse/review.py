"""Points back for what a holder did not spend: provisionally at once, finally or back again once it is decided."""

from __future__ import annotations

from typing import Final, NamedTuple

from ledger import audit
from ledger.audit import By
from ledger.book.accounts import account_id
from ledger.book.balances import lock_wallet, wallet_of
from ledger.book.chart import Account, Kind
from ledger.book.posting import Line, Posting, Side, check_open
from ledger.book.posting import steps as posting_steps
from ledger.book.repay import repay_lines
from ledger.book.steps import Step, apply
from ledger.database import Database
from ledger.errors import Refusal
from ledger.ids import derived_request_id, new_id
from ledger.members import approvals
from ledger.offline.borne import borne_units
from ledger.sql import Row, Sql, Tx
from pos.misuse.facts import due_forms, entries_on, find_form, find_out
from pos.notices import MISUSE_BACK, MISUSE_KEPT, MISUSE_TAKEN, tell_step

# A refund or a return of the same entry waits, so that its points cannot come back twice.
_LOCKS: Final = (
    Sql(
        "UPDATE sale SET refunded_fen = refunded_fen WHERE community_id = :community_id AND sale_id = :request_id"
    ),
    Sql(
        "UPDATE redemption SET units = units WHERE community_id = :community_id AND redemption_id = :request_id"
    ),
)
_LOCK_FORM: Final = Sql(
    "UPDATE misuse_form SET due_date = due_date WHERE community_id = :community_id AND form_id = :form_id"
)
_GIVEN: Final = Sql(
    "INSERT INTO misuse_given (community_id, txn_id, units, is_final, given_by, business_date, given_at, given_txn_id)"
    " VALUES (:community_id, :txn_id, :units, :is_final, :given_by, :business_date, :at, :given_txn_id)"
)
_END: Final = Sql(
    "INSERT INTO misuse_end (community_id, txn_id, how, why, decided_by, business_date, decided_at, taken_units,"
    " owed_units, taken_txn_id) VALUES (:community_id, :txn_id, :how, :why, :decided_by, :business_date, :at,"
    " :taken_units, :owed_units, :taken_txn_id)"
)


class Act(NamedTuple):
    """Who acts, and when: `staff_id` 0 is the night; `day` as yyyymmdd."""

    community_id: int
    staff_id: int
    day: int
    at: int


class Review(NamedTuple):
    """A decision: the entries upheld (the others are rejected), and why."""

    upheld: frozenset[int]
    why: str


def give_back(tx: Tx, act: Act, form_id: int) -> int:
    """Give back provisionally what was taken without a PIN; returns the units. Again, it gives nothing.

    Refuses misuse_not_found, own_household, own_kin, period_locked.
    """
    form, here = _form(tx, act, form_id), act.community_id
    check_open(tx, here, act.day)
    total = 0
    for row in entries_on(tx, here, form_id):
        if row.given_units is None and row.how is None and not row.pin_asked:
            total += _give(tx, act, row, final=False)
    if total:
        _tell(tx, act, form, MISUSE_BACK, total)
        _note(tx, act, "misuse.give", form_id, {"units": total})
    return total


def give_due(db: Database, community_id: int, *, day: int, at: int) -> int:
    """Give back, for the night of a business date, what is due by then; returns for how many forms."""
    with db.read() as tx:
        due = due_forms(tx, community_id, day=day)
    act = Act(community_id, 0, day, at)
    return sum(bool(db.write(lambda tx, form=form: give_back(tx, act, form))) for form in due)  # type: ignore[misc]


def decide(tx: Tx, act: Act, form_id: int, review: Review) -> None:
    """Decide on every entry of a form, as a second person.

    Upheld: what was given stays, and what waited for this (a PIN was typed) is given now. Rejected: what had been
    given is taken from the wallet, and what is spent of it is owed. The shop keeps what it was paid in either case.
    Refuses misuse_not_found, misuse_decided, misuse_same_person, reason_missing, own_household,
    own_kin, period_locked.
    """
    form, here = _form(tx, act, form_id), act.community_id
    rows = entries_on(tx, here, form_id)
    if any(row.how is not None for row in rows):
        raise Refusal("misuse_decided")
    if act.staff_id in {int(form.taken_by), *(int(row.given_by or 0) for row in rows)} - {0}:
        raise Refusal("misuse_same_person")
    if not review.why.strip():
        raise Refusal("reason_missing")
    if review.upheld - {int(row.txn_id) for row in rows}:
        raise Refusal("misuse_not_found")
    check_open(tx, here, act.day)
    kept = taken = owed = 0
    for row in rows:
        if int(row.txn_id) in review.upheld:
            given = row.given_units
            kept += _give(tx, act, row, final=True) if given is None else int(given)
            _end(tx, act, row, "upheld", review.why, (0, 0, None))
        else:
            done = _take(tx, act, row)
            taken, owed = taken + done[0], owed + done[1]
            _end(tx, act, row, "rejected", review.why, done)
    if kept:
        _tell(tx, act, form, MISUSE_KEPT, kept)
    if len(review.upheld) < len(rows):
        _tell(tx, act, form, MISUSE_TAKEN, taken)
    # Why stands with the form alone, where it is erased with the holder's name.
    facts: audit.Facts = {"kept_units": kept, "taken_units": taken, "owed_units": owed}
    _note(tx, act, "misuse.decide", form_id, facts)


def _form(tx: Tx, act: Act, form_id: int) -> Row:
    # Two who give, or one who gives and one who decides, come one after the other.
    tx.run(_LOCK_FORM, community_id=act.community_id, form_id=form_id)
    form = find_form(tx, act.community_id, form_id)
    if form is None:
        raise Refusal("misuse_not_found")
    if act.staff_id:
        by = By("staff", act.staff_id)
        approvals.check_not_own_household(
            tx,
            act.community_id,
            by,
            person_id=int(form.person_id),
            household_id=int(form.household_id),
        )
    return form


def _still_out(tx: Tx, act: Act, row: Row) -> int:
    """What of the entry has not come back by a refund or a return; nothing else of it moves meanwhile."""
    for lock in _LOCKS:
        tx.run(lock, community_id=act.community_id, request_id=row.request_id)
    found = find_out(tx, act.community_id, int(row.txn_id))
    return 0 if found is None else int(found.units_out)


def _let_go(tx: Tx, act: Act, row: Row) -> int:
    """What of the entry the holder owed and need not make up: it never left their pocket."""
    owner, person = int(row.wallet_owner_id), int(row.person_id)
    return borne_units(tx, act.community_id, row.request_id, owner, person)


def _give(tx: Tx, act: Act, row: Row, *, final: bool) -> int:
    here, owner, commodity = act.community_id, int(row.wallet_owner_id), int(row.commodity)
    out, wallet = _still_out(tx, act, row), _side(tx, act, row, Account.WALLET, owner)
    lock_wallet(tx, here, wallet.account_id)
    units = max(0, min(int(row.units), out - _let_go(tx, act, row)))
    kept = {
        "community_id": act.community_id,
        "txn_id": row.txn_id,
        "units": units,
        "is_final": int(final),
        "given_by": act.staff_id,
        "business_date": act.day,
        "at": act.at,
        "given_txn_id": None,
    }
    if not units:
        tx.run(_GIVEN, **kept)
        return 0
    loss = _side(tx, act, row, Account.LOSS, 0)
    lines = [
        Line(loss, wallet, commodity, units),
        *repay_lines(tx, here, owner, commodity, units, wallet, at=act.at),
    ]
    posting = _posting(act, row, Kind.MISUSE_BACK, lines)
    kept["given_txn_id"] = posting.txn_id
    apply(tx, [*posting_steps(posting), Step(_GIVEN, kept)])
    return units


def _take(tx: Tx, act: Act, row: Row) -> tuple[int, int, int | None]:
    """Take back what was given and not refunded since: units, of them owed, the posting."""
    units = min(int(row.given_units or 0), _still_out(tx, act, row))
    if units <= 0:
        return 0, 0, None
    here, owner, commodity = act.community_id, int(row.wallet_owner_id), int(row.commodity)
    loss, wallet = _side(tx, act, row, Account.LOSS, 0), _side(tx, act, row, Account.WALLET, owner)
    owed = _side(tx, act, row, Account.OWED, owner)
    lock_wallet(tx, here, wallet.account_id)
    in_hand = min(units, max(0, wallet_of(tx, here, owner, commodity).available))
    moves = ((wallet, loss, in_hand), (owed, loss, units - in_hand))
    lines = [Line(debit, credit, commodity, part) for debit, credit, part in moves if part]
    posting = _posting(act, row, Kind.MISUSE_UNDONE, lines)
    apply(tx, posting_steps(posting))
    return units, units - in_hand, posting.txn_id


def _end(tx: Tx, act: Act, row: Row, how: str, why: str, done: tuple[int, int, int | None]) -> None:
    taken, owed, txn_id = done
    tx.run(
        _END,
        community_id=act.community_id,
        txn_id=row.txn_id,
        how=how,
        why=why.strip(),
        decided_by=act.staff_id,
        business_date=act.day,
        at=act.at,
        taken_units=taken,
        owed_units=owed,
        taken_txn_id=txn_id,
    )


def _side(tx: Tx, act: Act, row: Row, kind: Account, owner: int) -> Side:
    number = account_id(tx, act.community_id, kind, int(row.commodity), owner, at=act.at)
    return Side(number, kind)


def _posting(act: Act, row: Row, kind: Kind, lines: list[Line]) -> Posting:
    return Posting(
        community_id=act.community_id,
        kind=kind,
        request_id=derived_request_id(kind.value, act.community_id, int(row.txn_id)),
        txn_id=new_id(act.at),
        occurred_at=act.at,
        at=act.at,
        business_date=act.day,
        lines=lines,
        scheme_period=str(act.day // 100),
        scheme_version=row.scheme_version,
        person_id=row.person_id,
        wallet_owner_id=int(row.wallet_owner_id),
        staff_id=act.staff_id or None,
        reason_key=kind.value,
        source="office" if act.staff_id else "job",
        corrects_date=int(row.business_date),
    )


def _tell(tx: Tx, act: Act, form: Row, kind: str, units: int) -> None:
    ref = str(int(form.form_id) % 10**6)
    apply(
        tx,
        [tell_step(act.community_id, int(form.person_id), kind, ref, at=act.at, units=units)],
    )


def _note(tx: Tx, act: Act, what: str, form_id: int, after: audit.Facts) -> None:
    by = By("staff", act.staff_id) if act.staff_id else audit.SYSTEM
    audit.record(tx, act.community_id, by, what, f"misuse:{form_id}", at=act.at, after=after)
