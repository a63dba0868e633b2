"""What a line of the passbook says: date, matter, plus, minus, balance, who handled it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kiosk.api.types import day_text
from kiosk.texts import Translate, mark
from ledger.book.chart import Kind
from ledger.members.terms import Terms
from pos.passbook import Printed

_MATTERS: Final[Mapping[str, str]] = {
    Kind.SALE: mark("Shopping: {shop}"),
    Kind.EARN_SPENDING: mark("Shopping: {shop}"),
    Kind.VEST: mark("Payment checked: {shop}"),
    Kind.REFUND: mark("Refund: {shop}"),
    Kind.REDEEM: mark("Goods redeemed"),
    Kind.RETURN_GOODS: mark("Goods taken back"),
    Kind.EARN_DEED: mark("Community work"),
    Kind.DEDUCT: mark("Deducted by decision"),
    Kind.GRANT: mark("Given by the community"),
    Kind.EXPIRE: mark("Lapsed"),
    Kind.REVERSAL: mark("Entry corrected"),
    Kind.REPAY: mark("Made up"),
}
_OTHERWISE: Final = mark("Entry by the community office")
_BROUGHT: Final = mark("Earlier entries: {count}")


def passbook_line(terms: Terms, line: Printed, translate: Translate) -> dict[str, Any]:
    """One line as the counter prints it; amounts in units."""
    return {
        "line_no": line.line_no,
        "date": day_text(line.business_date),
        "matter": _matter(terms, line, translate),
        "plus_units": line.plus_units,
        "minus_units": line.minus_units,
        "balance_units": line.balance_units,
        "handled_by": _handled_by(terms, line),
    }


def _matter(terms: Terms, line: Printed, translate: Translate) -> str:
    if len(line.rows) > 1:
        return translate(_BROUGHT).format(count=len(line.rows))
    entry = line.rows[0]
    shop = terms.merchants.get(entry.merchant_id or 0)
    words = translate(_MATTERS.get(entry.kind, _OTHERWISE))
    return words.format(shop="" if shop is None else shop.name)


def _handled_by(terms: Terms, line: Printed) -> str:
    entry = line.rows[0]
    at_terminal = entry.source in {"counter", "till"} and len(line.rows) == 1
    clerk = terms.clerks.get(entry.staff_id or 0) if at_terminal else None
    return "" if clerk is None else clerk.label
