"""The forms: looked at, printed, taken along as a spreadsheet, and taken back filled."""

from __future__ import annotations

from typing import Final

from flask import Response, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.formbook import coming_back, workbook
from kiosk.formbook.asked import Asked
from kiosk.formbook.coming_back import FaultsError
from kiosk.formbook.filled import Filled, blank
from kiosk.formbook.paper import to_pdf
from kiosk.formbook.registry import Form, all_forms, get_form
from kiosk.formbook.sources import filled_from_book
from kiosk.forms import act, me, text
from kiosk.office.frame import bp, can, office_page
from kiosk.page_words import CLAIM_OUTCOMES, word
from kiosk.pages import month_text, page_language, say
from kiosk.problems import sentence
from kiosk.texts import mark
from ledger import audit
from ledger.errors import Refusal
from ledger.members.import_rows import Fault
from ledger.sql import Tx
from pos.desk import day_of
from settlement.closing import previous_month

_SHOWN: Final = 100
_MONTHS: Final = 12
_MOST_FAULTS: Final = 200
_TAKES: Final = {"kept": "import.write", "claims": "day.run"}
KEPT: Final = mark("Every cell was read. The form is kept; nothing is booked by it.")
AGAIN: Final = mark("This form is kept already, cell by cell. Nothing changed.")


@bp.get("/forms", endpoint="forms")
@allow("office.read")
def forms_page() -> Response:
    """Every form, and which of them the book fills."""
    return office_page(
        "office/forms.html",
        forms=[
            {
                "href": url_for("office.form", code=form.code),
                "title": form.title(page_language()),
                "filled": bool(form.fills),
                "comes_back": bool(form.takes),
                "wall": form.wall,
                "columns": len(form.columns),
            }
            for form in all_forms()
            if can(form.reads)
        ],
    )


@bp.get("/forms/<code>", endpoint="form")
@allow("office.read")
def form_page(code: str) -> Response:
    """One form as it is now, names masked."""
    return _page(_readable(code))


@bp.post("/forms/<code>/paper")
@allow("office.read")
def form_paper(code: str) -> AnyResponse:
    """The form as PDF, XLSX or CSV: filled, or blank; or one that was kept.

    Full names are given only where they were asked for, and who asked is written down first.
    """
    form = _readable(code)
    what, kept, is_blank = text("what"), text("kept"), bool(text("blank"))
    in_full = form.is_personal and not form.wall and bool(text("names") or kept)
    here = actor().community_id
    if in_full and not is_blank:
        _note_reading(form, {"month": text("month"), "shop": text("shop"), "kept": kept})
    asked = _asked()
    try:
        with service().db.read() as tx:
            if is_blank:
                filled = blank(form)
            elif kept:
                filled = coming_back.get_kept(tx, here, form, kept)
            else:
                filled = filled_from_book(tx, form, asked, in_full=in_full)
        return _file(filled, what, in_full=in_full, at=service().now())
    except Refusal as refusal:
        return _page(form, refusal=refusal)


@bp.post("/forms/<code>")
@allow("office.read")
def form_back(code: str) -> AnyResponse:
    """Take a filled form back: all of it, or nothing and every wrong cell named."""
    form = _readable(code)
    if not _may_take(form):
        raise Refusal("not_allowed")
    sent = request.files.get("file")
    raw, name = (sent.read(), sent.filename or "") if sent else (b"", "")
    here, by = actor().community_id, me()
    try:
        filled = coming_back.checked(form, raw)
        if form.takes == "claims":
            return _claims_back(form, filled, name)

        def work(tx: Tx, at: int) -> dict[str, bool]:
            return {"new": coming_back.keep(tx, here, filled, raw, name=name, by=by, at=at)}

        done = act("form.keep", {"form": code, "cells": coming_back.cells_hash(filled)}, work)
    except FaultsError as found:
        return _page(form, faults=found.faults)
    except Refusal as refusal:
        return _page(form, refusal=refusal)
    return _page(form, answer=say(KEPT if done["new"] else AGAIN), is_good=True)


