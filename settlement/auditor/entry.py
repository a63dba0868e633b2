"""What each sealed entry says, its leaf and the tree over all of them, worked out from the tables alone.

Leaf encoding `jifen-leaf/1`: a first line, then each value as the length of its UTF-8 in bytes, a colon and the value,
or `-` where there is none. Leaf = SHA-256(0x00, entry), node = SHA-256(0x01, left, right), as in RFC 6962.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from settlement.auditor.book import Book
from settlement.auditor.chart import KINDS
from settlement.auditor.source import names

TXN: Final = names(
    "txn_id request_id kind ref business_date scheme_period occurred_at recorded_at scheme_version"
    " units_per_fen person_id wallet_owner_id card_serial card_issue on_behalf_of merchant_id"
    " branch_id terminal_id staff_id issuing_community accepting_community reason_key source"
    " provisional reverses_txn corrects_date"
)
_TEXTS: Final = frozenset(
    names(
        "request_id kind ref scheme_period scheme_version reason_key source original_ref actor_kind act"
        " subject device"
    )
)
TRANSFER: Final = names("line_no commodity debit_id credit_id amount")
OFFSET: Final = names(
    "claimant_id terminal_id ref kind original_ref units fen units_per_fen business_date occurred_at"
)
ACT: Final = names("audit_id at actor_kind actor_id act subject device")
FIRST_LINE: Final = "jifen-leaf/1\n"
_AT_ONCE: Final = 10_000
_LINES_APART: Final = 3
"""Postings of up to so many lines are put together without sorting; nearly all are."""


def prepare(book: Book) -> None:
    """Build `line`, `reckoned`, `posting`, `entry`, `act` and `sealed`, what every check stands on."""
    _accounts(book)
    _lines(book)
    _postings(book)
    _entries(book)
    _acts(book)
    _sealed(book)


def _accounts(book: Book) -> None:
    book.run(
        "CREATE TYPE account_kind AS ENUM (SELECT DISTINCT kind FROM (SELECT unnest("
        f"{list(KINDS)}) AS kind UNION ALL SELECT coalesce(kind, '') FROM account))"
    )
    book.run("ALTER TABLE account ALTER kind TYPE account_kind")


def _lines(book: Book) -> None:
    """`line`: each transfer with the kinds and owners of its two accounts, and as text for its leaf."""
    book.reads(
        "transfer",
        "CREATE TABLE line AS SELECT t.txn_id, t.line_no, t.commodity, t.debit_id, t.credit_id, t.amount,"
        " d.kind AS debit_kind, c.kind AS credit_kind, d.owner_id AS debit_owner,"
        f" c.owner_id AS credit_owner, t.text FROM (SELECT *, {_joined(TRANSFER)} AS text FROM transfer) t"
        " LEFT JOIN account d ON d.account_id = t.debit_id AND d.commodity = t.commodity"
        " LEFT JOIN account c ON c.account_id = t.credit_id AND c.commodity = t.commodity",
    )
    book.run(
        "CREATE TABLE reckoned AS SELECT account_id, sum(amount)::BIGINT AS credits_less_debits FROM ("
        " SELECT credit_id AS account_id, sum(amount) AS amount FROM line GROUP BY credit_id"
        " UNION ALL SELECT debit_id, -sum(amount) FROM line GROUP BY debit_id) GROUP BY account_id"
    )


def carry_on(book: Book, balances: Mapping[int, int], counted: Iterable[int]) -> None:
    """Let `reckoned` go on from `balances` (credits less debits); they hold the transactions in `counted` already."""
    known = [list(row) for row in balances.items()]
    book.run("CREATE TABLE carried (account_id BIGINT, amount BIGINT)")
    book.run("CREATE TABLE counted (txn_id BIGINT)")
    for table, rows in (("carried", known), ("counted", [[txn_id] for txn_id in counted])):
        for first in range(0, len(rows), _AT_ONCE):
            some = ", ".join(
                f"({', '.join(map(str, row))})" for row in rows[first : first + _AT_ONCE]
            )
            book.run(f"INSERT INTO {table} VALUES {some}")
    fresh = "FROM line WHERE txn_id NOT IN (SELECT txn_id FROM counted)"
    book.run(
        "CREATE OR REPLACE TABLE reckoned AS SELECT account_id, sum(amount)::BIGINT AS credits_less_debits FROM ("
        f" SELECT * FROM carried UNION ALL SELECT credit_id, amount {fresh}"
        f" UNION ALL SELECT debit_id, -amount {fresh}) GROUP BY account_id"
    )


def _postings(book: Book) -> None:
    """`posting`: each transaction's lines in one row, as text for its leaf and as sums for the checks."""
    apart = ", ".join(
        f"any_value(text) FILTER (line_no = {n}) AS text{n}" for n in range(_LINES_APART)
    )
    book.run(
        "CREATE TABLE posting_rest AS SELECT txn_id, string_agg(text, '' ORDER BY line_no) AS text FROM line"
        f" WHERE line_no NOT BETWEEN 0 AND {_LINES_APART - 1} GROUP BY txn_id"
    )
    book.run(
        "CREATE TABLE posting AS SELECT txn_id, count(*) AS lines, max(line_no) + 1 AS top,"
        f" {apart},"
        " sum(amount) FILTER (credit_kind = 'offset')::BIGINT AS offset_in,"
        " sum(amount) FILTER (debit_kind = 'offset')::BIGINT AS offset_out,"
        " max(CASE WHEN credit_kind = 'offset' THEN credit_owner"
        "  WHEN debit_kind = 'offset' THEN debit_owner END) AS offset_owner,"
        " sum(amount) FILTER (debit_kind = 'issued_consumption')::BIGINT AS earned,"
        " sum(amount) FILTER (credit_kind = 'issued_consumption')::BIGINT AS earned_back,"
        " sum(amount) FILTER (credit_kind = 'pending')::BIGINT AS to_pending"
        " FROM line GROUP BY txn_id"
    )


