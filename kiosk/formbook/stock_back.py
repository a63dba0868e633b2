"""A filled form of goods received: looked at row by row, then taken onto the shelf through the office's own door.

The number of the delivery note and the good name a row for ever: the same note is taken in once, whether it came by
this form, by the same form with more rows, or on the page of the good.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from kiosk.formbook.filled import Filled, Value
from kiosk.formbook.registry import get_form
from kiosk.formbook.sources_stock import CAME, say_zh
from ledger.audit import By
from ledger.book.funds import POINTS, fund_balance
from ledger.database import Database
from ledger.errors import Refusal
from ledger.ids import derived_request_id
from ledger.members.import_rows import Fault
from ledger.sql import Row, Sql, Tx
from ledger.stock.goods import MOST_STOCK, all_goods
from ledger.stock.intake import DONATION, PURCHASE, Delivery, receive

FORM: Final = "goods_in"
_KNOWN: Final = Sql(
    "SELECT m.quantity, m.paid_fen, m.kind FROM stock_move m LEFT JOIN stock_lot l"
    " ON l.community_id = m.community_id AND l.lot_id = m.lot_id WHERE m.community_id = :community_id"
    " AND m.good_id = :good_id AND m.kind IN ('purchase', 'donation')"
    " AND (l.document = :document OR m.ref = :document OR CAST(m.move_id AS TEXT) = :document)"
)
_HEAD_ROWS: Final = 2
"""The first row of goods is the second of the file."""


class _Cells(NamedTuple):
    """A row of the form, in the order of its columns."""

    document: Value
    day: Value
    source: Value
    donor: Value
    name: Value
    spec: Value
    quantity: Value
    price: Value
    paid: Value
    made_on: Value
    best_before: Value
    checked_by: Value
    kept_by: Value


class Plan(NamedTuple):
    """What a form would do: deliveries to be booked, how many are in the book already, and what is wrong."""

    new: tuple[Delivery, ...]
    known: int
    faults: tuple[Fault, ...]


def plan(tx: Tx, community_id: int, merchant_id: int, filled: Filled) -> Plan:
    """Look at a form's rows for one supermarket; nothing is written. Refuses form_not_taken, fund_empty."""
    if filled.form.code != FORM:
        raise Refusal("form_not_taken")
    goods = {(good.name, good.spec): good for good in all_goods(tx, community_id, merchant_id)}
    new: list[Delivery] = []
    faults: list[Fault] = []
    known = 0
    seen: set[tuple[str, int]] = set()
    for number, cells in enumerate(filled.rows, _HEAD_ROWS):
        try:
            came = _delivery(_Cells(*(cell.value for cell in cells)), goods, seen)
            known += _is_known(tx, community_id, came, new)
        except _WrongError as wrong:
            heading = filled.form.columns[_Cells._fields.index(wrong.column)].heading
            faults.append(Fault(number, heading, wrong.code, {}))
    if not faults and sum(one.paid_fen for one in new) > fund_balance(tx, community_id, POINTS):
        raise Refusal("fund_empty")
    return Plan(tuple(new), known, tuple(faults))


def book(
    db: Database, community_id: int, merchant_id: int, filled: Filled, *, by: By, at: int
) -> Plan:
    """Take every new row in, each by its note's own request; a form sent again books nothing twice.

    Gives the plan that was carried out, or one with faults and nothing booked. Refuses what `plan` and
    `ledger.stock.intake.receive` refuse; what was booked before such a refusal stays, and is known the next time.
    """
    with db.read() as tx:
        found = plan(tx, community_id, merchant_id, filled)
    if found.faults:
        return found
    for came in found.new:
        request_id = derived_request_id("goods_in", community_id, came.good_id, came.document)
        receive(db, community_id, request_id, came, by=by, at=at)
    return found


class _WrongError(Exception):
    def __init__(self, column: str, code: str) -> None:
        super().__init__(code)
        self.column, self.code = column, code


def _delivery(row: _Cells, goods: dict[tuple[str, str], Row], seen: set[Any]) -> Delivery:
    good = goods.get((str(row.name or ""), str(row.spec or "")))
    if good is None:
        raise _WrongError("name", "stock_form_good")
    document, quantity = str(row.document or ""), row.quantity
    if not document or (document, good.good_id) in seen:
        raise _WrongError("document", "stock_form_note")
    seen.add((document, good.good_id))
    if not isinstance(quantity, int) or not 0 < quantity <= MOST_STOCK:
        raise _WrongError("quantity", "import_number")
    source = _sources().get(str(row.source))
    if source is None:
        raise _WrongError("source", "stock_form_source")
    paid, donor = int(row.paid or 0), str(row.donor or "")
    if paid < 0 or (source == DONATION and (paid or not donor)):
        raise _WrongError("paid" if paid else "donor", "delivery_wrong")
    return Delivery(
        good_id=int(good.good_id),
        quantity=quantity,
        source=source,
        paid_fen=paid,
        donor=donor if source == DONATION else "",
        document=document,
        made_on=_day(row.made_on),
        best_before=_day(row.best_before),
    )


def _sources() -> dict[str, str]:
    """How a row may say that it was bought or given: as the form prints it, or as its heading names them."""
    heading = get_form(FORM).columns[_Cells._fields.index("source")].heading
    named = heading.partition("(")[2].rstrip(")").split("/")
    printed = {say_zh(word): code for code, word in CAME.items()}
    return {**printed, **dict(zip(named, (PURCHASE, DONATION), strict=True))}


def _day(value: Value) -> int | None:
    return value if isinstance(value, int) else None


def _is_known(tx: Tx, community_id: int, came: Delivery, new: list[Delivery]) -> bool:
    """Whether the book has this note of this good already; else it is added to what is new."""
    here = {"community_id": community_id, "good_id": came.good_id, "document": came.document}
    rows = tx.all(_KNOWN, **here)
    if not rows:
        new.append(came)
        return False
    asked = (came.quantity, came.paid_fen, came.source)
    if asked not in [(int(row.quantity), int(row.paid_fen), row.kind) for row in rows]:
        raise _WrongError("document", "stock_form_other")
    return True
