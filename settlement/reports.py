"""A community's month, cell by cell: every shop, differences by code, the payment request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ledger.book.chart import Account
from ledger.book.offsets import payables_until
from ledger.book.period import find_period, trial_balance
from ledger.earning.calendar import day_key, month_by_key
from ledger.errors import Refusal
from ledger.members.communities import get_community
from ledger.members.merchants import Merchant, all_merchants
from ledger.sql import Row as SqlRow
from ledger.sql import Sql, Tx
from ledger.units import CNY
from settlement.effects import today_of
from settlement.movements import standing
from settlement.payment_form import enclosures_of
from settlement.payout_store import Payout, payouts_of_statement
from settlement.role_names import staff_words
from settlement.sheet import (
    Block,
    Row,
    Sheet,
    count,
    date,
    date_text,
    ident,
    pairs,
    table,
    text,
    yuan,
)
from settlement.state_names import state_name, verdict_name
from settlement.statement_form import statement_number
from settlement.statements import Statement, statements_of_month
from settlement.trial_form import trial_block
from settlement.words import Translate, mark

_DISCREPANCIES: Final = Sql(
    "SELECT d.code, d.sub_code, count(*) AS n, sum(d.plus_fen) AS plus_fen,"
    " sum(d.minus_fen) AS minus_fen, sum(CASE WHEN d.closed_date > :until THEN 0 ELSE d.posted_fen END) AS posted_fen,"
    " sum(CASE WHEN d.state IN ('pooled', 'open', 'asked', 'proposed') OR d.closed_date > :until THEN 1 ELSE 0 END)"
    " AS still_open"
    " FROM discrepancy d JOIN night_run r ON r.community_id = d.community_id"
    "  AND r.run_no = d.run_no"
    " WHERE d.community_id = :community_id AND r.business_date >= :first_date"
    " AND r.business_date <= :last_date GROUP BY d.code, d.sub_code ORDER BY d.code, d.sub_code"
)


def month_sheet(tx: Tx, community_id: int, month: int, *, translate: Translate) -> Sheet:
    """A community's month: every shop's figures, differences by code, payouts asked for.

    Refuses: report_empty (no statement was issued for that month).
    """
    statements = statements_of_month(tx, community_id, month)
    if not statements:
        raise Refusal("report_empty", month=month)
    shops = _shops(tx, community_id)
    statements.sort(key=lambda s: shops[s.claimant_id].code)
    made_on = max(today_of(tx, community_id, at=s.issued_at) for s in statements)
    # A shop that left may be stated to a day of its own: the month is the month.
    days = month_by_key(month)
    first, last = day_key(days.first), day_key(days.last)
    _ = translate
    head = pairs(
        _(mark("Summary")),
        [
            (_(mark("Community")), text(get_community(tx, community_id).name)),
            (_(mark("Period from")), date(first)),
            (_(mark("Period to")), date(last)),
            (_(mark("Shops")), count(len(statements))),
        ],
    )
    paid = [
        (statement, payout)
        for statement in statements
        for payout in payouts_of_statement(tx, community_id, statement.statement_id)
    ]
    blocks = [
        head,
        _shop_lines(_, statements, shops),
        differences_by_code(tx, community_id, first, last, _),
        _adjusted(tx, community_id, statements, first, last, _),
        _payout_lines(tx, community_id, paid, shops, _),
        trial_block(tx, community_id, month, translate=translate),
        _until_close(tx, community_id, month, last, _),
    ]
    title = _(mark("The community's month of points offsets"))
    return Sheet(title, made_on, tuple(block for block in blocks if block.rows))


def differences_by_code(
    tx: Tx, community_id: int, first_date: int, last_date: int, translate: Translate
) -> Block:
    """The differences that the nights of two business dates and between found, by code; plus and minus apart.

    What was decided of them after the last of these dates is not in it: asked again later, it says the same.
    """
    dates = {"first_date": first_date, "last_date": last_date, "until": last_date}
    found = tx.all(_DISCREPANCIES, community_id=community_id, **dates)
    return _by_code(translate, found)


def _by_code(_: Translate, found: Sequence[SqlRow]) -> Block:
    return table(
        _(mark("Differences by code")),
        [
            _(mark("Code")),
            _(mark("Difference")),
            _(mark("Lines")),
            _(mark("Community may owe")),
            _(mark("Shop may owe")),
            _(mark("Corrected by")),
            _(mark("Still open")),
        ],
        [
            (
                ident(row.code),
                text(verdict_name(_, row.code, row.sub_code)),
                count(int(row.n)),
                yuan(int(row.plus_fen)),
                yuan(-int(row.minus_fen)),
                yuan(int(row.posted_fen)),
                count(int(row.still_open)),
            )
            for row in found
        ],
    )


def _adjusted(
    tx: Tx,
    community_id: int,
    statements: Sequence[Statement],
    first: int,
    last: int,
    _: Translate,
) -> Block:
    """Why the shops' adjustments and what was corrected of the month's own differences are two sums.

    A statement adjusts by what was decided within the month, of whichever month the difference is.
    """
    dates = {"first_date": first, "last_date": last, "until": last}
    found = tx.all(_DISCREPANCIES, community_id=community_id, **dates)
    own = sum(int(row.posted_fen) for row in found)
    whole = sum(s.adjusted_fen_plus - s.adjusted_fen_minus for s in statements)
    return pairs(
        _(mark("Adjustments decided this month, yuan")),
        [
            (_(mark("Of differences found this month")), yuan(own)),
            (
                _(mark("Of earlier months' differences, objections and accepted statements")),
                yuan(whole - own),
            ),
            (_(mark("Adjustments of all shops")), yuan(whole)),
        ],
    )


def _until_close(tx: Tx, community_id: int, month: int, last: int, _: Translate) -> Block:
    """From what shops were owed at the month's end to what the trial balance says; without rows while it is open."""
    heading = _(mark("Payable to shops, from the month's end to the close, yuan"))
    closed = find_period(tx, community_id, month)
    if closed is None or closed.closed_at is None:
        return pairs(heading, [])
    ended = payables_until(tx, community_id, last)
    stands = standing(trial_balance(tx, community_id, month), CNY, [Account.PAYABLE])
    return pairs(
        heading,
        [
            (_(mark("Month's end")), date(last)),
            (_(mark("Payable to shops at the month's end")), yuan(ended)),
            (_(mark("Booked between the month's end and the close")), yuan(stands - ended)),
            (_(mark("Payable to shops in the trial balance")), yuan(stands)),
            (
                _(mark("Trial balance as it stood on")),
                date(today_of(tx, community_id, at=closed.closed_at)),
            ),
        ],
    )