def _entries(book: Book) -> None:
    """`entry`: each transaction with what the checks need of it, and the hash of its leaf."""
    header = [_field("getvariable('community')::VARCHAR"), *(_value("t", name) for name in TXN)]
    offset = ", ".join(_value("o", name) for name in OFFSET)
    parts = [
        "x.header",
        _field("coalesce(p.lines, 0)::VARCHAR"),
        *(f"p.text{n}" for n in range(_LINES_APART)),
        "r.text",
        f"CASE WHEN o.txn_id IS NULL THEN '1:0' ELSE concat('1:1', {offset}) END",
    ]
    book.reads(
        "txn",
        "CREATE TABLE entry AS SELECT x.txn_id, x.request_id, x.kind, x.ref, x.business_date,"
        " x.occurred_at, x.recorded_at, x.scheme_version, x.units_per_fen, x.wallet_owner_id,"
        " x.merchant_id, x.terminal_id, x.staff_id, x.source, x.reverses_txn, x.corrects_date,"
        " x.provisional, x.issuing_community, x.accepting_community,"
        " p.lines, p.top, p.offset_in, p.offset_out, p.offset_owner, p.earned, p.earned_back,"
        f" p.to_pending, sha256(concat({', '.join(parts)})) AS leaf_hash"
        # Put together before the joins: a column file's repeated values are then written out once each.
        f" FROM (SELECT *, concat(chr(0), '{FIRST_LINE}3:txn', {', '.join(header)}) AS header FROM txn t) x"
        " LEFT JOIN posting p ON p.txn_id = x.txn_id LEFT JOIN posting_rest r ON r.txn_id = x.txn_id"
        " LEFT JOIN offset_booked o ON o.txn_id = x.txn_id",
    )


def _acts(book: Book) -> None:
    """`act`: each act with the hash of its leaf, where the export is sealed."""
    if "commitment" not in book.columns("audit"):
        book.run("CREATE TABLE act (audit_id BIGINT, leaf_hash VARCHAR)")
        return
    text = ", ".join(_field(value) for value in ("salt", "before", "after"))
    commitment = f"coalesce(commitment, sha256(concat({text})))"
    parts = [
        "chr(0)",
        f"'{FIRST_LINE}3:act'",
        _field("getvariable('community')::VARCHAR"),
        *(_value("a", name) for name in ACT),
        _field(commitment),
    ]
    book.run(
        f"CREATE TABLE act AS SELECT a.audit_id, sha256(concat({', '.join(parts)})) AS leaf_hash FROM audit a"
    )


def _sealed(book: Book) -> None:
    """`sealed`: each place of the order with the hash that stands there and the one worked out."""
    if is_sealed(book):
        place = "SELECT leaf_index, entry_id, kind, leaf_hash AS stored FROM leaf"
    else:
        place = "SELECT leaf_index, txn_id AS entry_id, 'txn' AS kind, NULL AS stored FROM leaf"
    book.reads(
        "leaf",
        "CREATE TABLE sealed AS SELECT p.leaf_index, p.entry_id, p.kind, p.stored,"
        " coalesce(e.leaf_hash, a.leaf_hash) AS worked_out"
        f" FROM ({place}) p LEFT JOIN entry e ON p.kind = 'txn' AND e.txn_id = p.entry_id"
        " LEFT JOIN act a ON p.kind = 'act' AND a.audit_id = p.entry_id",
    )


def is_sealed(book: Book) -> bool:
    """Whether the export carries leaf hashes."""
    return "leaf_hash" in book.columns("leaf")


def _field(value: str) -> str:
    """The parts of one value, for a concat(): it leaves null out, so that each row is put together in one go."""
    return f"coalesce(strlen({value})::VARCHAR, '-'), CASE WHEN {value} IS NOT NULL THEN ':' END, {value}"


def _value(table: str, name: str) -> str:
    value = f"{table}.{name}"
    return _field(value if name in _TEXTS else f"{value}::VARCHAR")


def _joined(columns: Iterable[str]) -> str:
    return "concat(" + ", ".join(_field(f"{name}::VARCHAR") for name in columns) + ")"
