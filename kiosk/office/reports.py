"""The community's reports: quarters and years from closed months, and what the points are worth today."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for

from kiosk.auth import actor, allow, terms
from kiosk.clockwork.plan import standings
from kiosk.clockwork.rules import read_timetable
from kiosk.context import service
from kiosk.office.calendar import period_text
from kiosk.office.frame import bp, office_page
from kiosk.pages import moment
from kiosk.statement_files import period_file, worth_file
from ledger.book.period import closed_periods
from pos.desk import day_of
from settlement.closing import previous_month
from settlement.exports import FORMATS
from settlement.period_report import first_month
from settlement.report_span import Span, spans_before


@bp.get("/reports", endpoint="reports")
@allow("office.read")
def reports_page() -> Response:
    """Which reports there are, each in four files; a quarter whose months are not all closed says which is missing."""
    here = terms()
    last = previous_month(day_of(here, service().now()))
    with service().db.read() as tx:
        periods = closed_periods(tx, here.community.id)
    begun = first_month(periods)
    closed = {period.period_key for period in periods if begun and period.period_key >= begun}
    rows = [_line(span, closed) for span in spans_before(last) if closed & set(span.months())]
    return office_page(
        "office/reports.html",
        rows=rows,
        ready=_ready(here.community.id),
        download=lambda kind: url_for("office.worth_download", kind=kind),
    )


def _ready(community_id: int) -> dict[str, str]:
    """What the clockwork wrote last by itself, and where it lies; when the next ones come."""
    at = service().now()
    with service().db.read() as tx:
        steps = {
            one.step.name: one for one in standings(tx, community_id, read_timetable(), now=at)
        }
    one = steps["reports"]
    return {
        "last": period_text(one.last_done or 0),
        "folder": f"reports/{terms().community.issuer}",
        "next": moment(one.next.due_at),
    }


@bp.get("/reports/worth/<kind>")
@allow("office.read")
def worth_download(kind: str) -> Response:
    """What the points are worth and what stands behind them, as a file."""
    return worth_file(actor().community_id, day_of(terms(), service().now()), kind)


@bp.get("/reports/<period>/<kind>")
@allow("office.read")
def period_download(period: str, kind: str) -> Response:
    """A quarter or a year as a file."""
    return period_file(actor().community_id, period, kind)


def _line(span: Span, closed: set[int]) -> dict[str, Any]:
    return {
        "written": span.written,
        "missing": _missing(span, closed),
        "files": [
            (kind, url_for("office.period_download", period=span.written, kind=kind))
            for kind in FORMATS
        ],
    }


def _missing(span: Span, closed: set[int]) -> list[int]:
    """The months of a span that are not closed, those before the community began left out."""
    return [month for month in span.months() if month not in closed and month >= min(closed)]
