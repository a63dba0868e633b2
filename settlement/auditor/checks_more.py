"""Checks of what the other files leave over: captured holds, lapsed points, signed roots, tills, actors, times."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from settlement.auditor.book import Book
from settlement.auditor.entry import is_sealed
from settlement.auditor.registry import Check, check, look, look_by
from settlement.auditor.signatures import checkpoints, published
from settlement.auditor.tree import tree_of

_BY_TXN: Final = {"entry": "o.txn_id = f.txn_id", "I2": "o.txn_id = f.txn_id"}

# A wallet's earning, and what undoes it; everything else that moves on it is spending or comes back from it.
_SOURCES: Final = "('issued_consumption', 'issued_deed', 'issued_grant', 'pending')"
_MOVED: Final = (
    "(SELECT t.txn_id, t.credit_id AS account_id, t.amount AS units,"
    f"  t.debit_kind IN {_SOURCES} OR t.debit_kind = 'wallet' AS earning FROM line t WHERE t.credit_kind = 'wallet'"
    " UNION ALL SELECT t.txn_id, t.debit_id, -t.amount,"
    f"  t.credit_kind IN {_SOURCES} OR t.credit_kind = 'wallet' FROM line t WHERE t.debit_kind = 'wallet')"
)
_LAPSED: Final = (
    "(SELECT x.txn_id, t.debit_id AS account_id, t.amount, s.leaf_index, p.earned_until, p.units, p.expired_units,"
    "  p.state, p.notice_days, p.owner_id, p.commodity FROM entry x JOIN line t ON t.txn_id = x.txn_id"
    "  AND t.debit_kind = 'wallet' AND t.credit_kind = 'expired' JOIN sealed s ON s.entry_id = x.txn_id"
    "  LEFT JOIN lapse p ON p.txn_id = x.txn_id WHERE x.kind = 'expire')"
)
# What a till numbered: every posting, and a sale or refund that moved nothing, such as cash given back for cash.
_NUMBERED: Final = (
    "CREATE TABLE numbered AS SELECT split_part(ref, '-', 1) AS till, split_part(ref, '-', 3)::BIGINT AS counter,"
    " sum(entry)::BIGINT AS entries FROM"
    " (SELECT ref, 1 AS entry FROM entry WHERE ref IS NOT NULL AND source IN ('till', 'counter', 'gateway')"
    " UNION ALL SELECT ref, 0 FROM sale WHERE state = 'done' AND txn_id IS NULL"
    " UNION ALL SELECT ref, 0 FROM refund WHERE state = 'done' AND txn_id IS NULL"
    " UNION ALL SELECT ref, 0 FROM benefit_given WHERE txn_id IS NULL) GROUP BY till, counter"
)


def _roots(book: Book) -> Iterable[tuple[int, str, str]]:
    """Signed sizes whose root is not the one of that prefix of the order."""
    if not is_sealed(book):
        return
    tree = tree_of(book)
    for size, stated, note in book.rows("SELECT size, root, note FROM checkpoint ORDER BY size"):
        if size > book.source.size:
            yield (size, str(stated), "more than there is")
            continue
        found = tree.root(int(size)).hex()
        if found != str(stated):
            yield (size, str(stated), found)
        elif str(note).split("\n")[1:2] != [str(size)]:
            yield (size, str(stated), "the note names another size")


def _numbered_twice(book: Book) -> Iterable[tuple[str, int, int]]:
    """Numbers of a till that stand on more than one posting; leaves `numbered` behind."""
    book.run(_NUMBERED)
    yield from book.rows("SELECT till, counter, entries FROM numbered WHERE entries > 1")


def _trial_balances(book: Book) -> Iterable[tuple[int, int, str, int, int]]:
    """Closed months whose trial balance is not what the prefix they closed over adds up to."""
    yield from book.rows(
        "WITH m AS (SELECT p.period_key, t.commodity, t.debit_kind::VARCHAR AS kind, t.amount AS debits, 0 AS credits"
        "  FROM period p JOIN sealed s ON s.leaf_index < p.tree_size JOIN line t ON t.txn_id = s.entry_id"
        "  WHERE p.state = 'closed' UNION ALL SELECT p.period_key, t.commodity, t.credit_kind::VARCHAR, 0, t.amount"
        "  FROM period p JOIN sealed s ON s.leaf_index < p.tree_size JOIN line t ON t.txn_id = s.entry_id"
        "  WHERE p.state = 'closed'),"
        " w AS (SELECT period_key, commodity, kind, sum(debits)::BIGINT AS debits, sum(credits)::BIGINT AS credits"
        "  FROM m GROUP BY ALL)"
        " SELECT coalesce(b.period_key, w.period_key), coalesce(b.commodity, w.commodity), coalesce(b.kind, w.kind),"
        "  coalesce(w.debits, 0), coalesce(w.credits, 0) FROM trial_balance b FULL JOIN w"
        "  ON w.period_key = b.period_key AND w.commodity = b.commodity AND w.kind = b.kind"
        "  WHERE b.debits IS DISTINCT FROM w.debits OR b.credits IS DISTINCT FROM w.credits"
    )


MORE: Final[tuple[Check, ...]] = (
    check(
        "I8",
        look(
            "hold_end",
            "hold_id",
            "SELECT min(e.hold_id) AS hold_id, e.txn_id, sum(e.captured)::BIGINT AS captured,"
            " any_value(d.amount) AS posted FROM hold_end e JOIN hold h ON h.hold_id = e.hold_id"
            " LEFT JOIN (SELECT txn_id, debit_id, sum(amount)::BIGINT AS amount FROM line"
            "  WHERE txn_id IN (SELECT txn_id FROM hold_end WHERE how = 'captured') GROUP BY ALL) d"
            "  ON d.txn_id = e.txn_id AND d.debit_id = h.account_id WHERE e.how = 'captured'"
            " GROUP BY e.txn_id, h.account_id HAVING sum(e.captured) IS DISTINCT FROM any_value(d.amount)",
        ),
        needs="hold",
        explained_by={"I7": "o.hold_id = f.hold_id", **_BY_TXN},
    ),
    check(
        "I19",
        look(
            "txn",
            "txn_id",
            "WITH m AS (SELECT e.txn_id, sum(CASE WHEN m.earning AND coalesce(r.corrects_date, r.business_date,"
            "   x.corrects_date, x.business_date) <= e.earned_until THEN m.units ELSE 0 END)::BIGINT AS earned,"
            "  sum(CASE WHEN m.earning THEN 0 ELSE -m.units END)::BIGINT AS used"
            f"  FROM {_LAPSED} e JOIN {_MOVED} m ON m.account_id = e.account_id"
            "  JOIN sealed s ON s.entry_id = m.txn_id AND s.leaf_index < e.leaf_index"
            "  JOIN entry x ON x.txn_id = m.txn_id LEFT JOIN entry r ON r.txn_id = x.reverses_txn GROUP BY e.txn_id)"
            " SELECT e.txn_id, e.earned_until, e.amount, coalesce(m.earned, 0) AS earned, coalesce(m.used, 0) AS used,"
            f" e.units AS announced FROM {_LAPSED} e LEFT JOIN m ON m.txn_id = e.txn_id WHERE NOT coalesce("
            " e.state = 'expired' AND e.expired_units = e.amount AND e.amount <= e.units"
            " AND e.amount <= coalesce(m.earned, 0) - coalesce(m.used, 0), false)",
        ),
        look(
            "lapse",
            "commodity owner_id earned_until",
            "SELECT p.commodity, p.owner_id, p.earned_until, p.notice_days, coalesce(n.given, 0) AS given,"
            " p.txn_id FROM lapse p LEFT JOIN (SELECT commodity, owner_id, earned_until,"
            "  count(DISTINCT notice_days) AS given, count(*) FILTER (given_on IS NULL) AS waiting"
            "  FROM lapse_notice GROUP BY ALL) n ON n.commodity = p.commodity AND n.owner_id = p.owner_id"
            "  AND n.earned_until = p.earned_until WHERE p.state = 'expired' AND p.expired_units > 0"
            " AND (coalesce(n.given, 0) < len(string_split(p.notice_days, ',')) OR n.waiting > 0)",
        ),
        needs="lapse lapse_notice txn",
        explained_by={**_BY_TXN, "I21": "true"},
    ),
    check(
        "I20b",
        look_by("trial_balance", "period_key commodity kind", "debits credits", _trial_balances),
        needs="period",
        explained_by={"entry": "true", "I2": "true", "I6": "true", "I21": "true"},
    ),
    check(
        "I22",
        look_by("checkpoint", "size", "stated worked_out", _roots),
        explained_by={"entry": "true", "I21": "true", "root": "true"},
    ),
    check(
        "signature",
        look_by("checkpoint", "size", "key_no wrong", checkpoints),
        look_by("manifest", "name", "wrong", published),
        needs="checkpoint",
        # Another root than was signed is a fault of the root.
        explained_by={"I22": "o.size = f.size"},
    ),
    check(
        "I26",
        look_by("txn", "till counter", "entries", _numbered_twice),
        look(
            "txn",
            "till counter",
            "WITH b AS (SELECT b.batch_id, t.code AS till, (b.header::JSON->'$.totals'->>'first_counter')::BIGINT"
            "   AS first, (b.header::JSON->'$.totals'->>'last_counter')::BIGINT AS last,"
            "   (b.header::JSON->'$.totals'->>'sales')::BIGINT + (b.header::JSON->'$.totals'->>'refunds')::BIGINT"
            "   AS told FROM claim_batch b JOIN terminal t ON t.terminal_id = b.terminal_id WHERE b.outcome = 'ok'),"
            " k AS (SELECT b.*, (SELECT count(*) FROM claim c LEFT JOIN offset_booked o"
            "   ON o.claimant_id = c.claimant_id AND o.ref = c.ref WHERE c.batch_id = b.batch_id AND o.ref IS NULL)"
            # A receipt that was claimed before is told once more, under a counter that has its booking already.
            "   AS unknown, (SELECT count(*) FROM claim_again a WHERE a.batch_id = b.batch_id) AS again,"
            " (SELECT count(*) FROM numbered n WHERE n.till = b.till"
            "   AND n.counter BETWEEN b.first AND b.last) AS booked FROM b)"
            " SELECT till, first AS counter, last, told, booked, unknown AS claimed_and_not_booked FROM k"
            " WHERE told > booked + unknown + again",
        ),
        needs="claim_batch claim claim_again terminal txn sale refund benefit_given",
        explained_by={"entry": "true", "I21": "true"},
    ),
    check(
        "I28",
        look(
            "txn",
            "txn_id",
            "SELECT x.txn_id, x.terminal_id, x.recorded_at, t.enrolled_at, t.revoked_at, t.merchant_id AS of_shop,"
            " x.merchant_id FROM entry x LEFT JOIN terminal t ON t.terminal_id = x.terminal_id"
            " WHERE x.terminal_id IS NOT NULL AND x.source IN ('till', 'counter', 'gateway') AND NOT coalesce("
            " t.enrolled_at <= x.recorded_at AND (t.revoked_at IS NULL OR x.recorded_at <= t.revoked_at"
            "  OR x.provisional = 1) AND t.merchant_id = x.merchant_id, false)",
        ),
        look(
            "txn",
            "txn_id",
            "SELECT x.txn_id, x.kind, x.staff_id, x.recorded_at FROM entry x WHERE x.source = 'office'"
            " AND x.staff_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM staff_role r WHERE r.staff_id = x.staff_id"
            "  AND r.granted_at <= x.recorded_at AND (r.revoked_at IS NULL OR x.recorded_at <= r.revoked_at))",
        ),
        needs="terminal staff_role",
        explained_by=_BY_TXN,
    ),
    check(
        "I29",
        look(
            "txn",
            "txn_id",
            "SELECT x.txn_id, x.kind, x.issuing_community, x.accepting_community FROM entry x"
            " WHERE (x.issuing_community, x.accepting_community) IS DISTINCT FROM"
            "  (getvariable('community')::BIGINT, getvariable('community')::BIGINT) AND NOT EXISTS (SELECT 1"
            "  FROM line t WHERE t.txn_id = x.txn_id AND 'inter' IN (t.debit_kind::VARCHAR, t.credit_kind::VARCHAR))",
        ),
        explained_by=_BY_TXN,
    ),
    check(
        "I30",
        look(
            "txn",
            "txn_id",
            "SELECT x.txn_id, x.recorded_at, s.leaf_index, c.size, c.signed_at FROM sealed s"
            " JOIN entry x ON x.txn_id = s.entry_id ASOF JOIN checkpoint c ON s.leaf_index < c.size"
            " WHERE x.recorded_at > c.signed_at",
        ),
        needs="checkpoint",
        explained_by=_BY_TXN,
    ),
)
"""The rest of the design's list; what each of its numbers is checked by stands in invariants.py."""
