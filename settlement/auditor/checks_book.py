"""Checks of the book itself: the order, its entries, accounts, balances and holds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from settlement.auditor.book import Book
from settlement.auditor.chart import BOUNDED, DEBIT_SIDE, KINDS, MOVES
from settlement.auditor.entry import is_sealed
from settlement.auditor.locate import altered_acts, altered_postings
from settlement.auditor.registry import Check, check, look, look_by
from settlement.auditor.tree import tree_of

_NORMAL: Final = (
    f"CASE WHEN a.kind IN {DEBIT_SIDE} THEN -1 ELSE 1 END * coalesce(r.credits_less_debits, 0)"
)
_BALANCES: Final = (
    f"(SELECT a.account_id, a.commodity, a.kind, a.owner_id, {_NORMAL} AS total"
    " FROM account a LEFT JOIN reckoned r ON r.account_id = a.account_id)"
)
_TOUCHED: Final = (
    "EXISTS (SELECT 1 FROM line t WHERE t.txn_id = o.txn_id"
    " AND f.account_id IN (t.debit_id, t.credit_id))"
)
_OPEN_HOLDS: Final = (
    "(SELECT h.account_id, sum(h.amount)::BIGINT AS amount FROM hold h"
    " LEFT JOIN hold_end e ON e.hold_id = h.hold_id WHERE e.hold_id IS NULL GROUP BY h.account_id)"
)
_ALTERED: Final = "file leaf_index line_no column now was"


def _moves(book: Book) -> Iterable[tuple[int, int, str, str, str]]:
    """Lines between two kinds of account that their kind of posting may not move between."""
    book.run("CREATE TEMP TABLE allowed_move (kind VARCHAR, debit VARCHAR, credit VARCHAR)")
    rows = [(kind, *pair) for kind, pairs in MOVES.items() for pair in pairs]
    book.database.executemany("INSERT INTO allowed_move VALUES (?, ?, ?)", [list(r) for r in rows])
    strange = book.rows(
        "SELECT x.kind, t.debit_kind::VARCHAR, t.credit_kind::VARCHAR FROM line t"
        " JOIN entry x ON x.txn_id = t.txn_id WHERE x.kind <> 'reversal' GROUP BY ALL"
        " EXCEPT SELECT kind, debit, credit FROM allowed_move"
    )
    for kind, debit, credit in strange:
        if debit is not None and credit is not None:
            yield from book.rows(
                "SELECT t.txn_id, t.line_no, x.kind, t.debit_kind::VARCHAR, t.credit_kind::VARCHAR"
                " FROM line t JOIN entry x ON x.txn_id = t.txn_id"
                " WHERE x.kind = ? AND t.debit_kind::VARCHAR = ? AND t.credit_kind::VARCHAR = ? LIMIT 100",
                (kind, debit, credit),
            )


def _root(book: Book) -> Iterable[tuple[int, str, str]]:
    """The root worked out, where it is not the one of the manifest."""
    stated = book.source.manifest.get("root")
    if not is_sealed(book) or stated is None:
        return
    found = tree_of(book).root().hex()
    if found != stated:
        yield (book.source.size, str(stated), found)


BOOK: Final[tuple[Check, ...]] = (
    check(
        "I21",
        look(
            "leaf",
            "leaf_index",
            "SELECT leaf_index, 'place' AS wrong FROM (SELECT leaf_index,"
            " row_number() OVER (ORDER BY leaf_index) - 1 AS wanted FROM sealed)"
            " WHERE leaf_index IS DISTINCT FROM wanted LIMIT 1",
        ),
        look(
            "leaf",
            "leaf_index",
            "SELECT leaf_index, kind, entry_id AS no_entry FROM sealed WHERE worked_out IS NULL",
        ),
        look(
            "txn",
            "txn_id",
            "SELECT x.txn_id, x.kind FROM entry x WHERE x.txn_id NOT IN"
            " (SELECT entry_id FROM sealed WHERE kind = 'txn') AND x.txn_id NOT IN"
            " (SELECT waiting FROM waiting)",
        ),
        look(
            "leaf",
            "entry_id",
            "SELECT entry_id, count(*) AS places FROM sealed GROUP BY entry_id HAVING count(*) > 1",
        ),
        look(
            "leaf",
            "size",
            "SELECT count(*) AS size, getvariable('size') AS manifest FROM sealed"
            " HAVING count(*) <> getvariable('size')",
        ),
        needs="txn outbox",
        explained_by={"format": "true"},
    ),
    check(
        "acts_in_order",
        look(
            "audit",
            "audit_id",
            "SELECT a.audit_id, a.act FROM audit a WHERE getvariable('sealed') = 1"
            " AND a.audit_id NOT IN (SELECT entry_id FROM sealed WHERE kind = 'act')"
            " AND a.audit_id NOT IN (SELECT waiting FROM waiting)",
        ),
        explained_by={"format": "true"},
    ),
    check(
        "entry",
        look_by("txn", "txn_id", _ALTERED, altered_postings),
        look_by("audit", "audit_id", _ALTERED, altered_acts),
        needs="leaf transfer offset_booked",
        explained_by={"I2": "o.txn_id = f.txn_id"},
    ),
    check(
        "root",
        look_by("leaf", "size", "stated worked_out", _root),
        needs="txn audit",
        explained_by={"entry": "true", "I21": "true"},
    ),
    check(
        "I2",
        look(
            "transfer",
            "txn_id line_no",
            "SELECT txn_id, line_no, amount, debit_id, credit_id FROM line WHERE NOT coalesce("
            "amount > 0 AND debit_id <> credit_id AND debit_kind IS NOT NULL AND credit_kind IS NOT NULL, false)",
        ),
        look(
            "transfer",
            "txn_id",
            "SELECT p.txn_id, p.lines, 'no posting' AS wrong FROM posting p"
            " WHERE p.txn_id NOT IN (SELECT txn_id FROM entry)",
        ),
        look(
            "transfer",
            "txn_id",
            "SELECT txn_id, lines, top AS numbered FROM posting WHERE lines <> top",
        ),
        needs="account txn",
        explained_by={"format": "true", "I1": "true"},
    ),
    check(
        "chart",
        look_by("transfer", "txn_id line_no", "kind debit credit", _moves),
        look(
            "account",
            "account_id",
            f"SELECT account_id, kind FROM account WHERE kind::VARCHAR NOT IN {KINDS}",
        ),
        needs="txn",
        explained_by={"I6": "true", "entry": "o.txn_id = f.txn_id", "I2": "o.txn_id = f.txn_id"},
    ),
    check(
        "I1",
        look(
            "transfer",
            "commodity",
            f"SELECT commodity, sum(CASE WHEN kind IN {DEBIT_SIDE} THEN -total ELSE total END) AS over"
            f" FROM {_BALANCES} GROUP BY commodity HAVING over <> 0",
        ),
        needs="account",
        explained_by={"format": "true"},
    ),
    check(
        "I3",
        look(
            "balance",
            "account_id",
            "SELECT account_id, posted, held FROM balance WHERE NOT coalesce(held >= 0 AND posted >= held, false)",
        ),
        explained_by={"I4": "o.account_id = f.account_id"},
    ),
    check(
        "I4",
        look(
            "balance",
            "account_id",
            f"SELECT b.account_id, b.posted, s.total AS worked_out FROM balance b LEFT JOIN {_BALANCES} s"
            " ON s.account_id = b.account_id WHERE b.posted IS DISTINCT FROM s.total",
        ),
        look(
            "account",
            "account_id",
            "SELECT a.account_id, a.kind, a.bounded FROM account a LEFT JOIN balance b"
            f" ON b.account_id = a.account_id WHERE (a.kind IN {BOUNDED})"
            " <> (b.account_id IS NOT NULL) OR a.bounded <> (b.account_id IS NOT NULL)::INT",
        ),
        needs="transfer",
        explained_by={
            "entry": _TOUCHED,
            "I2": _TOUCHED,
            "I21": "true",
        },
    ),
    check(
        "I5",
        look(
            "balance",
            "account_id",
            "SELECT b.account_id, b.held, coalesce(h.amount, 0) AS holds FROM balance b"
            " JOIN account a ON a.account_id = b.account_id"
            f" LEFT JOIN {_OPEN_HOLDS} h ON h.account_id = b.account_id"
            " WHERE a.kind <> 'cover' AND b.held IS DISTINCT FROM coalesce(h.amount, 0)",
        ),
        needs="hold hold_end account",
    ),
    check(
        "I6",
        look(
            "account",
            "commodity",
            "SELECT commodity, sum(CASE WHEN kind IN ('issued_consumption', 'issued_deed', 'issued_grant')"
            "  THEN total WHEN kind = 'issued_deduction' THEN -total ELSE 0 END) AS issued,"
            " sum(CASE WHEN kind IN ('wallet', 'pending', 'offset', 'disputed', 'voucher', 'inter', 'retired',"
            "  'redeemed', 'expired', 'forfeited') THEN total WHEN kind IN ('owed', 'loss') THEN -total"
            f"  ELSE 0 END) AS accounted FROM {_BALANCES} WHERE commodity > 1000"
            " GROUP BY commodity HAVING issued <> accounted",
        ),
        needs="transfer",
        explained_by={"I1": "true", "I2": "true"},
    ),
    check(
        "I7",
        look(
            "hold_end",
            "hold_id",
            "SELECT e.hold_id, e.how, e.captured, h.amount FROM hold_end e LEFT JOIN hold h"
            " ON h.hold_id = e.hold_id WHERE NOT coalesce(e.captured BETWEEN 0 AND h.amount"
            " AND (e.how = 'captured' OR (e.how = 'released' AND e.captured = 0)), false)",
        ),
        look(
            "hold_end",
            "hold_id",
            "SELECT hold_id, count(*) AS ends FROM hold_end GROUP BY hold_id HAVING count(*) > 1",
        ),
        needs="hold",
    ),
    check(
        "I9",
        look(
            "txn",
            "request_id",
            "SELECT request_id, count(*) AS postings FROM entry WHERE hash(request_id) IN"
            " (SELECT hash(request_id) FROM entry GROUP BY ALL HAVING count(*) > 1)"
            " GROUP BY request_id HAVING count(*) > 1",
        ),
        explained_by={
            "entry": "EXISTS (SELECT 1 FROM entry e WHERE e.txn_id = o.txn_id AND e.request_id = f.request_id)"
        },
    ),
    check(
        "I10",
        look(
            "request",
            "request_id",
            "SELECT r.request_id, r.outcome, r.code, x.txn_id AS posting FROM request r"
            " JOIN entry x ON x.request_id = r.request_id WHERE r.outcome <> 'done'",
        ),
        needs="txn",
    ),
    check(
        "I17",
        look(
            "txn",
            "txn_id",
            "SELECT x.txn_id, x.reverses_txn FROM entry x WHERE x.reverses_txn IS NOT NULL AND ("
            " SELECT count(*) FROM line r LEFT JOIN line t ON t.txn_id = x.reverses_txn"
            "  AND t.line_no = r.line_no AND t.debit_id = r.credit_id AND t.credit_id = r.debit_id"
            "  AND t.amount = r.amount WHERE r.txn_id = x.txn_id AND t.txn_id IS NULL) > 0",
        ),
        look(
            "txn",
            "txn_id",
            "SELECT reverses_txn AS txn_id, count(*) AS reversals FROM entry"
            " WHERE reverses_txn IS NOT NULL GROUP BY reverses_txn HAVING count(*) > 1",
        ),
        explained_by={"entry": "o.txn_id IN (f.txn_id)"},
    ),
    check(
        "I20",
        look(
            "txn",
            "txn_id",
            "SELECT x.txn_id, x.business_date, x.recorded_at, d.changed_at AS locked_at FROM entry x"
            " JOIN book_day d ON d.business_date = x.business_date AND d.state = 'locked'"
            " WHERE x.recorded_at > d.changed_at",
        ),
        needs="book_day",
        explained_by={"entry": "o.txn_id = f.txn_id"},
    ),
)
"""Of `ledger/book`, as the export has it."""
