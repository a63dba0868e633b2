"""Statements and a community's month as files to download: the cells of the page, four times."""

from __future__ import annotations

from flask import Response

from kiosk.context import service
from kiosk.pages import say
from kiosk.seal_codes import signing
from kiosk.statement_proof import proven_sheet
from ledger.errors import Refusal
from ledger.members.merchants import get_merchant
from settlement.exports import FORMATS, MEDIA_TYPES, export
from settlement.liability import liability_sheet
from settlement.payment_form import payment_month, payment_request
from settlement.period_report import period_sheet
from settlement.report_span import span_of
from settlement.reports import month_sheet
from settlement.sheet import Sheet
from settlement.statement_form import statement_number
from settlement.statements import get_statement
from settlement.terms_notice import terms_notice


def sheet_of(community_id: int, statement_id: int) -> Sheet:
    """One statement's cells in the language of this request.

    Refusals: statement_not_found.
    """
    with service().db.read() as tx:
        return proven_sheet(tx, community_id, statement_id, translate=say, by=signing())


def statement_file(community_id: int, statement_id: int, kind: str) -> Response:
    """One statement as `pdf`, `xlsx`, `csv` or `json`.

    Refusals: statement_not_found, route_not_found.
    """
    with service().db.read() as tx:
        statement = get_statement(tx, community_id, statement_id)
        shop = get_merchant(tx, community_id, statement.claimant_id)
        sheet = proven_sheet(
            tx, community_id, statement_id, translate=say, by=signing(), receipts=True
        )
    number = statement_number(shop.code, statement.statement_no)
    return _file(sheet, kind, f"statement-{number}-{statement.month}")


def month_file(community_id: int, month: int, kind: str) -> Response:
    """A community's month (yyyymm) as a file.

    Refusals: report_empty, route_not_found.
    """
    with service().db.read() as tx:
        sheet = month_sheet(tx, community_id, month, translate=say)
    return _file(sheet, kind, f"month-{month}")


def period_file(community_id: int, period: str, kind: str) -> Response:
    """A community's quarter (`2026-Q1`) or year (`2026`) as a file.

    Refusals: report_period_bad, report_months_open, report_unbalanced, route_not_found.
    """
    span = span_of(period)
    with service().db.read() as tx:
        sheet = period_sheet(tx, community_id, span, translate=say)
    return _file(sheet, kind, f"period-{span.written}")


def worth_file(community_id: int, today: int, kind: str) -> Response:
    """What the points are worth and what stands behind them on a business date, as a file.

    Refusals: scheme_missing, report_unbalanced, route_not_found.
    """
    with service().db.read() as tx:
        sheet = liability_sheet(tx, community_id, today, translate=say)
    return _file(sheet, kind, f"worth-{today}")


def payment_request_file(community_id: int, payout_id: int, kind: str) -> Response:
    """The request to pay one payout, to be signed, as a file.

    Refusals: payout_not_found, payout_wrong_state, route_not_found.
    """
    with service().db.read() as tx:
        sheet = payment_request(tx, community_id, payout_id, translate=say)
    return _file(sheet, kind, f"payment-request-{payout_id}")


def terms_notice_file(community_id: int, merchant_id: int, first_day: int, kind: str) -> Response:
    """The notice of new terms that begin on a day, as a file.

    Refusals: merchant_not_found, agreement_not_found, route_not_found.
    """
    with service().db.read() as tx:
        sheet = terms_notice(tx, community_id, merchant_id, first_day, translate=say)
    return _file(sheet, kind, f"new-terms-{first_day}")


def payment_month_file(community_id: int, month: int, kind: str) -> Response:
    """All payments of a month (yyyymm) on one sheet, as a file.

    Refusals: payments_none, route_not_found.
    """
    with service().db.read() as tx:
        sheet = payment_month(tx, community_id, month, translate=say)
    return _file(sheet, kind, f"payments-{month}")


def _file(sheet: Sheet, kind: str, name: str) -> Response:
    if kind not in FORMATS:
        raise Refusal("route_not_found")
    answer = Response(export(sheet, kind), content_type=MEDIA_TYPES[kind])
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return answer
