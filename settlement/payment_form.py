"""The paper a treasurer pays by: one request a payout, and one sheet for all shops of a month."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from ledger.errors import Refusal
from ledger.members.communities import get_community
from ledger.members.merchants import Merchant, all_merchants, get_merchant
from ledger.members.settings import current
from ledger.members.staff import all_staff
from ledger.sql import Sql, Tx
from settlement.capitals import capital_yuan
from settlement.effects import today_of
from settlement.payout_store import Payout, get_payout, payouts_of_statement
from settlement.sheet import (
    Block,
    Row,
    Sheet,
    count,
    date,
    ident,
    pairs,
    table,
    text,
    yuan,
)
from settlement.state_names import state_name
from settlement.statement_form import statement_number
from settlement.statements import Statement, get_statement, statements_of_month
from settlement.words import Translate, mark

_CLAIM_LISTS: Final = Sql(
    "SELECT count(*) AS n FROM claim_batch WHERE community_id = :community_id"
    " AND claimant_id = :claimant_id AND outcome = 'ok' AND last_date >= :first_date"
    " AND last_date <= :last_date"
)
_ONE: Final = 1

ROLES: Final = (
    mark("Prepared by"),
    mark("Reviewed by"),
    mark("Approved by"),
    mark("Accountant"),
    mark("Cashier"),
    mark("Supervisor"),
)
"""Who signs, in the order printed; a community chooses how many of them (setting `payment_signers`, 2 to 6)."""

_PREPARED, _REVIEWED, _APPROVED = 0, 1, 2
_FIRST_NEEDED: Final = (_PREPARED, _APPROVED, _REVIEWED, 3, 4, 5)
"""Which of ROLES sign where few do: who made a payment and who approved it always."""


class _Paper(NamedTuple):
    """What every line of a request needs: its words, and the staff's names by id."""

    translate: Translate
    names: dict[int, str]


def payment_request(tx: Tx, community_id: int, payout_id: int, *, translate: Translate) -> Sheet:
    """The request to pay one payout: amount in figures and in capitals, enclosures, boxes to sign.

    Refuses: payout_not_found, payout_wrong_state (one given up is paid by nobody).
    """
    payout = get_payout(tx, community_id, payout_id)
    if payout.state == "cancelled":
        raise Refusal("payout_wrong_state", state=payout.state)
    statement = get_statement(tx, community_id, payout.statement_id)
    shop = get_merchant(tx, community_id, payout.claimant_id)
    number = statement_number(shop.code, statement.statement_no)
    lists = enclosures_of(tx, community_id, statement) - _ONE
    paper, _ = _paper(tx, community_id, translate), translate
    request = pairs(
        _(mark("Request")),
        [
            (_(mark("Request number")), ident(f"{number}-{payout.payout_id}")),
            (_(mark("Community")), text(get_community(tx, community_id).name)),
            (_(mark("Pay to")), text(f"{shop.code} {shop.name}")),
            (_(mark("Account ends in")), ident(payout.account_tail)),
            (_(mark("Amount")), yuan(payout.amount_fen)),
            (_(mark("Amount in words")), text(capital_yuan(payout.amount_fen))),
            (_(mark("Paid for")), text(_(mark("Offsets honoured for points")))),
            (_(mark("Number of offsets")), count(statement.offset_count)),
            (_(mark("Period from")), date(statement.first_date)),
            (_(mark("Period to")), date(statement.last_date)),
            (_(mark("State")), text(state_name(_, payout.state))),
            (_(mark("Sent before, times")), count(payout.attempt)),
        ],
    )
    enclosed = table(
        _(mark("Enclosed papers")),
        [_(mark("Document")), _(mark("Number")), _(mark("Copies"))],
        [
            (text(_(mark("Statement"))), ident(number), count(_ONE)),
            (text(_(mark("Lists of claims"))), ident(None), count(lists)),
            (text(_(mark("Together"))), text(None), count(_ONE + lists)),
        ],
    )
    made_on = today_of(tx, community_id, at=payout.proposed_at)
    signed = _signatures(tx, community_id, paper, payout)
    return Sheet(_(mark("Payment request")), made_on, (request, enclosed, signed))


