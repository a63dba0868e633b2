"""Approved payouts handed to a bank as one file: once, until the bank answers or two people know it was not sent."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from ledger import audit
from ledger.audit import By
from ledger.earning.working_days import value_day
from ledger.errors import GuardMissedError, Refusal
from ledger.ids import new_id
from ledger.members import payout_accounts
from ledger.members.merchants import get_merchant
from ledger.members.payout_accounts import PayoutAccount
from ledger.sql import Row, Sql, Tx
from pos.channel import PayoutReturned
from settlement.bank_form import (
    BankFile,
    BankForm,
    Transfer,
    bank_forms,
    reference_of,
    write_bank_file,
)
from settlement.effects import today_of
from settlement.finance_setup import finance_setup
from settlement.payout_store import Payout, get_payout
from settlement.payouts import begin_attempt, end_attempt
from settlement.statement_form import statement_number
from settlement.statements import get_statement

_BATCH: Final = (
    "batch_id, batch_no, bank, value_date, file_name, sha256, line_count, amount_fen, state, made_by,"
    " made_at, ended_by, ended_at, why"
)
_LAST_NO: Final = Sql(
    "SELECT coalesce(max(batch_no), 0) AS n FROM bank_batch WHERE community_id = :community_id"
)
_KEEP: Final = Sql(
    f"INSERT INTO bank_batch (community_id, {_BATCH}) VALUES (:community_id, :batch_id, :batch_no, :bank,"
    " :value_date, :file_name, :sha256, :line_count, :amount_fen, 'out', :made_by, :made_at, NULL, NULL,"
    " NULL) ON CONFLICT DO NOTHING"
)
_KEEP_LINE: Final = Sql(
    "INSERT INTO bank_line (community_id, batch_id, line_no, payout_id, attempt, reference, amount_fen,"
    " holder, bank_name, account_no, outcome, paid_fen, reason, answered_at, settled)"
    " VALUES (:community_id, :batch_id, :line_no, :payout_id, :attempt, :reference, :amount_fen, :holder,"
    " :bank_name, :account_no, NULL, 0, '', NULL, NULL)"
)
_ALL: Final = Sql(
    f"SELECT {_BATCH} FROM bank_batch WHERE community_id = :community_id"
    " ORDER BY batch_no DESC LIMIT :most"
)
_ONE: Final = Sql(
    f"SELECT {_BATCH} FROM bank_batch WHERE community_id = :community_id AND batch_id = :batch_id"
)
_NUMBERED: Final = Sql(
    f"SELECT {_BATCH} FROM bank_batch WHERE community_id = :community_id AND bank = :bank"
    " AND batch_no = :batch_no"
)
_LINES: Final = Sql(
    "SELECT line_no, payout_id, attempt, reference, amount_fen, holder, bank_name, account_no, outcome,"
    " paid_fen, reason, answered_at, settled FROM bank_line WHERE community_id = :community_id"
    " AND batch_id = :batch_id ORDER BY line_no"
)
_OUT_WITH: Final = Sql(
    "SELECT b.batch_no FROM bank_line l JOIN bank_batch b ON b.community_id = l.community_id"
    " AND b.batch_id = l.batch_id WHERE l.community_id = :community_id AND l.payout_id = :payout_id"
    " AND l.attempt = :attempt"
)
_END: Final = Sql(
    "UPDATE bank_batch SET state = :state, ended_by = :by_id, ended_at = :at, why = :why"
    " WHERE community_id = :community_id AND batch_id = :batch_id AND state = 'out'"
)
_NOT_SENT: Final = Sql(
    "UPDATE bank_line SET outcome = 'not_sent', answered_at = :at WHERE community_id = :community_id"
    " AND batch_id = :batch_id AND outcome IS NULL"
)
_ANSWERED: Final = Sql(
    "SELECT count(*) AS n FROM bank_line WHERE community_id = :community_id AND batch_id = :batch_id"
    " AND outcome IS NOT NULL"
)


class MadeFile(NamedTuple):
    """A file that was made: its batch, its fen in all, and the bytes for the bank."""

    batch_id: int
    batch_no: int
    line_count: int
    amount_fen: int
    value_date: int
    file: BankFile


class Order(NamedTuple):
    """What to hand over: payouts, the bank's code, and the day to pay (yyyymmdd; None: the next the bank works)."""

    payout_ids: tuple[int, ...]
    bank: str
    value_date: int | None = None


