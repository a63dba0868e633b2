"""What a bank says about payments: its return file and its account statement, read into rows, and judged."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, Literal, NamedTuple

from ledger.errors import Refusal
from ledger.members.sheets import workbook_rows
from settlement.bank_form import REFERENCE, AnswerForm, BankForm, MovementForm

State = Literal["paid", "failed", "waiting"]
Outcome = Literal["paid", "failed", "waiting", "amount", "account"]

MOST_BYTES: Final = 5_000_000
_LOOK_AT: Final = 20
_ZIP: Final = b"PK\x03\x04"
_YUAN: Final = re.compile(r"(\d{1,12})(?:\.(\d{1,2}))?")
_LONGEST_REASON: Final = 60


class Answered(NamedTuple):
    """One row of the bank's: fen, never negative; `account_no` is '' where the bank does not print it."""

    reference: str
    state: State
    amount_fen: int
    account_no: str
    reason: str


class Fee(NamedTuple):
    """One fee of the bank's in fen; `name` is the same wherever the bank prints this fee again."""

    name: str
    fen: int


class Said(NamedTuple):
    """All a file says: rows about our payments, rows about others, and the bank's fees."""

    rows: tuple[Answered, ...]
    others: int
    fees: tuple[Fee, ...]


class Sent(NamedTuple):
    """What we asked for: where to, and fen."""

    account_no: str
    amount_fen: int


class Verdict(NamedTuple):
    """What the bank's rows about one payment mean: fen really paid, the bank's reason."""

    outcome: Outcome
    paid_fen: int
    reason: str


def read_answer(form: BankForm, body: bytes) -> Said:
    """Read a return file or an account statement of the bank, whichever its headings say it is.

    CSV, text or XLSX. Refuses: bank_answer_large, bank_answer_unreadable (no encoding fits), bank_answer_columns (no
    heading has them), bank_answer_row (row and column; then nothing of the file is used), import_not_a_table,
    import_formula, import_rows.
    """
    if len(body) > MOST_BYTES:
        raise Refusal("bank_answer_large", most_bytes=MOST_BYTES)
    rows = [[_clean(cell) for cell in row] for row in _rows(body)]
    for number, row in enumerate(rows[:_LOOK_AT]):
        if set(form.answer.needed) <= set(row):
            return _returned(form, form.answer, row, rows[number + 1 :], number + 2)
        if set(form.movement.needed) <= set(row):
            return _moved(form, form.movement, row, rows[number + 1 :], number + 2)
    raise Refusal("bank_answer_columns", missing=", ".join(_missing(form, rows[:_LOOK_AT])))


def judge(sent: Sent, rows: Sequence[Answered]) -> Verdict:
    """What all rows about one payment mean together; a payment the bank made twice is an amount that differs."""
    paid = [row for row in rows if row.state == "paid"]
    failed = [row for row in rows if row.state == "failed"]
    if not paid:
        if not failed:
            return Verdict("waiting", 0, rows[-1].reason)
        # Some banks print no amount beside what they refused; a part that came back is no refusal.
        part = next((row for row in failed if row.amount_fen not in {0, sent.amount_fen}), None)
        if part is not None:
            return Verdict("amount", max(sent.amount_fen - part.amount_fen, 0), part.reason)
        return Verdict("failed", 0, failed[-1].reason)
    fen = sum(row.amount_fen for row in paid)
    reason = paid[-1].reason
    if any(row.account_no and row.account_no != sent.account_no for row in paid):
        return Verdict("account", fen, reason)
    if failed:
        # Paid, and sent back later: only where the same sum came back is it over.
        back = sum(row.amount_fen for row in failed)
        return Verdict("failed" if back == fen else "amount", fen - back, failed[-1].reason)
    return Verdict("paid" if fen == sent.amount_fen else "amount", fen, reason)