def _shop_lines(_: Translate, statements: Sequence[Statement], shops: dict[int, Merchant]) -> Block:
    header = [
        _(mark("Statement number")),
        _(mark("Shop")),
        _(mark("Offsets")),
        _(mark("Booked for sales")),
        _(mark("Booked for refunds")),
        _(mark("Settled")),
        _(mark("Adjustments")),
        _(mark("Own share")),
        _(mark("Not settled yet")),
        _(mark("Paid this month")),
        _(mark("Owed now")),
        _(mark("State")),
    ]

    def money(s: Statement) -> tuple[int, ...]:
        return (
            s.booked_fen_plus,
            -s.booked_fen_minus,
            s.settled_fen_plus - s.settled_fen_minus,
            s.adjusted_fen_plus - s.adjusted_fen_minus,
            -s.cofund_fen,
            s.carried_fen,
            -s.paid_fen,
            s.payable_fen,
        )

    rows: list[Row] = [
        (
            ident(statement_number(shops[s.claimant_id].code, s.statement_no)),
            text(f"{shops[s.claimant_id].code} {shops[s.claimant_id].name}"),
            count(s.offset_count),
            *(yuan(fen) for fen in money(s)),
            text(state_name(_, s.state)),
        )
        for s in statements
    ]
    totals = [sum(column) for column in zip(*map(money, statements), strict=True)]
    rows.append(
        (
            text(_(mark("Together"))),
            text(None),
            count(sum(s.offset_count for s in statements)),
            *(yuan(fen) for fen in totals),
            text(None),
        )
    )
    return table(_(mark("Shop by shop")), header, rows)


def _payout_lines(
    tx: Tx,
    community_id: int,
    paid: Sequence[tuple[Statement, Payout]],
    shops: dict[int, Merchant],
    _: Translate,
) -> Block:
    """The payment request: who is to be paid what, who made, checked and approved it."""

    def who(staff_id: int | None, at: int | None) -> str | None:
        return staff_words(tx, community_id, staff_id, at=at, translate=_)

    header = [
        _(mark("Period")),
        _(mark("Shop")),
        _(mark("Offsets")),
        _(mark("Amount")),
        _(mark("Account ends in")),
        _(mark("Made by")),
        _(mark("Approved by")),
        _(mark("State")),
        _(mark("Enclosures")),
    ]
    rows: list[Row] = [
        (
            text(f"{date_text(s.first_date)} – {date_text(s.last_date)}"),  # noqa: RUF001
            text(f"{shops[s.claimant_id].code} {shops[s.claimant_id].name}"),
            count(s.offset_count),
            yuan(p.amount_fen),
            ident(p.account_tail),
            text(who(p.proposed_by, p.proposed_at)),
            text(who(p.approved_by, p.approved_at)),
            text(state_name(_, p.state)),
            count(enclosures_of(tx, community_id, s)),
        )
        for s, p in paid
    ]
    return table(_(mark("Payment request")), header, rows)


def _shops(tx: Tx, community_id: int) -> dict[int, Merchant]:
    return {shop.merchant_id: shop for shop in all_merchants(tx, community_id)}