def make_bank_file(
    tx: Tx, community_id: int, order: Order, *, forms: Path | None, by: By, at: int
) -> MadeFile:
    """Write approved payouts into one file for the bank; each is on its way from here on and leaves by no other route.

    Refuses: bank_unknown, bank_file_empty, bank_file_out (one of them is in a file already), payout_not_found,
    payout_wrong_state, payout_no_account, payout_account_changed (since it was proposed), payout_over_owed,
    payout_stopped, holidays_unknown, value_date_past, recovery_open, and those of `write_bank_file`.
    """
    form = form_of(order.bank, forms)
    if not order.payout_ids:
        raise Refusal("bank_file_empty")
    value_date = _value_date(tx, community_id, order.value_date, at=at)
    batch_no = int(tx.get(_LAST_NO, community_id=community_id).n) + 1
    sent: list[tuple[Payout, Transfer]] = []
    for line_no, payout_id in enumerate(sorted(set(order.payout_ids)), 1):
        account = _account(tx, community_id, payout_id, at=at)
        payout = begin_attempt(tx, community_id, payout_id, route="bank_file", by=by, at=at)
        transfer = Transfer(
            line_no,
            account.account_no,
            account.holder,
            account.bank,
            payout.amount_fen,
            reference_of(batch_no, line_no, payout_id),
            _purpose(tx, community_id, form, payout),
        )
        sent.append((payout, transfer))
    file = _written(tx, community_id, form, sent, batch_no, value_date)
    made = MadeFile(
        new_id(at),
        batch_no,
        len(sent),
        sum(payout.amount_fen for payout, _transfer in sent),
        value_date,
        file,
    )
    _keep(tx, community_id, made, order.bank, sent, by=by, at=at)
    return made


def rewrite_bank_file(tx: Tx, community_id: int, batch_id: int, *, forms: Path | None) -> BankFile:
    """A file that was made, byte for byte, for whoever lost it; its payments went out once, when it was made.

    Written by the community's account as it was then. Refuses: bank_batch_not_found, bank_batch_over (answered, or
    said not sent: its payments may be in another file by now), bank_form_changed (the template is another since).
    """
    batch = get_batch(tx, community_id, batch_id)
    if batch.state != "out":
        raise Refusal("bank_batch_over", batch_no=batch.batch_no)
    form = form_of(batch.bank, forms)
    transfers = [
        Transfer(
            row.line_no,
            row.account_no,
            row.holder,
            row.bank_name,
            row.amount_fen,
            row.reference,
            _purpose(tx, community_id, form, get_payout(tx, community_id, row.payout_id)),
        )
        for row in batch_lines(tx, community_id, batch_id)
    ]
    file = write_bank_file(
        form,
        transfers,
        finance_setup(tx, community_id, at=batch.made_at).payer,
        batch_no=batch.batch_no,
        value_date=batch.value_date,
    )
    if hashlib.sha256(file.body).digest() != bytes(batch.sha256):
        raise Refusal("bank_form_changed")
    return file


def batch_numbered(tx: Tx, community_id: int, bank: str, batch_no: int) -> Row:
    """The file for a bank by the number in its name.

    Refuses: bank_batch_not_found.
    """
    row = tx.find(_NUMBERED, community_id=community_id, bank=bank, batch_no=batch_no)
    if row is None:
        raise Refusal("bank_batch_not_found")
    return row


def say_not_sent(
    tx: Tx, community_id: int, batch_id: int, *, by: By, why: str, at: int
) -> list[Payout]:
    """Say, as another person than who made it, that a file never reached the bank; its payouts are owed again.

    Refuses: why_missing, bank_batch_not_found, bank_batch_over (answered, or said not sent), bank_same_person.
    """
    if not why.strip():
        raise Refusal("why_missing")
    batch = get_batch(tx, community_id, batch_id)
    answered = int(tx.get(_ANSWERED, community_id=community_id, batch_id=batch_id).n)
    if batch.state != "out" or answered:
        raise Refusal("bank_batch_over", batch_no=batch.batch_no)
    if batch.made_by == by.id:
        raise Refusal("bank_same_person")
    end_batch(tx, community_id, batch_id, "not_sent", by=by, why=why, at=at)
    back = []
    for row in batch_lines(tx, community_id, batch_id):
        payout = get_payout(tx, community_id, row.payout_id)
        if payout.attempt == row.attempt and payout.state in {"sent", "unknown"}:
            no = PayoutReturned("", "not_sent")
            back.append(end_attempt(tx, community_id, payout, no, by=by, at=at))
    tx.run(_NOT_SENT, community_id=community_id, batch_id=batch_id, at=at)
    return back


def end_batch(
    tx: Tx, community_id: int, batch_id: int, state: str, *, by: By, why: str | None, at: int
) -> None:
    """Take a file that is out to `read` or `not_sent`.

    Raises GuardMissedError where somebody else was quicker.
    """
    where = {"community_id": community_id, "batch_id": batch_id}
    if tx.run(_END, **where, state=state, by_id=by.id, why=why, at=at) != 1:
        raise GuardMissedError("bank_batch")
    audit.record(
        tx, community_id, by, "bank.end", f"bank_file:{batch_id}", at=at, after={"state": state}
    )


