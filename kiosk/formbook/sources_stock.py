"""Forms about the points supermarket's shelf, read from its moves, lots and counts."""

from __future__ import annotations

from typing import Final

from kiosk.formbook.asked import Asked, Rows
from kiosk.texts import LANGUAGES, mark, translator
from ledger.members import staff
from ledger.sql import Sql, Tx
from ledger.stock.intake import thanks_list

_MOVES: Final = Sql(
    "SELECT m.move_id, m.kind, m.quantity, m.paid_fen, m.business_date, m.staff_id, m.second_staff_id, m.reason,"
    " m.ref, g.name, g.spec, l.donor, l.document, l.made_on, l.best_before FROM stock_move m"
    " JOIN good g ON g.community_id = m.community_id AND g.good_id = m.good_id"
    " LEFT JOIN stock_lot l ON l.community_id = m.community_id AND l.lot_id = m.lot_id"
    " WHERE m.community_id = :community_id AND m.business_date >= :first AND m.business_date <= :last"
    " AND (:shop = 0 OR m.merchant_id = :shop) AND m.quantity <> 0 ORDER BY m.move_id"
)
_LEDGER: Final = Sql(
    "SELECT g.code, g.name, g.spec, m.kind, CASE WHEN m.business_date < :first THEN 1 ELSE 0 END AS is_before,"
    " sum(m.quantity) AS pieces, g.good_id FROM stock_move m"
    " JOIN good g ON g.community_id = m.community_id AND g.good_id = m.good_id"
    " WHERE m.community_id = :community_id AND m.business_date <= :last"
    " AND (:shop = 0 OR m.merchant_id = :shop) GROUP BY g.good_id, g.code, g.name, g.spec, m.kind, 5"
    " ORDER BY g.code, g.good_id"
)
_COUNTS: Final = Sql(
    "SELECT c.count_id, c.business_date, c.opened_by, c.second_by, n.good_id, n.book_pieces, n.counted,"
    " n.counted_again, n.reason, g.name FROM stock_count c"
    " JOIN stock_count_line n ON n.community_id = c.community_id AND n.count_id = c.count_id"
    " JOIN good g ON g.community_id = n.community_id AND g.good_id = n.good_id"
    " WHERE c.community_id = :community_id AND c.state = 'posted' AND c.business_date >= :first"
    " AND c.business_date <= :last AND (:shop = 0 OR c.merchant_id = :shop) ORDER BY c.count_id, g.code"
)
CAME: Final = {"purchase": mark("bought"), "donation": mark("donated")}
WENT: Final = {
    "redeem": mark("for points"),
    "hand_out": mark("given to people in need"),
    "write_off": mark("written off"),
}
_WHY: Final = {
    "expired": mark("past its day"),
    "broken": mark("broken"),
    "vermin": mark("eaten by mice"),
    "other": mark("another reason"),
}
say_zh = translator(LANGUAGES[0])


def goods_in(tx: Tx, asked: Asked) -> Rows:
    """What came in a month, bought or given, lot by lot; the price of a piece down to a fen."""
    names = _staff(tx, asked)
    return [
        (
            row.document or row.ref or str(row.move_id),
            int(row.business_date),
            say_zh(CAME[row.kind]),
            row.donor,
            row.name,
            row.spec,
            int(row.quantity),
            int(row.paid_fen) // int(row.quantity) if row.paid_fen else None,
            int(row.paid_fen) or None,
            row.made_on,
            row.best_before,
            names.get(int(row.staff_id), ""),
            names.get(int(row.second_staff_id), ""),
        )
        for row in tx.all(_MOVES, **asked.span, shop=asked.shop_id)
        if row.kind in CAME
    ]


def goods_out(tx: Tx, asked: Asked) -> Rows:
    """What left in a month and what for; who got a gift stands in the record of the act, not here."""
    names = _staff(tx, asked)
    return [
        (
            row.ref or str(row.move_id),
            int(row.business_date),
            row.name,
            -int(row.quantity),
            say_zh(WENT[row.kind]),
            "",
            names.get(int(row.staff_id), ""),
        )
        for row in tx.all(_MOVES, **asked.span, shop=asked.shop_id)
        if row.kind in WENT
    ]


def write_offs(tx: Tx, asked: Asked) -> Rows:
    """What was written off in a month, why, and who agreed."""
    names = _staff(tx, asked)
    return [
        (
            row.name,
            -int(row.quantity),
            _reason(row.reason),
            row.ref,
            names.get(int(row.second_staff_id), ""),
        )
        for row in tx.all(_MOVES, **asked.span, shop=asked.shop_id)
        if row.kind == "write_off"
    ]


def stock_ledger(tx: Tx, asked: Asked) -> Rows:
    """Each good from the month's first piece to its last: what a count changed stands in the last column.

    What was brought back counts against what was handed out. 0 + in - out - given - written off + count = end.
    """
    counted = {
        int(row.good_id): int(row.counted)
        for row in tx.all(_COUNTS, **asked.span, shop=asked.shop_id)
    }
    goods: dict[int, tuple[str, str]] = {}
    sums: dict[int, dict[str, int]] = {}
    for row in tx.all(_LEDGER, **asked.span, shop=asked.shop_id):
        good_id = int(row.good_id)
        goods[good_id] = (row.name, row.spec)
        kind = "before" if row.is_before else row.kind
        kept = sums.setdefault(good_id, {})
        kept[kind] = kept.get(kind, 0) + int(row.pieces)
    found = []
    for good_id, (name, spec) in goods.items():
        moved = sums[good_id]
        came = moved.get("purchase", 0) + moved.get("donation", 0)
        redeemed = moved.get("redeem", 0) + moved.get("return", 0)
        found.append(
            (
                name,
                spec,
                moved.get("before", 0),
                came,
                -redeemed,
                -moved.get("hand_out", 0),
                -moved.get("write_off", 0),
                sum(moved.values()),
                counted.get(good_id),
                moved.get("count", 0),
            )
        )
    return found


def stock_counts(tx: Tx, asked: Asked) -> Rows:
    """Counts that were posted in a month, good by good, with both who counted."""
    names = _staff(tx, asked)
    return [
        (
            int(row.business_date),
            row.name,
            int(row.book_pieces),
            int(row.counted),
            int(row.counted) - int(row.book_pieces),
            row.reason,
            " ".join(
                name for who in (row.opened_by, row.second_by) if (name := names.get(int(who or 0)))
            ),
            names.get(int(row.second_by or 0), ""),
        )
        for row in tx.all(_COUNTS, **asked.span, shop=asked.shop_id)
    ]


def donations(tx: Tx, asked: Asked) -> Rows:
    """Goods given in a month, under the name the giver wants to be thanked by, and what is left of each."""
    span = asked.span
    rows = thanks_list(tx, span["community_id"], first=span["first"], last=span["last"])
    return [
        (
            int(row.received_on),
            row.donor,
            " ".join(part for part in (row.name, row.spec) if part),
            str(int(row.received)),
            "",
            str(int(row.left_pieces)),
            "",
        )
        for row in rows
    ]


def _reason(text: str) -> str:
    word, _, rest = text.partition(":")
    known = _WHY.get(word.strip())
    return (
        text if known is None else " ".join(part for part in (say_zh(known), rest.strip()) if part)
    )


def _staff(tx: Tx, asked: Asked) -> dict[int, str]:
    return {
        int(row.staff_id): str(row.name) for row in staff.all_staff(tx, asked.here.community.id)
    }
