"""A shop's monthly statement, cell by cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ledger.members.merchants import Merchant, get_merchant
from ledger.sql import Tx
from settlement.effects import today_of
from settlement.sheet import (
    Block,
    Cell,
    Row,
    Sheet,
    count,
    date,
    ident,
    pairs,
    points,
    table,
    text,
    yuan,
)
from settlement.shop_money import money_at_issue
from settlement.state_names import state_name, verdict_name
from settlement.statement_receipts import receipt_blocks
from settlement.statement_rows import StatementRow
from settlement.statements import Statement, get_statement, rows_of
from settlement.words import Translate, mark

Pair = tuple[str, Cell]
_Lines = Sequence[tuple[int, StatementRow]]
"""A section's lines, each with its number in the statement, by which a later one names it."""


class _About(NamedTuple):
    """A statement, its shop and its words."""

    statement: Statement
    shop: Merchant
    translate: Translate
    money: Sequence[Pair] = ()


def statement_number(shop_code: str, statement_no: int) -> str:
    """A statement's number as printed: `M01-0003`."""
    return f"{shop_code}-{statement_no:04d}"


def statement_sheet(
    tx: Tx, community_id: int, statement_id: int, *, translate: Translate, receipts: bool = False
) -> Sheet:
    """The monthly statement of a shop as a sheet; with `receipts` each of them too, as its files have them.

    Refuses: statement_not_found.
    """
    statement = get_statement(tx, community_id, statement_id)
    shop = get_merchant(tx, community_id, statement.claimant_id)
    lines = list(enumerate(rows_of(tx, community_id, statement_id), start=1))
    about = _About(statement, shop, translate, _money(tx, community_id, statement, translate))
    made_on = today_of(tx, community_id, at=statement.issued_at)
    blocks = [
        _head(about, made_on),
        _days(translate, _of("day", lines)),
        _differences(translate, _of("discrepancy", lines)),
        _adjustments(about, _of("adjustment", lines)),
        _shares(translate, _of("cofund", lines)),
        _waiting(translate, _of("carried", lines)),
    ]
    if receipts:
        blocks += receipt_blocks(tx, community_id, statement, translate=translate)
    title = translate(mark("Monthly statement of points offsets"))
    return Sheet(title, made_on, tuple(block for block in blocks if block.rows))


def _of(section: str, lines: _Lines) -> _Lines:
    return [(number, row) for number, row in lines if row.section == section]


def _head(about: _About, made_on: int) -> Block:
    s, shop, _, _money = about
    settled = s.settled_fen_plus - s.settled_fen_minus
    adjusted = s.adjusted_fen_plus - s.adjusted_fen_minus
    return pairs(
        _(mark("Summary")),
        [
            (_(mark("Statement number")), ident(statement_number(shop.code, s.statement_no))),
            (_(mark("Shop")), text(f"{shop.code} {shop.name}")),
            (_(mark("Period from")), date(s.first_date)),
            (_(mark("Period to")), date(s.last_date)),
            (_(mark("Offsets and returns, number")), count(s.offset_count)),
            (_(mark("Points offset, net of returns")), points(s.offset_units)),
            (_(mark("Booked for sales")), yuan(s.booked_fen_plus)),
            (_(mark("Booked for refunds")), yuan(-s.booked_fen_minus)),
            (_(mark("Claimed for sales")), yuan(s.claimed_fen_plus)),
            (_(mark("Claimed for refunds")), yuan(-s.claimed_fen_minus)),
            (_(mark("Amount to settle")), yuan(s.settled_fen_plus)),
            (_(mark("Taken off for refunds")), yuan(-s.settled_fen_minus)),
            (_(mark("Adjustments in favour")), yuan(s.adjusted_fen_plus)),
            (_(mark("Adjustments against")), yuan(-s.adjusted_fen_minus)),
            (_(mark("Own share of the points given out")), yuan(-s.cofund_fen)),
            (_(mark("Net of this month")), yuan(settled + adjusted - s.cofund_fen)),
            (_(mark("Booked and not settled yet")), yuan(s.carried_fen)),
            (_(mark("Owed before")), yuan(s.opening_fen)),
            (_(mark("Paid this month")), yuan(-s.paid_fen)),
            (_(mark("Owed now")), yuan(s.payable_fen)),
            *about.money,
            (_(mark("Account ends in")), ident(s.account_tail)),
            (_(mark("Issued on")), date(made_on)),
            (_(mark("Objections until")), date(s.objection_until)),
            (_(mark("Made and checked by the community")), text(None)),
            (_(mark("Confirmed by the shop (signature, stamp)")), text(None)),
            (_(mark("Fingerprint")), ident(s.digest[:16])),
            (_(mark("Fingerprint of the statement before")), ident(s.previous_digest[:16])),
        ],
    )


