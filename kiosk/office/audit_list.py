"""Who did what: the record of acts, newest first."""

from __future__ import annotations

from typing import Any, Final

from flask import Response, request, url_for

from kiosk.auth import allow, terms
from kiosk.context import service
from kiosk.office.act_words import Names, act_text, change_texts, subject_text
from kiosk.office.frame import bp, office_page
from kiosk.pages import say
from kiosk.texts import mark
from ledger import audit
from ledger.members import staff

_PAGE: Final = 50
_KINDS: Final = {
    "job": mark("the server"),
    "terminal": mark("a till"),
    "clerk": mark("a clerk"),
    "resident": mark("a resident"),
    "merchant": mark("a shop owner"),
}


@bp.get("/audit")
@allow("audit.read")
def audit_list() -> Response:
    """One page of the record."""
    here = terms()
    before = request.args.get("before", 2**63 - 1, int)
    with service().db.read() as tx:
        rows = audit.newest(tx, here.community.id, before_id=before, limit=_PAGE)
        people = {
            int(row.staff_id): row.name or row.login
            for row in staff.all_staff(tx, here.community.id)
        }
    names = Names(
        people,
        {shop.merchant_id: f"{shop.code} {shop.name}" for shop in here.merchants.values()},
        {till.terminal_id: till.code for till in here.terminals.values()},
        {clerk.clerk_id: clerk.label for clerk in here.clerks.values()},
    )
    older = url_for("office.audit_list", before=rows[-1].audit_id) if len(rows) == _PAGE else None
    return office_page(
        "office/audit.html", acts=[_line(row, names) for row in rows], next_page=older
    )


def _line(row: Any, names: Names) -> dict[str, Any]:  # noqa: ANN401 - a row of the audit
    who = names.staff.get(int(row.actor_id)) if row.actor_kind in {"staff", "merchant"} else None
    return {
        "at": int(row.at),
        "who": who or say(_KINDS.get(row.actor_kind, row.actor_kind)),
        "act": act_text(row.act),
        "subject": subject_text(row.subject, names),
        "changes": change_texts(row.before, row.after),
    }