def _claims_back(form: Form, filled: Filled, name: str) -> Response:
    asked, at, by = _asked(), service().now(), me()
    if not asked.shop_id:
        raise Refusal("form_shop_missing")
    day = day_of(asked.here, at)
    here = asked.here.community.id
    said = coming_back.take_claims(
        service().db, here, asked.shop_id, filled, name=name, by=by, day=day, at=at
    )
    outcome = word(CLAIM_OUTCOMES, said["outcome"])
    is_good = said["outcome"] in {"ok", "seen_before"}
    return _page(form, answer=say(outcome.text), is_good=is_good)


def _readable(code: str) -> Form:
    form = get_form(code)
    if not can(form.reads):
        raise Refusal("not_allowed")
    return form


def _may_take(form: Form) -> bool:
    return form.takes in _TAKES and can(_TAKES[form.takes])


def _note_reading(form: Form, what: dict[str, str]) -> None:
    here, by = actor().community_id, me()

    def note(tx: Tx, at: int) -> None:
        audit.record(tx, here, by, "form.read", f"form:{form.code}", at=at, after={**what})

    act("form.read", {"form": form.code, **what}, note)


def _asked() -> Asked:
    """The month and shop a page or a button names: the last full month where it names none."""
    here = terms()
    last = previous_month(day_of(here, service().now()))
    months = _months(last)
    said = request.values.get("month", "")
    shop = request.values.get("shop", "")
    month = int(said) if said.isdecimal() and int(said) in months else last
    shop_id = int(shop) if shop.isdecimal() and int(shop) in here.merchants else 0
    return Asked(here, month, shop_id)


def _months(last: int) -> list[int]:
    """The running month and those before it, newest first."""
    running = last + 1 if last % 100 < 12 else last + 89  # noqa: PLR2004 - December
    months = [running]
    while len(months) < _MONTHS:
        month = months[-1]
        months.append(month - 1 if month % 100 > 1 else month - 89)
    return months


def _page(
    form: Form,
    *,
    refusal: Refusal | None = None,
    faults: tuple[Fault, ...] = (),
    answer: str = "",
    is_good: bool = False,
) -> Response:
    asked, filled = _asked(), Filled(form, ())
    with service().db.read() as tx:
        if form.asks != "month_shop" or asked.shop_id:
            filled = filled_from_book(tx, form, asked)
        kept = coming_back.kept(tx, asked.here.community.id, form) if form.takes == "kept" else []
    return office_page(
        "office/form.html",
        refusal=refusal,
        form=form,
        title=form.title(page_language()),
        header=[column.heading for column in form.columns],
        number=[column.kind in {"count", "points", "yuan"} for column in form.columns],
        rows=[[cell.text for cell in row] for row in filled.rows[:_SHOWN]],
        sums=[cell.text for cell in filled.sums or ()],
        more=max(0, len(filled.rows) - _SHOWN),
        month=asked.month,
        months=[
            (month, month_text(month))
            for month in _months(previous_month(day_of(asked.here, service().now())))
        ],
        shop=asked.shop_id,
        shops=[
            (shop.merchant_id, f"{shop.code} {shop.name}") for shop in asked.here.merchants.values()
        ],
        may_take=_may_take(form),
        kept=kept[:_SHOWN],
        answer=answer,
        is_good=is_good,
        faults=[
            {"row": one.row, "column": one.column, "text": sentence(one.refusal, page_language())}
            for one in faults[:_MOST_FAULTS]
        ],
    )


def _file(filled: Filled, what: str, *, in_full: bool, at: int) -> Response:
    here = terms()
    code = filled.form.code
    if what == "xlsx":
        body, kind = workbook.to_xlsx(filled, made_on=day_of(here, at)), workbook.XLSX
    elif what == "csv":
        body, kind = workbook.to_csv(filled), workbook.CSV
    elif what == "pdf":
        body = to_pdf(
            filled, community=here.community.name, hotline=here.community.hotline, in_full=in_full
        )
        kind = "application/pdf"
    else:
        raise Refusal("route_not_found")
    answer = Response(body, content_type=kind)
    where = "inline" if what == "pdf" else "attachment"
    answer.headers["Content-Disposition"] = f'{where}; filename="{code}.{what}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