def form_of(bank: str, forms: Path | None) -> BankForm:
    """A bank's template by its code.

    Refuses: bank_unknown, bank_form_bad.
    """
    found = bank_forms(forms).get(bank)
    if found is None:
        raise Refusal("bank_unknown", bank=bank)
    return found


def get_batch(tx: Tx, community_id: int, batch_id: int) -> Row:
    """One file for the bank.

    Refuses: bank_batch_not_found.
    """
    row = tx.find(_ONE, community_id=community_id, batch_id=batch_id)
    if row is None:
        raise Refusal("bank_batch_not_found")
    return row


def bank_batches(tx: Tx, community_id: int, *, most: int = 50) -> list[Row]:
    """The latest files, newest first."""
    return tx.all(_ALL, community_id=community_id, most=most)


def batch_lines(tx: Tx, community_id: int, batch_id: int) -> list[Row]:
    """The payments of a file with what the bank answered; holder and account stay inside the office."""
    return tx.all(_LINES, community_id=community_id, batch_id=batch_id)


def _value_date(tx: Tx, community_id: int, wanted: int | None, *, at: int) -> int:
    today = today_of(tx, community_id, at=at)
    if wanted is not None:
        if wanted < today:
            raise Refusal("value_date_past")
        return wanted
    due = value_day(today)
    if not due.sure:
        raise Refusal("holidays_unknown", year=due.day // 10_000)
    return due.day


def _account(tx: Tx, community_id: int, payout_id: int, *, at: int) -> PayoutAccount:
    """The account a payout goes to, the one in force when it was proposed and still today."""
    payout = get_payout(tx, community_id, payout_id)
    if payout.state in {"sent", "unknown", "confirmed"}:
        where = {"payout_id": payout_id, "attempt": payout.attempt}
        out = tx.find(_OUT_WITH, community_id=community_id, **where)
        if out is not None:
            raise Refusal("bank_file_out", batch_no=int(out.batch_no))
    shop = payout.claimant_id
    now = payout_accounts.find_at(tx, community_id, shop, at=at)
    if now is None:
        raise Refusal("payout_no_account", shop=get_merchant(tx, community_id, shop).code)
    if payout_accounts.find_at(tx, community_id, shop, at=payout.proposed_at) != now:
        raise Refusal("payout_account_changed", shop=get_merchant(tx, community_id, shop).code)
    return now


def _purpose(tx: Tx, community_id: int, form: BankForm, payout: Payout) -> str:
    statement = get_statement(tx, community_id, payout.statement_id)
    code = get_merchant(tx, community_id, payout.claimant_id).code
    number = statement_number(code, statement.statement_no)
    return form.purpose.format(month=statement.month, number=number)


def _written(
    tx: Tx,
    community_id: int,
    form: BankForm,
    sent: Sequence[tuple[Payout, Transfer]],
    batch_no: int,
    value_date: int,
) -> BankFile:
    transfers = [transfer for _payout, transfer in sent]
    payer = finance_setup(tx, community_id).payer
    return write_bank_file(form, transfers, payer, batch_no=batch_no, value_date=value_date)


def _keep(
    tx: Tx,
    community_id: int,
    made: MadeFile,
    bank: str,
    sent: Sequence[tuple[Payout, Transfer]],
    *,
    by: By,
    at: int,
) -> None:
    kept = tx.run(
        _KEEP,
        community_id=community_id,
        batch_id=made.batch_id,
        batch_no=made.batch_no,
        bank=bank,
        value_date=made.value_date,
        file_name=made.file.name,
        sha256=hashlib.sha256(made.file.body).digest(),
        line_count=made.line_count,
        amount_fen=made.amount_fen,
        made_by=by.id,
        made_at=at,
    )
    if kept != 1:
        raise GuardMissedError("bank_batch")
    lines = [
        {
            "community_id": community_id,
            "batch_id": made.batch_id,
            "payout_id": payout.payout_id,
            "attempt": payout.attempt,
            **{name: getattr(transfer, name) for name in _LINE_PARTS},
        }
        for payout, transfer in sent
    ]
    tx.many(_KEEP_LINE, lines)
    audit.record(
        tx,
        community_id,
        by,
        "bank.file",
        f"bank_file:{made.batch_id}",
        at=at,
        after={
            "batch_no": made.batch_no,
            "lines": made.line_count,
            "amount_fen": made.amount_fen,
            "sha256": hashlib.sha256(made.file.body).hexdigest(),
        },
    )


_LINE_PARTS: Final = ("line_no", "reference", "amount_fen", "holder", "bank_name", "account_no")
