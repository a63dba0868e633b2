"""Checks of the shelf: what is left of a good against every piece that came or went."""

from __future__ import annotations

from typing import Final

from settlement.auditor.registry import Check, check, look

STOCK: Final[tuple[Check, ...]] = (
    check(
        "I31",
        look(
            "good",
            "good_id",
            "SELECT g.good_id, g.stock, coalesce(m.pieces, 0) AS pieces_moved FROM good g"
            " LEFT JOIN (SELECT good_id, sum(quantity)::BIGINT AS pieces FROM stock_move GROUP BY ALL) m"
            "  ON m.good_id = g.good_id WHERE g.stock IS DISTINCT FROM coalesce(m.pieces, 0)",
        ),
        look(
            "good",
            "good_id",
            "SELECT g.good_id, g.stock, 'below zero without a flag' AS wrong FROM good g WHERE g.stock < 0"
            " AND g.good_id NOT IN (SELECT good_id FROM stock_flag WHERE closed_at IS NULL)",
        ),
        look(
            "good",
            "good_id",
            "SELECT g.good_id, g.held, coalesce(h.pieces, 0) AS set_aside FROM good g"
            " LEFT JOIN (SELECT good_id, sum(quantity)::BIGINT AS pieces FROM stock_hold WHERE state = 'open'"
            "  GROUP BY ALL) h ON h.good_id = g.good_id WHERE g.held IS DISTINCT FROM coalesce(h.pieces, 0)",
        ),
        look(
            "good",
            "good_id",
            "SELECT g.good_id, g.stock, l.pieces AS left_in_lots FROM good g JOIN (SELECT good_id,"
            " sum(left_pieces)::BIGINT AS pieces FROM stock_lot GROUP BY ALL) l ON l.good_id = g.good_id"
            " WHERE l.pieces > greatest(g.stock, 0)",
        ),
        needs="stock_move stock_flag stock_hold stock_lot",
    ),
)
"""Of the points supermarket's shelf, as the export has it."""
