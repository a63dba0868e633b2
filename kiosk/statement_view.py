"""A shop's statement on a page: the head that lists show; its cells are those of the printed form."""

from __future__ import annotations

from typing import Any

from kiosk.page_words import STATEMENT_STATES, word
from kiosk.pages import say
from settlement.statements import Statement


def head_of(statement: Statement, shop: str) -> dict[str, Any]:
    """What lists and headings say of a statement; amounts in fen, plus and minus together."""
    state = word(STATEMENT_STATES, statement.state)
    return {
        "statement_id": statement.statement_id,
        "number": statement.statement_no,
        "shop": shop,
        "month": statement.month,
        "issued_at": statement.issued_at,
        "objection_until": statement.objection_until,
        "booked_fen": statement.booked_fen_plus - statement.booked_fen_minus,
        "claimed_fen": statement.claimed_fen_plus - statement.claimed_fen_minus,
        "payable_fen": statement.payable_fen,
        "paid_fen": statement.paid_fen,
        "state": say(state.text),
        "tone": state.tone,
    }
