"""A filled form of goods issued: gifts (a visit to the sick, a feast) are taken off the shelf, each slip once.

What was handed out for points is the counter's and in the book already; what is written off takes two people, so a
slip of it that the book does not have is named and books nothing.
"""

from __future__ import annotations

from collections import Counter
from typing import Final, NamedTuple

from kiosk.formbook.filled import Filled, Value
from kiosk.formbook.registry import get_form
from kiosk.formbook.sources_stock import WENT, say_zh
from ledger.audit import By
from ledger.database import Database
from ledger.errors import Refusal
from ledger.ids import derived_request_id
from ledger.members.import_rows import Fault
from ledger.sql import Sql, Tx
from ledger.stock.goods import MOST_STOCK, all_goods
from ledger.stock.leaving import hand_out

FORM: Final = "goods_out"
_KNOWN: Final = Sql(
    "SELECT quantity FROM stock_move WHERE community_id = :community_id AND good_id = :good_id AND quantity < 0"
    " AND (ref = :document OR CAST(move_id AS TEXT) = :document OR request_id = :request_id)"
)
_HEAD_ROWS: Final = 2


class _Cells(NamedTuple):
    """A row of the form, in the order of its columns."""

    document: Value
    day: Value
    name: Value
    quantity: Value
    purpose: Value
    taken_by: Value
    handed_by: Value


class Gift(NamedTuple):
    """Pieces to be given without points: the slip's own request, and why."""

    request_id: str
    good_id: int
    quantity: int
    reason: str


class Plan(NamedTuple):
    """What a form would do: gifts to be booked, how many rows are in the book already, and what is wrong."""

    new: tuple[Gift, ...]
    known: int
    faults: tuple[Fault, ...]


class _WrongError(Exception):
    def __init__(self, column: str, code: str) -> None:
        super().__init__(code)
        self.column, self.code = column, code


def plan(tx: Tx, community_id: int, merchant_id: int, filled: Filled) -> Plan:
    """Look at a form's rows for one supermarket; nothing is written. Refuses form_not_taken."""
    if filled.form.code != FORM:
        raise Refusal("form_not_taken")
    goods = all_goods(tx, community_id, merchant_id)
    times = Counter(good.name for good in goods)
    by_name = {good.name: int(good.good_id) for good in goods if times[good.name] == 1}
    new: list[Gift] = []
    faults: list[Fault] = []
    known = 0
    for number, cells in enumerate(filled.rows, _HEAD_ROWS):
        row = _Cells(*(cell.value for cell in cells))
        try:
            gift = _gift(tx, community_id, row, by_name)
            if gift is None:
                known += 1
            elif any(one.request_id == gift.request_id for one in new):
                raise _WrongError("document", "stock_form_note")  # noqa: TRY301 - told like the others
            else:
                new.append(gift)
        except _WrongError as wrong:
            heading = filled.form.columns[_Cells._fields.index(wrong.column)].heading
            faults.append(Fault(number, heading, wrong.code, {}))
    return Plan(tuple(new), known, tuple(faults))


def book(
    db: Database, community_id: int, merchant_id: int, filled: Filled, *, by: By, at: int
) -> Plan:
    """Take every new gift off the shelf, each under its slip's own request; a form sent again books nothing twice.

    Gives the plan that was carried out, or one with faults and nothing booked. Refuses what `plan` and
    `ledger.stock.leaving.hand_out` refuse; what was booked before such a refusal stays, and is known the next time.
    """
    with db.read() as tx:
        found = plan(tx, community_id, merchant_id, filled)
    if found.faults:
        return found
    for gift in found.new:
        hand_out(
            db, community_id, gift.request_id, gift.good_id, gift.quantity,
            reason=gift.reason, by=by, at=at,
        )  # fmt: skip
    return found


def _gift(tx: Tx, community_id: int, row: _Cells, by_name: dict[str, int]) -> Gift | None:
    """The gift a row asks for; None where the book has it, or where it was the counter's."""
    good_id = by_name.get(str(row.name or ""))
    if good_id is None:
        raise _WrongError("name", "stock_form_good")
    document, quantity = str(row.document or ""), row.quantity
    if not document:
        raise _WrongError("document", "stock_form_note")
    if not isinstance(quantity, int) or not 0 < quantity <= MOST_STOCK:
        raise _WrongError("quantity", "import_number")
    purpose = _purposes().get(str(row.purpose))
    if purpose is None:
        raise _WrongError("purpose", "stock_form_purpose")
    request_id = derived_request_id("goods_out", community_id, good_id, document)
    asked = {"good_id": good_id, "document": document, "request_id": request_id}
    before = [-int(one.quantity) for one in tx.all(_KNOWN, community_id=community_id, **asked)]
    if before and quantity not in before:
        raise _WrongError("document", "stock_form_other")
    if before or purpose == "redeem":
        return None
    if purpose == "write_off":
        raise _WrongError("purpose", "stock_form_two")
    day = str(row.day or "")
    why = " ".join(part for part in (str(row.purpose), day, str(row.taken_by or "")) if part)
    return Gift(request_id, good_id, quantity, why)


def _purposes() -> dict[str, str]:
    """How a row may say what the pieces were for: as the heading names it, or as the form prints it."""
    heading = get_form(FORM).columns[_Cells._fields.index("purpose")].heading
    named = heading.partition("(")[2].rstrip(")").split("/")
    printed = {say_zh(word): kind for kind, word in WENT.items()}
    return {**printed, **dict(zip(named, ("redeem", "hand_out", "write_off"), strict=True))}