def _rows(body: bytes) -> Iterable[list[str]]:
    if body.startswith(_ZIP):
        return workbook_rows(body)
    text = _decoded(body)
    separator = max("|,\t;", key=text[:4_000].count)
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator)


def _decoded(body: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refusal("bank_answer_unreadable")


def _missing(form: BankForm, rows: Sequence[list[str]]) -> list[str]:
    """The columns that the row most like a heading lacks; of a return file where no row is like one."""
    best = list(form.answer.needed)
    for needed in (form.answer.needed, form.movement.needed):
        for row in rows:
            lacks = [name for name in needed if name not in row]
            best = min(best, lacks, key=len)
    return best


def _clean(cell: str) -> str:
    return cell.strip().strip("`\t' ").strip()


def _returned(
    form: BankForm, names: AnswerForm, head: list[str], rows: list[list[str]], first: int
) -> Said:
    found: list[Answered] = []
    fees: list[Fee] = []
    others = 0
    for number, row in enumerate(rows, first):
        if len(row) < len(head):
            continue  # totals and blank lines below the rows
        cells = dict(zip(head, row, strict=False))
        match = REFERENCE.search(cells[names.reference])
        if match is None:
            others += any(row)
            continue
        fee = cells.get(names.fee, "")
        if fee and (fen := _fen(form, fee, number, names.fee)):
            fees.append(_fee_of(match[0], fen))
        found.append(
            Answered(
                match[0],
                _state(names, cells[names.state]),
                _fen(form, cells[names.amount], number, names.amount),
                _account(cells[names.account_no]),
                cells.get(names.reason, "")[:_LONGEST_REASON],
            )
        )
    return Said(tuple(found), others, tuple(dict.fromkeys(fees)))


def _moved(
    form: BankForm, names: MovementForm, head: list[str], rows: list[list[str]], first: int
) -> Said:
    found: list[Answered] = []
    fees: list[Fee] = []
    seen: Counter[str] = Counter()
    others = 0
    for number, row in enumerate(rows, first):
        if len(row) < len(head):
            continue
        cells = dict(zip(head, row, strict=False))
        memo, match = cells[names.memo], REFERENCE.search(cells[names.memo])
        out, back = (
            _fen(form, cells[column], number, column) if cells[column] else 0
            for column in (names.debit, names.credit)
        )
        if out and any(word in memo for word in names.fee_words):
            line = "\x1f".join(row)
            seen[line] += 1
            fees.append(
                Fee(f"{seen[line]}|{line}", out) if match is None else _fee_of(match[0], out)
            )
        elif match is None or not (out or back):
            others += 1  # a line that moves nothing says nothing of a payment
        else:
            state: State = "paid" if out else "failed"
            account = _account(cells[names.account_no])
            reason = "" if out else memo[:_LONGEST_REASON]
            found.append(Answered(match[0], state, out or back, account, reason))
    return Said(tuple(found), others, tuple(dict.fromkeys(fees)))


def _fee_of(reference: str, fen: int) -> Fee:
    """The fee of one payment, the same in a return file and in an account statement."""
    return Fee(f"{reference}|{fen}", fen)


def _account(text: str) -> str:
    """An account number; '' where a spreadsheet kept it as a number and so lost its last digits."""
    bare = text.replace(" ", "")
    return "" if "e" in bare.lower() else bare


def _state(names: AnswerForm, word: str) -> State:
    """A word in no list is waited for: nobody is called paid, or unpaid, by a guess."""
    if word in names.paid:
        return "paid"
    return "failed" if word in names.failed else "waiting"


def _fen(form: BankForm, text: str, row: int, column: str) -> int:
    plain = text.replace(",", "").lstrip("\u00a5")
    match = _YUAN.fullmatch(plain)
    if match is None or (form.amount == "fen" and match[2] is not None):
        raise Refusal("bank_answer_row", row=row, column=column)
    if form.amount == "fen":
        return int(match[1])
    return int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0"))
