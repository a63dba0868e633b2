"""A month's statements, and each of them line by line."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from flask import Response, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.forms import alone, me, number
from kiosk.office.frame import bp, can, office_page, to
from kiosk.office.payout_words import held_words
from kiosk.page_words import PAYOUT_STATES, word
from kiosk.pages import month_text, say
from kiosk.statement_files import month_file, sheet_of, statement_file
from kiosk.statement_view import head_of
from ledger.book.period import closed_periods, find_period
from ledger.errors import Refusal
from ledger.members.terms import Terms
from pos.desk import day_of
from settlement.closing import accept_statement, previous_month, run_month
from settlement.lives import month_life
from settlement.month_life import MONTH_NAMES
from settlement.payout_lists import paid_of_statements, unpaid
from settlement.payout_store import Payout, payouts_of_statement
from settlement.statements import Statement, get_statement, statements_of_month

_MONTHS: Final = 6
_JANUARY: Final = 1


@bp.get("/statements", endpoint="statements")
@allow("office.read")
def statements_list() -> Response:
    """One month, shop by shop."""
    return _month_page(request.args.get("month", 0, int))


@bp.post("/statements")
@allow("statement.write")
def issue_statements() -> AnyResponse:
    """Issue every shop's statement of a month whose nights are all closed."""
    month = 0
    try:
        month = number("month")
        close = partial(run_month, service().db, actor().community_id, month, by=me())
        alone("month", {"month": month}, partial(close, at=service().now()))
    except Refusal as refusal:
        return _month_page(month, refusal=refusal)
    return to("office.statements", "issued", month=month)


@bp.get("/statements/<int:statement_id>")
@allow("office.read")
def statement(statement_id: int) -> Response:
    """One statement."""
    return _one(statement_id)


@bp.get("/statements/<int:statement_id>/<kind>")
@allow("office.read")
def statement_download(statement_id: int, kind: str) -> Response:
    """One statement as a file: pdf, xlsx, csv or json."""
    return statement_file(actor().community_id, statement_id, kind)


@bp.get("/statements/months/<int:month>/<kind>")
@allow("office.read")
def month_download(month: int, kind: str) -> Response:
    """A month of all shops as a file."""
    return month_file(actor().community_id, month, kind)


@bp.post("/statements/<int:statement_id>/accept")
@allow("statement.write")
def accept_for_shop(statement_id: int) -> AnyResponse:
    """Note that the shop signed the statement on paper."""
    try:
        accept = partial(accept_statement, service().db, actor().community_id, statement_id)
        said = {"statement": str(statement_id)}
        alone("statement.accept", said, partial(accept, by=me(), at=service().now()))
    except Refusal as refusal:
        return _one(statement_id, refusal=refusal)
    return to("office.statement", "accepted", statement_id=statement_id)


def _month_page(month: int, *, refusal: Refusal | None = None) -> Response:
    here = terms()
    last = previous_month(day_of(here, service().now()))
    months = [_back(last, n) for n in range(_MONTHS)]
    shown = month if month in months else last
    with service().db.read() as tx:
        found = statements_of_month(tx, here.community.id, shown)
        paid = paid_of_statements(tx, here.community.id, shown)
        closed = find_period(tx, here.community.id, shown)
        newest = max((one.period_key for one in closed_periods(tx, here.community.id)), default=0)
    heads = [
        # What the statement itself calls paid was paid within its month, for the month before.
        {**head_of(row, _shop(here, row)), "paid_fen": paid.get(row.statement_id, 0)}
        for row in found
    ]
    return office_page(
        "office/statements.html",
        refusal=refusal,
        month=shown,
        tabs=[
            {
                "href": url_for("office.statements", month=one),
                "name": month_text(one),
                "here": one == shown,
            }
            for one in months
        ],
        statements=heads,
        sums={name: sum(head[name] for head in heads) for name in _SUMMED},
        closed=closed,
        may_issue=can("statement.write")
        and (closed is None or closed.state != "closed")
        and shown > newest,
        download=lambda kind: url_for("office.month_download", month=shown, kind=kind),
    )


_SUMMED: Final = ("booked_fen", "claimed_fen", "payable_fen", "paid_fen")


def _one(statement_id: int, *, refusal: Refusal | None = None) -> Response:
    here = terms()
    with service().db.read() as tx:
        found = get_statement(tx, here.community.id, statement_id)
        payouts = payouts_of_statement(tx, here.community.id, statement_id)
        left = unpaid(tx, here.community.id, found, at=service().now())
        life = month_life(tx, here.community.id, found, at=service().now())
    head = head_of(found, _shop(here, found))
    is_accepted = found.state in {"accepted", "deemed"}
    return office_page(
        "office/statement.html",
        refusal=refusal,
        head=head,
        life=say(MONTH_NAMES[life]),
        sheet=sheet_of(here.community.id, statement_id),
        payouts=[payout_line(payout) for payout in payouts],
        download=lambda kind: url_for(
            "office.statement_download", statement_id=statement_id, kind=kind
        ),
        may_accept=can("statement.write") and not is_accepted,
        may_propose=can("payout.propose") and is_accepted and left.is_open,
        left=left,
        held=held_words(left) if is_accepted and left.rest_fen else [],
    )


def payout_line(payout: Payout) -> dict[str, Any]:
    """A payout's state in words."""
    state = word(PAYOUT_STATES, payout.state)
    return {**payout._asdict(), "state": say(state.text), "tone": state.tone}


def _shop(here: Terms, row: Statement) -> str:
    shop = here.merchant(row.claimant_id)
    return f"{shop.code} {shop.name}"


def _back(month: int, steps: int) -> int:
    for _ in range(steps):
        month = month - 1 if month % 100 > _JANUARY else month - 100 + 11
    return month