def _money(tx: Tx, community_id: int, s: Statement, _: Translate) -> list[Pair]:
    """What of the sum waits and what can be paid, as it was when the statement was issued."""
    money = money_at_issue(tx, community_id, s)
    lines: list[Pair] = [
        (_(mark("Held: lines in dispute")), yuan(-money.disputed_fen)),
        (_(mark("Held: too recent")), yuan(-money.recent_fen)),
        (_(mark("Days money stays")), count(money.risk_days)),
        (_(mark("Available once accepted")), yuan(money.available_fen)),
        (_(mark("Least that is paid")), yuan(money.least_fen)),
    ]
    if money.rolls_over:
        lines.append((_(mark("Carried to the next month")), yuan(money.available_fen)))
    return lines


def _days(_: Translate, lines: _Lines) -> Block:
    header = [
        _(mark("Line")),
        _(mark("Date")),
        _(mark("Offsets")),
        _(mark("Points")),
        _(mark("Booked for sales")),
        _(mark("Booked for refunds")),
        _(mark("Claimed")),
        _(mark("Settled")),
    ]
    shown: list[Row] = [
        (
            ident(number),
            date(row.business_date),
            count(row.lines),
            points(row.units),
            yuan(row.plus_fen),
            yuan(-row.minus_fen),
            yuan(row.claimed_fen),
            yuan(row.settled_fen),
        )
        for number, row in lines
    ]
    if shown:
        rows = [row for _number, row in lines]
        shown.append(
            (
                text(None),
                text(_(mark("Together"))),
                count(sum(row.lines for row in rows)),
                points(sum(row.units for row in rows)),
                yuan(sum(row.plus_fen for row in rows)),
                yuan(-sum(row.minus_fen for row in rows)),
                yuan(sum(row.claimed_fen or 0 for row in rows)),
                yuan(sum(row.settled_fen for row in rows)),
            )
        )
    return table(_(mark("Day by day")), header, shown)


def _differences(_: Translate, lines: _Lines) -> Block:
    header = [
        _(mark("Line")),
        _(mark("Date")),
        _(mark("Reference")),
        _(mark("Code")),
        _(mark("Difference")),
        _(mark("Booked")),
        _(mark("Claimed")),
        _(mark("Community may owe")),
        _(mark("Shop may owe")),
        _(mark("Corrected by")),
        _(mark("State")),
    ]
    shown: list[Row] = [
        (
            ident(number),
            date(row.business_date),
            ident(row.ref),
            ident(row.code),
            text(verdict_name(_, row.code, row.sub_code)),
            yuan(row.booked_fen),
            yuan(row.claimed_fen),
            yuan(row.plus_fen),
            yuan(-row.minus_fen),
            yuan(row.settled_fen),
            text(state_name(_, row.state)),
        )
        for number, row in lines
    ]
    return table(_(mark("Differences, both sides")), header, shown)


def _adjustments(about: _About, lines: _Lines) -> Block:
    _ = about.translate
    header = [
        _(mark("Line")),
        _(mark("Date")),
        _(mark("Reference")),
        _(mark("Code")),
        _(mark("Decision")),
        _(mark("Amount")),
        _(mark("Corrects")),
    ]
    shown: list[Row] = [
        (
            ident(number),
            date(row.business_date),
            ident(row.ref),
            ident(row.code),
            text(state_name(_, row.state)),
            yuan(row.settled_fen),
            text(_corrected(about, row)),
        )
        for number, row in lines
    ]
    return table(_(mark("Adjustments decided this month")), header, shown)


def _shares(_: Translate, lines: _Lines) -> Block:
    header = [
        _(mark("Line")),
        _(mark("Points given out until")),
        _(mark("Points")),
        _(mark("Share, percent")),
        _(mark("Amount")),
    ]
    shown: list[Row] = [
        (
            ident(number),
            date(row.business_date),
            points(row.units),
            # Hundredths of a percent, shown like hundredths of anything.
            points(int(row.sub_code)),
            yuan(row.settled_fen),
        )
        for number, row in lines
    ]
    return table(_(mark("Own share of the points given out")), header, shown)


def _corrected(about: _About, row: StatementRow) -> str | None:
    """Which line of which earlier statement an adjustment corrects, in words."""
    if row.corrects_no is None:
        return None
    number = statement_number(about.shop.code, row.corrects_no)
    if row.corrects_row is None:
        return about.translate(mark("Statement {number}")).format(number=number)
    said = about.translate(mark("Statement {number}, line {line}"))
    return said.format(number=number, line=row.corrects_row)


def _waiting(_: Translate, lines: _Lines) -> Block:
    header = [
        _(mark("Line")),
        _(mark("Date")),
        _(mark("Reference")),
        _(mark("Points")),
        _(mark("Booked")),
        _(mark("Why")),
    ]
    shown: list[Row] = [
        (
            ident(number),
            date(row.business_date),
            ident(row.ref),
            points(row.units),
            yuan(row.booked_fen),
            text(state_name(_, row.state)),
        )
        for number, row in lines
    ]
    return table(_(mark("Owed, not settled yet")), header, shown)