def payment_month(tx: Tx, community_id: int, month: int, *, translate: Translate) -> Sheet:
    """Every payout of a month's (yyyymm) statements on one sheet, with the sum in capitals.

    Refuses: payments_none (nothing was proposed to be paid for that month).
    """
    asked = _asked(tx, community_id, month)
    if not asked:
        raise Refusal("payments_none", month=month)
    shops = {shop.merchant_id: shop for shop in all_merchants(tx, community_id)}
    asked.sort(key=lambda one: shops[one[1].claimant_id].code)
    total = sum(payout.amount_fen for _statement, payout in asked)
    statement, _ = asked[0][0], translate
    head = pairs(
        _(mark("Summary")),
        [
            (_(mark("Community")), text(get_community(tx, community_id).name)),
            (_(mark("Payments")), count(len(asked))),
            (_(mark("Period from")), date(statement.first_date)),
            (_(mark("Period to")), date(statement.last_date)),
            (_(mark("Amount")), yuan(total)),
            (_(mark("Amount in words")), text(capital_yuan(total))),
        ],
    )
    made_on = max(today_of(tx, community_id, at=payout.proposed_at) for _s, payout in asked)
    signed = _signatures(tx, community_id, _paper(tx, community_id, translate), None)
    blocks = (head, _lines(tx, community_id, asked, shops, translate), signed)
    return Sheet(_(mark("Payments of the month")), made_on, blocks)


def _asked(tx: Tx, community_id: int, month: int) -> list[tuple[Statement, Payout]]:
    return [
        (statement, payout)
        for statement in statements_of_month(tx, community_id, month)
        for payout in payouts_of_statement(tx, community_id, statement.statement_id)
        if payout.state != "cancelled"
    ]


def _lines(
    tx: Tx,
    community_id: int,
    asked: Sequence[tuple[Statement, Payout]],
    shops: dict[int, Merchant],
    _: Translate,
) -> Block:
    rows: list[Row] = []
    enclosures = 0
    for statement, payout in asked:
        shop = shops[payout.claimant_id]
        enclosed = enclosures_of(tx, community_id, statement)
        enclosures += enclosed
        rows.append(
            (
                ident(statement_number(shop.code, statement.statement_no)),
                text(f"{shop.code} {shop.name}"),
                count(statement.offset_count),
                yuan(payout.amount_fen),
                ident(payout.account_tail),
                count(enclosed),
                text(state_name(_, payout.state)),
            )
        )
    rows.append(
        (
            text(_(mark("Together"))),
            text(None),
            count(sum(statement.offset_count for statement, _payout in asked)),
            yuan(sum(payout.amount_fen for _statement, payout in asked)),
            text(None),
            count(enclosures),
            text(None),
        )
    )
    header = [
        _(mark("Statement number")),
        _(mark("Shop")),
        _(mark("Offsets")),
        _(mark("Amount")),
        _(mark("Account ends in")),
        _(mark("Enclosures")),
        _(mark("State")),
    ]
    return table(_(mark("Shop by shop")), header, rows)


def enclosures_of(tx: Tx, community_id: int, statement: Statement) -> int:
    """How many papers stand behind a payment: its statement, and each list of claims that was taken in."""
    span = {"first_date": statement.first_date, "last_date": statement.last_date}
    found = tx.get(
        _CLAIM_LISTS, community_id=community_id, claimant_id=statement.claimant_id, **span
    )
    return _ONE + int(found.n)


def _signatures(tx: Tx, community_id: int, paper: _Paper, payout: Payout | None) -> Block:
    """A box a role: who acted in the book stands in it already, and signs beside the name."""
    who = {} if payout is None else {_PREPARED: payout.proposed_by, _APPROVED: payout.approved_by}
    places = sorted(_FIRST_NEEDED[: current(tx, community_id).payment_signers])
    rows = [
        (paper.translate(ROLES[place]), text(paper.names.get(who.get(place) or 0)))
        for place in places
    ]
    return pairs(paper.translate(mark("Signatures and dates")), rows)


def _paper(tx: Tx, community_id: int, translate: Translate) -> _Paper:
    names = {int(row.staff_id): str(row.name or row.login) for row in all_staff(tx, community_id)}
    return _Paper(translate, names)
